"""Promised days that passed with goods not delivered: each line opens one case a promise. Clauses 4(5), 7(3)."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.unit_of_work import unit_of_work
from app.services.exception import actions as exceptions
from app.services.exception import rules
from models.exception import ExceptionCase
from models.labels import OrderState
from models.labels_exception import Department, ExceptionKind
from models.order import Order, OrderLine

BATCH = 200
# The mark of what opened a case: the line and the day it was promised for.
SOURCE = "order_line:"
# Something of the order is still owed.
UNDELIVERED = (OrderState.confirmed, OrderState.in_production, OrderState.ready_to_ship, OrderState.partly_shipped,
               OrderState.shipped)  # fmt: skip


def sweep_promises(ctx: Context) -> int:
    """Opens cases for missed promises and raises the level of those that wait on; returns how many were opened."""
    opened, last = 0, 0
    while lines := _missed(ctx, last):
        with unit_of_work(ctx):
            for line in lines:
                opened += _open(ctx, line)
            last = lines[-1].id
    last = 0
    while cases := _waiting(ctx, last):
        with unit_of_work(ctx):
            last = cases[-1].id
            for case in cases:
                _follow(ctx, case)
    return opened


def _missed(ctx: Context, last: int) -> Sequence[OrderLine]:
    """Lines that are late and have no case of this promise, nor one that still runs of an earlier promise."""
    mark = sa.cast(OrderLine.id, sa.String) + ":" + sa.cast(OrderLine.line_promised_on, sa.String)
    has_case = sa.exists().where(
        ExceptionCase.order_line_id == OrderLine.id,
        ExceptionCase.kind == ExceptionKind.delay,
        ExceptionCase.source_key.is_not(None),
        ExceptionCase.state.not_in(exceptions.ENDED) | (ExceptionCase.source_key == SOURCE + mark),
    )
    statement = (
        sa.select(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.id > last,
            OrderLine.line_promised_on < ctx.today,
            OrderLine.qty_delivered < OrderLine.qty_ordered - OrderLine.qty_cancelled,
            Order.state.in_(UNDELIVERED),
            ~has_case,
        )
        .order_by(OrderLine.id)
        .limit(BATCH)
    )
    return ctx.session.scalars(statement).unique().all()


def _open(ctx: Context, line: OrderLine) -> bool:
    net = line.qty_ordered - line.qty_cancelled
    # Whatever is not inspected yet is still with production; the rest waits for, or is with, the carrier.
    owner = Department.production if line.qty_qc_passed - line.qty_back < net else Department.logistics
    case = exceptions.open_once(
        ctx,
        f"{SOURCE}{line.id}:{line.line_promised_on}",
        {
            "kind": ExceptionKind.delay,
            "order_line_id": line.id,
            "owner_department": owner,
            "delay_days": _days(ctx, line),
            "description": str(
                _l(
                    "Line %(line)s was promised for %(day)s; %(missing)s pieces are not delivered.",
                    line=line.line_no,
                    day=line.line_promised_on.isoformat() if line.line_promised_on else "",
                    missing=f"{(net - line.qty_delivered).normalize():f}",
                )
            ),
        },
    )
    return case is not None


def _waiting(ctx: Context, last: int) -> Sequence[ExceptionCase]:
    statement = (
        sa.select(ExceptionCase)
        .join(OrderLine, OrderLine.id == ExceptionCase.order_line_id)
        .where(
            ExceptionCase.id > last,
            ExceptionCase.kind == ExceptionKind.delay,
            ExceptionCase.source_key.is_not(None),
            ExceptionCase.state.not_in(exceptions.ENDED),
            OrderLine.qty_delivered < OrderLine.qty_ordered - OrderLine.qty_cancelled,
            OrderLine.line_promised_on < ctx.today,
        )
        .options(sa.orm.joinedload(ExceptionCase.order_line))
        .order_by(ExceptionCase.id)
        .limit(BATCH)
    )
    return ctx.session.scalars(statement).unique().all()


def _follow(ctx: Context, case: ExceptionCase) -> None:
    """A delay that goes on may be of a higher level: then, and only then, its days are written anew."""
    line = case.order_line
    days = _days(ctx, line) if line is not None else case.delay_days
    level = rules.level_of(rules.facts_of({"delay_days": days}), ctx.policy)
    if rules.higher(level, case.level) is not case.level:
        exceptions.change_case(ctx, case, {"delay_days": days})


def _days(ctx: Context, line: OrderLine) -> int:
    return (ctx.today - line.line_promised_on).days if line.line_promised_on is not None else 0
