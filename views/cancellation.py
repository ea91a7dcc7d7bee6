"""Cancellations of lines of confirmed orders, with their cost sheet. Clause 15."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.consequences import cancelling
from app.documents.amendments import CANCELLATION, COMPENSATION
from app.kernel.context import Context
from app.kernel.fields import Access, access
from app.security import scopes
from models.cancellation import Cancellation, CancellationLine, CostItem
from models.labels import CancellationState
from views.base import EntityInterface
from views.display import money
from views.entity import EntityView
from views.inline import Inline
from views.orderlines import lines_asked_for
from views.paper import Printed
from views.payment import RefundView

MAY_ASK = "cancellation.add"


def is_asked(cancellation: Cancellation) -> bool:
    """What was costed, checked or offered is not changed below it."""
    return cancellation.state is CancellationState.asked


def is_of_asked(row: CancellationLine | CostItem) -> bool:
    """Lines and costs follow their request."""
    return is_asked(row.cancellation)


class CancellationLineView(EntityView):
    """Which lines are to be cancelled, and how far they had come."""

    datamodel = EntityInterface(CancellationLine)
    list_columns = ["cancellation", "order_line", "qty", "stage", "amount"]
    search_columns = ["cancellation", "order_line", "stage"]
    add_columns = ["cancellation", "order_line", "qty"]
    edit_columns = ["qty"]
    show_fieldsets = [(_l("Line to cancel"), {"fields": list_columns})]
    base_order = ("id", "asc")
    totals = ("amount",)
    scope = scopes.cancellation_line
    parent_allows = is_asked
    creates = cancelling.add_line
    changes = cancelling.change_line
    can_be_edited = is_of_asked


class CostItemView(EntityView):
    """What the cancelled goods have cost already."""

    datamodel = EntityInterface(CostItem)
    list_columns = ["cancellation", "kind", "amount", "evidence"]
    search_columns = ["cancellation", "kind"]
    add_columns = ["cancellation", "kind", "amount", "evidence"]
    edit_columns = ["kind", "amount", "evidence"]
    show_fieldsets = [(_l("Cost item"), {"fields": list_columns})]
    base_order = ("id", "asc")
    scope = scopes.cost_item
    parent_allows = is_asked
    creates = cancelling.add_cost
    changes = cancelling.change_cost
    can_be_edited = is_of_asked


def first_lines(ctx: Context, arguments: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """What is left in the house of the order that led here, or of the one line: rows that stay are cancelled."""
    lines = lines_asked_for(ctx, arguments)
    left = [(line, line.qty_net - (line.qty_shipped - line.qty_back)) for line in lines]
    return {"lines": [{"order_line_id": line.id, "qty": qty} for line, qty in left if qty > 0]}


def figures(ctx: Context, cancellation: Cancellation) -> list[dict[str, Any]]:
    """The money on one strip; nothing for who does not see prices in full."""
    if access(ctx.actor, Cancellation, "compensation_amount") is not Access.full:
        return []
    names = ("released_amount", "documented_amount", "cap_amount", "compensation_amount", "deposit_share_amount")
    found = [
        {"label": str(getattr(Cancellation, name).info["label"]), "value": money(getattr(cancellation, name))}
        for name in names
    ]
    if cancellation.claim_amount:
        label = str(Cancellation.claim_amount.info["label"])
        found.append({"label": label, "value": money(cancellation.claim_amount), "tone": "warning"})
    if owed := cancellation.penalty_amount + cancellation.interest_amount:
        found.append({"label": _("Owed by us"), "value": money(owed), "tone": "warning"})
    kept = _("%(kept)s of %(paid)s stay", kept=money(cancellation.kept_amount), paid=money(_paid(cancellation)))
    label = str(Cancellation.refund_amount.info["label"])
    return [*found, {"label": label, "value": money(cancellation.refund_amount), "hint": kept}]


def _paid(cancellation: Cancellation) -> Any:
    return cancellation.deposit_share_amount + cancellation.prepay_share_amount


class CancellationView(Printed, EntityView):
    """Requests to cancel lines of confirmed orders, from the question to the settlement."""

    datamodel = EntityInterface(Cancellation)
    list_columns = [
        "cancellation_no", "order", "cancel_kind", "cancel_reason", "released_amount", "compensation_amount",
        "refund_amount", "asked_at", "state",
    ]  # fmt: skip
    search_columns = ["state", "cancel_kind", "cancel_reason", "order", "asked_at", "is_above_cap"]
    add_columns = ["order", "cancel_kind", "cancel_reason", "asked_at", "note"]
    edit_columns = ["cancel_kind", "cancel_reason", "note"]
    # Production opens the form for the cost sheet; who asked, and why, is written by whoever may ask.
    restricted = dict.fromkeys(("order_id", "cancel_kind", "cancel_reason", "asked_at", "note"), MAY_ASK)
    optional_columns = ("asked_at",)
    add_fieldsets = [
        (_l("Cancellation request"), {"fields": ["order", "cancel_kind", "cancel_reason", "asked_at", "note"]}),
        (
            _l("Lines to cancel"),
            {"fields": ["lines"], "text": _l("Remove the lines that stay; give the quantity of the others.")},
        ),
    ]
    inlines = {
        "lines": Inline(
            CancellationLineView,
            columns=["order_line", "qty"],
            computed=["stage", "amount"],
            removes=cancelling.remove_line,
        ),
        "costs": Inline(CostItemView, columns=["kind", "amount", "evidence"], removes=cancelling.remove_cost),
    }
    starts_with = first_lines
    show_fieldsets = [
        (
            _l("Cancellation request"),
            {"fields": ["cancellation_no", "order", "cancel_kind", "cancel_reason", "asked_at", "note"]},
        ),
        (
            _l("Compensation"),
            {
                "fields": [
                    "released_amount", "documented_amount", "cap_amount", "handling_amount", "compensation_amount",
                    "is_above_cap",
                ],
            },
        ),
        (
            _l("Deposit and payments"),
            {
                "fields": [
                    "deposit_mode", "deposit_share_amount", "prepay_share_amount", "deposit_kept_amount",
                    "kept_amount", "refund_amount", "claim_amount", "penalty_amount", "interest_amount",
                ],
            },
        ),
        (_l("Customer's answer"), {"fields": ["accepted_how", "signed_by", "effective_at"]}),
    ]  # fmt: skip
    papers = (CANCELLATION, COMPENSATION)
    base_order = ("asked_at", "desc")
    scope = scopes.cancellation
    quick_search = ("cancellation_no", "order.order_no")
    creates = cancelling.open_cancellation
    changes = cancelling.change_cancellation
    can_be_edited = is_asked
    related_views = [CancellationLineView, CostItemView, RefundView]
    figures = figures
