"""Counts what happens to the lines and lets the state of the order follow (domain/04 4.3).

The reactions call these functions when goods are produced, inspected, shipped, delivered, installed or accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta

from app.kernel.context import LOCAL_ZONE, Context, end_of_local_day
from app.kernel.engine import fire
from app.services.order import rules
from app.services.order.flow import SYSTEM
from app.services.order.guards import settled_amount
from models.labels_money import OWED_REASONS, UNALLOCATED_REASONS, RefundState
from models.labels_order import OrderState
from models.labels_work import TaskState
from models.order import Order
from models.payment import PaymentAllocation, Refund
from models.production import ProductionTask

Quantities = Mapping[int, Decimal]
RUNNING_TASKS = (TaskState.released, TaskState.in_progress, TaskState.paused, TaskState.completed)


def lock_order(ctx: Context, order: Order) -> None:
    """Locks the order row: whoever changes quantities of its lines holds it, so that sums are decided one by one."""
    ctx.session.flush()
    ctx.session.refresh(order, with_for_update=True)


def count(ctx: Context, order: Order, column: str, quantities: Quantities) -> None:
    """Adds quantities (line id to pieces) to a quantity column of the lines and lets the state follow.

    Args:
        column: ``qty_produced``, ``qty_qc_passed``, ``qty_shipped``, ``qty_back``, ``qty_delivered``,
            ``qty_installed`` or ``qty_accepted``. The CHECK constraints of the table refuse impossible sums.
    """
    lock_order(ctx, order)
    for line in order.lines:
        if added := quantities.get(line.id):
            ctx.session.refresh(line)
            setattr(line, column, getattr(line, column) + added)
    ctx.session.flush()


def follow(ctx: Context, order: Order) -> None:
    """Fires system steps until the state is the one the lines tell."""
    if order.state not in rules.LADDER:
        return
    settled = rules.is_settled(order.order_type, order.total_amount, settled_amount(ctx, order))
    wanted = rules.derived_state(order.lines, is_started=_has_running_task(ctx, order), is_settled=settled)
    while order.state is not wanted and (name := next_step(order.state, wanted)) is not None:
        fire(ctx.as_system(), order, name)


def next_step(state: OrderState, wanted: OrderState) -> str | None:
    """The system step that leads furthest towards the wanted state without passing it; None where none does."""
    rank = {rung: position for position, rung in enumerate(rules.LADDER)}
    here, there = rank[state], rank[wanted]
    ways = {
        rank[OrderState(step.target)]: step.name for step in SYSTEM if state in step.sources and step.target in rank
    }
    if there < here:
        return ways.get(there)
    ahead = [position for position in ways if here < position <= there]
    return ways[max(ahead)] if ahead else None


def _has_running_task(ctx: Context, order: Order) -> bool:
    statement = sa.select(ProductionTask.id).where(
        ProductionTask.order_id == order.id, ProductionTask.state.in_(RUNNING_TASKS)
    )
    return ctx.session.execute(statement.limit(1)).first() is not None


def start_return_right(order: Order, quantities: Quantities, days: Decimal, delivered_at: datetime) -> None:
    """The last moment of the no-reason return: 23:59:59 of the given day after delivery (day 1 is the next day)."""
    last_day = delivered_at.astimezone(LOCAL_ZONE).date() + timedelta(days=int(days))
    for line in order.lines:
        if quantities.get(line.id):
            line.return_deadline_at = end_of_local_day(last_day)


def start_warranty(order: Order, quantities: Quantities, begins_at: datetime) -> None:
    """Warranty runs from the completion of the installation, or from delivery where none is needed."""
    day = begins_at.astimezone(LOCAL_ZONE).date()
    for line in order.lines:
        if quantities.get(line.id):
            line.warranty_from_on = day
            line.warranty_to_on = add_months(day, line.warranty_months)


def add_months(day: date, months: int | None) -> date:
    """The same day months later; the last day of a shorter month."""
    return day + relativedelta(months=months or 0)


def recount_money(ctx: Context, order: Order) -> None:
    """Sets paid and refunded to what the append-only rows say, under the order's lock, and lets the state follow."""
    lock_order(ctx, order)
    # What a cancellation or a change has set aside belongs to no instalment, and its refund to no paid goods.
    paid = sa.select(sa.func.sum(PaymentAllocation.amount)).where(
        PaymentAllocation.order_id == order.id, PaymentAllocation.schedule_id.is_not(None)
    )
    refunded = sa.select(sa.func.sum(Refund.amount)).where(
        Refund.order_id == order.id,
        Refund.state == RefundState.executed,
        Refund.reason.not_in(UNALLOCATED_REASONS | OWED_REASONS),
        Refund.cancellation_id.is_(None),
        Refund.change_request_id.is_(None),
    )
    is_paid, is_back = ctx.session.scalar(paid) or Decimal(0), ctx.session.scalar(refunded) or Decimal(0)
    # What went back for goods that were cancelled since lowers no payment any more: nothing of it is left.
    order.paid_amount, order.refunded_amount = is_paid, min(is_back, is_paid)
    ctx.session.flush()
    follow(ctx, order)
