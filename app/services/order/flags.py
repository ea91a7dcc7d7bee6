"""Why an order is special or large, with the numbers (domain/06 6.1 and 6.2), from the order and what stands around it.

A finding is a code with its numbers as plain text, so that it can be kept with an approval and told in any language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.kernel.clocks import calendar_exceptions
from app.kernel.context import Context, local_day
from app.kernel.money import HUNDRED, percent_of, rounded
from app.services.order.pricing import whole_discount
from app.services.order.reports import lacking_reports
from models.conformity import Standard
from models.labels_goods import SupplyMode
from models.labels_money import ScheduleTrigger
from models.labels_order import OrderState, OrderType
from models.order import Order
from models.payment import PaymentSchedule

Findings = dict[str, dict[str, str]]
ZERO = Decimal(0)
LARGE = "large"
OVERDUE_DAYS = 30
FREE_CREDIT_DAYS = 60
LONG_WARRANTY = 60
COST_MARGIN = Decimal("1.05")
NOT_COUNTED = (OrderState.draft, OrderState.cancelled, OrderState.rejected)
# Before the letter nothing is owed: the first payment of the order in review is not overdue.
NOT_OWED = (*NOT_COUNTED, OrderState.pending_review, OrderState.pending_approval, OrderState.approved)
AT_ONCE = (ScheduleTrigger.on_confirm, ScheduleTrigger.before_production)
BEFORE_SHIPPING = (*AT_ONCE, ScheduleTrigger.before_ship)
# What the plans of domain/05 5.3 ask for before anything is made, and before anything leaves; in per cent.
FIRST = {OrderType.bulk: Decimal(30), OrderType.project: Decimal(30)}
FIRST_MADE = Decimal(50)
BEFORE = {OrderType.retail: HUNDRED, OrderType.other: HUNDRED, OrderType.bulk: Decimal(90)}


@dataclass(frozen=True)
class Around:
    """What other orders of the customer say: those of the split window, and what is overdue since when."""

    others: int
    other_total: Decimal
    overdue: Decimal
    overdue_since: date | None


def findings(ctx: Context, order: Order) -> Findings:
    """Every reason why the committee decides on an order, with its numbers; empty for a normal one. Clause 13(2)."""
    around = look_around(ctx, order)
    found: list[tuple[str, Mapping[str, Any] | None]] = [
        *_size(ctx, order, around),
        ("F01", _discount(ctx, order)),
        ("F02", _free(order)),
        ("F03", rush(ctx, order)),
        ("F04", _custom(ctx, order)),
        ("F05", _credit(order)),
        ("F06", _first_payment(order)),
        ("F07", _terms(ctx, order)),
        ("F08", _government(ctx, order)),
        ("F09", _risk(order, around, ctx.today)),
        ("F10", _region(ctx, order)),
        ("F11", {} if order.is_exclusive else None),
    ]
    told = {code: numbers for code, numbers in found if numbers is not None}
    # What is large comes first, the flags follow in their order.
    order_of = sorted(told, key=lambda code: (code != LARGE, code))
    return {code: {name: text(value) for name, value in told[code].items()} for code in order_of}


def judge(ctx: Context, order: Order) -> Findings:
    """Keeps on the order what it is found to be, and returns the findings."""
    found = findings(ctx, order)
    order.is_large = LARGE in found
    order.special_flags = [code for code in found if code != LARGE]
    return found


def text(value: Any) -> str:
    """A number as it is written, without zeros that say nothing."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def look_around(ctx: Context, order: Order) -> Around:
    """The other orders of the customer, in one statement."""
    window = timedelta(days=float(ctx.policy["appr.split_window_days"]))
    other = sa.orm.aliased(Order)
    near = sa.and_(
        other.customer_id == order.customer_id,
        other.id != order.id,
        other.state.not_in(NOT_COUNTED),
        other.origin == "entered",
        other.received_at.between(order.received_at - window, order.received_at + window),
    )
    due = sa.and_(
        PaymentSchedule.order_id == other.id,
        other.customer_id == order.customer_id,
        other.state.not_in(NOT_OWED),
        PaymentSchedule.paid_amount < PaymentSchedule.amount,
        PaymentSchedule.due_on < ctx.today,
    )
    open_amount = PaymentSchedule.amount - PaymentSchedule.paid_amount
    parts = (
        sa.select(sa.func.count(other.id)).where(near),
        sa.select(sa.func.sum(other.total_amount)).where(near),
        sa.select(sa.func.sum(open_amount)).select_from(PaymentSchedule).where(due),
        sa.select(sa.func.min(PaymentSchedule.due_on)).where(due),
    )
    count, total, overdue, since = ctx.session.execute(sa.select(*(part.scalar_subquery() for part in parts))).one()
    return Around(count, total or ZERO, overdue or ZERO, since)


