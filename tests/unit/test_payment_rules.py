"""Payment plans, allocation and gates as tables: what goes in, what comes out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.payment import rules
from models.labels import Channel, OrderType, PaymentNature, ScheduleTrigger

D = Decimal
CAP = D(20)
T = ScheduleTrigger
MONEY = st.decimals(min_value=D("0.01"), max_value=D("9999999.99"), places=2)


def amounts(total: str, order_type: OrderType, channel: Channel, *, stock: bool, agreed: str = "0") -> list[str]:
    plan = rules.plan(order_type, channel, is_all_stock=stock)
    made = rules.instalments(D(total), plan, CAP, D(agreed))
    return [f"{part.share.nature} {part.share.trigger} {part.amount}" for part in made]


@pytest.mark.parametrize(
    ("total", "order_type", "channel", "stock", "agreed", "expected"),
    [
        ("9894.80", OrderType.retail, Channel.online_mall, True, "0", ["prepay on_confirm 9894.80"]),
        (
            "7000.00",
            OrderType.retail,
            Channel.phone,
            True,
            "0",
            ["deposit on_confirm 1400.00", "balance before_ship 5600.00"],
        ),
        # S02: the deposit is rounded down, the first payment is half of the total.
        (
            "12257.28",
            OrderType.retail,
            Channel.phone,
            False,
            "0",
            ["deposit on_confirm 2451.45", "prepay on_confirm 3677.19", "balance before_ship 6128.64"],
        ),
        (
            "12257.28",
            OrderType.retail,
            Channel.phone,
            False,
            "2000",
            ["deposit on_confirm 2000", "prepay on_confirm 4128.64", "balance before_ship 6128.64"],
        ),
        # W01: an agreed deposit above the cap is cut to it.
        (
            "12257.28",
            OrderType.retail,
            Channel.phone,
            False,
            "2451.46",
            ["deposit on_confirm 2451.45", "prepay on_confirm 3677.19", "balance before_ship 6128.64"],
        ),
        # S03.
        (
            "192096.00",
            OrderType.bulk,
            Channel.email,
            False,
            "0",
            [
                "deposit on_confirm 38419.20",
                "prepay on_confirm 19209.60",
                "progress before_ship 115257.60",
                "balance after_days 19209.60",
            ],
        ),
        (
            "100.01",
            OrderType.project,
            Channel.tender,
            False,
            "0",
            [
                "deposit on_confirm 20.00",
                "prepay on_confirm 10.00",
                "delivery on_delivery 30.01",
                "acceptance on_accept 35.00",
                "retention after_days 5.00",
            ],
        ),
        ("289800.00", OrderType.government, Channel.tender, False, "0", ["acceptance on_accept 289800.00"]),
        ("50.00", OrderType.other, Channel.onsite, True, "0", ["prepay on_confirm 50.00"]),
        ("0.00", OrderType.retail, Channel.phone, True, "0", []),
        ("0.01", OrderType.retail, Channel.phone, True, "0", ["balance before_ship 0.01"]),
    ],
)
def test_plan_when_made_then_follows_the_order_type(
    total: str, order_type: OrderType, channel: Channel, stock: bool, agreed: str, expected: list[str]
) -> None:
    assert amounts(total, order_type, channel, stock=stock, agreed=agreed) == expected


@given(total=MONEY, agreed=MONEY, order_type=st.sampled_from(OrderType), stock=st.booleans())
def test_plan_when_any_total_then_adds_up_and_keeps_the_cap(
    total: Decimal, agreed: Decimal, order_type: OrderType, stock: bool
) -> None:
    plan = rules.plan(order_type, Channel.phone, is_all_stock=stock)
    made = rules.instalments(total, plan, CAP, agreed)
    assert sum(part.amount for part in made) == total
    assert all(part.amount > 0 for part in made)
    deposit = sum(part.amount for part in made if part.share.nature is PaymentNature.deposit)
    assert deposit * 5 <= total


@given(money=MONEY, amounts=st.lists(MONEY))
def test_money_when_spread_then_fills_in_order_and_never_too_much(money: Decimal, amounts: list[Decimal]) -> None:
    parts = rules.greedy(money, amounts)
    assert sum(parts) == min(money, sum(amounts, D(0)))
    started = [part < amount for part, amount in zip(parts, amounts, strict=True)]
    # After the first instalment that stays open nothing is given any more.
    assert all(part == 0 for part in parts[started.index(True) + 1 :]) if True in started else True


@pytest.mark.parametrize(
    ("trigger", "days", "promised_on", "expected"),
    [
        (T.on_confirm, 0, date(2026, 12, 1), date(2026, 11, 24)),
        (T.before_production, 0, None, date(2026, 11, 24)),
        (T.before_ship, 0, date(2026, 12, 1), date(2026, 12, 1)),
        (T.after_days, 30, date(2026, 12, 1), date(2026, 12, 31)),
        (T.on_accept, 0, None, None),
    ],
)
def test_instalment_when_dated_then_follows_its_trigger(
    trigger: ScheduleTrigger, days: int, promised_on: date | None, expected: date | None
) -> None:
    share = rules.Share(PaymentNature.balance, trigger, D(10), days)
    assert rules.due_on(share, date(2026, 11, 24), promised_on) == expected


BULK = [
    (T.on_confirm, D(20), D("38419.20"), D("38419.20")),
    (T.on_confirm, D(10), D("19209.60"), D("19209.60")),
    (T.before_ship, D(60), D("115257.60"), D(0)),
    (T.after_days, D(10), D("19209.60"), D(0)),
]
BATCH_ONE_PAID = [*BULK[:2], (T.before_ship, D(60), D("115257.60"), D("79929.60")), BULK[3]]


@pytest.mark.parametrize(
    ("rows", "leaving", "missing"),
    [
        (BULK, None, "115257.60"),
        (BULK, "133216.00", "79929.60"),
        (BATCH_ONE_PAID, "133216.00", "0.00"),
        (BATCH_ONE_PAID, "192096.00", "35328.00"),
        ([(T.on_confirm, D(100), D("50.00"), D("20.00"))], None, "30.00"),
        ([(T.on_accept, D(100), D("50.00"), D("0.00"))], None, "0"),
    ],
)
def test_shipping_gate_when_read_then_names_what_is_missing(
    rows: list[tuple[ScheduleTrigger, Decimal, Decimal, Decimal]], leaving: str | None, missing: str
) -> None:
    assert rules.missing_before_shipping(rows, D(leaving) if leaving else None) == D(missing)


@pytest.mark.parametrize(
    ("amount", "ordered", "gone", "expected"),
    [
        ("108192.00", "120", "80", "72128.00"),
        ("68448.00", "120", "120", "68448.00"),
        ("68448.00", "120", "121", "68448.00"),
        ("100.00", "0", "1", "0"),
    ],
)
def test_goods_when_gone_then_worth_their_share(amount: str, ordered: str, gone: str, expected: str) -> None:
    assert rules.goods_value(D(amount), D(ordered), D(gone)) == D(expected)


@given(total=MONEY, first=st.decimals(min_value=D("0.01"), max_value=1, places=2), rate=st.integers(0, 13))
def test_invoices_when_split_in_two_then_tax_adds_up(total: Decimal, first: Decimal, rate: int) -> None:
    tax = (total * rate / 100).quantize(D("0.01"))
    part = max((total * first).quantize(D("0.01")), D("0.01"))
    tax_one = rules.tax_share(part, total, tax, total, tax)
    rest = total - part
    tax_two = rules.tax_share(rest, total, tax, rest, tax - tax_one) if rest > 0 else D(0)
    assert tax_one + tax_two == tax
    assert min(tax_one, tax_two) >= 0
