"""A delegation that is in force today, for tests that ask about something else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User

from models.delegation import Delegation
from models.labels import DelegationState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def stand_in(session: Session, giver: str, deputy: str) -> None:
    """The deputy holds every role of the giver, from yesterday until tomorrow."""
    ids = dict(session.execute(sa.select(User.username, User.id).where(User.username.in_([giver, deputy]))).all())
    now, day = datetime.now(UTC), timedelta(days=1)
    values = {
        "delegation_no": f"DG-{giver}",
        "giver_id": ids[giver],
        "deputy_id": ids[deputy],
        "begins_on": now.date() - day,
        "ends_on": now.date() + day,
        "reason": "出差",
        "state": DelegationState.active,
    }
    stamps = {"state_since": now, "created_at": now, "updated_at": now, "version": 1}
    session.execute(sa.insert(Delegation.__table__).values({**values, **stamps}))
    session.commit()
