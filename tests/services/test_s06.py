"""Scenario S06: a crushed table is refused, replaced and accepted; chairs and table have their own return deadlines."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.services.shipment.actions import plan_shipment
from models.labels import Channel, OrderState, PackageState, SupplyMode, TaskState
from models.order import Order
from models.product import Stock
from models.shipment import Package
from tests.services.company import Company, found, moment
from tests.services.orders import Goods, fire_all, inspected, settled

D = Decimal
TABLE = Goods("TBL-NORD-1600", 1, 4200, on_hand=8, packs_per_set=2, pack_volume=D("0.320"))
CHAIRS = Goods("CHR-NORD-01", 6, 680, on_hand=40, pieces_per_pack=2, pack_volume=D("0.240"))


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def ship(company: Company, order: Order, day: str, **receipt: object) -> None:
    """Planned two days before, delivered at 10:00 of the day."""
    with company.act("lg_liu", "2026-11-29 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    slot = {"mode": "line", "slot_from": f"{day}T09:00", "slot_to": f"{day}T11:00"}
    company.fire("lg_liu", "2026-11-30 09:00", shipment, "schedule", **slot)
    fire_all(company, "lg_xu", f"{day} 07:00", shipment.packages, "load")
    company.fire("lg_xu", f"{day} 08:00", shipment, "dispatch")
    # Who loaded does not close a difference of the count.
    company.fire("lg_liu", f"{day} 10:00", shipment, "deliver", receiver_name="林晓雯", **receipt)


def test_s06_when_the_table_is_refused_then_replaced_and_accepted(company: Company) -> None:
    order = inspected(company, TABLE, CHAIRS, channel=Channel.online_mall)
    assert order.total_amount == D("8280.00")
    settled(company, order)
    table, chairs = order.lines
    ship(company, order, "2026-12-02", packages_damaged=1, damaged_numbers="02", back={str(table.id): 1})
    assert order.state is OrderState.partly_shipped
    stock = company.session.scalars(sa.select(Stock).where(Stock.product_id == table.product_id)).one()
    # One of eight left and came back broken; of the seven one is held for the replacement: 7 become 6.
    assert (stock.qty_on_hand, stock.qty_hard, stock.qty_available) == (D(7), D(1), D(6))
    company.session.refresh(order)
    company.fire("qc_sun", "2026-12-03 09:00", order.inspections[-1], "accept")
    ship(company, order, "2026-12-05")
    assert (table.qty_shipped, table.qty_back, table.qty_delivered) == (D(2), D(1), D(1))
    assert (chairs.return_deadline_at, table.return_deadline_at) == (
        moment("2026-12-09 23:59:59"),
        moment("2026-12-12 23:59:59"),
    )
    company.session.refresh(order)
    for acceptance in order.acceptances:
        company.fire("cs_ma", "2026-12-05 15:00", acceptance, "sign", signed_by="林晓雯")
    assert order.state is OrderState.completed
    counted = company.session.execute(sa.select(Package.state, sa.func.count()).group_by(Package.state))
    # 5 packages in the first shipment, 2 in the second.
    assert {state: count for state, count in counted} == {  # noqa: C416 - a result has keys of its own
        PackageState.delivered: 5,
        PackageState.damaged: 1,
        PackageState.returned: 1,
    }


def test_goods_when_made_to_order_and_lost_then_made_once_more(company: Company) -> None:
    goods = Goods("BED-LUNA-1800", 2, 5600, SupplyMode.make_to_order)
    order = settled(company, make(company, goods))
    (line,) = order.lines
    ship(company, order, "2026-12-02", packages_short=1, short_numbers="01", back={str(line.id): 1})
    company.session.refresh(order)
    assert [(task.qty, task.state) for task in order.tasks] == [
        (D(2), TaskState.completed),
        (D(1), TaskState.planned),
    ]


def make(company: Company, goods: Goods) -> Order:
    """A confirmed order, produced and inspected."""
    order = inspected(company, goods)
    (task,) = order.tasks
    dates = {"planned_start_on": "2026-11-24", "planned_end_on": "2026-11-26"}
    company.fire("pd_chen", "2026-11-24 09:00", task, "plan", **dates)
    for step in ("release", "start"):
        company.fire("pd_chen", "2026-11-24 10:00", task, step)
    company.fire("pd_chen", "2026-11-26 10:00", task, "report", operation="packing", percent=100, qty_done=goods.qty)
    company.fire("pd_chen", "2026-11-26 10:10", task, "complete")
    company.session.refresh(order)
    for inspection in order.inspections:
        company.fire("qc_sun", "2026-11-26 12:00", inspection, "accept")
    return order
