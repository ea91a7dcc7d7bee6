"""Fixtures of the browser tests: the told clock, and people who sit down at a browser of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from tests.browser.desk import Desk
from tests.services.company import moment

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
def sit_down(new_context: Callable[..., Any]) -> Callable[..., Desk]:
    """A person signs in at a browser of their own."""

    def sit(username: str, **options: Any) -> Desk:
        return Desk(new_context(**options), username)

    return sit
