"""Installation and acceptance after delivery. Clauses 10(2) and 14(4)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.kernel.clocks import readings
from app.kernel.errors import DomainError, NotFoundError, ValidationFailedError
from app.services.installation.actions import create_installation, plan_installation, request_acceptance
from app.services.shipment.actions import plan_shipment
from models.installation import Acceptance, Installation
from models.labels import AcceptanceState, InstallationState, OrderState
from models.order import Order
from tests.services.company import Company, found, moment
from tests.services.orders import Goods, fire_all, inspected, refusal, settled

D = Decimal
SOFA = Goods("SOF-OSLO-3S-GRY", 1, 6800, needs_install=True)
CHAIRS = Goods("CHR-NORD-01", 4, 680)
APPOINTMENT = {"mode": "own_fleet", "slot_from": "2026-11-27T14:00", "slot_to": "2026-11-27T16:00"}
VISIT = {"slot_from": "2026-11-27T15:00", "slot_to": "2026-11-27T17:00"}
DONE = {"checklist_pct": 100, "photo_count": 4}


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def delivered(company: Company, *goods: Goods, **receipt: Any) -> Order:
    """An order delivered on 2026-11-27 at 14:30 and paid for."""
    order = settled(company, inspected(company, *goods))
    with company.act("lg_liu", "2026-11-25 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    company.fire("lg_liu", "2026-11-25 16:00", shipment, "schedule", **APPOINTMENT)
    fire_all(company, "lg_xu", "2026-11-27 12:00", shipment.packages, "load")
    company.fire("lg_xu", "2026-11-27 13:00", shipment, "dispatch")
    if receipt.get("all_back"):
        receipt = {"back": {str(line.order_line_id): line.qty for line in shipment.lines}}
    company.fire("lg_xu", "2026-11-27 14:30", shipment, "deliver", receiver_name="林晓雯", **receipt)
    return order


@pytest.fixture
def order(company: Company) -> Order:
    return delivered(company, SOFA, CHAIRS)


@pytest.fixture
def visit(order: Order) -> Installation:
    (made,) = order.installations
    return made


def install(company: Company, visit: Installation) -> Acceptance:
    wu = company.people["cs_wu"].id
    company.fire("cs_ma", "2026-11-27 14:40", visit, "schedule", installer_id=wu, **VISIT)
    company.fire("cs_wu", "2026-11-27 15:00", visit, "start")
    company.fire("cs_wu", "2026-11-27 16:00", visit, "finish", **DONE)
    company.session.refresh(visit.order)
    (acceptance,) = visit.order.acceptances
    return acceptance


def test_installation_when_goods_arrive_then_planned_done_and_accepted(
    company: Company, order: Order, visit: Installation
) -> None:
    assert (visit.installation_no, visit.state) == ("AZ-20261127-0001", InstallationState.planned)
    assert (order.state, order.acceptances) == (OrderState.delivered, [])
    acceptance = install(company, visit)
    assert (visit.state, visit.started_at, visit.finished_at) == (
        InstallationState.done,
        moment("2026-11-27 15:00"),
        moment("2026-11-27 16:00"),
    )
    reading = {r.clock.code: r for r in readings(company.context("system", "2026-11-28 09:00"), visit)}["I1"]
    assert (reading.used, reading.due_at) == (timedelta(hours=1, minutes=30), moment("2026-11-29 14:30"))
    assert order.state is OrderState.pending_acceptance
    assert [(line.qty, line.qty_accepted) for line in acceptance.lines] == [(D(1), D(0)), (D(4), D(0))]
    company.fire("cs_wu", "2026-11-27 16:10", acceptance, "sign", signed_by="林晓雯")
    assert (acceptance.state, acceptance.signed_at) == (AcceptanceState.accepted, moment("2026-11-27 16:10"))
    assert [line.qty_accepted for line in order.lines] == [D(1), D(4)]


def test_installation_when_nothing_needs_one_then_accepted_at_once(company: Company) -> None:
    order = delivered(company, CHAIRS)
    assert order.installations == []
    assert [line.qty for acceptance in order.acceptances for line in acceptance.lines] == [D(4)]


def test_installation_when_everything_was_refused_then_neither_visit_nor_acceptance(company: Company) -> None:
    order = delivered(company, SOFA, all_back=True)
    assert (order.installations, order.acceptances) == ([], [])


def test_visit_when_the_installer_is_unknown_then_refused(company: Company, visit: Installation) -> None:
    code = refusal(company, "cs_ma", "2026-11-27 14:40", visit, "schedule", installer_id=99999, **VISIT)
    assert code == "unknown_installer"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"checklist_pct": 99}, "checklist_pct"),
        ({"checklist_pct": ""}, "checklist_pct"),
        ({"photo_count": 0}, "photo_count"),
    ],
)
def test_visit_when_checklist_or_photos_are_missing_then_not_finished(
    company: Company, visit: Installation, change: dict[str, Any], field: str
) -> None:
    wu = company.people["cs_wu"].id
    company.fire("cs_ma", "2026-11-27 14:40", visit, "schedule", installer_id=wu, **VISIT)
    company.fire("cs_wu", "2026-11-27 15:00", visit, "start")
    with pytest.raises(ValidationFailedError) as refused:
        company.fire("cs_wu", "2026-11-27 16:00", visit, "finish", **{**DONE, **change})
    assert list(refused.value.fields) == [field]


def test_visit_when_it_ends_before_it_begins_then_the_field_is_named(company: Company, visit: Installation) -> None:
    backwards = {"slot_from": VISIT["slot_to"], "slot_to": VISIT["slot_from"]}
    with pytest.raises(ValidationFailedError) as refused:
        company.fire("cs_ma", "2026-11-27 14:40", visit, "schedule", installer_id=1, **backwards)
    assert list(refused.value.fields) == ["slot_to"]


def test_visit_when_cancelled_then_another_can_be_added(company: Company, visit: Installation) -> None:
    values = {"shipment_id": visit.shipment_id}
    with pytest.raises(DomainError) as refused, company.act("cs_ma", "2026-11-27 14:40") as ctx:
        create_installation(ctx, values)
    assert refused.value.reason_code == "planned_already"
    company.fire("cs_ma", "2026-11-27 14:45", visit, "cancel", reason="客户改期")
    with company.act("cs_ma", "2026-11-27 14:50") as ctx:
        again = create_installation(ctx, {**values, "crew": "一组"})
    assert (again.installation_no, again.crew) == ("AZ-20261127-0002", "一组")


def test_visit_when_goods_are_not_there_yet_then_neither_added_nor_started(company: Company) -> None:
    order = inspected(company, SOFA)
    with company.act("lg_liu", "2026-11-25 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    with pytest.raises(DomainError) as refused, company.act("cs_ma", "2026-11-25 10:00") as ctx:
        create_installation(ctx, {"shipment_id": shipment.id})
    assert refused.value.reason_code == "not_delivered"
    with company.act("system", "2026-11-25 10:00") as ctx:
        early = plan_installation(ctx, shipment)
    assert early is not None
    wu = company.people["cs_wu"].id
    company.fire("cs_ma", "2026-11-25 10:10", early, "schedule", installer_id=wu, **VISIT)
    assert refusal(company, "cs_wu", "2026-11-25 11:00", early, "start") == "not_delivered"


def test_visit_when_no_shipment_or_an_unknown_one_is_named_then_refused(company: Company) -> None:
    with pytest.raises(ValidationFailedError) as refused, company.act("cs_ma", "2026-11-27 15:00") as ctx:
        create_installation(ctx, {"crew": "一组"})
    assert list(refused.value.fields) == ["shipment_id"]
    with pytest.raises(NotFoundError), company.act("cs_ma", "2026-11-27 15:00") as ctx:
        create_installation(ctx, {"shipment_id": 99999})


def test_visit_when_nothing_needs_it_then_refused(company: Company) -> None:
    order = delivered(company, CHAIRS)
    with pytest.raises(DomainError) as refused, company.act("cs_ma", "2026-11-27 15:00") as ctx:
        create_installation(ctx, {"shipment_id": order.shipments[0].id})
    assert refused.value.reason_code == "needs_no_installation"


def test_acceptance_when_signed_in_the_future_then_refused(company: Company, visit: Installation) -> None:
    acceptance = install(company, visit)
    late = {"signed_by": "林晓雯", "signed_at": "2026-11-27T16:11"}
    assert refusal(company, "cs_wu", "2026-11-27 16:10", acceptance, "sign", **late) == "signed_in_future"


def test_acceptance_when_rejected_then_put_right_and_accepted(
    company: Company, order: Order, visit: Installation
) -> None:
    acceptance = install(company, visit)
    company.fire("cs_ma", "2026-11-27 16:10", acceptance, "reject", reason="扶手划痕")
    assert (acceptance.state, acceptance.rejection_reason) == (AcceptanceState.rejected, "扶手划痕")
    assert [(line.qty_accepted, line.qty_rejected) for line in acceptance.lines] == [(D(0), D(1)), (D(0), D(4))]
    assert order.state is OrderState.pending_acceptance
    company.fire("cs_ma", "2026-11-30 10:00", acceptance, "reopen", reason="已更换扶手")
    found_readings = readings(company.context("system", "2026-11-30 11:00"), acceptance)
    clocks = {r.clock.code: r for r in found_readings}
    assert (clocks["I3"].due_at, clocks["I3"].stopped_at) == (moment("2026-12-04 16:10"), moment("2026-11-30 10:00"))
    assert clocks["I2"].started_at == moment("2026-11-30 10:00")
    company.fire("cs_ma", "2026-11-30 12:00", acceptance, "sign", signed_by="林晓雯")
    assert [(line.qty_accepted, line.qty_rejected) for line in acceptance.lines] == [(D(1), D(0)), (D(4), D(0))]


def test_acceptance_when_more_than_was_delivered_then_refused(company: Company, order: Order) -> None:
    sofa, _ = order.lines
    with pytest.raises(DomainError) as refused, company.act("system", "2026-11-27 16:00") as ctx:
        request_acceptance(ctx, order, {sofa.id: D(2)})
    assert refused.value.reason_code == "over_delivered"
    with company.act("system", "2026-11-27 16:00") as ctx:
        first = request_acceptance(ctx, order, {sofa.id: D(1)})
    assert first is not None
    with pytest.raises(DomainError) as twice, company.act("system", "2026-11-27 16:00") as ctx:
        request_acceptance(ctx, order, {sofa.id: D(1)})
    assert twice.value.reason_code == "over_delivered"


def test_acceptance_when_the_installation_is_open_then_not_signed(
    company: Company, order: Order, visit: Installation
) -> None:
    with company.act("system", "2026-11-27 14:40") as ctx:
        acceptance = request_acceptance(ctx, order, {order.lines[0].id: D(1)}, installation=visit)
    assert refusal(company, "cs_wu", "2026-11-27 14:50", acceptance, "sign", signed_by="林晓雯") == "not_installed"
