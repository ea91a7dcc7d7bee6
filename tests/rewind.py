"""Puts a PostgreSQL database back to what it was by what has changed in it since: a copy takes longer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, LiteralString, TypeAlias

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable

# Rows here are written by nothing but changes of the tables themselves; VACUUM and ANALYZE leave their writer alone.
CATALOGUES: Final = ("pg_class", "pg_attribute", "pg_constraint", "pg_trigger", "pg_proc", "pg_namespace", "pg_type")
TABLES: Final = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"""
SEQUENCES: Final = "SELECT sequencename, last_value, start_value FROM pg_sequences WHERE schemaname = 'public'"
# Ends whoever still holds the database, as a forced drop would, and waits for it: at most five seconds each.
LET_GO: Final = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
# Dead rows are scanned, too: so many times a database is put back before it is copied anew.
ENOUGH: Final = 100

Sequences: TypeAlias = dict[str, tuple[int | None, int]]


@dataclass
class Kept:
    """What a template holds: each table's number of rows and its rows in PostgreSQL's binary form; the sequences."""

    counts: dict[str, int]
    rows: dict[str, bytes]
    sequences: Sequences


@dataclass
class Rewind:
    """One working database after it was copied from a template; `since` is the transaction the copy was whole at."""

    kept: Kept
    since: str
    times: int = 0
    newer: sql.Composed = field(init=False)

    def __post_init__(self) -> None:
        self.newer = counted(list(self.kept.counts))

    def back(self, connection: psycopg.Connection) -> bool:
        """Undo what was written since; False where the tables themselves have changed, or it is time for a copy."""
        self.times += 1
        connection.execute(LET_GO)
        if self.times > ENOUGH or any(newer for _, _, newer in self._looked_at(connection, counted(CATALOGUES))):
            return False
        with connection.transaction():
            # Foreign keys and the triggers that keep records from being changed are for the panel, not for this.
            connection.execute("SET LOCAL session_replication_role = replica")
            for table, rows, newer in self._looked_at(connection, self.newer):
                if newer or rows != self.kept.counts[table]:
                    self._refill(connection, table)
            set_sequences(connection, self.kept.sequences)
        self.since = whole_at(connection)
        return True

    def _looked_at(self, connection: psycopg.Connection, question: sql.Composed) -> Iterable[tuple[str, int, int]]:
        return connection.execute(question, {"since": self.since}).fetchall()

    def _refill(self, connection: psycopg.Connection, table: str) -> None:
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        with connection.cursor().copy(copying(table, "FROM STDIN")) as copy:
            copy.write(self.kept.rows[table])


def whole_at(connection: psycopg.Connection) -> str:
    """The number of a transaction of its own: every row written after has a younger one."""
    return str(connection.execute("SELECT pg_current_xact_id()::xid").fetchone()[0])  # type: ignore[index]


def counted(tables: Iterable[str]) -> sql.Composed:
    """One statement for (table, rows, rows younger than the transaction `since`); a deleted row lacks in the count."""
    one = sql.SQL("SELECT {name}, count(*), count(*) FILTER (WHERE age(xmin) < age(%(since)s::text::xid)) FROM {table}")
    return sql.SQL(" UNION ALL ").join(one.format(name=name, table=sql.Identifier(name)) for name in tables)


def copying(table: str, way: LiteralString) -> sql.Composed:
    return sql.SQL("COPY {} {} (FORMAT binary)").format(sql.Identifier(table), sql.SQL(way))


def read(connection: psycopg.Connection) -> Kept:
    """All that a fresh copy holds."""
    rows = {}
    for (table,) in connection.execute(TABLES).fetchall():
        with connection.cursor().copy(copying(table, "TO STDOUT")) as copy:
            rows[table] = b"".join(bytes(part) for part in copy)
    asked = connection.execute(counted(rows), {"since": whole_at(connection)}) if rows else ()
    return Kept({table: number for table, number, _ in asked}, rows, sequences(connection))


def sequences(connection: psycopg.Connection) -> Sequences:
    """Each sequence's last number, None before its first, and the number it starts with."""
    return {name: (last, start) for name, last, start in connection.execute(SEQUENCES)}


def set_sequences(connection: psycopg.Connection, kept: Sequences) -> None:
    """Let every sequence that has moved go on where it stood."""
    for name, now in sequences(connection).items():
        last, start = kept[name]
        if now != kept[name]:
            connection.execute(
                "SELECT setval(quote_ident(%s)::regclass, %s, %s)", [name, last or start, last is not None]
            )
