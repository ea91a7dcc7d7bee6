"""A scenario at one screen: who acts when, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.browser.conftest import Clock
from tests.browser.desk import Desk, Keep


@dataclass
class Walk:
    """Who acts when, one after the other at one screen; a picture a step."""

    clock: Clock
    sit_down: Callable[..., Desk]
    keep: Keep
    desk: Desk | None = None

    def act(self, username: str, when: str) -> Desk:
        """The one before signs out, this one signs in, at that moment."""
        if self.desk is not None:
            self.desk.sign_out()
        return self.again(username, when)

    def again(self, username: str, when: str) -> Desk:
        """Somebody signs in where nobody is signed in any more: a session that was left alone has ended."""
        self.clock.at(when)
        if self.desk is None:
            self.desk = self.sit_down(username)
        else:
            self.desk.sign_in(username)
        return self.desk
