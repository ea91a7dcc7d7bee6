"""Invoices of orders that are cancelled or changed: what is invoiced ends equal to what remains. Clause 11(2)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.consequences.cancelling import open_cancellation
from app.kernel.clocks import readings
from app.kernel.context import SYSTEM, Context
from app.kernel.engine import fire
from app.kernel.errors import StepBlockedError
from app.kernel.unit_of_work import unit_of_work
from app.services.order.actions import add_fee
from app.services.payment.queries import invoiced
from app.services.payment.refunds import apply_invoice
from models.cancellation import Cancellation
from models.customer import Customer
from models.journal import Journal
from models.labels import CustomerKind, FeeKind, InvoiceKind, InvoiceState, RedReason, RefundState
from models.order import Order
from models.payment import Invoice, Refund
from tests.databases import Database
from tests.services.changes import applied, line_of
from tests.services.company import Company, found, moment
from tests.services.orders import (
    CHECKS,
    CONFIRMED,
    ENTERED,
    REVIEWED,
    Goods,
    call_off,
    confirmed,
    draft,
    refusal,
    settled,
)

D = Decimal
TABLES = Goods("TBL-OAK-1400", 3, 3200)
LETTER, LETTER_AGAIN = "RL20261130000000001", "RL20261201000000001"
pytestmark = pytest.mark.stage("people")


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def order(company: Company) -> Order:
    """Three tables for 9,600.00, of a company, paid."""
    with company.act("oc_li", "2026-11-23 08:00"):
        buyer = Customer(code="CUS-9", kind=CustomerKind.company, name="云启科技", uscc="91350100M000100Y43")
        company.session.add(buyer)
    return settled(company, confirmed(company, TABLES, customer=buyer))


def bill(company: Company, order: Order, number: int | None, **values: Any) -> Invoice:
    """A special invoice; issued where it is given a number."""
    with company.act("fi_zhou", "2026-11-24 14:00") as ctx:
        made = apply_invoice(ctx, {"order_id": order.id, "kind": InvoiceKind.special, **values})
    if number is not None:
        company.fire("fi_qian", "2026-11-24 15:00", made, "issue", tax_invoice_no=f"{number:020d}")
    return made


def cancel_one(company: Company, order: Order, when: str) -> Cancellation:
    return cancel(company, order, 1, when)


def cancel(company: Company, order: Order, pieces: int, when: str) -> Cancellation:
    """So many of the tables are cancelled before anything was done for them."""
    with company.act("oc_li", when) as ctx:
        lines = [{"order_line_id": order.lines[0].id, "qty": D(pieces)}]
        given = {"cancel_kind": "customer", "cancel_reason": "design", "lines": lines}
        request = open_cancellation(ctx, {"order_id": order.id, **given})
    company.fire("oc_li", when, request, "offer")
    company.fire("oc_li", when, request, "accept", accepted_how="微信确认")
    company.session.refresh(order)
    return request


def invoices(company: Company, order: Order) -> list[tuple[Decimal, Decimal, InvoiceState]]:
    rows = company.session.scalars(sa.select(Invoice).where(Invoice.order_id == order.id).order_by(Invoice.id))
    return [(row.gross_amount, row.tax_amount, row.state) for row in rows]


def test_cancellation_when_a_special_invoice_was_issued_then_the_red_letter_comes_before_the_money(
    company: Company, order: Order
) -> None:
    blue = bill(company, order, 1)
    request = cancel_one(company, order, "2026-11-25 09:00")
    assert order.total_amount == D(6400)
    assert invoiced(company.context("system", "2026-11-25 10:00"), order) == (D(6400), order.tax_amount)
    (red,) = company.session.scalars(sa.select(Invoice).where(Invoice.reverses_id == blue.id)).all()
    assert (red.gross_amount, red.tax_amount, red.net_amount) == (D(-3200), D("-368.14"), D("-2831.86"))
    assert (red.red_reason, red.kind, red.title, red.tax_no) == (
        RedReason.returned,
        InvoiceKind.special,
        blue.title,
        blue.tax_no,
    )
    company.fire("fi_zhou", "2026-11-25 10:00", request, "refund")
    (refund,) = company.session.scalars(sa.select(Refund)).all()
    company.fire("fi_sun", "2026-11-25 11:00", refund, "approve")
    assert refusal(company, "fi_qian", "2026-11-25 12:00", refund, "execute") == "red_letter_first"
    number = {"tax_invoice_no": f"{2:020d}"}
    assert refusal(company, "fi_zhou", "2026-11-25 12:00", red, "issue", **number) == "red_letter_needed"
    # Who gives the red one up leaves more invoiced than the order is worth.
    assert refusal(company, "fi_zhou", "2026-11-25 12:00", red, "void", reason="x") == "reversal_needed"
    company.fire("fi_zhou", "2026-11-25 13:00", red, "enter_red_letter", red_letter_no=LETTER)
    clocks = {
        reading.clock.code: reading.due_at for reading in readings(company.context("fi_zhou", "2026-11-25 14:00"), red)
    }
    assert clocks["F3"] == moment("2026-11-28 13:00")
    # The letter lapsed and another one was given: its 72 hours begin anew.
    company.fire("fi_zhou", "2026-11-28 14:00", red, "enter_red_letter", red_letter_no=LETTER_AGAIN)
    again = {reading.clock.code: reading for reading in readings(company.context("fi_zhou", "2026-11-28 15:00"), red)}
    assert again["F3"].due_at == moment("2026-12-01 14:00")
    company.fire("fi_qian", "2026-11-28 16:00", refund, "execute")
    company.fire("fi_zhou", "2026-11-28 17:00", red, "issue", **number)
    assert (refund.state, red.state, blue.state) == (RefundState.executed, InvoiceState.issued, InvoiceState.issued)


def test_cancellation_when_the_whole_order_goes_then_every_invoice_is_reversed(company: Company, order: Order) -> None:
    bill(company, order, 1, gross_amount=D(6000))
    bill(company, order, 2)
    cancel_one(company, order, "2026-11-25 09:00")
    call_off(company, order, "2026-11-26 09:00")
    assert invoiced(company.context("system", "2026-11-26 10:00"), order) == (D(0), D(0))
    # The newest first: of the 3,600 the 3,200 of the first table, then its rest, then the 6,000.
    assert [gross for gross, _, _ in invoices(company, order)] == [D(6000), D(3600), D(-3200), D(-400), D(-6000)]


def test_cancellation_when_the_invoice_was_only_applied_for_then_it_is_lowered_and_the_applicant_stays_bound(
    company: Company, order: Order
) -> None:
    made = bill(company, order, None)
    request = cancel_one(company, order, "2026-11-25 09:00")
    assert invoices(company, order) == [(D(6400), order.tax_amount, InvoiceState.applied)]
    edited = sa.select(Journal.actor_name, Journal.reason).where(Journal.action == "invoice.edit")
    assert company.session.execute(edited).all() == [(SYSTEM.name, request.cancellation_no)]
    number = {"tax_invoice_no": f"{1:020d}"}
    assert refusal(company, "fi_zhou", "2026-11-25 12:00", made, "issue", **number) == "separation_of_duties"
    company.fire("fi_qian", "2026-11-25 13:00", made, "issue", **number)
    assert (made.net_amount, made.state) == (D(6400) - order.tax_amount, InvoiceState.issued)


@pytest.fixture
def mixed(company: Company) -> Order:
    """Ten pieces for 1,000.00 at 13 %, installed for 1,000.00 at 6 %, of a company: 1,207.04 of tax."""
    with company.act("oc_li", "2026-11-23 08:00"):
        buyer = Customer(code="CUS-9", kind=CustomerKind.company, name="云启科技", uscc="91350100M000100Y43")
        company.session.add(buyer)
    order = draft(company, Goods("TBL-OAK-1400", 10, 1000), customer=buyer)
    with company.act("oc_li", ENTERED) as ctx:
        add_fee(ctx, {"order_id": order.id, "kind": FeeKind.install, "amount": D(1000), "tax_rate": D(6)})
    company.fire("oc_li", ENTERED, order, "submit")
    company.fire("oc_wang", REVIEWED, order, "review", **dict.fromkeys(CHECKS, "passed"), comment="已核对")
    company.fire("oc_li", CONFIRMED, order, "confirm", promised_on="2026-12-08", channel="sms")
    assert (order.total_amount, order.tax_amount) == (D(11000), D("1207.04"))
    return settled(company, order)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_cancellation_when_the_rates_differ_then_what_stays_of_an_application_has_no_tax_below_zero(
    company: Company, mixed: Order
) -> None:
    bill(company, mixed, 1, gross_amount=D(6900))
    bill(company, mixed, None)
    cancel(company, mixed, 4, "2026-11-25 09:00")
    assert (mixed.total_amount, mixed.tax_amount) == (D(7000), D("746.87"))
    assert invoices(company, mixed) == [
        (D(6900), D("757.14"), InvoiceState.issued),
        (D(100), D(0), InvoiceState.applied),
    ]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_cancellation_when_only_a_part_was_issued_then_the_red_invoice_takes_its_share_of_the_tax(
    company: Company, mixed: Order
) -> None:
    bill(company, mixed, 1, gross_amount=D(7500))
    cancel(company, mixed, 4, "2026-11-25 09:00")
    assert invoices(company, mixed) == [
        (D(7500), D("822.98"), InvoiceState.issued),
        (D(-500), D("-54.87"), InvoiceState.applied),
    ]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_change_when_an_issued_order_becomes_cheaper_then_reversed_and_when_dearer_then_not(
    company: Company, order: Order
) -> None:
    bill(company, order, 1)
    applied(company, order, line_of(order, 0, qty_ordered=D(2)))
    (_, red) = company.session.scalars(sa.select(Invoice).where(Invoice.order_id == order.id).order_by(Invoice.id))
    assert (red.gross_amount, red.red_reason, red.state) == (D(-3200), RedReason.returned, InvoiceState.applied)
    assert invoiced(company.context("system", "2026-11-28 10:00"), order) == (D(6400), order.tax_amount)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_void_when_the_rest_is_applied_for_at_the_same_instant_then_not_more_is_invoiced_than_the_order_is_worth(
    company: Company, order: Order, database: Database
) -> None:
    bill(company, order, 1)
    applied(company, order, line_of(order, 0, qty_ordered=D(2)))
    red_id = company.session.scalars(sa.select(Invoice.id).where(Invoice.reverses_id.is_not(None))).one()
    # Dearer again: the red invoice is not needed any more, or the difference is invoiced anew; not both.
    with company.act("oc_li", "2026-11-28 09:00"):
        for name in ("goods_amount", "net_amount", "total_amount"):
            setattr(order, name, getattr(order, name) + 3200)

    def give_up() -> str:
        with Session(database.engine) as own:
            ctx = Context(own, company.people["fi_zhou"], moment("2026-11-28 10:00"), "screen", policy=company.policy)
            try:
                with unit_of_work(ctx):
                    fire(ctx, own.get_one(Invoice, red_id), "void", {"reason": "x"})
            except StepBlockedError as error:
                return error.reason_code
            return "voided"

    with ThreadPoolExecutor(1) as pool:
        with company.act("fi_qian", "2026-11-28 10:00") as ctx:
            apply_invoice(ctx, {"order_id": order.id})
            outcome = pool.submit(give_up)
            wait([outcome], timeout=2)
        assert outcome.result() == "reversal_needed"
    assert invoiced(company.context("system", "2026-11-28 11:00"), order)[0] == D(9600)
