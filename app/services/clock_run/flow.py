"""The workflow of a clock's run: warned, kept or late, and the reason of the delay (domain/07)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import Reason
from app.kernel.schema import EntityInput, field_for
from app.kernel.workflow import Clock, Step, Workflow
from models.clock_run import ClockRun
from models.labels_exception import ClockRunState as S


class ExplainInput(EntityInput):
    """Why the time was missed."""

    reason = field_for(ClockRun, "reason", required=True)
    note = field_for(ClockRun, "note", required=False)


def is_own(ctx: Context, run: ClockRun) -> Reason | None:
    """The department that missed the time says why."""
    if ctx.actor.is_system or str(run.owner_department) in ctx.actor.departments:
        return None
    return Reason("other_department", _l("Another department kept this clock: it gives the reason."))


def explain(ctx: Context, run: ClockRun, values: Mapping[str, Any]) -> None:
    """The reason code of the breach."""
    run.reason, run.note, run.explained_at = values["reason"], values.get("note"), ctx.now


CLOCK_RUN = Workflow(
    name="clock_run",
    subject=ClockRun,
    states=S,
    initial=S.warned,
    final=(S.kept, S.explained),
    steps=(
        Step("keep", _l("Done in time"), (S.warned,), S.kept),
        Step("breach", _l("Time missed"), (S.warned,), S.breached),
        Step(
            "explain",
            _l("Give the reason"),
            (S.breached,),
            S.explained,
            permission="explain",
            guards=(is_own,),
            asks=ExplainInput,
            effect=explain,
        ),
    ),
    clocks=(
        Clock(
            "B1",
            _l("Reason of the delay"),
            start=("clock_run.breach",),
            stop=("clock_run.explain",),
            limit="sla.B1.limit",
            calendar="office",
        ),
    ),
)
