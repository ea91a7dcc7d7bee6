"""Who acts, when, and from where: read once a request and handed to everything that happens in it."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from models.base import Sensitivity

LOCAL_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Deputyship:
    """A delegation in force: for whom, in which of his roles, with which rights, until the end of which day."""

    giver_id: int
    giver_name: str
    roles: frozenset[str]
    permissions: frozenset[str] = frozenset()
    until_on: date | None = None


@dataclass(frozen=True)
class Actor:
    """A person or the system. ``permissions`` are dotted (``order.confirm``); unknown means no.

    ``fields`` maps a sensitivity group to ``"full"``, ``"window"``, ``"masked"`` or ``"hidden"``; a missing group is
    hidden. ``scopes`` maps an entity to the names of the row scopes held; a missing entity has no rows. ``acts_for``
    are the persons whose delegation this act uses, see :meth:`acting`. ``revealed`` are records (entity, id) whose
    masks were lifted with a reason, for a while. ``departments`` are the codes of the departments of the roles.
    ``within`` is who looks at the panel as a role: no more than that person may see is shown. ``deputyships`` are the
    delegations in force; their roles, rights, fields and scopes are among the others, and ``received`` are the rights
    that nothing else gives.
    """

    id: int | None
    name: str
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    fields: Mapping[Sensitivity, str] = field(default_factory=dict)
    is_system: bool = False
    scopes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    departments: frozenset[str] = frozenset()
    acts_for: frozenset[int] = frozenset()
    revealed: frozenset[tuple[str, int]] = frozenset()
    within: Actor | None = None
    deputyships: tuple[Deputyship, ...] = ()
    received: frozenset[str] = frozenset()

    @property
    def persons(self) -> frozenset[int]:
        """Everybody this actor stands for: separation of duties asks about all of them (domain/09 9.4, 16)."""
        found = self.acts_for | {held.giver_id for held in self.deputyships}
        return found if self.id is None else found | {self.id}

    def persons_as(self, role: str) -> frozenset[int]:
        """The actor and the givers of a role: whose own work he sees and does in it."""
        found = {held.giver_id for held in self.deputyships if role in held.roles}
        return frozenset(found if self.id is None else found | {self.id})

    def acting(self, permission: str | None, prefers: str | None = None) -> Actor:
        """The actor in an act that needs a right: on behalf of the giver where only a delegation gives it.

        Args:
            prefers: a role whose delegation is used even where the right is one's own (the chair's vote).
        """
        giver = next(
            (held.giver_id for held in self.deputyships if prefers is not None and prefers in held.roles), None
        )
        if giver is None and permission in self.received:
            giver = next((held.giver_id for held in self.deputyships if permission in held.permissions), None)
        return self if giver is None else replace(self, acts_for=frozenset({giver}))

    def may(self, permission: str | None) -> bool:
        """True where the right is held. A step without a permission belongs to nobody but the system."""
        return self.is_system or (permission is not None and permission in self.permissions)


SYSTEM = Actor(id=None, name="system", fields=dict.fromkeys(Sensitivity, "full"), is_system=True)


@dataclass(frozen=True)
class Context:
    """One act: session, actor, moment (aware UTC), origin. ``policy`` gives parameters of the regulation by code.

    ``address`` is the network address of the client, where there is one. ``takes_back`` is the journal entry whose
    change this act puts back; the journal keeps it with every row of the act.
    """

    session: Session
    actor: Actor
    now: datetime
    origin: str = "system"
    request_id: str | None = None
    address: str | None = None
    policy: Mapping[str, Decimal] = field(default_factory=dict)
    takes_back: int | None = None

    @property
    def today(self) -> date:
        """The date in Shanghai."""
        return local_day(self.now)

    def at(self, moment: datetime) -> Context:
        """The same act at another moment (imports of history, tests)."""
        return replace(self, now=moment)

    def acting(self, permission: str | None, prefers: str | None = None) -> Context:
        """The same act, on behalf of whoever delegated the right it needs. See :meth:`Actor.acting`."""
        actor = self.actor.acting(permission, prefers)
        return self if actor is self.actor else replace(self, actor=actor)

    def as_system(self) -> Context:
        """The same act, done by the system: reactions and derived states."""
        return replace(self, actor=SYSTEM)


_current: ContextVar[Context | None] = ContextVar("zhidan_context", default=None)


def current_context() -> Context | None:
    """The context of the act in progress; None outside of one."""
    return _current.get()


class entered:  # noqa: N801 - reads as a word in a with statement
    """``with entered(context):`` makes it current, for the listeners that stamp and journal rows."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def __enter__(self) -> Context:
        self.token = _current.set(self.context)
        return self.context

    def __exit__(self, *_: object) -> None:
        _current.reset(self.token)


def local_day(moment: datetime) -> date:
    """The date in Shanghai."""
    return moment.astimezone(LOCAL_ZONE).date()


def local_midnight(day: date) -> datetime:
    """The UTC moment at which a day begins in Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL_ZONE).astimezone(UTC)


def end_of_local_day(day: date) -> datetime:
    """23:59:59 in Shanghai, as UTC."""
    return local_midnight(day) + timedelta(days=1) - timedelta(seconds=1)
