"""Amounts in Chinese capitals, by the examples of the Payment and Settlement Measures and the scenarios."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.documents.capitals import capitals


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
        ("107000.53", "壹拾万柒仟元零伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("9894.80", "玖仟捌佰玖拾肆元捌角整"),
        ("0.00", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("10.00", "壹拾元整"),
        ("100005.00", "壹拾万零伍元整"),
        ("20300405.67", "贰仟零叁拾万零肆佰零伍元陆角柒分"),
        ("100010000.00", "壹亿零壹万元整"),
        ("1000000000001.00", "壹万亿零壹元整"),
        ("-12.00", "负壹拾贰元整"),
    ],
)
def test_amount_when_written_in_capitals_then_as_banks_write_it(amount: str, text: str) -> None:
    assert capitals(Decimal(amount)) == f"人民币{text}"


@pytest.mark.parametrize("amount", ["0.001", "10000000000000000.00"])
def test_amount_when_it_has_no_capitals_then_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        capitals(Decimal(amount))
