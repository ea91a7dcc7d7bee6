"""Money: exact, half up, nothing lost in a split."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import percent_of, rounded, rounded_down, split, tax_in

D = Decimal
amounts = st.decimals(min_value=0, max_value=D("9999999.99"), places=2)


@pytest.mark.parametrize(
    ("value", "result"), [("1.005", "1.01"), ("1.004", "1.00"), ("-1.005", "-1.01"), ("0", "0.00")]
)
def test_rounded_when_half_a_cent_then_up(value: str, result: str) -> None:
    assert rounded(D(value)) == D(result)


def test_rounded_down_when_cap_of_deposit_then_never_above_it() -> None:
    assert rounded_down(D("12257.28") * D("0.2")) == D("2451.45")


@pytest.mark.parametrize(
    ("gross", "tax"), [("6800.00", "782.30"), ("2720.00", "312.92"), ("200.00", "23.01"), ("174.80", "20.11")]
)
def test_tax_in_when_thirteen_per_cent_then_as_on_the_invoice(gross: str, tax: str) -> None:
    assert tax_in(D(gross), D(13)) == D(tax)


def test_percent_of_when_half_a_cent_then_up() -> None:
    assert percent_of(D("0.10"), D(5)) == D("0.01")


@given(amounts, st.lists(st.integers(min_value=0, max_value=1000), min_size=1, max_size=12))
def test_split_when_any_weights_then_the_parts_add_up(amount: Decimal, weights: list[int]) -> None:
    given_weights = [D(weight) for weight in weights]
    if sum(weights) == 0:
        with pytest.raises(ValueError, match="more than zero"):
            split(amount, given_weights)
        return
    parts = split(amount, given_weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, given_weights, strict=True):
        assert abs(part - amount * weight / sum(given_weights)) < D("0.01")


@given(amounts, st.decimals(min_value=0, max_value=100, places=3))
def test_tax_in_when_any_rate_then_net_and_tax_add_up(gross: Decimal, rate: Decimal) -> None:
    tax = tax_in(gross, rate)
    assert tax == rounded(tax)
    assert D(0) <= tax <= gross
