"""Clock readings: start, due, warning, stop and breach of a time limit, read from the journal (domain/07)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.kernel.calendar import due_at, elapsed
from app.kernel.context import Context, end_of_local_day
from app.kernel.policy import limit_on
from app.kernel.workflow import Clock, Workflow, workflow_of
from models.calendar import CalendarDay
from models.journal import Journal


@dataclass(frozen=True)
class Reading:
    """One run of a clock. ``stopped_at`` None: it runs. ``hours`` is its limit in hours of its calendar."""

    clock: Clock
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    used: timedelta
    hours: float

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
    last_day: date | None = None,
) -> Reading | None:
    """The latest run of a clock over events in order of time; None where it has not started.

    ``first`` is the value of the ``start_field``; ``limit`` is the record's own parameter, ``last_day`` its day.
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
    hours = hours_of(policy, limit or clock.limit, started, last_day)
    warn = float(policy.get("sla.warn_pct", Decimal(80))) / 100
    return Reading(
        clock,
        started,
        due_at(started, hours * warn, clock.calendar, exceptions),
        due_at(started, hours, clock.calendar, exceptions),
        stopped,
        elapsed(started, stopped or now, clock.calendar, exceptions),
        hours,
    )


def hours_of(policy: Mapping[str, Decimal], limit: str, started: datetime, last_day: date | None) -> float:
    """How many hours a clock has: those of its parameter, or until the end of the record's own last day."""
    if last_day is None:
        return float(limit_on(policy, limit, started))
    return max((end_of_local_day(last_day) - started) / timedelta(hours=1), 0.0)


def heard(clock: Clock) -> tuple[str, ...]:
    """The journal actions that say something about a clock."""
    return clock.start + clock.stop + clock.void


def readings(ctx: Context, record: Any) -> list[Reading]:
    """All clocks of a record: two statements, whatever its history."""
    workflow = workflow_of(type(record))
    if workflow is None or not workflow.clocks:
        return []
    return readings_of(ctx, workflow, [record], calendar_exceptions(ctx))[record.id]


def readings_of(
    ctx: Context, workflow: Workflow, records: Sequence[Any], exceptions: Mapping[date, bool]
) -> dict[int, list[Reading]]:
    """All clocks of many records of one table, by their key: one statement. On a record at its end none runs."""
    statement = (
        sa.select(Journal.entity_id, Journal.action, Journal.at)
        .where(Journal.entity == workflow.name, Journal.entity_id.in_([record.id for record in records]))
        .where(Journal.action.in_({action for clock in workflow.clocks for action in heard(clock)}))
        .order_by(Journal.id)
    )
    events: dict[int, list[Event]] = {}
    for key, action, at in ctx.session.execute(statement):
        events.setdefault(key, []).append(Event(action, at))
    found: dict[int, list[Reading]] = {}
    for record in records:
        read_now = (
            read(
                clock,
                events.get(record.id, ()),
                first=getattr(record, clock.start_field) if clock.start_field else None,
                policy=ctx.policy,
                exceptions=exceptions,
                now=ctx.now,
                limit=clock.parameter(record),
                last_day=clock.last_day(record),
            )
            for clock in workflow.clocks
            if clock.runs_on(record)
        )
        is_over = record.state in workflow.final
        found[record.id] = [
            reading for reading in read_now if reading is not None and not (is_over and reading.stopped_at is None)
        ]
    return found


def running_states(workflow: Workflow, clock: Clock) -> set[Any]:
    """The states in which a clock may run: from where a step starts it, on to the steps that stop it, or to the end."""
    begins = {workflow.initial} if clock.start_field or f"{workflow.name}.add" in clock.start else set()
    leads_on = []
    for step in workflow.steps:
        action = f"{workflow.name}.{step.name}"
        if action in clock.start:
            begins |= {step.target} if step.target else set(step.sources)
        elif action not in heard(clock) and step.target:
            leads_on.append((step.sources, step.target))
    found, fresh = set(begins), set(begins)
    while fresh:
        fresh = {target for sources, target in leads_on if fresh.intersection(sources)} - found
        found |= fresh
    return found - set(workflow.final)


def calendar_exceptions(ctx: Context) -> dict[date, bool]:
    """Days of the calendar table that differ from the plain week."""
    return dict(ctx.session.execute(sa.select(CalendarDay.day, CalendarDay.is_workday)).all())
