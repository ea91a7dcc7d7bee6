"""What an order costs: lines, fees, sums, and the content that approvals and letters are bound to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.kernel.context import Context
from app.kernel.journal import plain
from app.kernel.money import HUNDRED, tax_in
from app.services.order import rules
from models.labels_goods import Elevator
from models.labels_order import FeeKind
from models.order import Order, OrderFee, OrderLine

ZERO = Decimal(0)
UPSTAIRS_RATE = "fee.upstairs_cbm_floor"
# What is agreed beside the goods: the committee is asked because of it, so another term is another content.
TERMS = (
    "deposit_amount",
    "award_amount",
    "bond_amount",
    "delivery_cost_amount",
    "penalty_pct_daily",
    "penalty_cap_pct",
    "retention_pct",
    "has_special_terms",
    "is_exclusive",
    "is_outside_area",
)


def reprice(ctx: Context, order: Order) -> None:
    """Computes every line, the upstairs fee and the sums of an order; flushes nothing.

    Header amounts are sums of lines and fees, never computed from the header.
    """
    for line in order.lines:
        price_line(line)
    set_upstairs_fee(ctx, order)
    for fee in order.fees:
        fee.tax_amount = tax_in(fee.amount, fee.tax_rate)
    order.goods_amount = sum((line.line_amount for line in order.lines), ZERO)
    order.fee_amount = sum((fee.amount for fee in order.fees), ZERO)
    order.total_amount = order.goods_amount + order.fee_amount
    taxes = [line.tax_amount for line in order.lines] + [fee.tax_amount for fee in order.fees]
    order.tax_amount = sum(taxes, ZERO)
    order.net_amount = order.total_amount - order.tax_amount
    order.is_large = bool(order.lines) and rules.is_large(order.order_type, order.total_amount, ctx.policy)
    # A line that was cancelled whole costs nothing, which is no gift.
    sold = [line for line in order.lines if line.qty_net > ZERO]
    order.special_flags = rules.special_flags(
        [whole_discount(line) for line in sold], [line.line_amount for line in sold], ctx.policy
    )


def price_line(line: OrderLine) -> None:
    """Unit price, amount, tax, packages and volume of a line for its net quantity."""
    net = line.qty_ordered - line.qty_cancelled
    price = rules.line_price(line.list_price, line.discount_pct, net, line.tax_rate)
    line.unit_price, line.line_amount, line.tax_amount = price.unit_price, price.amount, price.tax
    sets = rules.package_sets(net, line.product.pieces_per_pack)
    line.pack_count = sets * line.product.packs_per_set
    line.volume = sets * line.product.pack_volume


def whole_discount(line: OrderLine) -> Decimal:
    """The discount in per cent; a list price that was typed lower than the product's is one as well (F01)."""
    listed = line.product.list_price
    if line.list_price >= listed:
        return line.discount_pct
    return HUNDRED - line.unit_price * HUNDRED / listed


def set_upstairs_fee(ctx: Context, order: Order) -> None:
    """Keeps the upstairs fee in step with floor, lift and volume (domain/02 ``fee.upstairs_cbm_floor``)."""
    volume = sum((line.volume for line in order.lines), ZERO)
    amount = ZERO
    if order.elevator is Elevator.none:
        amount = rules.upstairs_fee(order.floor or 1, volume, ctx.policy[UPSTAIRS_RATE])
    present = next((fee for fee in order.fees if fee.kind is FeeKind.upstairs), None)
    if amount > ZERO and present is None:
        order.fees.append(OrderFee(kind=FeeKind.upstairs, amount=amount, tax_rate=Decimal(13)))
    elif amount > ZERO and present is not None:
        present.amount = amount
    elif present is not None:
        order.fees.remove(present)
        if present in ctx.session.new:
            ctx.session.expunge(present)
        elif present in ctx.session:
            ctx.session.delete(present)


def content_of(order: Order) -> dict[str, Any]:
    """Lines, fees, dates and terms: what the committee approves and the letter promises.

    Terms count where something is agreed: the mark of an order without any stays what it was.
    """
    terms = {name: getattr(order, name) for name in TERMS if getattr(order, name)}
    content: dict[str, Any] = plain(
        {
            "order_type": order.order_type,
            "customer_id": order.customer_id,
            "requested_on": order.requested_on,
            "delivery_mode": order.delivery_mode,
            "total_amount": order.total_amount,
            "lines": [
                {
                    "line_no": line.line_no,
                    "product_id": line.product_id,
                    "description": line.description,
                    "qty": line.qty_ordered - line.qty_cancelled,
                    "unit_price": line.unit_price,
                    "line_amount": line.line_amount,
                    "size": [line.length_mm, line.width_mm, line.height_mm],
                    "finish": [line.material, line.finish, line.colour],
                }
                for line in sorted(order.lines, key=lambda item: item.line_no)
            ],
            "fees": sorted([str(fee.kind), fee.amount] for fee in order.fees),
            **({"terms": terms} if terms else {}),
        }
    )
    return content
