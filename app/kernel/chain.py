"""The chain over the journal: what a transaction wrote there is sealed when it is committed, as the last thing it does.

Digests are taken of the rows as the database gives them back, so that a later reading finds the same values. They
wait at the connection; where a savepoint was rolled back, what is left of them is looked up again. Just before the
COMMIT, whoever asked for it, one seal is written under a lock that no transaction holds while it waits for another
one. A transaction without journal rows costs nothing.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Row, event

from models.journal import Journal, JournalSeal

# The columns that a digest covers, by form, in order. A form that was used never changes.
FORMS: Mapping[int, tuple[str, ...]] = {
    1: (
        "at", "recorded_at", "actor_id", "actor_name", "on_behalf_of_id", "origin", "request_id", "address", "entity",
        "entity_id", "order_id", "action", "from_state", "to_state", "changes", "data", "reason",
    ),
}  # fmt: skip
FORM = max(FORMS)
NOTHING = "0" * 64
ENTRY = struct.Struct(">q32s")
WAITING = "zhidan_journal"
# Rows older than the chain are sealed so many at a time.
BATCH = 1000

rows_of = Journal.__table__.c
Entry = tuple[int, bytes]


@dataclass
class Waiting:
    """Entries of the open transaction of a connection; doubtful where a savepoint was rolled back in it."""

    entries: list[Entry] = field(default_factory=list)
    is_doubtful: bool = False


@dataclass(frozen=True)
class Head:
    """The last seal. Number 0 before the first one."""

    number: int = 0
    hash: str = NOTHING
    total: int = 0
    sealed_at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


def insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes journal rows and keeps their digests for the seal."""
    written = connection.execute(sa.insert(Journal.__table__).returning(*rows_of), list(rows))
    _waiting(connection).entries.extend((row.id, digest(row)) for row in written)


def keep(connection: Connection, ids: Sequence[int]) -> None:
    """Takes rows that came another way (an object added to a session) to the seal as well."""
    _waiting(connection).entries.extend(_entries(connection, ids))


def _entries(connection: Connection, ids: Sequence[int]) -> Iterator[Entry]:
    """Those among the ids that there are rows of, with their digests."""
    for start in range(0, len(ids), BATCH):
        statement = sa.select(*rows_of).where(rows_of.id.in_(ids[start : start + BATCH]))
        yield from ((row.id, digest(row)) for row in connection.execute(statement))


def digest(row: Row[Any], form: int = FORM) -> bytes:
    """SHA-256 of a journal row. Its id is not part: the seal binds the digest to it."""
    values = [getattr(row, name) for name in FORMS[form]]
    return hashlib.sha256(_canonical(values)).digest()


def _canonical(values: Any) -> bytes:
    """The same bytes for the same values on both engines: sorted keys, moments in UTC, ASCII."""
    text = json.dumps(values, default=_text, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return text.encode("ascii")


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Enum):
        return str(value.value)
    raise TypeError(type(value).__name__)


def pack(entries: Iterable[Entry]) -> bytes:
    """Entries as the seal keeps them: eight bytes of the id, 32 of the digest."""
    return b"".join(ENTRY.pack(*entry) for entry in entries)


def unpack(packed: bytes) -> Iterator[Entry]:
    """The entries of a seal. Raises struct.error where the bytes are no whole entries."""
    yield from ENTRY.iter_unpack(packed)


def hash_of(seal: Mapping[str, Any]) -> str:
    """The hash that a seal must have."""
    names = ("form", "id", "previous_hash", "sealed_at", "first_id", "last_id", "row_count", "total_count")
    values = [*(seal[name] for name in names), hashlib.sha256(seal["entries"]).hexdigest()]
    return hashlib.sha256(_canonical(values)).hexdigest()


def head(connection: Connection) -> Head:
    """The last seal, for reading."""
    seals = JournalSeal.__table__.c
    statement = sa.select(seals.id, seals.hash, seals.total_count, seals.sealed_at).order_by(seals.id.desc()).limit(1)
    row = connection.execute(statement).one_or_none()
    return Head(*row) if row is not None else Head()


def seal(connection: Connection) -> None:
    """Seals what waits, and before the very first seal the rows that are older than the chain."""
    waiting = _waiting(connection).entries
    if _waiting(connection).is_doubtful:
        waiting = list(_entries(connection, sorted({row_id for row_id, _ in waiting})))
    if not waiting:
        return
    last = _locked_head(connection)
    if last.number == 0:
        last = _seal_older(connection, last, {row_id for row_id, _ in waiting})
    _write(connection, last, waiting)


def seal_older(connection: Connection) -> int:
    """Seals the journal as it stands when there is no seal yet. Returns how many rows that were.

    Where there are seals, nothing is done: a row without one is then a finding, not a leftover.
    """
    last = _locked_head(connection)
    if last.number > 0:
        return 0
    return _seal_older(connection, last, {row_id for row_id, _ in _waiting(connection).entries}).total


def _locked_head(connection: Connection) -> Head:
    """The last seal; until the transaction ends nobody else seals. SQLite has one writer as it is."""
    if connection.dialect.name == "sqlite":
        return head(connection)
    row = connection.exec_driver_sql("SELECT number, hash, total FROM journal_head()").one_or_none()
    return Head(*row) if row is not None else Head()


def _seal_older(connection: Connection, last: Head, own: set[int]) -> Head:
    after = 0
    while rows := connection.execute(
        sa.select(*rows_of).where(rows_of.id > after).order_by(rows_of.id).limit(BATCH)
    ).all():
        after = rows[-1].id
        older = [(row.id, digest(row)) for row in rows if row.id not in own]
        if older:
            last = _write(connection, last, older)
    return last


def _write(connection: Connection, last: Head, entries: Sequence[Entry]) -> Head:
    ordered = sorted(entries)
    values: dict[str, Any] = {
        "id": last.number + 1,
        "form": FORM,
        "sealed_at": datetime.now(UTC),
        "first_id": ordered[0][0],
        "last_id": ordered[-1][0],
        "row_count": len(ordered),
        "total_count": last.total + len(ordered),
        "entries": pack(ordered),
        "previous_hash": last.hash,
    }
    values["hash"] = hash_of(values)
    connection.execute(sa.insert(JournalSeal.__table__), values)
    return Head(values["id"], values["hash"], values["total_count"], values["sealed_at"])


def _waiting(connection: Connection) -> Waiting:
    found: Waiting = connection.info.setdefault(WAITING, Waiting())
    return found


@event.listens_for(Engine, "commit")
def _before_commit(connection: Connection) -> None:
    if WAITING in connection.info:
        seal(connection)
        del connection.info[WAITING]


@event.listens_for(Engine, "begin")
@event.listens_for(Engine, "rollback")
def _forget(connection: Connection) -> None:
    connection.info.pop(WAITING, None)


@event.listens_for(Engine, "rollback_savepoint")
def _doubt(connection: Connection, _name: str, _context: None) -> None:
    _waiting(connection).is_doubtful = True
