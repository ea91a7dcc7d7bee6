"""Watches the framework's user table: whoever changes it, by screen, command or program, sessions follow at once.

A new password ends the sessions of its account and goes into its history; other roles and a switched-off account end
them too. It happens in the flush that makes the change, so it is saved or lost with it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import event
from sqlalchemy.orm import Session, UOWTransaction

from app.kernel.context import Context
from app.security.acting import acting
from app.security.sessions import end_sessions
from models.signin import AccountSecurity, EndReason, PasswordHistory

KEPT_PASSWORDS = 5


def _changed(user: User, name: str) -> bool:
    history = sa.inspect(user).attrs[name].history
    return bool(history.added or history.deleted)


@event.listens_for(Session, "before_flush")
def _before_flush(session: Session, _flush: UOWTransaction, _instances: Any) -> None:
    # Asked before the flush: afterwards a row that is new to the session looks like any other.
    users = [found for found in (*session.new, *session.dirty) if isinstance(found, User)]
    if users:
        session.info["zhidan_users"] = [(user, _reason(user), _changed(user, "password")) for user in users]


def _reason(user: User) -> EndReason | None:
    if _changed(user, "password"):
        return EndReason.password
    if _changed(user, "active") and not user.active:
        return EndReason.switched_off
    if _changed(user, "roles") or _changed(user, "groups"):
        return EndReason.roles
    return None


@event.listens_for(Session, "after_flush")
def _after_flush(session: Session, _flush: UOWTransaction) -> None:
    for user, reason, has_new_password in session.info.pop("zhidan_users", ()):
        ctx = acting(session=session)
        if has_new_password and user.password:
            keep_password(ctx, user.id, user.password)
        if reason is not None:
            end_sessions(session, user.id, reason)


def keep_password(ctx: Context, user_id: int, password_hash: str) -> None:
    """The newest password becomes part of the history; what is older than the rule asks for is forgotten."""
    history, security = PasswordHistory.__table__, AccountSecurity.__table__
    known = sa.select(security.c.id).where(security.c.user_id == user_id)
    if ctx.session.scalar(known) is None:
        ctx.session.execute(sa.insert(security).values(user_id=user_id, must_change_password=False))
    aged = sa.update(security).where(security.c.user_id == user_id)
    ctx.session.execute(aged.values(password_set_at=ctx.now))
    ctx.session.execute(sa.insert(history).values(user_id=user_id, password_hash=password_hash, set_at=ctx.now))
    newest = sa.select(history.c.id).where(history.c.user_id == user_id).order_by(history.c.id.desc())
    kept = list(ctx.session.scalars(newest.limit(KEPT_PASSWORDS)))
    ctx.session.execute(sa.delete(history).where(history.c.user_id == user_id, history.c.id.not_in(kept)))
