"""Rules of an order as tables: what goes in, what comes out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.services.order import rules
from app.services.order.progress import add_months, next_step
from models.labels import Channel, OrderState, OrderType

D = Decimal
POLICY = {
    "appr.large.retail": D(100000),
    "appr.large.bulk": D(300000),
    "appr.discount.lead": D(10),
}


@dataclass(frozen=True)
class Line:
    """Quantities of a line of four pieces."""

    qty_ordered: Decimal = D(4)
    qty_cancelled: Decimal = D(0)
    qty_produced: Decimal = D(0)
    qty_qc_passed: Decimal = D(0)
    qty_shipped: Decimal = D(0)
    qty_back: Decimal = D(0)
    qty_delivered: Decimal = D(0)
    qty_installed: Decimal = D(0)
    qty_accepted: Decimal = D(0)
    needs_install: bool = True


@pytest.mark.parametrize(
    ("list_price", "discount", "qty", "unit", "amount", "tax"),
    [
        ("6800", "0", "1", "6800.0000", "6800.00", "782.30"),
        ("680", "0", "4", "680.0000", "2720.00", "312.92"),
        ("1280", "5", "5.760", "1216.0000", "7004.16", "805.79"),
        ("1280", "5", "4.320", "1216.0000", "5253.12", "604.34"),
        ("0", "0", "3", "0.0000", "0.00", "0.00"),
    ],
)
def test_line_price_when_priced_then_tax_is_taken_out_of_the_gross_line(
    list_price: str, discount: str, qty: str, unit: str, amount: str, tax: str
) -> None:
    price = rules.line_price(D(list_price), D(discount), D(qty), D(13))
    assert (price.unit_price, price.amount, price.tax) == (D(unit), D(amount), D(tax))


@pytest.mark.parametrize(("qty", "per_pack", "sets"), [("4", 2, 2), ("5", 2, 3), ("1", 1, 1), ("0", 2, 0)])
def test_package_sets_when_pieces_share_packages_then_rounds_up(qty: str, per_pack: int, sets: int) -> None:
    assert rules.package_sets(D(qty), per_pack) == sets


def test_upstairs_fee_when_fifth_floor_without_lift_then_four_floors_are_charged() -> None:
    assert rules.upstairs_fee(5, D("2.185"), D(20)) == D("174.80")
    assert rules.upstairs_fee(1, D("2.185"), D(20)) == D("0.00")


def test_late_entry_when_exactly_24_hours_then_still_on_time() -> None:
    received = datetime(2026, 11, 23, 12, 15, tzinfo=UTC)
    assert not rules.is_late_entry(received, received + timedelta(hours=24), D(24))
    assert rules.is_late_entry(received, received + timedelta(hours=24, seconds=1), D(24))


@pytest.mark.parametrize(
    ("order_type", "total", "large"),
    [(OrderType.retail, "99999.99", False), (OrderType.retail, "100000", True), (OrderType.bulk, "192096", False)],
)
def test_is_large_when_threshold_of_type_reached_then_true(order_type: OrderType, total: str, large: bool) -> None:
    assert rules.is_large(order_type, D(total), POLICY) is large


def test_special_flags_when_discount_above_the_leads_or_free_goods_then_flagged() -> None:
    assert rules.special_flags([D(10)], [D(5)], POLICY) == []
    assert rules.special_flags([D("10.001")], [D(5)], POLICY) == ["F01"]
    assert rules.special_flags([D(0)], [D(0)], POLICY) == ["F02"]


@pytest.mark.parametrize(
    ("channel", "paid", "formed"),
    [(Channel.online_mall, "0", True), (Channel.phone, "0", False), (Channel.phone, "1", True)],
)
def test_contract_when_mall_order_or_paid_then_formed(channel: Channel, paid: str, formed: bool) -> None:
    assert rules.is_contract_formed(channel, D(paid)) is formed


FULL = Line(
    qty_produced=D(4),
    qty_qc_passed=D(4),
    qty_shipped=D(4),
    qty_delivered=D(4),
    qty_installed=D(4),
    qty_accepted=D(4),
)


@pytest.mark.parametrize(
    ("line", "started", "settled", "state"),
    [
        (Line(), False, False, OrderState.confirmed),
        (Line(), True, False, OrderState.in_production),
        (Line(qty_produced=D(4)), True, False, OrderState.in_production),
        (Line(qty_qc_passed=D(1)), True, False, OrderState.ready_to_ship),
        (Line(qty_qc_passed=D(4), qty_shipped=D(1)), True, False, OrderState.partly_shipped),
        (Line(qty_qc_passed=D(4), qty_shipped=D(4)), True, False, OrderState.shipped),
        (Line(qty_qc_passed=D(4), qty_shipped=D(4), qty_back=D(1)), True, False, OrderState.partly_shipped),
        (Line(qty_qc_passed=D(4), qty_shipped=D(4), qty_back=D(4)), True, False, OrderState.partly_shipped),
        (replace(FULL, qty_installed=D(0), qty_accepted=D(0)), False, True, OrderState.delivered),
        (replace(FULL, qty_accepted=D(3)), False, True, OrderState.pending_acceptance),
        (replace(FULL, qty_installed=D(0), needs_install=False), False, True, OrderState.completed),
        (FULL, False, False, OrderState.pending_acceptance),
        (FULL, False, True, OrderState.completed),
    ],
)
def test_derived_state_when_quantities_tell_then_state_follows(
    line: Line,
    started: bool,
    settled: bool,
    state: OrderState,
) -> None:
    assert rules.derived_state([line], is_started=started, is_settled=settled) is state


def test_derived_state_when_one_line_is_cancelled_then_only_the_others_count() -> None:
    cancelled = Line(qty_cancelled=D(4))
    assert rules.derived_state([FULL, cancelled], is_started=False, is_settled=True) is OrderState.completed
    assert rules.derived_state([FULL, Line()], is_started=False, is_settled=True) is OrderState.partly_shipped


@pytest.mark.parametrize(
    ("state", "wanted", "step"),
    [
        (OrderState.confirmed, OrderState.ready_to_ship, "make_ready"),
        (OrderState.confirmed, OrderState.in_production, "start_production"),
        (OrderState.ready_to_ship, OrderState.partly_shipped, "ship_part"),
        (OrderState.ready_to_ship, OrderState.shipped, "ship_all"),
        (OrderState.shipped, OrderState.partly_shipped, "ship_part"),
        (OrderState.shipped, OrderState.pending_acceptance, "arrive"),
        (OrderState.delivered, OrderState.completed, "await_acceptance"),
        (OrderState.completed, OrderState.completed, None),
        (OrderState.in_production, OrderState.confirmed, None),
    ],
)
def test_next_step_when_walking_then_goes_furthest_without_passing(
    state: OrderState, wanted: OrderState, step: str | None
) -> None:
    assert next_step(state, wanted) == step


def test_content_hash_when_keys_are_in_another_order_then_the_same() -> None:
    assert rules.content_hash({"a": 1, "b": "床"}) == rules.content_hash({"b": "床", "a": 1})
    assert rules.content_hash({"a": 1}) != rules.content_hash({"a": 2})


def test_add_months_when_the_month_is_shorter_then_its_last_day() -> None:
    day = datetime(2026, 1, 31, tzinfo=UTC).date()
    assert add_months(day, 1).isoformat() == "2026-02-28"
    assert add_months(day, None) == day
