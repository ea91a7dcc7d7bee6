"""Rules of money as functions of values: no session, no framework."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.kernel.money import percent_of, rounded, rounded_down
from models.labels import Channel, OrderType, PaymentNature, ScheduleTrigger

ZERO = Decimal(0)
HUNDRED = Decimal(100)
YEAR = 365

# Due before goods leave the house; the rest falls due with delivery or later.
BEFORE_SHIPPING = (ScheduleTrigger.on_confirm, ScheduleTrigger.before_production, ScheduleTrigger.before_ship)
# Of a bulk order each batch is paid before it leaves (domain/05 5.3).
BATCHED_TYPES = frozenset({OrderType.bulk})


@dataclass(frozen=True)
class Share:
    """One instalment of a plan: its nature, what makes it due, its share in per cent, days after that."""

    nature: PaymentNature
    trigger: ScheduleTrigger
    percent: Decimal
    days: int = 0


@dataclass(frozen=True)
class Instalment:
    """A share of a certain total."""

    share: Share
    amount: Decimal


def _share(nature: PaymentNature, trigger: ScheduleTrigger, percent: int, days: int = 0) -> Share:
    return Share(nature, trigger, Decimal(percent), days)


N, T = PaymentNature, ScheduleTrigger
PAID_AHEAD = (_share(N.prepay, T.on_confirm, 100),)
STOCK_PLAN = (_share(N.deposit, T.on_confirm, 20), _share(N.balance, T.before_ship, 80))
MADE_PLAN = (
    _share(N.deposit, T.on_confirm, 20),
    _share(N.prepay, T.on_confirm, 30),
    _share(N.balance, T.before_ship, 50),
)
BULK_PLAN = (
    _share(N.deposit, T.on_confirm, 20),
    _share(N.prepay, T.on_confirm, 10),
    _share(N.progress, T.before_ship, 60),
    _share(N.balance, T.after_days, 10, 30),
)
PROJECT_PLAN = (
    _share(N.deposit, T.on_confirm, 20),
    _share(N.prepay, T.on_confirm, 10),
    _share(N.delivery, T.on_delivery, 30),
    _share(N.acceptance, T.on_accept, 35),
    _share(N.retention, T.after_days, 5, YEAR),
)
GOVERNMENT_PLAN = (_share(N.acceptance, T.on_accept, 100, 30),)


def plan(order_type: OrderType, channel: Channel, *, is_all_stock: bool) -> Sequence[Share]:
    """The default payment plan of an order (domain/05 5.3). Orders of type other are paid ahead unless approved."""
    if order_type is OrderType.retail:
        if not is_all_stock:
            return MADE_PLAN
        return PAID_AHEAD if channel is Channel.online_mall else STOCK_PLAN
    plans = {
        OrderType.bulk: BULK_PLAN,
        OrderType.project: PROJECT_PLAN,
        OrderType.government: GOVERNMENT_PLAN,
    }
    return plans.get(order_type, PAID_AHEAD)


def instalments(total: Decimal, shares: Sequence[Share], deposit_cap_pct: Decimal, agreed: Decimal) -> list[Instalment]:
    """The shares of a total; they add up to it exactly, and none is zero.

    The deposit is rounded down and never above its cap (W01); what it leaves out is paid with the next share.

    Args:
        agreed: the deposit agreed with the customer; 0 for the share of the plan.
    """
    found: list[Instalment] = []
    reached, percent = ZERO, ZERO
    for share in shares:
        percent += share.percent
        amount = percent_of(total, percent) - reached
        if share.nature is PaymentNature.deposit:
            cap = rounded_down(total * min(deposit_cap_pct, share.percent) / HUNDRED)
            amount = min(agreed, cap) if agreed > ZERO else cap
        reached += amount
        if amount > ZERO:
            found.append(Instalment(share, amount))
    return found


def due_on(share: Share, today: date, promised_on: date | None) -> date | None:
    """When an instalment is expected: at once, by the promised day, or days after it; None without a promise."""
    if share.trigger in {ScheduleTrigger.on_confirm, ScheduleTrigger.before_production}:
        return today
    if promised_on is None or promised_on > date.max - timedelta(days=share.days):
        return None
    return promised_on + timedelta(days=share.days)


def greedy(money: Decimal, open_amounts: Iterable[Decimal]) -> list[Decimal]:
    """How money fills open amounts one after the other."""
    parts = []
    for amount in open_amounts:
        part = max(min(money, amount), ZERO)
        parts.append(part)
        money -= part
    return parts


def missing_before_shipping(
    rows: Iterable[tuple[ScheduleTrigger, Decimal, Decimal, Decimal]], leaving: Decimal | None
) -> Decimal:
    """What is still to be paid before goods leave.

    Args:
        rows: trigger, percent, amount and paid amount of each instalment.
        leaving: value of all goods gone with this shipment, where each batch is paid before it leaves; None where
            everything is paid before the first.
    """
    missing = ZERO
    for trigger, percent, amount, paid in rows:
        if trigger not in BEFORE_SHIPPING:
            continue
        due = amount
        if leaving is not None and trigger is ScheduleTrigger.before_ship:
            due = min(percent_of(leaving, percent), amount)
        missing += max(due - paid, ZERO)
    return missing


def goods_value(line_amount: Decimal, ordered: Decimal, gone: Decimal) -> Decimal:
    """The value of the goods of a line that have left for good: a replacement is not paid twice."""
    return rounded(line_amount * min(gone, ordered) / ordered) if ordered > ZERO else ZERO


@dataclass(frozen=True)
class Late:
    """Goods that came late: their value, CNY incl. tax and their share of the fees, and by how many days."""

    value: Decimal
    days: int


def late_compensation(goods: Iterable[Late], daily_pct: Decimal, cap_pct: Decimal) -> Decimal:
    """What is owed for late goods: a share of their value a day, up to the cap (domain/02 2.3)."""
    return sum((percent_of(each.value, min(daily_pct * each.days, cap_pct)) for each in goods), ZERO)


def interest(share: Decimal, held: Iterable[tuple[Decimal, int]], daily_pct: Decimal) -> Decimal:
    """Simple interest on a share of payments, given as (amount, days held); each gives the share its part."""
    found = list(held)
    total = sum((amount for amount, _ in found), ZERO)
    if total <= ZERO:
        return ZERO
    days = sum((amount * max(each, 0) for amount, each in found), ZERO) / total
    return rounded(share * days * daily_pct / HUNDRED)


def tax_share(gross: Decimal, total: Decimal, tax: Decimal, left: Decimal, tax_left: Decimal) -> Decimal:
    """The tax in a part of an order's total; the last part takes what is left, so that the parts add up.

    Nothing where the other parts hold more than all of it already: goods of a higher rate were invoiced and cancelled.
    """
    share = tax_left if gross == left else min(rounded(tax * gross / total), tax_left)
    return max(share, ZERO)


@dataclass(frozen=True)
class Held:
    """An instalment as it stands: whether it is the deposit, its amount, and what was paid of it."""

    is_deposit: bool
    amount: Decimal
    paid: Decimal


@dataclass(frozen=True)
class Replanned:
    """What an instalment becomes, and how much of what was paid leaves it."""

    amount: Decimal
    taken: Decimal


def replanned(rows: Sequence[Held], before: Decimal, after: Decimal, *, is_pro_rata: bool) -> list[Replanned]:
    """Every instalment scaled from one total to another; they add up to the new one, a deposit is rounded down.

    Args:
        is_pro_rata: the lost part takes its share of every payment along; else only what no longer fits leaves.
    """
    found: list[Replanned] = []
    reached, passed = ZERO, ZERO
    lost = max(before - after, ZERO)
    for row in rows:
        passed += row.amount
        exact = passed * after / before if before > ZERO else ZERO
        amount = max((rounded_down(exact) if row.is_deposit else rounded(exact)) - reached, ZERO)
        reached += amount
        share = rounded(row.paid * lost / before) if is_pro_rata and before > ZERO else ZERO
        found.append(Replanned(amount, min(max(share, row.paid - amount), row.paid)))
    return found
