"""Installation at the customer's, and acceptance. Clauses 10(1), 14(4)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.documents.catalogue import ACCEPTANCE
from app.security import scopes
from app.services.installation.actions import create_installation
from app.services.installation.certificate import add_standard, is_open, judge_standard
from models.installation import Acceptance, AcceptanceLine, AcceptanceStandard, Installation
from views.base import EntityInterface
from views.entity import EntityView
from views.inline import Inline
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


def is_of_open(row: AcceptanceStandard) -> bool:
    """A row is judged while its certificate is being filled in."""
    return is_open(row.acceptance)


class AcceptanceStandardView(EntityView):
    """Whether the goods of a government order keep each standard."""

    datamodel = EntityInterface(AcceptanceStandard)
    list_columns = ["acceptance", "standard", "verdict", "remark"]
    search_columns = ["acceptance", "standard", "verdict"]
    add_columns = list_columns
    edit_columns = ["verdict", "remark"]
    show_fieldsets = [(_l("Standard of an acceptance"), {"fields": list_columns})]
    base_order = ("id", "asc")
    scope = scopes.acceptance_standard
    creates = add_standard
    changes = judge_standard
    parent_allows = is_open
    can_be_edited = is_of_open


class AcceptanceView(Talked, Printed, EntityView):
    """The customer's signature under delivered and installed goods."""

    datamodel = EntityInterface(Acceptance)
    list_columns = ["acceptance_no", "order", "installation", "shipment", "signed_by", "signed_at", "state"]
    search_columns = ["state", "order", "installation", "shipment", "signed_at"]
    show_fieldsets = [
        (_l("Acceptance"), {"fields": ["acceptance_no", "order", "installation", "shipment"]}),
        (
            _l("Result"),
            {"fields": ["signed_by", "unit_signed_by", "seller_signed_by", "signed_at", "rejection_reason"]},
        ),
    ]
    # Only the certificate of a public buyer is filled in before it is signed.
    edit_columns = ["unit_signed_by", "seller_signed_by"]
    inlines = {"standards": Inline(AcceptanceStandardView, columns=["standard", "verdict", "remark"])}
    can_be_edited = is_open
    papers = (ACCEPTANCE,)
    base_order = ("created_at", "desc")
    scope = scopes.acceptance
    quick_search = ("acceptance_no", "order.order_no")
    related_views = [AcceptanceLineView, AcceptanceStandardView]


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
