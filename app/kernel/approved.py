"""Whether the committee has approved a record: asked by the guards of every slice that goes before it."""

from __future__ import annotations

import sqlalchemy as sa

from app.kernel.context import Context
from models.approval import Approval
from models.labels import ApprovalState


def is_approved(
    ctx: Context, entity: str, entity_id: int, content_hash: str | None, *, whatever_content: bool = False
) -> bool:
    """Whether an approval of a record stands, for this very content unless told (domain/06 6.4).

    Args:
        entity: the word of its workflow. Without a ``content_hash`` nothing is approved.
    """
    statement = sa.select(Approval.id).where(
        Approval.entity == entity, Approval.entity_id == entity_id, Approval.state == ApprovalState.approved
    )
    if not whatever_content:
        statement = statement.where(Approval.content_hash == sa.literal(content_hash, sa.String))
    return ctx.session.execute(statement.limit(1)).first() is not None
