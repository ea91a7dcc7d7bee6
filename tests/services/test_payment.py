"""Payments: planned, recorded once, allocated in order, never more than came in. Clause 11(1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.clocks import readings
from app.kernel.errors import DomainError, DuplicateError
from app.services.payment.actions import match, plan_schedule, record_payment
from app.services.payment.queries import due_before_shipping, unallocated
from app.services.shipment.actions import plan_shipment
from models.journal import Journal
from models.labels import Channel, OrderType, PaymentMethod, PaymentNature, PaymentState, SupplyMode
from models.order import Order
from models.payment import Payment
from tests.services.company import Company, found, moment, person
from tests.services.orders import Goods, confirmed, draft, inspected, refusal

D = Decimal
TABLES = Goods("TBL-NORD-1600", 2, 4800)
WARDROBE = Goods("WRD-CUST-M2", 1, 18000, SupplyMode.custom)


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def pay(company: Company, amount: str, txn: str = "T1", when: str = "2026-12-03 10:00", **values: Any) -> Payment:
    given = {"method": PaymentMethod.bank_transfer, "channel_txn_no": txn, "amount": D(amount), **values}
    with company.act("fi_qian", when) as ctx:
        return record_payment(ctx, given)


def plan_of(company: Company, order: Order) -> list[tuple[PaymentNature, Decimal, Decimal]]:
    company.session.refresh(order)
    return [(row.kind, row.amount, row.paid_amount) for row in order.schedules]


def test_payment_when_too_much_then_s08_holds(company: Company) -> None:
    order = confirmed(company, TABLES, order_type=OrderType.bulk)
    payment = pay(company, "10600", order_id=order.id)
    assert (payment.payment_no, payment.state) == ("PM-20261203-0001", PaymentState.partly)
    assert (payment.allocated_amount, payment.customer_id) == (D("9600.00"), order.customer_id)
    assert unallocated(company.context("system", "2026-12-03 10:00"), payment) == D("1000.00")
    assert [paid for _, _, paid in plan_of(company, order)] == [D(1920), D(960), D(5760), D(960)]
    assert (order.paid_amount, order.total_amount) == (D("9600.00"), D("9600.00"))
    assert refusal(company, "fi_zhou", "2026-12-04 09:00", payment, "allocate", order_id=order.id) == "nothing_due"


def test_payment_when_it_comes_in_parts_then_natures_fill_in_order(company: Company) -> None:
    order = confirmed(company, WARDROBE)
    first = pay(company, "5000", order_id=order.id)
    assert (first.state, order.paid_amount) == (PaymentState.allocated, D(5000))
    deposit, prepay, balance = PaymentNature.deposit, PaymentNature.prepay, PaymentNature.balance
    assert plan_of(company, order) == [
        (deposit, D(3600), D(3600)),
        (prepay, D(5400), D(1400)),
        (balance, D(9000), D(0)),
    ]
    pay(company, "13000", "T2", order_id=order.id)
    parts = [(part.nature, part.amount) for part in order.allocations]
    assert parts == [(deposit, D(3600)), (prepay, D(1400)), (prepay, D(4000)), (balance, D(9000))]
    assert order.paid_amount == order.total_amount


def test_payment_when_it_came_before_the_order_then_matched_at_the_entry(company: Company) -> None:
    payment = pay(company, "9600", when="2026-11-23 09:05", external_order_no="MALL-1")
    assert (payment.state, payment.order_id) == (PaymentState.unallocated, None)
    order = confirmed(company, TABLES, channel=Channel.online_mall, external_no="MALL-1")
    company.session.refresh(payment)
    assert (payment.state, payment.order_id, payment.customer_id) == (
        PaymentState.allocated,
        order.id,
        order.customer_id,
    )
    assert order.paid_amount == D(9600)
    reading = {r.clock.code: r for r in readings(company.context("system", "2026-11-23 12:00"), payment)}["F1"]
    assert (reading.started_at, reading.stopped_at) == (moment("2026-11-23 09:05"), moment("2026-11-23 10:00"))
    with company.act("system", "2026-11-24 09:00") as ctx:
        assert match(ctx, order) == D(0)


def test_payment_when_allocated_by_hand_then_the_order_knows_and_the_journal_tells(company: Company) -> None:
    order = confirmed(company, TABLES)
    payment = pay(company, "1920")
    company.fire("fi_zhou", "2026-12-03 11:00", payment, "allocate", order_id=order.id)
    assert (payment.state, payment.order_id, order.paid_amount) == (PaymentState.allocated, order.id, D(1920))
    statement = sa.select(Journal.action, Journal.from_state, Journal.to_state).where(Journal.entity == "payment")
    assert [tuple(row) for row in company.session.execute(statement.order_by(Journal.id))] == [
        ("payment.add", None, None),
        ("payment.allocate", "unallocated", "unallocated"),
        ("payment.mark_allocated", "unallocated", "allocated"),
    ]


def test_payment_when_the_customer_is_known_then_a_second_order_takes_the_rest(company: Company) -> None:
    first = confirmed(company, TABLES)
    second = confirmed(company, Goods("CHR-NORD-01", 1, 500), customer=first.customer, order_no="SO-TEST-0002")
    payment = pay(company, "10100", customer_id=first.customer_id)
    company.fire("fi_zhou", "2026-12-03 11:00", payment, "allocate", order_id=first.id)
    assert (payment.state, payment.order_id) == (PaymentState.partly, first.id)
    company.fire("fi_zhou", "2026-12-03 11:10", payment, "allocate", order_id=second.id)
    assert (payment.state, payment.order_id, payment.allocated_amount) == (
        PaymentState.allocated,
        first.id,
        D(10100),
    )
    assert (first.paid_amount, second.paid_amount) == (D(9600), D(500))


def test_payment_when_the_order_is_another_customers_or_unknown_then_not_allocated(company: Company) -> None:
    with company.act("oc_li", "2026-11-23 08:00"):
        other = person(company.session, "周建国", "13900001111")
    order = confirmed(company, TABLES)
    payment = pay(company, "100", customer_id=other.id)
    assert refusal(company, "fi_zhou", "2026-12-04 09:00", payment, "allocate", order_id=order.id) == "other_customer"
    assert refusal(company, "fi_zhou", "2026-12-04 09:00", payment, "allocate", order_id=99999) == "not_found"
    assert refusal(company, "lg_liu", "2026-12-04 09:00", payment, "allocate", order_id=order.id) == "permission_denied"
    assert refusal(company, "fi_zhou", "2026-12-04 09:00", payment, "mark_allocated") == "permission_denied"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"amount": D(0)}, "amount_not_positive"),
        ({"amount": D(-5)}, "amount_not_positive"),
        ({"received_at": moment("2026-12-03 10:01")}, "received_in_future"),
        ({"order_id": 99999}, "not_found"),
    ],
)
def test_payment_when_impossible_then_refused(company: Company, values: dict[str, Any], code: str) -> None:
    given = {"method": PaymentMethod.pos, "amount": D(100), **values}
    with pytest.raises(DomainError) as refused, company.act("fi_qian", "2026-12-03 10:00") as ctx:
        record_payment(ctx, given)
    assert refused.value.reason_code == code
    assert company.session.scalars(sa.select(Payment)).all() == []


def test_payment_when_recorded_twice_then_refused_with_the_first_number(company: Company) -> None:
    first = pay(company, "100")
    with pytest.raises(DuplicateError) as refused:
        pay(company, "100")
    assert (refused.value.reason_code, refused.value.data) == ("payment_repeated", {"number": first.payment_no})
    pay(company, "100", method=PaymentMethod.wechat)
    pay(company, "100", method=PaymentMethod.cash, channel_txn_no=None)
    pay(company, "100", method=PaymentMethod.cash, channel_txn_no=None)


def test_plan_when_the_total_changes_then_made_anew_until_money_is_allocated(company: Company) -> None:
    order = draft(company, WARDROBE)
    company.fire("oc_li", "2026-11-23 10:00", order, "submit")
    company.fire("oc_wang", "2026-11-23 10:10", order, "send_back", reason="数量")
    with company.act("oc_li", "2026-11-23 10:20"):
        order.lines[0].qty_ordered = D(2)
    company.fire("oc_li", "2026-11-23 10:30", order, "submit")
    assert [amount for _, amount, _ in plan_of(company, order)] == [D(7200), D(10800), D(18000)]
    pay(company, "1", order_id=order.id)
    with company.act("system", "2026-12-03 10:05") as ctx:
        assert plan_schedule(ctx, order) == order.schedules
    company.fire("oc_wang", "2026-12-03 10:10", order, "send_back", reason="数量")
    with company.act("oc_li", "2026-12-03 10:20"):
        order.lines[0].qty_ordered = D(1)
    code = refusal(company, "oc_li", "2026-12-03 10:30", order, "submit", late_reason="human")
    assert code == "plan_paid"


def test_shipping_gate_when_asked_then_names_what_is_missing(company: Company) -> None:
    order = confirmed(company, WARDROBE)
    ctx = company.context("system", "2026-12-03 10:00")
    assert due_before_shipping(ctx, order) == D(18000)
    pay(company, "9000", order_id=order.id)
    assert due_before_shipping(ctx, order) == D(9000)
    pay(company, "9000", "T2", order_id=order.id)
    assert due_before_shipping(ctx, order) == D(0)


def test_shipping_gate_when_a_bulk_order_goes_in_batches_then_only_their_share_is_due(company: Company) -> None:
    order = inspected(company, TABLES, order_type=OrderType.bulk)
    pay(company, "2880", order_id=order.id)
    (line,) = order.lines
    with company.act("lg_liu", "2026-12-03 10:00") as ctx:
        shipment = plan_shipment(ctx, order, {line.id: D(1)}, {})
    ctx = company.context("system", "2026-12-03 10:00")
    assert due_before_shipping(ctx, order) == D(5760)
    assert due_before_shipping(ctx, order, shipment) == D(2880)
