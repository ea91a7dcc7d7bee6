"""Reads of money that more than one place needs."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from app.kernel.context import Context, local_day
from app.services.payment import rules
from models.cancellation import Cancellation
from models.change import ChangeRequest
from models.labels import InvoiceState, PaymentNature, RefundState
from models.labels_money import OWED_REASONS, UNALLOCATED_REASONS, RefundReason
from models.order import Order, OrderLine
from models.payment import Invoice, Payment, PaymentAllocation, PaymentSchedule, Refund
from models.shipment import Shipment, ShipmentLine

NOT_REJECTED = (RefundState.draft, RefundState.approved, RefundState.executed)
# What a cancellation or a change has set aside pays for nothing any more, and what the company owes was never paid:
# neither takes from an instalment.
OF_ORDER_MONEY = (
    Refund.cancellation_id.is_(None) & Refund.change_request_id.is_(None) & Refund.reason.not_in(OWED_REASONS)
)


def due_before_shipping(ctx: Context, order: Order, shipment: Shipment | None = None) -> Decimal:
    """What the customer still has to pay before goods leave: the shipping gate (domain/05 5.3).

    With a shipment of a bulk order only the share of the goods that are then gone is due.
    """
    rows = ctx.session.execute(
        sa.select(
            PaymentSchedule.trigger, PaymentSchedule.percent, PaymentSchedule.amount, PaymentSchedule.paid_amount
        ).where(PaymentSchedule.order_id == order.id)
    )
    by_batch = shipment is not None and order.order_type in rules.BATCHED_TYPES
    leaving = _leaving(ctx, shipment) if by_batch and shipment is not None else None
    return rules.missing_before_shipping(list(rows), leaving) + _going_back(ctx, order)


def _going_back(ctx: Context, order: Order) -> Decimal:
    """What goes back, or went, because of a cancellation: it pays for no goods any more."""
    cancelled = (Refund.reason == RefundReason.cancel) & OF_ORDER_MONEY
    return _sum(ctx, Refund.amount, Refund.order_id == order.id, Refund.state.in_(NOT_REJECTED), cancelled)


def _leaving(ctx: Context, shipment: Shipment) -> Decimal:
    """The value of everything that has left the house when this shipment does."""
    statement = (
        sa.select(OrderLine, ShipmentLine.qty)
        .outerjoin(
            ShipmentLine,
            sa.and_(ShipmentLine.order_line_id == OrderLine.id, ShipmentLine.shipment_id == shipment.id),
        )
        .where(OrderLine.order_id == shipment.order_id)
        .execution_options(populate_existing=True)
    )
    return sum(
        (
            rules.goods_value(
                line.line_amount, line.qty_ordered, line.qty_shipped - line.qty_back + (qty or rules.ZERO)
            )
            for line, qty in ctx.session.execute(statement)
        ),
        rules.ZERO,
    )


def allocated(ctx: Context, order: Order) -> Decimal:
    """What payments were allocated to the instalments of an order; what was set aside no longer is."""
    return _sum(
        ctx,
        PaymentAllocation.amount,
        PaymentAllocation.order_id == order.id,
        PaymentAllocation.schedule_id.is_not(None),
    )


def refundable(ctx: Context, order: Order) -> Decimal:
    """What an order was paid and no refund takes back yet; recorded refunds count from the start."""
    refunds = _sum(
        ctx,
        Refund.amount,
        Refund.order_id == order.id,
        Refund.state.in_(NOT_REJECTED),
        Refund.reason.not_in(UNALLOCATED_REASONS),
        OF_ORDER_MONEY,
    )
    return allocated(ctx, order) - refunds


def set_aside(ctx: Context, record: Cancellation | ChangeRequest) -> Decimal:
    """What a cancellation or a change gives back and no refund takes yet."""
    column = Refund.cancellation_id if isinstance(record, Cancellation) else Refund.change_request_id
    counts = (column == record.id, Refund.state.in_(NOT_REJECTED), Refund.reason.not_in(OWED_REASONS))
    return record.refund_amount - _sum(ctx, Refund.amount, *counts)


def owed(ctx: Context, cancellation: Cancellation) -> dict[RefundReason, Decimal]:
    """What the company owes besides for a cancellation of its own, and no refund takes yet, by its reason."""
    due = {
        RefundReason.double_deposit: cancellation.penalty_amount,
        RefundReason.interest: cancellation.interest_amount,
    }
    counts = (Refund.cancellation_id == cancellation.id, Refund.state.in_(NOT_REJECTED))
    return {
        reason: amount - _sum(ctx, Refund.amount, *counts, Refund.reason == reason) for reason, amount in due.items()
    }


def interest(ctx: Context, order: Order, share: Decimal) -> Decimal:
    """The interest to this day on a share of what was paid besides the deposit, from the day each payment came in."""
    held = sa.func.sum(PaymentAllocation.amount)
    statement = (
        sa.select(Payment.received_at, held)
        .join(Payment, PaymentAllocation.payment_id == Payment.id)
        .where(
            PaymentAllocation.order_id == order.id,
            PaymentAllocation.schedule_id.is_not(None),
            PaymentAllocation.nature != PaymentNature.deposit,
        )
        .group_by(Payment.id, Payment.received_at)
    )
    rows = [(amount, (ctx.today - local_day(at)).days) for at, amount in ctx.session.execute(statement)]
    return rules.interest(share, rows, ctx.policy["pay.interest_daily_pct"])


def is_returned(ctx: Context, order_id: int) -> bool:
    """Whether the rush surcharge of an order goes back, or went: once, and a rejected refund gives nothing back."""
    rush = (Refund.reason == RefundReason.rush_surcharge, Refund.state.in_(NOT_REJECTED))
    found = sa.select(Refund.id).where(Refund.order_id == order_id, *rush)
    return ctx.session.execute(found.limit(1)).first() is not None


def is_recorded(ctx: Context, refund: Refund) -> bool:
    """Whether what a rejected refund for late goods was for stands in another one, which its note names."""
    if refund.reason is RefundReason.rush_surcharge:
        return is_returned(ctx, refund.order_id)
    same = (Refund.reason == refund.reason, Refund.amount == refund.amount, Refund.note == refund.note)
    found = sa.select(Refund.id).where(Refund.order_id == refund.order_id, *same, Refund.state.in_(NOT_REJECTED))
    return ctx.session.execute(found.limit(1)).first() is not None


def way_back(ctx: Context, order_id: int) -> int | None:
    """The payment by whose way an order's money goes back: the only one, or the last of one and the same account."""
    statement = sa.select(Payment.id, Payment.payer_account).where(Payment.id.in_(_payments_of(order_id)))
    payments = ctx.session.execute(statement.order_by(Payment.received_at.desc(), Payment.id.desc())).all()
    accounts = {account for _, account in payments}
    is_one_way = len(payments) == 1 or (len(accounts) == 1 and None not in accounts)
    return payments[0].id if is_one_way else None


