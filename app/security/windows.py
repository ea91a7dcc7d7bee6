"""For which records logistics and installers see a person in full: goods on their way, an own visit (domain/09 9.3).

One rule an entity, declared here and asked by ``app.kernel.windows``. Which rows somebody knows of at all is said by
``scopes``: a row stays visible after its window, with masks.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.kernel.context import LOCAL_ZONE, Actor, local_midnight
from app.kernel.windows import Rule, declare_window
from app.security import departments as role
from app.security.scopes import ACTIVE_SHIPMENTS
from app.security.slots import DAY, in_slot, moment_of_act
from models.base import Sensitivity
from models.customer import Customer, CustomerAddress
from models.installation import Acceptance, Installation
from models.labels import OrderState, ShipmentState
from models.order import Order
from models.shipment import DeliveryReceipt, Shipment

Clause = sa.ColumnElement[bool]
ON_ITS_WAY = (ShipmentState.planned, ShipmentState.scheduled, ShipmentState.in_transit)


def _drives(actor: Actor) -> bool:
    """Whether goods on their way are the actor's work; an installer has his own visits only."""
    return ACTIVE_SHIPMENTS in actor.scopes.get("order", frozenset())


def _exists(model: Any, *conditions: Clause) -> Clause:
    return sa.exists(sa.select(sa.literal(1)).select_from(model).where(*conditions).correlate_except(model))


def _own_visit(actor: Actor) -> Clause:
    return _exists(
        Installation,
        Installation.order_id == Order.id,
        Installation.installer_id.in_(actor.persons_as(role.INSTALLER)),
        in_slot(),
    )


def order(actor: Actor) -> Clause:
    """Orders ready to ship, with a shipment planned, scheduled or in transit, or with an own visit in its days."""
    if not _drives(actor):
        return _own_visit(actor)
    on_its_way = _exists(Shipment, Shipment.order_id == Order.id, Shipment.state.in_(ON_ITS_WAY))
    return sa.or_(Order.state == OrderState.ready_to_ship, on_its_way, _own_visit(actor))


def customer(actor: Actor) -> Clause:
    """Whose goods these are."""
    return _exists(Order, Order.customer_id == Customer.id, order(actor))


def customer_address(actor: Actor) -> Clause:
    """Where these goods go to; other addresses of the same customer stay closed."""
    return _exists(Order, Order.address_id == CustomerAddress.id, order(actor))


def door(actor: Actor) -> Clause:
    """Door codes: for an own visit, and for logistics on the day of the delivery."""
    found = _own_visit(actor)
    now = moment_of_act()
    if _drives(actor) and now is not None:
        midnight = local_midnight(now.astimezone(LOCAL_ZONE).date())
        today = sa.and_(
            Shipment.state == ShipmentState.scheduled,
            Shipment.slot_from >= midnight,
            Shipment.slot_from < midnight + DAY,
        )
        here = sa.or_(Shipment.state == ShipmentState.in_transit, today)
        found = sa.or_(found, _exists(Shipment, Shipment.order_id == Order.id, here))
    return _exists(Order, Order.address_id == CustomerAddress.id, found)


def _of_order(model: Any) -> Rule:
    def rule(actor: Actor) -> Clause:
        return _exists(Order, Order.id == model.order_id, order(actor))

    return rule


def delivery_receipt(actor: Actor) -> Clause:
    """Receipts of shipments whose order is still on its way, or whose goods are being installed."""
    return _exists(
        Shipment,
        Shipment.id == DeliveryReceipt.shipment_id,
        _exists(Order, Order.id == Shipment.order_id, order(actor)),
    )


for _model, _rule in (
    (Order, order),
    (Customer, customer),
    (CustomerAddress, customer_address),
    (Shipment, _of_order(Shipment)),
    (Acceptance, _of_order(Acceptance)),
    (DeliveryReceipt, delivery_receipt),
):
    declare_window(_model, _rule)
declare_window(CustomerAddress, door, Sensitivity.DOOR)
