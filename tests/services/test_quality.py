"""Inspections: not by the producer, every piece counted, failed pieces inspected again. Clauses 8(4) and 14(2)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from app.kernel.clocks import readings
from app.kernel.errors import DomainError, NotFoundError, ValidationFailedError
from app.services.quality.actions import add_defect, request_inspection
from models.labels import DefectClass, InspectionKind, InspectionState, OrderState, SupplyMode
from models.order import Order
from models.production import ProductionTask
from models.quality import Inspection
from tests.services.company import Company, found, moment
from tests.services.orders import Goods, confirmed, refusal

D = Decimal
COATING = {"defect_class": "major", "defect_code": "coating", "cause": "process"}


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def order(company: Company) -> Order:
    """S05: 24 headboards, all reported as done by pd_chen on 2026-12-05."""
    order = confirmed(company, Goods("HDB-HOTEL-18", 24, 2300, SupplyMode.make_to_order))
    (task,) = order.tasks
    produce(company, task)
    return order


def produce(company: Company, task: ProductionTask) -> None:
    dates = {"planned_start_on": "2026-11-25", "planned_end_on": "2026-12-05"}
    company.fire("pd_he", "2026-11-24 09:00", task, "plan", **dates)
    company.fire("pd_chen", "2026-11-24 10:00", task, "release")
    company.fire("pd_chen", "2026-11-25 08:00", task, "start")
    company.fire("pd_chen", "2026-12-05 16:00", task, "report", operation="packing", qty_done=24, percent=100)


@pytest.fixture
def inspection(order: Order) -> Inspection:
    (made,) = order.inspections
    return made


def test_inspection_when_goods_fail_then_s05_holds(company: Company, order: Order, inspection: Inspection) -> None:
    reading = {r.clock.code: r for r in readings(company.context("system", "2026-12-05 16:00"), inspection)}["Q1"]
    # Saturday: the eight office hours are those of Monday.
    assert reading.due_at == moment("2026-12-07 18:00")
    company.fire("qc_sun", "2026-12-07 10:00", inspection, "reject", qty_passed=21, qty_failed=3, **COATING)
    assert (inspection.state, inspection.qty_passed, inspection.qty_failed) == (InspectionState.failed, D(21), D(3))
    assert (inspection.inspector_id, inspection.inspected_at) == (
        company.people["qc_sun"].id,
        moment("2026-12-07 10:00"),
    )
    (line,) = order.lines
    assert (line.qty_qc_passed, order.state) == (D(21), OrderState.ready_to_ship)
    company.session.refresh(order)
    again = order.inspections[-1]
    assert (again.qty_submitted, again.previous_id) == (D(3), inspection.id)
    company.fire("qc_sun", "2026-12-09 09:00", again, "reject", qty_passed=2, qty_failed=1, **COATING)
    assert line.qty_qc_passed == D(23)


@pytest.mark.parametrize(
    ("who", "step", "data"),
    [
        ("pd_chen", "accept", {}),
        ("pd_chen", "reject", {"qty_passed": 23, "qty_failed": 1, **COATING}),
        ("pd_he", "accept", {}),
    ],
)
def test_inspection_when_done_by_who_made_or_planned_the_goods_then_refused(
    company: Company, inspection: Inspection, who: str, step: str, data: dict[str, object]
) -> None:
    inspector = replace(company.people[who], permissions=company.people["qc_sun"].permissions)
    assert refusal(company, inspector, "2026-12-07 10:00", inspection, step, **data) == "separation_of_duties"


def test_inspection_when_the_right_is_missing_then_refused(company: Company, inspection: Inspection) -> None:
    assert refusal(company, "lg_liu", "2026-12-07 10:00", inspection, "accept") == "permission_denied"


@pytest.mark.parametrize(("passed", "failed"), [(21, 2), (24, 1), (0, 23)])
def test_result_when_it_does_not_add_up_then_refused(
    company: Company, inspection: Inspection, passed: int, failed: int
) -> None:
    data = {"qty_passed": passed, "qty_failed": failed, **COATING}
    assert refusal(company, "qc_sun", "2026-12-07 10:00", inspection, "reject", **data) == "does_not_add_up"
    assert inspection.defects == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"qty_failed": 0, "qty_passed": 24}, "qty_failed"),
        ({"qty_passed": -1}, "qty_passed"),
        ({"defect_class": "awful"}, "defect_class"),
        ({"defect_qty": 4}, "defect_qty"),
        ({"defect_code": ""}, "defect_code"),
    ],
)
def test_result_when_a_field_is_wrong_then_it_is_named(
    company: Company, inspection: Inspection, change: dict[str, object], field: str
) -> None:
    data = {"qty_passed": 21, "qty_failed": 3, **COATING, **change}
    with pytest.raises(ValidationFailedError) as refused:
        company.fire("qc_sun", "2026-12-07 10:00", inspection, "reject", **data)
    assert list(refused.value.fields) == [field]


def test_defect_when_further_ones_are_found_then_within_the_failed_pieces(
    company: Company, inspection: Inspection
) -> None:
    wobble = {"inspection_id": inspection.id, "code": "wobble", "defect_class": DefectClass.critical, "qty": D(1)}
    with pytest.raises(DomainError) as early, company.act("qc_sun", "2026-12-07 09:00") as ctx:
        add_defect(ctx, wobble)
    assert early.value.reason_code == "not_failed"
    data = {"qty_passed": 21, "qty_failed": 3, "defect_qty": 2, "note": "漆面起泡", **COATING}
    company.fire("qc_sun", "2026-12-07 10:00", inspection, "reject", **data)
    with company.act("qc_sun", "2026-12-07 10:05") as ctx:
        add_defect(ctx, wobble)
    with pytest.raises(DomainError) as over, company.act("qc_sun", "2026-12-07 10:10") as ctx:
        add_defect(ctx, wobble)
    assert over.value.reason_code == "over_failed"
    company.session.refresh(inspection)
    assert inspection.note == "漆面起泡"
    with pytest.raises(NotFoundError), company.act("qc_sun", "2026-12-07 10:10") as ctx:
        add_defect(ctx, {**wobble, "inspection_id": 99999})
    assert [(defect.code, defect.qty) for defect in inspection.defects] == [("coating", D(2)), ("wobble", D(1))]


def test_inspection_when_nothing_is_submitted_then_refused(company: Company, order: Order) -> None:
    with pytest.raises(DomainError) as refused, company.act("qc_sun", "2026-12-07 10:00") as ctx:
        request_inspection(ctx, order.lines[0], InspectionKind.final, D(0))
    assert refused.value.reason_code == "nothing_to_inspect"
