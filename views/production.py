"""Production tasks and the reports on them. Clauses 8, 14(1)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.documents.catalogue import TASK
from app.security import scopes
from app.services.production.actions import create_task
from models.labels import TaskState, label_of
from models.production import ProductionReport, ProductionTask
from views.base import EntityInterface
from views.entity import EntityView
from views.exception import ExceptionCaseView
from views.paper import Printed
from views.quality import InspectionView
from views.talk import Talked


class ProductionReportView(EntityView):
    """Progress as it was reported; reports are made by the step of the task."""

    datamodel = EntityInterface(ProductionReport)
    list_columns = ["task", "operation", "qty_done", "percent", "note", "reporter", "reported_at"]
    search_columns = ["task", "operation", "reported_at"]
    show_fieldsets = [(_l("Progress report"), {"fields": list_columns})]
    base_order = ("reported_at", "desc")
    scope = scopes.production_report


class ProductionTaskView(Talked, Printed, EntityView):
    """What the workshop makes for an order line."""

    datamodel = EntityInterface(ProductionTask)
    list_columns = [
        "task_no", "order", "order_line", "qty", "qty_done", "priority", "work_centre", "planned_end_on", "state",
    ]  # fmt: skip
    search_columns = [
        "state", "priority", "planned_end_on", "order", "work_centre", "planner", "planned_start_on", "order_line",
    ]  # fmt: skip
    add_columns = ["order_line", "priority", "work_centre", "material_ready_on", "planned_start_on", "planned_end_on"]
    edit_columns = ["priority", "work_centre", "material_ready_on", "planned_start_on", "planned_end_on"]
    show_fieldsets = [
        (_l("Production task"), {"fields": ["task_no", "order", "order_line", "qty", "qty_done", "priority", "spec"]}),
        (
            _l("Plan"),
            {"fields": ["work_centre", "planner", "material_ready_on", "planned_start_on", "planned_end_on"]},
        ),
        (_l("Course"), {"fields": ["started_at", "finished_at"]}),
    ]
    papers = (TASK,)
    base_order = ("created_at", "desc")
    scope = scopes.production_task
    quick_search = ("task_no", "order.order_no")
    quick_views = tuple((label_of(state), {"state": str(state)}) for state in TaskState)
    cells = ("priority", "work_centre", "material_ready_on", "planned_start_on", "planned_end_on")
    creates = create_task
    related_views = [ProductionReportView, InspectionView, ExceptionCaseView]
