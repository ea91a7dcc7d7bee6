"""Questions that may be left unanswered: a statement that takes too long ends, and whoever asked goes on without.

A list filtered by what no index answers is walked from one end to the other. Its page must wait for that; counts and
sums beside it need not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

# SQLite asks after so many of its steps whether to go on.
STEPS = 20_000


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
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite and raw is not None:
        until = time.monotonic() + seconds
        raw.set_progress_handler(lambda: int(time.monotonic() > until), STEPS)
    else:
        # Until the end of this transaction.
        session.execute(sa.select(sa.func.set_config("statement_timeout", str(int(seconds * 1000)), sa.true())))
    try:
        yield
    except OperationalError as error:
        session.rollback()
        raise TooSlowError from error
    finally:
        if is_sqlite and raw is not None:
            raw.set_progress_handler(None, 0)
