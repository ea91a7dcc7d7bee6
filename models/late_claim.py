"""Claims of interest on money that came late (条例 17, clause 11(1)). They are no part of an order's price."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    FIXED,
    FREE_TEXT,
    Base,
    Percent,
    Sensitivity,
    Stateful,
    check,
    column,
    computed,
    money,
    reference,
    sort_index,
    state_words,
)
from models.vocabulary import Labels

if TYPE_CHECKING:
    from models.order import Order
    from models.payment import PaymentAllocation


class LateClaimState(StrEnum):
    """Where a claim stands."""

    claimed = "claimed"
    paid = "paid"
    waived = "waived"


LATE_CLAIM_LABELS: Labels = {
    LateClaimState: {
        LateClaimState.claimed: _l("Claimed"),
        LateClaimState.paid: _l("Interest paid"),
        LateClaimState.waived: _l("Waived"),
    },
}


class LateClaim(Stateful, Base):
    """The interest that one order owes for late payment up to a day; what was claimed before is not in it."""

    __tablename__ = "late_claim"
    __label__ = _l("Late interest claim")
    __label_plural__ = _l("Late interest claims")
    __table_args__ = (
        check("interest_positive", "interest_amount > 0"),
        check("paid_within_interest", "paid_amount >= 0 AND paid_amount <= interest_amount"),
        check("paid_is_paid", "state <> 'paid' OR paid_amount = interest_amount"),
        sort_index("state", "state_since"),
        sort_index("created_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    claim_no: Mapped[str] = column(sa.String(30), _l("Claim number"), nullable=False, unique=True)
    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False)
    overdue_amount: Mapped[Decimal] = money(_l("Overdue amount"), info=FIXED)
    due_on: Mapped[date] = column(sa.Date, _l("Was due on"), nullable=False, info=FIXED)
    until_on: Mapped[date] = column(sa.Date, _l("Counted to"), nullable=False, info=FIXED)
    days_late: Mapped[int] = column(sa.Integer, _l("Days overdue"), nullable=False, info=FIXED)
    daily_pct: Mapped[Decimal] = column(
        Percent(), _l("Interest a day (%)"), nullable=False, sensitivity=Sensitivity.PRICE, info=FIXED
    )
    interest_amount: Mapped[Decimal] = money(_l("Late interest"), info=FIXED)
    paid_amount: Mapped[Decimal] = money(_l("Interest received"))
    note: Mapped[str | None] = column(sa.String(400), _l("Note"), info=FREE_TEXT)
    state: Mapped[LateClaimState] = column(
        state_words(LateClaimState), _l("State"), nullable=False, default=LateClaimState.claimed
    )

    order: Mapped[Order] = relationship(back_populates="late_claims")
    allocations: Mapped[list[PaymentAllocation]] = relationship(
        back_populates="late_claim", order_by="PaymentAllocation.id", info={"label": _l("Allocated payments")}
    )

    @computed(sensitivity=Sensitivity.PRICE)
    def open_amount(self) -> Decimal:
        """Not yet received."""
        return self.interest_amount - self.paid_amount

    def __str__(self) -> str:
        return self.claim_no
