"""Opens approvals and lets the votes decide."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.numbering import next_number
from app.services.approval import rules
from models.approval import Approval
from models.labels_order import ApprovalKind, ApprovalState
from models.order import Order


def request_approval(ctx: Context, order: Order) -> Approval:
    """Puts a large or special order before the committee, bound to its content. Clause 13(2)."""
    triggers: list[Any] = [*(["large"] if order.is_large else []), *(order.special_flags or [])]
    approval = Approval(
        approval_no=next_number(ctx, "AP"),
        kind=ApprovalKind.order_large if order.is_large else ApprovalKind.order_special,
        order_id=order.id,
        content_hash=order.content_hash,
        amount=order.total_amount,
        triggers=triggers,
        submitted_by_id=ctx.actor.id,
        submitted_at=ctx.now,
        due_at=ctx.now + timedelta(hours=float(ctx.policy["sla.E3.limit"])),
    )
    ctx.session.add(approval)
    ctx.session.flush()
    return approval


def decide(ctx: Context, approval: Approval) -> None:
    """Fires the decision when the votes add up to one."""
    ctx.session.flush()
    votes = [(vote.decision, vote.is_chair) for vote in approval.votes]
    outcome = rules.decision(votes, needs_chair=approval.kind is ApprovalKind.order_large)
    if outcome is ApprovalState.approved:
        fire(ctx.as_system(), approval, "approve")
    elif outcome is ApprovalState.rejected:
        fire(ctx.as_system(), approval, "reject")
