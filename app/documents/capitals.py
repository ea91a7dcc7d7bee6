"""Amounts in Chinese capitals, as banks and contracts write them (人民币壹佰元整)."""

from __future__ import annotations

from decimal import Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")
# Below it a group of four digits begins with a nought.
THOUSAND = 1_000
LARGEST = Decimal(10) ** 16


def capitals(amount: Decimal) -> str:
    """An amount of CNY in capitals, by the rules of the Payment and Settlement Measures (支付结算办法, annex 1).

    Raises:
        ValueError: more than two places, or too large to write.
    """
    if amount != amount.quantize(Decimal("0.01")) or abs(amount) >= LARGEST:
        msg = f"{amount} cannot be written in capitals"
        raise ValueError(msg)
    sign = "负" if amount < 0 else ""
    whole, cents = divmod(int(abs(amount) * 100), 100)
    jiao, fen = divmod(cents, 10)
    text = f"{_whole(whole)}元" if whole else ""
    if not cents:
        return f"人民币{sign}{text or '零元'}整"
    # A nought stands for the missing 角, and between the 元 and the 角 where the 元 end with one.
    if jiao:
        text += ("零" if whole and whole % 10 == 0 else "") + f"{DIGITS[jiao]}角"
    elif whole:
        text += "零"
    return f"人民币{sign}{text}" + (f"{DIGITS[fen]}分" if fen else "整")


def _whole(number: int) -> str:
    text, is_gap = "", False
    for place in range(len(GROUPS) - 1, -1, -1):
        group = number // 10_000**place % 10_000
        if not group:
            is_gap = bool(text)
            continue
        if text and (is_gap or group < THOUSAND):
            text += "零"
        text, is_gap = text + _group(group) + GROUPS[place], False
    return text


def _group(number: int) -> str:
    text, is_gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if not digit:
            is_gap = bool(text)
            continue
        text, is_gap = text + ("零" if is_gap else "") + DIGITS[digit] + PLACES[place], False
    return text
