"""Shipments: planned within inspection and order, loaded to the last package, delivered or back. Clause 9."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.errors import DomainError, StepBlockedError, ValidationFailedError
from app.services.shipment.actions import create_shipment, plan_shipment
from app.services.shipment.queries import line_stocks
from models.labels import OrderState, OrderType, PackageState, ShipmentState
from models.order import Order
from models.shipment import Package, Shipment, ShipmentLine
from tests.services.company import Company, found, moment
from tests.services.orders import Goods, confirmed, draft, fire_all, inspected, refusal, settled

D = Decimal
TABLE = Goods("TBL-NORD-1600", 1, 4200, on_hand=7, packs_per_set=2, pack_volume=D("0.320"))
CHAIRS = Goods("CHR-NORD-01", 6, 680, on_hand=40, pieces_per_pack=2, pack_volume=D("0.240"))
SLOT = {"mode": "line", "carrier": "顺达", "slot_from": "2026-12-02T09:00", "slot_to": "2026-12-02T11:00"}
SIGNED = {"receiver_name": "林晓雯"}


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def order(company: Company) -> Order:
    """S06: a table and six chairs, all inspected and paid."""
    return settled(company, inspected(company, TABLE, CHAIRS))


def plan(company: Company, order: Order, quantities: dict[int, int] | None = None) -> Shipment:
    with company.act("lg_liu", "2026-11-25 09:00") as ctx:
        chosen = None if quantities is None else {line: D(qty) for line, qty in quantities.items()}
        return plan_shipment(ctx, order, chosen, {})


def refused_plan(company: Company, order: Order, quantities: dict[int, Any] | None) -> str:
    with pytest.raises(DomainError) as refused, company.act("lg_liu", "2026-11-25 09:00") as ctx:
        plan_shipment(ctx, order, quantities, {})
    return refused.value.reason_code


@pytest.fixture
def shipment(company: Company, order: Order) -> Shipment:
    return plan(company, order)


def depart(company: Company, shipment: Shipment) -> None:
    company.fire("lg_liu", "2026-11-30 09:00", shipment, "schedule", **SLOT)
    fire_all(company, "lg_xu", "2026-12-02 07:00", shipment.packages, "load")
    company.fire("lg_xu", "2026-12-02 08:00", shipment, "dispatch")


def test_shipment_when_planned_then_takes_all_and_packs_it(shipment: Shipment, order: Order) -> None:
    assert (shipment.shipment_no, shipment.mode) == ("SH-20261125-0001", order.delivery_mode)
    assert [line.qty for line in shipment.lines] == [D(1), D(6)]
    made = [(pack.package_no, f"{pack.seq}/{pack.total}", pack.volume) for pack in shipment.packages]
    assert made == [
        (f"PK-{order.order_no}-01", "1/5", D("0.160")),
        (f"PK-{order.order_no}-02", "2/5", D("0.160")),
        (f"PK-{order.order_no}-03", "3/5", D("0.240")),
        (f"PK-{order.order_no}-04", "4/5", D("0.240")),
        (f"PK-{order.order_no}-05", "5/5", D("0.240")),
    ]


def test_shipment_when_split_then_package_numbers_run_on(company: Company, order: Order) -> None:
    table, chairs = (line.id for line in order.lines)
    plan(company, order, {chairs: 2})
    second = plan(company, order, {table: 1, chairs: 4})
    assert [pack.package_no[-2:] for pack in second.packages] == ["02", "03", "04", "05"]
    assert refused_plan(company, order, None) == "nothing_to_ship"


@pytest.mark.parametrize(
    ("quantities", "code"),
    [
        ({1: D(7)}, "over_ordered"),
        ({0: D(2)}, "over_ordered"),
        ({1: D(-1)}, "bad_quantity"),
        ({}, "nothing_to_ship"),
        ({0: D(0)}, "nothing_to_ship"),
        ({99: D(1)}, "unknown_line"),
    ],
)
def test_shipment_when_quantities_are_impossible_then_refused(
    company: Company, order: Order, quantities: dict[int, Decimal], code: str
) -> None:
    lines = [line.id for line in order.lines]
    by_id = {lines[place] if place < len(lines) else -1: qty for place, qty in quantities.items()}
    assert refused_plan(company, order, by_id) == code
    assert order.shipments == []


def test_shipment_when_goods_failed_inspection_then_only_the_passed_ones_leave(company: Company) -> None:
    order = settled(company, confirmed(company, Goods("HDB-HOTEL-18", 24, 2300, on_hand=24)))
    (inspection,) = order.inspections
    defect = {"defect_class": "major", "defect_code": "coating"}
    company.fire("qc_sun", "2026-11-24 09:00", inspection, "reject", qty_passed=23, qty_failed=1, **defect)
    (line,) = order.lines
    assert refused_plan(company, order, {line.id: D(24)}) == "over_qc_passed"  # S05 5
    shipment = plan(company, order)
    assert [line.qty for line in shipment.lines] == [D(23)]
    depart(company, shipment)
    assert order.state is OrderState.partly_shipped


def test_shipment_when_the_order_is_unknown_or_not_confirmed_then_refused(company: Company, order: Order) -> None:
    with pytest.raises(DomainError) as unknown, company.act("lg_liu", "2026-11-25 09:00") as ctx:
        create_shipment(ctx, {"order_id": order.id + 1})
    assert unknown.value.reason_code == "not_found"
    unconfirmed = draft(company, customer=order.customer, order_no="SO-TEST-0002")
    assert refused_plan(company, unconfirmed, None) == "order_not_shippable"


@pytest.mark.parametrize(
    ("when", "code"),
    [("2026-12-01 09:01", "short_notice"), ("2026-12-03 09:00", "short_notice"), ("2026-12-01 09:00", None)],
)
def test_appointment_when_made_then_the_customer_has_a_day(
    company: Company, shipment: Shipment, when: str, code: str | None
) -> None:
    if code:
        assert refusal(company, "lg_liu", when, shipment, "schedule", **SLOT) == code
    else:
        company.fire("lg_liu", when, shipment, "schedule", **SLOT)
        assert (shipment.state, shipment.appointment_confirmed_at) == (ShipmentState.scheduled, moment(when))
        assert (shipment.slot_from, shipment.carrier) == (moment("2026-12-02 09:00"), "顺达")


def test_appointment_when_it_ends_before_it_begins_then_the_field_is_named(
    company: Company, shipment: Shipment
) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        company.fire("lg_liu", "2026-11-30 09:00", shipment, "schedule", **{**SLOT, "slot_to": "2026-12-02T08:00"})
    assert list(refused.value.fields) == ["slot_to"]


def test_departure_when_a_package_is_missing_then_says_how_many(company: Company, shipment: Shipment) -> None:
    company.fire("lg_liu", "2026-11-30 09:00", shipment, "schedule", **SLOT)
    fire_all(company, "lg_xu", "2026-12-02 07:00", shipment.packages[:4], "load")
    with pytest.raises(StepBlockedError) as refused:
        company.fire("lg_xu", "2026-12-02 08:00", shipment, "dispatch")
    (reason,) = refused.value.reasons()
    assert (reason.code, reason.data) == ("packages_missing", {"missing": 1, "total": 5})
    last = shipment.packages[4]
    company.fire("lg_xu", "2026-12-02 07:30", last, "load")
    assert (last.loaded_by_id, last.loaded_at) == (company.people["lg_xu"].id, moment("2026-12-02 07:30"))
    company.fire("lg_xu", "2026-12-02 08:00", shipment, "dispatch")
    assert (shipment.state, shipment.departed_at) == (ShipmentState.in_transit, moment("2026-12-02 08:00"))
    assert [line.qty_shipped for line in shipment.order.lines] == [D(1), D(6)]


def test_departure_when_the_order_is_on_hold_then_refused(company: Company, order: Order, shipment: Shipment) -> None:
    company.fire("lg_liu", "2026-11-30 09:00", shipment, "schedule", **SLOT)
    fire_all(company, "lg_xu", "2026-12-02 07:00", shipment.packages, "load")
    company.fire("oc_zhao", "2026-12-02 07:10", order, "hold", reason="待付款")
    assert refusal(company, "lg_xu", "2026-12-02 08:00", shipment, "dispatch") == "on_hold"


def ready(company: Company, order: Order, quantities: dict[int, int] | None = None) -> Shipment:
    """Planned, scheduled and loaded."""
    shipment = plan(company, order, quantities)
    company.fire("lg_liu", "2026-11-30 09:00", shipment, "schedule", **SLOT)
    fire_all(company, "lg_xu", "2026-12-02 07:00", shipment.packages, "load")
    return shipment


@pytest.mark.parametrize(("credit", "leaves"), [("0", False), ("1679.99", False), ("1680", True)])
def test_departure_when_not_all_is_paid_then_only_within_the_credit(
    company: Company, credit: str, leaves: bool
) -> None:
    order = settled(company, inspected(company, TABLE, CHAIRS), "6600")
    with company.act("fi_sun", "2026-11-24 13:00"):
        order.customer.credit_limit_amount = D(credit)
    shipment = ready(company, order)
    if leaves:
        company.fire("lg_xu", "2026-12-02 08:00", shipment, "dispatch")
        assert shipment.state is ShipmentState.in_transit
    else:
        assert refusal(company, "lg_xu", "2026-12-02 08:00", shipment, "dispatch") == "payment_missing"
        company.session.refresh(order)
        assert [line.qty_shipped for line in order.lines] == [D(0), D(0)]


def test_departure_when_a_bulk_order_goes_in_batches_then_each_is_paid_before_it_leaves(company: Company) -> None:
    """S03 3 on a smaller order: 30 % at the confirmation, 60 % of each batch before it leaves."""
    order = inspected(company, Goods("CHR-OFC-ERG", 10, 100), order_type=OrderType.bulk)
    (line,) = order.lines
    settled(company, order, "300")
    first = ready(company, order, {line.id: 4})
    assert refusal(company, "lg_xu", "2026-12-02 08:00", first, "dispatch") == "payment_missing"
    settled(company, order, "240")
    company.fire("lg_xu", "2026-12-02 08:00", first, "dispatch")
    second = ready(company, order, {line.id: 6})
    assert refusal(company, "lg_xu", "2026-12-02 08:10", second, "dispatch") == "payment_missing"
    settled(company, order, "360")
    company.fire("lg_xu", "2026-12-02 08:20", second, "dispatch")
    assert (line.qty_shipped, order.paid_amount) == (D(10), D(900))


def test_departure_when_nothing_is_packed_then_refused(company: Company, order: Order) -> None:
    with company.act("lg_liu", "2026-11-25 09:00"):
        bare = Shipment(shipment_no="SH-BARE", order_id=order.id)
        company.session.add(bare)
    company.fire("lg_liu", "2026-11-30 09:00", bare, "schedule", **SLOT)
    assert refusal(company, "lg_xu", "2026-12-02 08:00", bare, "dispatch") == "no_packages"


def test_departure_when_the_same_goods_left_meanwhile_then_refused(
    company: Company, order: Order, shipment: Shipment
) -> None:
    """Plans hold their pieces; this one was made past the plan, as a repair of data might."""
    chairs = order.lines[1]
    with company.act("lg_liu", "2026-11-25 09:00"):
        twin = Shipment(shipment_no="SH-TWIN", order_id=order.id)
        twin.lines.append(ShipmentLine(order_line_id=chairs.id, qty=D(2)))
        twin.packages.append(Package(package_no="PK-TWIN", order_line_id=chairs.id))
        company.session.add(twin)
    depart(company, shipment)
    company.fire("lg_liu", "2026-11-30 09:00", twin, "schedule", **SLOT)
    company.fire("lg_xu", "2026-12-02 08:10", twin.packages[0], "load")
    with pytest.raises(StepBlockedError) as refused:
        company.fire("lg_xu", "2026-12-02 08:20", twin, "dispatch")
    assert [(reason.code, reason.data) for reason in refused.value.reasons()] == [("over_qc_passed", {"line": 2})]


def test_package_when_the_scan_was_wrong_then_unloaded(company: Company, shipment: Shipment) -> None:
    package = shipment.packages[0]
    company.fire("lg_xu", "2026-11-30 09:00", package, "load")
    company.fire("lg_xu", "2026-11-30 09:01", package, "unload")
    assert (package.state, package.loaded_at, package.loaded_by_id) == (PackageState.packed, None, None)


def test_package_when_the_shipment_has_left_or_is_cancelled_then_stays(company: Company, shipment: Shipment) -> None:
    depart(company, shipment)
    assert refusal(company, "lg_xu", "2026-12-02 08:10", shipment.packages[0], "unload") == "shipment_departed"


def test_shipment_when_cancelled_then_its_goods_can_be_planned_again(
    company: Company, order: Order, shipment: Shipment
) -> None:
    fire_all(company, "lg_xu", "2026-11-30 09:00", shipment.packages[:1], "load")
    company.fire("lg_liu", "2026-11-30 10:00", shipment, "cancel", reason="改期")
    states = set(company.session.scalars(sa.select(Package.state)))
    assert (shipment.state, states) == (ShipmentState.cancelled, {PackageState.cancelled})
    again = plan(company, order)
    assert [line.qty for line in again.lines] == [D(1), D(6)]
    assert again.packages[0].package_no == f"PK-{order.order_no}-06"


def test_delivery_when_all_is_received_then_receipt_and_lines_say_so(
    company: Company, order: Order, shipment: Shipment
) -> None:
    depart(company, shipment)
    company.fire("lg_liu", "2026-12-02 12:00", shipment, "deliver", signed_at="2026-12-02T10:00", **SIGNED)
    receipt = shipment.receipt
    assert receipt.receipt_no == "QS-20261202-0001"
    assert (receipt.packages_received, receipt.packages_short, receipt.packages_damaged) == (5, 0, 0)
    assert shipment.delivered_at == receipt.signed_at == moment("2026-12-02 10:00")
    assert {pack.state for pack in shipment.packages} == {PackageState.delivered}
    assert [line.qty_delivered for line in order.lines] == [D(1), D(6)]
    assert [acceptance.acceptance_no for acceptance in order.acceptances] == ["YS-20261202-0001"]


def test_delivery_when_the_table_is_refused_then_s06_holds(company: Company, order: Order, shipment: Shipment) -> None:
    depart(company, shipment)
    table, chairs = order.lines
    company.fire(
        "lg_liu", "2026-12-02 10:00", shipment, "deliver",
        packages_damaged=1, damaged_numbers="01", back={str(table.id): "1"}, **SIGNED,
    )  # fmt: skip
    states = [pack.state for pack in shipment.packages]
    assert states == [PackageState.damaged, PackageState.returned, *[PackageState.delivered] * 3]
    assert [(line.qty_received, line.qty_back) for line in shipment.lines] == [(D(0), D(1)), (D(6), D(0))]
    assert (table.qty_back, table.qty_delivered, chairs.qty_delivered) == (D(1), D(0), D(6))
    assert order.state is OrderState.partly_shipped
    assert line_stocks(company.context("system", "2026-12-02 10:00"), order)[table.id].within_order == D(1)


def test_delivery_when_the_whole_load_is_lost_then_no_package_needs_a_name(
    company: Company, order: Order, shipment: Shipment
) -> None:
    depart(company, shipment)
    back = {line.order_line_id: line.qty for line in shipment.lines}
    # Domain/09 9.4, rule 11: the loader does not close the difference of the count.
    loss = {"packages_short": 5, "back": back, **SIGNED}
    assert refusal(company, "lg_xu", "2026-12-02 10:00", shipment, "deliver", **loss) == "separation_of_duties"
    company.fire("lg_liu", "2026-12-02 10:00", shipment, "deliver", **loss)
    assert {pack.state for pack in shipment.packages} == {PackageState.lost}
    assert [line.qty_delivered for line in order.lines] == [D(0), D(0)]
    assert (shipment.receipt.packages_received, shipment.receipt.packages_short) == (0, 5)


def test_delivery_when_a_chair_is_lost_then_the_order_takes_one_more(company: Company, order: Order) -> None:
    """S03 4 to 6: back 1, so that 79 + 41 = 120 is no over-shipping; here 6 chairs."""
    _, chairs = order.lines
    shipment = plan(company, order, {chairs.id: 6})
    depart(company, shipment)
    lost = {"packages_short": 1, "short_numbers": shipment.packages[2].package_no, "back": {str(chairs.id): 2}}
    company.fire("lg_liu", "2026-12-02 10:00", shipment, "deliver", **lost, **SIGNED)
    assert [pack.state for pack in shipment.packages] == [*[PackageState.delivered] * 2, PackageState.lost]
    assert (shipment.receipt.packages_received, shipment.receipt.packages_short) == (2, 1)
    assert (chairs.qty_shipped, chairs.qty_back, chairs.qty_delivered) == (D(6), D(2), D(4))
    stock = line_stocks(company.context("system", "2026-12-02 10:00"), order)[chairs.id]
    assert stock.within_order == D(2)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"signed_at": "2026-12-02T10:01"}, "signed_in_future"),
        ({"signed_at": "2026-12-02T07:59"}, "signed_before_departure"),
        ({"packages_damaged": 1}, "package_count"),
        ({"packages_damaged": 1, "damaged_numbers": "1 2"}, "package_count"),
        ({"packages_damaged": 1, "damaged_numbers": "9"}, "unknown_package"),
        ({"packages_short": 1, "short_numbers": "1"}, "back_missing"),
        ({"packages_short": 1, "short_numbers": "1", "packages_damaged": 1, "damaged_numbers": "1"}, "package_twice"),
        ({"back": {"0": 2}}, "over_shipped"),
        ({"back": {"99": 1}}, "unknown_line"),
        ({"not_received": "1=2"}, "over_shipped"),
        ({"not_received": "9=1"}, "unknown_line"),
    ],
)
def test_delivery_when_it_contradicts_itself_then_refused(
    company: Company, order: Order, shipment: Shipment, data: dict[str, Any], code: str
) -> None:
    depart(company, shipment)
    if "back" in data:
        ids = [line.id for line in order.lines]
        data = {"back": {ids[int(k)] if int(k) < len(ids) else -1: v for k, v in data["back"].items()}}
    assert refusal(company, "lg_liu", "2026-12-02 10:00", shipment, "deliver", **SIGNED, **data) == code
    company.session.refresh(shipment)
    assert shipment.receipt is None


@pytest.mark.parametrize("back", ["{", "[1]", {"x": 1}, {"1": -1}, {"1": "NaN"}])
def test_delivery_when_quantities_are_no_quantities_then_the_field_is_named(
    company: Company, shipment: Shipment, back: Any
) -> None:
    depart(company, shipment)
    with pytest.raises(ValidationFailedError) as refused:
        company.fire("lg_liu", "2026-12-02 10:00", shipment, "deliver", back=back, **SIGNED)
    assert list(refused.value.fields) == ["back"]


def test_delivery_when_a_form_sends_text_then_read_as_quantities(
    company: Company, order: Order, shipment: Shipment
) -> None:
    depart(company, shipment)
    table = order.lines[0].id
    company.fire("lg_liu", "2026-12-02 10:00", shipment, "deliver", back=f'{{"{table}": 1.000}}', **SIGNED)
    assert [line.qty_back for line in shipment.lines] == [D(1), D(0)]


def test_delivery_when_a_person_types_line_numbers_then_those_pieces_go_back(
    company: Company, order: Order, shipment: Shipment
) -> None:
    depart(company, shipment)
    company.fire("lg_liu", "2026-12-02 10:00", shipment, "deliver", not_received="1=1；2=2.000", **SIGNED)
    assert [line.qty_back for line in shipment.lines] == [D(1), D(2)]


def test_delivery_when_typed_quantities_cannot_be_read_then_the_field_is_named(
    company: Company, shipment: Shipment
) -> None:
    depart(company, shipment)
    with pytest.raises(ValidationFailedError) as refused:
        company.fire("lg_liu", "2026-12-02 10:00", shipment, "deliver", not_received="table", **SIGNED)
    assert list(refused.value.fields) == ["not_received"]
