"""The REST API: the same records, rights, fields and steps as on the screens, by token only, with stable codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from models.customer import Customer
from models.journal import Journal
from models.order import Order
from models.product import Product
from tests.web.person import Person, statements
from tests.web.test_records import PASSED, count, order_values

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from tests.databases import Database

pytestmark = [pytest.mark.stage("demo"), pytest.mark.both_engines]
# The person of the token, his rights, the page, the capped count.
LIST_STATEMENTS = 4


class Program:
    """A program with the token of one person."""

    def __init__(self, app: Flask, session: Session, username: str) -> None:
        self.header = Person(app, session, username).token()
        self.client = app.test_client()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """One call."""
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers={**self.header, **headers})


def code(response: TestResponse) -> tuple[int, str]:
    """Status and code of a refusal."""
    return response.status_code, response.json["error"]["code"]


def test_order_when_it_goes_from_entry_to_confirmation_through_the_api_then_states_and_journal_follow(
    app: Flask, session: Session
) -> None:
    clerk, reviewer = Program(app, session, "oc_li"), Program(app, session, "oc_wang")
    made = clerk.call("POST", "/order/", order_values(session))
    assert made.status_code == 201
    order = made.json["result"]
    product_id = session.scalar(sa.select(Product.id).where(Product.sku_code == "SOF-OSLO-3S-GRY"))
    session.rollback()
    line = clerk.call("POST", "/order_line/", {"order_id": order["id"], "product_id": product_id, "qty_ordered": "2"})
    assert (line.status_code, line.json["result"]["qty_ordered"]) == (201, "2.000")
    path = f"/order/{order['id']}"
    assert clerk.call("POST", f"{path}/submit", {}).json["result"]["state"] == "pending_review"
    blocked = clerk.call("POST", f"{path}/review", PASSED)
    assert code(blocked) == (409, "separation_of_duties")
    assert [reason["code"] for reason in blocked.json["error"]["reasons"]] == ["separation_of_duties"]
    assert reviewer.call("POST", f"{path}/review", PASSED).json["result"]["state"] == "approved"
    letter = {"channel": "sms", "promised_on": order_values(session)["requested_on"]}
    confirmed = reviewer.call("POST", f"{path}/confirm", letter).json["result"]
    assert (confirmed["state"], confirmed["regulation_state"]) == ("confirmed", "confirmed")
    origins = session.scalars(sa.select(Journal.origin).where(Journal.order_id == order["id"]).distinct()).all()
    assert origins == ["api"]


def test_list_when_called_then_it_takes_four_statements_and_pages_by_key(
    app: Flask, session: Session, database: Database
) -> None:
    clerk = Program(app, session, "oc_li")
    for size in (1, 3, 50):
        with statements(database.engine) as seen:
            response = clerk.call("GET", f"/order/?size={size}")
        assert (response.status_code, len(seen)) == (200, LIST_STATEMENTS)
    every = set(session.scalars(sa.select(Order.id)))
    session.rollback()
    walked: list[int] = []
    page: dict[str, str] | None = {}
    while page is not None:
        query = "&".join(f"{key}={value}" for key, value in {"size": "9", "sort": "-total_amount", **page}.items())
        body = clerk.call("GET", f"/order/?{query}").json
        walked += [row["id"] for row in body["result"]]
        page = body["next"]
    assert (len(walked), set(walked)) == (len(every), every)


def test_add_when_repeated_with_one_key_then_the_first_answer_comes_again_and_another_content_is_refused(
    app: Flask, session: Session
) -> None:
    clerk = Program(app, session, "oc_li")
    before = count(session, Order)
    values = order_values(session)
    key = {"Idempotency-Key": "order-of-monday"}
    first, second = clerk.call("POST", "/order/", values, **key), clerk.call("POST", "/order/", values, **key)
    assert first.json == second.json
    assert (second.status_code, second.headers["Idempotent-Replay"]) == (201, "true")
    other = clerk.call("POST", "/order/", {**values, "note": "another"}, **key)
    assert code(other) == (409, "idempotency_key_reused")
    colleague = Program(app, session, "oc_wang").call("POST", "/order/", values, **key)
    assert colleague.json["result"]["id"] != first.json["result"]["id"]
    assert count(session, Order) == before + 2


def test_edit_when_the_version_is_missing_or_old_then_it_is_refused(app: Flask, session: Session) -> None:
    clerk = Program(app, session, "oc_li")
    order = clerk.call("POST", "/order/", order_values(session)).json["result"]
    path = f"/order/{order['id']}"
    assert code(clerk.call("PUT", path, {"note": "a"})) == (422, "invalid")
    assert code(clerk.call("PUT", path, {"note": "a", "version": "1"})) == (422, "invalid")
    changed = clerk.call("PUT", path, {"note": "a", "version": order["version"]}).json["result"]
    assert (changed["note"], changed["install_required"]) == ("a", order["install_required"])
    assert code(clerk.call("PUT", path, {"note": "b", "version": order["version"]})) == (409, "changed_meanwhile")
    assert clerk.call("GET", path).json["result"]["note"] == "a"


def test_input_when_wrong_then_every_field_has_its_message_and_nothing_is_saved(app: Flask, session: Session) -> None:
    clerk = Program(app, session, "oc_li")
    before = count(session, Order)
    wrong = {"customer_id": 999999999, "order_type": "x", "state": "completed", "total_amount": "1", "floor": [1]}
    refused = clerk.call("POST", "/order/", wrong)
    assert code(refused) == (422, "invalid")
    assert set(refused.json["error"]["fields"]) == {"order_type", "state", "total_amount", "floor"}
    unknown = clerk.call("POST", "/order/", order_values(session, customer_id=999999))
    assert set(unknown.json["error"]["fields"]) == {"customer_id"}
    for data in ("{", "[]", '"x"', "null", "\x00", "1e999"):
        answer = clerk.client.post("/api/v1/order/", data=data, headers=clerk.header, content_type="application/json")
        assert code(answer) == (422, "invalid"), data
    answer = clerk.client.post("/api/v1/order/", data="a=b", headers=clerk.header)
    assert code(answer) == (415, "unsupported_media_type")
    nul = clerk.call("POST", "/order/", order_values(session, note="a\x00b"))
    assert set(nul.json["error"]["fields"]) == {"note"}
    assert count(session, Order) == before


def test_input_when_beyond_number_calendar_or_depth_then_it_is_refused_not_a_crash(
    app: Flask, session: Session
) -> None:
    clerk = Program(app, session, "oc_li")
    made = clerk.call("POST", "/order/", order_values(session)).json["result"]
    product_id = session.scalar(sa.select(Product.id).where(Product.sku_code == "SOF-OSLO-3S-GRY"))
    session.rollback()
    line = {"order_id": made["id"], "product_id": product_id}
    bodies: dict[str, tuple[str, Any]] = {
        "amount": ("/order_line/", {**line, "qty_ordered": "999999999"}),
        "surrogate": ("/order_line/", {**line, "qty_ordered": "1", "description": "\ud800"}),
        "digits": ("/order_line/", {**line, "order_id": "9" * 5000, "qty_ordered": "1"}),
        "year 1": ("/order/", order_values(session, received_at="0001-01-01T00:00:00")),
    }
    session.rollback()
    answers = {
        name: clerk.client.post(
            f"/api/v1{path}", data=json.dumps(body), headers=clerk.header, content_type="application/json"
        ).status_code
        for name, (path, body) in bodies.items()
    }
    assert answers == {"amount": 422, "surrogate": 422, "digits": 422, "year 1": 422}
    deep = clerk.client.post(
        "/api/v1/order/", data="[" * 100_000 + "]" * 100_000, headers=clerk.header, content_type="application/json"
    )
    assert code(deep) == (422, "invalid")
    cashier = Program(app, session, "fi_zhou")
    assert cashier.call("POST", "/payment/1/allocate", {"order_id": "9" * 5000}).status_code in {409, 422}


def test_list_when_arguments_are_wrong_then_it_says_which(app: Flask, session: Session) -> None:
    clerk = Program(app, session, "oc_li")
    expected = {
        "foo=1": "invalid_filter",
        "content_hash=a": "invalid_filter",
        "total_amount__ge=x": "invalid_filter",
        "sort=note": "invalid_sort",
        "size=201": "invalid_size",
        "size=0001000000": "invalid_size",
        "received_at=9999-12-31": "invalid_filter",
        "received_at=0001-01-01T00:00:00": "invalid_filter",
        "after=x": "invalid_cursor",
    }
    assert {query: code(clerk.call("GET", f"/order/?{query}")) for query in expected} == {
        query: (400, word) for query, word in expected.items()
    }


def test_fields_when_hidden_then_absent_and_when_masked_then_masked(app: Flask, session: Session) -> None:
    order = session.scalars(sa.select(Order).where(Order.state == "in_production").limit(1)).one()
    pk, name, code_, receiver = order.id, order.customer.name, order.customer.code, order.receiver_name
    session.rollback()
    planner = Program(app, session, "pd_chen")
    item = planner.call("GET", f"/order/{pk}").json["result"]
    assert not {"total_amount", "receiver_phone", "ship_address", "paid_amount"} & set(item)
    assert item["customer"]["text"] == f"{code_} {name[:1]}*"
    assert item["receiver_name"] == f"{receiver[:1]}*"
    assert code(planner.call("GET", "/order/?total_amount__ge=1")) == (400, "invalid_filter")


def test_call_when_without_token_right_or_scope_then_it_is_refused(app: Flask, session: Session) -> None:
    clerk, planner = Program(app, session, "oc_li"), Program(app, session, "pd_chen")
    order = clerk.call("POST", "/order/", order_values(session)).json["result"]
    path = f"/api/v1/order/{order['id']}"
    # A session cookie counts for nothing here, a broken token neither.
    by_cookie = Person(app, session, "oc_li").client
    for answer in (by_cookie.get(path), by_cookie.post(f"{path}/submit", json={}), app.test_client().get(path)):
        assert code(answer) == (401, "unauthorized")
    assert code(app.test_client().get(path, headers={"Authorization": "Bearer x"})) == (401, "unauthorized")
    assert code(planner.call("GET", f"/order/{order['id']}")) == (404, "not_found")
    assert code(planner.call("POST", f"/order/{order['id']}/submit", {})) == (403, "permission_denied")
    assert code(planner.call("POST", "/order/", order_values(session))) == (403, "permission_denied")
    assert code(clerk.call("POST", f"/order/{order['id']}/complete", {})) == (404, "unknown_step")
    assert code(clerk.call("POST", f"/order/{order['id']}/close", {})) == (409, "step_not_open")
    assert code(clerk.call("DELETE", f"/order/{order['id']}")) == (405, "method_not_allowed")
    assert code(clerk.call("GET", "/nonsense/")) == (404, "not_found")


def test_unique_value_when_taken_then_it_is_a_conflict_not_a_crash(app: Flask, session: Session) -> None:
    clerk = Program(app, session, "oc_li")
    phone = session.scalar(sa.select(Customer.phone).where(Customer.kind == "person", Customer.phone.is_not(None)))
    session.rollback()
    refused = clerk.call("POST", "/customer/", {"kind": "person", "name": "王小明", "phone": phone})
    assert refused.status_code in {409, 422}
    assert "SQL" not in refused.get_data(as_text=True)


def test_openapi_when_read_then_it_names_only_what_the_caller_may_do(app: Flask, session: Session) -> None:
    clerk = Program(app, session, "oc_li").call("GET", "/_openapi").json
    planner = Program(app, session, "pd_chen").call("GET", "/_openapi").json
    assert clerk["openapi"] == "3.0.3"
    assert "/api/v1/order/{pk}/review" in clerk["paths"]
    assert "/api/v1/order/{pk}/review" not in planner["paths"]
    assert "total_amount" in clerk["components"]["schemas"]["Order"]["properties"]
    assert "total_amount" not in planner["components"]["schemas"]["Order"]["properties"]
    confirm = clerk["paths"]["/api/v1/order/{pk}/confirm"]["post"]["requestBody"]["content"]["application/json"]
    assert confirm["schema"]["required"] == ["channel"]
    assert app.test_client().get("/api/v1/_openapi").status_code == 401
    page = Person(app, session, "oc_li").page("/api-docs/")
    assert "https://" not in page
