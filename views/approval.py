"""The committee's approvals and the letters that confirm orders. Clauses 6, 13(2), 13(3)."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.documents.catalogue import LETTER
from app.kernel.context import Context
from app.security import scopes
from models.approval import Approval, ApprovalOpinion, ApprovalVote
from models.labels import label_of
from models.letter import ConfirmationLetter
from views.base import EntityInterface
from views.customerlink import CustomerLinkView, Linked, link_button
from views.display import person_text
from views.entity import EntityView
from views.findings import trigger_texts
from views.paper import Printed
from views.talk import Talked


def considered(ctx: Context, approval: Approval, _step: str) -> dict[str, Any]:
    """What a member should know before he decides: why it is before him, and what was said."""
    triggers = trigger_texts(ctx, approval.triggers, approval.findings)
    facts = [{"label": found["label"], "value": found["why"] or _("Yes"), "kind": "long"} for found in triggers]
    for opinion in approval.opinions:
        label = _("Opinion: %(department)s", department=str(label_of(opinion.asked_of)))
        facts.append({"label": label, "value": opinion.text or _("Not given yet"), "kind": "long"})
    for vote in approval.votes:
        parts = (label_of(vote.decision), label_of(vote.conflict) if vote.conflict else None, vote.comment)
        said = " · ".join(str(part) for part in parts if part)
        facts.append({"label": _("Vote: %(name)s", name=person_text(vote.member)), "value": said, "kind": "long"})
    return {"facts": facts}


class ApprovalVoteView(EntityView):
    """How each member voted; votes are cast by the step of the approval."""

    datamodel = EntityInterface(ApprovalVote)
    list_columns = ["approval", "member", "decision", "conflict", "comment", "voted_at", "is_chair"]
    search_columns = ["approval", "decision", "voted_at"]
    show_fieldsets = [(_l("Vote"), {"fields": list_columns})]
    base_order = ("id", "desc")
    scope = scopes.approval_vote


class ApprovalOpinionView(EntityView):
    """What the departments said before the vote; given by the step of the approval."""

    datamodel = EntityInterface(ApprovalOpinion)
    list_columns = ["approval", "asked_of", "text", "given_by", "given_at"]
    search_columns = ["approval", "asked_of", "given_at"]
    show_fieldsets = [(_l("Opinion"), {"fields": list_columns})]
    base_order = ("id", "desc")
    scope = scopes.approval_opinion


class ApprovalView(Talked, EntityView):
    """What the committee has to decide, bound to the content it was shown."""

    datamodel = EntityInterface(Approval)
    list_columns = ["approval_no", "kind", "order", "amount", "submitted_at", "due_at", "state"]
    search_columns = ["state", "kind", "order", "amount", "submitted_at", "due_at"]
    show_fieldsets = [
        (_l("Approval"), {"fields": ["approval_no", "kind", "order", "amount", "triggers", "summary"]}),
        (_l("Course"), {"fields": ["submitted_by", "submitted_at", "due_at", "is_rush", "reminded_at", "decided_at"]}),
        (_l("Minutes"), {"fields": ["minutes", "minutes_due_at", "minutes_at"]}),
    ]
    base_order = ("submitted_at", "desc")
    scope = scopes.approval
    quick_search = ("approval_no", "order.order_no")
    related_views = [ApprovalOpinionView, ApprovalVoteView]
    beside = considered


class ConfirmationLetterView(Printed, Linked, EntityView):
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
        (_l("Promise"), {"fields": ["promised_on", "promise_rule", "sent_at", "reminders"]}),
        (_l("Answer"), {"fields": ["answered_at", "signed_name", "objection", "signature_hash"]}),
    ]
    papers = (LETTER,)
    base_order = ("sent_at", "desc")
    scope = scopes.confirmation_letter
    quick_search = ("letter_no", "order.order_no")
    related_views = [CustomerLinkView]
    extra_permissions = ("link",)
    further = link_button