def payer_accounts(ctx: Context, order_id: int) -> set[str]:
    """The known accounts from which an order was paid."""
    statement = sa.select(Payment.payer_account).where(Payment.id.in_(_payments_of(order_id))).distinct()
    return {account for account in ctx.session.scalars(statement) if account}


def _payments_of(order_id: int) -> sa.Select[int]:
    return sa.select(PaymentAllocation.payment_id).where(PaymentAllocation.order_id == order_id)


def unallocated(ctx: Context, payment: Payment) -> Decimal:
    """What of a payment is neither allocated nor on its way back."""
    refunds = _sum(
        ctx,
        Refund.amount,
        Refund.payment_id == payment.id,
        Refund.state.in_(NOT_REJECTED),
        Refund.reason.in_(UNALLOCATED_REASONS),
    )
    return payment.amount - payment.allocated_amount - refunds


def invoiced(ctx: Context, order: Order) -> tuple[Decimal, Decimal]:
    """Gross and tax of the invoices of an order that were applied for or issued."""
    counts = (Invoice.order_id == order.id, Invoice.state != InvoiceState.void)
    return _sum(ctx, Invoice.gross_amount, *counts), _sum(ctx, Invoice.tax_amount, *counts)


def _sum(ctx: Context, column: sa.orm.InstrumentedAttribute[Decimal], *where: sa.ColumnElement[bool]) -> Decimal:
    return ctx.session.scalar(sa.select(sa.func.sum(column)).where(*where)) or rules.ZERO
