"""Arithmetic and rules of an order as functions of values: no session, no framework."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any, Protocol

from flask_babel import lazy_gettext as _l

from app.kernel.money import HUNDRED, rounded, rounded_down, tax_in
from models.labels_order import Channel, OrderState, OrderType

ZERO = Decimal(0)
# The quantities of a line of which everything has been done.
FULL_HISTORY = ("qty_produced", "qty_qc_passed", "qty_shipped", "qty_delivered", "qty_installed", "qty_accepted")
FOUR_PLACES = Decimal("0.0001")
GROUND_FLOOR = 1
DEPOSIT_OVER_CAP = _l(
    "By law a deposit is at most a fifth of the total: here %(cap)s. Agree the rest as advance payment."
)
BOND_OVER_CAP = _l("By law a performance bond is at most %(pct)s %% of the contract: here %(cap)s. Lower it.")

# Rank of the states that follow from quantities; the walk goes up this ladder, and down one rung when goods come back.
LADDER = (
    OrderState.confirmed,
    OrderState.in_production,
    OrderState.ready_to_ship,
    OrderState.partly_shipped,
    OrderState.shipped,
    OrderState.delivered,
    OrderState.pending_acceptance,
    OrderState.completed,
)
CREDIT_TYPES = frozenset({OrderType.project, OrderType.government, OrderType.bulk})


class LineQuantities(Protocol):
    """The quantities of a line that the state of its order follows from."""

    qty_ordered: Decimal
    qty_cancelled: Decimal
    qty_produced: Decimal
    qty_qc_passed: Decimal
    qty_shipped: Decimal
    qty_back: Decimal
    qty_delivered: Decimal
    qty_installed: Decimal
    qty_accepted: Decimal
    needs_install: bool


@dataclass(frozen=True)
class LinePrice:
    """What a line costs: unit price with four places, amount and the tax in it with two."""

    unit_price: Decimal
    amount: Decimal
    tax: Decimal


def line_price(list_price: Decimal, discount_pct: Decimal, qty: Decimal, tax_rate: Decimal) -> LinePrice:
    """Price of a line after discount. Line tax = gross - round(gross / (1 + rate), 2)."""
    unit = rounded(list_price * (HUNDRED - discount_pct) / HUNDRED, FOUR_PLACES)
    amount = rounded(unit * qty)
    return LinePrice(unit, amount, tax_in(amount, tax_rate))


def package_sets(qty: Decimal, pieces_per_pack: int) -> int:
    """How many sets of packages carry ``qty`` pieces: four chairs, two to a package, are two."""
    return int((qty / pieces_per_pack).to_integral_value(ROUND_CEILING))


def upstairs_fee(floor: int, volume: Decimal, rate: Decimal) -> Decimal:
    """Carrying up without a lift: floors above the first x CBM x rate (¥/CBM/floor)."""
    return rounded(max(floor - GROUND_FLOOR, 0) * volume * rate)


def deposit_cap(total: Decimal, cap_pct: Decimal) -> Decimal:
    """The highest deposit of a total, rounded down to the cent."""
    return rounded_down(total * cap_pct / HUNDRED)


def is_late_entry(received_at: datetime, now: datetime, hours: Decimal) -> bool:
    """Whether the entry limit has passed. Clause 12(2)."""
    return now - received_at > timedelta(hours=float(hours))


def is_large(order_type: OrderType, total: Decimal, policy: Mapping[str, Decimal]) -> bool:
    """Whether the committee must decide because of the amount. Clause 13(2)."""
    return total >= policy[f"appr.large.{order_type}"]


def special_flags(discounts: Iterable[Decimal], amounts: Iterable[Decimal], policy: Mapping[str, Decimal]) -> list[str]:
    """The flags of domain/06 6.2 that follow from the lines alone: F01 discount above the lead's, F02 free goods."""
    flags = []
    if any(discount > policy["appr.discount.lead"] for discount in discounts):
        flags.append("F01")
    if any(amount == ZERO for amount in amounts):
        flags.append("F02")
    return flags


def is_contract_formed(channel: Channel, paid: Decimal) -> bool:
    """Whether refusing would break a contract: a mall order is one from its submission, a paid one in any case."""
    return channel is Channel.online_mall or paid > ZERO


def derived_state(lines: Sequence[LineQuantities], *, is_started: bool, is_settled: bool) -> OrderState:
    """The state of a confirmed order as its lines tell it (domain/04 4.3)."""
    nets = [(line, line.qty_ordered - line.qty_cancelled) for line in lines]
    open_lines = [(line, net) for line, net in nets if net > ZERO]

    def every(test: Any) -> bool:
        return bool(open_lines) and all(test(line, net) for line, net in open_lines)

    if every(lambda line, net: line.qty_delivered == net):
        if every(lambda line, net: line.qty_accepted == net) and is_settled:
            return OrderState.completed
        if every(lambda line, net: not line.needs_install or line.qty_installed == net):
            return OrderState.pending_acceptance
        return OrderState.delivered
    if every(lambda line, net: line.qty_shipped - line.qty_back == net):
        return OrderState.shipped
    if any(line.qty_shipped > ZERO for line, _ in nets):
        return OrderState.partly_shipped
    if any(line.qty_qc_passed > ZERO for line, _ in nets):
        return OrderState.ready_to_ship
    return OrderState.in_production if is_started else OrderState.confirmed


def is_settled(order_type: OrderType, total: Decimal, paid: Decimal) -> bool:
    """Whether the goods money stands in no way of completion: paid, or on the credit that bulk orders agree on."""
    return paid >= total or order_type in CREDIT_TYPES


def is_tax_rate(rate: Decimal | None) -> bool:
    """Whether a rate in per cent can be one: 0 to 100."""
    return rate is not None and Decimal(0) <= rate <= Decimal(100)


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of the content an approval and a letter are bound to; the order of keys does not matter."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
