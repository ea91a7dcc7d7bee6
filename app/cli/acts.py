"""The context of a command: the system acts, now, from the command line."""

from __future__ import annotations

from datetime import UTC, datetime

from app.extensions import db
from app.kernel.context import SYSTEM, Actor, Context, local_day
from app.kernel.policy import read_policy


def command_context(actor: Actor = SYSTEM, *, origin: str = "cli") -> Context:
    """The context of one command; needs an application context."""
    session, now = db.session(), datetime.now(UTC)
    return Context(session=session, actor=actor, now=now, origin=origin, policy=read_policy(session, local_day(now)))
