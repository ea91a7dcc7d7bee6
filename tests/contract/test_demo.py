"""The demo company: something in every state, right in its sums, and not made twice."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.cli.demo_people import DEMO_PASSWORD, PEOPLE
from app.cli.demo_products import AVAILABLE
from app.extensions import db
from app.security import departments as role
from models.inbox import InboxItem
from models.journal import Journal
from models.labels import (
    InboxState,
    InspectionState,
    OrderState,
    RefundState,
    TicketState,
)
from models.order import Order, OrderLine
from models.payment import PaymentAllocation, PaymentSchedule, Refund
from models.product import Product, Stock
from models.quality import Inspection
from models.ticket import ServiceTicket
from tests.databases import Database
from views.base import ENTITIES

pytestmark = pytest.mark.stage("demo")
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def states(session: Session, model: type) -> set[str]:
    """The states that records of a table are in."""
    return {str(state) for state in session.scalars(sa.select(model.state).distinct())}  # type: ignore[attr-defined]


def test_demo_when_made_then_orders_in_every_state(session: Session) -> None:
    assert states(session, Order) == {str(state) for state in OrderState}


def test_demo_when_made_then_every_kind_of_work_is_there(session: Session) -> None:
    empty = {name for name, view in ENTITIES.items() if session.scalar(sa.select(view.model().id).limit(1)) is None}
    # Of these something is made by the clock's sweep, by files that leave the panel, and by administrators only.
    assert empty == {"clock_run", "export_log", "export_request", "calendar_day", "rights_change"}
    assert states(session, InboxItem) == {str(state) for state in InboxState}
    assert str(InspectionState.failed) in states(session, Inspection)
    assert {str(TicketState.closed)} < states(session, ServiceTicket)
    assert str(RefundState.executed) in states(session, Refund)


def test_demo_when_made_then_the_reference_articles_are_available(session: Session) -> None:
    rows = session.execute(sa.select(Product.sku_code, Stock).join(Stock, Stock.product_id == Product.id))
    assert {sku: stock.qty_available for sku, stock in rows} == dict(AVAILABLE)


def test_demo_when_made_then_money_and_quantities_add_up(session: Session) -> None:
    """Scenarios, global assertions (b) and (c)."""
    wrong = []
    for order in session.scalars(sa.select(Order)):
        allocations = select_sum(session, PaymentAllocation.amount, PaymentAllocation.order_id == order.id)
        planned = select_sum(session, PaymentSchedule.amount, PaymentSchedule.order_id == order.id)
        lines = sum((line.line_amount for line in order.lines), Decimal(0))
        if order.paid_amount != allocations or (planned and planned != order.total_amount):
            wrong.append(order.order_no)
        if order.goods_amount != lines or order.total_amount != order.goods_amount + order.fee_amount:
            wrong.append(order.order_no)
    assert wrong == []
    odd = [
        line.id
        for line in session.scalars(sa.select(OrderLine))
        if not line.qty_accepted <= line.qty_delivered <= line.qty_shipped - line.qty_back
        or line.qty_shipped > line.qty_qc_passed
        or line.qty_shipped - line.qty_back + line.qty_cancelled > line.qty_ordered
    ]
    assert odd == []


def select_sum(
    session: Session, column: sa.orm.InstrumentedAttribute[Decimal], where: sa.ColumnElement[bool]
) -> Decimal:
    """A sum, 0 where there is nothing."""
    return session.scalar(sa.select(sa.func.sum(column)).where(where)) or Decimal(0)


def test_demo_when_made_then_every_step_was_by_who_may_take_it(session: Session) -> None:
    """Assertion (a): user and time at every transition; the past is before the present."""
    journal = session.execute(sa.select(Journal.at, Journal.recorded_at, Journal.actor_name)).all()
    assert [row for row in journal if row.at > row.recorded_at] == []
    names = {person.name for person in PEOPLE} | {"system"}
    assert {row.actor_name for row in journal} - names == set()


def test_demo_when_run_again_then_nothing_is_added(database: Database, session: Session) -> None:
    before = session.scalar(sa.select(sa.func.count()).select_from(Journal))
    session.rollback()
    output = database.run("demo")
    assert session.scalar(sa.select(sa.func.count()).select_from(Journal)) == before
    assert DEMO_PASSWORD in output


@ONE_ENGINE
def test_people_when_made_then_one_with_each_role(session: Session) -> None:
    held = {found.name for user in session.scalars(sa.select(User)) for found in user.roles}
    assert held == set(role.ROLES)
    assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 19


@pytest.mark.stage("ready")
@ONE_ENGINE
def test_demo_when_in_production_then_refused(app: Flask, session: Session) -> None:
    app.config["NAME"] = "production"
    try:
        result: Result = app.test_cli_runner().invoke(args=["demo"])
    finally:
        app.config["NAME"] = "test"
    assert result.exit_code == 1
    assert "--yes-really" in result.output
    assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 0


def test_reset_when_the_demo_has_filled_the_database_then_it_asks_and_starts_anew(database: Database) -> None:
    runner = database.app.test_cli_runner()
    refused = runner.invoke(args=["demo", "--reset", "--people-only"], input="n\n")
    with database.app.app_context():
        kept = db.session.scalar(sa.select(sa.func.count()).select_from(Order))
        db.session.remove()
    done = runner.invoke(args=["demo", "--reset", "--people-only"], input="y\n", catch_exceptions=False)
    with database.app.app_context():
        left = db.session.scalar(sa.select(sa.func.count()).select_from(Order))
        people = db.session.scalar(sa.select(sa.func.count()).select_from(User))
        db.session.remove()
    assert (refused.exit_code, bool(kept), done.exit_code, left, people) == (1, True, 0, 0, len(PEOPLE))


@pytest.mark.stage("people")
@ONE_ENGINE
def test_reset_when_the_database_is_somebodys_own_then_refused(database: Database) -> None:
    answer = database.app.test_cli_runner().invoke(args=["demo", "--reset"], input="y\n")
    assert (answer.exit_code, answer.output) == (
        1,
        "Error: This database was not filled by `flask demo`: nothing was changed.\n",
    )
