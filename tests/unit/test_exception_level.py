"""The levels of article 22 at their limits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.services.exception.rules import Facts, level_of
from models.labels_exception import ExceptionLevel
from models.policy import DEFAULTS

D = Decimal
L1, L2, L3 = ExceptionLevel
POLICY = {code: D(value) for code, value in DEFAULTS.items() if code.startswith("exception.")}


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (Facts(), L1),
        (Facts(loss=D("5000.00")), L1),
        (Facts(loss=D("5000.01")), L2),
        (Facts(loss=D("50000.00")), L2),
        (Facts(loss=D("50000.01")), L3),
        (Facts(delay_days=3), L1),
        (Facts(delay_days=4), L2),
        (Facts(delay_days=10), L2),
        (Facts(delay_days=11), L3),
        (Facts(affected_orders=4), L1),
        (Facts(affected_orders=5), L3),
        *((Facts(marks=frozenset({mark})), L2) for mark in ("is_repeated", "is_disputed")),
        *(
            (Facts(marks=frozenset({mark})), L3)
            for mark in ("is_safety", "is_authority", "is_data_leak", "is_milestone_missed")
        ),
    ],
)
def test_level_when_the_facts_are_told_then_article_22(facts: Facts, level: ExceptionLevel) -> None:
    assert level_of(facts, POLICY) is level
