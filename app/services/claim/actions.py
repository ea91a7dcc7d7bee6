"""Reckons the interest on late money of an order, and claims it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context, local_day
from app.kernel.engine import lock
from app.kernel.errors import DomainError, NotFoundError
from app.kernel.numbering import next_number
from app.services.claim import rules
from models.labels import CustomerKind, OrderState, ScheduleTrigger
from models.labels_money import AFTER_ACCEPTANCE
from models.late_claim import LateClaim
from models.order import Order
from models.payment import Payment, PaymentAllocation, PaymentSchedule
from models.shipment import Shipment

if TYPE_CHECKING:
    from datetime import date

RATE = "pay.late_rate_daily"
# What is paid before the goods leave keeps them here; only what is owed for goods that have left bears interest:
# these, and what is due after the acceptance.
AFTER_SHIPPING = (ScheduleTrigger.on_delivery, ScheduleTrigger.on_date)
ACCEPTED = frozenset({OrderState.completed, OrderState.closed})
GOODS_OUT = frozenset({OrderState.delivered, OrderState.pending_acceptance}) | ACCEPTED


def bears_interest(order: Order) -> bool:
    """Organisations owe interest for late money (domain/02 article 18); persons do not, and nothing before delivery."""
    return order.state in GOODS_OUT and order.customer.kind is not CustomerKind.person


def late_of(ctx: Context, order: Order) -> rules.Late | None:
    """What came late of an order, or is late to this day; one statement.

    Until the acceptance, or the end of the inspection, the day of what is due after it is the plan's guess: nothing is
    late by it. What is due on delivery is not late before the goods are there: our own delay bears no interest.
    """
    plan = PaymentSchedule
    is_begun = sa.true() if order.state in ACCEPTED else plan.due_basis.is_not(None)
    delivered_at = sa.select(sa.func.max(Shipment.delivered_at)).where(Shipment.order_id == order.id).scalar_subquery()
    statement = (
        sa.select(
            plan.id, plan.due_on, plan.amount, plan.paid_amount, Payment.received_at,
            sa.func.sum(PaymentAllocation.amount),
            sa.case((plan.trigger == ScheduleTrigger.on_delivery, delivered_at)),
        )
        .outerjoin(PaymentAllocation, PaymentAllocation.schedule_id == plan.id)
        .outerjoin(Payment, Payment.id == PaymentAllocation.payment_id)
        .where(
            plan.order_id == order.id,
            plan.due_on < ctx.today,
            plan.trigger.in_(AFTER_SHIPPING) | (plan.trigger.in_(AFTER_ACCEPTANCE) & is_begun),
        )
        .group_by(plan.id, plan.due_on, plan.amount, plan.paid_amount, plan.trigger, Payment.id, Payment.received_at)
        .order_by(plan.id, Payment.id)
    )  # fmt: skip
    parts, still_open = [], {}
    for key, day, amount, paid, received_at, part, arrived_at in ctx.session.execute(statement):
        due_on = max(cast("date", day), local_day(arrived_at)) if arrived_at is not None else cast("date", day)
        still_open[key] = rules.Part(amount - paid, due_on, ctx.today)
        if part is not None:
            parts.append(rules.Part(part, due_on, local_day(received_at)))
    return rules.late_interest([*parts, *still_open.values()], ctx.policy[RATE])


def claimed_before(ctx: Context, order: Order) -> Decimal:
    """What was claimed of an order's interest, whatever became of it: nothing is claimed twice."""
    statement = sa.select(sa.func.sum(LateClaim.interest_amount)).where(LateClaim.order_id == order.id)
    return ctx.session.scalar(statement) or rules.ZERO


def claim(ctx: Context, values: Mapping[str, Any]) -> LateClaim:
    """A claim of the interest to this day that was not claimed before. Clause 11(1).

    Raises:
        DomainError: ``no_interest`` for persons and before delivery, ``nothing_late``.
    """
    order = ctx.session.get(Order, values["order_id"])
    if order is None:
        raise NotFoundError
    # Two claims at once do not both take the same days.
    lock(ctx, order)
    if not bears_interest(order):
        raise DomainError(
            _l("Interest is claimed of organisations, for goods that are delivered: choose such an order."),
            code="no_interest",
        )
    late = late_of(ctx, order)
    interest = late.interest - claimed_before(ctx, order) if late is not None else rules.ZERO
    if late is None or interest <= rules.ZERO:
        raise DomainError(
            _l("Nothing of this order came late that is not claimed already: there is nothing to claim."),
            code="nothing_late",
        )
    made = LateClaim(
        claim_no=next_number(ctx, "YQ"),
        order_id=order.id,
        overdue_amount=late.amount,
        due_on=late.due_on,
        until_on=late.until_on,
        days_late=late.days,
        daily_pct=ctx.policy[RATE],
        interest_amount=interest,
        note=values.get("note"),
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made
