"""The workflow of a change of a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.duties import Duty
from app.kernel.errors import Reason
from app.kernel.policy import change_parameter, usable
from app.kernel.schema import ReasonInput
from app.kernel.workflow import Step, Workflow
from models.labels import ParameterChangeState as S
from models.parameter_change import ParameterChange

# Domain/09 9.4, rule 12.
NOT_BY_PROPOSER = (
    Duty(
        12,
        ("parameter_change.add", "parameter_change.edit"),
        _l("Whoever proposed the change of a parameter does not decide on it."),
    ),
)


def is_own(ctx: Context, change: ParameterChange) -> Reason | None:
    """A proposal is taken back by who made it."""
    if ctx.actor.is_system or change.proposed_by_id in ctx.actor.persons:
        return None
    return Reason("not_the_proposer", _l("Only who proposed the change withdraws it; a member refuses it instead."))


def approve(ctx: Context, change: ParameterChange, _values: Mapping[str, Any]) -> None:
    """In force on the day that was proposed, tomorrow at the earliest. Raises ValidationFailedError."""
    usable(change.parameter, change.new_value, "new_value")
    change.approved_by_id = ctx.actor.id
    change.effective_on = max(change.effective_on, ctx.today + timedelta(days=1))


def apply(ctx: Context, change: ParameterChange, _values: Mapping[str, Any]) -> None:
    """The table takes the new value over; the change keeps the one that it replaces."""
    change.old_value = change.parameter.value
    change_parameter(ctx, change.parameter, {"value": change.new_value})


PARAMETER_CHANGE = Workflow(
    name="parameter_change",
    is_followed=True,
    subject=ParameterChange,
    states=S,
    initial=S.proposed,
    final=(S.applied, S.refused, S.withdrawn),
    steps=(
        Step(
            "approve",
            _l("Approve"),
            (S.proposed,),
            S.approved,
            permission="approve",
            not_by=NOT_BY_PROPOSER,
            effect=approve,
            clause="6(3)",
        ),
        Step(
            "refuse",
            _l("Refuse"),
            (S.proposed,),
            S.refused,
            permission="approve",
            not_by=NOT_BY_PROPOSER,
            asks=ReasonInput,
            tone="danger",
        ),
        Step(
            "withdraw",
            _l("Withdraw"),
            (S.proposed, S.approved),
            S.withdrawn,
            permission="withdraw",
            guards=(is_own,),
            asks=ReasonInput,
            tone="neutral",
        ),
        Step("apply", _l("In force"), (S.approved,), S.applied, effect=apply),
    ),
)
