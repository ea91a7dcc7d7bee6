"""Requests of people about their own data (clause 25), and what the screens say about consents."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.security import scopes
from app.services.privacy.actions import consents_of, missing_consents, receive_request
from models.customer import Customer
from models.labels import CustomerKind, OrderState, label_of
from models.order import Order
from models.privacy import PrivacyRequest, RequestState
from views.base import EntityInterface
from views.display import moment
from views.entity import EntityView

BEING_ENTERED = frozenset({OrderState.draft, OrderState.pending_review})


def is_received(request: PrivacyRequest) -> bool:
    """What was answered is not edited."""
    return request.state is RequestState.received


class PrivacyRequestView(EntityView):
    """What people ask about their own data, within 15 working days (Z1)."""

    datamodel = EntityInterface(PrivacyRequest)
    list_columns = ["request_no", "customer", "kind", "channel", "received_at", "answered_at", "state"]
    search_columns = ["state", "kind", "customer", "channel", "received_at", "answered_at"]
    add_columns = ["customer", "kind", "channel", "received_at", "content"]
    edit_columns = ["kind", "channel", "content"]
    show_fieldsets = [
        (_l("Data request"), {"fields": ["request_no", "customer", "kind", "channel", "received_at", "content"]}),
        (_l("Answer"), {"fields": ["identity_check", "answer", "refusal_reason", "answered_at"]}),
    ]
    base_order = ("received_at", "desc")
    scope = scopes.privacy_request
    quick_search = ("request_no", "customer.search_text")
    creates = receive_request
    can_be_edited = is_received
    optional_columns = ("received_at",)


def missing_consent_hints(ctx: Context, order: Order) -> list[dict[str, str]]:
    """While an order of a person is being entered: what he has not agreed to, for who may know. No blocker."""
    if order.state not in BEING_ENTERED or not ctx.actor.may("consent.list"):
        return []
    if order.customer.kind is not CustomerKind.person:
        return []
    return [
        {"label": _("No consent: %(purpose)s", purpose=label_of(purpose)), "tone": "warning"}
        for purpose in missing_consents(ctx, order.customer_id)
    ]


def withdrawn_consent_hints(ctx: Context, customer: Customer) -> list[dict[str, str]]:
    """What a customer has taken back and not given again, and that nothing is left of an anonymised one."""
    found = []
    if customer.anonymised_at is not None:
        found.append({"label": _("Anonymised"), "tone": "neutral"})
    if not ctx.actor.may("consent.list"):
        return found
    return found + [
        {
            "label": _("Withdrawn on %(moment)s: %(purpose)s", moment=moment(at), purpose=label_of(purpose)),
            "tone": "danger",
        }
        for purpose, _holds, at in consents_of(ctx, customer.id)
        if at is not None
    ]
