"""Keeping and reading how a person likes his screens. They flush, they never commit."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.context import Context
from models.look import Look


def look_of(session: Session, user_id: int | None) -> Look | None:
    """What the person has chosen, on whatever browser."""
    return session.scalars(sa.select(Look).where(Look.user_id == user_id)).one_or_none()


def keep_look(ctx: Context, chosen: Mapping[str, str]) -> Look:
    """Keeps the named choices of the actor; the others stay."""
    found = look_of(ctx.session, ctx.actor.id)
    if found is None:
        found = Look(user_id=ctx.actor.id)
        ctx.session.add(found)
    for name, word in chosen.items():
        setattr(found, name, word)
    ctx.session.flush()
    return found
