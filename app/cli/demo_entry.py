"""A demo order from its receipt to the confirmation letter (clauses 12 and 13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.cli.demo_story import Story
from app.kernel.engine import fire
from app.services.inbox import actions as inbox
from app.services.order import actions as orders
from app.services.order import checks, contract
from models.approval import Approval
from models.contract import ProcurementMethod
from models.customer import Customer
from models.labels import (
    ApprovalState,
    Channel,
    DeliveryMode,
    FeeKind,
    LetterChannel,
    OpinionOf,
    OrderState,
    OrderType,
    ReviewCheck,
    ReviewResult,
    VoteDecision,
)
from models.letter import ConfirmationLetter
from models.order import Order
from models.product import Product

DELIVERY_FEE = Decimal(200)
VOTERS = ("fi_sun", "cm_zhang", "pd_he")
CLERKS_DISCOUNT = Decimal(5)
SPEAKERS = {
    OpinionOf.finance: "fi_zhou",
    OpinionOf.production: "pd_chen",
    OpinionOf.inspector: "qc_sun",
    OpinionOf.logistics: "lg_liu",
    OpinionOf.order_center_lead: "oc_zhao",
}


@dataclass(frozen=True)
class Goods:
    """One line: article, quantity, discount in per cent."""

    sku: str
    qty: Decimal
    discount: Decimal = Decimal(0)


@dataclass(frozen=True)
class Wish:
    """What a customer wants."""

    customer: Customer
    order_type: OrderType
    channel: Channel
    goods: Sequence[Goods]
    external_no: str | None = None
    note: str = ""


# What an order of each type rests on beyond its contract number (domain/05 5.2).
TERMS: dict[OrderType, dict[str, object]] = {
    OrderType.bulk: {"purchase_no": "PO-2026-118", "batch_plan": "一次交付"},
    OrderType.project: {
        "batch_plan": "样板间先行，大货分两批", "site_contact": "项目部王工", "unloading": "货梯，卸货区限高 3.2 米",
        "payer_name": "项目公司",
    },
    OrderType.government: {
        "procurement_method": ProcurementMethod.open_tender, "plan_no": "JH-2026-031", "award_no": "ZB-2026-031",
        "award_on": date(2026, 6, 1), "budget_unit": "区教育局", "acceptance_unit": "使用学校",
        "fund_source": "财政资金",
    },
    OrderType.other: {"occasion": "展厅样品", "cost_centre": "CC-11", "approval_no": "SP-2026-07"},
}  # fmt: skip


def receive(story: Story, wish: Wish) -> Any:
    """The message comes in: by the shop itself, or taken by customer service. Clause 12(1)."""
    who = "mall" if wish.channel is Channel.online_mall else "cs_ma"
    wanted = "，".join(f"{goods.sku} × {goods.qty.normalize():f}" for goods in wish.goods)
    with story.act(who) as ctx:
        return inbox.receive(
            ctx,
            {
                "channel": wish.channel,
                "external_no": wish.external_no,
                "received_at": story.at,
                "customer_name": wish.customer.name,
                "customer_phone": wish.customer.phone,
                "content": wish.note or wanted,
            },
        )


def enter(story: Story, item: Any, wish: Wish) -> Order:
    """The order centre enters it: goods, services, where to. Clause 12(2)."""
    story.later(1, 9)
    lead = max(_product(story, goods.sku).lead_days for goods in wish.goods)
    requested_on = story.today + timedelta(days=lead + story.random.randint(2, 9))
    with story.act("oc_li") as ctx:
        data = {
            "customer_id": wish.customer.id,
            "order_type": wish.order_type.value,
            "requested_on": requested_on.isoformat(),
        }
        fire(ctx, item, "enter", data)
        order = ctx.session.get_one(Order, item.order_id)
        is_small = wish.order_type is OrderType.retail
        modes = (DeliveryMode.own_fleet, DeliveryMode.ltl) if is_small else (DeliveryMode.line, DeliveryMode.own_fleet)
        orders.change_order(ctx, order, {"delivery_mode": story.random.choice(modes)})
        for goods in wish.goods:
            values = {
                "order_id": order.id,
                "product_id": _product(story, goods.sku).id,
                "qty_ordered": goods.qty,
                "discount_pct": goods.discount,
            }
            orders.add_line(ctx, values)
        if wish.order_type in TERMS:
            orders.change_order(ctx, order, {"project_name": "2026 年家具采购"})
            own = {"contract_no": f"HT-{order.order_no[3:]}", "signed_on": story.today, "invoice_title": "按合同全称"}
            contract.add_terms(ctx, {"order_id": order.id, **own, **TERMS[wish.order_type]})
        if is_small:
            orders.add_fee(ctx, {"order_id": order.id, "kind": FeeKind.delivery, "amount": DELIVERY_FEE})
    story.order = order
    story.stop_when_there()
    return order


def submit(story: Story, order: Order) -> None:
    """Entry is complete."""
    story.later(0.1, 1.5)
    hours = float(story.company.policy["sla.E1.limit"])
    is_late = story.at - order.received_at > timedelta(hours=hours)
    story.fire("oc_li", order, "submit", **({"late_reason": "customer_info"} if is_late else {}))


def review(story: Story, order: Order) -> None:
    """A colleague reviews; large and special orders go to the committee. Clauses 13(1) and 13(2)."""
    story.later(0.5, 6)
    # A discount above the clerk's authority is for the lead to review.
    is_discounted = any(line.discount_pct > CLERKS_DISCOUNT for line in order.lines)
    if not (order.is_large or order.special_flags):
        story.fire("oc_zhao" if is_discounted else "oc_wang", order, "review")
        return
    data = {"comment": "金额或折扣超出权限，请委员会审批"}
    if _is_short(story, order):
        data["stock"] = ReviewResult.conditional.value
    story.fire("oc_wang", order, "escalate", **data)
    decide_by_phone(story, order)


def decide_by_phone(story: Story, order: Order) -> None:
    """What waits for the committee is decided: its hours run at the week-end too, its members vote by phone."""
    approval = story.company.session.scalars(
        sa.select(Approval).where(Approval.order_id == order.id, Approval.state == ApprovalState.pending)
    ).one()
    was_in_a_hurry, story.in_a_hurry = story.in_a_hurry, True
    try:
        decide(story, approval)
    finally:
        story.in_a_hurry = was_in_a_hurry


def decide(story: Story, approval: Approval) -> None:
    """The departments are heard, then the members vote. Clause 13(2)."""
    for opinion in list(approval.opinions):
        if opinion.given_at is None:
            story.later(1, 7)
            story.fire(SPEAKERS[opinion.asked_of], approval, "opine", text="已核实，可行")
    for voter in VOTERS:
        story.later(1, 7)
        story.fire(voter, approval, "vote", decision=VoteDecision.approve.value, comment="同意")
        if approval.state is not ApprovalState.pending:
            return


def _is_short(story: Story, order: Order) -> bool:
    found = checks.computed(story.company.context("oc_wang", story.at), order, {})
    return found[ReviewCheck.stock].result is ReviewResult.failed


def confirm(story: Story, order: Order) -> None:
    """The letter with its date goes out, and most customers answer. Clause 13(3)."""
    story.later(0.5, 12)
    lead = max(line.lead_days for line in order.lines)
    promised_on = story.today + timedelta(days=lead + story.random.randint(0, 3))
    channel = LetterChannel.sms if order.order_type is OrderType.retail else LetterChannel.email
    story.fire("oc_li", order, "confirm", promised_on=promised_on.isoformat(), channel=channel.value)
    if story.random.random() < 0.85:  # noqa: PLR2004 - odds
        story.later(0.3, 8)
        letter = story.company.session.scalars(
            sa.select(ConfirmationLetter).where(ConfirmationLetter.order_id == order.id)
        ).one()
        story.fire("oc_li", letter, "acknowledge", reason="客户点击短信链接确认")


def from_receipt_to_letter(story: Story, wish: Wish) -> Order:
    """The way of every order that is not refused."""
    order = enter(story, receive(story, wish), wish)
    submit(story, order)
    review(story, order)
    if order.state is OrderState.approved:
        confirm(story, order)
    return order


def _product(story: Story, sku: str) -> Product:
    return story.company.session.scalars(sa.select(Product).where(Product.sku_code == sku)).one()
