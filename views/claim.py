"""Claims of interest on late money. Clause 11(1)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.documents.demands import DEMAND
from app.security import scopes
from app.services.claim.actions import claim
from models.late_claim import LateClaim
from views.base import EntityInterface
from views.entity import EntityView
from views.paper import Printed
from views.payment import PaymentAllocationView


class LateClaimView(Printed, EntityView):
    """What organisations owe for paying late; the program reckons it, finance claims it."""

    datamodel = EntityInterface(LateClaim)
    list_columns = [
        "claim_no", "order", "overdue_amount", "due_on", "until_on", "days_late", "interest_amount", "paid_amount",
        "state",
    ]  # fmt: skip
    search_columns = ["state", "order", "due_on", "until_on", "interest_amount"]
    add_columns = ["order", "note"]
    show_fieldsets = [
        (_l("Claim"), {"fields": ["claim_no", "order", "interest_amount", "paid_amount", "open_amount", "note"]}),
        (_l("How it is reckoned"), {"fields": ["overdue_amount", "due_on", "until_on", "days_late", "daily_pct"]}),
    ]
    label_columns = {"open_amount": _l("Still open")}
    papers = (DEMAND,)
    base_order = ("created_at", "desc")
    totals = ("interest_amount", "paid_amount")
    scope = scopes.late_claim
    quick_search = ("claim_no", "order.order_no")
    creates = claim
    related_views = [PaymentAllocationView]
