"""Clocks that one record hands on to the next, and reasons that were given elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context
from app.kernel.engine import fire
from models.clock_run import ClockRun
from models.inbox import InboxItem
from models.labels_exception import ClockRunState
from models.order import Order

ENTRY = "E1"


def hand_entry_on(ctx: Context, item: InboxItem, _values: Mapping[str, Any]) -> None:
    """The clock of entry goes on at the order that a message became: what was told is not told again."""
    order = ctx.session.get_one(Order, item.order_id)
    for run in _entry_runs(ctx, "inbox_item", item.id):
        run.entity, run.entity_id, run.order_id, run.record_no = "order", order.id, order.id, order.order_no


def explain_entry(ctx: Context, order: Order, _values: Mapping[str, Any]) -> None:
    """A late entry gives its reason when it is submitted: the clock takes it over. Clause 12(2)."""
    for run in _entry_runs(ctx, "order", order.id):
        take_reason(ctx, run, order)


def take_reason(ctx: Context, run: ClockRun, record: Any) -> None:
    """The reason that a record was given for its own delay."""
    reason = getattr(record, "late_reason", None) if run.code == ENTRY else None
    if reason is not None and run.state is ClockRunState.breached:
        run.stopped_at = run.stopped_at or getattr(record, "entered_at", None)
        fire(ctx.as_system(), run, "explain", {"reason": str(reason)})


def _entry_runs(ctx: Context, entity: str, key: int) -> list[ClockRun]:
    statement = sa.select(ClockRun).where(ClockRun.entity == entity, ClockRun.entity_id == key, ClockRun.code == ENTRY)
    return list(ctx.session.scalars(statement))
