"""A promise by a rule becomes a day once drawing and first payment are there; the customer is told by a new letter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context
from app.kernel.engine import fire
from app.services.letter import actions as letters
from app.services.order import pricing
from app.services.production import gate
from models.labels import TaskState
from models.labels_goods import SupplyMode
from models.order import Order
from models.payment import Payment, PaymentAllocation
from models.production import ProductionTask

Values = Mapping[str, Any]


def is_due(ctx: Context, order: Order) -> bool:
    """Whether the rule of an order has just led to a day."""
    if order.promise_days is None or order.promised_on is not None:
        return False
    is_drawn = not order.is_custom or order.drawing_signed_at is not None
    return is_drawn and gate.first_payment_open(ctx, order) <= 0


def settle(ctx: Context, order: Order) -> None:
    """Names the day, in the plan of the tasks as well, and sends the next version of a letter that was sent."""
    if not is_due(ctx, order) or not order.letters:
        return
    assert order.promise_days is not None
    system = ctx.as_system()
    fire(system, order, "fix_promise", {"promised_on": (ctx.today + timedelta(days=order.promise_days)).isoformat()})
    for task in _planned(ctx, order):
        task.planned_end_on = task.planned_end_on or order.promised_on
    last = max(order.letters, key=lambda letter: letter.letter_version)
    letters.send_letter(system, order, {"channel": last.channel}, pricing.content_of(order))
    ctx.session.expire(order, ["letters"])


def settle_signed(ctx: Context, order: Order, _values: Values) -> None:
    """The drawing is signed: what is planned is made after this version."""
    for task in _planned(ctx, order):
        if task.order_line.supply_mode is SupplyMode.custom:
            task.spec = {**task.spec, "drawing": order.drawing_version}
    settle(ctx, order)


def settle_paid(ctx: Context, payment: Payment, _values: Values) -> None:
    """Money came in: it may have been the first payment."""
    statement = sa.select(PaymentAllocation.order_id).where(PaymentAllocation.payment_id == payment.id).distinct()
    for order_id in ctx.session.scalars(statement).all():
        settle(ctx, ctx.session.get_one(Order, order_id))


def _planned(ctx: Context, order: Order) -> list[ProductionTask]:
    statement = sa.select(ProductionTask).where(
        ProductionTask.order_id == order.id, ProductionTask.state == TaskState.planned
    )
    return list(ctx.session.scalars(statement))
