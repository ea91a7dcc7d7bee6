"""Tickets of demo orders: complaints, repairs, missing parts, questions (clause 10(3))."""

from __future__ import annotations

from app.cli.demo_story import Story
from app.services.ticket import actions as tickets
from models.labels import LiableParty, TicketKind, TicketSource
from models.order import Order

# kind, what the customer says, cause, who answers for it, plan, resolution
CASES = (
    (TicketKind.complaint, "餐椅坐感晃动，要求处理", "脚垫不平", LiableParty.production, "上门调整", "已调平"),
    (TicketKind.parts, "缺少柜门铰链两个", "包装漏放", LiableParty.logistics, "补发铰链并上门安装", "配件已补装"),
    (TicketKind.repair, "沙发扶手缝线开裂", "缝制工艺", LiableParty.production, "返厂维修七天", "维修完成并送回"),
    (TicketKind.consult, "询问木蜡油保养方法", None, None, "发送保养手册", "客户已了解"),
    (TicketKind.complaint, "送货迟到两小时", "路上拥堵", LiableParty.logistics, "致歉并赠送保养套装", "客户接受致歉"),
)  # fmt: skip


def complain(story: Story, order: Order, case: int, *, steps: int) -> None:
    """A ticket, taken ``steps`` steps of the way: 0 open, 1 answered, 2 planned, 3 closed."""
    kind, description, cause, liable, plan, resolution = CASES[case % len(CASES)]
    story.later(5, 90)
    with story.act("cs_ma") as ctx:
        values = {
            "order_id": order.id,
            "order_line_id": order.lines[0].id,
            "kind": kind,
            "source_channel": TicketSource.phone,
            "description": description,
        }
        ticket = tickets.open_ticket(ctx, values)
    if steps > 0:
        story.later(0.3, 5)
        story.fire("cs_ma", ticket, "respond")
    if steps > 1:
        story.later(1, 20)
        liability = {"liable_party": liable.value} if liable else {}
        story.fire("cs_ma", ticket, "plan", plan=plan, cause=cause, **liability)
    if steps > 2:  # noqa: PLR2004 - the third step
        story.later(8, 60)
        story.fire("cs_huang", ticket, "close", resolution=resolution)
