"""Plans what is due, records what comes in, and brings the two together."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.errors import DomainError, DuplicateError, NotFoundError
from app.kernel.numbering import next_number
from app.services.payment import queries, rules
from models.labels import LateClaimState, OrderState, PaymentNature, PaymentState, SupplyMode
from models.late_claim import LateClaim
from models.order import Order
from models.payment import Payment, PaymentAllocation, PaymentSchedule
from models.policy import DEFAULTS

ENDED = (OrderState.cancelled, OrderState.rejected)
CAP = "pay.deposit_cap_pct"


def plan_schedule(ctx: Context, order: Order) -> list[PaymentSchedule]:
    """The payment plan of the order type (domain/05 5.3); made anew as long as nothing is paid.

    Raises:
        DomainError: ``plan_paid`` where the total changed after money was allocated.
    """
    rows = list(ctx.session.scalars(_rows(order)))
    if any(row.paid_amount for row in rows):
        if sum(row.amount for row in rows) == order.total_amount:
            return rows
        raise DomainError(
            _l("Money has been allocated to the payment plan already: change the order by a change request."),
            code="plan_paid",
        )
    for row in rows:
        ctx.session.delete(row)
    ctx.session.flush()
    is_all_stock = all(line.supply_mode is SupplyMode.stock for line in order.lines)
    cap = ctx.policy.get(CAP, Decimal(DEFAULTS[CAP]))
    shares = rules.plan(order.order_type, order.channel, is_all_stock=is_all_stock)
    promised_on = order.promised_on or order.requested_on
    planned = [
        PaymentSchedule(
            order_id=order.id,
            seq=seq,
            kind=part.share.nature,
            trigger=part.share.trigger,
            percent=part.share.percent,
            amount=part.amount,
            due_on=rules.due_on(part.share, ctx.today, promised_on),
        )
        for seq, part in enumerate(rules.instalments(order.total_amount, shares, cap, order.deposit_amount), 1)
    ]
    ctx.session.add_all(planned)
    ctx.session.flush()
    return planned


def record_payment(ctx: Context, values: Mapping[str, Any]) -> Payment:
    """Money that came in; with an order it is allocated at once. Clause 11(1).

    Raises:
        DomainError: ``amount_not_positive``, ``received_in_future``.
        DuplicateError: the transaction number was recorded before.
    """
    given = {key: value for key, value in values.items() if value is not None}
    given.setdefault("received_at", ctx.now)
    given.setdefault("amount", rules.ZERO)
    if given["amount"] <= rules.ZERO:
        raise DomainError(_l("A payment is above zero; money that goes back is a refund."), code="amount_not_positive")
    if given["received_at"] > ctx.now:
        raise DomainError(_l("The payment lies in the future: correct the time."), code="received_in_future")
    order = None
    if "order_id" in given:
        order = ctx.session.get(Order, given["order_id"])
        if order is None:
            raise NotFoundError
        given.setdefault("customer_id", order.customer_id)
    payment = Payment(**given)
    if payment.channel_txn_no:
        _refuse_repeated(ctx, payment)
    payment.payment_no = next_number(ctx, "PM")
    ctx.session.add(payment)
    ctx.session.flush()
    # Money for an order that has ended waits unallocated: it goes back, or to another order.
    if order is not None and order.state not in ENDED and _is_due(ctx, order):
        fire(ctx.as_system(), payment, "allocate", {"order_id": order.id})
    return payment


def _refuse_repeated(ctx: Context, payment: Payment) -> None:
    statement = sa.select(Payment.payment_no).where(
        Payment.method == payment.method, Payment.channel_txn_no == payment.channel_txn_no
    )
    if number := ctx.session.scalar(statement.limit(1)):
        raise DuplicateError(
            _l("This transaction is recorded already as %(number)s: nothing was saved."),
            code="payment_repeated",
            number=number,
        )


def allocate(ctx: Context, payment: Payment, order: Order) -> Decimal:
    """Fills the open instalments of an order one after the other, then its claims of interest; the rest stays.

    Returns what was allocated. The states of payment and claims follow by their system steps.
    """
    ctx.session.flush()
    # Both rows are held until the commit, so that no instalment and no payment is filled twice.
    ctx.session.refresh(order, with_for_update=True)
    ctx.session.refresh(payment, with_for_update=True)
    rest = queries.unallocated(ctx, payment)
    # Interest is no part of the price: it takes what the instalments leave.
    claims = list(ctx.session.scalars(_claims(order)))
    dues: list[PaymentSchedule | LateClaim] = [*ctx.session.scalars(_rows(order)), *claims]
    parts = rules.greedy(rest, [due.open_amount for due in dues])
    total = sum(parts, rules.ZERO)
    if total <= rules.ZERO:
        return rules.ZERO
    for due, part in zip(dues, parts, strict=True):
        if part > rules.ZERO:
            due.paid_amount += part
            given = {"payment_id": payment.id, "order_id": order.id, "amount": part, "allocated_at": ctx.now}
            ctx.session.add(PaymentAllocation(**given, **_purpose(due)))
    step = "mark_allocated" if total == rest else "mark_partly"
    fire(ctx.as_system(), payment, step, {"order_id": order.id, "amount": total})
    for claim in claims:
        if claim.open_amount == rules.ZERO:
            fire(ctx.as_system(), claim, "settle")
    return total


def _purpose(due: PaymentSchedule | LateClaim) -> dict[str, Any]:
    if isinstance(due, LateClaim):
        return {"late_claim_id": due.id, "nature": PaymentNature.interest}
    return {"schedule_id": due.id, "nature": due.kind}


def match(ctx: Context, order: Order) -> Decimal:
    """Allocates money that came in for an order before it was entered; returns how much."""
    belongs = Payment.order_id == order.id
    if order.external_no:
        belongs |= sa.and_(Payment.order_id.is_(None), Payment.external_order_no == order.external_no)
    statement = sa.select(Payment).where(belongs, Payment.state != PaymentState.allocated)
    payments = ctx.session.scalars(statement.order_by(Payment.received_at, Payment.id)).all()
    return sum((allocate(ctx, payment, order) for payment in payments), rules.ZERO)


def _rows(order: Order) -> sa.Select[PaymentSchedule]:
    return (
        sa.select(PaymentSchedule)
        .where(PaymentSchedule.order_id == order.id)
        .order_by(PaymentSchedule.seq)
        .execution_options(populate_existing=True)
    )


def _claims(order: Order) -> sa.Select[LateClaim]:
    return (
        sa.select(LateClaim)
        .where(LateClaim.order_id == order.id, LateClaim.state == LateClaimState.claimed)
        .order_by(LateClaim.id)
        .execution_options(populate_existing=True)
    )


def _is_due(ctx: Context, order: Order) -> bool:
    is_open = sa.exists().where(
        PaymentSchedule.order_id == order.id, PaymentSchedule.paid_amount < PaymentSchedule.amount
    )
    is_claimed = sa.exists().where(LateClaim.order_id == order.id, LateClaim.state == LateClaimState.claimed)
    return bool(ctx.session.scalar(sa.select(sa.or_(is_open, is_claimed))))
