"""Change requests of confirmed orders. Clause 15."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.consequences import changing
from app.documents.amendments import CHANGE
from app.kernel.context import Context
from app.kernel.fields import Access, access
from app.security import scopes
from models.change import ChangeLine, ChangeRequest
from models.labels import ChangeState
from views.base import EntityInterface
from views.display import money
from views.entity import EntityView
from views.inline import Inline
from views.orderlines import lines_asked_for
from views.paper import Printed
from views.payment import RefundView

PLACE = ["receiver_name", "receiver_phone", "ship_province", "ship_city", "ship_district", "ship_address", "floor"]
MAKE = ["description", "length_mm", "width_mm", "height_mm", "material", "finish", "colour"]


def is_asked(request: ChangeRequest) -> bool:
    """What was offered is not changed below the customer."""
    return request.state is ChangeState.asked


def is_of_asked(row: ChangeLine) -> bool:
    """Rows follow their request."""
    return is_asked(row.change_request)


class ChangeLineView(EntityView):
    """What becomes of which line."""

    datamodel = EntityInterface(ChangeLine)
    list_columns = ["change_request", "order_line", "product", "before", "after", "stage"]
    search_columns = ["change_request", "order_line", "product", "stage"]
    add_columns = ["change_request", "order_line", "product", "qty_ordered", "list_price", "discount_pct", *MAKE]
    edit_columns = ["qty_ordered", "list_price", "discount_pct", *MAKE]
    show_fieldsets = [
        (_l("Changed line"), {"fields": ["change_request", "order_line", "product", "before", "after", "stage"]}),
        (_l("Price"), {"fields": ["list_price", "discount_pct"]}),
    ]
    base_order = ("id", "asc")
    scope = scopes.change_line
    parent_allows = is_asked
    creates = changing.add_row
    changes = changing.change_row
    can_be_edited = is_of_asked


def first_lines(ctx: Context, arguments: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The lines of the order that led here as they are: what is not changed in them is left out."""
    lines = lines_asked_for(ctx, arguments)
    return {"lines": [{"order_line_id": line.id, "qty_ordered": line.qty_ordered} for line in lines if line.qty_net]}


def figures(ctx: Context, request: ChangeRequest) -> list[dict[str, Any]]:
    """Money before and after on one strip; nothing for who does not see prices in full."""
    if access(ctx.actor, ChangeRequest, "total_after_amount") is not Access.full:
        return []
    difference = request.total_after_amount - request.total_before_amount
    found: list[dict[str, Any]] = [
        {"label": str(getattr(ChangeRequest, name).info["label"]), "value": money(getattr(request, name))}
        for name in ("total_before_amount", "total_after_amount", "extra_amount", "fee_amount")
    ]
    if difference > 0:
        found[1]["hint"] = _("%(difference)s more", difference=money(difference))
    elif difference < 0:
        found[1]["hint"] = _("%(difference)s less", difference=money(-difference))
    if request.refund_amount:
        found.append({"label": str(ChangeRequest.refund_amount.info["label"]), "value": money(request.refund_amount)})
    if request.needs_approval:
        found.append({"label": str(ChangeRequest.needs_approval.info["label"]), "value": _("Yes"), "tone": "warning"})
    return found


class ChangeRequestView(Printed, EntityView):
    """Requests to change confirmed orders, with what they would do to them."""

    datamodel = EntityInterface(ChangeRequest)
    list_columns = [
        "change_no", "order", "side", "kind", "total_before_amount", "total_after_amount", "asked_at", "state",
    ]  # fmt: skip
    search_columns = ["state", "side", "kind", "order", "asked_at", "needs_approval"]
    add_columns = ["order", "side", "kind", "asked_at", "note", "promised_on", *PLACE]
    edit_columns = ["side", "kind", "note", "promised_on", *PLACE]
    optional_columns = ("asked_at",)
    add_fieldsets = [
        (_l("Change request"), {"fields": ["order", "side", "kind", "asked_at", "note"]}),
        (
            _l("Changed lines"),
            {"fields": ["lines"], "text": _l("Type over what becomes otherwise; a row without a line is new.")},
        ),
        (_l("Place and date"), {"fields": ["promised_on", *PLACE], "expanded": False}),
    ]
    edit_fieldsets = [
        (_l("Change request"), {"fields": ["side", "kind", "note"]}),
        (_l("Changed lines"), {"fields": ["lines"]}),
        (_l("Place and date"), {"fields": ["promised_on", *PLACE]}),
    ]
    inlines = {
        "lines": Inline(
            ChangeLineView,
            columns=["order_line", "product", "qty_ordered"],
            more=["list_price", "discount_pct", *MAKE],
            removes=changing.remove_row,
        ),
    }
    starts_with = first_lines
    show_fieldsets = [
        (_l("Change request"), {"fields": ["change_no", "order", "side", "kind", "asked_at", "note"]}),
        (
            _l("What it would do"),
            {
                "fields": [
                    "stage", "tasks_affected", "shipments_affected", "stock_short", "total_before_amount",
                    "total_after_amount", "extra_amount", "fee_amount", "refund_amount", "needs_approval",
                ]
            },
        ),
        (_l("Place and date"), {"fields": ["promised_before_on", "promised_on", *PLACE]}),
        (_l("Opinions"), {"fields": ["production_opinion", "finance_opinion", "logistics_opinion"]}),
        (_l("Customer's answer"), {"fields": ["accepted_how", "applied_at"]}),
    ]  # fmt: skip
    papers = (CHANGE,)
    base_order = ("asked_at", "desc")
    scope = scopes.change_request
    quick_search = ("change_no", "order.order_no")
    creates = changing.open_change
    changes = changing.change_request
    can_be_edited = is_asked
    related_views = [ChangeLineView, RefundView]
    figures = figures
