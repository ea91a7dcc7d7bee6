"""Guarantees that the company gives a buyer (政府采购法实施条例 48). Clause 11(5)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import FREE_TEXT, Base, Stateful, check, column, money, reference, sort_index, state_words, words
from models.vocabulary import Labels

if TYPE_CHECKING:
    from models.order import Order


class GuaranteeKind(StrEnum):
    """What it secures."""

    bid = "bid"
    performance = "performance"
    quality = "quality"


class GuaranteeForm(StrEnum):
    """How it is given."""

    bank_guarantee = "bank_guarantee"
    insurance = "insurance"
    cash = "cash"


class GuaranteeState(StrEnum):
    """Where a guarantee stands: the buyer holds it from ``held`` on."""

    due = "due"
    held = "held"
    to_return = "to_return"
    returned = "returned"
    called = "called"
    dropped = "dropped"


GUARANTEE_LABELS: Labels = {
    GuaranteeKind: {
        GuaranteeKind.bid: _l("Bid bond"),
        GuaranteeKind.performance: _l("Performance bond"),
        GuaranteeKind.quality: _l("Quality bond"),
    },
    GuaranteeForm: {
        GuaranteeForm.bank_guarantee: _l("Bank guarantee"),
        GuaranteeForm.insurance: _l("Surety insurance"),
        GuaranteeForm.cash: _l("Deposited in cash"),
    },
    GuaranteeState: {
        GuaranteeState.due: _l("To be given"),
        GuaranteeState.held: _l("With the buyer"),
        GuaranteeState.to_return: _l("To be returned"),
        GuaranteeState.returned: _l("Guarantee returned"),
        GuaranteeState.called: _l("Called by the buyer"),
        GuaranteeState.dropped: _l("Not needed"),
    },
}


class Guarantee(Stateful, Base):
    """One guarantee of one order, until the buyer has given it back."""

    __tablename__ = "guarantee"
    __label__ = _l("Guarantee")
    __label_plural__ = _l("Guarantees")
    __table_args__ = (
        check("amount_positive", "amount > 0"),
        check("given_is_dated", "state IN ('due', 'dropped') OR given_on IS NOT NULL"),
        check("returned_is_dated", "state <> 'returned' OR returned_on IS NOT NULL"),
        sort_index("state", "state_since"),
        sort_index("valid_until_on"),
        sort_index("created_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    guarantee_no: Mapped[str] = column(sa.String(30), _l("Guarantee number"), nullable=False, unique=True)
    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False)
    kind: Mapped[GuaranteeKind] = column(
        words(GuaranteeKind, name="kind"), _l("Kind of guarantee"), nullable=False, default=GuaranteeKind.performance
    )
    form: Mapped[GuaranteeForm] = column(
        words(GuaranteeForm, name="form"), _l("Given as"), nullable=False, default=GuaranteeForm.bank_guarantee
    )
    amount: Mapped[Decimal] = money(_l("Amount"), help_text=_l("Left empty: the bond that the order names."))
    issuer: Mapped[str | None] = column(sa.String(100), _l("Bank or insurer"))
    document_no: Mapped[str | None] = column(sa.String(60), _l("Number of the document"))
    due_on: Mapped[date | None] = column(sa.Date, _l("To be given by"), help_text=_l("As the tender or contract says."))
    given_on: Mapped[date | None] = column(sa.Date, _l("Given on"))
    valid_until_on: Mapped[date | None] = column(sa.Date, _l("Valid until"))
    cash_reason: Mapped[str | None] = column(
        sa.String(200),
        _l("Why in cash"),
        help_text=_l("A public buyer may not ask for cash: say why it is given in cash all the same."),
        info=FREE_TEXT,
    )
    returned_on: Mapped[date | None] = column(sa.Date, _l("Returned on"))
    note: Mapped[str | None] = column(sa.String(400), _l("Note"), info=FREE_TEXT)
    state: Mapped[GuaranteeState] = column(
        state_words(GuaranteeState), _l("State"), nullable=False, default=GuaranteeState.due
    )

    order: Mapped[Order] = relationship(back_populates="guarantees")

    def __str__(self) -> str:
        return self.guarantee_no