def _size(ctx: Context, order: Order, around: Around) -> list[tuple[str, Mapping[str, Any]]]:
    """Large by itself, or with the customer's other orders of the window: then it was split (F12)."""
    limit = ctx.policy[f"appr.large.{order.order_type}"]
    if not order.lines:
        return []
    if order.total_amount >= limit:
        return [(LARGE, {"amount": order.total_amount, "limit": limit})]
    together = order.total_amount + around.other_total
    if around.others and together >= limit:
        numbers = {"amount": together, "limit": limit}
        days = ctx.policy["appr.split_window_days"]
        return [(LARGE, numbers), ("F12", {**numbers, "orders": around.others + 1, "days": days})]
    return []


def _discount(ctx: Context, order: Order) -> Mapping[str, Any] | None:
    limit = ctx.policy["appr.discount.lead"]
    most = max((whole_discount(line) for line in _sold(order)), default=ZERO)
    below = [str(line.line_no) for line in _sold(order) if is_below_cost(line)]
    numbers: dict[str, Any] = {"discount": rounded(most), "limit": limit} if most > limit else {}
    if below:
        numbers["below_cost"] = "、".join(below)
    return numbers or None


def is_below_cost(line: Any) -> bool:
    """Sold for less than the standard cost and its margin; goods without a price are free, not cheap (F02)."""
    cost = line.product.standard_cost
    return bool(ZERO < line.unit_price < cost * COST_MARGIN)


def _sold(order: Order) -> list[Any]:
    """A line that was cancelled whole costs nothing, which is no gift."""
    return [line for line in order.lines if line.qty_net > ZERO]


def _free(order: Order) -> Mapping[str, Any] | None:
    free = [str(line.line_no) for line in _sold(order) if line.line_amount == ZERO]
    return {"lines": "、".join(free)} if free else None


def standard_days(order: Order) -> int:
    """The standard lead time of an order: that of its slowest line, in calendar days."""
    return max((line.lead_days for line in order.lines), default=0)


def requested_days(ctx: Context, order: Order) -> int | None:
    """From the receipt to the day the customer wants it, less the days on which the house stands still."""
    if order.requested_on is None:
        return None
    first = local_day(order.received_at)
    days = (order.requested_on - first).days
    stops = [
        day
        for day, is_workday in calendar_exceptions(ctx).items()
        if not is_workday and first < day <= order.requested_on
    ]
    return days - len(stops)


def rush(ctx: Context, order: Order) -> Mapping[str, Any] | None:
    """Wanted sooner than the usual share of the standard lead time (F03)."""
    days, standard = requested_days(ctx, order), standard_days(order)
    if days is None or standard == 0:
        return None
    ratio, limit = rounded(Decimal(days) / standard), ctx.policy["appr.rush_ratio"]
    if Decimal(days) / standard >= limit:
        return None
    return {"days": days, "standard": standard, "ratio": f"{ratio:f}", "limit": f"{limit:f}"}


