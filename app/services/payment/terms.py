"""When what is due after acceptance falls due (domain/05 5.3, 保障中小企业款项支付条例 9 to 11)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from app.kernel.calendar import next_office_day
from app.kernel.clocks import calendar_exceptions
from app.kernel.context import Context, local_day
from app.services.payment import rules
from models.contract import OrderContract
from models.installation import Acceptance, Installation
from models.labels import AcceptanceState, DueBasis, OrderState, OrderType, SupplyMode
from models.labels_money import AFTER_ACCEPTANCE
from models.order import Order
from models.payment import PaymentSchedule
from models.shipment import Shipment

PAY_DAYS = "gov.pay_days"
BATCH = 200
# The sweep may have been down; what is older is known.
LOOK_BACK = timedelta(days=30)
# A day that was agreed stays; and what the silence of the buyer has begun, his later acceptance does not begin anew.
BY_HAND = (DueBasis.agreed,)
BY_HAND_OR_SILENCE = (DueBasis.agreed, DueBasis.inspection_end)


def start_terms(ctx: Context, order: Order, accepted_on: date) -> None:
    """Accepted: what is due with the acceptance, or days after it, has its day now.

    Where the inspection that was agreed had ended before, it counts from that end: the buyer's delay moves nothing.
    """
    ended_on = inspection_end(ctx, order)
    if ended_on is None:
        _set(ctx, order, accepted_on, DueBasis.acceptance)
    elif ended_on < accepted_on:
        _set(ctx, order, ended_on, DueBasis.inspection_end)
    else:
        # Signed in time and told to us late: the sweep took for silence what was none.
        _set(ctx, order, accepted_on, DueBasis.acceptance, keeps=BY_HAND)


def start_by_silence(ctx: Context, order: Order) -> bool:
    """The agreed inspection has ended without a word of the buyer: the term runs from its end. Whether it does now."""
    ended_on = inspection_end(ctx, order)
    if ended_on is None or ended_on >= ctx.today:
        return False
    _set(ctx, order, ended_on, DueBasis.inspection_end)
    return True


def inspection_end(ctx: Context, order: Order) -> date | None:
    """The last day of the agreed inspection of everything delivered or installed; None where the buyer refused."""
    arrived_at = sa.func.coalesce(Installation.finished_at, Shipment.delivered_at)
    statement = (
        sa.select(OrderContract.inspection_days, sa.func.max(arrived_at, type_=Shipment.delivered_at.type))
        .select_from(Acceptance)
        .join(OrderContract, OrderContract.order_id == Acceptance.order_id)
        .outerjoin(Installation, Installation.id == Acceptance.installation_id)
        .outerjoin(Shipment, Shipment.id == Acceptance.shipment_id)
        .where(Acceptance.order_id == order.id, OrderContract.inspection_days.is_not(None), ~_is_refused(order.id))
        .group_by(OrderContract.inspection_days)
    )
    for days, moment in ctx.session.execute(statement):
        if days is not None and moment is not None:
            return local_day(moment) + timedelta(days=days)
    return None


def _is_refused(order_id: Any) -> sa.ColumnElement[bool]:
    refused = sa.orm.aliased(Acceptance)
    is_of_order = sa.and_(refused.order_id == order_id, refused.rejection_reason.is_not(None))
    return sa.exists(sa.select(sa.literal(1)).select_from(refused).where(is_of_order).correlate_except(refused))


def _set(
    ctx: Context, order: Order, base: date, basis: DueBasis, keeps: Collection[DueBasis] = BY_HAND_OR_SILENCE
) -> None:
    is_all_stock = all(line.supply_mode is SupplyMode.stock for line in order.lines)
    shares = rules.plan(order.order_type, order.channel, is_all_stock=is_all_stock)
    days = {(share.nature, share.trigger): share.days for share in shares if share.trigger in AFTER_ACCEPTANCE}
    is_public = order.order_type is OrderType.government
    exceptions: Mapping[date, bool] = calendar_exceptions(ctx) if is_public else {}
    statement = sa.select(PaymentSchedule).where(PaymentSchedule.order_id == order.id)
    for row in ctx.session.scalars(statement.execution_options(populate_existing=True)):
        if (row.kind, row.trigger) not in days or row.due_basis in keeps:
            continue
        if is_public:
            due_on = next_office_day(base + timedelta(days=int(ctx.policy[PAY_DAYS])), exceptions)
        else:
            due_on = base + timedelta(days=days[row.kind, row.trigger])
        row.due_on, row.due_basis = due_on, basis
    ctx.session.flush()


def silent_orders(ctx: Context, after: int) -> Sequence[Order]:
    """Orders, by their id, that wait for an acceptance within an agreed time, and whose term does not run yet."""
    is_waiting = sa.exists().where(
        PaymentSchedule.order_id == Order.id,
        PaymentSchedule.trigger.in_(AFTER_ACCEPTANCE),
        PaymentSchedule.due_basis.is_(None),
    )
    statement = (
        sa.select(Order)
        .join(OrderContract, OrderContract.order_id == Order.id)
        .where(
            Order.id > after,
            OrderContract.inspection_days.is_not(None),
            Order.state == OrderState.pending_acceptance,
            is_waiting,
            sa.exists().where(Acceptance.order_id == Order.id, Acceptance.state == AcceptanceState.pending),
        )
        .order_by(Order.id)
        .limit(BATCH)
    )
    return ctx.session.scalars(statement).unique().all()


def newly_overdue(ctx: Context) -> list[PaymentSchedule]:
    """What public buyers have not paid by its day (clock G4); each instalment is returned once."""
    statement = (
        sa.select(PaymentSchedule)
        .join(Order, Order.id == PaymentSchedule.order_id)
        .where(
            PaymentSchedule.due_on < ctx.today,
            PaymentSchedule.due_on >= ctx.today - LOOK_BACK,
            PaymentSchedule.paid_amount < PaymentSchedule.amount,
            # Orders accepted before their instalments said what they count from say nothing.
            PaymentSchedule.due_basis.is_not(None) | Order.state.in_((OrderState.completed, OrderState.closed)),
            PaymentSchedule.overdue_told_on.is_(None),
            Order.order_type == OrderType.government,
            Order.state.not_in((OrderState.cancelled, OrderState.rejected)),
        )
        .options(sa.orm.joinedload(PaymentSchedule.order))
        .order_by(PaymentSchedule.id)
    )
    found = list(ctx.session.scalars(statement).unique())
    for row in found:
        row.overdue_told_on = ctx.today
    return found


def move_due_date(ctx: Context, row: PaymentSchedule, values: Mapping[str, Any]) -> PaymentSchedule:
    """Another due date, set by hand: it was agreed, and nothing counts it anew. Emptied, it may be counted again."""
    before = row.due_on
    for name, value in values.items():
        setattr(row, name, value)
    if row.due_on != before:
        row.due_basis, row.overdue_told_on = DueBasis.agreed if row.due_on else None, None
    ctx.session.flush()
    return row
