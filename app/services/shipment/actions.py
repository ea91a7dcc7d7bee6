"""Plans shipments with their lines and packages."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import DomainError, NotFoundError
from app.kernel.numbering import next_number
from app.services.shipment import queries, rules
from models.order import Order, OrderLine
from models.shipment import Package, Shipment, ShipmentLine


def create_shipment(ctx: Context, values: Mapping[str, Any]) -> Shipment:
    """What the screen and the API add: everything of the order that may leave, or ``quantities`` by line id."""
    order = ctx.session.get(Order, values["order_id"])
    if order is None:
        raise NotFoundError
    rest = {key: value for key, value in values.items() if key not in {"order_id", "quantities"}}
    return plan_shipment(ctx, order, values.get("quantities"), rest)


def plan_shipment(
    ctx: Context, order: Order, quantities: Mapping[int, Decimal] | None, values: Mapping[str, Any]
) -> Shipment:
    """A planned shipment with its packages. Clauses 9(1) and 14(2).

    Args:
        quantities: line id to pieces; None for everything that passed inspection and has not left.
        values: further columns of the shipment.

    Raises:
        DomainError: ``order_not_shippable``, ``nothing_to_ship``, ``unknown_line``, ``bad_quantity``,
            ``over_ordered``, ``over_qc_passed``, ``too_many_packages``.
    """
    ctx.session.flush()
    # Whoever plans holds the order, so that two plans cannot share the same pieces.
    ctx.session.refresh(order, with_for_update=True)
    if order.state not in rules.SHIPPABLE:
        raise DomainError(
            _l("Nothing can be shipped for this order now: it is not confirmed, or it has ended."),
            code="order_not_shippable",
        )
    stocks = queries.line_stocks(ctx, order)
    chosen = _chosen(stocks, quantities)
    if not chosen:
        raise DomainError(
            _l("Nothing is ready to ship: have the goods inspected first, or cancel the other planned shipment."),
            code="nothing_to_ship",
        )
    lines = {line.id: line for line in order.lines}
    for line_id, qty in chosen.items():
        _check_quantity(lines[line_id], qty, stocks[line_id])
    given = {key: value for key, value in values.items() if value is not None}
    shipment = Shipment(shipment_no=next_number(ctx, "SH"), order_id=order.id, **{"mode": order.delivery_mode, **given})
    ctx.session.add(shipment)
    ctx.session.flush()
    count = sum(rules.package_count(qty, lines[line_id].product) for line_id, qty in chosen.items())
    if count > rules.MOST_PACKAGES:
        raise DomainError(
            _l("%(count)s packages are too many for one shipment: ship at most %(most)s at once."),
            code="too_many_packages",
            count=count,
            most=rules.MOST_PACKAGES,
        )
    number = ctx.session.scalar(
        sa.select(sa.func.count()).select_from(Package).join(Shipment).where(Shipment.order_id == order.id)
    )
    _pack(ctx, shipment, order, [(lines[line_id], qty) for line_id, qty in chosen.items()], int(number or 0))
    ctx.session.flush()
    return shipment


def _chosen(stocks: Mapping[int, rules.LineStock], quantities: Mapping[int, Decimal] | None) -> dict[int, Decimal]:
    if quantities is None:
        return {line_id: stock.available for line_id, stock in stocks.items() if stock.available > rules.ZERO}
    if set(quantities) - set(stocks):
        raise DomainError(_l("One of the lines does not belong to this order: reload the page."), code="unknown_line")
    if any(qty < rules.ZERO for qty in quantities.values()):
        raise DomainError(_l("A quantity is not below zero: correct it."), code="bad_quantity")
    return {line_id: qty for line_id, qty in quantities.items() if qty > rules.ZERO}


def _check_quantity(line: OrderLine, qty: Decimal, stock: rules.LineStock) -> None:
    if qty > stock.within_order:
        raise DomainError(
            _l("Line %(line)s: the order takes only %(left)s more: reduce the quantity."),
            code="over_ordered",
            line=line.line_no,
            left=f"{max(stock.within_order, rules.ZERO):f}",
        )
    if qty > stock.within_inspection:
        raise DomainError(
            _l("Line %(line)s: only %(left)s inspected pieces can leave: reduce the quantity or have more inspected."),
            code="over_qc_passed",
            line=line.line_no,
            left=f"{max(stock.within_inspection, rules.ZERO):f}",
        )


def _pack(ctx: Context, shipment: Shipment, order: Order, chosen: list[tuple[OrderLine, Decimal]], number: int) -> None:
    """Lines and packages; ``number`` packages of the order have a label already."""
    packs: list[tuple[OrderLine, rules.Pack]] = []
    for line, qty in chosen:
        ctx.session.add(ShipmentLine(shipment_id=shipment.id, order_line_id=line.id, qty=qty))
        product = line.product
        made = rules.packages(
            qty, product.pieces_per_pack, product.packs_per_set, product.pack_volume, product.pack_weight_kg
        )
        packs += [(line, pack) for pack in made]
    for seq, (line, pack) in enumerate(packs, 1):
        ctx.session.add(
            Package(
                package_no=rules.package_no(order.order_no, number + seq),
                shipment_id=shipment.id,
                order_line_id=line.id,
                seq=seq,
                total=len(packs),
                volume=pack.volume,
                weight_kg=pack.weight_kg,
            )
        )
