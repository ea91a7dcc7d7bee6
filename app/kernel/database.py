"""How both databases are opened: SQLite in WAL mode with one writer at a time, PostgreSQL with time limits.

SQLite ignores SELECT … FOR UPDATE. A transaction that will write therefore takes the write lock when it begins
(BEGIN IMMEDIATE); requests that only read say so with :func:`reading`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Engine, event

PATIENCE = 15_000
HASTE = 200

_only_reads: ContextVar[bool] = ContextVar("zhidan_only_reads", default=False)
_patience: ContextVar[int] = ContextVar("zhidan_patience", default=PATIENCE)


def reading(*, only: bool) -> None:
    """Says whether the transactions of this request only read (GET) or may write."""
    _only_reads.set(only)


@contextmanager
def only_reading(*, only: bool = True) -> Iterator[None]:
    """Transactions that begin in the block only read, or with ``only=False`` may write, whatever the request does."""
    before = _only_reads.set(only)
    try:
        yield
    finally:
        _only_reads.reset(before)


@contextmanager
def impatient(milliseconds: int) -> Iterator[None]:
    """Transactions begun here give up soon where another one writes (SQLite): what they write may as well be left."""
    before = _patience.set(milliseconds)
    try:
        yield
    finally:
        _patience.reset(before)


def configure(engine: Engine) -> None:
    """Installs the listeners on an engine. Call once for each engine."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            f"busy_timeout={PATIENCE}",
            "synchronous=NORMAL",
            "recursive_triggers=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        patience = _patience.get()
        if connection.info.get("patience", PATIENCE) != patience:
            connection.connection.cursor().execute(f"PRAGMA busy_timeout={patience}")
            connection.info["patience"] = patience
        connection.exec_driver_sql("BEGIN" if _only_reads.get() else "BEGIN IMMEDIATE")


@contextmanager
def hasty_connection(engine: Engine) -> Iterator[Connection]:
    """A connection for what may be left undone: on SQLite it waits 0.2 s for the write lock, and not 15 s."""
    with impatient(HASTE), engine.connect() as connection:
        yield connection
