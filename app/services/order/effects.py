"""What the steps of an order do to the order and its own children."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import LOCAL_ZONE, Context
from app.kernel.errors import ValidationFailedError
from app.services.order import checks, flags, rules
from app.services.order.forms import is_future
from app.services.order.pricing import content_of, reprice
from models.labels import label_of
from models.labels_goods import SupplyMode
from models.labels_order import CancelKind, CancelReason, ReviewCheck, ReviewResult
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
    """One row a check, in a new round, by name: what was computed, what was decided, and why. Clause 13(1).

    Raises:
        ValidationFailedError: a failed check, or one decided otherwise without a reason; an order whose findings
            have changed since the page was shown.
    """
    found = flags.judge(ctx, order)
    results = checks.computed(ctx, order, found)
    decided = {check: values.get(check.value) or finding.result for check, finding in results.items()}
    comment = values.get("comment")
    _refuse(results, decided, comment)
    statement = sa.select(sa.func.coalesce(sa.func.max(OrderReview.round), 0)).where(OrderReview.order_id == order.id)
    last_round = ctx.session.execute(statement).scalar_one()
    for check, finding in results.items():
        order.reviews.append(
            OrderReview(
                round=last_round + 1,
                check_name=check,
                computed_result=finding.result,
                result=decided[check],
                value=finding.value or None,
                override_reason=comment if decided[check] is not finding.result else None,
                comment=comment,
                reviewer_id=ctx.actor.id,
                reviewed_at=ctx.now,
            )
        )


def _refuse(
    results: Mapping[ReviewCheck, checks.Finding],
    decided: Mapping[ReviewCheck, ReviewResult],
    comment: str | None,
) -> None:
    failed = [check for check, result in decided.items() if result is ReviewResult.failed]
    if failed:
        text = _l("A failed check cannot pass: send the order back, reject it, or pass it with a condition.")
        raise ValidationFailedError({check.value: [str(text)] for check in failed})
    lenient = [check for check, finding in results.items() if decided[check] is not finding.result]
    for check in lenient:
        if results[check].result is ReviewResult.failed and "above_clerk" in results[check].codes:
            text = _l("A discount above the clerk's authority is reviewed by the head of the order centre.")
            raise ValidationFailedError({check.value: [str(text)]})
        if check is ReviewCheck.compliance and checks.BY_LAW.intersection(results[check].codes):
            text = _l("The law sets this limit: correct the order, nobody may pass it.")
            raise ValidationFailedError({check.value: [str(text)]})
    if lenient and not comment:
        text = _l("Say why you decide otherwise than the program found: %(checks)s.")
        names = "、".join(str(label_of(check)) for check in lenient)
        raise ValidationFailedError({"comment": [str(text) % {"checks": names}]})


def lapse(ctx: Context, order: Order, _values: Mapping[str, Any]) -> None:
    """The content has changed: what was reviewed and approved before does not hold for it (domain/06 6.4)."""
    order.content_hash = rules.content_hash(content_of(order))
    flags.judge(ctx, order)


def reject(_ctx: Context, order: Order, _values: Mapping[str, Any]) -> None:
    """Refused before any contract."""
    order.cancel_kind = CancelKind.rejected


def confirm(ctx: Context, order: Order, values: Mapping[str, Any]) -> None:
    """The promise of the letter. Clause 13(3)."""
    promised_on = values.get("promised_on")
    if not is_future(promised_on, ctx.today):
        raise ValidationFailedError({"promised_on": [str(_l("The promised date has already passed."))]})
    order.promised_on = promised_on
    order.promise_days = values.get("promise_days") if promised_on is None else None
    order.promise_rule = values.get("promise_rule")
    if order.promise_days and not order.promise_rule:
        order.promise_rule = str(_l("%(days)s days after drawing signature and first payment")) % {
            "days": order.promise_days
        }
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
    """Every line is cancelled before the letter: free, and the amounts stay as they were agreed."""
    order.cancel_kind = values["cancel_kind"]
    order.cancel_reason = values["cancel_reason"]
    for line in order.lines:
        line.qty_cancelled = line.qty_ordered


def call_off(_ctx: Context, order: Order, values: Mapping[str, Any]) -> None:
    """Every line was cancelled by a request: the order ends with it."""
    order.cancel_kind = values["cancel_kind"]
    order.cancel_reason = values["cancel_reason"]


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
