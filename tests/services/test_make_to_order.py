"""The order's way with a production task: a bed is planned, made, fails its inspection once, and is accepted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from app.services.payment.actions import record_payment
from app.services.shipment.actions import create_shipment
from models.labels import (
    InspectionKind,
    InspectionState,
    OrderState,
    PackageState,
    PaymentMethod,
    RegulationState,
    ShipmentState,
    SupplyMode,
    TaskState,
)
from models.order import Order
from tests.services.company import Company, found
from tests.services.orders import Goods, draft, fire_all, refusal

D = Decimal
S, R = OrderState, RegulationState
BEDS = Goods(
    "BED-LUNA-1800",
    2,
    5600,
    SupplyMode.make_to_order,
    needs_install=True,
    packs_per_set=3,
    pack_volume=D("0.620"),
)
QUANTITIES = ("produced", "qc_passed", "shipped", "delivered", "installed", "accepted")
pytestmark = pytest.mark.stage("people")


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def order(company: Company) -> Order:
    """Two beds for 11,200.00."""
    return draft(company, BEDS)


def stands(order: Order) -> tuple[OrderState, RegulationState | None, list[int]]:
    """The state of the order, that of the regulation, and the quantities of its line in the order of the way."""
    (line,) = order.lines
    return order.state, order.regulation_state, [int(getattr(line, f"qty_{name}")) for name in QUANTITIES]


def enter_and_confirm(company: Company, order: Order) -> None:
    """Entry, review, money and letter; no production before the letter. Clause 14(1)."""
    company.fire("oc_li", "2026-11-23 10:00", order, "submit")
    assert (order.total_amount, order.tax_amount, order.net_amount) == (D("11200.00"), D("1288.50"), D("9911.50"))
    assert [(line.pack_count, line.volume) for line in order.lines] == [(6, D("1.240"))]
    assert stands(order) == (S.pending_review, R.pending_review, [0, 0, 0, 0, 0, 0])
    company.fire("oc_wang", "2026-11-23 11:00", order, "review")
    assert (stands(order), order.tasks) == ((S.approved, R.pending_review, [0, 0, 0, 0, 0, 0]), [])
    with company.act("fi_qian", "2026-11-23 11:30") as ctx:
        paid = {"order_id": order.id, "customer_id": order.customer_id, "amount": D("11200.00")}
        record_payment(
            ctx, {**paid, "method": PaymentMethod.bank_transfer, "channel_txn_no": "B-1", "received_at": ctx.now}
        )
    assert order.paid_amount == D("11200.00")
    company.fire("oc_li", "2026-11-23 12:00", order, "confirm", promised_on="2026-12-13", channel="sms")
    assert stands(order) == (S.confirmed, R.confirmed, [0, 0, 0, 0, 0, 0])


def make(company: Company, order: Order) -> None:
    """One task for both beds, reported one by one. Clause 8."""
    (task,) = order.tasks
    assert (task.task_no, task.qty, task.state) == ("MO-20261123-0001", D(2), TaskState.planned)
    assert refusal(company, "pd_chen", "2026-11-24 08:50", task, "release") == "not_planned"
    plan = {"planned_start_on": "2026-11-25", "planned_end_on": "2026-12-07", "work_centre": "A1"}
    company.fire("pd_chen", "2026-11-24 09:00", task, "plan", **plan)
    assert (task.state, task.planned_end_on) == (TaskState.planned, date(2026, 12, 7))
    company.fire("pd_chen", "2026-11-24 09:10", task, "release")
    assert task.state is TaskState.released
    assert stands(order) == (S.in_production, R.in_production, [0, 0, 0, 0, 0, 0])
    company.fire("pd_chen", "2026-11-25 08:00", task, "start")
    assert task.state is TaskState.in_progress
    company.fire("pd_chen", "2026-12-01 17:00", task, "report", operation="assembly", qty_done=1, percent=50)
    assert stands(order) == (S.in_production, R.in_production, [1, 0, 0, 0, 0, 0])
    assert refusal(company, "pd_chen", "2026-12-01 17:05", task, "complete") == "not_finished"
    company.fire("pd_chen", "2026-12-05 16:00", task, "report", operation="packing", qty_done=1, percent=100)
    company.fire("pd_chen", "2026-12-05 16:05", task, "complete")
    assert (task.state, task.qty_done) == (TaskState.completed, D(2))
    assert stands(order) == (S.in_production, R.in_production, [2, 0, 0, 0, 0, 0])


def inspect(company: Company, order: Order) -> None:
    """The first bed passes, the second fails once. Clauses 8(4) and 14(2)."""
    first, second = sorted(order.inspections, key=lambda item: item.id)
    assert [(item.kind, item.qty_submitted) for item in (first, second)] == [(InspectionKind.final, D(1))] * 2
    company.fire("qc_sun", "2026-12-06 09:00", first, "accept")
    assert stands(order) == (S.ready_to_ship, R.ready_to_ship, [2, 1, 0, 0, 0, 0])
    failed = {"qty_passed": 0, "qty_failed": 1, "defect_class": "major", "defect_code": "F-03", "cause": "process"}
    assert refusal(company, "qc_sun", "2026-12-06 09:10", second, "reject", **{**failed, "qty_failed": 2}) == (
        "does_not_add_up"
    )
    company.fire("qc_sun", "2026-12-06 09:10", second, "reject", **failed)
    assert (second.state, second.qty_passed, second.qty_failed) == (InspectionState.failed, D(0), D(1))
    assert [(defect.code, defect.qty) for defect in second.defects] == [("F-03", D(1))]
    assert stands(order) == (S.ready_to_ship, R.ready_to_ship, [2, 1, 0, 0, 0, 0])
    company.session.refresh(order)
    (again,) = [item for item in order.inspections if item.previous_id == second.id]
    assert (again.state, again.qty_submitted) == (InspectionState.pending, D(1))
    assert refusal(company, "pd_chen", "2026-12-08 09:00", again, "accept") == "permission_denied"
    company.fire("qc_sun", "2026-12-08 10:00", again, "accept")
    assert stands(order) == (S.ready_to_ship, R.ready_to_ship, [2, 2, 0, 0, 0, 0])


def ship(company: Company, order: Order) -> None:
    """Both beds in six packages. Clauses 9 and 14(3)."""
    with company.act("lg_liu", "2026-12-08 14:00") as ctx:
        shipment = create_shipment(ctx, {"order_id": order.id})
    assert [(line.qty, shipment.state) for line in shipment.lines] == [(D(2), ShipmentState.planned)]
    slot = {"mode": "own_fleet", "slot_from": "2026-12-11T09:00", "slot_to": "2026-12-11T11:00"}
    company.fire("lg_liu", "2026-12-08 14:10", shipment, "schedule", **slot)
    company.session.refresh(shipment)
    packages = sorted(shipment.packages, key=lambda package: package.package_no)
    assert [package.package_no[-2:] for package in packages] == ["01", "02", "03", "04", "05", "06"]
    fire_all(company, "lg_xu", "2026-12-11 07:30", packages[:5], "load")
    assert refusal(company, "lg_xu", "2026-12-11 07:40", shipment, "dispatch") == "packages_missing"
    fire_all(company, "lg_xu", "2026-12-11 07:50", packages[5:], "load")
    company.fire("lg_xu", "2026-12-11 08:00", shipment, "dispatch")
    assert stands(order) == (S.shipped, R.shipped, [2, 2, 2, 0, 0, 0])
    company.fire("lg_liu", "2026-12-11 10:00", shipment, "deliver", receiver_name="林晓雯")
    assert {package.state for package in packages} == {PackageState.delivered}
    assert stands(order) == (S.delivered, R.shipped, [2, 2, 2, 2, 0, 0])


def finish(company: Company, order: Order) -> None:
    """Installed and accepted. Clause 14(4)."""
    company.session.refresh(order)
    (installation,) = order.installations
    slot = {"slot_from": "2026-12-11T13:00", "slot_to": "2026-12-11T16:00"}
    company.fire("cs_ma", "2026-12-11 10:30", installation, "schedule", installer_id=company.people["cs_wu"].id, **slot)
    company.fire("cs_wu", "2026-12-11 13:00", installation, "start")
    company.fire("cs_wu", "2026-12-11 15:00", installation, "finish", checklist_pct=100, photo_count=6)
    assert stands(order) == (S.pending_acceptance, R.shipped, [2, 2, 2, 2, 2, 0])
    company.session.refresh(order)
    (acceptance,) = order.acceptances
    company.fire("cs_wu", "2026-12-11 15:10", acceptance, "sign", signed_by="林晓雯")
    assert stands(order) == (S.completed, R.completed, [2, 2, 2, 2, 2, 2])


def test_bed_when_made_to_order_then_walks_from_entry_to_acceptance(company: Company, order: Order) -> None:
    enter_and_confirm(company, order)
    make(company, order)
    inspect(company, order)
    ship(company, order)
    finish(company, order)
    (line,) = order.lines
    assert (line.warranty_from_on, line.warranty_to_on) == (date(2026, 12, 11), date(2027, 12, 11))
