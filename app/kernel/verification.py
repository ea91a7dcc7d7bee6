"""Walks the chain over the journal and says what was altered, taken away, slipped in, exchanged or cut off.

The walk holds some hundred seals at a time, however long the chain is. It reads one snapshot: what is written meanwhile
does not disturb it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Row

from app.kernel import chain
from app.kernel.chain import FORMS, NOTHING, Entry, Head, digest, hash_of, rows_of, unpack
from app.kernel.database import only_reading
from models.journal import JournalSeal

seals_of = JournalSeal.__table__.c
SEALS = 200
ROWS = 1000
# Journal ids looked at together when a row without a seal is searched: one bit each.
WINDOW = 8_000_000
# A seal is found by the last id it covers; so many later ones may stand before it where transactions overlapped.
OVERLAPPING = 2000


class Fault(StrEnum):
    """What is wrong with the journal or its chain."""

    altered = "altered"
    missing = "missing"
    inserted = "inserted"
    reordered = "reordered"
    unsealed = "unsealed"
    seal_altered = "seal_altered"
    seal_missing = "seal_missing"
    cut = "cut"
    rewritten = "rewritten"


@dataclass(frozen=True)
class Finding:
    """The first thing that is wrong. ``row`` is the journal row, or for a missing one another of its transaction."""

    fault: Fault
    seal: int | None = None
    sealed_at: Any = None
    journal_id: int | None = None
    row: Mapping[str, Any] | None = None
    belongs_to: int | None = None


@dataclass
class Report:
    """What a walk has seen. ``finding`` is None where everything is as it was sealed."""

    seals: int = 0
    rows: int = 0
    head: Head = field(default_factory=Head)
    finding: Finding | None = None


def account(report: Report) -> dict[str, Any]:
    """What the journal keeps of a check."""
    finding = report.finding
    found = {"fault": finding.fault, "seal": finding.seal, "entry": finding.journal_id} if finding else {}
    return {"seals": report.seals, "rows": report.rows, "head": str(report.head), **found}


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one moment of the database and takes no write lock."""
    with only_reading(), engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        yield connection


def verify(connection: Connection, *, since: int = 1, expected: tuple[int, str] | None = None) -> Report:
    """Checks the chain from seal ``since`` on, every row under it, and that no row is without a seal.

    Args:
        since: number of the first seal to check; with 1 the whole journal is counted as well.
        expected: a head that was kept elsewhere, as (number, hash): shows a tail that was cut off.
    """
    report = Report(head=chain.head(connection))
    walk = _Walk(connection, report, since)
    report.finding = walk.run()
    if report.finding is None and expected is not None:
        report.finding = _compare(connection, report.head, expected)
    if report.finding is None:
        report.finding = _unsealed(connection, walk.last_id, report) if since == 1 else walk.beyond()
    return report


def sealed_as(connection: Connection, journal_id: int) -> Row[Any] | None:
    """The seal (id, sealed_at) of a journal row."""
    near = (
        sa.select(seals_of.id, seals_of.first_id)
        .where(seals_of.last_id >= journal_id)
        .order_by(seals_of.last_id)
        .limit(OVERLAPPING)
        .subquery()
    )
    statement = (
        sa.select(seals_of.id, seals_of.sealed_at, seals_of.entries)
        .join(near, near.c.id == seals_of.id)
        .where(near.c.first_id <= journal_id)
        .order_by(seals_of.last_id)
        .execution_options(yield_per=20)
    )
    with connection.execute(statement) as found:
        return next((row for row in found if any(row_id == journal_id for row_id, _ in unpack(row.entries))), None)


