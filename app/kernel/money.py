"""Arithmetic of money: exact, half up, tax from the gross line."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
HUNDRED = Decimal(100)


def rounded(amount: Decimal, quantum: Decimal = CENT) -> Decimal:
    """Half up to the 分 (or the given quantum): the one rounding of the product."""
    return amount.quantize(quantum, rounding=ROUND_HALF_UP)


def rounded_down(amount: Decimal) -> Decimal:
    """Down to the 分: for caps that must not be passed, as the 20 % of the deposit."""
    return amount.quantize(CENT, rounding=ROUND_DOWN)


def tax_in(gross: Decimal, rate: Decimal) -> Decimal:
    """The tax in a gross amount: gross - round(gross / (1 + rate), 2); ``rate`` in per cent."""
    return gross - rounded(gross / (1 + rate / HUNDRED))


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    """``percent`` of an amount, rounded half up."""
    return rounded(amount * percent / HUNDRED)


def split(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Splits an amount in proportion to the weights; the parts add up exactly (largest remainder).

    Raises:
        ValueError: no weight is above zero.
    """
    total = sum(weights, Decimal(0))
    if total <= 0:
        msg = "weights must add up to more than zero"
        raise ValueError(msg)
    exact = [amount * weight / total for weight in weights]
    parts = [value.quantize(CENT, rounding=ROUND_DOWN) for value in exact]
    missing = int((amount - sum(parts, Decimal(0))) / CENT)
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: abs(missing)]:
        parts[i] += CENT if missing > 0 else -CENT
    return parts
