"""Exports of lists: exactly the list, by the rights of who takes it, marked, written down, and never a formula."""

from __future__ import annotations

import hashlib
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
import sqlalchemy as sa

from app.exchange.reading import read_book
from models.customer import Customer
from models.export import ExportLog
from models.journal import Journal
from models.labels import CustomerKind, ExportOutcome, OrderState
from models.order import Order
from tests.web.exports import ask, column, csv_of, set_parameters, sheet_of
from tests.web.person import Person, newest, statements
from views.base import ENTITIES

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

pytestmark = [pytest.mark.stage("demo"), pytest.mark.both_engines]
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def latest(session: Session) -> ExportLog:
    """The newest row of the log; the session is free for the next request."""
    found = newest(session, ExportLog)
    session.expunge(found)
    session.rollback()
    return found


def logged(session: Session) -> int:
    """How many files were made."""
    count = session.scalar(sa.select(sa.func.count()).select_from(ExportLog))
    session.rollback()
    return int(count or 0)


def test_export_when_the_list_is_filtered_and_sorted_then_exactly_these_rows_in_this_order(
    app: Flask, session: Session
) -> None:
    expected = list(
        session.scalars(
            sa.select(Order.order_no)
            .where(Order.state == OrderState.completed)
            .order_by(Order.received_at.desc(), Order.id.desc())
        )
    )
    session.rollback()
    assert len(expected) > 1
    lead = Person(app, session, "oc_zhao")
    rows = csv_of(ask(lead, "order", "state=completed&sort=-received_at", format="csv"))
    assert list(column(rows, "Order number")) == expected
    assert {len(row) for row in rows} == {len(rows[1])}


