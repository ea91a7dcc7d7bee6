"""Huge, odd and malformed requests: each is refused or taken as it is, and never a server error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import pytest

from tests.sweeps.people import Asker, is_refused
from views.base import ENTITIES

if TYPE_CHECKING:
    from flask import Flask

pytestmark = [
    pytest.mark.stage("demo"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("without_csrf"),
]

DEEP = "[" * 100_000 + "]" * 100_000
# Text that other programs stumble over.
ODD_TEXTS = [
    "\x00", "\ud800", "\u202egnp.exe", "a\r\nSet-Cookie: x=1", "长" * 32_767, "1e400", "' OR 1=1 --", "%s%n", "{{7*7}}",
]  # fmt: skip
ODD_NUMBERS: list[Any] = [
    "1e400", "-1e400", "NaN", "Infinity", 10**40, -(10**40), True, [], {}, "1_000_000_000_000_000", "x" * 5_000,
]  # fmt: skip
ODD_HEADERS = [
    {"X-Forwarded-For": "10.0.0.1"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Prefix": "//evil.example"},
    {"X-Forwarded-Proto": "javascript"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"X-Original-URL": "/users/list/"},
    {"Accept-Language": "zh" * 3_000},
    {"Accept": "text/;q=x"},
    {"Range": "bytes=0-1,2-3,-999999999999999999"},
    {"If-None-Match": '"' * 500},
    {"Content-Length": "-1"},
]
ODD_PATHS = [
    "/order/show/%2e%2e/%2e%2e/users/list/", "//order//list//", "/order/list/.", "/order/list/..", "/order/list/..;/",
    "/static/", "/static/zhidan/", "/static/../config.py", "/static/%2e%2e/config.py", "/static//etc/passwd",
    "/static/zhidan/..%2f..%2f..%2fconfig.py", "/.git/config", "/.env", "/instance/secret_key", "/order/show/x",
    "/order/show/99999999999999999999999999", "/order/show/-1", "/order/show/1.0", "/order/show/0x1", "/ORDER/list/",
    "/order/list/%0d%0aSet-Cookie:x=1", "/order/show/1/", "/api/v1/order/%ff", "/metrics", "/console", "/swagger/v1",
]  # fmt: skip
BODIES = [DEEP, "{", "null", "[]", '"x"', "1e999", '{"a":' * 2_000, '{"note":"\\ud800"}', "\x00"]
ELSEWHERE = [
    "https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "https:evil.example",
    "/%09/evil.example", "/..//evil.example", "%09https://evil.example",
]  # fmt: skip


def test_text_when_it_is_odd_then_refused_or_kept_as_it_is(everybody: Asker) -> None:
    """In every box of the widest forms, in bodies and in queries."""
    wrong: list[Any] = []
    for text in ODD_TEXTS:
        raw = text.encode("utf-8", "surrogatepass")
        for entity in ("customer", "order", "service_ticket", "payment"):
            names = sorted(ENTITIES[entity].add_keys())
            shown = everybody.client.post(f"/{entity}/add", data=dict.fromkeys(names, raw))
            body = json.dumps(dict.fromkeys(names, text)).encode()
            called = everybody.stranger.post(
                f"/api/v1/{entity}/", data=body, content_type="application/json", headers=everybody.headers
            )
            if not (is_refused(shown) and is_refused(called)):
                wrong.append((text[:9], entity, shown.status_code, called.status_code))
        for query in ("q", "sort", "after", "state", "size", "total_amount__ge", "received_at", "customer"):
            answer = everybody.client.get("/order/list/", query_string={query: raw})
            if answer.status_code not in {200, 400, 414} or "x=1" in str(answer.headers.getlist("Set-Cookie")):
                wrong.append((text[:9], query, answer.status_code))
    assert wrong == []


def test_number_when_it_is_none_then_refused(everybody: Asker) -> None:
    wrong = []
    for value in ODD_NUMBERS:
        for body in (
            {"method": "wechat", "amount": value, "received_at": "2026-11-24T10:00"},
            {"method": value, "amount": "1.00", "received_at": value, "order_id": value, "customer_id": value},
        ):
            answer = everybody.stranger.post("/api/v1/payment/", json=body, headers=everybody.headers)
            if not is_refused(answer):
                wrong.append((str(value)[:20], answer.status_code))
    assert wrong == []


def test_header_when_made_up_then_it_changes_nothing(everybody: Asker) -> None:
    wrong: list[Any] = []
    for headers in ODD_HEADERS:
        answer = everybody.client.get("/order/list/", headers=headers)
        if answer.status_code not in {200, 400} or "evil.example" in answer.text + str(answer.headers):
            wrong.append((headers, answer.status_code))
        posted = everybody.client.post("/order/list/", headers=headers)
        if not is_refused(posted):
            wrong.append((headers, posted.status_code))
    assert wrong == []


def test_path_when_crafted_then_it_leads_nowhere_else(everybody: Asker) -> None:
    wrong: list[Any] = []
    for path in ODD_PATHS:
        # Two slashes at the beginning would name a host to the client; a server takes them as they come.
        answer = everybody.client.get("/", environ_overrides={"PATH_INFO": unquote_to_bytes(path).decode("latin-1")})
        location = answer.headers.get("Location", "/")
        inside = location.startswith(("/", "http://localhost/")) and not location.startswith("//")
        if answer.status_code not in {301, 302, 308, 400, 404, 405} or not inside or "SECRET" in answer.text:
            wrong.append((path, answer.status_code, location))
    assert wrong == []


def test_body_when_it_is_no_object_then_refused(everybody: Asker) -> None:
    wrong: list[Any] = []
    for body in BODIES:
        for kind in ("application/json", "application/json; charset=utf-16", "text/plain", "application/xml", "x/"):
            answer = everybody.stranger.post(
                "/api/v1/customer/", data=body, content_type=kind, headers=everybody.headers
            )
            if not is_refused(answer):
                wrong.append((body[:9], kind, answer.status_code))
    assert wrong == []


def test_body_when_too_large_then_413(everybody: Asker) -> None:
    by_api = everybody.stranger.post(
        "/api/v1/customer/",
        data=b'{"note":"' + b"x" * 1_100_000 + b'"}',
        content_type="application/json",
        headers=everybody.headers,
    )
    by_form = everybody.client.post("/customer/add", data={"note": "x" * 1_100_000})
    many = {f"field{number}": "x" for number in range(1_500)}
    parts = everybody.client.post("/customer/add", data=many, content_type="multipart/form-data")
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n'
    body = part + b"x" * (16 * 1024 * 1024) + b"\r\n--x--\r\n"
    whole = everybody.client.post("/orderimport/", data=body, content_type="multipart/form-data; boundary=x")
    assert [answer.status_code for answer in (by_api, by_form, parts, whole)] == [413, 413, 413, 413]


def test_post_route_when_called_by_another_verb_then_refused(app: Flask, everybody: Asker) -> None:
    """No state changes by a link (ASVS 3.5.3): what has only POST answers nothing else."""
    known: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        if not rule.arguments:
            known.setdefault(rule.rule, set()).update((rule.methods or set()) - {"OPTIONS", "HEAD"})
    posts = [url for url, methods in known.items() if methods == {"POST"}]
    wrong = []
    for url in posts:
        for verb in ("GET", "PUT", "DELETE", "PATCH", "TRACE"):
            is_api = url.startswith("/api/")
            client = everybody.stranger if is_api else everybody.client
            status = client.open(url, method=verb, headers=everybody.headers if is_api else {}).status_code
            if status not in {400, 403, 404, 405}:
                wrong.append((verb, url, status))
    assert wrong == []
    assert len(posts) > 10


def test_parameter_when_doubled_then_query_and_form_are_not_mixed(everybody: Asker) -> None:
    """Parameter pollution (ASVS 15.3.7): a query is no part of a form, and two words of a filter are both meant."""
    both = everybody.stranger.get("/api/v1/order/?state=draft&state=completed", headers=everybody.headers).json
    assert {row["state"] for row in both["result"]} <= {"draft", "completed"}
    answer = everybody.client.post("/customer/add?name=fromquery&kind=person&source_channel=phone", data={})
    assert answer.status_code == 422


def test_way_back_when_it_leads_elsewhere_then_not_followed(app: Flask, everybody: Asker) -> None:
    wrong = []
    for back in ELSEWHERE:
        answers = [
            everybody.client.post("/order/bulk/hold", data={"back": back}),
            everybody.client.get(f"/lang/en?next={back}", headers={"Referer": "https://evil.example/"}),
            everybody.client.get(f"/back?next={back}"),
            app.test_client().get(f"/login/?next={back}"),
            app.test_client().get(f"/order/list/?next={back}"),
        ]
        for answer in answers:
            location = answer.headers.get("Location", "/")
            is_own = location.startswith(("/", "http://localhost/")) and not location.startswith(("//", "/\\"))
            if not is_own or "evil.example" in location.partition("?")[0]:
                wrong.append((back, location))
    assert wrong == []
