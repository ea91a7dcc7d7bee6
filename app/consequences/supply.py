"""Stock, tasks and shipments after lines of an order have become fewer."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.errors import DomainError
from app.services.product import actions as products
from app.services.production import actions as production
from app.services.quality import actions as quality
from models.labels import InspectionKind, ReservationKind, ShipmentState, SupplyMode
from models.order import Order, OrderLine
from models.product import Reservation
from models.shipment import Shipment, ShipmentLine

ZERO = Decimal(0)
NOT_DEPARTED = (ShipmentState.planned, ShipmentState.scheduled)


def give_back(ctx: Context, line: OrderLine) -> None:
    """What a line no longer needs: its reservation goes back, its tasks and inspections become smaller or end."""
    quality.fit_inspections(ctx, line)
    if line.supply_mode is not SupplyMode.stock:
        production.fit_tasks(ctx, line)
        return
    held = ctx.session.scalar(sa.select(sa.func.sum(Reservation.qty)).where(Reservation.order_line_id == line.id))
    needed = line.qty_net - (line.qty_shipped - line.qty_back)
    if (held or ZERO) > needed:
        products.release(ctx, line, (held or ZERO) - needed)


def fetch_more(ctx: Context, line: OrderLine, qty: Decimal) -> None:
    """Further pieces: held in stock and inspected on the way out, or made. Raises DomainError ``stock_short``."""
    if line.supply_mode is SupplyMode.stock:
        products.reserve(ctx, line, qty, ReservationKind.hard)
        quality.request_inspection(ctx, line, InspectionKind.outgoing, qty)
    else:
        production.plan_task(ctx, line)


def cancel_shipments(ctx: Context, order: Order, line_ids: Iterable[int] | None, why: str) -> None:
    """Shipments that have not left and carry one of the lines (None: any) are cancelled: they are planned anew."""
    statement = sa.select(Shipment).where(Shipment.order_id == order.id, Shipment.state.in_(NOT_DEPARTED))
    if line_ids is not None:
        carried = sa.select(ShipmentLine.shipment_id).where(ShipmentLine.order_line_id.in_(list(line_ids)))
        statement = statement.where(Shipment.id.in_(carried))
    for shipment in ctx.session.scalars(statement.order_by(Shipment.id)).all():
        fire(ctx.as_system(), shipment, "cancel", {"reason": why})


def refuse_held(ctx: Context, shipment: Shipment) -> None:
    """Goods whose cancellation is being decided do not leave; asked under the lock of their order.

    Raises:
        DomainError: ``line_held``.
    """
    statement = (
        sa.select(OrderLine.line_no)
        .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
        .where(ShipmentLine.shipment_id == shipment.id, OrderLine.is_held)
        .order_by(OrderLine.line_no)
        .limit(1)
    )
    if number := ctx.session.scalar(statement):
        raise DomainError(
            _l("Line %(line)s: its cancellation is being decided. Wait for that, or ship without it."),
            code="line_held",
            line=number,
        )
