"""Scenario S16, rows 4, 5, 6, 9 and 11: what nobody, or not this one, does, by any of the outlets."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.kernel.errors import StateGuardError
from app.services.order.actions import change_line
from models.journal import Journal
from models.labels import OrderState
from models.order import Order, OrderLine
from models.payment import Payment
from models.policy import PolicyParameter
from tests.services.company import found
from tests.services.orders import confirmed, settled
from tests.services.test_duties import SOFA
from tests.web.person import Person, newest, text_of
from views.base import ENTITIES

if TYPE_CHECKING:
    from flask import Flask

pytestmark = pytest.mark.stage("people")
EVERYBODY = ("oc_li", "oc_zhao", "fi_sun", "fi_qian", "cm_zhang", "ad_root", "au_lin")


@pytest.fixture
def order(session: Session) -> int:
    """A confirmed and paid order; its id."""
    company = found(session)
    pk = settled(company, confirmed(company, SOFA)).id
    session.close()
    return int(pk)


def status(app: Flask, person: Person, method: str, path: str, body: Any = None) -> int:
    """The status of an API call."""
    return app.test_client().open(f"/api/v1/{path}", method=method, json=body, headers=person.token()).status_code


def test_row_4_when_finance_edits_quantity_date_or_text_then_refused(app: Flask, session: Session, order: int) -> None:
    line = newest(session, OrderLine).id
    session.close()
    for who in ("fi_zhou", "fi_sun"):
        person = Person(app, session, who)
        assert person.get(f"/order_line/edit/{line}").status_code == 403
        assert person.get(f"/order/edit/{order}").status_code == 403
        for path, change in (
            (f"order_line/{line}", {"qty_ordered": "2", "version": 1}),
            (f"order_line/{line}", {"description": "x", "version": 1}),
            (f"order/{order}", {"requested_on": "2027-01-01", "version": 1}),
        ):
            assert status(app, person, "PUT", path, change) == 403


def test_row_5_when_the_price_of_a_confirmed_order_is_edited_then_refused(
    app: Flask, session: Session, order: int
) -> None:
    line = newest(session, OrderLine)
    with pytest.raises(Exception) as refused, found(session).act("oc_li", "2026-11-24 15:00") as ctx:
        change_line(ctx, ctx.session.get_one(OrderLine, line.id), {"list_price": Decimal(1)})
    assert getattr(refused.value, "reason_code", "") == "not_draft"
    pk, version = line.id, line.version
    session.close()
    clerk = Person(app, session, "oc_li")
    assert clerk.get(f"/order_line/edit/{pk}").status_code == 303
    assert status(app, clerk, "PUT", f"order_line/{pk}", {"list_price": "1", "version": version}) == 409
    assert status(app, clerk, "PUT", f"order/{order}", {"note": "x", "version": 99}) == 409
    assert session.get_one(OrderLine, pk).list_price == Decimal(6800)


def test_row_6_when_the_administrator_wants_phone_or_approval_then_refused(
    app: Flask, session: Session, order: int
) -> None:
    admin = Person(app, session, "ad_root")
    customer = session.get_one(Order, order).customer_id
    session.close()
    for path in (f"/customer/show/{customer}", f"/order/show/{order}", "/customer/list/", "/approval/list/"):
        assert admin.get(path).status_code == 403, path
    for path in (f"customer/{customer}", f"order/{order}"):
        assert status(app, admin, "GET", path) == 403, path
    for step in ("review", "confirm", "cancel"):
        assert status(app, admin, "POST", f"order/{order}/{step}", {}) == 403, step


def test_row_9_when_anybody_deletes_order_journal_row_or_payment_then_refused_by_every_outlet(
    app: Flask, session: Session, order: int
) -> None:
    ids = {"order": order, "payment": newest(session, Payment).id, "journal": newest(session, Journal).id}
    session.close()
    assert [name for view in ENTITIES.values() for name in view.base_permissions if "delete" in name] == []
    for who in EVERYBODY:
        person = Person(app, session, who)
        for entity, pk in ids.items():
            assert status(app, person, "DELETE", f"{entity}/{pk}") in {404, 405}
            for path in (f"/{entity}/delete/{pk}", f"/{entity}/{pk}/delete"):
                data = person.hidden("/delegation/add") if who not in {"ad_root", "au_lin"} else {}
                assert person.client.post(path, data=data).status_code in {400, 403, 404, 405}, (who, path)
    assert session.get_one(Order, order).state is OrderState.confirmed
    assert session.get_one(Payment, ids["payment"]).amount == Decimal(6800)


def test_row_9_when_code_or_sql_deletes_a_journal_row_then_refused(session: Session, order: int) -> None:
    assert order
    with pytest.raises(StateGuardError):
        session.execute(sa.delete(Journal))
    session.rollback()
    with pytest.raises(DatabaseError):
        session.execute(sa.text("DELETE FROM journal"))
    session.rollback()
    # An order and a payment that something refers to stay, whoever asks the database.
    for statement in ("DELETE FROM sales_order", "DELETE FROM payment"):
        with pytest.raises(DatabaseError):
            session.execute(sa.text(statement))
        session.rollback()


def test_row_11_when_a_parameter_is_edited_directly_then_nobody_can(app: Flask, session: Session) -> None:
    pk = session.scalar(sa.select(sa.func.min(PolicyParameter.id)))
    session.close()
    for who in ("cm_zhang", "pd_he", "ad_root"):
        person = Person(app, session, who)
        assert person.client.get(f"/policy_parameter/edit/{pk}").status_code in {403, 404}
        assert status(app, person, "PUT", f"policy_parameter/{pk}", {"value": "5", "version": 1}) in {403, 404, 409}


def test_row_11_when_parameters_are_listed_then_by_what_they_mean(app: Flask, session: Session) -> None:
    pk = session.scalar(sa.select(PolicyParameter.id).where(PolicyParameter.code == "sla.E1.limit"))
    session.close()
    head = Person(app, session, "pd_he")
    meaning = "Entry of a received order"
    assert meaning in head.page("/policy_parameter/list/?q=sla.E1.limit")
    assert meaning in text_of(head.page(f"/policy_parameter/show/{pk}"))
    found = head.get("/policy_parameter/search?q=sla.E1.limit").json
    assert found is not None
    assert found["results"] == [{"id": pk, "text": f"sla.E1.limit {meaning}"}]
    values = {"parameter_id": str(pk), "effective_on": "", "reason": "旺季", "new_value": "20"}
    shown = text_of(head.page(head.post("/parameter_change/add", values).headers["Location"]))
    assert f"Policy parameter {meaning} sla.E1.limit Unit hours" in shown


def test_row_11_when_the_head_proposes_by_screen_then_the_bound_is_told_and_another_member_decides(
    app: Flask, session: Session
) -> None:
    pk = session.scalar(sa.select(PolicyParameter.id).where(PolicyParameter.code == "sla.E1.limit"))
    session.close()
    head, member = Person(app, session, "pd_he"), Person(app, session, "fi_sun")
    values = {"parameter_id": str(pk), "effective_on": "", "reason": "旺季"}
    refused = head.post("/parameter_change/add", {**values, "new_value": "25"})
    assert refused.status_code == 422
    made = head.post("/parameter_change/add", {**values, "new_value": "20"})
    assert made.status_code == 303
    address = made.headers["Location"].replace("/show", "")
    assert head.messages(head.post(f"{address}/approve", {}))[0].startswith("Whoever proposed the change")
    assert member.messages(member.post(f"{address}/approve", {})) == ["Done: Approve"]
    assert session.get_one(PolicyParameter, pk).value == "24"
