"""Plans installations and asks for acceptance."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import DomainError, NotFoundError, ValidationFailedError
from app.kernel.numbering import next_number
from app.kernel.schema import REQUIRED
from app.services.installation.certificate import list_standards
from models.installation import Acceptance, AcceptanceLine, Installation
from models.labels import AcceptanceState, InstallationState, ShipmentState
from models.order import Order, OrderLine
from models.shipment import Shipment, ShipmentLine

ZERO = Decimal(0)


def plan_installation(ctx: Context, shipment: Shipment) -> Installation | None:
    """The installation of what a shipment delivered; None where nothing of it needs one. Clause 10(2)."""
    statement = (
        sa.select(ShipmentLine.id)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .where(ShipmentLine.shipment_id == shipment.id, OrderLine.needs_install)
        .where(ShipmentLine.qty > ShipmentLine.qty_back)
        .limit(1)
    )
    if ctx.session.execute(statement).first() is None:
        return None
    installation = Installation(
        installation_no=next_number(ctx, "AZ"), order_id=shipment.order_id, shipment_id=shipment.id
    )
    ctx.session.add(installation)
    ctx.session.flush()
    return installation


def create_installation(ctx: Context, values: Mapping[str, Any]) -> Installation:
    """The installation somebody adds by hand, after one was cancelled; ``shipment_id`` names the goods.

    Raises:
        DomainError: ``not_delivered``, ``planned_already``, ``needs_no_installation``.
        ValidationFailedError: no shipment is given.
    """
    if values.get("shipment_id") is None:
        raise ValidationFailedError({"shipment_id": [str(REQUIRED)]})
    shipment = ctx.session.get(Shipment, values["shipment_id"])
    if shipment is None:
        raise NotFoundError
    ctx.session.refresh(shipment, with_for_update=True)
    if shipment.state is not ShipmentState.delivered:
        raise DomainError(
            _l("Goods are installed after they are delivered: record the delivery first."), code="not_delivered"
        )
    statement = sa.select(Installation.id).where(
        Installation.shipment_id == shipment.id, Installation.state != InstallationState.cancelled
    )
    if ctx.session.execute(statement.limit(1)).first():
        raise DomainError(_l("This shipment has an installation already: open that one."), code="planned_already")
    installation = plan_installation(ctx, shipment)
    if installation is None:
        raise DomainError(_l("Nothing in this shipment needs an installation."), code="needs_no_installation")
    for name in ("crew", "note"):
        setattr(installation, name, values.get(name))
    ctx.session.flush()
    return installation


def request_acceptance(
    ctx: Context,
    order: Order,
    quantities: Mapping[int, Decimal],
    *,
    installation: Installation | None = None,
    shipment: Shipment | None = None,
) -> Acceptance | None:
    """Delivered goods wait for the customer's decision; None where nothing was received. Clause 14(4).

    Args:
        quantities: line id to pieces.

    Raises:
        DomainError: ``over_delivered`` where more would be accepted than was delivered.
    """
    wanted = {line_id: qty for line_id, qty in quantities.items() if qty > ZERO}
    if not wanted:
        return None
    ctx.session.flush()
    waiting = _waiting(ctx, order)
    for line in order.lines:
        left = line.qty_delivered - line.qty_accepted - waiting.get(line.id, ZERO)
        if wanted.get(line.id, ZERO) > left:
            raise DomainError(
                _l("Line %(line)s: only %(left)s delivered pieces are not accepted yet."),
                code="over_delivered",
                line=line.line_no,
                left=f"{left:f}",
            )
    acceptance = Acceptance(
        acceptance_no=next_number(ctx, "YS"),
        order_id=order.id,
        installation_id=installation.id if installation else None,
        shipment_id=shipment.id if shipment else None,
    )
    for line_id, qty in wanted.items():
        acceptance.lines.append(AcceptanceLine(order_line_id=line_id, qty=qty))
    ctx.session.add(acceptance)
    ctx.session.flush()
    list_standards(ctx, acceptance, order)
    return acceptance


def _waiting(ctx: Context, order: Order) -> dict[int, Decimal]:
    """Line id to pieces in acceptances that are not decided in the customer's favour yet."""
    statement = (
        sa.select(AcceptanceLine.order_line_id, sa.func.sum(AcceptanceLine.qty))
        .join(Acceptance, Acceptance.id == AcceptanceLine.acceptance_id)
        .where(Acceptance.order_id == order.id, Acceptance.state != AcceptanceState.accepted)
        .group_by(AcceptanceLine.order_line_id)
    )
    return {line_id: qty for line_id, qty in ctx.session.execute(statement)}  # noqa: C416
