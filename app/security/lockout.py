"""Who guesses is locked out: attempts are counted in the database before the guess is looked at.

The count goes up in one statement and the lock is set with it, so that fifty attempts at once, over however many
processes, get no more guesses than five one after the other. The right guess takes both away again.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite

from app.kernel.context import Context
from app.security.acting import number
from models.signin import LoginFailure

ROW = LoginFailure.__table__.c


@dataclass(frozen=True)
class Attempt:
    """One guess at a lock. ``is_open``: it may be looked at. ``is_last``: if it is wrong, the lock stays shut."""

    lock: str
    is_open: bool
    is_last: bool


def keyed(text: str) -> str:
    """A mark that tells nothing about the text to who does not hold our key."""
    key = str(current_app.config["SIGNIN_KEY"]).encode()
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def account_lock(user_id: int | None, typed: str) -> str:
    """The lock of an account, however it was named; a name that no account has is a lock of its own."""
    return keyed(f"user:{user_id}" if user_id is not None else f"name:{typed.strip().casefold()}")


def factor_lock(user_id: int) -> str:
    """The lock of the second factor of an account: codes and recovery codes together."""
    return keyed(f"factor:{user_id}")


def take_attempt(ctx: Context, lock: str) -> Attempt:
    """Counts an attempt before it is looked at. Commit before the password is checked: that is slow."""
    most = number(ctx, "auth.lock_attempts", least=1)
    lasts = timedelta(minutes=number(ctx, "auth.lock_minutes", least=1))
    insert: Any = postgresql.insert if ctx.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    first = {"lock_hash": lock, "failures": 1, "last_at": ctx.now}
    until = ctx.now + lasts
    fresh = sa.or_(ROW.locked_until <= ctx.now, sa.and_(ROW.locked_until.is_(None), ROW.last_at <= ctx.now - lasts))
    statement = (
        insert(LoginFailure.__table__)
        .values({**first, "locked_until": until if most == 1 else None})
        .on_conflict_do_update(
            index_elements=[ROW.lock_hash],
            set_={
                "failures": sa.case((fresh, 1), else_=ROW.failures + 1),
                "locked_until": sa.case(
                    (fresh, until if most == 1 else sa.null()),
                    (ROW.failures + 1 == most, until),
                    else_=ROW.locked_until,
                ),
                "last_at": ctx.now,
            },
        )
        .returning(ROW.failures)
    )
    failures = ctx.session.execute(statement).scalar_one()
    return Attempt(lock, is_open=failures <= most, is_last=failures == most)


def forget_attempts(ctx: Context, lock: str) -> bool:
    """After the right guess, or by an administrator; False where there was nothing to forget."""
    change = sa.update(LoginFailure.__table__).where(ROW.lock_hash == lock, ROW.failures > 0)
    done = ctx.session.execute(change.values(failures=0, locked_until=None))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def locked_until(ctx: Context, lock: str) -> datetime | None:
    """The moment until which a lock is shut; for the administrator's eyes only."""
    statement = sa.select(ROW.locked_until).where(ROW.lock_hash == lock, ROW.locked_until > ctx.now)
    return ctx.session.scalar(statement)
