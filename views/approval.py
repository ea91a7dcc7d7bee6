"""The committee's approvals and the letters that confirm orders. Clauses 6, 13(2), 13(3)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.documents.catalogue import LETTER
from app.security import scopes
from models.approval import Approval, ApprovalVote
from models.letter import ConfirmationLetter
from views.base import EntityInterface
from views.entity import EntityView
from views.paper import Printed
from views.talk import Talked


class ApprovalVoteView(EntityView):
    """How each member voted; votes are cast by the step of the approval."""

    datamodel = EntityInterface(ApprovalVote)
    list_columns = ["approval", "member", "decision", "comment", "voted_at", "is_chair"]
    search_columns = ["approval", "decision", "voted_at"]
    show_fieldsets = [(_l("Vote"), {"fields": list_columns})]
    base_order = ("id", "desc")
    scope = scopes.approval_vote


class ApprovalView(Talked, EntityView):
    """What the committee has to decide, bound to the content it was shown."""

    datamodel = EntityInterface(Approval)
    list_columns = ["approval_no", "kind", "order", "amount", "submitted_at", "due_at", "state"]
    search_columns = ["state", "kind", "order", "amount", "submitted_at", "due_at"]
    show_fieldsets = [
        (_l("Approval"), {"fields": ["approval_no", "kind", "order", "amount", "triggers", "summary"]}),
        (_l("Course"), {"fields": ["submitted_by", "submitted_at", "due_at", "decided_at"]}),
    ]
    base_order = ("submitted_at", "desc")
    scope = scopes.approval
    quick_search = ("approval_no", "order.order_no")
    related_views = [ApprovalVoteView]


class ConfirmationLetterView(Printed, EntityView):
    """The letters sent to customers, each bound to the content of the order."""

    datamodel = EntityInterface(ConfirmationLetter)
    list_columns = [
        "letter_no",
        "order",
        "letter_version",
        "total_amount",
        "promised_on",
        "channel",
        "sent_at",
        "state",
    ]
    search_columns = ["state", "order", "channel", "sent_at"]
    show_fieldsets = [
        (_l("Confirmation letter"), {"fields": ["letter_no", "order", "letter_version", "channel", "total_amount"]}),
        (_l("Promise"), {"fields": ["promised_on", "promise_rule", "sent_at", "answered_at"]}),
    ]
    papers = (LETTER,)
    base_order = ("sent_at", "desc")
    scope = scopes.confirmation_letter
    quick_search = ("letter_no", "order.order_no")
