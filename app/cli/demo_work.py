"""A demo order from the confirmation letter to its acceptance (clause 14)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.cli.demo_certificate import certify
from app.cli.demo_story import Story
from app.services.installation.certificate import is_open
from app.services.shipment import actions as shipments
from models.installation import Acceptance, Installation
from models.labels import (
    AcceptanceState,
    InspectionState,
    InstallationState,
    LetterState,
    PackageState,
    TaskState,
)
from models.letter import ConfirmationLetter
from models.order import Order
from models.production import ProductionTask
from models.quality import Inspection
from models.shipment import Package, Shipment

ZERO, ONE = Decimal(0), Decimal(1)
CENTRES = ("一车间 板式", "二车间 实木", "三车间 软包")
CARRIERS = ("德邦快递", "安能物流", "日日顺供应链")


def rows(story: Story, model: Any, order: Order, *states: Any) -> list[Any]:
    """An order's records in these states, oldest first."""
    statement = sa.select(model).where(model.order_id == order.id, model.state.in_(states)).order_by(model.id)
    return list(story.company.session.scalars(statement))


def make(story: Story, order: Order, *, share: Decimal = ONE, failing: Decimal = ZERO) -> None:
    """Plans, releases and makes every task; with ``share`` below one only a part gets finished. Clause 14(1)."""
    tasks = rows(story, ProductionTask, order, TaskState.planned)
    if not tasks:
        return
    story.later(2, 10)
    for task in tasks:
        _plan(story, task)
    open_gate(story, order)
    story.later(1, 6)
    for task in tasks:
        story.fire("pd_he", task, "release")
    story.later(8, 30)
    for task in tasks:
        story.fire("pd_chen", task, "start")
    _report(story, tasks, share, failing)
    for task in tasks:
        if task.qty_done == task.qty:
            story.fire("pd_chen", task, "complete")


def open_gate(story: Story, order: Order) -> None:
    """What production waits for: the customer's answer to the letter, and his name under the drawing."""
    for letter in rows(story, ConfirmationLetter, order, LetterState.sent, LetterState.disputed):
        story.fire("oc_li", letter, "acknowledge", reason="客户来电确认")
    if order.is_custom:
        story.fire("oc_li", order, "issue_drawing", drawing_version=1)
        story.fire("oc_li", order, "sign_drawing", drawing_version=1, signed_name=order.receiver_name or "客户")


def _plan(story: Story, task: ProductionTask) -> None:
    starts = story.today + timedelta(days=2)
    ends = max(task.planned_end_on - timedelta(days=3), starts) if task.planned_end_on else starts + timedelta(days=12)
    story.fire(
        "pd_chen",
        task,
        "plan",
        work_centre=story.random.choice(CENTRES),
        planned_start_on=starts.isoformat(),
        planned_end_on=ends.isoformat(),
        material_ready_on=starts.isoformat(),
    )


def _report(story: Story, tasks: list[ProductionTask], share: Decimal, failing: Decimal) -> None:
    """Cutting first, then finished pieces in two goes."""
    story.later(20, 60)
    for task in tasks:
        story.fire("pd_chen", task, "report", operation="cutting", qty_done="0", percent=100)
    for part, percent in ((Decimal("0.5"), 50), (ONE, 100)):
        if part > share:
            return
        story.later(40, 90)
        for task in tasks:
            done = task.qty if part == ONE else (task.qty * part).to_integral_value()
            data = {"operation": "assembly", "qty_done": f"{done - task.qty_done:f}", "percent": percent}
            story.fire("pd_chen", task, "report", **data)
        inspect(story, tasks[0].order, failing=failing)
        failing = ZERO


def pause(story: Story, order: Order) -> None:
    """A machine stands still."""
    for task in rows(story, ProductionTask, order, TaskState.in_progress):
        story.later(1, 6)
        story.fire("pd_chen", task, "pause", reason="封边机故障，等待维修")


def inspect(story: Story, order: Order, *, failing: Decimal = ZERO) -> None:
    """The inspector looks at everything that waits; ``failing`` pieces of the first fail once. Clause 14(2)."""
    waiting = rows(story, Inspection, order, InspectionState.pending)
    if not waiting:
        return
    story.later(1, 8)
    for inspection in waiting:
        if ZERO < failing < inspection.qty_submitted:
            _fail(story, inspection, failing)
            failing = ZERO
        else:
            story.fire("qc_sun", inspection, "accept")


