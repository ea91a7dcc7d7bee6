"""Every page as a browser reads it: nothing that people typed becomes markup, and every answer has its headers.

Each text that somebody can type holds a piece of HTML, of a script and of a template. The pages are parsed, not
searched: what counts is what a browser would make of them.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from flask import request
from flask_appbuilder.security.sqla.models import Role, User

from app.factory import create_app
from config import ProductionConfig, TestConfig
from models.base import Base
from tests.contract.test_urls import OWN_TOKEN, PUBLIC
from tests.sweeps.depth import FULL
from tests.sweeps.outlets import Outlet, ask, every_visit, outlets, sample_ids
from tests.sweeps.people import EVERYTHING, Asker, add_crowd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from tests.databases import Database

pytestmark = [pytest.mark.stage("demo"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]

PAYLOAD = "\"'><img src=x onerror=q()><script>q()</script>{{7191*7}}${7191*7}"
EVALUATED = str(7191 * 7)
# Words of the program, not of people: pages look things up by them.
PROGRAMS_OWN = (
    "_no", "code", "hash", "entity", "action", "_state", "origin", "request_id", "unit", "search_text", "version",
    "digest", "key", "kind", "department", "group", "level", "scope", "how", "address", "agent",
)  # fmt: skip
EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
URLS = {"href", "src", "action", "formaction"}


def typed_columns() -> list[tuple[Any, str]]:
    """The text columns that hold what people typed."""
    found = []
    for mapper in Base.registry.mappers:
        table: Any = mapper.local_table
        unique = {column.name for index in table.indexes if index.unique for column in index.columns}
        for column in table.columns:
            if column.name in unique:
                continue
            is_text = isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum)
            if is_text and not column.unique and not column.name.endswith(PROGRAMS_OWN) and column.info.get("label"):
                found.append((table, column.name))
    return found


def write_payloads(engine: Engine) -> int:
    """Puts the payload into every one of them; lengths are not checked by this engine."""
    columns = typed_columns()
    with engine.connect() as connection:
        for trigger in connection.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(sa.DDL(f'DROP TRIGGER "{trigger}"'))
        connection.execute(sa.text("PRAGMA ignore_check_constraints = ON"))
        for table, name in columns:
            connection.execute(sa.update(table).values({name: PAYLOAD}))
        connection.execute(sa.update(User.__table__).values(first_name=PAYLOAD, last_name="甄"))
        connection.execute(sa.insert(Role.__table__).values(name=PAYLOAD))
        connection.commit()
    return len(columns)


class Reader(HTMLParser):
    """What a browser would run or load of a page."""

    def __init__(self, nonce: str) -> None:
        super().__init__()
        self.nonce, self.wrong = nonce, set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        if tag == "img" and held.get("src") == "x":
            self.wrong.add("the payload is an element")
        if tag == "script" and held.get("nonce") != self.nonce:
            self.wrong.add("a script without the nonce of its response")
        if tag in {"iframe", "object", "embed", "base"}:
            self.wrong.add(f"an element {tag}")
        for name, value in attrs:
            if name.startswith("on"):
                self.wrong.add(f"an inline handler {name}")
            if name in URLS and (value or "").strip().lower().startswith(("javascript:", "data:text", "//", "http")):
                self.wrong.add(f"{name} leads elsewhere: {(value or '')[:30]}")


def nonce_of(answer: TestResponse) -> str:
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self' 'nonce-" in policy
    script = policy.partition("script-src")[2].partition(";")[0]
    assert "unsafe" not in script
    return script.partition("'nonce-")[2].partition("'")[0]


def faults(answer: TestResponse) -> set[str]:
    """What is wrong with an answer: its headers, and what a browser would make of its body."""
    wrong = {f"{name} is missing" for name, value in EXPECTED.items() if answer.headers.get(name) != value}
    if answer.mimetype != "text/html":
        if answer.mimetype not in {"application/json", "text/csv"} and "sheet" not in answer.mimetype:
            wrong.add(f"sent as {answer.mimetype}")
        return wrong
    if "charset=utf-8" not in answer.headers["Content-Type"].lower():
        wrong.add("no charset")
    reader = Reader(nonce_of(answer))
    reader.feed(answer.text)
    if EVALUATED in answer.text:
        wrong.add("a template was evaluated")
    return wrong | reader.wrong


def asked_for(app: Flask, session: Session, asker: Asker) -> Iterator[Outlet]:
    """In the short form every page once, as it opens; in the long one all that there is, of four records each."""
    found = every_visit(app, sample_ids(session, 4 if FULL else 1))
    left_out = PUBLIC | OWN_TOKEN | {"RightsView.preview"}
    if FULL:
        yield from outlets(asker, found, left_out)
        return
    for visit in found:
        if visit.method == "GET" and not visit.is_api and visit.endpoint not in left_out:
            # Eight rows are as good as fifty of the same text.
            yield Outlet(visit.endpoint, "GET", visit.url + ("?size=8" if visit.endpoint.endswith(".list") else ""))


def test_page_when_every_text_is_markup_then_none_of_it_is_run(
    app: Flask, database: Database, session: Session
) -> None:
    add_crowd(session)
    assert write_payloads(database.engine) > 60
    asker = Asker(app, session, EVERYTHING)
    report: dict[str, set[str]] = {}
    nonces, seen = [], 0
    for outlet in asked_for(app, session, asker):
        answer = ask(asker, outlet)
        if wrong := faults(answer):
            report.setdefault(outlet.name, set()).update(wrong)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            nonces.append(nonce_of(answer))
            seen += "&lt;img src=x" in answer.text
    assert report == {}
    assert len(nonces) == len(set(nonces))
    assert seen > 50  # the payload stood on the pages, as text


def test_answer_when_it_is_an_error_or_a_file_then_it_has_the_headers_too(app: Flask) -> None:
    client = app.test_client()
    wrong = {}
    for path in ("/nothing/", "/login/", "/logout/", "/api/v1/order/", "/order/show/x", "/lang/xx", "/order/%00"):
        if found := faults(client.get(path)):
            wrong[path] = found
    page = client.get("/static/zhidan/js/zhidan.js", buffered=True)
    page.close()
    assert wrong == {}
    assert page.status_code == 200
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Set-Cookie" not in page.headers
    assert client.get("/static/zhidan/").status_code == 404


def test_error_page_when_shown_then_it_names_no_program_and_no_version(app: Flask) -> None:
    client = app.test_client()
    for path in ("/nothing/", "/api/v1/nothing", "/order/%00"):
        answer = client.get(path)
        words = re.findall(r"(?i)werkzeug|flask|sqlalchemy|python|waitress|gunicorn|\d+\.\d+\.\d+", answer.text)
        assert words == []
        assert "X-Powered-By" not in answer.headers


@pytest.fixture
def in_production(database: Database) -> Flask:
    """The application as it runs behind HTTPS, over the same database."""
    settings = ProductionConfig(
        {
            "DATABASE_URL": database.url,
            "SECRET_KEY": "s" * 40,
            "ZHIDAN_HOSTS": "panel.example",
            "ZHIDAN_PROXY_HOPS": "1",
        }
    )
    return create_app(settings, RATELIMIT_ENABLED=False, AUTH_RATE_LIMITED=False)


def test_cookie_when_in_production_then_bound_to_host_https_and_server(in_production: Flask) -> None:
    """ASVS 3.3.1 to 3.3.4 and 3.4.1."""
    client = in_production.test_client()
    answer = client.get("/login/", base_url="https://panel.example")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    for path in ("/login/", "/nothing/", "/static/zhidan/js/zhidan.js"):
        with client.get(path, base_url="https://panel.example") as sent_back:
            sent = sent_back.headers
        assert sent["Strict-Transport-Security"].startswith("max-age=31536000"), path


def test_host_when_it_is_not_ours_then_refused(in_production: Flask) -> None:
    for host in ("evil.example", "panel.example.evil.example", "panel.example:99999", "127.0.0.1"):
        answer = in_production.test_client().get("/login/", environ_overrides={"HTTP_HOST": host})
        assert (answer.status_code, host) == (400, host)


def test_address_of_the_client_when_proxies_are_declared_then_only_they_are_believed(
    database: Database, in_production: Flask
) -> None:
    """ASVS 4.1.3: what a client says about itself counts for nothing; what our own proxy adds counts."""

    def seen(app: Flask, forwarded: str) -> str:
        found: list[str] = []
        app.before_request_funcs.setdefault(None, []).append(lambda: found.append(_remote()))
        base = "https://panel.example" if app is in_production else None
        app.test_client().get("/login/", headers={"X-Forwarded-For": forwarded}, base_url=base)
        return found[-1]

    alone = create_app(TestConfig({"DATABASE_URL": database.url}))
    assert seen(alone, "10.9.8.7") == "127.0.0.1"
    assert seen(in_production, "6.6.6.6, 10.9.8.7") == "10.9.8.7"


def _remote() -> str:
    return str(request.remote_addr)


def test_person_when_asking_too_much_then_told_to_wait_and_others_are_not(database: Database, session: Session) -> None:
    """ASVS 2.4.1, 4.3.1, 15.2.2: one person has a budget, and what is expensive takes more of it."""
    limited = create_app(
        TestConfig({"DATABASE_URL": database.url}), RATELIMIT_ENABLED=True, PERSON_RATE_LIMIT="20 per hour"
    )
    first, second = (Asker(limited, session, name) for name in ("oc_li", "oc_wang"))
    statuses = [first.client.get("/order/list/").status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]
    assert first.client.get("/order/list/").headers["Retry-After"]
    assert second.client.get("/order/list/").status_code == 200
    assert second.client.get("/chart/orders_by_state/").status_code == 200
    left = [second.client.get("/chart/orders_by_state/").status_code for _ in range(4)]
    assert left[-1] == 429
