"""Fixtures of the browser tests: the told clock, and people who sit down at a browser of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from tests.browser.desk import Desk
from tests.databases import Database
from tests.services.company import moment
from tests.signed_in import signed_in

MONDAY = "2026-11-23 20:15"


class Clock:
    """The moment at which the server lives; it stands still until it is told. Browsers keep their own time."""

    def __init__(self, travelled: time_machine.Coordinates) -> None:
        self._travelled = travelled

    def at(self, text: str) -> None:
        """Now it is then, in Shanghai: ``2026-11-24 09:40``."""
        self._travelled.move_to(moment(text))


@pytest.fixture
def clock(live_server: str) -> Iterator[Clock]:
    """The scenario's clock, beginning with the moment of its first line."""
    with time_machine.travel(moment(MONDAY), tick=False) as travelled:
        yield Clock(travelled)


@pytest.fixture
def sit_down(new_context: Callable[..., Any], database: Database, live_server: str) -> Callable[..., Desk]:
    """A person signs in at a browser of their own, or goes on at the desk of another with a session of their own."""

    def sit(username: str, at: Desk | None = None, **options: Any) -> Desk:
        if at is None:
            return Desk(new_context(**options), username)
        with Session(database.engine) as session:
            user_id = session.scalars(sa.select(User.id).where(User.username == username)).one()
        held = signed_in(database.app, user_id).get_cookie(database.app.config["SESSION_COOKIE_NAME"])
        assert held is not None
        at.context.clear_cookies()
        at.context.add_cookies([{"name": held.key, "value": held.value, "url": live_server}])
        at.open("/")
        return at

    return sit
