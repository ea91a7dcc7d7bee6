"""How a demo order lives: every act is a real step by the person whose work it is, at a plausible past moment.

An order stops where the present begins, or where it was told to. Nothing here knows what an order needs next: that
is ``demo_orders``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.context import LOCAL_ZONE, SYSTEM, Actor, Context, entered
from app.kernel.engine import fire
from models.labels import OrderState
from models.order import Order

OPENS, CLOSES = time(9), time(17, 30)
SATURDAY = 5


class PresentReachedError(Exception):
    """The next act lies in the future, or the order has come as far as it was meant to."""


@dataclass
class Company:
    """What all stories share."""

    session: Session
    people: Mapping[str, Actor]
    policy: Mapping[str, Decimal]
    random: Random
    now: datetime

    def context(self, who: str, moment: datetime) -> Context:
        """The context of one person's act; ``mall`` is the web shop."""
        actor = self.people.get(who, SYSTEM)
        origin = "screen" if who in self.people else "api"
        return Context(session=self.session, actor=actor, now=moment, origin=origin, policy=self.policy)


class Story:
    """One order's life. ``until`` is the state to stop in; ``in_a_hurry`` people also work at night."""

    def __init__(
        self, company: Company, begins: datetime, *, until: OrderState | None = None, in_a_hurry: bool = False
    ) -> None:
        self.company = company
        self.random = company.random
        self.at = begins
        self.until = until
        self.in_a_hurry = in_a_hurry
        self.order: Order | None = None

    @property
    def today(self) -> Any:
        """The Shanghai date of the story."""
        return self.at.astimezone(LOCAL_ZONE).date()

    def later(self, shortest: float, longest: float) -> datetime:
        """Moves on by hours between the two, into office hours. Raises PresentReachedError."""
        if self.in_a_hurry:
            shortest, longest = shortest / 20, longest / 20
        hours = self.random.uniform(shortest, longest)
        return self.wait_until(self.at + timedelta(hours=hours))

    def wait_until(self, moment: datetime) -> datetime:
        """Moves on to a moment, or to the next office hours after it. Raises PresentReachedError."""
        moment = moment if self.in_a_hurry else self.office(moment)
        if moment > self.company.now:
            raise PresentReachedError
        self.at = moment
        return moment

    def office(self, moment: datetime) -> datetime:
        """The moment itself within office hours, else soon after the next opening."""
        local = moment.astimezone(LOCAL_ZONE)
        while local.weekday() >= SATURDAY or local.time() >= CLOSES:
            local = datetime.combine(local.date() + timedelta(days=1), OPENS, LOCAL_ZONE)
        if local.time() < OPENS:
            local = datetime.combine(local.date(), OPENS, LOCAL_ZONE)
        if local.time() == OPENS:
            local += timedelta(minutes=self.random.randint(3, 55))
        return local.astimezone(UTC)

    @contextmanager
    def act(self, who: str) -> Iterator[Context]:
        """One person acts now."""
        ctx = self.company.context(who, self.at)
        with entered(ctx):
            yield ctx
            ctx.session.flush()
        self.stop_when_there()

    def fire(self, who: str, record: Any, step: str, **data: Any) -> Any:
        """One person takes a record through a step."""
        with self.act(who) as ctx:
            return fire(ctx, record, step, data)

    def stop_when_there(self) -> None:
        """Raises PresentReachedError in the state the order was meant to end in."""
        if self.order is not None and self.until is self.order.state:
            raise PresentReachedError