def _fail(story: Story, inspection: Inspection, failing: Decimal) -> None:
    story.fire(
        "qc_sun",
        inspection,
        "reject",
        qty_passed=f"{inspection.qty_submitted - failing:f}",
        qty_failed=f"{failing:f}",
        defect_class=story.random.choice(("major", "minor")),
        defect_code=story.random.choice(("COAT-02", "EDGE-05", "DIM-01")),
        cause=story.random.choice(("process", "material")),
        note="返工后复检",
    )


def ship(story: Story, order: Order, *, damaged: bool = False) -> Shipment:
    """Plans, makes the appointment, loads, leaves and arrives. Clause 14(3)."""
    story.later(1, 6)
    with story.act("lg_liu") as ctx:
        shipment = shipments.plan_shipment(ctx, order, None, {})
    story.later(0.5, 4)
    slot = story.office(story.at + timedelta(hours=30))
    data = {
        "mode": str(shipment.mode),
        "carrier": story.random.choice(CARRIERS),
        "tracking_no": f"DPK{26_000_000_000 + shipment.id}",
        "vehicle_plate": f"浙A·{story.random.randint(10000, 99999)}",
        "driver_name": story.random.choice(("张师傅", "陈师傅", "李师傅")),
        "driver_phone": f"13{story.random.randint(100000000, 999999999)}",
        "slot_from": slot.isoformat(),
        "slot_to": (slot + timedelta(hours=2)).isoformat(),
    }
    story.fire("lg_liu", shipment, "schedule", **data)
    story.wait_until(slot - timedelta(hours=2))
    statement = sa.select(Package).where(Package.shipment_id == shipment.id, Package.state == PackageState.packed)
    for package in story.company.session.scalars(statement.order_by(Package.id)).all():
        story.fire("lg_xu", package, "load")
    story.fire("lg_liu", shipment, "dispatch")
    story.later(1.5, 5)
    receipt: dict[str, Any] = {"receiver_name": order.receiver_name}
    if damaged:
        receipt |= {"packages_damaged": 1, "remarks": "外箱压损，开箱检查货物完好"}
        receipt |= {"damaged_numbers": _packages(story, shipment)[0].package_no}
    story.fire("lg_liu", shipment, "deliver", **receipt)
    return shipment


def _packages(story: Story, shipment: Shipment) -> list[Package]:
    statement = sa.select(Package).where(Package.shipment_id == shipment.id).order_by(Package.id)
    return list(story.company.session.scalars(statement))


def install(story: Story, order: Order) -> None:
    """The installer comes, and the customer gets working furniture. Clause 14(4)."""
    for installation in rows(story, Installation, order, InstallationState.planned):
        story.later(0.3, 3)
        slot = story.office(story.at + timedelta(hours=story.random.randint(3, 30)))
        data = {
            "installer_id": story.company.people["cs_wu"].id,
            "crew": "安装一组",
            "slot_from": slot.isoformat(),
            "slot_to": (slot + timedelta(hours=3)).isoformat(),
        }
        story.fire("cs_ma", installation, "schedule", **data)
        story.wait_until(slot)
        story.fire("cs_wu", installation, "start")
        story.later(0.7, 2.5)
        story.fire("cs_wu", installation, "finish", checklist_pct=100, photo_count=story.random.randint(3, 9))


def accept(story: Story, order: Order, *, complains: bool = False) -> None:
    """The customer signs; whoever complains signs after it was put right. Clause 14(4)."""
    for acceptance in rows(story, Acceptance, order, AcceptanceState.pending):
        who = "cs_wu" if acceptance.installation_id else "cs_ma"
        story.later(0.1, 1)
        if complains:
            story.fire(who, acceptance, "reject", reason="柜门缝隙不均，要求调整")
            story.later(20, 40)
            story.fire("cs_ma", acceptance, "reopen", reason="已上门调整铰链")
            story.later(0.5, 2)
        if is_open(acceptance):
            certify(story, acceptance)
        story.fire(who, acceptance, "sign", signed_by=order.receiver_name)
