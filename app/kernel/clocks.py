"""Clock readings: start, due, warning, stop and breach of a time limit, read from the journal (domain/07)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.kernel.calendar import due_at, elapsed
from app.kernel.context import Context
from app.kernel.journal import entity_name
from app.kernel.policy import limit_on
from app.kernel.workflow import Clock, workflow_of
from models.calendar import CalendarDay
from models.journal import Journal


@dataclass(frozen=True)
class Reading:
    """One run of a clock. ``stopped_at`` None: it runs."""

    clock: Clock
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    used: timedelta

    def is_breached(self, now: datetime) -> bool:
        """Late: stopped after it was due, or still running past it."""
        return (self.stopped_at or now) > self.due_at

    def is_warning(self, now: datetime) -> bool:
        """Running and past the warning point, not yet late."""
        return self.stopped_at is None and self.warn_at <= now <= self.due_at


@dataclass(frozen=True)
class Event:
    """A journal row as far as clocks need it."""

    action: str
    at: datetime


def read(
    clock: Clock,
    events: Sequence[Event],
    *,
    first: datetime | None,
    policy: Mapping[str, Decimal],
    exceptions: Mapping[date, bool],
    now: datetime,
    limit: str | None = None,
) -> Reading | None:
    """The latest run of a clock over events in order of time; None where it has not started.

    ``first`` is the value of the clock's ``start_field``, ``limit`` the record's own parameter.
    """
    started, stopped = first, None
    if any(event.action in clock.void for event in events):
        return None
    for event in events:
        if event.action in clock.stop and started is not None and stopped is None:
            stopped = event.at
        # An action on both sides, as a progress report, ends one run and begins the next.
        if event.action in clock.start and (started is None or stopped is not None):
            started, stopped = event.at, None
    if started is None:
        return None
    hours = float(limit_on(policy, limit or clock.limit, started))
    warn = float(policy.get("sla.warn_pct", Decimal(80))) / 100
    return Reading(
        clock,
        started,
        due_at(started, hours * warn, clock.calendar, exceptions),
        due_at(started, hours, clock.calendar, exceptions),
        stopped,
        elapsed(started, stopped or now, clock.calendar, exceptions),
    )


def heard(clock: Clock) -> tuple[str, ...]:
    """The journal actions that say something about a clock."""
    return clock.start + clock.stop + clock.void


def readings(ctx: Context, record: Any) -> list[Reading]:
    """All clocks of a record: two statements, whatever its history."""
    workflow = workflow_of(type(record))
    if workflow is None or not workflow.clocks:
        return []
    statement = (
        sa.select(Journal.action, Journal.at)
        .where(Journal.entity == entity_name(type(record)), Journal.entity_id == record.id)
        .where(Journal.action.in_({action for clock in workflow.clocks for action in heard(clock)}))
        .order_by(Journal.id)
    )
    events = [Event(action, at) for action, at in ctx.session.execute(statement)]
    exceptions = calendar_exceptions(ctx)
    found: Iterable[Reading | None] = (
        read(
            clock,
            events,
            first=getattr(record, clock.start_field) if clock.start_field else None,
            policy=ctx.policy,
            exceptions=exceptions,
            now=ctx.now,
            limit=clock.parameter(record),
        )
        for clock in workflow.clocks
    )
    return [reading for reading in found if reading is not None]


def calendar_exceptions(ctx: Context) -> dict[date, bool]:
    """Days of the calendar table that differ from the plain week."""
    return dict(ctx.session.execute(sa.select(CalendarDay.day, CalendarDay.is_workday)).all())
