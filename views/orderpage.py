"""What stands on top of an order: the promise, and the money as far as the reader may see it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app.kernel.context import Context
from app.kernel.fields import Access, access
from app.services.amendment.rules import AMENDABLE
from app.services.claim.actions import bears_interest, late_of
from models.labels import ContractKind, OrderState, label_of
from models.late_claim import LateClaim
from models.order import Order
from views.base import ENTITIES
from views.customerlink import link_button
from views.display import money

# The promise is kept, or is owed no more.
ENDED = frozenset({OrderState.completed, OrderState.closed, OrderState.cancelled, OrderState.rejected})
SOON = 2  # days


def order_figures(ctx: Context, order: Order) -> list[dict[str, Any]]:
    """Promise, total, paid, what is open, and what the contract is; of tables only the lines, which guards read."""
    return [*promise(ctx, order), *amounts(ctx, order), *contract(order)]


def promise(ctx: Context, order: Order) -> list[dict[str, Any]]:
    """The promised day and how far it is."""
    if order.promised_on is None:
        return []
    figure: dict[str, Any] = {"label": str(Order.promised_on.info["label"]), "value": order.promised_on.isoformat()}
    if order.state in ENDED:
        return [figure]
    days = (order.promised_on - ctx.today).days
    if days < 0:
        return [{**figure, "tone": "danger", "hint": _("%(days)s days late", days=-days)}]
    hint = _("%(days)s days left", days=days) if days else _("today")
    return [{**figure, "hint": hint, **({"tone": "warning"} if days <= SOON else {})}]


def amounts(ctx: Context, order: Order) -> list[dict[str, Any]]:
    """The money; nothing for who does not see prices in full."""
    if access(ctx.actor, Order, "total_amount") is not Access.full:
        return []
    kept = order.paid_amount - order.refunded_amount
    owed = Decimal(0) if order.state in {OrderState.cancelled, OrderState.rejected} else order.total_amount - kept
    found = [
        {"label": str(Order.total_amount.info["label"]), "value": money(order.total_amount)},
        {"label": str(Order.paid_amount.info["label"]), "value": money(order.paid_amount)},
    ]
    if order.refunded_amount:
        found.append({"label": str(Order.refunded_amount.info["label"]), "value": money(order.refunded_amount)})
    found.append({"label": _("Open amount"), "value": money(owed), **({"tone": "warning"} if owed > 0 else {})})
    return [*found, *late_interest(ctx, order)]


def late_interest(ctx: Context, order: Order) -> list[dict[str, Any]]:
    """What late money of an organisation owes in interest by now, claimed or not; one statement."""
    late = late_of(ctx, order) if bears_interest(order) and ctx.actor.may("late_claim.list") else None
    if late is None:
        return []
    hint = _("%(days)s days late", days=late.days)
    return [
        {"label": str(LateClaim.interest_amount.info["label"]), "value": money(late.interest), "hint": hint,
         "tone": "danger"}
    ]  # fmt: skip


def contract(order: Order) -> list[dict[str, Any]]:
    """What the contract is by law, where that is more than a sale."""
    kind = order.contract_kind
    return [{"label": _("Kind of contract"), "value": str(label_of(kind))}] if kind is ContractKind.work else []


def order_buttons(ctx: Context, order: Order) -> list[dict[str, Any]]:
    """The ways from an order to what is not a step of it."""
    return [*link_button(ctx, order), *amend_buttons(ctx, order)]


def amend_buttons(ctx: Context, order: Order) -> list[dict[str, Any]]:
    """A confirmed order is changed and cancelled by requests: the ways to their forms, filled in. Clause 15."""
    if order.state not in AMENDABLE:
        return []
    wanted = (("change_request", _("Change…"), "fa-pen"), ("cancellation", _("Cancel lines…"), "fa-ban"))
    return [
        {
            "name": entity,
            "label": label,
            "url": ENTITIES[entity].url("add", order_id=order.id),
            "method": "get",
            "tone": "default",
            "icon": icon,
        }
        for entity, label, icon in wanted
        if entity in ENTITIES and ENTITIES[entity].may_add(ctx.actor)
    ]
