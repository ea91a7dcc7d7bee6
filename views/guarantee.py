"""Guarantees that the company gives public buyers and project owners. Clause 11(5)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.consequences.guarantee import change, enter
from app.security import scopes
from models.guarantee import Guarantee, GuaranteeState
from views.base import EntityInterface
from views.entity import EntityView


def is_due(guarantee: Guarantee) -> bool:
    """Corrected until the buyer has it."""
    return guarantee.state is GuaranteeState.due


class GuaranteeView(EntityView):
    """Bid, performance and quality bonds, until the buyer has given them back."""

    datamodel = EntityInterface(Guarantee)
    list_columns = [
        "guarantee_no", "order", "kind", "form", "amount", "document_no", "due_on", "valid_until_on", "state",
    ]  # fmt: skip
    search_columns = ["state", "kind", "form", "order", "valid_until_on", "due_on", "issuer", "document_no"]
    add_columns = [
        "order", "kind", "form", "amount", "issuer", "document_no", "valid_until_on", "due_on", "cash_reason", "note",
    ]  # fmt: skip
    edit_columns = add_columns[2:]
    show_fieldsets = [
        (_l("Guarantee"), {"fields": ["guarantee_no", "order", "kind", "form", "amount", "cash_reason"]}),
        (_l("Guarantee document"), {"fields": ["issuer", "document_no", "valid_until_on", "note"]}),
        (_l("Course"), {"fields": ["due_on", "given_on", "returned_on"]}),
    ]
    base_order = ("created_at", "desc")
    quick_views = (
        (_l("To be given"), {"state": "due"}),
        (_l("With the buyer"), {"state": "held"}),
        (_l("To be returned"), {"state": "to_return"}),
        (_l("Validity run out"), {"valid_until_on__during": "past", "state": "held,to_return"}),
    )
    totals = ("amount",)
    scope = scopes.guarantee
    quick_search = ("guarantee_no", "document_no", "order.order_no")
    creates = enter
    changes = change
    can_be_edited = is_due
    optional_columns = ("amount",)
