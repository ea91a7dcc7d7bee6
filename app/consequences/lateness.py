"""What the company owes for goods that came after their promised day. Domain/02 2.3; scenario S10, row 8."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context, local_day
from app.kernel.policy import limit_on
from app.services.payment import queries, refunds, rules
from models.labels import FeeKind, RefundReason
from models.letter import ConfirmationLetter
from models.order import Order
from models.shipment import Shipment

ZERO = Decimal(0)
DAILY, CAP, BACK = "late.comp_daily_pct", "late.comp_cap_pct", "rush.refund_if_late"


def settle(ctx: Context, shipment: Shipment, _values: Mapping[str, Any]) -> None:
    """Late goods: their compensation, and once an order its rush surcharge, are recorded as refunds.

    They are proposals of the program: people approve and pay them out, or reject them with a reason.
    """
    order = ctx.session.get_one(Order, shipment.order_id)
    late = _late(order, shipment, local_day(shipment.delivered_at or ctx.now))
    if not late:
        return
    signed_at = _confirmed_at(ctx, order) or ctx.now
    system = ctx.as_system()
    daily = order.penalty_pct_daily or limit_on(ctx.policy, DAILY, signed_at)
    cap = order.penalty_cap_pct or limit_on(ctx.policy, CAP, signed_at)
    days, value = max(each.days for each in late), sum((each.value for each in late), ZERO)
    if (amount := rules.late_compensation(late, daily, cap)) > ZERO:
        told = _l(
            "%(shipment)s: goods of %(value)s came up to %(days)s days late; %(daily)s %% a day, at most %(cap)s %%.",
            shipment=shipment.shipment_no, value=f"{value:.2f}", days=days, daily=_plain(daily), cap=_plain(cap),
        )  # fmt: skip
        refunds.record_owed(system, order, RefundReason.late_delivery, amount, str(told))
    surcharge = sum((fee.amount for fee in order.fees if fee.kind is FeeKind.rush), ZERO)
    if surcharge > ZERO and limit_on(ctx.policy, BACK, signed_at) and not queries.is_returned(ctx, order.id):
        told = _l("%(shipment)s came up to %(days)s days late.", shipment=shipment.shipment_no, days=days)
        refunds.record_owed(system, order, RefundReason.rush_surcharge, surcharge, str(told))


def _late(order: Order, shipment: Shipment, came_on: date) -> list[rules.Late]:
    """What was received after its day, each with its share of the fees: what was promised was the whole."""
    share = order.total_amount / order.goods_amount if order.goods_amount > ZERO else ZERO
    found = []
    for row in shipment.lines:
        line = row.order_line
        promised_on = line.line_promised_on or order.promised_on
        if promised_on is None or came_on <= promised_on or row.qty_received <= ZERO:
            continue
        value = rules.goods_value(line.line_amount, line.qty_net, row.qty_received) * share
        found.append(rules.Late(value, (came_on - promised_on).days))
    return found


def _confirmed_at(ctx: Context, order: Order) -> Any:
    """The first letter: a running order keeps the rules of that day."""
    first = sa.select(ConfirmationLetter.sent_at).where(ConfirmationLetter.order_id == order.id)
    return ctx.session.scalar(first.order_by(ConfirmationLetter.letter_version).limit(1))


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
