"""Proposes changes of parameters, and carries out what is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.errors import NotFoundError, ValidationFailedError
from app.kernel.numbering import next_number
from app.kernel.policy import usable
from models.labels import ParameterChangeState
from models.parameter_change import ParameterChange
from models.policy import PolicyParameter


def propose(ctx: Context, values: Mapping[str, Any]) -> ParameterChange:
    """A new value that waits for another member's approval.

    Raises:
        ValidationFailedError: no usable number, outside of its bounds, no change, or in force before tomorrow.
    """
    parameter = ctx.session.get(PolicyParameter, values["parameter_id"])
    if parameter is None:
        raise NotFoundError
    tomorrow = ctx.today + timedelta(days=1)
    effective_on = values.get("effective_on") or tomorrow
    if effective_on < tomorrow:
        text = _l("A change is in force from tomorrow at the earliest: what is done today keeps the old value.")
        raise ValidationFailedError({"effective_on": [str(text)]})
    number = usable(parameter, values["new_value"], "new_value")
    if number == ctx.policy.get(parameter.code):
        raise ValidationFailedError({"new_value": [str(_l("This is the present value."))]})
    change = ParameterChange(
        change_no=next_number(ctx, "PC"),
        parameter_id=parameter.id,
        old_value=parameter.value,
        new_value=f"{number.normalize():f}",
        reason=values["reason"],
        effective_on=effective_on,
        proposed_by_id=ctx.actor.id,
    )
    ctx.session.add(change)
    ctx.session.flush()
    return change


def apply_due(ctx: Context) -> int:
    """Writes approved values whose day has come into the table; returns how many. Reading knows them before."""
    due = sa.select(ParameterChange).where(
        ParameterChange.state == ParameterChangeState.approved, ParameterChange.effective_on <= ctx.today
    )
    changes = ctx.session.scalars(due.order_by(ParameterChange.effective_on, ParameterChange.id)).all()
    for change in changes:
        fire(ctx.as_system(), change, "apply")
    return len(changes)
