"""What the steps of installation and acceptance ask of a person."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, validate, validates_schema

from app.kernel.schema import EntityInput, LocalDateTime, Related, field_for, reason_field
from models.installation import Acceptance, Installation

FULL = 100


class ScheduleInput(EntityInput):
    """Who comes, and when. Clause 10(2)."""

    installer_id = Related("ab_user", required=True, metadata={"label": _l("Installer")})
    crew = field_for(Installation, "crew", required=False)
    slot_from = field_for(Installation, "slot_from", required=True)
    slot_to = field_for(Installation, "slot_to", required=True)

    @validates_schema
    def _in_order_of_time(self, data: dict[str, Any], **_: Any) -> None:
        if data["slot_to"] <= data["slot_from"]:
            raise ValidationError({"slot_to": [str(_l("The slot ends before it begins."))]})


class FinishInput(EntityInput):
    """Checklist complete, photos taken. Clause 10(2)."""

    checklist_pct = fields.Integer(
        required=True,
        validate=validate.Equal(FULL, error=_l("Every point of the checklist must be done: 100 %.")),
        metadata={"label": _l("Checklist (%)"), "help": _l("Finish the checklist first; then it is 100.")},
    )
    photo_count = fields.Integer(
        required=True,
        validate=validate.Range(min=1, max=1000, error=_l("At least one photo of the installed goods is needed.")),
        metadata={"label": _l("Photos")},
    )
    missing_parts = field_for(Installation, "missing_parts", required=False)
    note = field_for(Installation, "note", required=False)


class SignInput(EntityInput):
    """Who accepted the goods, and when. Clause 14(4)."""

    signed_by = field_for(Acceptance, "signed_by", required=True)
    signed_at = LocalDateTime(allow_none=True, metadata={"label": _l("Signed at"), "help": _l("Now, unless told.")})


class RejectInput(EntityInput):
    """What the customer does not accept."""

    reason = field_for(Acceptance, "rejection_reason", required=True)


class RectifiedInput(EntityInput):
    """What was done about a rejection."""

    reason = reason_field(_l("What was put right"))
