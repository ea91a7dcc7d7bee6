"""Guards of the order's steps: each looks at the record and returns a reason or nothing."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import Reason
from app.kernel.money import HUNDRED, rounded_down
from app.services.order import flags, rules
from app.services.order.pricing import content_of
from models.labels_money import RefundReason, RefundState
from models.labels_order import OrderType
from models.order import Order
from models.payment import Refund

ZERO = Decimal(0)


def has_lines(_ctx: Context, order: Order) -> Reason | None:
    """An order without goods is none."""
    if any(line.qty_ordered > ZERO for line in order.lines):
        return None
    return Reason("no_lines", _l("Add at least one line first."))


def is_complete(_ctx: Context, order: Order) -> Reason | None:
    """The mandatory set of clause 12(3)."""
    missing = [
        str(Order.__table__.columns[name].info["label"])
        for name in ("receiver_name", "receiver_phone", "ship_city", "ship_address", "requested_on", "delivery_mode")
        if not getattr(order, name)
    ]
    if not missing:
        return None
    return Reason("incomplete", _l("Still missing: %(fields)s."), {"fields": "、".join(missing)})


def is_deposit_legal(ctx: Context, order: Order) -> Reason | None:
    """The agreed deposit is at most a fifth of the total (民法典 586). W01. No figure: it would tell the total."""
    if deposit_fault(ctx, order) is None:
        return None
    return Reason("deposit_over_cap", _l("The deposit is above the highest one by law: lower it."))


def deposit_fault(ctx: Context, order: Order) -> Reason | None:
    """The same with the highest deposit, for who types it."""
    cap = rules.deposit_cap(order.total_amount, ctx.policy["pay.deposit_cap_pct"])
    if order.deposit_amount <= cap:
        return None
    return Reason("deposit_over_cap", rules.DEPOSIT_OVER_CAP, {"cap": f"{cap:,.2f}"})


def bond_cap(ctx: Context, order: Order) -> Decimal | None:
    """The highest performance bond of a government purchase (政府采购法实施条例 48); None for other orders."""
    if order.order_type is not OrderType.government:
        return None
    return rounded_down((order.award_amount or order.total_amount) * ctx.policy["bond.gov_pct"] / HUNDRED)


def is_bond_legal(ctx: Context, order: Order) -> Reason | None:
    """The agreed performance bond is within its cap. No figure: it would tell the total."""
    if bond_fault(ctx, order, order.bond_amount) is None:
        return None
    return Reason("bond_over_cap", _l("The performance bond is above the highest one by law: lower it."))


def bond_fault(ctx: Context, order: Order, amount: Decimal) -> Reason | None:
    """The same of an amount, with the highest one, for who types it."""
    cap = bond_cap(ctx, order)
    if cap is None or amount <= cap:
        return None
    pct = f"{ctx.policy['bond.gov_pct'].normalize():f}"
    return Reason("bond_over_cap", rules.BOND_OVER_CAP, {"cap": f"{cap:,.2f}", "pct": pct})


def is_direct_customer(_ctx: Context, order: Order) -> Reason | None:
    """Clause 2: dealers have their own channel; a blocked customer is decided on first."""
    if order.customer.is_dealer:
        return Reason("dealer", _l("This customer is a dealer: dealer orders are not handled here."))
    if order.customer.merged_into_id is not None:
        return Reason("merged", _l("This file was merged into another one: choose that customer."))
    if order.customer.is_blacklisted:
        return Reason("blacklisted", _l("This customer is blocked: ask finance before going on."))
    return None


def needs_committee(ctx: Context, order: Order) -> Reason | None:
    """Only large and special orders go to the committee. Clause 13(2)."""
    if flags.findings(ctx, order):
        return None
    return Reason("not_for_committee", _l("The order is neither large nor special: pass the review yourself."))


def needs_no_committee(ctx: Context, order: Order) -> Reason | None:
    """A large or special order passes only by the committee. Clause 13(2)."""
    if not flags.findings(ctx, order):
        return None
    return Reason("needs_committee", _l("A large or special order: submit it to the committee."))


def matches_award(_ctx: Context, order: Order) -> Reason | None:
    """A tender is entered as it was awarded (domain/02 2.1, article 15 (七))."""
    if order.award_amount in {ZERO, order.goods_amount}:
        return None
    return Reason(
        "not_as_awarded", _l("The lines do not add up to the awarded amount: correct the lines or the amount.")
    )


def has_changed(_ctx: Context, order: Order) -> Reason | None:
    """Only another content voids what was reviewed."""
    if order.content_hash != rules.content_hash(content_of(order)):
        return None
    return Reason("unchanged", _l("Nothing has changed since the review."))


def has_no_contract_yet(_ctx: Context, order: Order) -> Reason | None:
    """Where a contract exists the company cannot reject, only cancel with its consequences (domain/00 0.3)."""
    if rules.is_contract_formed(order.channel, order.paid_amount):
        return Reason("contract_formed", _l("A contract exists already: cancel the order instead of rejecting it."))
    return None


def is_unchanged_since_review(_ctx: Context, order: Order) -> Reason | None:
    """The letter is made from the reviewed content only. Clause 13(3)."""
    if order.content_hash == rules.content_hash(content_of(order)):
        return None
    return Reason("changed_since_review", _l("The order has changed since its review: review it again."))


def is_on_hold(_ctx: Context, order: Order) -> Reason | None:
    """Only a held order can be released."""
    return None if order.is_on_hold else Reason("not_on_hold", _l("The order is not on hold."))


def is_not_on_hold(_ctx: Context, order: Order) -> Reason | None:
    """A held order stands still."""
    if not order.is_on_hold:
        return None
    return Reason("on_hold", _l("The order is on hold: %(reason)s"), {"reason": order.hold_reason or "—"})


def settled_amount(ctx: Context, order: Order) -> Decimal:
    """What an order was paid, less what went back for a cancellation; other refunds are conceded, nobody owes them."""
    cancelled = sa.select(sa.func.sum(Refund.amount)).where(
        Refund.order_id == order.id,
        Refund.state == RefundState.executed,
        Refund.reason == RefundReason.cancel,
        Refund.cancellation_id.is_(None),
    )
    return order.paid_amount - (ctx.session.scalar(cancelled) or ZERO)


def is_paid(ctx: Context, order: Order) -> Reason | None:
    """An order closes when its money is in. Imported history carries no payments."""
    if order.origin == "imported" or settled_amount(ctx, order) >= order.total_amount:
        return None
    return Reason("not_paid", _l("The order is not fully paid yet."))


def is_import(ctx: Context, order: Order) -> Reason | None:
    """History enters through the import alone: nobody may call an order of today completed."""
    if ctx.origin == "importer" and order.origin == "imported":
        return None
    return Reason("import_only", _l("Only the import of past orders uses this step."))


def is_every_line_accepted(_ctx: Context, order: Order) -> Reason | None:
    """Completed only when every line is accepted. Clause 14(4)."""
    if all(line.qty_accepted == line.qty_ordered - line.qty_cancelled for line in order.lines):
        return None
    return Reason("not_accepted", _l("Not every line has been accepted yet."))
