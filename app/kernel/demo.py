"""Whether the database holds the demo company. The journal says so, which nobody can change."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.journal import Journal

ENTITY = "demo"
FILLED = f"{ENTITY}.fill"


def is_demo(session: Session) -> bool:
    """Whether ``flask demo`` has filled the database, which was empty before."""
    return session.scalar(sa.select(Journal.id).where(Journal.action == FILLED).limit(1)) is not None
