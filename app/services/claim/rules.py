"""The arithmetic of late interest: values in, values out; no session, no framework."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.kernel.money import HUNDRED, rounded

ZERO = Decimal(0)


@dataclass(frozen=True)
class Part:
    """A part of an instalment: ``until_on`` is the day it came in, or today where it is still open."""

    amount: Decimal
    due_on: date
    until_on: date

    @property
    def days(self) -> int:
        """Days late: the first is the day after the due date, the last the day of the money."""
        return max((self.until_on - self.due_on).days, 0)


@dataclass(frozen=True)
class Late:
    """What came late of an order, and the interest on it by each part's own days."""

    amount: Decimal
    due_on: date
    until_on: date
    days: int
    interest: Decimal


def late_interest(parts: Iterable[Part], daily_pct: Decimal) -> Late | None:
    """Simple interest on what came late (条例 17: 0.05 % a day where nothing is agreed); None where nothing did."""
    found = [part for part in parts if part.days and part.amount > ZERO]
    if not found:
        return None
    weighed = sum((part.amount * part.days for part in found), ZERO)
    return Late(
        amount=sum((part.amount for part in found), ZERO),
        due_on=min(part.due_on for part in found),
        until_on=max(part.until_on for part in found),
        days=max(part.days for part in found),
        interest=rounded(weighed * daily_pct / HUNDRED),
    )
