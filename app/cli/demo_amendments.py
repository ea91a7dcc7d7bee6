"""Cancellations and changes of demo orders (clause 15)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.cli.demo_entry import decide_by_phone
from app.cli.demo_story import Story
from app.consequences import cancelling, changing
from app.services.amendment.cancelling import needs_costs
from models.cancellation import Cancellation
from models.change import ChangeRequest
from models.labels import ChangeKind, CostKind
from models.order import Order

SHEET = ((CostKind.material, 1260), (CostKind.labour, 420), (CostKind.design, 150), (CostKind.salvage, 130))


def call_off(story: Story, order: Order, reason: str) -> None:
    """The customer cancels everything, and accepts what it costs."""
    request = _ask(story, order, order.lines, reason)
    _offer(story, request)
    story.later(2, 20)
    story.fire("oc_li", request, "accept", accepted_how="客户电话确认")


def cancel_part(story: Story, order: Order) -> None:
    """The customer thinks about the offer for the first line."""
    _offer(story, _ask(story, order, order.lines[:1], "design"))


def ask_for_more(story: Story, order: Order) -> ChangeRequest:
    """The customer wants two pieces more of the cheapest; the departments concerned have said what they think."""
    story.later(2, 8)
    line = min(order.lines, key=lambda each: each.unit_price)
    with story.act("oc_li") as ctx:
        values = {"order_id": order.id, "kind": ChangeKind.quantity, "note": "客户邮件要求增加数量，已回电确认"}
        rows = [{"order_line_id": line.id, "qty_ordered": line.qty_ordered + 2}]
        request = changing.open_change(ctx, {**values, "lines": rows})
    story.later(1, 5)
    story.fire("pd_he", request, "say_production", opinion="产能允许，可与本批一起完成")
    story.fire("fi_zhou", request, "say_finance", opinion="按原价格，尾款相应增加")
    return request


def change(story: Story, order: Order) -> None:
    """The change is offered, accepted and applied; a new letter goes out."""
    request = ask_for_more(story, order)
    story.later(0.5, 2)
    story.fire("oc_li", request, "offer")
    story.later(1, 6)
    story.fire("oc_li", request, "accept", accepted_how="客户微信确认")
    if request.needs_approval:
        story.fire("oc_li", request, "escalate")
        decide_by_phone(story, order)
    story.fire("oc_li", request, "apply")


def _ask(story: Story, order: Order, lines: Any, reason: str) -> Cancellation:
    story.later(1, 8)
    with story.act("oc_li") as ctx:
        values = {"order_id": order.id, "cancel_reason": reason, "note": "客户来电提出取消，已回电确认"}
        rows = [{"order_line_id": line.id} for line in lines]
        return cancelling.open_cancellation(ctx, {**values, "lines": rows})


def _offer(story: Story, request: Cancellation) -> None:
    if needs_costs(request):
        story.later(1, 6)
        with story.act("pd_chen") as ctx:
            for kind, amount in SHEET:
                values = {"cancellation_id": request.id, "kind": kind, "amount": Decimal(amount)}
                cancelling.add_cost(ctx, values)
        story.fire("pd_chen", request, "cost")
        story.later(0.5, 3)
        story.fire("fi_zhou", request, "check")
    story.later(0.5, 3)
    story.fire("oc_li", request, "offer")
