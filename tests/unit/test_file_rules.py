"""Rules of customer files, products, production, inspection and service as tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.customer import rules as customers
from app.services.product import rules as products
from app.services.production import rules as production
from app.services.quality import rules as quality
from app.services.ticket import rules as tickets

D = Decimal
QUANTITY = st.decimals(min_value=0, max_value=999, places=3)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("138 0000 5621", "13800005621"),
        ("+86-138-0000-5621", "13800005621"),
        ("0086 13800005621", "13800005621"),
        ("0571-88886666", "057188886666"),
        (" ", None),
        (None, None),
    ],
)
def test_phone_when_typed_then_kept_plain(typed: str | None, plain: str | None) -> None:
    assert customers.plain_phone(typed) == plain


@pytest.mark.parametrize(
    ("code", "valid"),
    [
        ("91350100M000100Y43", True),
        ("91350100M000100Y44", False),
        ("91350100M000100Y4", False),
        ("91350100M000100IY3", False),
        ("91350100m000100y43", False),
    ],
)
def test_credit_code_when_checked_then_its_last_character_counts(code: str, valid: bool) -> None:
    assert customers.is_uscc(code) is valid


@given(st.text(customers.ALPHABET, min_size=17, max_size=17), st.integers(0, 16))
def test_credit_code_when_one_character_is_wrong_then_refused(body: str, place: int) -> None:
    code = body + customers.check_character(body)
    assert customers.is_uscc(code)
    other = customers.ALPHABET[(customers.ALPHABET.index(code[place]) + 1) % len(customers.ALPHABET)]
    assert not customers.is_uscc(code[:place] + other + code[place + 1 :])


@pytest.mark.parametrize(
    ("name", "phone", "found"),
    [
        ("林晓雯", "13800005621", "林晓雯 cus-00000001 13800005621 林晓 晓雯 linxiaowen lxw"),
        ("王芳", None, "王芳 cus-00000001 王芳 wangfang wf"),
        ("杭州云启店", None, "杭州云启店 cus-00000001 杭州 州云 云启 启店 hangzhouyunqidian hzyqd"),
        ("IKEA", None, "ikea cus-00000001"),
    ],
)
def test_customer_when_indexed_then_found_by_name_pinyin_and_initials(name: str, phone: str | None, found: str) -> None:
    assert customers.search_text(name, "CUS-00000001", phone) == found


def test_customer_when_the_name_is_long_then_index_fits_its_column() -> None:
    assert len(customers.search_text("林" * 100, "CUS-00000001", "13800005621")) == customers.SEARCH_LENGTH


def test_product_when_indexed_then_found_by_number_name_and_pinyin() -> None:
    assert (
        products.search_text("CHR-NORD-01", "北欧餐椅", "NORD")
        == "chr-nord-01 北欧餐椅 nord 北欧 欧餐 餐椅 beioucanyi bocy"
    )


@given(QUANTITY, st.lists(QUANTITY))
def test_quantity_when_spread_then_never_more_than_available(qty: Decimal, available: list[Decimal]) -> None:
    parts = products.spread(qty, available)
    assert sum(parts) == min(qty, sum(available, D(0)))
    assert all(part <= amount for part, amount in zip(parts, available, strict=True))


@pytest.mark.parametrize(("qty", "done", "left"), [("24", "20", "4"), ("24", "24", "0"), ("24", "25", "0")])
def test_task_when_reported_then_the_rest_remains(qty: str, done: str, left: str) -> None:
    assert production.remaining(D(qty), D(done)) == D(left)


@pytest.mark.parametrize(("percent", "earlier", "back"), [(40, 50, True), (50, 50, False), (60, 50, False)])
def test_progress_when_it_falls_then_noticed(percent: int, earlier: int, back: bool) -> None:
    assert production.is_step_back(percent, D(earlier)) is back


@pytest.mark.parametrize(("passed", "failed", "fits"), [("21", "3", True), ("21", "2", False), ("24", "1", False)])
def test_result_when_counted_then_every_piece_has_one(passed: str, failed: str, fits: bool) -> None:
    assert quality.adds_up(D(24), D(passed), D(failed)) is fits


@pytest.mark.parametrize(
    ("day", "covered"),
    [
        (date(2026, 11, 26), False),
        (date(2026, 11, 27), True),
        (date(2028, 11, 27), True),
        (date(2028, 11, 28), False),
    ],
)
def test_warranty_when_asked_then_first_and_last_day_count(day: date, covered: bool) -> None:
    assert tickets.is_in_warranty(day, date(2026, 11, 27), date(2028, 11, 27)) is covered


def test_warranty_when_it_has_not_begun_then_covers_nothing() -> None:
    assert not tickets.is_in_warranty(date(2026, 11, 27), None, None)
