"""What the steps of an order do to the order and its own children."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import LOCAL_ZONE, Context
from app.kernel.errors import ValidationFailedError
from app.services.order import rules
from app.services.order.forms import is_future
from app.services.order.pricing import content_of, reprice
from models.labels_goods import SupplyMode
from models.labels_order import CancelKind, CancelReason, ReviewCheck
from models.order import Order
from models.review import OrderReview


def submit(ctx: Context, order: Order, values: Mapping[str, Any]) -> None:
    """Entry is complete: the clock of clause 12(2) stops; late entry needs a reason."""
    is_late = rules.is_late_entry(order.received_at, ctx.now, ctx.policy["sla.E1.limit"])
    if is_late and not values.get("late_reason"):
        raise ValidationFailedError({"late_reason": [str(_l("The 24 hours have passed: give the reason."))]})
    reprice(ctx, order)
    order.late_reason = values.get("late_reason") if is_late else None
    order.entered_at = ctx.now
    order.content_hash = rules.content_hash(content_of(order))


def record_review(ctx: Context, order: Order, values: Mapping[str, Any]) -> None:
    """One row a check, in a new round, by name. Clause 13(1)."""
    statement = sa.select(sa.func.coalesce(sa.func.max(OrderReview.round), 0)).where(OrderReview.order_id == order.id)
    last_round = ctx.session.execute(statement).scalar_one()
    for check in ReviewCheck:
        order.reviews.append(
            OrderReview(
                round=last_round + 1,
                check_name=check,
                result=values[check.value],
                comment=values.get("comment"),
                reviewer_id=ctx.actor.id,
                reviewed_at=ctx.now,
            )
        )


def reject(_ctx: Context, order: Order, _values: Mapping[str, Any]) -> None:
    """Refused before any contract."""
    order.cancel_kind = CancelKind.rejected


def confirm(ctx: Context, order: Order, values: Mapping[str, Any]) -> None:
    """The promise of the letter. Clause 13(3)."""
    promised_on = values.get("promised_on")
    if not is_future(promised_on, ctx.today):
        raise ValidationFailedError({"promised_on": [str(_l("The promised date has already passed."))]})
    order.promised_on = promised_on
    order.promise_rule = values.get("promise_rule")
    for line in order.lines:
        line.line_promised_on = promised_on


def hold(_ctx: Context, order: Order, values: Mapping[str, Any]) -> None:
    """The order stands still until it is released."""
    order.is_on_hold = True
    order.hold_reason = values["reason"]


def resume(_ctx: Context, order: Order, _values: Mapping[str, Any]) -> None:
    """The order goes on."""
    order.is_on_hold = False
    order.hold_reason = None


def cancel(_ctx: Context, order: Order, values: Mapping[str, Any]) -> None:
    """Every line is cancelled for what has not left the house. The amounts stay as agreed, for the settlement."""
    order.cancel_kind = values["cancel_kind"]
    order.cancel_reason = values["cancel_reason"]
    for line in order.lines:
        line.qty_cancelled = line.qty_ordered


def make_ready(_ctx: Context, order: Order, _values: Mapping[str, Any]) -> None:
    """Stock goods skip production, and the order says so. Clause 4(2)."""
    if all(line.supply_mode is SupplyMode.stock for line in order.lines):
        order.skip_reason = str(SupplyMode.stock)


def complete(ctx: Context, order: Order, _values: Mapping[str, Any]) -> None:
    """Every line accepted."""
    order.completed_at = ctx.now


def import_history(_ctx: Context, order: Order, values: Mapping[str, Any]) -> None:
    """A past order is known as completed on a day; the moment within the day is not known."""
    order.completed_at = datetime.combine(values["completed_on"], time(), LOCAL_ZONE)


def void_history(_ctx: Context, order: Order, _values: Mapping[str, Any]) -> None:
    """An order that was imported by mistake never happened: it counts nowhere, and its number is free again.

    The journal keeps what it said.
    """
    order.cancel_kind, order.cancel_reason = CancelKind.company, CancelReason.other
    order.external_no = order.completed_at = None
    for line in order.lines:
        for name in (*rules.FULL_HISTORY, "qty_returned"):
            setattr(line, name, rules.ZERO)
        line.qty_cancelled = line.qty_ordered
        line.line_amount = line.tax_amount = rules.ZERO
    order.goods_amount = order.tax_amount = order.total_amount = order.net_amount = rules.ZERO
