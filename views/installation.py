"""Installation at the customer's, and acceptance. Clauses 10(1), 14(4)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.documents.catalogue import ACCEPTANCE
from app.security import scopes
from app.services.installation.actions import create_installation
from models.installation import Acceptance, AcceptanceLine, Installation
from views.base import EntityInterface
from views.entity import EntityView
from views.paper import Printed
from views.talk import Talked


class AcceptanceLineView(EntityView):
    """How many pieces of a line the customer accepted."""

    datamodel = EntityInterface(AcceptanceLine)
    list_columns = ["acceptance", "order_line", "qty", "qty_accepted", "qty_rejected", "reason"]
    search_columns = ["acceptance", "order_line"]
    show_fieldsets = [(_l("Acceptance line"), {"fields": list_columns})]
    base_order = ("id", "asc")
    scope = scopes.acceptance_line


class AcceptanceView(Printed, EntityView):
    """The customer's signature under delivered and installed goods."""

    datamodel = EntityInterface(Acceptance)
    list_columns = ["acceptance_no", "order", "installation", "shipment", "signed_by", "signed_at", "state"]
    search_columns = ["state", "order", "installation", "shipment", "signed_at"]
    show_fieldsets = [
        (_l("Acceptance"), {"fields": ["acceptance_no", "order", "installation", "shipment"]}),
        (_l("Result"), {"fields": ["signed_by", "signed_at", "rejection_reason"]}),
    ]
    papers = (ACCEPTANCE,)
    base_order = ("created_at", "desc")
    scope = scopes.acceptance
    quick_search = ("acceptance_no", "order.order_no")
    related_views = [AcceptanceLineView]


class InstallationView(Talked, EntityView):
    """Appointments and work of the installers."""

    datamodel = EntityInterface(Installation)
    list_columns = ["installation_no", "order", "shipment", "installer", "crew", "slot_from", "finished_at", "state"]
    search_columns = ["state", "installer", "slot_from", "order", "shipment", "finished_at"]
    add_columns = ["shipment", "crew", "note"]
    edit_columns = ["crew", "note"]
    show_fieldsets = [
        (_l("Installation"), {"fields": ["installation_no", "order", "shipment", "installer", "crew"]}),
        (_l("Appointment"), {"fields": ["slot_from", "slot_to", "started_at", "finished_at"]}),
        (_l("Result"), {"fields": ["checklist_pct", "photo_count", "missing_parts", "note"]}),
    ]
    base_order = ("created_at", "desc")
    scope = scopes.installation
    quick_search = ("installation_no", "order.order_no")
    planned = "slot_from"
    cells = ("crew", "note")
    creates = create_installation
    related_views = [AcceptanceView]
