"""Lifts the masks of one record for one person for a while, with a reason, and writes it down (W12, K36).

The journal is the only store: a mask is lifted while the person's last entry about the record is a lifting that has
not run out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from app.kernel.context import Context
from app.kernel.engine import requires
from app.kernel.errors import DomainError
from app.kernel.fields import masked_groups
from app.kernel.journal import entity_name, note, order_of
from app.kernel.schema import REASON, EntityInput
from models.base import Base
from models.journal import Journal

REVEAL, CONCEAL = "reveal", "conceal"
# However long the parameter says.
LONGEST = timedelta(minutes=60)
SHORTEST_REASON = 4
MINUTES = "privacy.reveal_minutes"


class RevealInput(EntityInput):
    """Why somebody must see a person in full."""

    reason = fields.String(
        required=True,
        validate=validate.Length(
            min=SHORTEST_REASON, max=500, error=_l("Give a reason of 4 to 500 characters: somebody will read it.")
        ),
        metadata={
            "label": REASON,
            "help": _l("For what you need it, as “Sample audit of October, complaint SV-20261124-0001”."),
        },
    )


def reveal(ctx: Context, record: Base, reason: str) -> datetime:
    """Lifts the masks of a record for the actor. Returns until when. W12.

    Raises:
        PermissionDeniedError: the right ``<entity>.reveal`` is missing.
        DomainError: ``nothing_masked``; the actor sees everything already, or nothing that a reveal could show.
    """
    entity = entity_name(type(record))
    requires(ctx, f"{entity}.{REVEAL}")
    groups = sorted(group.value for group in masked_groups(ctx.actor))
    if not groups:
        raise DomainError(_l("Nothing is masked for you here."), code="nothing_masked")
    minutes = max(Decimal(0), min(ctx.policy[MINUTES], Decimal(LONGEST.seconds) / 60))
    until = ctx.now + timedelta(minutes=float(minutes))
    data = {"groups": groups, "until": until.isoformat()}
    own = ctx.acting(f"{entity}.{REVEAL}")
    note(own, f"{entity}.{REVEAL}", entity, record.id, order_id=order_of(record), reason=reason, data=data)
    return until


def conceal(ctx: Context, record: Base) -> None:
    """Closes the masks of a record again before their time."""
    entity = entity_name(type(record))
    if revealed_until(ctx, record) is not None:
        note(ctx, f"{entity}.{CONCEAL}", entity, record.id, order_id=order_of(record))


def revealed_until(ctx: Context, record: Base) -> datetime | None:
    """Until when the actor sees a record without masks; None where they are closed. One statement."""
    entity = entity_name(type(record))
    statement = (
        sa.select(Journal.action, Journal.data)
        .where(
            Journal.entity == entity,
            Journal.entity_id == record.id,
            Journal.actor_id == ctx.actor.id,
            Journal.action.in_((f"{entity}.{REVEAL}", f"{entity}.{CONCEAL}")),
            Journal.at > ctx.now - LONGEST,
        )
        .order_by(Journal.id.desc())
        .limit(1)
    )
    row = ctx.session.execute(statement).one_or_none()
    if row is None or row.action != f"{entity}.{REVEAL}":
        return None
    until = datetime.fromisoformat(row.data["until"])
    return until if until > ctx.now else None
