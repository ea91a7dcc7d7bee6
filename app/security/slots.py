"""The moment of an act as row conditions need it, and the days around a visit in which an installer sees his task."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import g, has_request_context

from app.kernel.context import LOCAL_ZONE, current_context, local_midnight
from models.installation import Installation

# Whole days in Shanghai (domain/09 9.2).
BEFORE_VISIT = timedelta(days=2)
AFTER_VISIT = timedelta(days=7)
DAY = timedelta(days=1)


def moment_of_act() -> datetime | None:
    """Aware UTC; None outside of a request or act."""
    if has_request_context() and "zhidan_now" in g:
        moment: datetime = g.zhidan_now
        return moment
    ctx = current_context()
    return ctx.now if ctx else None


def in_slot() -> sa.ColumnElement[bool]:
    """Visits from two days before their slot to seven days after it; none where nobody knows the time."""
    now = moment_of_act()
    if now is None:
        return sa.false()
    today = now.astimezone(LOCAL_ZONE).date()
    ends = sa.func.coalesce(Installation.slot_to, Installation.slot_from)
    return sa.and_(
        Installation.slot_from < local_midnight(today + BEFORE_VISIT + DAY), ends >= local_midnight(today - AFTER_VISIT)
    )
