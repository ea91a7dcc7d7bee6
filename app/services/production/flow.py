"""The workflow of a production task (clauses 8 and 14(1))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, validate, validates_schema

from app.kernel.context import Context
from app.kernel.errors import DomainError, Reason
from app.kernel.schema import EntityInput, ReasonInput, field_for
from app.kernel.workflow import Clock, Step, Workflow
from app.services.production import rules
from app.services.production.gate import GATE
from models.labels import Operation
from models.labels import TaskState as S
from models.production import ProductionReport, ProductionTask


class PlanInput(EntityInput):
    """When and where a task is made. Clause 8(1)."""

    work_centre = field_for(ProductionTask, "work_centre", required=False)
    planned_start_on = field_for(ProductionTask, "planned_start_on", required=True)
    planned_end_on = field_for(ProductionTask, "planned_end_on", required=True)
    material_ready_on = field_for(ProductionTask, "material_ready_on", required=False)

    @validates_schema
    def _in_order_of_time(self, data: dict[str, Any], **_: Any) -> None:
        if data["planned_end_on"] < data["planned_start_on"]:
            raise ValidationError({"planned_end_on": [str(_l("The end lies before the start."))]})


class ReportInput(EntityInput):
    """Progress of one operation. Clause 8(2)."""

    operation = fields.Enum(Operation, by_value=True, required=True, metadata={"label": _l("Operation")})
    qty_done = fields.Decimal(
        places=3,
        required=True,
        allow_nan=False,
        validate=validate.Range(min=0),
        metadata={
            "label": _l("Finished pieces"),
            "help": _l("Pieces that are completely finished with this report; 0 for progress in between."),
        },
    )
    percent = fields.Integer(
        required=True,
        validate=validate.Range(min=0, max=100),
        metadata={"label": _l("Progress (%)"), "help": _l("How far this operation is, from 0 to 100.")},
    )
    note = field_for(ProductionReport, "note", required=False)


def has_dates(_ctx: Context, task: ProductionTask) -> Reason | None:
    """A task without a plan is not released. Clause 8(1)."""
    if task.planned_start_on and task.planned_end_on:
        return None
    return Reason("not_planned", _l("Plan the start and the end first."))


def is_order_confirmed(_ctx: Context, task: ProductionTask) -> Reason | None:
    """No production before the confirmation letter. Clause 14(1)."""
    if task.order.state in rules.MAKEABLE:
        return None
    return Reason("not_confirmed", _l("The order is not confirmed, or it has ended: nothing is made for it now."))


def is_not_on_hold(_ctx: Context, task: ProductionTask) -> Reason | None:
    """A held order stands still."""
    if not task.order.is_on_hold:
        return None
    return Reason("on_hold", _l("The order is on hold: %(reason)s"), {"reason": task.order.hold_reason or "—"})


def is_not_held(_ctx: Context, task: ProductionTask) -> Reason | None:
    """A line whose cancellation is being decided stands still. Clause 15."""
    if not task.order_line.is_held:
        return None
    return Reason("line_held", _l("The cancellation of this line is being decided: it is not made on until then."))


def is_all_done(_ctx: Context, task: ProductionTask) -> Reason | None:
    """A task is complete when its reports add up to its quantity."""
    missing = rules.remaining(task.qty, task.qty_done)
    if missing == rules.ZERO:
        return None
    return Reason("not_finished", _l("%(missing)s pieces are not reported as finished."), {"missing": f"{missing:f}"})


def plan(ctx: Context, task: ProductionTask, values: Mapping[str, Any]) -> None:
    """Sets the plan and who made it."""
    for name in ("planned_start_on", "planned_end_on", "work_centre", "material_ready_on"):
        if name in values:
            setattr(task, name, values[name])
    task.planner_id = ctx.actor.id


def start(ctx: Context, task: ProductionTask, _values: Mapping[str, Any]) -> None:
    """Work has begun."""
    task.started_at = ctx.now


def report(ctx: Context, task: ProductionTask, values: Mapping[str, Any]) -> None:
    """Adds a progress report. Raises DomainError ``over_task`` and ``percent_backwards``."""
    left = rules.remaining(task.qty, task.qty_done)
    if values["qty_done"] > left:
        raise DomainError(
            _l("Only %(left)s pieces of this task are left: report at most that many."),
            code="over_task",
            left=f"{left:f}",
        )
    earlier = ctx.session.scalar(
        sa.select(ProductionReport.percent)
        .where(ProductionReport.task_id == task.id, ProductionReport.operation == values["operation"])
        .order_by(ProductionReport.id.desc())
        .limit(1)
    )
    if earlier is not None and rules.is_step_back(values["percent"], earlier) and not values.get("note"):
        raise DomainError(
            _l("The last report of this operation said %(earlier)s %%: explain in the note why it is less now."),
            code="percent_backwards",
            earlier=f"{earlier.normalize():f}",
        )
    ctx.session.add(
        ProductionReport(task_id=task.id, reported_at=ctx.now, reporter_id=ctx.actor.id, **_report_columns(values))
    )
    task.qty_done += values["qty_done"]


def _report_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values.get(name) for name in ("operation", "qty_done", "percent", "note")}


def complete(ctx: Context, task: ProductionTask, _values: Mapping[str, Any]) -> None:
    """Everything is finished."""
    task.finished_at = ctx.now


PRODUCTION = Workflow(
    name="production_task",
    subject=ProductionTask,
    states=S,
    initial=S.planned,
    final=(S.completed, S.cancelled),
    steps=(
        Step("plan", _l("Plan"), (S.planned,), None, permission="plan", asks=PlanInput, effect=plan, clause="8(1)"),
        Step(
            "release",
            _l("Release"),
            (S.planned,),
            S.released,
            permission="release",
            guards=(has_dates, is_order_confirmed, is_not_on_hold, is_not_held, *GATE),
            clause="14(1)",
            is_bulk=True,
        ),
        Step(
            "start",
            _l("Start"),
            (S.released,),
            S.in_progress,
            permission="start",
            guards=(is_not_on_hold, is_not_held),
            effect=start,
            clause="8(2)",
            is_bulk=True,
        ),
        Step(
            "report",
            _l("Report progress"),
            (S.in_progress,),
            None,
            permission="report",
            guards=(is_not_held,),
            asks=ReportInput,
            effect=report,
            clause="8(2)",
        ),
        Step(
            "pause",
            _l("Pause"),
            (S.in_progress,),
            S.paused,
            permission="pause",
            asks=ReasonInput,
            tone="neutral",
            clause="8(3)",
        ),
        Step(
            "resume", _l("Resume"), (S.paused,), S.in_progress, permission="pause", guards=(is_not_on_hold, is_not_held)
        ),
        Step(
            "complete",
            _l("Complete"),
            (S.in_progress,),
            S.completed,
            permission="complete",
            guards=(is_all_done,),
            effect=complete,
            clause="8(2)",
            is_bulk=True,
        ),
        Step(
            "cancel",
            _l("Cancel task"),
            (S.planned, S.released),
            S.cancelled,
            permission="cancel",
            asks=ReasonInput,
            tone="danger",
        ),
        Step("stop", _l("Stopped with the order"), (S.in_progress, S.paused), S.cancelled, asks=ReasonInput),
    ),
    clocks=(
        Clock(
            "P1",
            _l("Planning"),
            start=("production_task.add",),
            stop=("production_task.plan", "production_task.cancel"),
            limit="sla.P1.limit",
            clause="8(1)",
            calendar="office",
        ),
        Clock(
            "P3",
            _l("Progress report"),
            start=("production_task.start", "production_task.report", "production_task.resume"),
            stop=(
                "production_task.report",
                "production_task.pause",
                "production_task.complete",
                "production_task.stop",
            ),
            limit="sla.P3.limit",
            clause="8(2)",
        ),
    ),
)
