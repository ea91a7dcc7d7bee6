"""What the steps of an order ask of a person: one schema for screen, API and import."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, validate, validates_schema

from app.kernel.schema import EntityInput
from models.labels_order import CancelKind, CancelReason, LateReason, LetterChannel, ReviewResult


def text(label: Any, *, required: bool = False, length: int = 500) -> fields.String:
    """A text field; at most ``length`` characters."""
    return fields.String(
        required=required, allow_none=not required, validate=validate.Length(max=length), metadata={"label": label}
    )


class SubmitInput(EntityInput):
    """Entry complete. Clause 12(2)."""

    late_reason = fields.Enum(
        LateReason,
        by_value=True,
        allow_none=True,
        metadata={"label": _l("Reason for late entry"), "help": _l("Needed when the 24 hours have passed.")},
    )
    twin_reason = fields.String(
        allow_none=True,
        validate=validate.Length(max=200),
        metadata={
            "label": _l("Why it is no duplicate"),
            "help": _l("Where the form warned of an order that looks the same; it is kept with the submission."),
        },
    )


def _check(label: Any) -> fields.Enum[ReviewResult]:
    return fields.Enum(ReviewResult, by_value=True, allow_none=True, metadata={"label": label})


class ReviewInput(EntityInput):
    """The decision on each check of clause 13(1); what is left out is decided as the program found it."""

    stock = _check(_l("Stock"))
    price = _check(_l("Price policy"))
    lead_time = _check(_l("Lead time"))
    credit = _check(_l("Credit"))
    compliance = _check(_l("Compliance"))
    technical = _check(_l("Drawing and technique"))
    comment = fields.String(
        allow_none=True,
        validate=validate.Length(max=400),
        metadata={"label": _l("Comment"), "help": _l("Needed where you decide otherwise than the program found.")},
    )


class ConfirmInput(EntityInput):
    """The confirmation letter: a date or a rule for it. Clause 13(3)."""

    promised_on = fields.Date(allow_none=True, metadata={"label": _l("Promised delivery date")})
    promise_rule = fields.String(
        allow_none=True,
        validate=validate.Length(max=200),
        metadata={
            "label": _l("Or a rule for the date"),
            "help": _l("For example: 30 days after drawing signature and first payment."),
        },
    )
    promise_days = fields.Integer(
        allow_none=True,
        validate=validate.Range(min=1, max=730),
        metadata={
            "label": _l("Days of the rule"),
            "help": _l("Counted from the signed drawing and the first payment; the day is named by itself then."),
        },
    )
    channel = fields.Enum(LetterChannel, by_value=True, required=True, metadata={"label": _l("Sent by")})

    @validates_schema
    def _date_or_rule(self, data: dict[str, Any], **_: Any) -> None:
        if not any(data.get(name) for name in ("promised_on", "promise_rule", "promise_days")):
            message = str(_l("The letter needs a delivery date or a rule for it."))
            raise ValidationError({"promised_on": [message]})


class CancelInput(EntityInput):
    """Who ends the order, and why. Clause 15."""

    cancel_kind = fields.Enum(CancelKind, by_value=True, required=True, metadata={"label": _l("Cancelled by")})
    cancel_reason = fields.Enum(CancelReason, by_value=True, required=True, metadata={"label": _l("Reason")})
    reason = text(_l("Explanation"))


class HistoryInput(EntityInput):
    """What is known of an order of the past."""

    completed_on = fields.Date(required=True, metadata={"label": _l("Completed on")})
    source = text(_l("Source"), required=True)


def is_future(day: date | None, today: date) -> bool:
    """Whether a promised day has not passed."""
    return day is None or day >= today