def test_export_when_there_are_many_pages_then_every_row_once_and_as_many_statements_as_pages(
    app: Flask, session: Session, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = sorted(session.scalars(sa.select(Order.order_no)))
    session.rollback()
    lead = Person(app, session, "oc_zhao")
    counts = []
    for size in (1000, 5):
        monkeypatch.setattr("app.kernel.walking.pages.__defaults__", (size,))
        with statements(database.engine) as seen:
            rows = csv_of(ask(lead, "order", "sort=promised_on", format="csv", columns="all"))
        assert sorted(column(rows, "Order number")) == expected
        counts.append(sum("AS page" in one for one in seen))
    pages = -(-len(expected) // 5)
    assert counts == [1, pages]


def test_export_when_two_roles_take_the_same_list_then_each_sees_what_it_sees_on_screen(
    app: Flask, session: Session
) -> None:
    set_parameters(session, pii_rows=5000)
    lead, chair = Person(app, session, "oc_zhao"), Person(app, session, "cm_zhang")
    by_lead = csv_of(ask(lead, "order", format="csv", columns="all"))
    by_chair = csv_of(ask(chair, "order", format="csv", columns="all"))
    phones = [cell for cell in column(by_lead, "Receiver's phone") if cell]
    masked = [cell for cell in column(by_chair, "Receiver's phone") if cell]
    assert phones
    assert all("*" not in cell for cell in phones)
    assert masked
    assert all("*" in cell for cell in masked)
    assert not {phone for phone in phones if phone in str(by_chair)}


def test_export_when_a_production_lead_takes_tasks_then_no_price_phone_or_street_is_in_it(
    app: Flask, session: Session
) -> None:
    head = Person(app, session, "pd_he")
    secret = [
        text
        for order in session.scalars(sa.select(Order))
        for text in (order.customer.phone, order.receiver_phone, order.ship_address)
        if text
    ]
    session.rollback()
    taken = ask(head, "production_task", format="csv", columns="all").get_data(as_text=True)
    assert len(taken.splitlines()) > 2
    assert [text for text in secret if text in taken] == []


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_export_when_made_then_marked_logged_and_in_the_journal(app: Flask, session: Session, file_format: str) -> None:
    lead = Person(app, session, "oc_zhao")
    answer = ask(lead, "order", "state=draft", format=file_format)
    body = answer.get_data()
    made = latest(session)
    first = (csv_of(answer) if file_format == "csv" else sheet_of(body))[0]
    assert first[0].startswith("※ 直单 Zhidan · Exported by 赵敏 · Time 20")
    assert made.export_no in first[0]
    assert first[0].endswith("For internal use only")
    # What a server can send: the test client would take anything.
    named = answer.headers["Content-Disposition"]
    assert named.isascii()
    assert re.fullmatch(f"Orders_{made.export_no}_赵敏_[0-9-]{{15}}.{file_format}", unquote(named.split("UTF-8''")[1]))
    assert (made.entity, made.outcome, made.made_by_id) == ("order", ExportOutcome.done, lead.user_id)
    assert made.digest == hashlib.sha256(body).hexdigest()
    assert made.filter_text == "State = Draft"
    told = newest(session, Journal, Journal.action == "order.export")
    assert told.actor_id == lead.user_id
    assert told.data["sha256"] == made.digest
    assert told.data["rows"] == made.row_count
    assert answer.headers["Cache-Control"] == "no-store"


@ONE_ENGINE
def test_workbook_when_printed_or_looked_into_then_it_says_who_took_it(app: Flask, session: Session) -> None:
    body = ask(Person(app, session, "oc_zhao"), "order").get_data()
    number = latest(session).export_no
    with zipfile.ZipFile(BytesIO(body)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    sheet, core, custom = parts["xl/worksheets/sheet1.xml"], parts["docProps/core.xml"], parts["docProps/custom.xml"]
    assert re.search(f"<oddHeader>[^<]*赵敏[^<]*{number}", sheet)
    assert re.search(f"<oddFooter>[^<]*赵敏[^<]*{number}", sheet)
    assert "赵敏" in core
    assert number in core
    assert number in custom
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


@ONE_ENGINE
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_export_when_read_by_our_own_reader_then_the_mark_is_left_out(
    app: Flask, session: Session, file_format: str
) -> None:
    body = ask(Person(app, session, "oc_zhao"), "order", format=file_format).get_data()
    sheet = read_book(body, f"orders.{file_format}").sheets[0]
    assert sheet.header[0] == "Order number"
    assert all(str(row.cells[0]).startswith("SO-") for row in sheet.rows)
    assert len(sheet.rows) == latest(session).row_count


# What a spreadsheet takes for a formula, or for the beginning of one.
FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "＋1+1", "－1+1", "＠SUM(1)",
    " =1+1", "=cmd|' /C calc'!A0",
]  # fmt: skip
LIVE = re.compile(r"^[\s\ufeff\u3000]*[=+\-@＝＋－＠\t\r]")


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_cell_when_it_begins_like_a_formula_then_it_is_a_text(app: Flask, session: Session, file_format: str) -> None:
    session.add_all(
        Customer(code=f"F{place:03d}", kind=CustomerKind.company, name=text, search_text=text)
        for place, text in enumerate(FORMULAS)
    )
    session.commit()
    answer = ask(Person(app, session, "oc_zhao"), "customer", "kind=company", format=file_format)
    if file_format == "csv":
        rows = csv_of(answer)
        names = dict(zip(column(rows, "Customer code"), column(rows, "Name"), strict=True))
        assert [text for code, text in names.items() if LIVE.match(text)] == []
        assert [names[f"F{place:03d}"] for place in range(len(FORMULAS))] == [f"'{text}" for text in FORMULAS]
        return
    cells = {row[0]: row[1] for row in sheet_of(answer.get_data())[2:]}
    assert [str(cells[f"F{place:03d}"]).replace("_x000D_", "\r") for place in range(len(FORMULAS))] == FORMULAS
    sheet = zipfile.ZipFile(BytesIO(answer.get_data())).read("xl/worksheets/sheet1.xml").decode()
    assert "<f" not in re.sub(r"<(firstFooter|formula1)", "", sheet)


def test_export_when_asked_by_get_then_nothing_is_made(app: Flask, session: Session) -> None:
    lead = Person(app, session, "oc_zhao")
    assert lead.get("/order/export?format=csv").content_type.startswith("text/html")
    assert logged(session) == 0


def test_export_when_sent_twice_then_one_file(app: Flask, session: Session) -> None:
    lead = Person(app, session, "oc_zhao")
    form = {**lead.hidden("/order/export"), "format": "csv"}
    first, second = (lead.client.post("/order/export", data=form) for _ in range(2))
    assert first.get_data() == second.get_data()
    assert logged(session) == 1
    other = lead.client.post("/order/export", data={**form, "format": "xlsx"})
    assert other.get_data()[:2] == b"PK"


def test_export_when_the_filter_is_not_understood_then_refused(app: Flask, session: Session) -> None:
    lead = Person(app, session, "oc_zhao")
    form = lead.hidden("/order/export")
    for arguments in ("nonsense=1", "standard_cost=1", "state=lost"):
        assert lead.client.post("/order/export", data={**form, "arguments": arguments}).status_code == 422
    assert logged(session) == 0


def test_export_when_the_right_is_missing_then_refused_and_no_button(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    assert clerk.get("/order/export").status_code == 403
    assert "/order/export" not in clerk.page("/order/list/")
    assert "/order/export" in Person(app, session, "oc_zhao").page("/order/list/?state=draft")


@ONE_ENGINE
def test_every_list_when_exported_whole_then_no_statement_is_asked_for_each_row(
    app: Flask, session: Session, database: Database
) -> None:
    from dataclasses import replace

    from app.cli.demo_people import actors
    from app.kernel.context import Context, current_context
    from app.kernel.policy import read_policy
    from models.base import Sensitivity
    from views.exporting import EVERY, choose

    assert current_context() is None
    almighty = replace(actors(session)["oc_zhao"], is_system=True, fields=dict.fromkeys(Sensitivity, "full"))
    now = session.scalar(sa.select(sa.func.max(Journal.at)))
    grown = {}
    for name, view in ENTITIES.items():
        with app.test_request_context("/"):
            ctx = Context(session, almighty, now, policy=read_policy(session))
            choice, problems = choose(ctx, view, [], EVERY)
            assert problems == []
            session.expunge_all()
            with statements(database.engine) as seen:
                rows = list(choice.cells())
        assert len(rows) == choice.rows
        if len(seen) != (choice.rows + 499) // 500 and choice.rows:
            grown[name] = (choice.rows, len(seen))
    assert grown == {}


def test_file_when_another_person_asks_for_it_then_it_does_not_exist(app: Flask, session: Session) -> None:
    lead, other = Person(app, session, "oc_zhao"), Person(app, session, "cm_zhang")
    body = ask(lead, "order", format="csv").get_data()
    number = latest(session).export_no
    assert lead.post(f"/exports/{number}/file", {}, page=f"/exports/{number}").get_data() == body
    for method, url in (("get", f"/exports/{number}"), ("get", f"/exports/{number}/progress")):
        assert getattr(other.client, method)(url).status_code == 404
    assert other.post(f"/exports/{number}/file", {}, page="/order/export").status_code == 404
    assert number not in other.page("/exports/")
    folder = Path(app.config["UPLOAD_FOLDER"]) / "exports"
    assert folder.stat().st_mode & 0o077 == 0
    key = latest(session).file_key
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert (folder / key).stat().st_mode & 0o077 == 0
    for page in (lead.page(f"/exports/{number}"), lead.page(f"/export_log/show/{latest(session).id}")):
        assert key not in page
