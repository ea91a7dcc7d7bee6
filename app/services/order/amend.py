"""What a cancellation or a change does to the order itself: quantities, prices, and how they would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from app.kernel.context import Context
from app.services.order import flags, rules
from app.services.order.actions import new_line
from app.services.order.pricing import content_of, reprice
from models.labels_order import FeeKind
from models.order import Order, OrderFee, OrderLine
from models.product import Product

ZERO = Decimal(0)
# What prices it, and what makes it large or special.
PRICED = (
    "id", "order_type", "floor", "elevator", "customer_id", "channel", "received_at", "requested_on", "bond_amount",
    "delivery_cost_amount", "is_outside_area", "is_exclusive", "has_special_terms", "penalty_pct_daily",
    "penalty_cap_pct", "retention_pct",
)  # fmt: skip
COPIED = (
    "line_no", "product_id", "qty_ordered", "qty_cancelled", "list_price", "discount_pct", "tax_rate", "supply_mode",
    "lead_days", "warranty_months",
)  # fmt: skip
FEE = ("kind", "amount", "tax_rate")


def as_if(
    ctx: Context,
    order: Order,
    lines: Mapping[int, Mapping[str, Any]],
    *,
    further: Sequence[Mapping[str, Any]] = (),
    head: Mapping[str, Any] | None = None,
    fee: Decimal = ZERO,
) -> Order:
    """The order priced as if lines (by id), its head and its fees were otherwise; it belongs to no session.

    Args:
        further: lines that would be new.
        fee: what would be charged beside the goods.
    """
    with ctx.session.no_autoflush:
        copy = Order(**{name: getattr(order, name) for name in PRICED}, **(head or {}))
        # Set without its backref: the copy must not reach the customer's orders.
        set_committed_value(copy, "customer", order.customer)
        for line in order.lines:
            made = OrderLine(**{**{name: getattr(line, name) for name in COPIED}, **lines.get(line.id, {})})
            made.product = line.product
            copy.lines.append(made)
        for values in further:
            product = ctx.session.scalars(sa.select(Product).where(Product.id == values["product_id"])).one()
            copy.lines.append(new_line(product, values))
        copy.fees = [OrderFee(**{name: getattr(held, name) for name in FEE}) for held in order.fees]
        charge(copy, fee)
        call_off_fees(copy)
        reprice(ctx, copy)
    return copy


def charge(order: Order, amount: Decimal, description: str | None = None) -> None:
    """Adds to the fees beside the goods: each money effect is a line of its own (domain/02 2.2)."""
    if amount <= ZERO:
        return
    fee = next((held for held in order.fees if held.kind is FeeKind.other), None)
    if fee is None:
        fee = OrderFee(kind=FeeKind.other, amount=ZERO, tax_rate=Decimal(13))
        order.fees.append(fee)
    fee.amount += amount
    fee.description = description or fee.description


def call_off_fees(order: Order) -> None:
    """Services for goods that are all cancelled are not rendered; measuring on site was."""
    if any(line.qty_net > ZERO for line in order.lines):
        return
    for fee in order.fees:
        if fee.kind is not FeeKind.measure:
            fee.amount = ZERO


def call_off(ctx: Context, order: Order, quantities: Mapping[int, Decimal]) -> None:
    """Cancels quantities of lines (by id) and prices what is left."""
    for line in order.lines:
        if qty := quantities.get(line.id):
            line.qty_cancelled += qty
    call_off_fees(order)
    renew(ctx, order)


def judge(ctx: Context, order: Order) -> None:
    """What makes a changed order large or special, once its payment plan is the new one (F05, F06)."""
    ctx.session.expire(order, ["schedules"])
    flags.judge(ctx, order)
    ctx.session.flush()


def new_findings(ctx: Context, order: Order, changed: Order) -> dict[str, dict[str, str]]:
    """Why the committee would decide on an order as it would be (:func:`as_if`); of the plan's money nothing is said.

    What is so without the change as well, only later than the letter, is no reason of the change.
    """
    found = flags.findings(ctx, changed)
    known = {*(order.special_flags or ()), *([flags.LARGE] if order.is_large else [])}
    if known.issuperset(found):
        return {}
    known |= set(flags.findings(ctx, order))
    return {code: numbers for code, numbers in found.items() if code not in known}


def renew(ctx: Context, order: Order) -> None:
    """Prices a confirmed order anew; the next letter is made from this content."""
    reprice(ctx, order)
    order.content_hash = rules.content_hash(content_of(order))
    ctx.session.flush()
