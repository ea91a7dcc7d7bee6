"""Cancellations of lines of confirmed orders, what they have cost, and what that means in money. Clause 15."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    FREE_TEXT,
    Base,
    Sensitivity,
    Stamped,
    Stateful,
    UtcDateTime,
    check,
    column,
    flag,
    money,
    quantity,
    reference,
    sort_index,
    state_words,
    unique_where,
    words,
)
from models.labels import (
    CancelKind,
    CancellationState,
    CancelReason,
    CostKind,
    DepositMode,
    LineStage,
    label_of,
)

if TYPE_CHECKING:
    from models.order import Order, OrderLine

OPEN = "state IN ('asked', 'costed', 'checked', 'pending_approval', 'offered')"


class Cancellation(Stateful, Base):
    """A request to cancel lines of a confirmed order, from the question to the settlement. Clause 15."""

    __tablename__ = "cancellation"
    __label__ = _l("Cancellation request")
    __label_plural__ = _l("Cancellation requests")
    __table_args__ = (
        check(
            "money_not_negative",
            "released_amount >= 0 AND documented_amount >= 0 AND cap_amount >= 0 AND handling_amount >= 0"
            " AND compensation_amount >= 0 AND deposit_share_amount >= 0 AND prepay_share_amount >= 0"
            " AND deposit_kept_amount >= 0 AND kept_amount >= 0 AND refund_amount >= 0 AND claim_amount >= 0"
            " AND penalty_amount >= 0",
        ),
        check("interest_not_negative", "interest_amount >= 0"),
        check("share_is_kept_or_refunded", "kept_amount + refund_amount = deposit_share_amount + prepay_share_amount"),
        check("deposit_kept_within_share", "deposit_kept_amount <= deposit_share_amount"),
        check("above_cap_is_signed", "state <> 'effective' OR NOT is_above_cap OR signed_by IS NOT NULL"),
        check("effective_is_dated", "state <> 'effective' OR effective_at IS NOT NULL"),
        # Two people who ask at the same instant ask once.
        unique_where("uq_cancellation_open", "order_id", condition=OPEN),
        sort_index("state", "state_since"),
        sort_index("asked_at"),
        sort_index("created_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    cancellation_no: Mapped[str] = column(sa.String(30), _l("Cancellation number"), nullable=False, unique=True)
    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False)
    cancel_kind: Mapped[CancelKind] = column(
        words(CancelKind, name="cancel_kind"), _l("Cancelled by"), nullable=False, default=CancelKind.customer
    )
    cancel_reason: Mapped[CancelReason] = column(
        words(CancelReason, name="cancel_reason"), _l("Reason"), nullable=False, default=CancelReason.other
    )
    note: Mapped[str | None] = column(
        sa.Text, _l("How it was asked"), info=FREE_TEXT, help_text=_l("A call is written down and confirmed back.")
    )
    asked_at: Mapped[datetime] = column(UtcDateTime, _l("Asked at"), nullable=False)
    deposit_mode: Mapped[DepositMode] = column(
        words(DepositMode, name="deposit_mode"), _l("Deposit"), nullable=False, default=DepositMode.offset
    )
    is_above_cap: Mapped[bool] = flag(
        _l("Above the cap"), help_text=_l("Only with the committee's approval and the customer's signature.")
    )
    released_amount: Mapped[Decimal] = money(_l("Value of the cancelled goods"))
    documented_amount: Mapped[Decimal] = money(_l("Documented cost"), help_text=_l("After the salvage value."))
    cap_amount: Mapped[Decimal] = money(_l("Cap"), help_text=_l("Of custom goods, by the stage of each line."))
    handling_amount: Mapped[Decimal] = money(_l("Handling fee"), help_text=_l("Of standard goods, by the stage."))
    compensation_amount: Mapped[Decimal] = money(_l("Compensation"))
    deposit_share_amount: Mapped[Decimal] = money(_l("Share of the deposit"))
    prepay_share_amount: Mapped[Decimal] = money(_l("Share of other payments"))
    deposit_kept_amount: Mapped[Decimal] = money(_l("Deposit kept"))
    kept_amount: Mapped[Decimal] = money(_l("Kept of what was paid"))
    refund_amount: Mapped[Decimal] = money(_l("To be refunded"))
    claim_amount: Mapped[Decimal] = money(_l("Still to be claimed"))
    penalty_amount: Mapped[Decimal] = money(
        _l("Deposit returned twice"), help_text=_l("Where the company cancels: as much again as the deposit's share.")
    )
    interest_amount: Mapped[Decimal] = money(
        _l("Interest on prepayments"),
        help_text=_l("Where the company cancels: owed to a consumer for the other payments' share, day by day."),
    )
    accepted_how: Mapped[str | None] = column(sa.String(400), _l("How the customer accepted"), info=FREE_TEXT)
    signed_by: Mapped[str | None] = column(sa.String(60), _l("Signed by"), sensitivity=Sensitivity.NAME)
    effective_at: Mapped[datetime | None] = column(UtcDateTime, _l("Effective at"))
    state: Mapped[CancellationState] = column(
        state_words(CancellationState), _l("State"), nullable=False, default=CancellationState.asked
    )

    order: Mapped[Order] = relationship()
    lines: Mapped[list[CancellationLine]] = relationship(
        back_populates="cancellation", order_by="CancellationLine.id", info={"label": _l("Lines to cancel")}
    )
    costs: Mapped[list[CostItem]] = relationship(
        back_populates="cancellation", order_by="CostItem.id", info={"label": _l("Cost sheet")}
    )

    def __str__(self) -> str:
        return self.cancellation_no


class CancellationLine(Stamped, Base):
    """How much of an order line is cancelled, and how far it had come when it was asked."""

    __tablename__ = "cancellation_line"
    shown_with: ClassVar[str | None] = "order_line"
    __label__ = _l("Line to cancel")
    __label_plural__ = _l("Lines to cancel")
    __table_args__ = (sa.UniqueConstraint("cancellation_id", "order_line_id"), check("qty_positive", "qty > 0"))

    cancellation_id: Mapped[int] = reference("cancellation.id", _l("Cancellation request"), nullable=False, index=False)
    order_line_id: Mapped[int] = reference("order_line.id", _l("Order line"), nullable=False)
    qty: Mapped[Decimal] = quantity(_l("Quantity"), default=Decimal("1.000"))
    stage: Mapped[LineStage] = column(words(LineStage, name="stage"), _l("Stage"), nullable=False, default=LineStage.s1)
    amount: Mapped[Decimal] = money(_l("Value of the cancelled goods"))

    cancellation: Mapped[Cancellation] = relationship(back_populates="lines")
    order_line: Mapped[OrderLine] = relationship()

    def __str__(self) -> str:
        return f"{self.id}"


class CostItem(Stamped, Base):
    """One item of the cost sheet: entered by production, checked by finance. Domain/02, article 15(3)."""

    __tablename__ = "cost_item"
    __label__ = _l("Cost item")
    __label_plural__ = _l("Cost sheet")
    __table_args__ = (check("amount_positive", "amount > 0"),)

    cancellation_id: Mapped[int] = reference("cancellation.id", _l("Cancellation request"), nullable=False)
    kind: Mapped[CostKind] = column(
        words(CostKind, name="kind"), _l("Cost kind"), nullable=False, default=CostKind.material
    )
    # The workshop writes it, and the customer is shown it: whoever may see the sheet sees what it says.
    amount: Mapped[Decimal] = money(_l("Amount"), sensitivity=None)
    evidence: Mapped[str | None] = column(
        sa.String(200), _l("Evidence"), help_text=_l("Picking list, time sheet, drawing or bill, by its number.")
    )

    cancellation: Mapped[Cancellation] = relationship(back_populates="costs")

    def __str__(self) -> str:
        return str(label_of(self.kind))
