"""Measures pages inside this process: median time, statements and bytes, sizes interleaved round by round."""

from __future__ import annotations

import re
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import psycopg
import sqlalchemy as sa

from benchmarks.databases import PASSWORD, PEOPLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from benchmarks.databases import Prepared
    from benchmarks.pages import Page

WARM_UP: Final = 2
TOKEN: Final = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Figures:
    """What one page cost at one size; times in milliseconds."""

    times: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    statements: int = 0
    size: int = 0
    failure: str = ""

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.times) if self.times else float("nan")

    @property
    def bare_median(self) -> float:
        """The median of the chart's statement alone, by the driver."""
        return statistics.median(self.bare) if self.bare else float("nan")


class Recorder:
    """Counts the statements of an engine and keeps the last aggregate."""

    def __init__(self, engine: sa.Engine) -> None:
        self.count = 0
        self.aggregate: tuple[str, Any] | None = None
        sa.event.listen(engine, "before_cursor_execute", self._seen)

    def _seen(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        self.count += 1
        if "GROUP BY" in statement:
            self.aggregate = (statement, parameters)


class Visitor:
    """Signed-in people on one database, and how their requests are counted."""

    def __init__(self, prepared: Prepared) -> None:
        from app.extensions import db

        self.prepared = prepared
        with prepared.app.app_context():
            self.recorder = Recorder(db.engine)
        self.clients = {name: sign_in(prepared.app.test_client(), name) for name in PEOPLE}
        answer = prepared.app.test_client().post(
            "/api/v1/security/login", json={"username": "order_center", "password": PASSWORD, "provider": "db"}
        )
        self.bearer = {"Authorization": f"Bearer {answer.get_json()['access_token']}"}
        self.connection = psycopg.connect(prepared.url, autocommit=True, options="-c timezone=UTC")

    def visit(self, page: Page, figures: Figures, *, counts: bool) -> None:
        """Ask for a page once; a warm-up is not counted."""
        client = self.clients[page.who]
        headers = self.bearer if page.by_token else {}
        self.recorder.count, self.recorder.aggregate = 0, None
        began = time.perf_counter()
        answer = client.get(page.path, headers=headers)
        body = answer.get_data()
        taken = (time.perf_counter() - began) * 1000
        if answer.status_code != 200:
            figures.failure = f"status {answer.status_code}"
            return
        figures.statements, figures.size = self.recorder.count, len(body)
        if counts:
            figures.times.append(taken)
        if page.is_chart and counts and self.recorder.aggregate is not None:
            figures.bare.append(self._alone(*self.recorder.aggregate))

    def _alone(self, statement: str, parameters: Any) -> float:
        began = time.perf_counter()
        self.connection.execute(statement, parameters).fetchall()
        return (time.perf_counter() - began) * 1000


def sign_in(client: FlaskClient, name: str) -> FlaskClient:
    """A client with the session of a person."""
    found = TOKEN.search(client.get("/login/").get_data(as_text=True))
    assert found is not None
    form = {"username": name, "password": PASSWORD, "csrf_token": found[1]}
    answer = client.post("/login/", data=form)
    assert answer.status_code == 302, answer.status_code
    assert "/login" not in answer.headers["Location"]
    return client


def run(
    visitors: dict[int, tuple[Visitor, list[Page]]], rounds: int, say: Callable[[str], None]
) -> dict[int, dict[str, Figures]]:
    """The figures of all pages at all sizes: in each round each page once at each size, charts in every fourth."""
    found = {orders: {page.name: Figures() for page in pages} for orders, (_, pages) in visitors.items()}
    for number in range(-WARM_UP, rounds):
        if number >= 0 and number % 10 == 0:
            say(f"round {number + 1} of {rounds}")
        for place in range(max(len(pages) for _, pages in visitors.values())):
            for orders, (visitor, pages) in visitors.items():
                page = pages[place]
                if not page.is_chart or number < 0 or number % 4 == 0:
                    visitor.visit(page, found[orders][page.name], counts=number >= 0)
    return found
