"""What the steps of shipments and packages ask of a person: one schema for screen, API and import."""

from __future__ import annotations

import json
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, validate, validates_schema

from app.kernel.schema import EntityInput, LocalDateTime, field_for
from app.services.shipment import rules
from models.shipment import DeliveryReceipt, Shipment


class LineQuantities(fields.Dict):
    """Order line id to pieces. A form may send it as JSON text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            keys=fields.Integer(),
            values=fields.Decimal(places=3, allow_nan=False, validate=validate.Range(min=0)),
            allow_none=True,
            **options,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            try:
                value = json.loads(value, parse_float=str)
            except (ValueError, RecursionError) as error:
                raise self.make_error("invalid") from error
        return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]


def line_quantities(text: str) -> None:
    """Refuses what cannot be read as quantities by line. Raises ValidationError."""
    try:
        rules.typed_quantities(text)
    except ValueError as error:
        message = _l("Write line number and pieces as “1=2”, one after the other with a semicolon.")
        raise ValidationError(str(message)) from error


class ScheduleInput(EntityInput):
    """Vehicle and appointment. Clause 9(5)."""

    mode = field_for(Shipment, "mode", required=True)
    carrier = field_for(Shipment, "carrier", required=False)
    tracking_no = field_for(Shipment, "tracking_no", required=False)
    vehicle_plate = field_for(Shipment, "vehicle_plate", required=False)
    driver_name = field_for(Shipment, "driver_name", required=False)
    driver_phone = field_for(Shipment, "driver_phone", required=False)
    slot_from = field_for(Shipment, "slot_from", required=True)
    slot_to = field_for(Shipment, "slot_to", required=True)

    @validates_schema
    def _in_order_of_time(self, data: dict[str, Any], **_: Any) -> None:
        if data["slot_to"] <= data["slot_from"]:
            raise ValidationError({"slot_to": [str(_l("The slot ends before it begins."))]})


class TrackInput(EntityInput):
    """The number that a carrier gives when it takes the goods over, often after they have left."""

    carrier = field_for(Shipment, "carrier", required=False)
    tracking_no = field_for(Shipment, "tracking_no", required=True)


def _package_count(label: Any) -> fields.Integer:
    return fields.Integer(load_default=0, validate=validate.Range(min=0), metadata={"label": label})


def _package_names(label: Any) -> fields.String:
    return fields.String(
        allow_none=True,
        validate=validate.Length(max=1000),
        metadata={"label": label, "help": _l("Package numbers or their last digits, separated by commas.")},
    )


class DeliverInput(EntityInput):
    """The proof of delivery. Clauses 9(3) and 9(4)."""

    receiver_name = field_for(DeliveryReceipt, "receiver_name", required=True)
    signed_at = LocalDateTime(allow_none=True, metadata={"label": _l("Signed at"), "help": _l("Now, unless told.")})
    packages_damaged = _package_count(_l("Damaged packages"))
    damaged_numbers = _package_names(_l("Which packages are damaged"))
    packages_short = _package_count(_l("Missing packages"))
    short_numbers = _package_names(_l("Which packages are missing"))
    not_received = fields.String(
        allow_none=True,
        validate=[validate.Length(max=1000), line_quantities],
        metadata={
            "label": _l("Not received"),
            "help": _l("Pieces that are missing or were refused, by line of the order: “1=2; 3=1” is two of line 1."),
        },
    )
    back = LineQuantities(metadata={"label": _l("Not received, by id of the order line")})
    remarks = field_for(DeliveryReceipt, "remarks", required=False)
