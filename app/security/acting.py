"""The context of an act of this request or command: one for screens, API, sign-in and listeners alike."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from flask import g, has_request_context, request
from sqlalchemy.orm import Session

from app.extensions import db
from app.kernel.context import SYSTEM, Actor, Context, current_context, local_day
from app.kernel.policy import RequestPolicy
from app.security.actors import NOBODY, current_actor, person_name


def known(user: Any) -> Actor:
    """Who a user is, without rights: the one who is signing in."""
    return Actor(id=user.id, name=person_name(user)) if user is not None else NOBODY


def acting(actor: Actor | None = None, *, session: Session | None = None) -> Context:
    """The context of this request, or of this command.

    Args:
        actor: who acts; else who is signed in, on the command line the system.
        session: the transaction to write in; else the one of the request.
    """
    session = session or db.session()
    if not has_request_context():
        running = current_context()
        now = running.now if running is not None else datetime.now(UTC)
        policy = RequestPolicy(session, local_day(now))
        return Context(session=session, actor=actor or SYSTEM, now=now, origin="cli", policy=policy)
    now = g.get("zhidan_now") or datetime.now(UTC)
    return Context(
        session=session,
        actor=actor or current_actor(),
        now=now,
        origin="api" if request.path.startswith("/api/") else "screen",
        request_id=g.get("zhidan_request_id") or secrets.token_hex(8),
        address=request.remote_addr,
        policy=RequestPolicy(session, local_day(now)),
    )


def number(ctx: Context, code: str, *, least: int = 0) -> int:
    """A parameter as a whole number, at least ``least``: a session of no minutes would lock everybody out."""
    return max(least, int(ctx.policy[code]))
