"""Guarantees and their order: how much is allowed, when one has to be given, and when it comes back. Clause 11(5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.errors import NotFoundError, ValidationFailedError
from app.services.guarantee import actions
from app.services.order import guards
from app.services.order.progress import lock_order
from models.contract import OrderContract
from models.guarantee import Guarantee, GuaranteeKind, GuaranteeState
from models.labels import OrderState
from models.order import Order
from models.payment import PaymentAllocation

Values = Mapping[str, Any]
ACCEPTED = frozenset({OrderState.completed, OrderState.closed})
ENDED = frozenset({OrderState.cancelled, OrderState.rejected})


def enter(ctx: Context, values: Values) -> Guarantee:
    """A guarantee to be given, within what the law allows of this order.

    Raises:
        ValidationFailedError: a performance bond above its cap, with the sum allowed; see ``actions.enter``.
    """
    order = ctx.session.get(Order, values["order_id"])
    if order is None:
        raise NotFoundError
    # Two bonds that are entered at once are added up one after the other.
    lock_order(ctx, order)
    guarantee = actions.enter(ctx, order, values)
    _check_cap(ctx, order, guarantee)
    return guarantee


def change(ctx: Context, guarantee: Guarantee, values: Values) -> Guarantee:
    """A correction before it is given. See ``enter``."""
    lock_order(ctx, guarantee.order)
    actions.change(ctx, guarantee, values)
    _check_cap(ctx, guarantee.order, guarantee)
    return guarantee


def _check_cap(ctx: Context, order: Order, guarantee: Guarantee) -> None:
    if guarantee.kind is not GuaranteeKind.performance:
        return
    total = guarantee.amount + actions.performance_total(ctx, order, guarantee)
    if (fault := guards.bond_fault(ctx, order, total)) is not None:
        raise ValidationFailedError({"amount": [str(fault)]})


def open_bond(ctx: Context, order: Order, _values: Values) -> None:
    """The contract is signed and the letter sent: the bond that it names is finance's task (clock G3)."""
    if order.order_type not in actions.WITH_GUARANTEE or order.bond_amount <= actions.ZERO:
        return
    if actions.performance_total(ctx, order) > actions.ZERO:
        return
    due_on = ctx.session.scalar(sa.select(OrderContract.bond_due_on).where(OrderContract.order_id == order.id))
    enter(ctx.as_system(), {"order_id": order.id, "amount": order.bond_amount, "due_on": due_on})


def release_when_settled(ctx: Context, record: Any, _values: Values) -> None:
    """Accepted and paid: what secured the performance comes back. ``record`` is the order, or a payment for orders."""
    orders = [record] if isinstance(record, Order) else _orders_of(ctx, record.id)
    for order in orders:
        # By the rule that closes the order: what was conceded and went back is owed no more.
        if order.state in ENDED or (order.state in ACCEPTED and guards.is_paid(ctx, order) is None):
            _release(ctx, order)


def _orders_of(ctx: Context, payment_id: int) -> list[Order]:
    of_payment = sa.select(PaymentAllocation.order_id).where(PaymentAllocation.payment_id == payment_id)
    statement = sa.select(Order).where(Order.id.in_(of_payment)).order_by(Order.id)
    return list(ctx.session.scalars(statement).unique())


def _release(ctx: Context, order: Order) -> None:
    for guarantee in actions.open_ones(ctx, order.id):
        if guarantee.state is GuaranteeState.due:
            fire(ctx.as_system(), guarantee, "drop", {"reason": order.order_no})
        # A quality bond secures the warranty, which begins now; of an order that has ended nothing is left to secure.
        elif guarantee.kind is not GuaranteeKind.quality or order.state in ENDED:
            fire(ctx.as_system(), guarantee, "release")
