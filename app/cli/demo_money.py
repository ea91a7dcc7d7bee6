"""The money of a demo order: what comes in, what goes back, what is invoiced (clause 11)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.cli.demo_story import Story
from app.services.payment import actions as payments
from app.services.payment import refunds
from models.labels import CustomerKind, InvoiceKind, OrderType, PaymentMethod, RefundReason, ScheduleTrigger
from models.order import Order
from models.payment import Payment, PaymentSchedule, Refund

ZERO = Decimal(0)
EARLY = (ScheduleTrigger.on_confirm, ScheduleTrigger.before_production)
BEFORE_SHIPPING = (*EARLY, ScheduleTrigger.before_ship)
MALL_METHODS = (PaymentMethod.wechat, PaymentMethod.alipay)
SHOP_METHODS = (PaymentMethod.wechat, PaymentMethod.pos, PaymentMethod.bank_transfer)


def pay_at_the_mall(story: Story, amount: Decimal, external_no: str, payer: str) -> None:
    """The web shop reports a payment before anybody has entered the order."""
    with story.act("mall") as ctx:
        payments.record_payment(
            ctx,
            {
                "method": story.random.choice(MALL_METHODS),
                "channel_txn_no": f"42{story.random.randint(10**16, 10**17 - 1)}",
                "external_order_no": external_no,
                "payer_name": payer,
                "amount": amount,
                "received_at": story.at,
            },
        )


def pay(story: Story, order: Order, *triggers: ScheduleTrigger, extra: Decimal = ZERO) -> Payment | None:
    """The customer pays everything that is open of these instalments; the cashier records it. Clause 11(1)."""
    session = story.company.session
    statement = sa.select(PaymentSchedule).where(PaymentSchedule.order_id == order.id)
    amount = sum(
        (row.amount - row.paid_amount for row in session.scalars(statement) if not triggers or row.trigger in triggers),
        extra,
    )
    if amount <= ZERO:
        return None
    is_private = order.order_type is OrderType.retail
    story.later(1, 20)
    with story.act("fi_qian") as ctx:
        values: dict[str, Any] = {
            "order_id": order.id,
            "method": story.random.choice(SHOP_METHODS) if is_private else PaymentMethod.bank_transfer,
            "channel_txn_no": f"{story.at:%Y%m%d}{story.random.randint(10**9, 10**10 - 1)}",
            "payer_name": order.customer.name,
            "amount": amount,
            "received_at": story.at,
        }
        if values["method"] is PaymentMethod.bank_transfer:
            values["payer_account"] = f"6222{story.random.randint(10**11, 10**12 - 1)}"
        return payments.record_payment(ctx, values)


def invoice(story: Story, order: Order) -> None:
    """Customer service applies, finance issues. Clause 11(2)."""
    is_special = order.customer.kind is CustomerKind.company
    story.later(2, 30)
    with story.act("cs_ma") as ctx:
        kind = InvoiceKind.special if is_special else InvoiceKind.ordinary
        made = refunds.apply_invoice(ctx, {"order_id": order.id, "kind": kind})
    story.later(1, 20)
    number = f"26332{story.random.randint(10**14, 10**15 - 1)}"
    story.fire("fi_zhou", made, "issue", tax_invoice_no=number)


def refund_overpayment(story: Story, order: Order, payment: Payment, *, finished: bool) -> Refund:
    """What came in too much goes back, by three people. Clause 11(2)."""
    story.later(5, 30)
    with story.act("fi_zhou") as ctx:
        values = {
            "order_id": order.id,
            "payment_id": payment.id,
            "reason": RefundReason.overpay,
            "amount": payment.amount - payment.allocated_amount,
            "note": "客户多付，原路退回",
        }
        refund = refunds.record_refund(ctx, values)
    if finished:
        settle(story, refund)
    return refund


def refund_price(story: Story, order: Order, amount: Decimal, *, finished: bool) -> Refund:
    """A part of the price goes back for a flaw that the customer keeps."""
    story.later(5, 40)
    with story.act("fi_zhou") as ctx:
        values = {
            "order_id": order.id,
            "reason": RefundReason.price_adjust,
            "amount": amount,
            "note": "色差补偿，客户同意保留商品",
        }
        refund = refunds.record_refund(ctx, values)
    if finished:
        settle(story, refund)
    return refund


def settle(story: Story, refund: Refund) -> None:
    """Approved by the head, paid out by the cashier."""
    story.later(2, 20)
    story.fire("fi_sun", refund, "approve")
    story.later(2, 24)
    story.fire("fi_qian", refund, "execute")


def credit_days_later(story: Story, days: int) -> None:
    """The customer's credit runs. Raises PresentReachedError while it does."""
    story.wait_until(story.at + timedelta(days=days))
