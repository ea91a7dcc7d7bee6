"""Inspections and the defects found. Clauses 8(3), 14(2)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.documents.catalogue import INSPECTION
from app.security import scopes
from app.services.quality.actions import add_defect
from models.labels import InspectionState
from models.quality import Inspection, InspectionDefect
from views.base import EntityInterface
from views.entity import EntityView
from views.exception import ExceptionCaseView
from views.paper import Printed
from views.talk import Talked


def has_failed(inspection: Inspection) -> bool:
    """Defects belong to refused pieces."""
    return inspection.state is InspectionState.failed


class InspectionDefectView(EntityView):
    """What was wrong with refused pieces."""

    datamodel = EntityInterface(InspectionDefect)
    list_columns = ["inspection", "code", "defect_class", "qty", "cause", "note"]
    search_columns = ["inspection", "defect_class", "cause"]
    add_columns = list_columns
    show_fieldsets = [(_l("Defect"), {"fields": list_columns})]
    base_order = ("id", "desc")
    scope = scopes.inspection_defect
    creates = add_defect
    parent_allows = has_failed


class InspectionView(Talked, Printed, EntityView):
    """Goods that wait for the inspector, and his results."""

    datamodel = EntityInterface(Inspection)
    list_columns = [
        "inspection_no", "kind", "order", "order_line", "qty_submitted", "qty_passed", "qty_failed", "inspector",
        "inspected_at", "state",
    ]  # fmt: skip
    search_columns = ["state", "kind", "order", "order_line", "task", "inspector", "inspected_at"]
    show_fieldsets = [
        (
            _l("Inspection"),
            {"fields": ["inspection_no", "kind", "order", "order_line", "task", "previous", "standard"]},
        ),
        (_l("Result"), {"fields": ["qty_submitted", "qty_passed", "qty_failed", "inspector", "inspected_at", "note"]}),
        (_l("Reported by"), {"fields": ["reported_by"]}),
    ]
    papers = (INSPECTION,)
    base_order = ("created_at", "desc")
    scope = scopes.inspection
    quick_search = ("inspection_no", "order.order_no")
    related_views = [InspectionDefectView, ExceptionCaseView]
