"""What the steps of an exception case ask of a person."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from marshmallow import fields

from app.kernel.schema import EntityInput, field_for, reason_field
from models.exception import ExceptionCase
from models.labels_exception import ExceptionLevel


class AnswerInput(EntityInput):
    """Who takes care of it."""

    note = fields.String(
        allow_none=True, metadata={"label": _l("First answer"), "help": _l("What the customer or colleague was told.")}
    )


class PlanInput(EntityInput):
    """What will be done, what it costs, and who answers for the fault. Article 22."""

    cause = field_for(ExceptionCase, "cause", required=True)
    plan = field_for(ExceptionCase, "plan", required=True)
    cost_amount = field_for(ExceptionCase, "cost_amount")
    compensation_amount = field_for(ExceptionCase, "compensation_amount")
    liable_party = field_for(ExceptionCase, "liable_party", required=False)


class ResolveInput(EntityInput):
    """What was done, and what was learned."""

    resolution = field_for(ExceptionCase, "resolution", required=True)
    prevention = field_for(ExceptionCase, "prevention", required=False)


class LevelInput(EntityInput):
    """Another level, and why."""

    level = fields.Enum(ExceptionLevel, by_value=True, required=True, metadata={"label": _l("Exception level")})
    reason = reason_field()
