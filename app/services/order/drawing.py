"""The drawing of made goods and the gate of production: issued, signed by the customer, opened early by a lead."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from app.kernel.context import Context
from app.kernel.errors import ConflictError, Reason, ValidationFailedError
from app.kernel.schema import EntityInput, ReasonInput
from app.kernel.workflow import Step
from models.labels_order import OrderState as S
from models.order import Order

# A drawing changes until its goods are made; afterwards by a change request only, which takes the signature back.
DRAWABLE = (S.draft, S.pending_review, S.pending_approval, S.approved, S.confirmed)
UNDER_WAY = (S.confirmed, S.in_production, S.ready_to_ship, S.partly_shipped)
ANY = tuple(dict.fromkeys((*DRAWABLE, *UNDER_WAY)))


def _version(label: Any) -> fields.Integer:
    return fields.Integer(required=True, validate=validate.Range(min=1, max=999), metadata={"label": label})


class DrawingInput(EntityInput):
    """Which version is given to the customer."""

    drawing_version = _version(_l("Drawing version"))


class DrawingSignatureInput(EntityInput):
    """Who signed which version."""

    drawing_version = _version(_l("Drawing version"))
    signed_name = fields.String(required=True, validate=validate.Length(max=60), metadata={"label": _l("Signed by")})


class PromiseInput(EntityInput):
    """The day that a rule has led to."""

    promised_on = fields.Date(required=True, metadata={"label": _l("Promised on")})


def is_drawn(order: Order) -> bool:
    """Whether something of the order is made after a drawing."""
    return order.is_custom


def is_custom(_ctx: Context, order: Order) -> Reason | None:
    """Only made goods have a drawing of their own."""
    return None if order.is_custom else Reason("not_custom", _l("Nothing of this order is made after a drawing."))


def is_unsigned(_ctx: Context, order: Order) -> Reason | None:
    """A version is signed once."""
    if order.drawing_version is None:
        return Reason("no_drawing", _l("No drawing was given to the customer yet."))
    if order.drawing_signed_at is not None:
        return Reason("drawing_signed", _l("This drawing version is signed already."))
    return None


def is_drawable(_ctx: Context, order: Order) -> Reason | None:
    """What is made after a signed drawing is not drawn anew without a change request."""
    if order.state in DRAWABLE or order.drawing_signed_at is None:
        return None
    return Reason("drawing_in_use", _l("Goods are being made after the signed drawing: ask for a change first."))


def is_gate_closed(_ctx: Context, order: Order) -> Reason | None:
    """What is open needs no opening."""
    return Reason("gate_open", _l("Production was opened already.")) if order.gate_reason else None


def issue_drawing(_ctx: Context, order: Order, values: Mapping[str, Any]) -> None:
    """A new version; what was signed before no longer counts. Raises ValidationFailedError for an old number."""
    if values["drawing_version"] <= (order.drawing_version or 0):
        message = str(_l("The new version needs a higher number than the one before."))
        raise ValidationFailedError({"drawing_version": [message]})
    order.drawing_version = values["drawing_version"]
    take_signature_back(order)


def take_signature_back(order: Order) -> None:
    """What was signed shows other goods than are wanted now."""
    order.drawing_signed_at = order.drawing_signed_name = order.drawing_signature = None


def sign_drawing(ctx: Context, order: Order, values: Mapping[str, Any]) -> None:
    """The customer's name under this very version. Raises ConflictError where another version stands now."""
    if values["drawing_version"] != order.drawing_version:
        raise ConflictError
    name = values["signed_name"]
    order.drawing_signed_at, order.drawing_signed_name = ctx.now, name
    signed = f"{order.order_no}\x1f{order.drawing_version}\x1f{name}\x1f{ctx.now.isoformat()}"
    order.drawing_signature = hashlib.sha256(signed.encode()).hexdigest()


def fix_promise(_ctx: Context, order: Order, values: Mapping[str, Any]) -> None:
    """The rule has led to a day; the rule itself stays readable."""
    order.promised_on = values["promised_on"]
    for line in order.lines:
        line.line_promised_on = order.promised_on


def open_gate(_ctx: Context, order: Order, values: Mapping[str, Any]) -> None:
    """Production may begin although something is missing; why, everybody reads on the order."""
    order.gate_reason = values["reason"][:200]


STEPS = (
    Step(
        "issue_drawing",
        _l("Give a drawing to the customer"),
        ANY,
        None,
        permission="drawing",
        guards=(is_custom, is_drawable),
        concerns=is_drawn,
        asks=DrawingInput,
        effect=issue_drawing,
        tone="neutral",
        clause="12(3)",
    ),
    Step(
        "sign_drawing",
        _l("Drawing signed"),
        ANY,
        None,
        permission="sign_drawing",
        guards=(is_custom, is_unsigned),
        concerns=is_drawn,
        asks=DrawingSignatureInput,
        effect=sign_drawing,
        tone="neutral",
        clause="12(3)",
    ),
    Step(
        "open_gate",
        _l("Open production early"),
        UNDER_WAY,
        None,
        permission="open_gate",
        guards=(is_gate_closed,),
        asks=ReasonInput,
        effect=open_gate,
        tone="neutral",
        clause="14(1)",
    ),
    Step(
        "fix_promise",
        _l("Promised day follows from the rule"),
        (S.approved, *UNDER_WAY),
        None,
        asks=PromiseInput,
        effect=fix_promise,
        clause="13(3)",
    ),
)
