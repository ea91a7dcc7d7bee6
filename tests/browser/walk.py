"""A scenario at one screen: who acts when, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.browser.conftest import Clock
from tests.browser.desk import Desk, Keep
from tests.sweeps.depth import FULL

BY_FORM = 2


@dataclass
class Walk:
    """Who acts when, one after the other at one screen; a picture a step."""

    clock: Clock
    sit_down: Callable[..., Desk]
    keep: Keep
    desk: Desk | None = None
    signed_in: int = 0

    def act(self, username: str, when: str) -> Desk:
        """The one before signs out, this one signs in, at that moment.

        In the short form the first two do so by menu and form; those after them come with a session.
        """
        if self.desk is not None and (FULL or self.signed_in < BY_FORM):
            self.desk.sign_out()
        return self.again(username, when)

    def again(self, username: str, when: str) -> Desk:
        """Somebody signs in where nobody is signed in any more: a session that was left alone has ended."""
        self.clock.at(when)
        if self.desk is None:
            self.desk = self.sit_down(username)
        elif FULL or self.signed_in < BY_FORM:
            self.desk.sign_in(username)
        else:
            self.sit_down(username, at=self.desk)
        self.signed_in += 1
        return self.desk
