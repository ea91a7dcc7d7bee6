"""Fifty people at one order: half would cancel its line, half would let it leave. One side has its way, whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.consequences.cancelling import open_cancellation
from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.errors import DomainError
from app.kernel.unit_of_work import unit_of_work
from app.services.shipment.actions import plan_shipment
from models.cancellation import Cancellation
from models.labels import OrderState, ShipmentState
from models.order import Order
from models.shipment import Shipment
from tests.databases import Database
from tests.services.company import Company, found, moment
from tests.services.orders import Goods, fire_all, inspected, settled

D = Decimal
THREADS = 50
NOW = moment("2026-12-02 08:00")
LOSERS = {
    "cancellation_open", "already_shipped", "nothing_left", "line_held", "step_not_open", "changed_meanwhile",
}  # fmt: skip
pytestmark = pytest.mark.stage("people")


def loaded(company: Company) -> Shipment:
    """An order of two sofas, paid, packed and loaded: it may leave or be cancelled."""
    order = settled(company, inspected(company, Goods("SOF-1", 2, 6800)))
    with company.act("lg_liu", "2026-11-30 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    slot = {"slot_from": "2026-12-02T14:00", "slot_to": "2026-12-02T16:00", "driver_name": "周师傅"}
    company.fire("lg_liu", "2026-11-30 09:30", shipment, "schedule", mode="own_fleet", **slot)
    fire_all(company, "lg_xu", "2026-12-02 07:00", list(shipment.packages), "load")
    return shipment


def test_race_when_fifty_cancel_and_dispatch_one_order_then_exactly_one_side_wins(
    database: Database, session: Session
) -> None:
    company = found(session)
    shipment = loaded(company)
    shipment_id, order_id, line_id = shipment.id, shipment.order_id, shipment.order.lines[0].id
    session.commit()
    start = Barrier(THREADS)

    def act(number: int) -> str:
        who = "oc_zhao" if number % 2 else "lg_xu"
        with Session(database.engine) as own:
            ctx = Context(own, company.people[who], NOW, "screen", policy=company.policy)
            start.wait()
            try:
                with unit_of_work(ctx):
                    if number % 2:
                        lines = [{"order_line_id": line_id}]
                        request = open_cancellation(ctx, {"order_id": order_id, "lines": lines})
                        fire(ctx, request, "offer")
                        fire(ctx, request, "accept", {"accepted_how": "电话确认"})
                        return "cancelled"
                    fire(ctx, own.get_one(Shipment, shipment_id), "dispatch")
                    return "dispatched"
            except DomainError as error:
                return error.reason_code

    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(act, range(THREADS)))
    winners = [outcome for outcome in outcomes if outcome in {"cancelled", "dispatched"}]
    assert len(winners) == 1, outcomes
    assert set(outcomes) - set(winners) <= LOSERS
    session.expire_all()
    order, shipment = session.get_one(Order, order_id), session.get_one(Shipment, shipment_id)
    (line,) = order.lines
    requests = session.scalars(sa.select(sa.func.count()).select_from(Cancellation)).one()
    state = (order.state, shipment.state, line.qty_cancelled, line.qty_shipped, line.is_held, requests)
    if winners == ["cancelled"]:
        assert state == (OrderState.cancelled, ShipmentState.cancelled, D(2), D(0), False, 1)
    else:
        assert state == (OrderState.shipped, ShipmentState.in_transit, D(0), D(2), False, 0)
