"""Rules of products and stock as functions of values: no session, no framework."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from pypinyin import Style, lazy_pinyin

from app.kernel import search

ZERO = Decimal(0)
SEARCH_LENGTH = 400


def search_text(sku_code: str, name: str, series: str | None) -> str:
    """What a product is found by: article number, name and its pieces, series, full pinyin, initials."""
    spelled = "".join(lazy_pinyin(name))
    initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
    return search.search_text((sku_code, name, series), name, (spelled, initials), length=SEARCH_LENGTH)


def spread(qty: Decimal, available: Iterable[Decimal]) -> list[Decimal]:
    """How a quantity is taken from stocks one after the other; the sum is below ``qty`` where they are short."""
    parts = []
    for amount in available:
        part = max(min(qty, amount), ZERO)
        parts.append(part)
        qty -= part
    return parts
