"""Many people at once: what one is shown is what he is shown alone, to the byte, and in his language.

Each address is asked once in peace; then all people ask at once, again and again, through real sockets. An answer
that differs holds something of somebody else (fact 1 of the framework: 28 of 960 answers did).
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from tests.databases import KINDS
from tests.signed_in import signed_in, token_of
from tests.sweeps.depth import FULL
from tests.sweeps.people import Asker

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

PEOPLE = (
    "oc_li", "oc_zhao", "pd_chen", "qc_sun", "lg_liu", "lg_gao", "cs_ma", "cs_wu", "fi_zhou", "fi_qian", "cm_zhang",
    "au_lin", "ad_root", "cs_huang",
)  # fmt: skip
PAGES = (
    "/", "/order/list/?size=50", "/order/list/?state=completed", "/order/show/3", "/customer/list/?size=10",
    "/production_task/list/", "/shipment/list/", "/payment/list/?sort=-received_at", "/order/3/tab/order_line",
    "/customer/search?q=1", "/service_ticket/list/", "/users/userinfo/",
)  # fmt: skip
CALLS = ("/api/v1/order/?size=20", "/api/v1/order/3", "/api/v1/shipment/", "/api/v1/customer/", "/api/v1/chart/")
ANSWERS = 5_000 if FULL else 300
# What differs from one answer to the next by itself: nonce, tokens, request number, the second of printing.
OWN = re.compile(
    r'nonce="[^"]*"|name="(?:csrf_token|token)" value="[^"]*"|content="[^"]{30,}"|[0-9a-f]{16}|\d\d:\d\d:\d\d'
)


class Visitor:
    """A person at a socket of his own: half of them read Chinese, half English."""

    def __init__(self, app: Flask, address: str, person: Asker, language: str) -> None:
        self.name, self.language, self.address = person.username, language, address
        client = signed_in(app, person.user_id, language)
        self.session = requests.Session()
        for cookie in client._cookies.values():
            self.session.cookies.set(cookie.key, cookie.value)
        self.headers = {"Authorization": f"Bearer {token_of(app, person.user_id)}", "Accept-Language": language}

    def ask(self, path: str) -> tuple[int, str]:
        """The answer without what differs by itself."""
        if path.startswith("/api/"):
            answer = requests.get(self.address + path, headers=self.headers, timeout=60)
        else:
            answer = self.session.get(self.address + path, timeout=60, allow_redirects=False)
        return answer.status_code, OWN.sub("", answer.text)


@pytest.mark.stage("demo")
@pytest.mark.parametrize("database", KINDS if FULL else KINDS[:1], indirect=True)
def test_answers_when_many_people_ask_at_once_then_each_is_ones_own(
    database: Database, app: Flask, session: Session, live_server: str
) -> None:
    """In the short form on one database: what answers could share lies in the program, not in the rows."""
    visitors = [
        Visitor(app, live_server, Asker(app, session, name), "zh" if place % 2 else "en")
        for place, name in enumerate(PEOPLE)
    ]
    paths = (*PAGES, *CALLS)
    alone = {(each.name, path): each.ask(path) for each in visitors for path in paths}
    # The people differ in what they see, else nothing would be shown by equal answers.
    assert len({alone[each.name, "/"] for each in visitors}) == len(visitors)
    assert sum(status == 200 for status, _text in alone.values()) > len(alone) / 2
    assert all(status < 500 for status, _text in alone.values())
    rounds = -(-ANSWERS // len(visitors))

    def visit(each: Visitor) -> list[tuple[str, str]]:
        start = PEOPLE.index(each.name)
        asked = [paths[(start + step * 5) % len(paths)] for step in range(rounds)]
        return [(each.name, path) for path in asked if each.ask(path) != alone[each.name, path]]

    with ThreadPoolExecutor(len(visitors)) as threads:
        mixed = [pair for found in threads.map(visit, visitors) for pair in found]
    assert mixed == []
