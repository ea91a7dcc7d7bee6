"""Until when a person's data is kept, and what keeps it longer (domain/02 2.4): values in, a date or reasons out."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

MONTHS_OF_A_YEAR = 12


@dataclass(frozen=True)
class Terms:
    """The parameters: whole months and years."""

    inquiry_months: int
    warranty_years: int
    completion_years: int
    proof_years: int


@dataclass(frozen=True)
class PastOrder:
    """What is known of an order that has ended. Amounts in CNY; the days are Shanghai days."""

    ended_on: date
    warranty_to_on: date | None = None


@dataclass(frozen=True)
class Past:
    """What is known of a person. ``asked_to_delete``: an answered request, so nothing but the law keeps him."""

    last_contact_on: date
    orders: Sequence[PastOrder] = ()
    withdrawn_on: date | None = None
    asked_to_delete: bool = False


def after(day: date, *, months: int) -> date:
    """The same day so many months later; the last of the month where there is none."""
    total = day.year * MONTHS_OF_A_YEAR + day.month - 1 + months
    year, month = divmod(total, MONTHS_OF_A_YEAR)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def kept_until(past: Past, terms: Terms) -> date:
    """The last day on which a person's data is kept. Orders bind by law; the rest ends with its purpose."""
    ends = [kept_for_order(order, terms) for order in past.orders]
    if past.asked_to_delete:
        return max([*ends, past.last_contact_on - timedelta(days=1)])
    if not past.orders:
        ends.append(after(past.last_contact_on, months=terms.inquiry_months))
    if past.withdrawn_on is not None:
        ends.append(after(past.withdrawn_on, months=MONTHS_OF_A_YEAR * terms.proof_years))
    return max(ends)


def kept_for_order(order: PastOrder, terms: Terms) -> date:
    """Three years after the warranty, and five after the completion at least (delivered values)."""
    end = after(order.ended_on, months=MONTHS_OF_A_YEAR * terms.completion_years)
    if order.warranty_to_on is None:
        return end
    return max(end, after(order.warranty_to_on, months=MONTHS_OF_A_YEAR * terms.warranty_years))


def is_settled(total: Decimal, paid: Decimal, refunded: Decimal, *, is_cancelled: bool) -> bool:
    """Whether nothing is owed either way: paid in full, or given back in full where the order was cancelled."""
    kept = paid - refunded
    return kept <= total if is_cancelled else kept == total
