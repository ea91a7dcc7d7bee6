"""Customers with their addresses and consents. Clause 10(5), 12(3)."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.security import scopes
from app.services.customer.actions import CREDIT, change_customer, create_customer
from models.customer import Consent, Customer, CustomerAddress
from views.base import EntityInterface
from views.entity import EntityView
from views.inline import Inline
from views.order import OrderView
from views.payment import PaymentView
from views.privacy import withdrawn_consent_hints
from views.reveal import Revealable
from views.statement import Stated, statement_button
from views.subject import ReportApi, Reported, report_button
from views.ticket import ServiceTicketView
from views.twins import Warned, customer_twins


def is_kept(customer: Customer) -> bool:
    """Whether a file still stands for somebody: not merged into another one, and not made anonymous."""
    return customer.merged_into_id is None and customer.anonymised_at is None


def is_of_kept(address: CustomerAddress) -> bool:
    """An address goes with its file."""
    return is_kept(address.customer)


class CustomerAddressView(Revealable, EntityView):
    """Places of delivery."""

    datamodel = EntityInterface(CustomerAddress)
    list_columns = ["label", "customer", "contact_name", "contact_phone", "city", "district", "detail", "is_default"]
    search_columns = ["customer", "city", "contact_name", "contact_phone"]
    add_columns = [
        "customer", "label", "contact_name", "contact_phone", "province", "city", "district", "detail", "floor",
        "elevator", "door_code", "is_default",
    ]  # fmt: skip
    edit_columns = add_columns[1:]
    show_fieldsets = [
        (_l("Address"), {"fields": ["customer", "label", "province", "city", "district", "detail", "is_default"]}),
        (_l("Delivery"), {"fields": ["contact_name", "contact_phone", "floor", "elevator", "door_code"]}),
    ]
    base_order = ("id", "desc")
    scope = scopes.customer_address
    quick_search = ("customer.search_text",)
    parent_allows = is_kept
    can_be_edited = is_of_kept


class ConsentView(EntityView):
    """What a customer agreed to."""

    datamodel = EntityInterface(Consent)
    list_columns = ["customer", "purpose", "is_granted", "text_version", "channel", "given_at", "withdrawn_at", "state"]
    search_columns = ["state", "customer", "purpose", "is_granted", "given_at"]
    add_columns = ["customer", "purpose", "is_granted", "text_version", "channel", "given_at"]
    show_fieldsets = [
        (
            _l("Consent"),
            {
                "fields": [
                    "customer",
                    "purpose",
                    "is_granted",
                    "text_version",
                    "channel",
                    "given_at",
                    "order",
                    "evidence",
                ]
            },
        ),
        (_l("Withdrawal"), {"fields": ["withdrawn_at", "withdrawn_channel"]}),
    ]
    base_order = ("given_at", "desc")
    scope = scopes.consent
    quick_search = ("customer.search_text",)


def further_buttons(ctx: Context, customer: Customer) -> list[dict[str, Any]]:
    """What is given to a customer on paper or as a file, and the way to a merge with another file."""
    found = [*statement_button(ctx, customer), *report_button(ctx, customer)]
    if ctx.actor.may("customer_merge.add") and is_kept(customer):
        url = url_for("CustomerMergeView.add", source_id=customer.id)
        label = _("Merge into another file")
        found.append({"name": "merge", "label": label, "url": url, "method": "get", "tone": "default"})
    return found


class CustomerView(Revealable, Reported, Stated, Warned, EntityView):
    """Persons and organisations that order."""

    datamodel = EntityInterface(Customer)
    list_columns = ["code", "name", "kind", "phone", "city", "level", "source_channel", "is_active"]
    search_columns = [
        "kind", "level", "city", "name", "phone", "uscc", "source_channel", "is_dealer", "is_blacklisted", "is_active",
        "created_at",
    ]  # fmt: skip
    add_columns = [
        "kind", "name", "phone", "uscc", "email", "wechat", "province", "city", "source_channel", "level",
        "credit_limit_amount", "credit_days", "is_dealer", "note",
    ]  # fmt: skip
    edit_columns = [*add_columns, "is_blacklisted", "blacklist_reason", "is_active", "hold_reason"]
    show_fieldsets = [
        (_l("Customer"), {"fields": ["code", "kind", "name", "uscc", "level", "is_active", "note"]}),
        (_l("Contact"), {"fields": ["phone", "email", "wechat", "province", "city", "source_channel"]}),
        (
            _l("Terms"),
            {"fields": ["credit_limit_amount", "credit_days", "is_dealer", "is_blacklisted", "blacklist_reason"]},
        ),
        (_l("Personal data"), {"fields": ["hold_reason", "anonymised_at", "merged_into"]}),
    ]
    base_order = ("created_at", "desc")
    order_columns = ["created_at", "name", "code"]
    scope = scopes.customer
    quick_search = ("search_text",)
    cells = ("level", "source_channel", "city", "note", "is_active")
    inlines = {
        "addresses": Inline(
            CustomerAddressView,
            columns=["contact_name", "contact_phone", "province", "city", "detail", "is_default"],
            more=["label", "district", "floor", "elevator", "door_code"],
        ),
    }
    creates = create_customer
    changes = change_customer
    can_be_edited = is_kept
    related_views = [OrderView, CustomerAddressView, ConsentView, ServiceTicketView, PaymentView]
    restricted = {**dict.fromkeys(CREDIT, "customer.credit"), "hold_reason": "customer.keep"}
    extra_permissions = ("credit", "keep", "report", "statement", "import", "take_back")
    hints = withdrawn_consent_hints
    twins = customer_twins
    further = further_buttons
    api_base = ReportApi
