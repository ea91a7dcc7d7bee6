"""One act, one commit: what happens inside is saved whole or not at all, and failures come out as our errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, SQLAlchemyError, StatementError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.kernel.context import Context, entered
from app.kernel.errors import ConflictError, DomainError, DuplicateError, InUseError, ValidationFailedError
from app.kernel.journal import ACTS


@contextmanager
def unit_of_work(ctx: Context) -> Iterator[Context]:
    """Runs the block as one transaction of ``ctx.session`` and commits it.

    Raises:
        ConflictError: another transaction changed or locked the same rows.
        DuplicateError, InUseError, ValidationFailedError: a constraint of the database refused it.
    """
    with entered(ctx):
        try:
            yield ctx
            ctx.session.commit()
        except BaseException as error:
            ctx.session.rollback()
            ctx.session.info.pop(ACTS, None)
            translated = translate(error)
            if translated is None:
                raise
            raise translated from error


def end_reading(session: Session) -> None:
    """Ends a transaction that only read by COMMIT (PostgreSQL); what was changed all the same is left to its rollback.

    At a ROLLBACK, which is how a session ends otherwise, the driver forgets every statement it has prepared. PostgreSQL
    would plan the two statements that tell who asks and what he may anew at each request: 9 ms instead of 1.
    """
    if session.get_bind().dialect.name != "postgresql" or session.new or session.dirty or session.deleted:
        return
    with suppress(SQLAlchemyError):  # the connection is gone: there was nothing to be kept
        session.commit()


def translate(error: BaseException) -> DomainError | None:
    """Our error for a database error; None for everything else. No SQL text reaches a person."""
    if isinstance(error, StaleDataError):
        return ConflictError()
    if isinstance(error, IntegrityError):
        text = str(error.orig).lower()
        if "unique" in text or "duplicate key" in text:
            return DuplicateError()
        if "foreign key" in text:
            return InUseError()
        return DomainError(code="constraint")
    if isinstance(error, OperationalError) and ("locked" in str(error.orig) or "deadlock" in str(error.orig)):
        return ConflictError()
    if isinstance(error, DataError):
        return ValidationFailedError({})
    # A column type refused to bind it: amounts and volumes are computed, so no input field was too large by itself.
    if isinstance(error, StatementError) and isinstance(error.orig, ValueError | OverflowError):
        return ValidationFailedError({"_schema": [str(_l("This number is too large."))]})
    return None
