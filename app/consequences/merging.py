"""What becomes of orders on their way to the letter when their customer's file is merged into another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context
from app.services.order import pricing
from app.services.order.rules import content_hash
from models.approval import Approval
from models.customer_merge import CustomerMerge
from models.labels_order import ApprovalState, OrderState
from models.order import Order

UNCONFIRMED = (OrderState.pending_review, OrderState.pending_approval, OrderState.approved)


def keep_reviews(ctx: Context, merge: CustomerMerge, _values: Mapping[str, Any]) -> None:
    """The same customer by another number is no other content: what was reviewed and approved holds.

    What was changed since its review stays changed. A letter keeps the content that it was sent with.
    """
    ids = merge.moved.get(Order.__tablename__, ())
    statement = sa.select(Order).where(Order.id.in_(ids), Order.state.in_(UNCONFIRMED)).order_by(Order.id)
    for order in ctx.session.scalars(statement).unique().all():
        other = merge.source_id if order.customer_id == merge.target_id else merge.target_id
        content = pricing.content_of(order)
        before = content_hash({**content, "customer_id": other})
        if order.content_hash != before:
            continue
        order.content_hash = content_hash(content)
        approvals = sa.select(Approval).where(
            Approval.entity == "order",
            Approval.entity_id == order.id,
            Approval.state.in_((ApprovalState.pending, ApprovalState.approved)),
            Approval.content_hash == before,
        )
        for approval in ctx.session.scalars(approvals):
            approval.content_hash = order.content_hash
    ctx.session.flush()
