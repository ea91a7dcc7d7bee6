"""The checks of a review as the program finds them: a result and what it was found from. Clause 13(1).

A person confirms them or decides otherwise with a reason. What goes beyond a house rule that the committee may lift is
``conditional``; what no one may pass is ``failed``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from app.kernel.context import Context
from app.kernel.money import HUNDRED, percent_of, rounded
from app.services.order import flags, guards
from app.services.order.pricing import whole_discount
from app.services.order.reports import lacking_reports
from models.customer import Consent
from models.labels_goods import ConsentPurpose, CustomerKind, SupplyMode
from models.labels_order import ReviewCheck, ReviewResult
from models.order import Order
from models.privacy import ConsentState
from models.product import Stock
from models.talk import Attachment

ZERO = Decimal(0)
ORDER_LEAD = "order_center_lead"
LONGEST_VALUE = 200
# What is beyond a limit of the law; a missing report may still come before the goods leave.
BY_LAW = frozenset({"deposit", "bond"})
PASSED, FAILED, CONDITIONAL = ReviewResult.passed, ReviewResult.failed, ReviewResult.conditional


@dataclass(frozen=True)
class Finding:
    """What a check found: ``value`` in figures, ``codes`` name what is not in order."""

    result: ReviewResult
    value: str = ""
    codes: tuple[str, ...] = ()


def computed(ctx: Context, order: Order, found: flags.Findings) -> dict[ReviewCheck, Finding]:
    """Every check of a review, from the order and its findings (``flags.findings``)."""
    return {
        ReviewCheck.stock: _stock(ctx, order),
        ReviewCheck.price: _price(ctx, order, found),
        ReviewCheck.lead_time: _lead_time(ctx, order),
        ReviewCheck.credit: _credit(ctx, order, found),
        ReviewCheck.compliance: _compliance(ctx, order),
        ReviewCheck.technical: _technical(ctx, order),
    }


def _figures(parts: Iterable[str]) -> str:
    return "; ".join(parts)[:LONGEST_VALUE]


def needed_of(order: Order) -> dict[int, Decimal]:
    """How many pieces of each product an order takes from stock."""
    needed: dict[int, Decimal] = {}
    for line in order.lines:
        if line.supply_mode is SupplyMode.stock:
            needed[line.product_id] = needed.get(line.product_id, ZERO) + line.qty_net - line.qty_reserved
    return needed


def _stock(ctx: Context, order: Order) -> Finding:
    needed = needed_of(order)
    if not needed:
        return Finding(PASSED)
    free = sa.func.sum(Stock.qty_on_hand - Stock.qty_soft - Stock.qty_hard)
    statement = sa.select(Stock.product_id, free).where(Stock.product_id.in_(needed)).group_by(Stock.product_id)
    available = dict(ctx.session.execute(statement).all())
    names = {line.product_id: line.product.sku_code for line in order.lines}
    shown = [
        f"{names[key]}: {flags.text(available.get(key) or ZERO)} / {flags.text(qty)}" for key, qty in needed.items()
    ]
    is_short = any((available.get(key) or ZERO) < qty for key, qty in needed.items())
    return Finding(FAILED if is_short else PASSED, _figures(shown), ("stock_short",) if is_short else ())


def _price(ctx: Context, order: Order, found: flags.Findings) -> Finding:
    most = rounded(max((whole_discount(line) for line in order.lines), default=ZERO))
    clerk, lead = ctx.policy["appr.discount.clerk"], ctx.policy["appr.discount.lead"]
    below = [line for line in order.lines if flags.is_below_cost(line)]
    value = f"{flags.text(most)}% / {flags.text(clerk)}%"
    if most > lead or below:
        codes = (*(("above_lead",) if most > lead else ()), *(("below_cost",) if below else ()))
        return Finding(CONDITIONAL, f"{flags.text(most)}% / {flags.text(lead)}%", codes)
    if most > clerk and ORDER_LEAD not in ctx.actor.roles:
        # What goes before the committee needs no lead.
        return Finding(CONDITIONAL if found else FAILED, value, ("above_clerk",))
    return Finding(PASSED, value)


def _lead_time(ctx: Context, order: Order) -> Finding:
    days, standard = flags.requested_days(ctx, order), flags.standard_days(order)
    if days is None or standard == 0:
        return Finding(PASSED)
    value = f"{days} / {standard} ({rounded(Decimal(days) / standard):f})"
    if days >= standard:
        return Finding(PASSED, value)
    is_rush = Decimal(days) / standard < ctx.policy["appr.rush_ratio"]
    return Finding(CONDITIONAL, value, ("rush",) if is_rush else ("short",))


def _credit(ctx: Context, order: Order, found: flags.Findings) -> Finding:
    around = flags.look_around(ctx, order)
    limit = order.customer.credit_limit_amount
    codes = []
    if order.customer.is_blacklisted:
        codes.append("blacklisted")
    if around.overdue > ZERO:
        codes.append("overdue")
    if "F05" in found:
        codes.append("beyond_credit")
    value = f"{flags.text(around.overdue)} / {flags.text(limit)}"
    return Finding(CONDITIONAL if codes else PASSED, value, tuple(codes))


def _compliance(ctx: Context, order: Order) -> Finding:
    """The list of domain/06 6.4 as far as the data say: deposit, bond, test reports, privacy notice."""
    failed, open_points, shown = [], [], []
    cap = ctx.policy["pay.deposit_cap_pct"]
    if order.deposit_amount > ZERO and order.total_amount > ZERO:
        share = rounded(order.deposit_amount * HUNDRED / order.total_amount)
        shown.append(f"{flags.text(share)}% / {flags.text(cap)}%")
        if order.deposit_amount > percent_of(order.total_amount, cap):
            failed.append("deposit")
    most = guards.bond_cap(ctx, order)
    if most is not None and order.bond_amount > ZERO:
        shown.append(f"{flags.text(order.bond_amount)} / {flags.text(most)}")
        if order.bond_amount > most:
            failed.append("bond")
    if missing := lacking_reports(ctx, order):
        shown += [f"{line.product.sku_code}: {flags.numbers(standards)}" for line, standards in missing]
        failed.append("report")
    if order.customer.kind is CustomerKind.person and not _has_notice(ctx, order):
        open_points.append("privacy_notice")
    if order.is_remote and order.customer.kind is CustomerKind.person:
        shown.append("7 d")
    result = FAILED if failed else PASSED
    return Finding(result, _figures(shown), (*failed, *open_points))


def _has_notice(ctx: Context, order: Order) -> bool:
    given = sa.select(Consent.id).where(
        Consent.customer_id == order.customer_id,
        Consent.purpose == ConsentPurpose.order,
        Consent.state == ConsentState.given,
        Consent.is_granted,
    )
    return ctx.session.execute(given.limit(1)).first() is not None


def _technical(ctx: Context, order: Order) -> Finding:
    custom = [line for line in order.lines if line.supply_mode is SupplyMode.custom]
    if not custom:
        return Finding(PASSED)
    drawings = sa.select(sa.func.count(Attachment.id)).where(
        Attachment.order_id == order.id, Attachment.withdrawn_at.is_(None)
    )
    count = ctx.session.scalar(drawings) or 0
    return Finding(PASSED if count else CONDITIONAL, f"{count} / {len(custom)}", () if count else ("no_drawing",))


def overridden(found: Mapping[ReviewCheck, Finding], decided: Mapping[str, ReviewResult]) -> list[ReviewCheck]:
    """The checks on which a person decided otherwise than the program."""
    return [check for check, finding in found.items() if decided[check.value] is not finding.result]
