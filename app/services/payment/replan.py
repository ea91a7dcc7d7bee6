"""Plans the instalments of an order anew after its total has changed, and takes back what they no longer need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context
from app.services.payment import actions, queries, rules
from models.labels import PaymentNature
from models.order import Order
from models.payment import PaymentAllocation, PaymentSchedule

ZERO = Decimal(0)


@dataclass(frozen=True)
class Taken:
    """What was paid for the part that is gone: of the deposit, and of the other instalments."""

    deposit: Decimal = ZERO
    other: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Both together."""
        return self.deposit + self.other


def paid_shares(ctx: Context, order: Order, before: Decimal, after: Decimal) -> Taken:
    """The shares of what was paid that belong to the part an order has lost; nothing is changed.

    What went back already, or is on its way, is not there a second time.
    """
    rows = _rows(ctx, order)
    plan = rules.replanned([_told(row) for row in rows], before, after, is_pro_rata=True)
    taken, held = _taken(rows, plan), max(queries.refundable(ctx, order), ZERO)
    deposit = min(taken.deposit, held)
    return Taken(deposit, min(taken.other, held - deposit))


def surplus(ctx: Context, order: Order, before: Decimal, after: Decimal) -> Decimal:
    """What was paid above the new total, however it was spread, as far as it has not gone back already."""
    if before == after:
        return ZERO
    above = sum((row.paid_amount for row in _rows(ctx, order)), ZERO) - after
    return max(min(above, queries.refundable(ctx, order)), ZERO)


def replan(ctx: Context, order: Order, before: Decimal, *, is_pro_rata: bool, kept: Decimal = ZERO) -> Taken:
    """Scales every instalment from the total ``before`` to the order's new one.

    What was paid for the lost part leaves its instalments by negative allocations. ``kept`` of it stays as
    compensation, the rest is set aside until its refund; both stay allocated to the order, but to no instalment.

    Args:
        is_pro_rata: True takes back the lost part's share of every payment (a cancellation); False fills other
            instalments with it first, and sets aside only what is above the new total (a change).
    """
    ctx.session.flush()
    rows = _rows(ctx, order)
    if not rows:
        # What cost nothing had nothing to plan.
        actions.plan_schedule(ctx, order)
        return Taken()
    plan = rules.replanned([_told(row) for row in rows], before, order.total_amount, is_pro_rata=is_pro_rata)
    pool: list[tuple[int, Decimal]] = []
    for row, part in zip(rows, plan, strict=True):
        pool += _take_back(ctx, row, part.taken)
        row.amount, row.paid_amount = part.amount, row.paid_amount - part.taken
    if not is_pro_rata:
        rest = sum((amount for _, amount in pool), ZERO)
        for row, filled in zip(rows, rules.greedy(rest, [row.open_amount for row in rows]), strict=True):
            row.paid_amount += filled
            _give(ctx, order, pool, filled, row.kind, row.id)
    _give(ctx, order, pool, kept, PaymentNature.compensation)
    _give(ctx, order, pool, sum((amount for _, amount in pool), ZERO), PaymentNature.other)
    ctx.session.flush()
    return _taken(rows, plan)


def _told(row: PaymentSchedule) -> rules.Held:
    return rules.Held(row.kind is PaymentNature.deposit, row.amount, row.paid_amount)


def _taken(rows: Sequence[PaymentSchedule], plan: Sequence[rules.Replanned]) -> Taken:
    pairs = [(row.kind is PaymentNature.deposit, part.taken) for row, part in zip(rows, plan, strict=True)]
    return Taken(
        sum((amount for is_deposit, amount in pairs if is_deposit), ZERO),
        sum((amount for is_deposit, amount in pairs if not is_deposit), ZERO),
    )


def _rows(ctx: Context, order: Order) -> list[PaymentSchedule]:
    statement = (
        sa.select(PaymentSchedule)
        .where(PaymentSchedule.order_id == order.id)
        .order_by(PaymentSchedule.seq)
        .execution_options(populate_existing=True)
    )
    return list(ctx.session.scalars(statement))


def _take_back(ctx: Context, row: PaymentSchedule, amount: Decimal) -> list[tuple[int, Decimal]]:
    """Negative allocations of an instalment, the latest payment first; which payment gave how much."""
    if amount <= ZERO:
        return []
    held = sa.func.sum(PaymentAllocation.amount)
    statement = (
        sa.select(PaymentAllocation.payment_id, held)
        .where(PaymentAllocation.schedule_id == row.id)
        .group_by(PaymentAllocation.payment_id)
        .order_by(PaymentAllocation.payment_id.desc())
    )
    found: list[Any] = list(ctx.session.execute(statement))
    parts = rules.greedy(amount, [given for _, given in found])
    pairs = [(payment_id, part) for (payment_id, _), part in zip(found, parts, strict=True) if part > ZERO]
    for payment_id, part in pairs:
        _allocate(ctx, row.order_id, payment_id, -part, row.kind, row.id)
    return pairs


def _give(
    ctx: Context,
    order: Order,
    pool: list[tuple[int, Decimal]],
    amount: Decimal,
    nature: PaymentNature,
    schedule_id: int | None = None,
) -> None:
    """Allocates an amount out of the pool, which loses it."""
    parts = rules.greedy(amount, [left for _, left in pool])
    for place, part in enumerate(parts):
        payment_id, left = pool[place]
        pool[place] = (payment_id, left - part)
        if part > ZERO:
            _allocate(ctx, order.id, payment_id, part, nature, schedule_id)


def _allocate(
    ctx: Context, order_id: int, payment_id: int, amount: Decimal, nature: PaymentNature, schedule_id: int | None
) -> None:
    ctx.session.add(
        PaymentAllocation(
            payment_id=payment_id,
            schedule_id=schedule_id,
            order_id=order_id,
            nature=nature,
            amount=amount,
            allocated_at=ctx.now,
        )
    )
