"""The context of a command: the system acts, now, from the command line."""

from __future__ import annotations

from datetime import UTC, datetime

from app.extensions import db
from app.kernel.context import SYSTEM, Actor, Context
from app.kernel.policy import read_policy


def command_context(actor: Actor = SYSTEM, *, origin: str = "cli") -> Context:
    """The context of one command; needs an application context."""
    session = db.session()
    return Context(session=session, actor=actor, now=datetime.now(UTC), origin=origin, policy=read_policy(session))
