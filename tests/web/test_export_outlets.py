"""The other ways out: programs by token, tables of charts, and paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from models.export import ExportLog, ExportRequest
from models.journal import Journal
from models.order import Order
from tests.web.exports import csv_of, set_parameters, sheet_of
from tests.web.person import Person, newest

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

pytestmark = pytest.mark.stage("demo")


def call(person: Person, url: str, body: dict[str, Any], **headers: str) -> TestResponse:
    """An API call of a program."""
    return person.app.test_client().post(url, json=body, headers={**person.token(), **headers})


def test_api_when_a_list_is_exported_then_the_same_rows_and_limits_as_on_screen(app: Flask, session: Session) -> None:
    lead = Person(app, session, "oc_zhao")
    expected = sorted(session.scalars(sa.select(Order.order_no).where(Order.state == "draft")))
    session.rollback()
    answer = call(lead, "/api/v1/order/export", {"filter": {"state": ["draft"]}, "format": "csv"})
    assert sorted(row[0] for row in csv_of(answer)[2:]) == expected
    set_parameters(session, rows=1)
    refused = call(lead, "/api/v1/order/export", {})
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (409, "export_needs_approval")
    asked = call(lead, "/api/v1/order/export", {"reason": "Monthly report"})
    assert asked.status_code == 202
    number = asked.get_json()["result"]["request"]
    assert call(lead, "/api/v1/order/export", {"request": number}).get_json()["error"]["code"] == "approval_not_valid"
    chair = Person(app, session, "cm_zhang")
    request_id = newest(session, ExportRequest).id
    session.rollback()
    assert call(chair, f"/api/v1/export_request/{request_id}/approve", {}).status_code == 200
    assert call(chair, "/api/v1/order/export", {"request": number}).status_code == 404
    assert call(lead, "/api/v1/customer/export", {"request": number}).status_code == 404
    assert call(lead, "/api/v1/order/export", {"request": number}).get_data()[:2] == b"PK"
    assert call(lead, "/api/v1/order/export", {"request": number}).status_code in {400, 409}


def test_api_when_asked_by_get_then_there_is_no_such_thing(app: Flask, session: Session) -> None:
    lead = Person(app, session, "oc_zhao")
    assert app.test_client().get("/api/v1/order/export", headers=lead.token()).status_code in {404, 405}
    assert call(Person(app, session, "oc_li"), "/api/v1/order/export", {}).status_code == 403
    assert lead.client.post("/api/v1/order/export", json={}).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"filter": {"nonsense": 1}}, 400),
        ({"filter": {"state": {"deep": 1}}}, 422),
        ({"filter": "state=draft"}, 422),
        ({"format": "pdf"}, 422),
        ({"columns": "secret"}, 422),
        ({"request": "DQ-0"}, 404),
    ],
)
def test_api_when_the_body_is_wrong_then_refused_and_nothing_made(
    app: Flask, session: Session, body: dict[str, Any], status: int
) -> None:
    assert call(Person(app, session, "oc_zhao"), "/api/v1/order/export", body).status_code == status
    assert session.scalar(sa.select(sa.func.count()).select_from(ExportLog)) == 0


def test_api_when_described_then_the_export_is_in_it_for_who_may(app: Flask, session: Session) -> None:
    paths = Person(app, session, "oc_zhao").get("/api/v1/_openapi").get_json()["paths"]
    assert set(paths["/api/v1/order/export"]) == {"post"}
    assert "/api/v1/payment/export" not in paths
    assert "/api/v1/order/export" not in Person(app, session, "oc_li").get("/api/v1/_openapi").get_json()["paths"]


def chart_form(html: str, kind: str) -> dict[str, str]:
    """The first form below a chart."""
    part = html.split('class="zd-chart-export"')[1].split("</form>", maxsplit=1)[0]
    found = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', part))
    return {**found, "arguments": found["arguments"].replace("&amp;", "&"), "format": kind}


def test_chart_when_its_table_is_exported_then_sums_as_numbers_by_the_right_to_the_chart(
    app: Flask, session: Session
) -> None:
    chair = Person(app, session, "cm_zhang")
    form = chart_form(chair.page("/chart/orders_by_state/"), "xlsx")
    answer = chair.client.post("/chart/orders_by_state/export", data=form)
    rows = sheet_of(answer.get_data())
    orders = session.scalar(sa.select(sa.func.count()).select_from(Order))
    assert rows[-1][1] == orders
    assert sum(row[1] for row in rows[2:-1]) == orders
    made = newest(session, ExportLog)
    assert (made.entity, made.is_personal, made.row_count) == ("chart", False, len(rows) - 2)
    assert newest(session, Journal).action == "chart.export"
    session.rollback()
    text = csv_of(chair.client.post("/chart/orders_by_state/export", data={**form, "format": "csv"}))
    assert text[1:] == [[_plain(cell) for cell in row] for row in rows[1:]]
    session.rollback()
    # What is sent beside the choice goes nowhere: neither into the file's account nor into the journal.
    phone = {**form, "arguments": f"{form['arguments']}&receiver_phone=13812345678", "token": "another"}
    assert chair.client.post("/chart/orders_by_state/export", data=phone).status_code == 422
    assert newest(session, ExportLog).filter_text == made.filter_text
    assert made.filter_text.startswith("Orders by state; Received: All of the time; Group by: ")
    session.rollback()
    maker = Person(app, session, "pd_chen")
    token = maker.hidden("/product/add")["csrf_token"]
    refused = maker.client.post("/chart/orders_by_state/export", data={**form, "csrf_token": token})
    assert refused.status_code == 403


def _plain(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell)


def test_page_when_printed_then_it_says_who_and_when(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    for url in ("/order/list/", "/order/show/1", "/"):
        mark = re.search(r'class="zd-print-mark"[^>]*>([^<]*)<', clerk.page(url))
        assert mark is not None
        assert re.fullmatch(r"Printed by 李静 · Time \d{4}-\d\d-\d\d \d\d:\d\d:\d\d · For internal use only", mark[1])


def test_auditor_when_reading_the_log_then_sees_every_export_and_takes_the_journal(
    app: Flask, session: Session
) -> None:
    lead, auditor = Person(app, session, "oc_zhao"), Person(app, session, "au_lin")
    call(lead, "/api/v1/order/export", {}).get_data()
    number = newest(session, ExportLog).export_no
    session.rollback()
    assert number in auditor.page("/export_log/list/")
    assert Person(app, session, "oc_li").get("/export_log/list/").status_code == 403
    set_parameters(session, rows=100_000, pii_rows=100_000)
    rows = csv_of(call(auditor, "/api/v1/journal/export", {"filter": {"action": "order.export"}, "format": "csv"}))
    assert len(rows) == 3
    assert "赵敏" in rows[2]
