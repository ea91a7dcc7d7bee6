"""Opens approvals and lets the votes decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.numbering import next_number
from app.services.approval import rules
from models.approval import Approval
from models.labels_order import ApprovalKind, ApprovalState
from models.order import Order

ZERO = Decimal(0)


@dataclass(frozen=True)
class Matter:
    """What is put before the committee: any record by its entity's word and key, bound to its content.

    ``amount`` is CNY, the reason it is large or small; ``judged_department`` abstains (domain/06 6.4).
    """

    kind: ApprovalKind
    entity: str
    entity_id: int
    content_hash: str | None = None
    amount: Decimal = ZERO
    triggers: Sequence[str] = ()
    summary: str = ""
    order_id: int | None = None
    judged_department: str | None = None


def ask(ctx: Context, matter: Matter) -> Approval:
    """Puts a matter before the committee. Clause 6(3), 13(2).

    Raises:
        DuplicateError: the record waits for a decision already (at the flush or the commit).
    """
    approval = Approval(
        approval_no=next_number(ctx, "AP"),
        kind=matter.kind,
        entity=matter.entity,
        entity_id=matter.entity_id,
        order_id=matter.order_id,
        content_hash=matter.content_hash,
        amount=matter.amount,
        triggers=list(matter.triggers),
        summary=matter.summary,
        judged_department=matter.judged_department,
        submitted_by_id=ctx.actor.id,
        submitted_at=ctx.now,
        due_at=ctx.now + timedelta(hours=float(ctx.policy["sla.E3.limit"])),
    )
    ctx.session.add(approval)
    ctx.session.flush()
    return approval


def request_approval(ctx: Context, order: Order) -> Approval:
    """Puts a large or special order before the committee, bound to its content. Clause 13(2)."""
    kind = ApprovalKind.order_large if order.is_large else ApprovalKind.order_special
    triggers: list[Any] = [*(["large"] if order.is_large else []), *(order.special_flags or [])]
    return ask(
        ctx,
        Matter(
            kind,
            "order",
            order.id,
            content_hash=order.content_hash,
            amount=order.total_amount,
            triggers=triggers,
            order_id=order.id,
        ),
    )


def is_approved(ctx: Context, entity: str, entity_id: int, content_hash: str | None) -> bool:
    """Whether the committee has approved this very content of a record (domain/06 6.4)."""
    statement = sa.select(Approval.id).where(
        Approval.entity == entity,
        Approval.entity_id == entity_id,
        Approval.state == ApprovalState.approved,
        Approval.content_hash == content_hash,
    )
    return ctx.session.execute(statement.limit(1)).first() is not None


def withdraw_pending(ctx: Context, entity: str, entity_id: int, reason: str) -> None:
    """What waits for a decision on a record is taken back: its content has changed, or it is over."""
    statement = sa.select(Approval).where(
        Approval.entity == entity, Approval.entity_id == entity_id, Approval.state == ApprovalState.pending
    )
    for approval in ctx.session.scalars(statement).all():
        fire(ctx.as_system(), approval, "withdraw", {"reason": reason})


def decide(ctx: Context, approval: Approval) -> None:
    """Fires the decision when the votes add up to one."""
    ctx.session.flush()
    votes = [(vote.decision, vote.is_chair) for vote in approval.votes]
    outcome = rules.decision(votes, needs_chair=approval.kind is ApprovalKind.order_large)
    if outcome is ApprovalState.approved:
        fire(ctx.as_system(), approval, "approve")
    elif outcome is ApprovalState.rejected:
        fire(ctx.as_system(), approval, "reject")
