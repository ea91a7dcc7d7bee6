"""Windows of time: which records show their personal columns in full to whoever sees them only for a while.

A rule is declared once an entity, beside the row scopes, and asked in bulk: the first value that depends on one asks
for every record of the session at once, in one statement. Who has no group of level ``window`` never asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, object_session

from app.kernel.context import Actor
from app.kernel.naming import entity_name
from models.base import Base, Sensitivity

Rule = Callable[[Actor], sa.ColumnElement[bool]]
KNOWN = "zhidan_windows"
# A page holds hundreds of records, not more; what is beyond stays closed until it is asked for by itself.
AT_ONCE = 2000

_rules: dict[tuple[str, str], tuple[type[Base], Rule]] = {}


@dataclass(frozen=True)
class Seen:
    """A record that is known by entity and id only, as the journal names it."""

    session: Session
    entity: str
    id: int


def declare_window(model: type[Base], rule: Rule, group: Sensitivity | None = None) -> None:
    """Says which rows of a table lie in the actor's window; a group of columns may have a narrower rule."""
    _rules[entity_name(model), group or ""] = (model, rule)


def key_of(record: Base | Seen) -> tuple[str, int]:
    """Entity and id."""
    return (record.entity, record.id) if isinstance(record, Seen) else (entity_name(type(record)), record.id)


def open_rows(actor: Actor, model: type[Any], group: Sensitivity | None = None) -> sa.ColumnElement[bool]:
    """The condition on the rows that lie in the actor's window; none where no window is declared."""
    found = _rule(entity_name(model), group)
    return found[1](actor) if found is not None else sa.false()


def lies_in_window(actor: Actor, record: Base | Seen, group: Sensitivity | None) -> bool:
    """Whether a record lies in the actor's window now. What is in no session, or has no rule, does not."""
    entity, record_id = key_of(record)
    rule = _key(entity, group)
    session = record.session if isinstance(record, Seen) else object_session(record)
    if rule is None or session is None or record_id is None:
        return False
    known = _known(session, actor)
    if (*rule, record_id) not in known:
        ask(session, actor, [(entity, record_id)])
    return known.get((*rule, record_id), False)


def ask(session: Session, actor: Actor, keys: Iterable[tuple[str, int]]) -> None:
    """Asks about these records and everything else the session holds, in one statement."""
    known = _known(session, actor)
    wanted: dict[str, set[int]] = {}
    for entity, record_id in (*keys, *_held(session)):
        wanted.setdefault(entity, set()).add(record_id)
    parts = []
    for (entity, group), (model, rule) in _rules.items():
        table: Any = model
        ids = [pk for pk in sorted(wanted.get(entity, ())) if (entity, group, pk) not in known][:AT_ONCE]
        known |= dict.fromkeys(((entity, group, pk) for pk in ids), False)
        if ids:
            named = (sa.literal(entity).label("entity"), sa.literal(str(group)).label("part"), table.id.label("pk"))
            parts.append(sa.select(*named).where(table.id.in_(ids), rule(actor)))
    if not parts:
        return
    with session.no_autoflush:
        for entity, group, record_id in session.execute(sa.union_all(*parts)):
            known[entity, group, record_id] = True


def prepare(session: Session, actor: Actor, keys: Iterable[tuple[str, int]]) -> None:
    """Asks about records that will be shown by entity and id, where the actor depends on windows at all."""
    if "window" in actor.fields.values():
        ask(session, actor, keys)


def _held(session: Session) -> list[tuple[str, int]]:
    """The records of the session whose table has a window."""
    models = {model for model, _rule in _rules.values()}
    return [(entity_name(kind), key[0]) for kind, key, *_ in list(session.identity_map.keys()) if kind in models]


def _key(entity: str, group: Sensitivity | None) -> tuple[str, str] | None:
    return next((key for key in ((entity, group or ""), (entity, "")) if key in _rules), None)


def _rule(entity: str, group: Sensitivity | None) -> tuple[type[Base], Rule] | None:
    key = _key(entity, group)
    return _rules[key] if key is not None else None


def _known(session: Session, actor: Actor) -> dict[tuple[str, str, int], bool]:
    """What was answered since the session last changed anything."""
    by_person: dict[Any, dict[tuple[str, str, int], bool]] = session.info.setdefault(KNOWN, {})
    return by_person.setdefault((actor.id, actor.roles), {})


@event.listens_for(Session, "after_flush")
@event.listens_for(Session, "after_commit")
@event.listens_for(Session, "after_rollback")
def _forget(session: Session, *_: Any) -> None:
    session.info.pop(KNOWN, None)
