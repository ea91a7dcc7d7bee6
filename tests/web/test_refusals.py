"""Refused access leaves a line in the security log and an entry in the journal, and nothing on the page."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.kernel.verification import snapshot, verify
from app.security.refusals import MOST_OF_ONE
from app.security.scopes import scope_of
from models.customer import Customer
from models.journal import Journal
from models.order import Order
from tests.databases import Database
from tests.web.person import Person

pytestmark = pytest.mark.stage("demo")


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The security log."""
    caplog.set_level(logging.WARNING, logger="zhidan.security")
    return caplog


def lines(heard: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What the security log says, taken out of it."""
    found = [json.loads(record.getMessage()) for record in heard.records if record.name == "zhidan.security"]
    heard.clear()
    return found


def entries(session: Session) -> list[Journal]:
    """What the journal says of refused access."""
    found = list(session.scalars(sa.select(Journal).where(Journal.action == "access.refused").order_by(Journal.id)))
    session.expunge_all()
    session.rollback()
    return found


def hidden_order(session: Session, app: Flask) -> int:
    """An order that logistics may not know of."""
    person = Person(app, session, "lg_xu")
    from app.cli.demo_people import actors

    actor = actors(session)["lg_xu"]
    found = session.scalar(sa.select(sa.func.min(Order.id)).where(sa.not_(scope_of("order", actor))))
    session.rollback()
    assert person.user_id
    assert found is not None
    return int(found)


def test_person_when_refused_then_log_and_journal_say_who_what_where_under_which_number(
    app: Flask, session: Session, database: Database, heard: pytest.LogCaptureFixture
) -> None:
    pk = hidden_order(session, app)
    clerk = Person(app, session, "lg_xu")
    token = clerk.token()
    stranger = app.test_client()
    asked: list[tuple[Any, int, str, str]] = [
        (clerk.get("/payment/list/"), 403, "permission_denied", "/payment/list/"),
        (clerk.get(f"/order/show/{pk}"), 404, "not_found", f"/order/show/{pk}"),
        (clerk.get("/order/1/no_such_step"), 404, "not_found", "/order/1/no_such_step"),
        (clerk.client.post("/shipment/add", data={}), 400, "form_expired", "/shipment/add"),
        (clerk.get("/users/list/"), 403, "permission_denied", "/users/list/"),
        (clerk.client.get("/order/list/?total_amount__ge=1"), 200, "unknown_argument", "/order/list/"),
        (clerk.client.get("/order/list/?sort=-content_hash"), 200, "unknown_argument", "/order/list/"),
        (stranger.get("/api/v1/payment/", headers=token), 403, "permission_denied", "/api/v1/payment/"),
        (
            stranger.get("/api/v1/order/?content_hash=1", headers=token),
            400,
            "unknown_argument",
            "/api/v1/order/",
        ),
        (
            stranger.post("/api/v1/order/1/no_such_step", headers=token, json={}),
            404,
            "unknown_step",
            "/api/v1/order/1/no_such_step",
        ),
    ]
    assert [response.status_code for response, *_ in asked] == [status for _, status, *_ in asked]
    said = lines(heard)
    assert [(line["code"], line["path"], line["user"]) for line in said] == [
        (code, path, clerk.user_id) for _, _, code, path in asked
    ]
    assert all(line["address"] == "127.0.0.1" and len(line["request"]) == 16 for line in said)
    assert all(line["journalled"] for line in said)
    rows = entries(session)
    assert [(row.data["code"], row.data["path"], row.actor_id, row.request_id) for row in rows] == [
        (line["code"], line["path"], clerk.user_id, line["request"]) for line in said
    ]
    assert {(row.entity, row.entity_id, row.address) for row in rows} == {("access", 0, "127.0.0.1")}
    with snapshot(database.engine) as connection:
        assert verify(connection).finding is None


def test_stranger_when_without_a_token_then_written_down_and_a_wrong_address_is_for_the_log_alone(
    app: Flask, session: Session, heard: pytest.LogCaptureFixture
) -> None:
    client = app.test_client()
    assert client.get("/api/v1/order/").status_code == 401
    assert client.get("/api/v1/order/", headers={"Authorization": "Bearer nonsense"}).status_code == 401
    assert client.get("/wp-admin/setup.php").status_code == 404
    assert [(line["status"], line["user"], line["journalled"]) for line in lines(heard)] == [
        (401, None, True),
        (401, None, True),
        (404, None, False),
    ]
    assert [(row.actor_id, row.actor_name, row.origin.value) for row in entries(session)] == [(None, "", "api")] * 2


def test_records_when_ticked_or_named_that_are_out_of_scope_then_refused_and_written_down(
    app: Flask, session: Session, heard: pytest.LogCaptureFixture
) -> None:
    clerk = Person(app, session, "oc_li")
    customer = session.scalars(sa.select(Customer.id).limit(1)).one()
    session.rollback()
    body = {"customer_id": 2_000_000, "requested_on": "2027-01-01"}
    answer = app.test_client().post("/api/v1/order/", headers=clerk.token(), json=body)
    assert (answer.status_code, customer) == (422, customer)
    page = clerk.hidden("/order/list/")
    clerk.client.post("/order/bulk/close", data={**page, "pk": "2000000"})
    assert [(line["code"], line["path"]) for line in lines(heard)] == [
        ("out_of_scope", "/api/v1/order/"),
        ("out_of_scope", "/order/bulk/close"),
    ]
    assert [row.data["code"] for row in entries(session)] == ["out_of_scope"] * 2


def test_address_when_it_holds_line_breaks_or_a_query_then_no_line_is_forged_and_no_value_is_kept(
    app: Flask, session: Session, heard: pytest.LogCaptureFixture
) -> None:
    clerk = Person(app, session, "oc_li")
    clerk.get("/order/1/x%0d%0a%7B%22event%22:%22access.granted%22%7D?phone=13800005621")
    texts = [record.getMessage() for record in heard.records if record.name == "zhidan.security"]
    assert len(texts) == 1
    assert texts[0].isascii()
    assert not {"\r", "\n"} & set(texts[0])
    assert json.loads(texts[0])["event"] == "access.refused"
    assert "13800005621" not in texts[0]
    assert "13800005621" not in json.dumps([row.data for row in entries(session)])


def test_person_when_he_keeps_on_then_the_journal_is_not_flooded_and_others_are_still_written_down(
    app: Flask, session: Session, heard: pytest.LogCaptureFixture
) -> None:
    noisy, other = Person(app, session, "lg_xu"), Person(app, session, "oc_li")
    for _ in range(MOST_OF_ONE + 5):
        assert noisy.get("/payment/list/").status_code == 403
    assert other.get("/journal/list/").status_code == 403
    said = [(line["user"], line["journalled"]) for line in lines(heard)]
    assert said == [(noisy.user_id, True)] * MOST_OF_ONE + [(noisy.user_id, False)] * 5 + [(other.user_id, True)]
    assert [row.actor_id for row in entries(session)] == [noisy.user_id] * MOST_OF_ONE + [other.user_id]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_script_of_a_page_when_refused_then_told_in_words_without_the_panel(app: Flask, session: Session) -> None:
    person = Person(app, session, "lg_xu")
    asked = {
        address: person.client.get(address, headers={"X-Requested-With": "XMLHttpRequest"})
        for address in ("/payment/list/", f"/order/show/{hidden_order(session, app)}", "/nothing/")
    }
    assert [answer.status_code for answer in asked.values()] == [403, 404, 404]
    for answer in asked.values():
        assert sorted(answer.json) == ["code", "message", "request_id"]
        assert answer.json["message"]
    assert asked["/payment/list/"].json["code"] == "permission_denied"
