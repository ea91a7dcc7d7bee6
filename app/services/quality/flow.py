"""The workflow of an inspection (clauses 8(4) and 14(2))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, validate, validates_schema

from app.kernel.context import Context
from app.kernel.duties import Duty, Through
from app.kernel.errors import DomainError
from app.kernel.schema import EntityInput, field_for
from app.kernel.workflow import Clock, Step, Workflow
from app.services.quality import rules
from models.labels import InspectionState as S
from models.quality import Inspection, InspectionDefect


class RejectInput(EntityInput):
    """How many passed and failed, and what is wrong with the failed ones."""

    qty_passed = fields.Decimal(
        places=3,
        required=True,
        allow_nan=False,
        validate=validate.Range(min=0),
        metadata={"label": _l("Passed pieces"), "help": _l("Passed and failed must add up to the submitted pieces.")},
    )
    qty_failed = fields.Decimal(
        places=3,
        required=True,
        allow_nan=False,
        validate=validate.Range(min=0, min_inclusive=False),
        metadata={"label": _l("Failed pieces")},
    )
    defect_class = field_for(InspectionDefect, "defect_class", required=True)
    defect_code = field_for(InspectionDefect, "code", required=True)
    defect_qty = fields.Decimal(
        places=3,
        allow_none=True,
        allow_nan=False,
        validate=validate.Range(min=0, min_inclusive=False),
        metadata={
            "label": _l("Pieces with this defect"),
            "help": _l("All failed pieces unless told; add further defects afterwards."),
        },
    )
    cause = field_for(InspectionDefect, "cause", required=False)
    note = field_for(Inspection, "note", required=False)

    @validates_schema
    def _defects_within_failed(self, data: dict[str, Any], **_: Any) -> None:
        if (data.get("defect_qty") or rules.ZERO) > data["qty_failed"]:
            raise ValidationError({"defect_qty": [str(_l("More than the failed pieces."))]})


# Domain/09 9.4, rule 4: producer and planner of the goods do not inspect them. Clause 8(4).
MADE = ("plan", "edit", "release", "start", "report", "complete")
NOT_BY_MAKER = (
    Duty(
        4,
        tuple(f"production_task.{act}" for act in MADE),
        _l("Whoever planned, made or reported goods does not inspect them."),
        Through("task_id", "production_task"),
    ),
)


def accept(ctx: Context, inspection: Inspection, _values: Mapping[str, Any]) -> None:
    """Every piece passed."""
    inspection.qty_passed = inspection.qty_submitted
    inspection.qty_failed = rules.ZERO
    _sign(ctx, inspection)


def reject(ctx: Context, inspection: Inspection, values: Mapping[str, Any]) -> None:
    """Some or all pieces failed; those that passed count. Raises DomainError ``does_not_add_up``."""
    if not rules.adds_up(inspection.qty_submitted, values["qty_passed"], values["qty_failed"]):
        raise DomainError(
            _l("Passed and failed pieces must add up to the %(submitted)s submitted ones."),
            code="does_not_add_up",
            submitted=f"{inspection.qty_submitted:f}",
        )
    inspection.qty_passed = values["qty_passed"]
    inspection.qty_failed = values["qty_failed"]
    if values.get("note"):
        inspection.note = values["note"]
    _sign(ctx, inspection)
    ctx.session.add(
        InspectionDefect(
            inspection_id=inspection.id,
            code=values["defect_code"],
            defect_class=values["defect_class"],
            cause=values.get("cause"),
            qty=values.get("defect_qty") or values["qty_failed"],
        )
    )


def _sign(ctx: Context, inspection: Inspection) -> None:
    inspection.inspector_id = ctx.actor.id
    inspection.inspected_at = ctx.now


QUALITY = Workflow(
    name="inspection",
    subject=Inspection,
    states=S,
    initial=S.pending,
    final=(S.passed, S.failed, S.cancelled),
    steps=(
        Step(
            "accept",
            _l("All pieces pass"),
            (S.pending,),
            S.passed,
            permission="accept",
            not_by=NOT_BY_MAKER,
            effect=accept,
            clause="14(2)",
            is_bulk=True,
        ),
        Step(
            "reject",
            _l("Record failed pieces"),
            (S.pending,),
            S.failed,
            permission="reject",
            not_by=NOT_BY_MAKER,
            asks=RejectInput,
            effect=reject,
            tone="danger",
            clause="8(4)",
        ),
        Step("cancel", _l("Not wanted any more"), (S.pending,), S.cancelled, clause="15(1)"),
    ),
    clocks=(
        Clock(
            "Q1",
            _l("Inspection"),
            start=("inspection.add",),
            stop=("inspection.accept", "inspection.reject", "inspection.cancel"),
            limit="sla.Q1.limit",
            clause="8(4)",
            calendar="office",
        ),
    ),
)
