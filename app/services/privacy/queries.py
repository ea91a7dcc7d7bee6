"""Who is due to be anonymised, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import LOCAL_ZONE, Context, local_midnight
from app.kernel.errors import Reason
from app.services.privacy.retention import MONTHS_OF_A_YEAR, Past, PastOrder, Terms, after, is_settled
from models.customer import Consent, Customer
from models.inbox import InboxItem
from models.installation import Acceptance, Installation
from models.labels import (
    AcceptanceState,
    ConsentPurpose,
    CustomerKind,
    InboxState,
    InstallationState,
    InvoiceState,
    LetterState,
    OrderState,
    PaymentState,
    RefundState,
    ShipmentState,
    TicketState,
)
from models.letter import ConfirmationLetter
from models.order import Order
from models.order_line import OrderLine
from models.payment import Invoice, Payment, Refund
from models.privacy import ConsentState, PrivacyRequest, RequestKind, RequestState
from models.shipment import Shipment
from models.ticket import ServiceTicket

ENDED = (OrderState.completed, OrderState.closed, OrderState.cancelled, OrderState.rejected)
CANCELLED = (OrderState.cancelled, OrderState.rejected)

# What is still going on in an order, by table: the states that keep it open, and why.
_OPEN_IN_ORDER: tuple[tuple[type[Any], tuple[Any, ...], str, Any], ...] = (
    (ConfirmationLetter, (LetterState.disputed,), "dispute", _l("A letter is disputed.")),
    (Refund, (RefundState.draft, RefundState.approved), "unpaid", _l("A refund is open.")),
    (Invoice, (InvoiceState.applied,), "open", _l("An invoice is applied for.")),
    (Payment, (PaymentState.unallocated, PaymentState.partly), "unpaid", _l("Money is not allocated.")),
    (Acceptance, (AcceptanceState.pending, AcceptanceState.rejected), "dispute", _l("An acceptance is open.")),
    (
        Installation,
        (InstallationState.planned, InstallationState.scheduled, InstallationState.in_progress),
        "open",
        _l("An installation is open."),
    ),
    (
        Shipment,
        (ShipmentState.planned, ShipmentState.scheduled, ShipmentState.in_transit),
        "open",
        _l("A shipment is on its way."),
    ),
)


def terms(ctx: Context) -> Terms:
    """The retention parameters."""
    names = ("inquiry_months", "warranty_years", "completion_years", "proof_years")
    return Terms(**{name: int(ctx.policy[f"privacy.{name}"]) for name in names})


def candidates(ctx: Context) -> Iterator[int]:
    """The ids of people who may be due, in order; ``blockers`` and ``past_of`` say whether they are.

    Whoever came after the shortest term, or has an order that has not ended, is left out by one statement.
    """
    asked = _exists(
        PrivacyRequest,
        PrivacyRequest.customer_id == Customer.id,
        PrivacyRequest.kind == RequestKind.delete,
        PrivacyRequest.state == RequestState.answered,
    )
    longest = local_midnight(after(ctx.today, months=-terms(ctx).inquiry_months))
    open_order = _exists(Order, Order.customer_id == Customer.id, Order.state.not_in(ENDED))
    recent = local_midnight(after(ctx.today, months=-MONTHS_OF_A_YEAR * terms(ctx).completion_years))
    young = _exists(
        Order, Order.customer_id == Customer.id, sa.func.coalesce(Order.completed_at, Order.state_since) > recent
    )
    statement = (
        sa.select(Customer.id)
        .where(
            Customer.kind == CustomerKind.person,
            Customer.anonymised_at.is_(None),
            sa.or_(Customer.created_at < longest, asked),
            ~open_order,
            ~young,
        )
        .order_by(Customer.id)
    )
    return iter(ctx.session.scalars(statement).all())


def old_inquiries(ctx: Context) -> list[InboxItem]:
    """Messages that never became an order, past their time and with something left in them."""
    longest = local_midnight(after(ctx.today, months=-terms(ctx).inquiry_months))
    statement = (
        sa.select(InboxItem)
        .where(
            InboxItem.order_id.is_(None),
            InboxItem.state == InboxState.void,
            InboxItem.received_at < longest,
            sa.or_(InboxItem.content != "", InboxItem.customer_phone.is_not(None)),
        )
        .order_by(InboxItem.id)
    )
    return list(ctx.session.scalars(statement))


def past_of(ctx: Context, customer: Customer) -> Past:
    """What the retention rules need to know of a person."""
    orders = ctx.session.execute(
        sa.select(
            sa.func.coalesce(Order.completed_at, Order.state_since),
            sa.select(sa.func.max(OrderLine.warranty_to_on)).where(OrderLine.order_id == Order.id).scalar_subquery(),
        ).where(Order.customer_id == customer.id)
    ).all()
    contacts = [
        customer.created_at,
        *ctx.session.scalars(sa.select(ServiceTicket.created_at).where(ServiceTicket.customer_id == customer.id)),
        *ctx.session.scalars(sa.select(Payment.received_at).where(Payment.customer_id == customer.id)),
    ]
    withdrawn = ctx.session.scalar(
        sa.select(sa.func.max(Consent.withdrawn_at)).where(Consent.customer_id == customer.id)
    )
    asked = ctx.session.scalar(
        sa.select(PrivacyRequest.id)
        .where(
            PrivacyRequest.customer_id == customer.id,
            PrivacyRequest.kind == RequestKind.delete,
            PrivacyRequest.state == RequestState.answered,
        )
        .limit(1)
    )
    return Past(
        last_contact_on=max(_day(moment) for moment in contacts),
        orders=[PastOrder(_day(ended), warranty) for ended, warranty in orders],
        withdrawn_on=_day(withdrawn) if withdrawn else None,
        asked_to_delete=asked is not None,
    )


def blockers(ctx: Context, customer: Customer) -> list[Reason]:
    """Everything that keeps a person whatever the calendar says."""
    found = []
    if customer.hold_reason:
        found.append(Reason("held", _l("Kept because: %(why)s"), {"why": customer.hold_reason}))
    found += _requests(ctx, customer)
    for order in ctx.session.scalars(sa.select(Order).where(Order.customer_id == customer.id).order_by(Order.id)):
        if order.state not in ENDED or order.is_on_hold:
            found.append(Reason("open", _l("Order %(no)s has not ended."), {"no": order.order_no}))
        elif not is_settled(
            order.total_amount, order.paid_amount, order.refunded_amount, is_cancelled=order.state in CANCELLED
        ):
            found.append(Reason("unpaid", _l("Order %(no)s is not settled."), {"no": order.order_no}))
    for model, states, code, text in _OPEN_IN_ORDER:
        mine = model.order_id.in_(sa.select(Order.id).where(Order.customer_id == customer.id))
        if hasattr(model, "customer_id"):
            mine = sa.or_(mine, model.customer_id == customer.id)
        if ctx.session.scalar(sa.select(model.id).where(mine, model.state.in_(states)).limit(1)):
            found.append(Reason(code, text))
    if _has(ctx, ServiceTicket, customer, ServiceTicket.state != TicketState.closed):
        found.append(Reason("dispute", _l("A ticket is open.")))
    return found


def _requests(ctx: Context, customer: Customer) -> list[Reason]:
    found = []
    if _has(ctx, PrivacyRequest, customer, PrivacyRequest.state == RequestState.received):
        found.append(Reason("request", _l("A data request is open.")))
    answered = PrivacyRequest.state == RequestState.answered
    if _has(ctx, PrivacyRequest, customer, answered, PrivacyRequest.kind == RequestKind.restrict):
        found.append(Reason("request", _l("The person asked to keep the data and use it no more.")))
    marketing = (Consent.purpose == ConsentPurpose.marketing, Consent.is_granted, Consent.state == ConsentState.given)
    asked_to_delete = _has(ctx, PrivacyRequest, customer, answered, PrivacyRequest.kind == RequestKind.delete)
    if not asked_to_delete and _has(ctx, Consent, customer, *marketing):
        found.append(Reason("marketing", _l("The person wants to hear from us.")))
    return found


def _has(ctx: Context, model: type[Any], customer: Customer, *where: Any) -> bool:
    statement = sa.select(model.id).where(model.customer_id == customer.id, *where).limit(1)
    return ctx.session.scalar(statement) is not None


def _exists(model: Any, *where: Any) -> Any:
    return sa.exists(sa.select(sa.literal(1)).select_from(model).where(*where).correlate(Customer))


def _day(moment: datetime) -> date:
    return moment.astimezone(LOCAL_ZONE).date()
