"""The levels of article 22 as a function of values: no session, no framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from models.labels_exception import ExceptionLevel

ZERO = Decimal(0)
# What makes a case of level 2 and 3 by itself.
SERIOUS = ("is_repeated", "is_disputed")
MAJOR = ("is_safety", "is_authority", "is_data_leak", "is_milestone_missed")
MARKS = (*SERIOUS, *MAJOR)
FACTS = ("loss_amount", "delay_days", "affected_orders", *MARKS)


@dataclass(frozen=True)
class Facts:
    """What the level of a case follows from. ``loss`` is CNY, ``marks`` are names of MARKS."""

    loss: Decimal = ZERO
    delay_days: int = 0
    affected_orders: int = 1
    marks: frozenset[str] = frozenset()


def facts_of(values: Mapping[str, Any]) -> Facts:
    """The facts among the values of a case; what is not given is nothing."""
    return Facts(
        values.get("loss_amount") or ZERO,
        values.get("delay_days") or 0,
        values.get("affected_orders") or 1,
        frozenset(name for name in MARKS if values.get(name)),
    )


def level_of(facts: Facts, policy: Mapping[str, Decimal]) -> ExceptionLevel:
    """The level of a case: any one criterion is enough (article 22). A limit itself belongs to the lower level."""
    if (
        facts.loss > policy["exception.l2_max"]
        or facts.delay_days > policy["exception.l2_days"]
        or facts.affected_orders >= policy["exception.orders"]
        or facts.marks.intersection(MAJOR)
    ):
        return ExceptionLevel.l3
    if (
        facts.loss > policy["exception.l1_max"]
        or facts.delay_days > policy["exception.l1_days"]
        or facts.marks.intersection(SERIOUS)
    ):
        return ExceptionLevel.l2
    return ExceptionLevel.l1


def higher(one: ExceptionLevel, other: ExceptionLevel) -> ExceptionLevel:
    """The graver of two levels."""
    return max(one, other, key=list(ExceptionLevel).index)
