"""Service tickets. Clause 10(3)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.consequences.exceptions import change_ticket
from app.security import scopes
from app.services.ticket.actions import open_ticket
from models.ticket import ServiceTicket
from views.base import EntityInterface
from views.entity import EntityView
from views.exception import ExceptionCaseView
from views.talk import Talked


class ServiceTicketView(Talked, EntityView):
    """Complaints, repairs, parts, returns and questions."""

    datamodel = EntityInterface(ServiceTicket)
    list_columns = ["ticket_no", "kind", "level", "customer", "order", "liable_party", "created_at", "state"]
    search_columns = [
        "state", "kind", "level", "customer", "order", "order_line", "liable_party", "source_channel", "is_in_warranty",
        "created_at", "closed_at",
    ]  # fmt: skip
    add_columns = ["customer", "order", "order_line", "kind", "level", "source_channel", "authority_no", "description"]
    edit_columns = ["kind", "level", "authority_no", "description", "cause", "liable_party", "cost_amount"]
    show_fieldsets = [
        (
            _l("Service ticket"),
            {
                "fields": [
                    "ticket_no",
                    "kind",
                    "level",
                    "customer",
                    "order",
                    "order_line",
                    "source_channel",
                    "description",
                ]
            },
        ),
        (_l("Authority"), {"fields": ["authority_no", "authority_answer", "authority_answered_at"]}),
        (_l("Cause"), {"fields": ["cause", "liable_party", "is_in_warranty", "cost_amount"]}),
        (
            _l("Course"),
            {"fields": ["first_response_at", "planned_at", "plan", "resolution", "closed_at", "reopened_count"]},
        ),
    ]
    base_order = ("created_at", "desc")
    scope = scopes.service_ticket
    quick_search = ("ticket_no", "order.order_no", "customer.search_text")
    cells = ("level", "cause", "liable_party", "cost_amount")
    creates = open_ticket
    changes = change_ticket
    related_views = [ExceptionCaseView]
