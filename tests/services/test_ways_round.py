"""Ways round the guards: a second person's button, a typed price, a credit of one's own, a plan of another type."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.errors import DomainError, PermissionDeniedError, ValidationFailedError
from app.kernel.policy import change_parameter, read_policy
from app.services.customer.actions import change_customer
from app.services.order.actions import add_fee, add_line, change_line, change_order
from app.services.payment.actions import record_payment
from app.services.payment.refunds import apply_invoice, record_refund
from app.services.shipment.actions import plan_shipment
from models.labels import (
    Elevator,
    FeeKind,
    OrderState,
    OrderType,
    PaymentMethod,
    PaymentState,
    RefundReason,
    SupplyMode,
    TaskState,
)
from models.policy import PolicyParameter
from models.quality import Inspection
from models.shipment import Shipment
from tests.services.company import Company, found, moment, person, product
from tests.services.orders import (
    CHECKS,
    CONFIRMED,
    ENTERED,
    REVIEWED,
    Goods,
    call_off,
    confirmed,
    draft,
    inspected,
    refusal,
    settled,
)

D = Decimal
pytestmark = pytest.mark.stage("people")
SOFA = Goods("SOF-OSLO-3S-GRY", 1, 6800)


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def test_review_when_a_colleague_submitted_then_who_entered_is_refused_all_the_same(company: Company) -> None:
    order = draft(company, SOFA)
    company.fire("oc_zhao", ENTERED, order, "submit")
    passed = dict.fromkeys(CHECKS, "passed")
    assert refusal(company, "oc_li", REVIEWED, order, "review", **passed) == "separation_of_duties"
    assert refusal(company, "oc_zhao", REVIEWED, order, "review", **passed) == "separation_of_duties"
    company.fire("oc_wang", REVIEWED, order, "review", **passed)
    assert order.state is OrderState.approved


@pytest.mark.parametrize(("typed", "flags"), [("6800", []), ("6120", []), ("6119.99", ["F01"]), ("7000", [])])
def test_price_when_typed_below_the_list_then_it_counts_as_a_discount(
    company: Company, typed: str, flags: list[str]
) -> None:
    order = draft(company, SOFA)
    with company.act("oc_li", ENTERED) as ctx:
        change_line(ctx, order.lines[0], {"list_price": D(typed)})
    assert order.special_flags == flags


def test_credit_when_anybody_but_finance_sets_it_then_refused(company: Company) -> None:
    customer = draft(company, SOFA).customer
    with pytest.raises(PermissionDeniedError), company.act("oc_li", ENTERED) as ctx:
        change_customer(ctx, customer, {"credit_limit_amount": D(100)})
    with company.act("oc_li", ENTERED) as ctx:
        change_customer(ctx, customer, {"credit_limit_amount": D(0), "note": "老客户"})
    with company.act("fi_zhou", ENTERED) as ctx:
        change_customer(ctx, customer, {"credit_limit_amount": D(100)})
    assert (customer.credit_limit_amount, customer.note) == (D(100), "老客户")


def test_plan_when_the_type_changes_and_the_total_does_not_then_made_anew(company: Company) -> None:
    order = draft(company, SOFA, order_type=OrderType.bulk)
    company.fire("oc_li", ENTERED, order, "submit")
    company.session.refresh(order)
    assert [row.percent for row in order.schedules] == [D(20), D(10), D(60), D(10)]
    company.fire("oc_wang", REVIEWED, order, "send_back", reason="类型")
    with company.act("oc_li", REVIEWED) as ctx:
        change_order(ctx, order, {"order_type": OrderType.retail})
    company.fire("oc_li", REVIEWED, order, "submit")
    company.session.refresh(order)
    assert [row.percent for row in order.schedules] == [D(20), D(80)]


def test_fee_when_there_is_a_lift_after_all_then_it_goes_and_none_is_added(company: Company) -> None:
    order = draft(company, SOFA, floor=5, elevator=Elevator.none)
    with company.act("oc_li", ENTERED) as ctx:
        change_order(ctx, order, {"note": "五楼"})
    # 4 floors x 0.300 m³ x 20.00
    assert [(fee.kind, fee.amount) for fee in order.fees] == [(FeeKind.upstairs, D("24.00"))]
    with company.act("oc_li", ENTERED) as ctx:
        change_order(ctx, order, {"elevator": Elevator.passenger})
    company.session.refresh(order)
    assert (list(order.fees), order.total_amount) == ([], D("6800.00"))
    with pytest.raises(ValidationFailedError) as refused, company.act("oc_li", ENTERED) as ctx:
        add_fee(ctx, {"order_id": order.id, "kind": FeeKind.upstairs, "amount": D(100)})
    assert list(refused.value.fields) == ["kind"]


@pytest.mark.parametrize("value", ["24小时", "NaN", "Infinity", "-1", "1e9"])
def test_parameter_when_no_usable_number_then_refused_and_the_old_one_holds(company: Company, value: str) -> None:
    parameter = PolicyParameter(code="sla.X.limit", value="24", unit="h")
    with company.act("system", ENTERED) as ctx:
        ctx.session.add(parameter)
    with pytest.raises(ValidationFailedError), company.act("cm_zhang", ENTERED) as ctx:
        change_parameter(ctx, parameter, {"value": value})
    assert read_policy(company.session)["sla.X.limit"] == D(24)


def loaded(company: Company) -> Shipment:
    """A paid sofa on the vehicle."""
    order = settled(company, inspected(company, SOFA))
    with company.act("lg_liu", "2026-11-29 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    slot = {"mode": "line", "slot_from": "2026-12-02T09:00", "slot_to": "2026-12-02T11:00"}
    company.fire("lg_liu", "2026-11-30 09:00", shipment, "schedule", **slot)
    for package in list(shipment.packages):
        company.fire("lg_xu", "2026-12-02 07:00", package, "load")
    return shipment


def test_departure_when_money_goes_back_for_a_cancellation_then_refused(company: Company) -> None:
    shipment = loaded(company)
    with company.act("fi_zhou", "2026-12-02 07:30") as ctx:
        values = {"order_id": shipment.order_id, "reason": RefundReason.cancel, "amount": D(6800)}
        refund = record_refund(ctx, values)
    assert refusal(company, "lg_xu", "2026-12-02 08:00", shipment, "dispatch") == "payment_missing"
    company.fire("fi_sun", "2026-12-02 07:40", refund, "reject", reason="客户不取消了")
    company.fire("lg_xu", "2026-12-02 08:00", shipment, "dispatch")


def test_terms_when_the_receipt_is_recorded_late_then_they_run_from_the_signature(company: Company) -> None:
    shipment = loaded(company)
    company.fire("lg_xu", "2026-12-02 08:00", shipment, "dispatch")
    signed = {"receiver_name": "林晓雯", "signed_at": "2026-12-02T10:00"}
    company.fire("lg_xu", "2026-12-05 10:00", shipment, "deliver", **signed)
    (line,) = shipment.order.lines
    company.session.refresh(line)
    assert (line.return_deadline_at, line.warranty_from_on) == (
        moment("2026-12-09 23:59:59"),
        moment("2026-12-02 00:00").date(),
    )


def test_committee_when_stock_is_short_then_its_vote_counts_and_the_letter_waits(company: Company) -> None:
    order = draft(company, Goods("TBL-MEET-24", 30, 5000, on_hand=3))
    company.fire("oc_li", ENTERED, order, "submit")
    company.fire("oc_wang", REVIEWED, order, "escalate", stock="conditional", comment="12-01 到货")
    for member in ("cm_zhang", "fi_sun"):
        company.fire(member, REVIEWED, order.approvals[0], "vote", decision="approve")
    assert order.state is OrderState.approved
    assert [held.qty for held in order.lines[0].reservations] == [D(3)]
    data = {"promised_on": "2026-12-08", "channel": "sms"}
    assert refusal(company, "oc_li", "2026-11-23 12:00", order, "confirm", **data) == "stock_short"


@pytest.mark.parametrize("reason", [RefundReason.price_adjust, RefundReason.compensation])
def test_order_when_something_was_conceded_then_it_can_be_completed_and_closed(
    company: Company, reason: RefundReason
) -> None:
    shipment = loaded(company)
    order = shipment.order
    with company.act("fi_zhou", "2026-12-02 07:30") as ctx:
        refund = record_refund(ctx, {"order_id": order.id, "reason": reason, "amount": D("11.50")})
    company.fire("fi_sun", "2026-12-02 07:40", refund, "approve")
    company.fire("fi_qian", "2026-12-02 07:50", refund, "execute")
    company.fire("lg_xu", "2026-12-02 08:00", shipment, "dispatch")
    company.fire("lg_xu", "2026-12-02 10:00", shipment, "deliver", receiver_name="林晓雯")
    company.session.refresh(order)
    company.fire("cs_ma", "2026-12-02 11:00", order.acceptances[0], "sign", signed_by="林晓雯")
    assert (order.state, order.paid_amount, order.refunded_amount) == (OrderState.completed, D(6800), D("11.50"))
    company.fire("oc_zhao", "2026-12-03 09:00", order, "close")


def test_cancel_when_a_task_is_in_progress_then_it_stops_and_nothing_is_inspected(company: Company) -> None:
    order = confirmed(company, Goods("BED-1", 2, supply=SupplyMode.make_to_order))
    task = order.tasks[0]
    plan = {"planned_start_on": "2026-11-24", "planned_end_on": "2026-12-01"}
    company.fire("pd_chen", "2026-11-23 13:00", task, "plan", **plan)
    company.fire("pd_chen", "2026-11-23 13:10", task, "release")
    company.fire("pd_chen", "2026-11-23 13:20", task, "start")
    company.fire("pd_chen", "2026-11-23 14:00", task, "report", operation="assembly", qty_done="1", percent="50")
    inspection = company.session.scalars(sa.select(Inspection)).one()
    # One piece waits for its inspection; the order is still in production.
    call_off(company, order, "2026-11-23 15:00")
    company.session.refresh(order)
    assert (order.state, task.state) == (OrderState.cancelled, TaskState.cancelled)
    assert refusal(company, "qc_sun", "2026-11-23 16:00", inspection, "accept") == "step_not_open"


def test_invoice_when_the_order_is_no_contract_yet_or_no_more_then_refused(company: Company) -> None:
    order = draft(company, Goods("CHR-1", 2))
    with pytest.raises(DomainError) as early, company.act("fi_zhou", CONFIRMED) as ctx:
        apply_invoice(ctx, {"order_id": order.id})
    company.fire("oc_li", ENTERED, order, "cancel", cancel_kind="customer", cancel_reason="fund")
    with pytest.raises(DomainError) as late, company.act("fi_zhou", CONFIRMED) as ctx:
        apply_invoice(ctx, {"order_id": order.id})
    assert (early.value.reason_code, late.value.reason_code) == ("not_invoiceable", "not_invoiceable")


def test_payment_when_the_order_was_cancelled_then_waits_unallocated(company: Company) -> None:
    order = confirmed(company, Goods("CHR-1", 2))
    call_off(company, order, CONFIRMED)
    with company.act("fi_qian", CONFIRMED) as ctx:
        payment = record_payment(ctx, {"method": PaymentMethod.cash, "amount": D(50), "order_id": order.id})
    assert (payment.state, payment.allocated_amount, order.paid_amount) == (PaymentState.unallocated, D(0), D(0))


def test_draft_when_the_customer_is_another_then_the_first_ones_address_goes(company: Company) -> None:
    order = draft(company, Goods("CHR-1", 1), floor=5)
    with company.act("oc_li", ENTERED) as ctx:
        other = person(ctx.session, "王小明", "13900001111")
        change_order(ctx, order, {"customer_id": other.id, "ship_city": "宁波"})
    assert (order.customer_id, order.receiver_name, order.ship_address) == (other.id, None, None)
    assert (order.ship_city, order.floor) == ("宁波", 1)


def test_line_when_the_product_is_no_longer_sold_then_refused(company: Company) -> None:
    order = draft(company, Goods("CHR-1", 1))
    with company.act("oc_li", ENTERED) as ctx:
        gone = product(ctx.session, "OLD-1", is_active=False)
    with pytest.raises(ValidationFailedError) as refused, company.act("oc_li", ENTERED) as ctx:
        add_line(ctx, {"order_id": order.id, "product_id": gone.id, "qty_ordered": D(1)})
    assert list(refused.value.fields) == ["product_id"]


def test_shipment_when_it_would_be_thousands_of_packages_then_refused(company: Company) -> None:
    order = inspected(company, Goods("CHR-1", 2001, price=1, on_hand=3000))
    with pytest.raises(DomainError) as refused, company.act("lg_liu", CONFIRMED) as ctx:
        plan_shipment(ctx, order, None, {})
    assert refused.value.reason_code == "too_many_packages"
