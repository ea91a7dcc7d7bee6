"""The account of a customer adds up to what was reckoned by hand, and a past period stays as it was said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.context import local_day
from app.services.letter.actions import silent
from app.services.payment.actions import record_payment
from app.services.payment.refunds import record_refund
from app.services.payment.statement import Age, EntryKind, Known, Period, Statement, statement_of
from models.cancellation import Cancellation
from models.customer import Customer
from models.labels import PaymentMethod, RefundReason
from models.order import Order
from models.payment import Payment, Refund
from tests.services.company import Company, found, moment, person
from tests.services.orders import Goods, call_off, confirmed, draft, refusal

D = Decimal
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
DECEMBER = Period(date(2026, 12, 1), date(2026, 12, 31))


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def customer(company: Company) -> Customer:
    with company.act("oc_li", "2026-11-23 08:00"):
        return person(company.session)


def pay(company: Company, when: str, amount: str, **values: Any) -> Payment:
    with company.act("fi_qian", when) as ctx:
        return record_payment(ctx, {"method": PaymentMethod.bank_transfer, "amount": D(amount), **values})


def give_back(company: Company, when: str, order: Order, amount: str, **values: Any) -> Refund:
    with company.act("fi_zhou", when) as ctx:
        refund = record_refund(ctx, {"order_id": order.id, "amount": D(amount), **values})
    company.fire("fi_sun", when, refund, "approve")
    company.fire("fi_qian", when, refund, "execute")
    return refund


def pay_out(company: Company, when: str, request: Cancellation) -> None:
    company.fire("fi_zhou", when, request, "refund")
    refund = company.session.scalars(sa.select(Refund).where(Refund.cancellation_id == request.id)).one()
    company.fire("fi_sun", when, refund, "approve")
    company.fire("fi_qian", when, refund, "execute")


def account(company: Company, customer: Customer, period: Period, known: Known | None = None) -> Statement:
    found = statement_of(company.context("fi_zhou", "2027-01-04 09:00"), customer.id, period, known)
    company.session.rollback()
    return found


def lines(statement: Statement) -> list[tuple[str, EntryKind, Decimal, Decimal, Decimal]]:
    return [(str(local_day(each.at)), each.kind, each.debit, each.credit, each.balance) for each in statement.entries]


def test_statement_when_orders_are_paid_refunded_and_cancelled_then_it_is_as_by_hand(
    company: Company, customer: Customer
) -> None:
    """Kept order: 9,600 less 300 off. Cancelled order: 1,000, 500 paid, 500 back. 250 paid twice."""
    kept = confirmed(company, Goods("TBL-1", 2, 4800), customer=customer)
    gone = confirmed(company, Goods("CHR-1", 10, 100), customer=customer, order_no="SO-TEST-0002")
    draft(company, Goods("BED-1", 1, 7000), customer=customer, order_no="SO-TEST-0003")
    pay(company, "2026-11-25 10:00", "5000", order_id=kept.id)
    pay(company, "2026-11-26 10:00", "500", order_id=gone.id)
    request = call_off(company, gone, "2026-12-01 09:00")
    assert (request.kept_amount, request.refund_amount) == (D(0), D(500))
    pay_out(company, "2026-12-03 10:00", request)
    give_back(company, "2026-12-04 10:00", kept, "300", reason=RefundReason.price_adjust)
    twice = pay(company, "2026-12-05 10:00", "4850", order_id=kept.id)
    give_back(company, "2026-12-06 10:00", kept, "250", reason=RefundReason.overpay, payment_id=twice.id)

    november = account(company, customer, NOVEMBER)
    assert lines(november) == [
        ("2026-11-23", EntryKind.order, D(9600), D(0), D(9600)),
        ("2026-11-23", EntryKind.order, D(1000), D(0), D(10600)),
        ("2026-11-25", EntryKind.payment, D(0), D(5000), D(5600)),
        ("2026-11-26", EntryKind.payment, D(0), D(500), D(5100)),
    ]
    assert (november.opening, november.debits, november.credits, november.closing) == (
        D(0), D(10600), D(5500), D(5100),
    )  # fmt: skip
    december = account(company, customer, DECEMBER)
    assert lines(december) == [
        ("2026-12-01", EntryKind.cancel, D(0), D(1000), D(4100)),
        ("2026-12-03", EntryKind.refund, D(500), D(0), D(4600)),
        ("2026-12-04", EntryKind.reduction, D(0), D(300), D(4300)),
        ("2026-12-04", EntryKind.refund, D(300), D(0), D(4600)),
        ("2026-12-05", EntryKind.payment, D(0), D(4850), D(-250)),
        ("2026-12-06", EntryKind.refund, D(250), D(0), D(0)),
    ]
    assert (december.opening, december.closing) == (D(5100), D(0))
    # Paid and settled to the last cent: nothing is open, nothing waits.
    assert (december.ages, december.unallocated) == ({}, ())


def test_statement_when_an_order_is_cancelled_after_a_reduction_then_only_the_rest_is_taken_back(
    company: Company, customer: Customer
) -> None:
    order = confirmed(company, Goods("TBL-1", 1, 1000), customer=customer)
    pay(company, "2026-11-24 10:00", "1000", order_id=order.id)
    give_back(company, "2026-11-25 10:00", order, "100", reason=RefundReason.price_adjust)
    before = account(company, customer, NOVEMBER)
    assert before.closing == D(0)
    request = call_off(company, order, "2026-12-01 09:00")
    assert (request.kept_amount, request.refund_amount) == (D(0), D(900))
    pay_out(company, "2026-12-02 10:00", request)
    company.session.refresh(order)
    assert (order.paid_amount, order.refunded_amount) == (D(0), D(0))
    assert lines(account(company, customer, NOVEMBER)) == lines(before)
    assert lines(account(company, customer, DECEMBER)) == [
        ("2026-12-01", EntryKind.cancel, D(0), D(900), D(-900)),
        ("2026-12-02", EntryKind.refund, D(900), D(0), D(0)),
    ]


def test_order_when_it_was_cancelled_then_nobody_is_asked_about_its_letter_and_no_money_is_brought_to_it(
    company: Company, customer: Customer
) -> None:
    order = confirmed(company, Goods("TBL-1", 1, 1000), customer=customer)
    late = company.context("system", "2026-12-05 10:00")
    assert [letter.order_id for letter in silent(late)] == [order.id]
    call_off(company, order, "2026-12-01 09:00")
    assert silent(late) == []
    gone = draft(company, Goods("CHR-1", 1, 100), customer=customer, order_no="SO-TEST-0002")
    company.fire("oc_li", "2026-12-01 10:00", gone, "submit", late_reason="holiday")
    company.fire("oc_zhao", "2026-12-01 11:00", gone, "cancel", cancel_kind="customer", cancel_reason="house")
    waiting = pay(company, "2026-12-02 10:00", "100", customer_id=customer.id)
    assert refusal(company, "fi_zhou", "2026-12-02 11:00", waiting, "allocate", order_id=gone.id) == "order_ended"


def test_statement_when_instalments_are_open_then_by_their_age_at_the_end(company: Company, customer: Customer) -> None:
    """Stock goods by phone: 20 % due when the plan is made (23 November), 80 % by the asked day (10 December)."""
    order = confirmed(company, Goods("TBL-1", 1, 1000), customer=customer)
    plan = {row.seq: (row.amount, row.due_on) for row in order.schedules}
    assert plan == {1: (D(200), date(2026, 11, 23)), 2: (D(800), date(2026, 12, 10))}
    waiting = pay(company, "2026-12-20 10:00", "70", customer_id=customer.id)
    pay(company, "2026-11-30 10:00", "150.50", order_id=order.id)
    assert account(company, customer, Period(NOVEMBER.first, date(2026, 11, 23))).ages == {Age.not_due: D(1000)}
    november = account(company, customer, NOVEMBER)
    assert november.ages == {Age.to_30: D("49.50"), Age.not_due: D(800)}
    assert november.unallocated == ()
    december = account(company, customer, DECEMBER)
    assert december.ages == {Age.to_60: D("49.50"), Age.to_30: D(800)}
    assert december.overdue == D("849.50")
    assert december.unallocated == ((moment("2026-12-20 10:00"), waiting.payment_no, D(70), D(70)),)
    late = account(company, customer, Period(date(2027, 2, 1), date(2027, 3, 1)))
    assert late.ages == {Age.over_90: D("49.50"), Age.to_90: D(800)}


def test_statement_when_rows_are_out_of_the_readers_sight_then_they_are_not_on_it(
    company: Company, customer: Customer
) -> None:
    order = confirmed(company, Goods("TBL-1", 1, 1000), customer=customer)
    pay(company, "2026-11-25 10:00", "200", order_id=order.id)
    other = person(company.session, "周建国", "13900009999")
    company.session.commit()
    assert account(company, other, NOVEMBER).entries == ()
    blind = Known(payments=sa.false())
    assert blind.is_whole is False
    assert [each.kind for each in account(company, customer, NOVEMBER, blind).entries] == [EntryKind.order]
    assert Known().is_whole is True