class _Walk:
    """One pass over the seals in their order."""

    def __init__(self, connection: Connection, report: Report, since: int) -> None:
        self.connection = connection
        self.report = report
        self.number = since
        self.previous = NOTHING
        self.last_id = 0

    def run(self) -> Finding | None:
        """The first finding."""
        if self.number > 1:
            before = self.connection.execute(sa.select(seals_of.hash).where(seals_of.id == self.number - 1))
            self.previous = before.scalar_one_or_none() or ""
        while seals := self._next():
            if (found := self._links(seals) or self._rows(seals)) is not None:
                return found
        if self.number <= self.report.head.number:
            return Finding(Fault.seal_missing, self.number)
        return None

    def beyond(self) -> Finding | None:
        """A row newer than everything that is sealed."""
        statement = sa.select(sa.func.min(rows_of.id)).where(rows_of.id > self.last_id)
        newer = self.connection.execute(statement).scalar_one()
        return _of_row(self.connection, Fault.unsealed, newer) if newer is not None else None

    def _next(self) -> list[Row[Any]]:
        statement = sa.select(JournalSeal.__table__).where(seals_of.id >= self.number).order_by(seals_of.id)
        return list(self.connection.execute(statement.limit(SEALS)))

    def _links(self, seals: list[Row[Any]]) -> Finding | None:
        """Whether each seal follows on the one before and is what its hash says."""
        for seal in seals:
            if seal.id != self.number:
                return Finding(Fault.seal_missing, self.number)
            if not self._is_whole(seal):
                return Finding(Fault.seal_altered, seal.id, seal.sealed_at)
            self.number += 1
            self.previous = seal.hash
            self.last_id = max(self.last_id, seal.last_id)
        return None

    def _is_whole(self, seal: Row[Any]) -> bool:
        values = dict(zip(seal._fields, seal, strict=True))
        if seal.form not in FORMS or seal.previous_hash != self.previous or hash_of(values) != seal.hash:
            return False
        try:
            return len(list(unpack(seal.entries))) == int(seal.row_count)
        except struct.error:
            return False

    def _rows(self, seals: list[Row[Any]]) -> Finding | None:
        """Whether the rows under the seals are those that were sealed."""
        batch: list[tuple[Row[Any], Entry]] = []
        for seal in seals:
            self.report.seals += 1
            for entry in unpack(seal.entries):
                batch.append((seal, entry))
                if len(batch) == ROWS:
                    if (found := self._compare(batch)) is not None:
                        return found
                    batch = []
        return self._compare(batch)

    def _compare(self, batch: list[tuple[Row[Any], Entry]]) -> Finding | None:
        ids = [row_id for _, (row_id, _) in batch]
        found = {row.id: row for row in self.connection.execute(sa.select(*rows_of).where(rows_of.id.in_(ids)))}
        for seal, (row_id, mark) in batch:
            row = found.get(row_id)
            if row is None:
                return self._missing(seal, row_id, mark)
            if digest(row, seal.form) != mark:
                return self._changed(seal, row)
            self.report.rows += 1
        return None

    def _missing(self, seal: Row[Any], row_id: int, mark: bytes) -> Finding:
        """A row that is gone; what it was is told by what else its transaction wrote."""
        others = [other for other, _ in unpack(seal.entries) if other != row_id]
        row = _facts(self.connection, others)
        return Finding(Fault.missing, seal.id, seal.sealed_at, row_id, row, _elsewhere(self.connection, mark))

    def _changed(self, seal: Row[Any], row: Row[Any]) -> Finding:
        """Another content than the sealed one: its own was altered, or it is that of another row."""
        true_id = _elsewhere(self.connection, digest(row, seal.form))
        fault = Fault.altered if true_id in {None, row.id} else Fault.reordered
        facts = _facts(self.connection, [row.id])
        return Finding(fault, seal.id, seal.sealed_at, row.id, facts, true_id if fault is Fault.reordered else None)


def _elsewhere(connection: Connection, mark: bytes) -> int | None:
    """The journal id that was sealed with a digest."""
    found_in = sa.func.instr if connection.dialect.name == "sqlite" else _position
    statement = sa.select(seals_of.entries).where(found_in(seals_of.entries, mark) > 0).limit(1)
    packed = connection.execute(statement).scalar_one_or_none()
    return next((row_id for row_id, sealed in unpack(packed) if sealed == mark), None) if packed else None


def _position(column: Any, mark: bytes) -> Any:
    return sa.func.strpos(sa.func.encode(column, "hex"), mark.hex())


def _facts(connection: Connection, ids: list[int]) -> Mapping[str, Any] | None:
    """What a person needs to know of the first of some rows: record, act, when, who."""
    columns = [rows_of[name] for name in ("id", "entity", "entity_id", "action", "at", "actor_name")]
    statement = sa.select(*columns).where(rows_of.id.in_(ids[:ROWS])).order_by(rows_of.id).limit(1)
    row = connection.execute(statement).one_or_none()
    return dict(zip(row._fields, row, strict=True)) if row is not None else None


def _of_row(connection: Connection, fault: Fault, row_id: int) -> Finding:
    return Finding(fault, journal_id=row_id, row=_facts(connection, [row_id]))


def _compare(connection: Connection, head: Head, expected: tuple[int, str]) -> Finding | None:
    number, mark = expected
    if number > head.number:
        return Finding(Fault.cut, head.number + 1, journal_id=None)
    stored = connection.execute(sa.select(seals_of.hash).where(seals_of.id == number)).scalar_one_or_none()
    return None if stored == mark else Finding(Fault.rewritten, number)


def _unsealed(connection: Connection, last_id: int, report: Report) -> Finding | None:
    """The first row without a seal; looked for only when there are more rows than sealed ones."""
    count = connection.execute(sa.select(sa.func.count()).select_from(rows_of.id.table)).scalar_one()
    if count == report.rows:
        return None
    start = connection.execute(sa.select(sa.func.min(rows_of.id))).scalar_one()
    while start is not None:
        if (found := _first_without_seal(connection, start)) is not None:
            return _of_row(connection, Fault.inserted if found < last_id else Fault.unsealed, found)
        statement = sa.select(sa.func.min(rows_of.id)).where(rows_of.id >= start + WINDOW)
        start = connection.execute(statement).scalar_one()
    return None


def _first_without_seal(connection: Connection, start: int) -> int | None:
    sealed = bytearray(WINDOW // 8 + 1)
    overlap = sa.and_(seals_of.last_id >= start, seals_of.first_id < start + WINDOW)
    statement = sa.select(seals_of.entries).where(overlap).execution_options(yield_per=SEALS)
    for packed in connection.execute(statement).scalars():
        for row_id, _ in unpack(packed):
            place = row_id - start
            if 0 <= place < WINDOW:
                sealed[place >> 3] |= 1 << (place & 7)
    ids = sa.select(rows_of.id).where(rows_of.id >= start, rows_of.id < start + WINDOW).order_by(rows_of.id)
    with connection.execute(ids.execution_options(yield_per=ROWS)) as found:
        for row_id in found.scalars():
            place = row_id - start
            if not sealed[place >> 3] & 1 << (place & 7):
                return int(row_id)
    return None
