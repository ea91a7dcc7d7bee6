"""Which goods need which test reports, and whether those that there are still say something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from models.conformity import Standard, lacking, needed_standards, valid_through
from models.labels import OrderType, ProductCategory

HARM, CHILD = Standard.gb_18584, Standard.gb_28007
BUREAU, HOME = OrderType.government, OrderType.retail


@dataclass(frozen=True)
class Goods:
    """What the rule asks of a product."""

    category: ProductCategory = ProductCategory.desk
    is_children: bool = False


@dataclass(frozen=True)
class Report:
    """What the rule asks of a report."""

    standard: Standard
    issued_on: date
    valid_until: date


@pytest.mark.parametrize(
    ("goods", "order_type", "needed"),
    [
        (Goods(), HOME, ()),
        (Goods(), OrderType.project, ()),
        (Goods(), BUREAU, (HARM,)),
        (Goods(ProductCategory.accessory), BUREAU, ()),
        (Goods(is_children=True), HOME, (HARM, CHILD)),
        (Goods(ProductCategory.children), HOME, (HARM, CHILD)),
        (Goods(ProductCategory.school, is_children=True), BUREAU, (HARM, CHILD)),
    ],
)
def test_needed_when_for_children_or_a_public_buyer_then_these(
    goods: Goods, order_type: OrderType, needed: tuple[Standard, ...]
) -> None:
    assert needed_standards(goods, order_type) == needed


@pytest.mark.parametrize(
    ("day", "missing"),
    [
        (date(2026, 12, 20), [HARM, CHILD]),
        (date(2026, 12, 21), [CHILD]),
        (date(2027, 12, 20), [CHILD]),
        (date(2027, 12, 21), [HARM, CHILD]),
    ],
)
def test_lacking_when_the_report_is_not_issued_yet_or_over_then_missing(day: date, missing: list[Standard]) -> None:
    reports = [Report(HARM, date(2026, 12, 21), date(2027, 12, 20))]
    assert lacking((HARM, CHILD), reports, day) == missing


def test_valid_through_when_a_report_was_renewed_then_the_newer_one_counts() -> None:
    begun = date(2026, 1, 1)
    reports = [Report(HARM, begun, date(2026, 12, 31)), Report(HARM, begun, date(2027, 12, 31))]
    assert valid_through((HARM,), reports) == date(2027, 12, 31)
    assert valid_through((HARM, CHILD), reports) is None
    child = Report(CHILD, begun, date(2027, 6, 30))
    assert valid_through((HARM, CHILD), [*reports, child]) == date(2027, 6, 30)
    assert valid_through((), reports) is None
