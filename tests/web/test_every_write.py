"""Nothing is written without a trace: each accepted request of scenario S01 leaves entries that say who asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.verification import snapshot, verify
from models.journal import Journal
from tests.web import test_s01_api as s01
from tests.web.test_s01_api import Office, office

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.databases import Database

__all__ = ["office"]
pytestmark = pytest.mark.stage("people")
WRITES = {"POST", "PUT"}


@dataclass
class Watched(Office):
    """The office, with what each of its requests left in the journal."""

    database: Database | None = None
    seen: list[tuple[str, str, int, list[tuple[str, int | None, str | None]]]] = field(default_factory=list)

    def call(self, who: str, when: str, method: str, path: str, body: Any = None) -> TestResponse:
        """As the office calls, after which the new entries are noted."""
        # The sign-in is no part of the request.
        self.clock.move_to(s01.moment(when))
        self.token(who, s01.moment(when))
        before = self._last()
        response = super().call(who, when, method, path, body)
        if method in WRITES:
            self.seen.append((method, path, response.status_code, self._since(before)))
        return response

    def _last(self) -> int:
        assert self.database is not None
        with Session(self.database.engine) as session:
            return session.scalar(sa.select(sa.func.max(Journal.id))) or 0

    def _since(self, before: int) -> list[tuple[str, int | None, str | None]]:
        assert self.database is not None
        statement = sa.select(Journal.action, Journal.actor_id, Journal.request_id).where(Journal.id > before)
        with Session(self.database.engine) as session:
            return [tuple(row) for row in session.execute(statement.order_by(Journal.id))]


def test_write_when_accepted_then_the_journal_says_who_asked_and_a_refused_one_changes_nothing(
    office: Office, database: Database
) -> None:
    watched = Watched(office.app, office.clock, office.ids, database=database)
    s01.receive(watched)
    s01.enter(watched)
    s01.review_and_confirm(watched)
    s01.inspect_and_plan(watched)
    s01.depart_and_deliver(watched)
    s01.install_and_accept(watched)
    s01.invoice(watched)
    accepted = [write for write in watched.seen if write[2] < 300]
    refused = [write for write in watched.seen if write[2] >= 400]
    assert len(accepted) + len(refused) == len(watched.seen)
    assert len(accepted) > 25
    assert len(refused) > 10
    # A person and one request stand behind the entries, whatever the system added in its course.
    assert [write[:2] for write in accepted if not any(actor for _, actor, _ in write[3])] == []
    assert [write[:2] for write in accepted if len({request for *_, request in write[3]}) != 1] == []
    assert {action for write in refused for action, _, _ in write[3]} <= {"access.refused"}
    with snapshot(database.engine) as connection:
        assert verify(connection).finding is None
