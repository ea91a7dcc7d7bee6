"""The journal: every change of every row, written by the session itself so that nothing can be forgotten.

A flush listener stamps rows and writes one journal row for each new or changed record, with old and new values;
those about people are locked with their keys (``app.kernel.sealing``).
``app.kernel.engine`` names the act (``order.confirm``); a plain edit is ``order.edit``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapper, Session, UOWTransaction

from app.kernel import chain
from app.kernel.context import SYSTEM, Context, current_context
from app.kernel.errors import FixedValueError, StateGuardError
from app.kernel.naming import entity_name as entity_name  # noqa: PLC0414 - everybody finds it here
from app.kernel.sealing import seal
from models.base import Base, Stamped, StateType
from models.journal import Journal

ACTS = "zhidan_acts"
CHANGES = "zhidan_changes"
# Under this word ``data`` names the entry that an undo puts back.
TAKES_BACK = "takes_back"
Changes = dict[str, list[Any]]
SILENT = frozenset({"id", "version", "created_at", "created_by_id", "updated_at", "updated_by_id", "state_since"})


@dataclass
class Act:
    """What a record goes through in this flush: named by the engine, else an add or an edit."""

    action: str
    from_state: str | None = None
    to_state: str | None = None
    reason: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def name_act(session: Session, record: Base, act: Act) -> None:
    """Gives the next flush's journal row of a record its action; allows the state change that goes with it."""
    session.info.setdefault(ACTS, {})[id(record)] = act


def plain(value: Any) -> Any:
    """A value as JSON keeps it: numbers exact as text, moments in UTC whatever zone they were given in."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value


def state_column(subject: type[Any]) -> str | None:
    """The name of the state column of a table, if it has one."""
    return _state_columns(subject.__table__)


@cache
def _state_columns(table: sa.Table) -> str | None:
    return next((str(column.name) for column in table.columns if isinstance(column.type, StateType)), None)


def stamp(session: Session, ctx: Context | None) -> None:
    """Sets who and when on new and changed rows; refuses a state that no step has set."""
    now = ctx.now if ctx else datetime.now(UTC)
    actor_id = ctx.actor.id if ctx else None
    acts = session.info.get(ACTS, {})
    for record in session.new:
        _guard_state(record, acts, is_new=True)
        if isinstance(record, Stamped):
            record.created_at = record.created_at or now
            record.created_by_id = record.created_by_id or actor_id
            record.updated_at, record.updated_by_id = now, actor_id
            if hasattr(record, "state_since"):
                record.state_since = record.state_since or now
    for record in session.dirty:
        if not session.is_modified(record):
            continue
        _guard_state(record, acts, is_new=False)
        _guard_fixed(record)
        if isinstance(record, Stamped):
            record.updated_at, record.updated_by_id = now, actor_id


@cache
def _fixed_columns(table: sa.Table) -> tuple[str, ...]:
    return tuple(str(column.name) for column in table.columns if column.info.get("fixed"))


def _guard_fixed(record: Any) -> None:
    names = _fixed_columns(record.__table__) if isinstance(record, Base) else ()
    if any(name in changes_of(record) for name in names):
        raise FixedValueError


def _guard_state(record: Any, acts: Mapping[int, Act], *, is_new: bool) -> None:
    name = state_column(type(record)) if isinstance(record, Base) else None
    if name is None:
        return
    if is_new:
        default = record.__table__.columns[name].default
        initial = default.arg if default is not None else None
        value = getattr(record, name)
        if value is not None and value != initial:
            raise StateGuardError
        return
    if sa.inspect(record).attrs[name].history.has_changes():
        act = acts.get(id(record))
        if act is None or act.to_state != plain(getattr(record, name)):
            raise StateGuardError


@event.listens_for(Session, "before_flush")
def _before_flush(session: Session, _flush: UOWTransaction, _instances: Any) -> None:
    stamp(session, current_context())
    if any(isinstance(record, Journal) for record in (*session.deleted, *session.dirty)):
        raise StateGuardError
    # Old values are read while the database still has them: an expired attribute that was set knows none.
    session.info[CHANGES] = {
        id(record): changes_of(record) for record in (*session.dirty, *session.deleted) if _is_journalled(record)
    }


@event.listens_for(Session, "after_flush")
def _after_flush(session: Session, _flush: UOWTransaction) -> None:
    ctx = current_context()
    acts: dict[int, Act] = session.info.pop(ACTS, {})
    changed: dict[int, Changes] = session.info.pop(CHANGES, {})
    steps: list[tuple[Base, dict[str, Any]]] = []
    rows: list[tuple[Base, dict[str, Any]]] = []
    for kind, records in (("add", session.new), ("edit", session.dirty), ("delete", session.deleted)):
        for record in filter(_is_journalled, records):
            changes = first_values(record) if kind == "add" else changed.get(id(record), {})
            if kind == "delete":
                changes = last_values(record)
            act = acts.get(id(record))
            if act is not None or changes or kind == "delete":
                row = _row(ctx, record, act or Act(f"{entity_name(type(record))}.{kind}"), changes)
                (rows if act is None else steps).append((record, row))
    # The step stands before what it changed: ids tell the order of what happened.
    made = steps + rows
    if made:
        seal(session, made)
    write(session, [row for _record, row in made])
    added = [record.id for record in session.new if isinstance(record, Journal)]
    if added:
        chain.keep(session.connection(), added)


def _is_journalled(record: Any) -> bool:
    return isinstance(record, Base) and record.is_journalled


@cache
def _keys_of(mapper: Mapper[Any]) -> tuple[str, ...]:
    return tuple(attribute.key for attribute in mapper.column_attrs if attribute.key not in SILENT)


def _columns_of(record: Base) -> tuple[str, ...]:
    return _keys_of(sa.inspect(type(record)))


def changes_of(record: Base) -> Changes:
    """``{column: [old, new]}`` of what is about to be written."""
    attributes: Any = sa.inspect(record).attrs
    changes: Changes = {}
    for key in _columns_of(record):
        if not attributes[key].history.has_changes():
            continue
        history = attributes[key].load_history()
        new = history.added[0] if history.added else None
        old = history.deleted[0] if history.deleted else None
        if old != new:
            changes[key] = [plain(old), plain(new)]
    return changes


def first_values(record: Base) -> Changes:
    """What a new row starts with; empty columns are left out."""
    values = {key: record.__dict__.get(key) for key in _columns_of(record)}
    return {key: [None, plain(value)] for key, value in values.items() if value not in (None, "")}


def last_values(record: Base) -> Changes:
    """What a row that goes away held."""
    values = {key: record.__dict__.get(key) for key in _columns_of(record)}
    return {key: [plain(value), None] for key, value in values.items() if value not in (None, "")}


def note(
    ctx: Context,
    action: str,
    entity: str,
    entity_id: int,
    *,
    order_id: int | None = None,
    reason: str | None = None,
    changes: Changes | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Writes down what is no change of a row of ours: a sign-in, a changed right, an export, a lifted mask.

    The entry is written at once, in the transaction of ``ctx.session``, and is kept for good: personal values are
    locked in entries of rows only, so none may be given here.

    Args:
        action: ``entity.word``, as ``user.sign_in`` or ``role.grant``.
        entity_id: 0 where there is no record.
        changes: ``{what: [old, new]}``, plain values.
    """
    act = Act(action, reason=reason, data=data or {})
    write(ctx.session, [entry(ctx, entity, entity_id, order_id, act, changes or {})])


