"""Standards of furniture, the laboratory reports that show them kept, and which goods need which. Domain/03 3.1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Protocol

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import Base, Stamped, check, column, reference, sort_index, words
from models.labels_goods import ProductCategory
from models.labels_order import OrderType
from models.vocabulary import Labels

if TYPE_CHECKING:
    from models.product import Product


class Standard(StrEnum):
    """What furniture is tested by."""

    gb_18584 = "gb_18584"
    gb_28007 = "gb_28007"
    gb_28008 = "gb_28008"
    gbt_3324 = "gbt_3324"
    gbt_3976 = "gbt_3976"

    @property
    def number(self) -> str:
        """As it is cited, in every language."""
        return NUMBERS[self]


class Verdict(StrEnum):
    """Whether delivered goods keep a standard, as those say who accept them."""

    passed = "passed"
    failed = "failed"


NUMBERS: Mapping[Standard, str] = {
    Standard.gb_18584: "GB 18584-2024",
    Standard.gb_28007: "GB 28007-2024",
    Standard.gb_28008: "GB 28008-2024",
    Standard.gbt_3324: "GB/T 3324-2024",
    Standard.gbt_3976: "GB/T 3976-2014",
}
CONFORMITY_LABELS: Labels = {
    Standard: {
        Standard.gb_18584: _l("GB 18584-2024 harmful substances"),
        Standard.gb_28007: _l("GB 28007-2024 children's furniture"),
        Standard.gb_28008: _l("GB 28008-2024 structural safety"),
        Standard.gbt_3324: _l("GB/T 3324-2024 wooden furniture"),
        Standard.gbt_3976: _l("GB/T 3976-2014 school desks and chairs"),
    },
    Verdict: {Verdict.passed: _l("Kept"), Verdict.failed: _l("Not kept")},
}


class Goods(Protocol):
    """What decides on the standards of a product."""

    category: ProductCategory
    is_children: bool


class Tested(Protocol):
    """What decides on whether a report still says something."""

    standard: Standard
    issued_on: date
    valid_until: date


def needed_standards(goods: Goods, order_type: OrderType) -> tuple[Standard, ...]:
    """The standards for which goods of an order need a valid report before they leave. Clause 8(4).

    Children's furniture always; other furniture where a public buyer takes it.
    """
    if goods.is_children or goods.category is ProductCategory.children:
        return (Standard.gb_18584, Standard.gb_28007)
    if order_type is OrderType.government and goods.category is not ProductCategory.accessory:
        return (Standard.gb_18584,)
    return ()


def lacking(needed: Sequence[Standard], reports: Iterable[Tested], day: date) -> list[Standard]:
    """The needed standards without a report that is valid on a day."""
    shown = {report.standard for report in reports if report.issued_on <= day <= report.valid_until}
    return [standard for standard in needed if standard not in shown]


def valid_through(needed: Sequence[Standard], reports: Iterable[Tested]) -> date | None:
    """The day on which the first of the needed standards runs out of reports; None where one has none at all."""
    last: dict[Standard, date] = {}
    for report in reports:
        last[report.standard] = max(report.valid_until, last.get(report.standard, report.valid_until))
    if not needed or any(standard not in last for standard in needed):
        return None
    return min(last[standard] for standard in needed)


class TestReport(Stamped, Base):
    """What a laboratory found of a product by one standard; the file of the report lies beside it."""

    __tablename__ = "test_report"
    __label__ = _l("Test report")
    __label_plural__ = _l("Test reports")
    __table_args__ = (
        sa.UniqueConstraint("product_id", "standard", "report_no"),
        check("valid_after_issued", "valid_until >= issued_on"),
        sort_index("valid_until"),
        sort_index("report_no"),
    )
    journal_order_attribute: ClassVar[str | None] = None

    # The unique constraint begins with the product, so the key needs no index of its own.
    product_id: Mapped[int] = reference("product.id", _l("Product"), nullable=False, index=False)
    standard: Mapped[Standard] = column(words(Standard, name="standard"), _l("Standard"), nullable=False)
    report_no: Mapped[str] = column(sa.String(60), _l("Report number"), nullable=False)
    laboratory: Mapped[str] = column(sa.String(100), _l("Laboratory"), nullable=False)
    issued_on: Mapped[date] = column(sa.Date, _l("Issued on"), nullable=False)
    valid_until: Mapped[date] = column(sa.Date, _l("Valid until"), nullable=False)

    product: Mapped[Product] = relationship(back_populates="reports")

    def __str__(self) -> str:
        return self.report_no
