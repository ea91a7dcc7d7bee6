"""Separation of duties by person: who took one act may not take another (domain/09 9.4).

A step declares its ``Duty`` rules; the journal says who did what. Asked about are all persons an actor stands for: a
deputy is bound by what the giver did, and the giver by what was done on his behalf. Everybody who ever took an act is
bound, not only the last: a colleague who repeats it frees nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import Reason
from app.kernel.holders import permitted
from app.kernel.journal import entity_name, order_of
from models.journal import Journal

Clause = sa.ColumnElement[bool]
CODE = "separation_of_duties"
# Entered, changed, taken away: what somebody does to a row without a step.
PLAIN_ACTS = ("add", "edit", "delete")


class Place(Protocol):
    """Where the journal is looked at: which rows belong to a record."""

    def rows(self, record: Any, journal: Any) -> Clause | None:
        """The condition on the journal; None where the record leads nowhere."""

    def __str__(self) -> str: ...


@dataclass(frozen=True)
class Own:
    """The record itself."""

    def rows(self, record: Any, journal: Any) -> Clause | None:
        """By entity and id."""
        return sa.and_(journal.entity == entity_name(type(record)), journal.entity_id == record.id)

    def __str__(self) -> str:
        return "the record"


@dataclass(frozen=True)
class OfOrder:
    """Everything on the timeline of the record's order."""

    def rows(self, record: Any, journal: Any) -> Clause | None:
        """By the order."""
        order_id = order_of(record)
        return journal.order_id == order_id if order_id is not None else None

    def __str__(self) -> str:
        return "its order"


@dataclass(frozen=True)
class Through:
    """The record that a column names: the task of an inspection."""

    column: str
    entity: str

    def rows(self, record: Any, journal: Any) -> Clause | None:
        """By entity and the column's value."""
        key = getattr(record, self.column)
        return sa.and_(journal.entity == self.entity, journal.entity_id == key) if key is not None else None

    def __str__(self) -> str:
        return f"its {self.entity}"


@dataclass(frozen=True)
class Parts:
    """The children that name the record in a column: the packages of a shipment."""

    model: type[Any]
    column: str

    def rows(self, record: Any, journal: Any) -> Clause | None:
        """By entity and the children's ids."""
        ids = sa.select(self.model.id).where(getattr(self.model, self.column) == record.id)
        return sa.and_(journal.entity == entity_name(self.model), journal.entity_id.in_(ids))

    def __str__(self) -> str:
        return f"its {entity_name(self.model)}s"


@dataclass(frozen=True)
class OfSubject:
    """What a request is about, by the word of its entity and its key."""

    def rows(self, record: Any, journal: Any) -> Clause | None:
        """By entity and id."""
        return sa.and_(journal.entity == record.entity, journal.entity_id == record.entity_id)

    def __str__(self) -> str:
        return "what it is about"


@dataclass(frozen=True)
class PartsOfSubject:
    """The children of what a request is about, where it is about such a record: the costs of a cancellation."""

    model: type[Any]
    column: str
    entity: str

    def rows(self, record: Any, journal: Any) -> Clause | None:
        """By entity and the children's ids."""
        if record.entity != self.entity:
            return None
        ids = sa.select(self.model.id).where(getattr(self.model, self.column) == record.entity_id)
        return sa.and_(journal.entity == entity_name(self.model), journal.entity_id.in_(ids))

    def __str__(self) -> str:
        return f"the {entity_name(self.model)}s of what it is about"


OWN, OF_ORDER, OF_SUBJECT = Own(), OfOrder(), OfSubject()


