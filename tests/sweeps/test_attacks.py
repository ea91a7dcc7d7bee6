"""What an employee with the tools of a browser tries: each is refused, shows nothing, and never is a server error."""

from __future__ import annotations

import base64
import json
import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.kernel.context import Context, entered
from app.kernel.listing import parse
from app.security.scopes import scope_of
from models.customer import Customer, CustomerAddress
from models.order import Order
from tests.sweeps.people import ALONE, Asker, is_refused
from tests.web.person import first_cells
from views.base import ENTITIES

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

pytestmark = [pytest.mark.stage("demo"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


def cursor(*parts: Any) -> str:
    """A paging token as the list makes it."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


# --- what is not one's own


@pytest.mark.usefixtures("without_csrf")
def test_parent_when_it_is_out_of_scope_then_nothing_is_added_to_it(app: Flask, session: Session, clerk: Asker) -> None:
    """Ids of parents and relations in forms and bodies are looked for within the rows of who sends them."""
    logistics = Asker(app, session, f"{ALONE}logistics")
    with entered(Context(session, logistics.actor, _now())):
        foreign = session.scalars(sa.select(Order.id).where(sa.not_(scope_of("order", logistics.actor)))).first()
    session.rollback()
    assert foreign is not None
    fields = {"order_id": foreign}
    by_form = logistics.client.post("/shipment/add", data=fields)
    by_api = logistics.stranger.post("/api/v1/shipment/", json=fields, headers=logistics.headers)
    assert (by_form.status_code, by_api.status_code) == (422, 422)
    assert "order_id" in by_api.json["error"]["fields"]
    shown = logistics.client.get(f"/shipment/add?order_id={foreign}").text
    number = session.scalar(sa.select(Order.order_no).where(Order.id == foreign))
    assert number is not None
    assert number not in shown


@pytest.mark.usefixtures("without_csrf")
def test_fields_when_they_are_not_of_the_form_then_refused_by_the_api_and_unused_by_the_screen(
    session: Session, clerk: Asker
) -> None:
    pk, version = session.execute(sa.select(Customer.id, Customer.version).order_by(Customer.id)).first() or (0, 0)
    before = session.execute(sa.select(Customer.credit_limit_amount, Customer.code, Customer.created_by_id)).all()
    session.rollback()
    extra = {"credit_limit_amount": "999999", "code": "MINE", "id": 1, "created_by_id": 1, "__class__": "x"}
    for name, value in extra.items():
        answer = clerk.stranger.put(
            f"/api/v1/customer/{pk}", json={"version": version, name: value}, headers=clerk.headers
        )
        assert (answer.status_code, name) == (422, name)
        assert name in answer.json["error"]["fields"]
    clerk.client.post(f"/customer/edit/{pk}", data={"version": version, **extra})
    after = session.execute(sa.select(Customer.credit_limit_amount, Customer.code, Customer.created_by_id)).all()
    assert after == before


@pytest.mark.usefixtures("without_csrf")
def test_step_when_it_is_not_the_actors_then_refused_and_the_state_stays(
    app: Flask, session: Session, crowd: None
) -> None:
    finance = Asker(app, session, f"{ALONE}finance")
    pk = session.scalar(sa.select(sa.func.min(Order.id)))
    before = session.execute(sa.select(Order.id, Order.state, Order.version)).all()
    session.rollback()
    for step in ("confirm", "vote", "__class__", "state", "..", "close'--", "確認"):
        answers = [
            finance.client.post(f"/order/{pk}/{step}", data={"state": "closed"}),
            finance.client.post(f"/order/bulk/{step}", data={"pk": pk}),
            finance.stranger.post(f"/api/v1/order/{pk}/{step}", json={"state": "closed"}, headers=finance.headers),
        ]
        assert all(map(is_refused, answers)), (step, [answer.status_code for answer in answers])
    assert session.execute(sa.select(Order.id, Order.state, Order.version)).all() == before


@pytest.mark.usefixtures("without_csrf")
def test_version_when_tampered_with_then_nothing_is_saved(session: Session, clerk: Asker) -> None:
    pk = session.scalar(sa.select(sa.func.min(Customer.id)))
    before = session.scalar(sa.select(Customer.note).where(Customer.id == pk))
    session.rollback()
    for version in ("", "0", "-1", "99999999999999999999", "x", "1.0", None):
        form = {"note": "mine"} | ({"version": version} if version is not None else {})
        assert is_refused(clerk.client.post(f"/customer/edit/{pk}", data=form)), version
        assert is_refused(clerk.stranger.put(f"/api/v1/customer/{pk}", json=form, headers=clerk.headers)), version
    assert session.scalar(sa.select(Customer.note).where(Customer.id == pk)) == before


# --- side channels


def test_masked_column_when_filtered_sorted_or_searched_then_it_tells_nothing(
    app: Flask, session: Session, crowd: None
) -> None:
    """What a person may not see in full, he cannot find out by trial: refused on the API, without effect on screens."""
    auditor = Asker(app, session, f"{ALONE}auditor")
    phone = session.scalar(sa.select(Customer.phone).where(Customer.phone.is_not(None)))
    name = session.scalar(sa.select(Customer.name))
    session.rollback()
    plain = auditor.stranger.get("/api/v1/customer/", headers=auditor.headers).json
    for query in (f"phone={phone}", "phone__contains=1", f"name={name}", "sort=name", "sort=phone", "phone__null=0"):
        answer = auditor.stranger.get(f"/api/v1/customer/?{query}", headers=auditor.headers)
        assert answer.status_code == 400, query
        assert "result" not in answer.json
        page = auditor.client.get(f"/customer/list/?{query}").text
        assert first_cells(page) == first_cells(auditor.client.get("/customer/list/").text)
    for text in (phone, name):
        found = auditor.stranger.get(f"/api/v1/customer/?q={text}", headers=auditor.headers).json
        assert (found["count"], found["result"]) == (0, [])
        assert auditor.client.get(f"/customer/search?q={text}").json["results"] == []
    assert plain["count"] > 0


def test_every_sensitive_column_when_not_seen_in_full_then_not_searchable(everybody: Asker) -> None:
    """The same for all tables at once, from their declarations: no list offers what the actor does not see."""
    hidden = everybody.actor.__class__(
        id=1, name="x", permissions=everybody.actor.permissions, scopes=everybody.actor.scopes
    )
    wrong = []
    for name, view in ENTITIES.items():
        for column in view.model().__table__.columns:
            if not column.info.get("sensitivity"):
                continue
            key = sa.inspect(view.model()).get_property_by_column(column).key
            answers = [_parsed(view, hidden, [(pair, "1")]) for pair in (key, f"{key}__contains", f"{key}__ge")]
            answers.append(_parsed(view, hidden, [("sort", key)]))
            wrong += [(name, key) for problems in answers if not problems]
    assert wrong == []


def _parsed(view: Any, actor: Any, args: list[tuple[str, str]]) -> list[Any]:
    return parse(view.spec(), actor, args)[1]


def test_cursor_when_made_by_hand_then_it_tells_nothing_of_rows_out_of_scope(
    app: Flask, session: Session, clerk: Asker
) -> None:
    page = clerk.stranger.get("/api/v1/customer/?sort=name&size=2", headers=clerk.headers).json
    told = base64.urlsafe_b64decode(page["next"]["after"] + "==").decode()
    names = session.scalars(sa.select(Customer.name)).all()
    assert not any(name in told for name in names)
    assert json.loads(told)[1] is True
    second = clerk.stranger.get(
        f"/api/v1/customer/?sort=name&size=2&after={page['next']['after']}", headers=clerk.headers
    ).json
    assert {row["id"] for row in second["result"]} & {row["id"] for row in page["result"]} == set()
    nobody = clerk.stranger.get(
        f"/api/v1/customer/?sort=name&after={cursor('name', True, 987654)}", headers=clerk.headers
    )
    assert (nobody.status_code, nobody.json["result"]) == (200, [])
    for forged in (
        cursor("name", "林", 1), cursor("phone", True, 1), cursor("name"), cursor("name", True, "1"), cursor({}, [], 1),
        cursor("created_at", "x", 1), cursor("created_at", None, 10**30), "!!!", "a" * 5_000, cursor(["name"], True, 1),
        cursor("created_at", 1e400, 1), cursor("created_at", {"a": 1}, 1),
    ):  # fmt: skip
        answer = clerk.stranger.get(f"/api/v1/customer/?after={forged}", headers=clerk.headers)
        assert (answer.status_code, forged[:40]) == (400, forged[:40])


def test_out_of_scope_when_compared_with_none_then_the_same_answer(app: Flask, session: Session, crowd: None) -> None:
    """Whether a record exists cannot be told from the answer: body, status and headers are alike."""
    installer = Asker(app, session, f"{ALONE}installer")
    foreign = session.scalar(sa.select(sa.func.min(Order.id)))
    session.rollback()
    for shape in ("/order/show/{}", "/order/{}/tab/order_line", "/api/v1/order/{}"):
        found = []
        for pk in (foreign, 987654):
            client = installer.stranger if shape.startswith("/api") else installer.client
            headers = installer.headers if shape.startswith("/api") else {}
            answer = client.get(shape.format(pk), headers=headers)
            body = answer.json["error"] | {"request_id": ""} if answer.json else _without_numbers(answer.text)
            found.append((answer.status_code, answer.headers.get("Location"), body))
        assert found[0] == found[1]
        assert found[0][0] == 404


def _without_numbers(page: str) -> str:
    """A page without what differs each time: nonce, request number, tokens, the time of printing."""
    return re.sub(r"[0-9a-f]{16}|nonce-?=?\"[^\"]+\"|value=\"[^\"]+\"|\d\d:\d\d(:\d\d)?|987654|/\d+", "", page)


@pytest.mark.usefixtures("without_csrf")
def test_unique_value_when_taken_then_the_refusal_names_no_other_record(session: Session, clerk: Asker) -> None:
    taken = session.scalar(sa.select(Customer.uscc).where(Customer.uscc.is_not(None)))
    owner = session.execute(sa.select(Customer.name, Customer.code).where(Customer.uscc == taken)).first()
    session.rollback()
    assert owner is not None
    body = {"kind": "dealer", "name": "试探", "uscc": taken, "source_channel": "phone"}
    answer = clerk.stranger.post("/api/v1/customer/", json=body, headers=clerk.headers)
    assert is_refused(answer)
    assert owner.name not in answer.text
    assert owner.code not in answer.text


def test_related_search_when_asked_for_another_ones_rows_then_only_ones_own(
    app: Flask, session: Session, crowd: None
) -> None:
    logistics = Asker(app, session, f"{ALONE}logistics")
    with entered(Context(session, logistics.actor, _now())):
        inside = set(session.scalars(sa.select(Customer.id).where(scope_of("customer", logistics.actor))))
    every = session.scalars(sa.select(CustomerAddress.customer_id)).all()
    session.rollback()
    for query in ("", "?q=1", "?q=省", *(f"?customer_id={pk}" for pk in every if pk not in inside)):
        found = logistics.client.get(f"/customer/search{query}").json["results"]
        assert {row["id"] for row in found} - inside == set()


# --- logs and faults


@pytest.mark.usefixtures("without_csrf")
def test_log_when_people_sign_in_and_break_things_then_it_holds_no_secret(
    app: Flask, session: Session, clerk: Asker, caplog: pytest.LogCaptureFixture
) -> None:
    password, phone = "Zhidan-2026", session.scalar(sa.select(Customer.phone).where(Customer.phone.is_not(None)))
    pk = session.scalar(sa.select(sa.func.min(Customer.id)))
    session.rollback()
    stranger = app.test_client()
    with caplog.at_level(logging.DEBUG):
        stranger.post("/login/", data={"username": "oc_li", "password": password})
        stranger.post("/login/", data={"username": "oc_li", "password": f"{password}x"})
        token = stranger.post(
            "/api/v1/security/login", json={"username": "oc_li", "password": password, "provider": "db"}
        ).json
        clerk.client.post(f"/customer/edit/{pk}", data={"phone": phone, "version": "x"})
        clerk.client.get(f"/customer/list/?q={phone}")
        clerk.stranger.post("/api/v1/customer/", json={"phone": phone, "name": phone}, headers=clerk.headers)
        clerk.client.post("/resetmypassword/form", data={"current_password": password, "password": "another-1-Aa"})
    secrets = [password, "another-1-Aa", clerk.headers["Authorization"].split()[1], *filter(None, [phone])]
    secrets += [value for value in (token or {}).values() if isinstance(value, str) and len(value) > 20]
    assert [secret[:6] for secret in secrets if secret in caplog.text] == []
    assert len(secrets) > 3


def test_log_when_a_name_holds_line_breaks_then_it_stays_one_line(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """Log injection (ASVS 16.4.1)."""
    app.config["WTF_CSRF_ENABLED"] = False
    forged = "nobody\r\nERROR root forged \u202e\x1b[2J"
    try:
        with caplog.at_level(logging.DEBUG):
            app.test_client().post("/login/", data={"username": forged, "password": "x"})
            logging.getLogger("any").warning("said %s", forged)
    finally:
        app.config["WTF_CSRF_ENABLED"] = True
    assert any("forged" in record.getMessage() for record in caplog.records)
    assert [r for r in caplog.records if any(c in r.getMessage() for c in "\r\n\x1b\u202e")] == []


def test_fault_when_it_happens_then_the_answer_names_no_cause_and_the_log_no_value(
    app: Flask, session: Session, clerk: Asker, caplog: pytest.LogCaptureFixture
) -> None:
    """A table is gone: whatever the database says stays inside, and values stay out of the log as well."""
    phone = "13900112233"
    session.execute(sa.text("DROP TABLE consent"))
    session.commit()
    with caplog.at_level(logging.INFO):
        page = clerk.client.get(f"/consent/list/?q={phone}")
        called = clerk.stranger.get(f"/api/v1/consent/?q={phone}&purpose=order", headers=clerk.headers)
    assert (page.status_code, called.status_code) == (500, 500)
    for answer in (page, called):
        for word in ("consent", "sqlite", "SELECT", "Traceback", "sqlalchemy", "werkzeug", "3.1"):
            assert word not in answer.text.replace("/consent", ""), word
    assert "no such table" in caplog.text
    assert phone not in caplog.text
    assert "parameters hidden" in caplog.text.replace("_", " ")


def _now() -> datetime:
    return datetime.now(UTC)
