"""Money of an order: what is due, what came in, what it paid, what went back, what was invoiced. Clause 11.

Receipts, allocations, refunds and invoices are corrected by a new row, never by changing an amount.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    FREE_TEXT,
    Base,
    Percent,
    Sensitivity,
    Stamped,
    Stateful,
    UtcDateTime,
    check,
    column,
    computed,
    money,
    reference,
    sort_index,
    state_words,
    unique_where,
    words,
)
from models.labels import (
    DueBasis,
    InstalmentState,
    InvoiceKind,
    InvoiceState,
    OrderOrigin,
    PaymentMethod,
    PaymentNature,
    PaymentState,
    RedReason,
    RefundReason,
    RefundState,
    ScheduleTrigger,
)

if TYPE_CHECKING:
    from flask_appbuilder.security.sqla.models import User

    from models.cancellation import Cancellation
    from models.change import ChangeRequest
    from models.customer import Customer
    from models.late_claim import LateClaim
    from models.order import Order


class PaymentSchedule(Stamped, Base):
    """One instalment of an order."""

    __tablename__ = "payment_schedule"
    __label__ = _l("Instalment")
    __label_plural__ = _l("Payment schedule")
    __table_args__ = (
        sa.UniqueConstraint("order_id", "seq"),
        check("paid_within_amount", "paid_amount >= 0 AND paid_amount <= amount"),
        check("percent_not_negative", "percent >= 0"),
        sort_index("due_on"),
        sort_index("created_at"),
    )

    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False, index=False)
    seq: Mapped[int] = column(sa.Integer, _l("Instalment no."), nullable=False, default=1)
    kind: Mapped[PaymentNature] = column(
        words(PaymentNature, name="kind"), _l("Nature"), nullable=False, default=PaymentNature.prepay
    )
    trigger: Mapped[ScheduleTrigger] = column(
        words(ScheduleTrigger, name="trigger"), _l("Falls due"), nullable=False, default=ScheduleTrigger.on_confirm
    )
    percent: Mapped[Decimal] = column(
        Percent(), _l("Share (%)"), nullable=False, default=Decimal("0.000"), sensitivity=Sensitivity.PRICE
    )
    amount: Mapped[Decimal] = money(_l("Amount"))
    due_on: Mapped[date | None] = column(sa.Date, _l("Due on"))
    due_basis: Mapped[DueBasis | None] = column(
        words(DueBasis, name="due_basis"),
        _l("Counted from"),
        help_text=_l("Empty where the day is that of the plan."),
    )
    paid_amount: Mapped[Decimal] = money(_l("Paid"))
    overdue_told_on: Mapped[date | None] = column(sa.Date, _l("Told of being overdue on"))

    order: Mapped[Order] = relationship(back_populates="schedules")
    allocations: Mapped[list[PaymentAllocation]] = relationship(
        back_populates="schedule", order_by="PaymentAllocation.id", info={"label": _l("Allocated payments")}
    )

    @computed(sensitivity=Sensitivity.PRICE)
    def open_amount(self) -> Decimal:
        """Not yet paid."""
        return self.amount - self.paid_amount

    @computed(sensitivity=Sensitivity.PRICE)
    def paid_state(self) -> InstalmentState:
        """How far it is paid."""
        if self.paid_amount >= self.amount:
            return InstalmentState.paid
        return InstalmentState.partly_paid if self.paid_amount else InstalmentState.unpaid

    def __str__(self) -> str:
        return f"{self.seq}"


class Payment(Stateful, Base):
    """Money that came in."""

    __tablename__ = "payment"
    __label__ = _l("Payment")
    __label_plural__ = _l("Payments")
    __table_args__ = (
        unique_where("uq_payment_channel_txn_no", "method", "channel_txn_no", condition="channel_txn_no IS NOT NULL"),
        check("amount_positive", "amount > 0"),
        check("allocated_within_amount", "allocated_amount >= 0 AND allocated_amount <= amount"),
        sort_index("state", "state_since"),
        sort_index("received_at"),
        # The chart of receipts by month is answered from this index alone.
        sa.Index(None, "received_at", "amount"),
        sort_index("amount"),
        sort_index("created_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("customer", "order.customer")

    payment_no: Mapped[str] = column(sa.String(30), _l("Payment number"), nullable=False, unique=True)
    order_id: Mapped[int | None] = reference("sales_order.id", _l("Order"))
    customer_id: Mapped[int | None] = reference("customer.id", _l("Customer"))
    method: Mapped[PaymentMethod] = column(
        words(PaymentMethod, name="method"), _l("Payment method"), nullable=False, default=PaymentMethod.wechat
    )
    channel_txn_no: Mapped[str | None] = column(
        sa.String(64), _l("Transaction number"), help_text=_l("As the bank or the payment platform states it.")
    )
    external_order_no: Mapped[str | None] = column(sa.String(60), _l("External number"))
    payer_name: Mapped[str | None] = column(sa.String(100), _l("Payer"), sensitivity=Sensitivity.NAME)
    payer_account: Mapped[str | None] = column(sa.String(40), _l("Payer's account"), sensitivity=Sensitivity.BANK)
    amount: Mapped[Decimal] = money(_l("Amount"))
    allocated_amount: Mapped[Decimal] = money(_l("Allocated"))
    received_at: Mapped[datetime] = column(UtcDateTime, _l("Received at"), nullable=False)
    note: Mapped[str | None] = column(sa.String(400), _l("Note"), info=FREE_TEXT)
    origin: Mapped[OrderOrigin] = column(
        words(OrderOrigin, name="origin"), _l("Origin"), nullable=False, default=OrderOrigin.entered
    )
    state: Mapped[PaymentState] = column(
        state_words(PaymentState), _l("State"), nullable=False, default=PaymentState.unallocated
    )

    order: Mapped[Order | None] = relationship(back_populates="payments")
    customer: Mapped[Customer | None] = relationship(back_populates="payments")
    allocations: Mapped[list[PaymentAllocation]] = relationship(
        back_populates="payment", order_by="PaymentAllocation.id", info={"label": _l("Allocated payments")}
    )

    @computed(sensitivity=Sensitivity.PRICE)
    def open_amount(self) -> Decimal:
        """Not yet allocated."""
        return self.amount - self.allocated_amount

    def __str__(self) -> str:
        return self.payment_no


class PaymentAllocation(Base):
    """How much of a payment went to which instalment or claim. Append-only: a negative row takes an allocation back."""

    __tablename__ = "payment_allocation"
    __label__ = _l("Allocation")
    __label_plural__ = _l("Allocations")
    __table_args__ = (
        check("amount_not_zero", "amount <> 0"),
        check("one_purpose", "schedule_id IS NULL OR late_claim_id IS NULL"),
        sort_index("allocated_at"),
    )

    payment_id: Mapped[int] = reference("payment.id", _l("Payment"), nullable=False)
    schedule_id: Mapped[int | None] = reference("payment_schedule.id", _l("Instalment"))
    late_claim_id: Mapped[int | None] = reference("late_claim.id", _l("Late interest claim"))
    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False)
    nature: Mapped[PaymentNature] = column(
        words(PaymentNature, name="nature"), _l("Nature"), nullable=False, default=PaymentNature.prepay
    )
    amount: Mapped[Decimal] = money(_l("Amount"))
    allocated_at: Mapped[datetime] = column(UtcDateTime, _l("Allocated at"), nullable=False)

    payment: Mapped[Payment] = relationship(back_populates="allocations")
    schedule: Mapped[PaymentSchedule | None] = relationship(back_populates="allocations")
    late_claim: Mapped[LateClaim | None] = relationship(back_populates="allocations")
    order: Mapped[Order] = relationship(back_populates="allocations")

    def __str__(self) -> str:
        return f"{self.id}"


class Refund(Stateful, Base):
    """Money that goes back: recorded, approved and executed by different people (domain/09 9.4)."""

    __tablename__ = "refund"
    __label__ = _l("Refund")
    __label_plural__ = _l("Refunds")
    __table_args__ = (
        check("amount_positive", "amount > 0"),
        check("compensation_not_negative", "compensation_amount >= 0"),
        check("one_origin", "cancellation_id IS NULL OR change_request_id IS NULL"),
        check("executed_is_complete", "state <> 'executed' OR executed_at IS NOT NULL"),
        sort_index("state", "state_since"),
        sort_index("legal_due_on"),
        sort_index("created_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    refund_no: Mapped[str] = column(sa.String(30), _l("Refund number"), nullable=False, unique=True)
    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False)
    payment_id: Mapped[int | None] = reference("payment.id", _l("Payment"))
    cancellation_id: Mapped[int | None] = reference("cancellation.id", _l("Cancellation request"))
    change_request_id: Mapped[int | None] = reference("change_request.id", _l("Change request"))
    reason: Mapped[RefundReason] = column(
        words(RefundReason, name="reason"), _l("Refund reason"), nullable=False, default=RefundReason.cancel
    )
    amount: Mapped[Decimal] = money(_l("Amount"))
    compensation_amount: Mapped[Decimal] = money(
        _l("Withheld as compensation"), help_text=_l("Kept from what was paid; already taken off the amount.")
    )
    payee_name: Mapped[str] = column(sa.String(100), _l("Payee"), nullable=False, sensitivity=Sensitivity.NAME)
    payee_account: Mapped[str | None] = column(
        sa.String(40),
        _l("Payee's account"),
        sensitivity=Sensitivity.BANK,
        help_text=_l("Only where the money cannot go back the way it came."),
    )
    recorded_by_id: Mapped[int | None] = reference("ab_user.id", _l("Recorded by"))
    approved_by_id: Mapped[int | None] = reference("ab_user.id", _l("Approved by"))
    executed_by_id: Mapped[int | None] = reference("ab_user.id", _l("Executed by"))
    account_changed_at: Mapped[datetime | None] = column(UtcDateTime, _l("Account changed at"))
    legal_due_on: Mapped[date | None] = column(sa.Date, _l("Due by law on"))
    executed_at: Mapped[datetime | None] = column(UtcDateTime, _l("Executed at"))
    note: Mapped[str | None] = column(sa.String(400), _l("Note"), info=FREE_TEXT)
    state: Mapped[RefundState] = column(
        state_words(RefundState), _l("State"), nullable=False, default=RefundState.draft
    )

    order: Mapped[Order] = relationship(back_populates="refunds")
    payment: Mapped[Payment | None] = relationship()
    cancellation: Mapped[Cancellation | None] = relationship()
    change_request: Mapped[ChangeRequest | None] = relationship()
    recorded_by: Mapped[User | None] = relationship("User", foreign_keys="Refund.recorded_by_id")
    approved_by: Mapped[User | None] = relationship("User", foreign_keys="Refund.approved_by_id")
    executed_by: Mapped[User | None] = relationship("User", foreign_keys="Refund.executed_by_id")

    def __str__(self) -> str:
        return self.refund_no


class Invoice(Stateful, Base):
    """An invoice applied for and issued; the tax platform gives its number. Clause 11(2).

    A red invoice reverses an issued one, whole or in part: its amounts are below zero.
    """

    __tablename__ = "invoice"
    __label__ = _l("Invoice")
    __label_plural__ = _l("Invoices")
    __table_args__ = (
        unique_where("uq_invoice_tax_invoice_no", "tax_invoice_no", condition="tax_invoice_no IS NOT NULL"),
        check(
            "red_is_negative",
            "(reverses_id IS NULL AND gross_amount > 0 AND tax_amount >= 0)"
            " OR (reverses_id IS NOT NULL AND gross_amount < 0 AND tax_amount <= 0)",
        ),
        check("red_has_reason", "(reverses_id IS NULL) = (red_reason IS NULL)"),
        check("red_has_letter", "reverses_id IS NULL OR state <> 'issued' OR red_letter_no IS NOT NULL"),
        check("gross_is_net_and_tax", "gross_amount = net_amount + tax_amount"),
        check("issued_is_dated", "state <> 'issued' OR issued_at IS NOT NULL"),
        check("special_has_tax_no", "kind <> 'special' OR tax_no IS NOT NULL"),
        sort_index("state", "state_since"),
        sort_index("created_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    invoice_no: Mapped[str] = column(sa.String(30), _l("Invoice application"), nullable=False, unique=True)
    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False)
    title: Mapped[str] = column(sa.String(100), _l("Invoice title"), nullable=False, sensitivity=Sensitivity.NAME)
    tax_no: Mapped[str | None] = column(
        sa.String(20), _l("Buyer's tax number"), help_text=_l("Needed for a special invoice; persons have none.")
    )
    kind: Mapped[InvoiceKind] = column(
        words(InvoiceKind, name="kind"), _l("Invoice kind"), nullable=False, default=InvoiceKind.ordinary
    )
    gross_amount: Mapped[Decimal] = money(_l("Gross"))
    tax_amount: Mapped[Decimal] = money(_l("Tax"))
    net_amount: Mapped[Decimal] = money(_l("Net of tax"))
    tax_invoice_no: Mapped[str | None] = column(
        sa.String(20), _l("Tax invoice number"), help_text=_l("20 digits, given by the tax platform.")
    )
    reverses_id: Mapped[int | None] = reference("invoice.id", _l("Reverses"))
    red_reason: Mapped[RedReason | None] = column(words(RedReason, name="red_reason"), _l("Reason of the reversal"))
    red_letter_no: Mapped[str | None] = column(
        sa.String(20),
        _l("Red letter number"),
        help_text=_l("Of the confirmation that the buyer and the platform gave."),
    )
    issued_at: Mapped[datetime | None] = column(UtcDateTime, _l("Issued at"))
    state: Mapped[InvoiceState] = column(
        state_words(InvoiceState), _l("State"), nullable=False, default=InvoiceState.applied
    )

    order: Mapped[Order] = relationship(back_populates="invoices")
    reverses: Mapped[Invoice | None] = relationship(remote_side="Invoice.id")

    def __str__(self) -> str:
        return self.invoice_no