@dataclass(frozen=True, eq=False)
class Duty:
    """One rule on one step: whoever took one of ``acts`` does not take the step.

    ``rule`` is its number in domain/09 9.4, ``why`` the rule as a sentence. ``on`` says of which records the acts are
    asked. ``since`` names acts of the record that begin a new round: what was done before them binds no more.
    ``when`` limits the rule to certain records (an amount). ``given`` limits it to a step that is given one of these
    inputs: it is asked when the step is taken, not before. ``spare`` names a right: the rule holds where two people
    have it. ``ends`` are acts that close the phase in which the acts count, ``since`` opens it again: what a later step
    changes in the same rows is nobody's entry.
    """

    rule: int
    acts: tuple[str, ...]
    why: Any
    on: Place = OWN
    since: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    when: Callable[[Context, Any], bool] | None = None
    given: tuple[str, ...] = ()
    spare: str | None = None
    code: str = CODE

    def clause(self, record: Any, persons: Iterable[int]) -> Clause | None:
        """Whether one of the persons, or a deputy in his name, took one of the acts."""
        place = self.on.rows(record, Journal)
        if place is None:
            return None
        whom = sorted(persons)
        found = sa.select(sa.literal(1)).where(
            place, Journal.action.in_(self.acts), Journal.actor_id.in_(whom) | Journal.on_behalf_of_id.in_(whom)
        )
        if self.ends:
            ended = self._last(record, self.ends, within=True)
            found = found.where(ended <= self._last(record, self.since, within=True))
        elif self.since:
            found = found.where(Journal.id > self._last(record, self.since, within=False))
        return sa.exists(found)

    def _last(self, record: Any, acts: tuple[str, ...], *, within: bool) -> sa.ColumnElement[int]:
        """The id of the last of these acts, ``within`` the time before the looked-at row; 0 where there was none."""
        other = sa.orm.aliased(Journal)
        place = self.on.rows(record, other)
        statement = sa.select(sa.func.coalesce(sa.func.max(other.id), 0)).where(other.action.in_(acts))
        statement = statement if place is None else statement.where(place)
        if within:
            statement = statement.where(other.id < Journal.id).correlate(Journal)
        return statement.scalar_subquery()


def plain_acts(*entities: str) -> tuple[str, ...]:
    """What is done to rows of these tables without a step."""
    return tuple(f"{entity}.{act}" for entity in entities for act in PLAIN_ACTS)


def broken(ctx: Context, record: Any, duties: Sequence[Duty]) -> frozenset[Duty]:
    """The rules that bind the actor on a record; one statement for all of them, none where nothing is to be asked."""
    return broken_each(ctx, [(record, duties)])[0]


def broken_each(ctx: Context, asked: Sequence[tuple[Any, Sequence[Duty]]]) -> list[frozenset[Duty]]:
    """The same for many records, each with its own rules: still one statement."""
    persons = ctx.actor.persons
    clauses: dict[tuple[int, Duty], Clause] = {}
    for place, (record, duties) in enumerate(asked if persons and not ctx.actor.is_system else ()):
        for duty in dict.fromkeys(duties):
            if duty.when is not None and not duty.when(ctx, record):
                continue
            if (clause := duty.clause(record, persons)) is not None:
                clauses[place, duty] = clause
    found: list[set[Duty]] = [set() for _each in asked]
    if clauses:
        parts = (clause.label(f"d{number}") for number, clause in enumerate(clauses.values()))
        answers = ctx.session.execute(sa.select(*parts)).one()
        for (place, duty), is_bound in zip(clauses, answers, strict=True):
            if is_bound and (duty.spare is None or _others_may(ctx, duty.spare)):
                found[place].add(duty)
    return [frozenset(each) for each in found]


def applying(duties: Iterable[Duty], values: Mapping[str, Any] | None) -> list[Duty]:
    """The rules to ask before the step (no values), or because of what it was given."""
    if values is None:
        return [duty for duty in duties if not duty.given]
    return [duty for duty in duties if any(values.get(name) for name in duty.given)]


def reasons(ctx: Context, duties: Iterable[Duty], found: frozenset[Duty]) -> list[Reason]:
    """What a person is told: the rule, and whom to ask. Each rule once."""
    said: dict[str, Reason] = {}
    for duty in duties:
        if duty in found and str(duty.why) not in said:
            said[str(duty.why)] = reason_of(ctx, duty)
    return list(said.values())


def reason_of(ctx: Context, duty: Duty) -> Reason:
    """The reason of a rule; a deputy is told for whom he is bound."""
    data = {"why": duty.why, "rule": duty.rule}
    if names := "、".join(held.giver_name for held in ctx.actor.deputyships):
        text = _l(
            "%(why)s This binds you and %(names)s, for whom you stand in: ask a colleague. Where nobody is left it "
            "waits for the committee chair, who names a deputy."
        )
        return Reason(duty.code, text, {**data, "names": names})
    text = _l("%(why)s Ask a colleague; where nobody is left it waits for the committee chair, who names a deputy.")
    return Reason(duty.code, text, data)


def _others_may(ctx: Context, permission: str) -> bool:
    return bool(permitted(ctx.session, permission) - ctx.actor.persons)