def write(session: Session, rows: list[dict[str, Any]]) -> None:
    """Writes journal rows, to be sealed when the transaction of the session is committed."""
    if rows:
        chain.insert(session.connection(), rows)


def _row(ctx: Context | None, record: Base, act: Act, changes: Changes) -> dict[str, Any]:
    return entry(ctx, entity_name(type(record)), record.id, order_of(record), act, changes)


def entry(
    ctx: Context | None, entity: str, entity_id: int, order_id: int | None, act: Act, changes: Changes
) -> dict[str, Any]:
    """The values of a journal row; the system acts where there is no context."""
    actor = ctx.actor if ctx else SYSTEM
    recorded = datetime.now(UTC)
    undo = {TAKES_BACK: ctx.takes_back} if ctx and ctx.takes_back is not None else {}
    return {
        "at": ctx.now if ctx else recorded,
        "recorded_at": recorded,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "on_behalf_of_id": next(iter(sorted(actor.acts_for)), None),
        "origin": ctx.origin if ctx else "system",
        "request_id": ctx.request_id if ctx else None,
        "address": ctx.address if ctx else None,
        "entity": entity,
        "entity_id": entity_id,
        "order_id": order_id,
        "action": act.action,
        "from_state": act.from_state,
        "to_state": act.to_state,
        "changes": changes,
        "data": plain(act.data) | undo,
        "reason": act.reason,
    }


def order_of(record: Base) -> int | None:
    """The order on whose timeline a row appears."""
    attribute = record.journal_order_attribute
    value = getattr(record, attribute, None) if attribute else None
    return int(value) if value is not None else None
