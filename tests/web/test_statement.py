"""The statement of account: for whoever sees all the money of a customer, over a period, checked by its code."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.documents.capitals import capitals
from app.kernel.context import SYSTEM, Context, local_day
from app.services.payment.statement import Known, Period, statement_of
from models.customer import Customer
from models.payment import Payment
from tests.databases import Database
from tests.pdfs import letters_of, sets_papers
from tests.services.company import moment
from tests.web.person import Person, statements, text_of
from views.display import money
from views.statement import last_month, mark_of_account

__all__ = ["sets_papers"]

ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

pytestmark = pytest.mark.stage("demo")


def busiest(session: Session) -> Customer:
    """The customer with the most payments."""
    count = sa.func.count(Payment.id)
    statement = sa.select(Customer).join(Payment).group_by(Customer.id).order_by(count.desc(), Customer.id).limit(1)
    return session.scalars(statement).one()


def year(session: Session) -> Period:
    """The year that ends with the demo company's last payment."""
    last = session.scalar(sa.select(sa.func.max(Payment.received_at)))
    assert last is not None
    return Period(last.date().replace(year=last.year - 1), last.date())


def address(pk: int, period: Period, language: str = "en") -> str:
    return f"/customer/{pk}/statement?from={period.first}&to={period.last}&language={language}"


def test_statement_when_finance_prints_a_year_then_every_amount_stands_on_it(app: Flask, session: Session) -> None:
    customer, period = busiest(session), year(session)
    context = Context(session, SYSTEM, moment("2026-12-01 09:00"))
    account = statement_of(context, customer.id, period)
    pk, code, name = customer.id, customer.code, customer.name
    session.rollback()
    assert len(account.entries) > 1
    clerk = Person(app, session, "fi_qian")
    said = text_of(clerk.page(address(pk, period)))
    for entry in account.entries:
        assert f"{entry.number} " in said
        assert f"{money(entry.debit or entry.credit)} {money(entry.balance)}" in said
    closing = abs(account.closing)
    assert f"{money(closing)} {capitals(closing)}" in said
    assert f"No. ST-{code}-{period.first:%Y%m%d}-{period.last:%Y%m%d}" in said
    assert name in said
    assert "Please answer within 10 days" in said
    assert "If you are told that it has, do not pay" in said
    chinese = text_of(clerk.page(address(pk, period, "zh")))
    assert "对账单" in chinese
    assert "核对无误" in chinese


@ONE_ENGINE
def test_statement_when_no_period_is_given_then_it_is_the_last_month(app: Flask, session: Session) -> None:
    customer = busiest(session)
    pk, code = customer.id, customer.code
    session.rollback()
    assert last_month(moment("2027-01-31 10:00").date()) == Period(
        moment("2026-12-01").date(), moment("2026-12-31").date()
    )
    clerk = Person(app, session, "fi_qian")
    page = clerk.page(f"/customer/{pk}/statement")
    month = last_month(local_day(datetime.now(UTC)))
    assert f"ST-{code}-{month.first:%Y%m%d}-{month.last:%Y%m%d}" in page
    assert f'href="/customer/{pk}/statement"' in clerk.page(f"/customer/show/{pk}")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("from=2026-12-01&to=2026-11-01", "ends before it begins"),
        ("from=1.12.2026&to=2026-12-02", "Give both days"),
        ("from=2026-12-01", "Give both days"),
        ("from=2020-01-01&to=2026-01-01", "at most a year"),
        ("from=0001-01-01&to=0001-01-02", "at most a year"),
        ("from=9999-12-01&to=9999-12-31", "at most a year"),
    ],
)
@ONE_ENGINE
def test_statement_when_the_period_is_wrong_then_it_says_what_to_do_and_keeps_what_was_typed(
    app: Flask, session: Session, arguments: str, told: str
) -> None:
    answer = Person(app, session, "fi_qian").get(f"/customer/1/statement?{arguments}&language=en")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert told in text_of(html)
    assert f'name="from" value="{parse_qs(arguments)["from"][0]}"' in html


@ONE_ENGINE
def test_statement_when_the_reader_does_not_see_payments_then_there_is_none(app: Flask, session: Session) -> None:
    readers = {"fi_qian": 200, "oc_li": 200, "cm_zhang": 200, "au_lin": 200}
    others = {"cs_ma": 403, "lg_liu": 403, "pd_chen": 403, "cs_wu": 403, "ad_root": 403, "ad_sec": 403}
    got = {}
    for name in readers | others:
        got[name] = Person(app, session, name).get("/customer/1/statement").status_code
    assert got == readers | others
    assert "/statement" not in Person(app, session, "cs_ma").page("/customer/show/1")
    # Who sees masks prints masks.
    customer = session.get_one(Customer, 1)
    name = customer.name
    session.rollback()
    assert name not in Person(app, session, "au_lin").page("/customer/1/statement")


@ONE_ENGINE
def test_statement_when_its_code_is_scanned_then_it_says_whether_the_account_is_the_same(
    app: Flask, session: Session
) -> None:
    customer, period = busiest(session), year(session)
    context = Context(session, SYSTEM, moment("2026-12-01 09:00"))
    with app.app_context():
        mark = mark_of_account(context, customer, statement_of(context, customer.id, period), Known())
    pk = customer.id
    session.rollback()
    clerk = Person(app, session, "fi_qian")
    assert mark[:8].upper() in clerk.page(address(pk, period))
    check = f"/customer/{pk}/statement/{mark}?from={period.first}&to={period.last}"
    # Whoever else may see the account learns the same.
    assert "still says what stands on this paper" in Person(app, session, "au_lin").page(check)
    session.execute(sa.update(Payment).where(Payment.customer_id == pk).values(amount=Payment.amount + 1))
    session.commit()
    assert "no longer says" in clerk.page(check)


@ONE_ENGINE
def test_statement_when_the_account_is_long_then_no_more_statements(
    app: Flask, session: Session, database: Database
) -> None:
    pk, period = busiest(session).id, year(session)
    quiet = session.scalar(sa.select(Customer.id).where(~Customer.payments.any(), ~Customer.orders.any()).limit(1))
    session.rollback()
    assert quiet is not None
    person, taken = Person(app, session, "fi_qian"), []
    for each in (quiet, pk):
        with statements(database.engine) as sent:
            html = person.page(address(each, period))
        taken.append((len(sent), html.count("<tr")))
    assert taken[0][1] < taken[1][1]
    assert taken[0][0] == taken[1][0]


@ONE_ENGINE
@pytest.mark.usefixtures("sets_papers")
def test_statement_when_asked_for_as_pdf_then_it_has_the_name_of_its_period_and_a_wrong_one_has_none(
    app: Flask, session: Session
) -> None:
    customer, period = busiest(session), year(session)
    pk, code = customer.id, customer.code
    session.rollback()
    clerk = Person(app, session, "fi_qian")
    answer = clerk.get(f"{address(pk, period)}&format=pdf")
    number = f"ST-{code}-{period.first:%Y%m%d}-{period.last:%Y%m%d}"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="Statement of account {number}.pdf"'
    assert set(number) - letters_of(answer.get_data()) == set()
    wrong = clerk.get(f"/customer/{pk}/statement?from=2026-12-01&to=2026-11-01&format=pdf")
    assert (wrong.status_code, wrong.mimetype) == (422, "text/html")