def _custom(ctx: Context, order: Order) -> Mapping[str, Any] | None:
    limit = ctx.policy["appr.custom_line"]
    custom = [line for line in order.lines if line.supply_mode is SupplyMode.custom]
    found: dict[str, Any] = {}
    largest = max(custom, key=lambda line: line.line_amount, default=None)
    if largest is not None and largest.line_amount >= limit:
        found = {"line": largest.line_no, "amount": largest.line_amount, "limit": limit}
    untested = [
        (line, standards) for line, standards in (lacking_reports(ctx, order) if custom else ()) if line in custom
    ]
    if untested:
        line, standards = untested[0]
        found |= {"untested": line.line_no, "report": numbers(standards)}
    return found or None


def numbers(standards: Iterable[Standard]) -> str:
    """Standards as they are cited."""
    return "、".join(standard.number for standard in standards)


def _planned(order: Order, triggers: tuple[ScheduleTrigger, ...]) -> Decimal:
    return sum((part.amount for part in order.schedules if part.trigger in triggers), ZERO)


def _credit(order: Order) -> Mapping[str, Any] | None:
    if order.customer.credit_days > FREE_CREDIT_DAYS:
        return {"days": order.customer.credit_days, "most": FREE_CREDIT_DAYS}
    share = BEFORE.get(order.order_type)
    if share is None or not order.schedules:
        return None
    missing = percent_of(order.total_amount, share) - _planned(order, BEFORE_SHIPPING)
    if missing <= order.customer.credit_limit_amount:
        return None
    return {"missing": missing, "credit": order.customer.credit_limit_amount}


def _first_payment(order: Order) -> Mapping[str, Any] | None:
    is_made = order.order_type is OrderType.retail and any(
        line.supply_mode is not SupplyMode.stock for line in order.lines
    )
    share = FIRST_MADE if is_made else FIRST.get(order.order_type)
    if share is None or not order.schedules or order.total_amount == ZERO:
        return None
    first = _planned(order, AT_ONCE)
    if first >= percent_of(order.total_amount, share):
        return None
    return {"share": rounded(first * HUNDRED / order.total_amount), "plan": share}


def _terms(ctx: Context, order: Order) -> Mapping[str, Any] | None:
    warranty = max((line.warranty_months for line in order.lines), default=0)
    found = {
        "penalty": (order.penalty_pct_daily, ctx.policy["appr.terms.penalty_pct"]),
        "penalty_cap": (order.penalty_cap_pct, ctx.policy["appr.terms.penalty_cap_pct"]),
        "retention": (order.retention_pct, ctx.policy["appr.terms.retention_pct"]),
        "warranty": (Decimal(warranty), Decimal(LONG_WARRANTY)),
    }
    numbers: dict[str, Any] = {name: value for name, (value, limit) in found.items() if value > limit}
    if order.has_special_terms:
        numbers["terms"] = 1
    return numbers or None


def _government(ctx: Context, order: Order) -> Mapping[str, Any] | None:
    if order.order_type is not OrderType.government:
        return None
    numbers: dict[str, Any] = {}
    if order.total_amount >= (limit := ctx.policy["appr.large.government"]):
        numbers |= {"amount": order.total_amount, "limit": limit}
    if order.bond_amount > ZERO:
        numbers["bond"] = order.bond_amount
    after = sum((part.amount for part in order.schedules if part.trigger not in BEFORE_SHIPPING), ZERO)
    if after > ZERO:
        numbers["after"] = after
    return numbers or None


def _risk(order: Order, around: Around, today: date) -> Mapping[str, Any] | None:
    numbers: dict[str, Any] = {}
    if order.customer.is_blacklisted:
        numbers["blacklisted"] = 1
    since = around.overdue_since
    if since is not None and (today - since).days > OVERDUE_DAYS:
        numbers |= {"overdue": around.overdue, "days": (today - since).days}
    return numbers or None


def _region(ctx: Context, order: Order) -> Mapping[str, Any] | None:
    numbers: dict[str, Any] = {"outside": 1} if order.is_outside_area else {}
    limit = ctx.policy["appr.delivery_pct"]
    cost = order.delivery_cost_amount
    if order.goods_amount > ZERO and cost * HUNDRED > limit * order.goods_amount:
        numbers |= {"cost": cost, "share": rounded(cost * HUNDRED / order.goods_amount), "limit": limit}
    return numbers or None
