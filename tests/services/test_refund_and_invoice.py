"""Refunds by different people and never more than is there; invoices within the order. Clause 11(2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.kernel.context import Actor
from app.kernel.errors import DomainError, ValidationFailedError
from app.services.payment.actions import record_payment
from app.services.payment.queries import refundable, unallocated
from app.services.payment.refunds import apply_invoice, record_owed, record_refund
from models.customer import Customer
from models.labels import (
    CustomerKind,
    InvoiceKind,
    InvoiceState,
    OrderType,
    PaymentMethod,
    PaymentState,
    RefundReason,
    RefundState,
)
from models.order import Order
from models.payment import Invoice, Payment, Refund
from tests.services.company import Company, found, moment
from tests.services.orders import Goods, confirmed, refusal

D = Decimal
TABLES = Goods("TBL-NORD-1600", 2, 4800)
NUMBER = "25332000000012345678"


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def order(company: Company) -> Order:
    """S08: 9,600 ordered."""
    return confirmed(company, TABLES)


@pytest.fixture
def payment(company: Company, order: Order) -> Payment:
    """S08: 10,600 came in."""
    given = {
        "method": PaymentMethod.bank_transfer,
        "channel_txn_no": "T1",
        "amount": D(10600),
        "order_id": order.id,
        "payer_name": "林晓雯",
        "payer_account": "6222000011112222",
    }
    with company.act("fi_qian", "2026-12-03 10:00") as ctx:
        return record_payment(ctx, given)


def record(company: Company, order: Order, amount: str, **values: Any) -> Refund:
    with company.act("fi_zhou", "2026-12-04 10:00") as ctx:
        return record_refund(ctx, {"order_id": order.id, "amount": D(amount), **values})


def refused_record(company: Company, order: Order, amount: str, **values: Any) -> str:
    with pytest.raises(DomainError) as refused:
        record(company, order, amount, **values)
    return refused.value.reason_code


def powerful(company: Company, who: str) -> Actor:
    """The person with every right in refunds, so that only the separation of duties stands in the way."""
    actor = company.people[who]
    return replace(actor, permissions=actor.permissions | {"refund.approve", "refund.execute", "refund.reject"})


def test_refund_when_too_much_came_in_then_s08_holds(company: Company, order: Order, payment: Payment) -> None:
    overpaid = {"reason": RefundReason.overpay, "payment_id": payment.id}
    assert refused_record(company, order, "1000.01", **overpaid) == "over_refundable"
    assert refused_record(company, order, "1000", payee_account="6222999900000000", **overpaid) == "other_payee"
    refund = record(company, order, "1000", **overpaid)
    assert (refund.refund_no, refund.legal_due_on) == ("RF-20261204-0001", date(2026, 12, 11))
    assert (refund.payee_name, refund.payee_account) == ("林晓雯", "6222000011112222")
    assert refused_record(company, order, "0.01", **overpaid) == "over_refundable"
    company.fire("fi_sun", "2026-12-05 10:00", refund, "approve")
    company.fire("fi_qian", "2026-12-07 10:00", refund, "execute")
    assert (refund.state, refund.executed_at) == (RefundState.executed, moment("2026-12-07 10:00"))
    company.session.refresh(payment)
    assert unallocated(company.context("system", "2026-12-07 10:00"), payment) == D(0)
    assert (payment.state, payment.allocated_amount) == (PaymentState.allocated, D(9600))
    # What was never the order's takes nothing from it.
    assert (order.paid_amount, order.refunded_amount) == (D(9600), D(0))


def test_refund_when_the_order_is_refunded_then_what_is_left_falls(
    company: Company, order: Order, payment: Payment
) -> None:
    assert refused_record(company, order, "9600.01") == "over_refundable"
    refund = record(company, order, "5000", reason=RefundReason.price_adjust)
    assert refused_record(company, order, "4600.01") == "over_refundable"
    assert refundable(company.context("system", "2026-12-04 10:00"), order) == D(4600)
    company.fire("fi_sun", "2026-12-05 10:00", refund, "approve")
    company.fire("fi_qian", "2026-12-05 11:00", refund, "execute")
    assert order.refunded_amount == D(5000)
    another = record(company, order, "4600")
    company.fire("fi_sun", "2026-12-05 12:00", another, "reject", reason="客户撤回")
    assert refundable(company.context("system", "2026-12-05 12:00"), order) == D(4600)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("second", "back", "taken", "refused"),
    [
        ("6211", "6211", ["6211"], ["6222"]),
        ("6233", None, ["6211", "6233"], ["6222"]),
        (None, None, ["6211"], ["6222"]),
    ],
)
def test_owed_money_when_the_order_was_paid_twice_then_it_goes_to_an_account_that_paid(
    company: Company, order: Order, second: str | None, back: str | None, taken: list[str], refused: list[str]
) -> None:
    with company.act("fi_qian", "2026-12-03 10:00") as ctx:
        for account in ("6211", second):
            given = {"method": PaymentMethod.bank_transfer, "amount": D(4800), "order_id": order.id}
            paid = record_payment(ctx, {**given, "payer_name": "林晓雯", "payer_account": account})
        owed = record_owed(ctx.as_system(), order, RefundReason.late_delivery, D(10), None)
    assert (owed.payee_account, owed.payment_id) == (back, paid.id if back else None)
    step = {"who": "fi_zhou", "when": "2026-12-04 10:00", "record": owed, "step": "change_account"}
    for account in refused:
        assert refusal(company, **step, payee_account=account, reason="x") == "other_payee"
        assert refused_record(company, order, "10", payee_account=account) == "other_payee"
    for account in taken:
        company.fire(**step, payee_account=account, reason="x")
        assert owed.payee_account == account


@pytest.mark.parametrize(
    ("amount", "values", "code"),
    [
        ("0", {}, "amount_not_positive"),
        ("-1", {}, "amount_not_positive"),
        ("10", {"reason": RefundReason.overpay}, "payment_needed"),
        ("10", {"payment_id": 99999}, "not_found"),
        ("10", {"reason": RefundReason.double_deposit}, "reckoned"),
    ],
)
def test_refund_when_impossible_then_refused(
    company: Company, order: Order, payment: Payment, amount: str, values: dict[str, Any], code: str
) -> None:
    assert refused_record(company, order, amount, **values) == code
    assert order.refunds == []


def test_refund_when_the_payment_is_another_orders_then_refused(
    company: Company, order: Order, payment: Payment
) -> None:
    second = confirmed(
        company, Goods("CHR-NORD-01", 1), customer=order.customer, order_no="SO-TEST-0002", order_type=OrderType.bulk
    )
    assert refused_record(company, second, "10", payment_id=payment.id) == "other_order"


@pytest.mark.parametrize(
    ("amount", "approver", "payer", "refused"),
    [
        ("5000", "fi_zhou", None, "approve"),
        ("5000", "fi_sun", "fi_zhou", None),
        ("5000", "fi_sun", "fi_sun", "execute"),
        ("5000", "fi_sun", "fi_qian", None),
        ("5000.01", "fi_sun", "fi_sun", "execute"),
        ("5000.01", "fi_sun", "fi_zhou", "execute"),
        ("5000.01", "fi_sun", "fi_qian", None),
    ],
)
def test_refund_when_one_person_does_too_much_then_refused(
    company: Company,
    order: Order,
    payment: Payment,
    amount: str,
    approver: str,
    payer: str | None,
    refused: str | None,
) -> None:
    refund = record(company, order, amount)
    if refused == "approve":
        code = refusal(company, powerful(company, approver), "2026-12-05 10:00", refund, "approve")
        assert code == "separation_of_duties"
        return
    company.fire(powerful(company, approver), "2026-12-05 10:00", refund, "approve")
    assert payer is not None
    if refused == "execute":
        code = refusal(company, powerful(company, payer), "2026-12-05 11:00", refund, "execute")
        assert code == "separation_of_duties"
    else:
        company.fire(powerful(company, payer), "2026-12-05 11:00", refund, "execute")
        assert (refund.approved_by_id, refund.executed_by_id) == (
            company.people[approver].id,
            company.people[payer].id,
        )


def bill(company: Company, order: Order, **values: Any) -> Invoice:
    with company.act("fi_zhou", "2026-12-08 10:00") as ctx:
        return apply_invoice(ctx, {"order_id": order.id, **values})


def refused_bill(company: Company, order: Order, **values: Any) -> str:
    with pytest.raises(DomainError) as refused:
        bill(company, order, **values)
    return refused.value.reason_code


def company_order(company: Company) -> Order:
    with company.act("oc_li", "2026-11-23 08:00"):
        buyer = Customer(code="CUS-9", kind=CustomerKind.company, name="云启科技", uscc="91350100M000100Y43")
        company.session.add(buyer)
    return confirmed(company, TABLES, customer=buyer)


def test_invoice_when_nothing_is_said_then_for_the_whole_order_and_its_customer(company: Company) -> None:
    order = company_order(company)
    invoice = bill(company, order, kind=InvoiceKind.special)
    assert (invoice.invoice_no, invoice.title, invoice.tax_no) == (
        "IV-20261208-0001",
        "云启科技",
        "91350100M000100Y43",
    )
    amounts = (invoice.gross_amount, invoice.tax_amount, invoice.net_amount)
    assert amounts == (order.total_amount, order.tax_amount, order.net_amount) == (D(9600), D("1104.42"), D("8495.58"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_invoice_when_to_another_title_then_the_customers_tax_number_is_not_assumed(company: Company) -> None:
    order = company_order(company)
    other = {"kind": InvoiceKind.special, "title": "云启家居（上海）"}
    assert refused_bill(company, order, **other) == "tax_no_needed"
    assert bill(company, order, title=other["title"], gross_amount=D(600)).tax_no is None
    assert bill(company, order, **other, tax_no="91310000M000100Y4X").tax_no == "91310000M000100Y4X"


def test_invoice_when_in_parts_then_their_tax_adds_up_to_the_orders(company: Company, order: Order) -> None:
    parts = [bill(company, order, gross_amount=D(gross)) for gross in ("0.01", "3333.33")]
    parts.append(bill(company, order))
    assert parts[-1].gross_amount == D("6266.66")
    assert sum(part.tax_amount for part in parts) == order.tax_amount
    assert refused_bill(company, order) == "amount_not_positive"
    assert refused_bill(company, order, gross_amount=D("0.01")) == "over_invoiced"


def test_invoice_when_special_for_a_person_then_refused(company: Company, order: Order) -> None:
    assert refused_bill(company, order, kind=InvoiceKind.special) == "special_for_person"


def test_invoice_when_special_without_a_tax_number_then_refused(company: Company) -> None:
    with company.act("oc_li", "2026-11-23 08:00"):
        buyer = Customer(code="CUS-9", kind=CustomerKind.company, name="无税号公司")
        company.session.add(buyer)
    order = confirmed(company, TABLES, customer=buyer)
    assert refused_bill(company, order, kind=InvoiceKind.special) == "tax_no_needed"


def test_invoice_when_issued_then_dated_and_its_number_is_taken(company: Company, order: Order) -> None:
    first, second = bill(company, order, gross_amount=D(1)), bill(company, order, gross_amount=D(1))
    company.fire("fi_qian", "2026-12-08 11:00", first, "issue", tax_invoice_no=NUMBER)
    assert (first.state, first.issued_at, first.tax_invoice_no) == (
        InvoiceState.issued,
        moment("2026-12-08 11:00"),
        NUMBER,
    )
    code = refusal(company, "fi_qian", "2026-12-08 12:00", second, "issue", tax_invoice_no=NUMBER)
    assert code == "tax_number_taken"
    with pytest.raises(ValidationFailedError) as refused:
        company.fire("fi_qian", "2026-12-08 12:00", second, "issue", tax_invoice_no="123")
    assert list(refused.value.fields) == ["tax_invoice_no"]


def test_invoice_when_void_then_its_amount_is_free_again_and_an_issued_one_stays(
    company: Company, order: Order
) -> None:
    invoice = bill(company, order)
    company.fire("fi_zhou", "2026-12-08 11:00", invoice, "void", reason="抬头错误")
    again = bill(company, order)
    company.fire("fi_qian", "2026-12-08 12:00", again, "issue", tax_invoice_no=NUMBER)
    assert refusal(company, "fi_zhou", "2026-12-08 13:00", again, "void", reason="x") == "step_not_open"
