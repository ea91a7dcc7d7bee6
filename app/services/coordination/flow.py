"""The workflow of a matter between departments (clause 6(2))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.duties import Duty
from app.kernel.errors import Reason, ValidationFailedError
from app.kernel.schema import EntityInput, ReasonInput, Related, field_for
from app.kernel.workflow import Clock, Step, Workflow
from models.coordination import CoordinationItem
from models.labels_exception import CoordinationState as S

NOT_BY_RAISER = (Duty(2, ("coordination_item.add",), _l("Whoever raised the matter does not decide on it.")),)


class RaiseInput(EntityInput):
    """What one department wants of another."""

    against_department = field_for(CoordinationItem, "against_department", required=True)
    subject = field_for(CoordinationItem, "subject", required=True)
    description = field_for(CoordinationItem, "description", required=True)
    order_id = Related("order", allow_none=True, metadata={"label": _l("Order")})
    exception_id = Related("exception_case", allow_none=True, metadata={"label": _l("Exception")})


class DecideInput(EntityInput):
    """The decision names who does it and until when."""

    decision = field_for(CoordinationItem, "decision", required=True)
    owner_id = Related("ab_user", required=True, metadata={"label": _l("Person in charge")})
    due_on = field_for(CoordinationItem, "due_on", required=True)
    minutes_no = field_for(CoordinationItem, "minutes_no", required=False)


class FinishInput(EntityInput):
    """What came of it."""

    outcome = field_for(CoordinationItem, "outcome", required=True)


def is_mine(ctx: Context, item: CoordinationItem) -> Reason | None:
    """Whoever was given the task reports it done."""
    if ctx.actor.is_system or item.owner_id in ctx.actor.persons:
        return None
    return Reason("not_owner", _l("The owner named in the decision reports it done."))


def is_raised_here(ctx: Context, item: CoordinationItem) -> Reason | None:
    """The department that raised it takes it back."""
    if str(item.raised_department) in ctx.actor.departments:
        return None
    return Reason("other_department", _l("The department that raised the matter takes it back."))


def decide(ctx: Context, item: CoordinationItem, values: Mapping[str, Any]) -> None:
    """The decision. Raises ValidationFailedError for a day that has passed."""
    if values["due_on"] < ctx.today:
        raise ValidationFailedError({"due_on": [str(_l("The day has passed: choose today or a later one."))]})
    for name, value in values.items():
        setattr(item, name, value)
    item.decided_at = ctx.now


def finish(_ctx: Context, item: CoordinationItem, values: Mapping[str, Any]) -> None:
    """The outcome."""
    item.outcome = values["outcome"]


COORDINATION = Workflow(
    name="coordination_item",
    subject=CoordinationItem,
    states=S,
    initial=S.raised,
    final=(S.done, S.withdrawn),
    is_followed=True,
    steps=(
        Step(
            "decide",
            _l("Decide"),
            (S.raised,),
            S.decided,
            permission="decide",
            not_by=NOT_BY_RAISER,
            asks=DecideInput,
            effect=decide,
            clause="6(2)",
        ),
        Step(
            "finish",
            _l("Report done"),
            (S.decided,),
            S.done,
            permission="finish",
            guards=(is_mine,),
            asks=FinishInput,
            effect=finish,
            tone="success",
            clause="6(2)",
        ),
        Step(
            "withdraw",
            _l("Withdraw"),
            (S.raised,),
            S.withdrawn,
            permission="withdraw",
            guards=(is_raised_here,),
            asks=ReasonInput,
            tone="neutral",
            clause="6(2)",
        ),
    ),
    clocks=(
        Clock(
            "M1",
            _l("Committee decision"),
            start=("coordination_item.add",),
            stop=("coordination_item.decide", "coordination_item.withdraw"),
            limit="sla.M1.limit",
            clause="6(2)",
            calendar="office",
        ),
    ),
)
