"""Reads of shipping that more than one place needs."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from app.kernel.context import Context
from app.services.shipment.rules import ZERO, LineStock
from models.conformity import Standard, TestReport, lacking, needed_standards
from models.labels import PackageState, ShipmentState
from models.order import Order, OrderLine
from models.product import Product
from models.shipment import Package, Shipment, ShipmentLine

NOT_DEPARTED = (ShipmentState.planned, ShipmentState.scheduled)


def planned_quantities(ctx: Context, order: Order) -> dict[int, Decimal]:
    """Line id to pieces in shipments of the order that have not departed."""
    statement = (
        sa.select(ShipmentLine.order_line_id, sa.func.sum(ShipmentLine.qty))
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .where(Shipment.order_id == order.id, Shipment.state.in_(NOT_DEPARTED))
        .group_by(ShipmentLine.order_line_id)
    )
    return {line_id: qty for line_id, qty in ctx.session.execute(statement)}  # noqa: C416


def line_stocks(ctx: Context, order: Order) -> dict[int, LineStock]:
    """Line id to what counts for shipping it, read afresh."""
    planned = planned_quantities(ctx, order)
    statement = (
        sa.select(OrderLine)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.line_no)
        .execution_options(populate_existing=True)
    )
    return {
        line.id: LineStock(
            line.qty_net, line.qty_qc_passed, line.qty_shipped, line.qty_back, planned.get(line.id, ZERO)
        )
        for line in ctx.session.scalars(statement)
    }


def loading(ctx: Context, shipment: Shipment) -> tuple[int, int]:
    """How many packages of a shipment are not loaded, and how many it has."""
    missing = sa.func.count().filter(Package.state == PackageState.packed)
    statement = sa.select(missing, sa.func.count()).where(
        Package.shipment_id == shipment.id, Package.state != PackageState.cancelled
    )
    found = ctx.session.execute(statement).one()
    return int(found[0]), int(found[1])


def over_quantity(ctx: Context, shipment: Shipment) -> int | None:
    """The number of the first line with which the shipment would pass what was inspected or ordered."""
    statement = (
        sa.select(OrderLine.line_no)
        .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
        .where(ShipmentLine.shipment_id == shipment.id)
        .where(
            sa.or_(
                OrderLine.qty_shipped + ShipmentLine.qty > OrderLine.qty_qc_passed,
                OrderLine.qty_shipped - OrderLine.qty_back + ShipmentLine.qty
                > OrderLine.qty_ordered - OrderLine.qty_cancelled,
            )
        )
        .order_by(OrderLine.line_no)
        .limit(1)
    )
    return ctx.session.scalar(statement)


def lacking_reports(ctx: Context, shipment: Shipment) -> tuple[Product, list[Standard]] | None:
    """The first product of a shipment that may not leave today for want of test reports, and by which standards."""
    goods = (
        sa.select(Product)
        .join(OrderLine, OrderLine.product_id == Product.id)
        .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
        .where(ShipmentLine.shipment_id == shipment.id)
        .order_by(OrderLine.line_no)
    )
    needed = {
        product: standards
        for product in ctx.session.scalars(goods)
        if (standards := needed_standards(product, shipment.order.order_type))
    }
    if not needed:
        return None
    reports = ctx.session.scalars(
        sa.select(TestReport).where(TestReport.product_id.in_([product.id for product in needed]))
    ).all()
    for product, standards in needed.items():
        own = [report for report in reports if report.product_id == product.id]
        if missing := lacking(standards, own, ctx.today):
            return product, missing
    return None
