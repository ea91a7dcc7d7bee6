"""Scenario S03: a bulk order in two batches; one package of the first is lost and replaced for nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.clocks import readings
from app.kernel.errors import DomainError
from app.services.order.actions import change_line
from app.services.payment import queries
from app.services.shipment.actions import plan_shipment
from models.customer import Customer
from models.exception import ExceptionCase
from models.labels import CustomerKind, OrderState, OrderType, PackageState, RegulationState, SupplyMode
from models.labels_exception import ExceptionKind, ExceptionLevel
from models.order import Order
from models.payment import PaymentSchedule
from models.shipment import Package, Shipment
from tests.services.company import Company, found, moment
from tests.services.orders import Goods, draft, fire_all, refusal, settled

D = Decimal
MADE = SupplyMode.make_to_order
DESKS = Goods("DSK-OFC-1400", 120, 980, MADE, packs_per_set=2, pack_volume=D("0.180"))
CHAIRS = Goods("CHR-OFC-ERG", 120, 620, MADE, pack_volume=D("0.140"))
CABINETS = Goods("CAB-OFC-2D", 30, 560, MADE, pack_volume=D("0.350"))


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def ordered(company: Company) -> Order:
    """List 208,800.00, discount 8 %, reviewed by the head of the order centre."""
    with company.act("oc_li", "2026-11-23 09:00"):
        cloud = Customer(
            code="CUS-00000900", kind=CustomerKind.company, name="杭州云启科技有限公司", uscc="91330106MA2CLOUDQ1"
        )
        company.session.add(cloud)
        company.session.flush()
    order = draft(company, DESKS, CHAIRS, CABINETS, customer=cloud, order_type=OrderType.bulk)
    with company.act("oc_li", "2026-11-23 09:30") as ctx:
        for line in order.lines:
            change_line(ctx, line, {"discount_pct": D(8)})
    company.fire("oc_li", "2026-11-23 10:00", order, "submit")
    company.fire("oc_zhao", "2026-11-23 11:00", order, "review")
    company.fire("oc_li", "2026-11-23 12:00", order, "confirm", promised_on="2026-12-18", channel="email")
    return order


def start(company: Company, order: Order) -> None:
    """Every task that is planned begins."""
    for task in [task for task in order.tasks if task.state == "planned"]:
        dates = {"planned_start_on": "2026-11-24", "planned_end_on": "2026-12-10"}
        company.fire("pd_chen", "2026-11-24 09:00", task, "plan", **dates)
        for step in ("release", "start"):
            company.fire("pd_chen", "2026-11-24 10:00", task, step)


def make(company: Company, order: Order, when: str, *quantities: int) -> None:
    """Pieces of each open task are reported and pass their inspection."""
    company.session.refresh(order)
    tasks = [task for task in order.tasks if task.state == "in_progress" and task.qty_done < task.qty]
    for task, qty in zip(tasks, quantities, strict=True):
        company.fire("pd_chen", when, task, "report", operation="packing", percent=100, qty_done=qty)
    company.session.refresh(order)
    for inspection in [one for one in order.inspections if one.state == "pending"]:
        company.fire("qc_sun", when, inspection, "accept")


def planned(company: Company, order: Order, day: str, *quantities: int) -> Shipment:
    """A batch of so many pieces of each line, packed and loaded for a day."""
    lines = {line.id: D(qty) for line, qty in zip(order.lines, quantities, strict=True) if qty}
    with company.act("lg_liu", "2026-11-29 09:00") as ctx:
        shipment = plan_shipment(ctx, order, lines, {"mode": "own_fleet"})
    slot = {"mode": "own_fleet", "slot_from": f"{day}T09:00", "slot_to": f"{day}T11:00"}
    company.fire("lg_liu", "2026-11-30 09:00", shipment, "schedule", **slot)
    fire_all(company, "lg_xu", f"{day} 07:00", shipment.packages, "load")
    return shipment


def due(company: Company, order: Order, shipment: Shipment) -> Decimal:
    return queries.due_before_shipping(company.context("system", "2026-12-01 09:00"), order, shipment)


def packed(shipment: Shipment) -> tuple[int, Decimal]:
    return len(shipment.packages), sum((package.volume for package in shipment.packages), D(0))


def first_batch(company: Company, order: Order) -> Shipment:
    """Rows 2 and 3: it leaves once its 60 % is paid."""
    make(company, order, "2026-11-28 09:00", 80, 80, 30)
    assert order.regulation_state is RegulationState.ready_to_ship
    first = planned(company, order, "2026-12-02", 80, 80, 30)
    assert [line.line_amount * qty / line.qty_ordered for line, qty in zip(order.lines, (80, 80, 30), strict=True)] == [
        D("72128.00"),
        D("45632.00"),
        D("15456.00"),
    ]
    assert due(company, order, first) == D("79929.60")
    assert packed(first) == (270, D("36.100"))
    assert refusal(company, "lg_xu", "2026-12-02 08:00", first, "dispatch") == "payment_missing"
    settled(company, order, "79929.59")
    assert refusal(company, "lg_xu", "2026-12-02 08:00", first, "dispatch") == "payment_missing"
    settled(company, order, "0.01")
    company.fire("lg_xu", "2026-12-02 08:10", first, "dispatch")
    return first


def second_batch(company: Company, order: Order) -> None:
    """Rows 5 and 6: 40 desks are left; of the chairs 40 and the replacement, which is free."""
    start(company, order)
    make(company, order, "2026-12-04 09:00", 40, 40, 1)
    with pytest.raises(DomainError) as refused:
        planned(company, order, "2026-12-08", 41, 0, 0)
    assert refused.value.reason_code == "over_ordered"
    second = planned(company, order, "2026-12-08", 40, 41, 0)
    assert due(company, order, second) == D("35328.00")
    assert packed(second) == (121, D("12.940"))
    assert refusal(company, "lg_xu", "2026-12-08 08:00", second, "dispatch") == "payment_missing"
    settled(company, order, "35328.00")
    company.fire("lg_xu", "2026-12-08 08:10", second, "dispatch")
    company.fire("lg_liu", "2026-12-08 10:00", second, "deliver", receiver_name="李经理")


def test_s03_when_a_package_is_lost_then_replaced_for_nothing_and_all_is_paid(company: Company) -> None:
    order = ordered(company)
    desks, chairs, cabinets = order.lines
    # List 208,800.00 less 8 %: not large, not special.
    assert (order.total_amount, order.is_large, order.special_flags) == (D("192096.00"), False, [])
    # Row 1: 20 % at most is 定金, the rest of the 30 % is prepaid.
    rows = company.session.scalars(
        sa.select(PaymentSchedule).where(PaymentSchedule.order_id == order.id).order_by(PaymentSchedule.seq)
    ).all()
    assert [row.amount for row in rows] == [D("38419.20"), D("19209.60"), D("115257.60"), D("19209.60")]
    settled(company, order, "57628.80")
    start(company, order)
    first = first_batch(company, order)
    # Row 4.
    receipt = {"packages_short": 1, "short_numbers": "188", "back": {str(chairs.id): 1}}
    company.fire("lg_liu", "2026-12-02 10:00", first, "deliver", receiver_name="李经理", **receipt)
    assert (order.state, order.regulation_state) == (OrderState.partly_shipped, RegulationState.shipped)
    assert (first.receipt.packages_received, first.receipt.packages_short) == (269, 1)
    assert (chairs.qty_shipped, chairs.qty_back, chairs.qty_delivered) == (D(80), D(1), D(79))
    missing_package(company, order)
    second_batch(company, order)
    # Row 7.
    company.session.refresh(order)
    for acceptance in order.acceptances:
        company.fire("cs_ma", "2026-12-09 15:00", acceptance, "sign", signed_by="李经理")
    assert order.state is OrderState.completed
    assert [line.qty_accepted for line in (desks, chairs, cabinets)] == [D(120), D(120), D(30)]
    company.session.refresh(rows[-1])
    assert (rows[-1].open_amount, rows[-1].due_on) == (D("19209.60"), moment("2027-01-08").date())
    # Row 8.
    settled(company, order, "19209.60")
    assert order.paid_amount == D("57628.80") + D("79929.60") + D("35328.00") + D("19209.60") == D("192096.00")
    counted: Any = company.session.execute(sa.select(Package.state, sa.func.count()).group_by(Package.state))
    # 1 short of 391 packages: 0.26 %.
    assert dict(counted.all()) == {PackageState.delivered: 390, PackageState.lost: 1}


def missing_package(company: Company, order: Order) -> None:
    """The case that the delivery opened: level 1, worth one chair less 8 %, its clocks run."""
    (case,) = company.session.scalars(sa.select(ExceptionCase)).all()
    assert (case.kind, case.level, case.loss_amount, case.order_id) == (
        ExceptionKind.qty_mismatch,
        ExceptionLevel.l1,
        D("570.40"),
        order.id,
    )
    running = readings(company.context("system", "2026-12-02 11:00"), case)
    assert [(reading.clock.code, reading.due_at) for reading in running] == [
        ("X1", moment("2026-12-02 14:00")),
        ("X2", moment("2026-12-03 10:00")),
        ("X3", moment("2026-12-05 10:00")),
    ]
