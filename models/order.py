"""The order: header, states and money. Its lines and fees are in ``order_line`` and named here as well."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    FIXED,
    FREE_TEXT,
    Base,
    Json,
    Percent,
    Sensitivity,
    Stateful,
    UtcDateTime,
    check,
    column,
    flag,
    money,
    reference,
    sort_index,
    state_words,
    unique_where,
    words,
)
from models.labels import (
    CancelKind,
    CancelReason,
    Channel,
    ContractKind,
    DeliveryMode,
    Elevator,
    LateReason,
    OrderOrigin,
    OrderState,
    OrderType,
    PaymentMethod,
    RegulationState,
    SupplyMode,
)
from models.order_line import OrderFee, OrderLine

if TYPE_CHECKING:
    from models.approval import Approval
    from models.contract import OrderContract
    from models.customer import Customer, CustomerAddress
    from models.guarantee import Guarantee
    from models.inbox import InboxItem
    from models.installation import Acceptance, Installation
    from models.late_claim import LateClaim
    from models.letter import ConfirmationLetter
    from models.payment import Invoice, Payment, PaymentAllocation, PaymentSchedule, Refund
    from models.production import ProductionTask
    from models.quality import Inspection
    from models.review import OrderReview
    from models.shipment import Shipment
    from models.ticket import ServiceTicket

__all__ = ["REGULATION_STATES", "REMOTE_CHANNELS", "Order", "OrderFee", "OrderLine", "regulation_state"]

REMOTE_CHANNELS = frozenset({Channel.online_mall, Channel.phone, Channel.email, Channel.post, Channel.wechat})

REGULATION_STATES: Mapping[OrderState, RegulationState | None] = {
    OrderState.draft: None,
    OrderState.pending_review: RegulationState.pending_review,
    OrderState.pending_approval: RegulationState.pending_review,
    OrderState.approved: RegulationState.pending_review,
    OrderState.confirmed: RegulationState.confirmed,
    OrderState.in_production: RegulationState.in_production,
    OrderState.ready_to_ship: RegulationState.ready_to_ship,
    OrderState.partly_shipped: RegulationState.shipped,
    OrderState.shipped: RegulationState.shipped,
    OrderState.delivered: RegulationState.shipped,
    OrderState.pending_acceptance: RegulationState.shipped,
    OrderState.completed: RegulationState.completed,
    OrderState.closed: RegulationState.completed,
    OrderState.cancelled: RegulationState.cancelled,
    OrderState.rejected: RegulationState.cancelled,
}


def regulation_state(state: OrderState) -> RegulationState | None:
    """The state of the regulation that an internal one counts as; None for a draft. Clause 4(3)."""
    return REGULATION_STATES[state]


class Order(Stateful, Base):
    """One direct order from receipt to acceptance. Clauses 12 to 15."""

    __tablename__ = "sales_order"
    __label__ = _l("Order")
    __label_plural__ = _l("Orders")
    __table_args__ = (
        unique_where("uq_sales_order_external_no", "channel", "external_no", condition="external_no IS NOT NULL"),
        check("total_is_goods_and_fees", "total_amount = goods_amount + fee_amount"),
        check("total_is_net_and_tax", "total_amount = net_amount + tax_amount"),
        check(
            "money_not_negative", "goods_amount >= 0 AND fee_amount >= 0 AND tax_amount >= 0 AND deposit_amount >= 0"
        ),
        check("paid_not_negative", "paid_amount >= 0 AND refunded_amount >= 0 AND refunded_amount <= paid_amount"),
        check(
            "terms_not_negative",
            "award_amount >= 0 AND bond_amount >= 0 AND delivery_cost_amount >= 0 AND penalty_pct_daily >= 0"
            " AND penalty_cap_pct >= 0 AND retention_pct >= 0",
        ),
        check("hold_has_reason", "NOT is_on_hold OR hold_reason IS NOT NULL"),
        check("cancelled_has_kind", "state NOT IN ('cancelled', 'rejected') OR cancel_kind IS NOT NULL"),
        sort_index("received_at"),
        sort_index("total_amount"),
        sort_index("promised_on"),
        sort_index("created_at"),
        sort_index("state", "state_since"),
        sort_index("state", "received_at"),
        sort_index("customer_id", "received_at"),
        sort_index("order_type", "received_at"),
        sort_index("channel", "received_at"),
        # The quick search knows the number, not the channel that leads the unique index.
        sort_index("external_no"),
        # Charts by month and by channel are answered from this index alone.
        sa.Index(None, "received_at", "order_type", "channel", "total_amount"),
    )
    journal_order_attribute: ClassVar[str | None] = "id"
    subject_paths: ClassVar[tuple[str, ...]] = ("customer",)

    order_no: Mapped[str] = column(sa.String(30), _l("Order number"), nullable=False, unique=True)
    order_type: Mapped[OrderType] = column(
        words(OrderType, name="order_type"), _l("Order type"), nullable=False, default=OrderType.retail
    )
    channel: Mapped[Channel] = column(
        words(Channel, name="channel"), _l("Channel"), nullable=False, default=Channel.online_mall
    )
    external_no: Mapped[str | None] = column(
        sa.String(60), _l("External number"), help_text=_l("The order number of the mall or of the customer.")
    )
    customer_id: Mapped[int] = reference("customer.id", _l("Customer"), nullable=False, index=False)
    address_id: Mapped[int | None] = reference("customer_address.id", _l("Customer address"))
    project_name: Mapped[str | None] = column(sa.String(120), _l("Project"), info=FREE_TEXT)
    contract_no: Mapped[str | None] = column(sa.String(60), _l("Contract number"))
    received_at: Mapped[datetime] = column(
        UtcDateTime,
        _l("Received at"),
        nullable=False,
        help_text=_l("When the customer's order reached us; the 24 hours of entry run from here."),
        info=FIXED,
    )
    entered_at: Mapped[datetime | None] = column(UtcDateTime, _l("Entered at"))
    requested_on: Mapped[date | None] = column(sa.Date, _l("Requested on"))
    promised_on: Mapped[date | None] = column(sa.Date, _l("Promised on"))
    promise_rule: Mapped[str | None] = column(
        sa.String(200), _l("Promise rule"), help_text=_l("Where no date can be named: as “30 days after the drawing”.")
    )
    promise_days: Mapped[int | None] = column(
        sa.Integer, _l("Days of the rule"), help_text=_l("Counted from the signed drawing and the first payment.")
    )
    drawing_version: Mapped[int | None] = column(sa.Integer, _l("Drawing version"))
    drawing_signed_at: Mapped[datetime | None] = column(UtcDateTime, _l("Drawing signed at"))
    drawing_signed_name: Mapped[str | None] = column(
        sa.String(60), _l("Drawing signed by"), sensitivity=Sensitivity.NAME
    )
    drawing_signature: Mapped[str | None] = column(sa.String(64), _l("Mark of the drawing's signature"))
    gate_reason: Mapped[str | None] = column(
        sa.String(200),
        _l("Production opened because"),
        help_text=_l("A lead let production begin early."),
        info=FREE_TEXT,
    )
    delivery_mode: Mapped[DeliveryMode] = column(
        words(DeliveryMode, name="delivery_mode"), _l("Delivery mode"), nullable=False, default=DeliveryMode.own_fleet
    )
    install_required: Mapped[bool] = flag(_l("Installation required"))
    receiver_name: Mapped[str | None] = column(sa.String(60), _l("Receiver"), sensitivity=Sensitivity.NAME)
    receiver_phone: Mapped[str | None] = column(sa.String(20), _l("Receiver's phone"), sensitivity=Sensitivity.PHONE)
    ship_province: Mapped[str | None] = column(sa.String(40), _l("Province"))
    ship_city: Mapped[str | None] = column(sa.String(40), _l("City"), sensitivity=Sensitivity.CITY)
    ship_district: Mapped[str | None] = column(sa.String(40), _l("District"), sensitivity=Sensitivity.ADDRESS)
    ship_address: Mapped[str | None] = column(
        sa.String(200), _l("Street, building, room"), sensitivity=Sensitivity.ADDRESS
    )
    floor: Mapped[int] = column(
        sa.Integer, _l("Floor"), nullable=False, default=1, help_text=_l("The ground floor is 1.")
    )
    elevator: Mapped[Elevator] = column(
        words(Elevator, name="elevator"), _l("Lift"), nullable=False, default=Elevator.none
    )
    payment_method: Mapped[PaymentMethod | None] = column(
        words(PaymentMethod, name="payment_method"), _l("Payment method")
    )
    goods_amount: Mapped[Decimal] = money(_l("Goods"))
    fee_amount: Mapped[Decimal] = money(_l("Fees"))
    total_amount: Mapped[Decimal] = money(_l("Total"), help_text=_l("CNY, tax included."))
    tax_amount: Mapped[Decimal] = money(_l("Tax"))
    net_amount: Mapped[Decimal] = money(_l("Net of tax"))
    paid_amount: Mapped[Decimal] = money(
        _l("Paid"), help_text=_l("For what is ordered now; what a cancellation took back no longer counts.")
    )
    refunded_amount: Mapped[Decimal] = money(_l("Refunded"))
    deposit_amount: Mapped[Decimal] = money(
        _l("Agreed deposit"), help_text=_l("Earnest money; by law at most a fifth of the total.")
    )
    award_amount: Mapped[Decimal] = money(
        _l("Awarded amount"), help_text=_l("Of a tender: once the lines add up to it they are locked.")
    )
    bond_amount: Mapped[Decimal] = money(_l("Performance bond"))
    delivery_cost_amount: Mapped[Decimal] = money(
        _l("Estimated cost of delivery"), help_text=_l("What the delivery costs us, whoever pays for it.")
    )
    penalty_pct_daily: Mapped[Decimal] = column(
        Percent(), _l("Penalty a day (%)"), nullable=False, default=Decimal("0.000"), sensitivity=Sensitivity.PRICE
    )
    penalty_cap_pct: Mapped[Decimal] = column(
        Percent(), _l("Penalty at most (%)"), nullable=False, default=Decimal("0.000"), sensitivity=Sensitivity.PRICE
    )
    retention_pct: Mapped[Decimal] = column(
        Percent(), _l("Retention (%)"), nullable=False, default=Decimal("0.000"), sensitivity=Sensitivity.PRICE
    )
    has_special_terms: Mapped[bool] = flag(
        _l("Special terms"), help_text=_l("Pay when paid, acceptance by others, another place of jurisdiction.")
    )
    is_exclusive: Mapped[bool] = flag(
        _l("Exclusive or confidential"), help_text=_l("Ownership of the design, a secrecy agreement, a new brand.")
    )
    is_outside_area: Mapped[bool] = flag(_l("Outside the service area"))
    is_large: Mapped[bool] = flag(_l("Large order"))
    special_flags: Mapped[list[str]] = column(Json, _l("Special flags"), nullable=False, default=list)
    is_on_hold: Mapped[bool] = flag(_l("On hold"))
    hold_reason: Mapped[str | None] = column(sa.String(200), _l("Reason of the hold"))
    cancel_kind: Mapped[CancelKind | None] = column(words(CancelKind, name="cancel_kind"), _l("Ended by"))
    cancel_reason: Mapped[CancelReason | None] = column(
        words(CancelReason, name="cancel_reason"), _l("Reason of the cancellation")
    )
    late_reason: Mapped[LateReason | None] = column(words(LateReason, name="late_reason"), _l("Reason of the delay"))
    skip_reason: Mapped[str | None] = column(sa.String(100), _l("Production skipped because"))
    content_hash: Mapped[str | None] = column(sa.String(64), _l("Content mark"))
    completed_at: Mapped[datetime | None] = column(UtcDateTime, _l("Completed at"))
    origin: Mapped[OrderOrigin] = column(
        words(OrderOrigin, name="origin"), _l("Origin"), nullable=False, default=OrderOrigin.entered
    )
    # Begins as the customer's message, which may name a person, a phone and a street: guarded like an address.
    note: Mapped[str | None] = column(sa.Text, _l("Note"), sensitivity=Sensitivity.ADDRESS)
    state: Mapped[OrderState] = column(state_words(OrderState), _l("State"), nullable=False, default=OrderState.draft)

    customer: Mapped[Customer] = relationship(back_populates="orders")
    address: Mapped[CustomerAddress | None] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(
        back_populates="order", order_by="OrderLine.line_no", info={"label": _l("Order lines")}
    )
    fees: Mapped[list[OrderFee]] = relationship(
        back_populates="order", order_by="OrderFee.id", info={"label": _l("Fees")}
    )
    contracts: Mapped[list[OrderContract]] = relationship(
        back_populates="order", order_by="OrderContract.id", info={"label": _l("Contract terms")}
    )
    reviews: Mapped[list[OrderReview]] = relationship(
        back_populates="order", order_by="OrderReview.id", info={"label": _l("Reviews")}
    )
    approvals: Mapped[list[Approval]] = relationship(
        back_populates="order", order_by="Approval.id", info={"label": _l("Approvals")}
    )
    letters: Mapped[list[ConfirmationLetter]] = relationship(
        back_populates="order", order_by="ConfirmationLetter.id", info={"label": _l("Confirmation letters")}
    )
    tasks: Mapped[list[ProductionTask]] = relationship(
        back_populates="order", order_by="ProductionTask.id", info={"label": _l("Production tasks")}
    )
    inspections: Mapped[list[Inspection]] = relationship(
        back_populates="order", order_by="Inspection.id", info={"label": _l("Inspections")}
    )
    shipments: Mapped[list[Shipment]] = relationship(
        back_populates="order", order_by="Shipment.id", info={"label": _l("Shipments")}
    )
    installations: Mapped[list[Installation]] = relationship(
        back_populates="order", order_by="Installation.id", info={"label": _l("Installations")}
    )
    acceptances: Mapped[list[Acceptance]] = relationship(
        back_populates="order", order_by="Acceptance.id", info={"label": _l("Acceptances")}
    )
    tickets: Mapped[list[ServiceTicket]] = relationship(
        back_populates="order", order_by="ServiceTicket.id", info={"label": _l("Service tickets")}
    )
    schedules: Mapped[list[PaymentSchedule]] = relationship(
        back_populates="order", order_by="PaymentSchedule.seq", info={"label": _l("Payment schedule")}
    )
    payments: Mapped[list[Payment]] = relationship(
        back_populates="order", order_by="Payment.id", info={"label": _l("Payments")}
    )
    allocations: Mapped[list[PaymentAllocation]] = relationship(
        back_populates="order", order_by="PaymentAllocation.id", info={"label": _l("Allocated payments")}
    )
    guarantees: Mapped[list[Guarantee]] = relationship(
        back_populates="order", order_by="Guarantee.id", info={"label": _l("Guarantees")}
    )
    late_claims: Mapped[list[LateClaim]] = relationship(
        back_populates="order", order_by="LateClaim.id", info={"label": _l("Late interest claims")}
    )
    refunds: Mapped[list[Refund]] = relationship(
        back_populates="order", order_by="Refund.id", info={"label": _l("Refunds")}
    )
    invoices: Mapped[list[Invoice]] = relationship(
        back_populates="order", order_by="Invoice.id", info={"label": _l("Invoices")}
    )
    inbox_items: Mapped[list[InboxItem]] = relationship(
        back_populates="order", order_by="InboxItem.id", info={"label": _l("Received orders")}
    )

    @property
    def regulation_state(self) -> RegulationState | None:
        """One of the seven states of the regulation; None for a draft."""
        return regulation_state(self.state)

    @property
    def is_custom(self) -> bool:
        """Whether something is made after the customer's own drawing: work and materials, no mere sale."""
        return any(line.supply_mode is SupplyMode.custom for line in self.lines)

    @property
    def contract_kind(self) -> ContractKind:
        """What the contract is by law: made after a drawing it is one of work (民法典 770), else a sale."""
        return ContractKind.work if self.is_custom else ContractKind.sale

    @property
    def is_remote(self) -> bool:
        """Sold without the customer seeing the goods: persons may return without a reason."""
        return self.channel in REMOTE_CHANNELS

    def __str__(self) -> str:
        return self.order_no
