"""Questions that may be left unanswered: a statement that takes too long ends, and whoever asked goes on without.

A list filtered by what no index answers is walked from one end to the other. Its page must wait for that; counts and
sums beside it need not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

# SQLite asks after so many of its steps whether to go on.
STEPS = 20_000
# PostgreSQL's code of a statement that was ended.
CANCELED = "57014"


class TooSlowError(Exception):
    """The time was up; nothing of the transaction is left."""


@contextmanager
def brief(session: Session, seconds: float) -> Iterator[None]:
    """Ends the statements of the block when the time is up. The transaction must only read: it is rolled back then.

    Raises:
        TooSlowError: a statement was ended.
    """
    connection = session.connection()
    raw = connection.connection.driver_connection
    limited = _limited_sqlite(raw, seconds) if connection.dialect.name == "sqlite" else _limited(session, seconds)
    try:
        with limited:
            yield
    except OperationalError as error:
        if not _was_ended(error):
            raise
        session.rollback()
        raise TooSlowError from error


def _was_ended(error: OperationalError) -> bool:
    """Whether it is the time that was up: a table that is missing is no slow one."""
    return getattr(error.orig, "sqlstate", None) == CANCELED or str(error.orig) == "interrupted"


@contextmanager
def _limited_sqlite(raw: Any, seconds: float) -> Iterator[None]:
    until = time.monotonic() + seconds
    raw.set_progress_handler(lambda: int(time.monotonic() > until), STEPS)
    try:
        yield
    finally:
        # Before the connection goes back to the others: whoever takes it next has all his time.
        raw.set_progress_handler(None, 0)


@contextmanager
def _limited(session: Session, seconds: float) -> Iterator[None]:
    session.execute(sa.select(sa.func.set_config("statement_timeout", str(int(seconds * 1000)), sa.true())))
    yield
    # What the transaction asks after the block has its usual time. One that failed is rolled back with its limit.
    session.execute(sa.text("SET LOCAL statement_timeout TO DEFAULT"))
