"""The sweep over all clocks: who is told at 80, 100, 150 and 200 % of the time, each once (domain/07)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.consequences.clocks import take_reason
from app.kernel.calendar import due_at
from app.kernel.clocks import Reading, calendar_exceptions, readings_of, running_states
from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.holders import by_role, holders
from app.kernel.journal import entity_name, order_of
from app.kernel.unit_of_work import unit_of_work
from app.kernel.workflow import Workflow, all_workflows
from app.services.clock_run import rules
from app.services.coordination.actions import overdue
from app.services.talk import notices
from models.clock_run import ClockRun
from models.journal import Journal
from models.labels_exception import ClockOwner, ClockRunState
from models.labels_talk import NoticeKind

BATCH = 200
# How far back a clock that has stopped is looked at: the sweep may have been down for a weekend.
LOOK_BACK = timedelta(days=4)
# Columns that name who has a record in hand.
PERSONS = ("owner_id", "installer_id", "planner_id")


@dataclass
class Swept:
    """What a sweep did."""

    told: int = 0
    breached: int = 0


@dataclass
class _Sweep:
    """What is read once for a whole sweep: the calendar and who holds which role."""

    exceptions: Mapping[date, bool]
    warn: int
    by_role: dict[str, set[int]] = field(default_factory=dict)


def sweep_clocks(ctx: Context) -> Swept:
    """Looks at every clock that runs or has just stopped; commits batch by batch."""
    sweep = _Sweep(calendar_exceptions(ctx), int(ctx.policy["sla.warn_pct"]), by_role(ctx.session))
    found = Swept()
    for workflow in all_workflows():
        if workflow.subject is ClockRun or not workflow.clocks:
            continue
        for ids in batches(ctx, workflow):
            with unit_of_work(ctx):
                _sweep_batch(ctx, sweep, workflow, ids, found)
    return found


def tell_overdue(ctx: Context) -> int:
    """Matters that the committee decided and nobody carried out: the chair and the owner are told once."""
    items = overdue(ctx)
    chair = holders(ctx.session, rules.CHAIR)
    for item in items:
        people = chair | ({item.owner_id} if item.owner_id is not None else set())
        notices.tell(ctx, item, people, NoticeKind.clock, "coordination_item.due")
        item.overdue_told_at = ctx.now
    return len(items)


def batches(ctx: Context, workflow: Workflow) -> Iterator[Sequence[int]]:
    """Keys of records on which a clock runs, stopped lately, or was warned of, some at a time."""
    model: Any = workflow.subject
    states = {state for clock in workflow.clocks for state in running_states(workflow, clock)}
    stops = {action for clock in workflow.clocks for action in clock.stop}
    for source, key in (
        (sa.select(model.id).where(model.state.in_(states)), model.id),
        (
            sa.select(Journal.entity_id)
            .where(Journal.action.in_(stops), Journal.at >= ctx.now - LOOK_BACK)
            .group_by(Journal.entity_id),
            Journal.entity_id,
        ),
        (
            sa.select(ClockRun.entity_id)
            .where(ClockRun.entity == workflow.name, ClockRun.state == ClockRunState.warned)
            .group_by(ClockRun.entity_id),
            ClockRun.entity_id,
        ),
    ):
        last = 0
        while ids := ctx.session.scalars(source.where(key > last).order_by(key).limit(BATCH)).all():
            yield ids
            last = ids[-1]


def _sweep_batch(ctx: Context, sweep: _Sweep, workflow: Workflow, ids: Sequence[int], found: Swept) -> None:
    """One batch: three statements, and what is written."""
    model: Any = workflow.subject
    records = ctx.session.scalars(sa.select(model).where(model.id.in_(ids)).order_by(model.id)).unique().all()
    known: dict[int, dict[tuple[str, datetime], ClockRun]] = {}
    statement = sa.select(ClockRun).where(ClockRun.entity == workflow.name, ClockRun.entity_id.in_(ids))
    for run in ctx.session.scalars(statement):
        known.setdefault(run.entity_id, {})[run.code, run.started_at] = run
    readings = readings_of(ctx, workflow, records, sweep.exceptions)
    for record in records:
        runs = known.get(record.id, {})
        for reading in readings[record.id]:
            if (workflow.name, reading.clock.code) in rules.TOLD_ELSEWHERE:
                continue
            key = reading.clock.code, reading.started_at
            _sweep_reading(ctx, sweep, record, reading, runs.pop(key) if key in runs else None, found)
        for run in runs.values():
            _settle(ctx, run, next((r for r in readings[record.id] if r.clock.code == run.code), None), found)


def points_of(sweep_warn: int, reading: Reading, exceptions: Mapping[date, bool]) -> list[tuple[int, datetime]]:
    """The points of a reading in per cent with their moments."""
    calendar = reading.clock.calendar

    def at(percent: int) -> datetime:
        return due_at(reading.started_at, reading.hours * percent / 100, calendar, exceptions)

    later = at(rules.LATER)
    if calendar == "natural":
        later = min(later, reading.due_at + timedelta(hours=rules.LATER_HOURS))
    return [
        (sweep_warn, reading.warn_at),
        (rules.LATE, reading.due_at),
        (rules.LATER, later),
        (rules.LAST, at(rules.LAST)),
    ]


def _sweep_reading(
    ctx: Context, sweep: _Sweep, record: Any, reading: Reading, run: ClockRun | None, found: Swept
) -> None:
    until = reading.stopped_at or ctx.now
    points = points_of(sweep.warn, reading, sweep.exceptions)
    passed = [percent for percent, at in points if at < until or (percent == sweep.warn and at <= until)]
    is_late = reading.is_breached(ctx.now)
    if not passed or (run is None and reading.stopped_at is not None and not is_late):
        if run is not None and reading.stopped_at is not None:
            _end(ctx, run, reading)
        return
    if run is None:
        run = _begin(ctx, record, reading)
    run.due_at = reading.due_at
    if is_late and run.state is ClockRunState.warned:
        fire(ctx.as_system(), run, "breach")
        found.breached += 1
    fresh = [percent for percent in passed if percent > run.told_pct]
    for percent in fresh if reading.stopped_at is None or is_late else ():
        # Who was not warned in time is told once, that it is late.
        if percent >= rules.LATE or rules.LATE not in fresh:
            found.told += _tell(ctx, sweep, record, run, percent)
    run.told_pct = max(passed)
    if reading.stopped_at is not None:
        _end(ctx, run, reading)
        take_reason(ctx, run, record)


def _begin(ctx: Context, record: Any, reading: Reading) -> ClockRun:
    run = ClockRun(
        entity=entity_name(type(record)),
        entity_id=record.id,
        record_no=str(record),
        order_id=order_of(record),
        code=reading.clock.code,
        owner_department=rules.owner_of(reading.clock.code, record),
        started_at=reading.started_at,
        due_at=reading.due_at,
    )
    ctx.session.add(run)
    ctx.session.flush()
    return run


def _end(ctx: Context, run: ClockRun, reading: Reading) -> None:
    run.stopped_at = reading.stopped_at
    if run.state is ClockRunState.warned:
        fire(ctx.as_system(), run, "keep")


def _settle(ctx: Context, run: ClockRun, newer: Reading | None, found: Swept) -> None:
    """A run that was followed by another, or whose clock is gone: kept, unless the next began too late."""
    if run.state is not ClockRunState.warned:
        return
    run.stopped_at = newer.started_at if newer is not None else ctx.now
    is_late = newer is not None and newer.started_at > run.due_at
    found.breached += is_late
    fire(ctx.as_system(), run, "breach" if is_late else "keep")


def _tell(ctx: Context, sweep: _Sweep, record: Any, run: ClockRun, percent: int) -> int:
    owner = ClockOwner(run.owner_department)
    roles = set(rules.told_roles(percent, owner, record))
    person = next((key for name in PERSONS if (key := getattr(record, name, None)) is not None), None)
    people: set[int] = set()
    if person is not None and str(owner) in roles:
        roles.discard(str(owner))
        people.add(person)
    for role in roles:
        people |= sweep.by_role.get(role, set())
    notices.tell(ctx, record, people, NoticeKind.clock, f"{run.entity}.{run.code}.{percent}")
    return len(people)
