"""Packing, quantities and deliveries as tables: what goes in, what comes out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.services.shipment import rules
from models.labels import PackageState

D = Decimal
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("qty", "pieces", "packs", "volume", "weight", "expected"),
    [
        ("1", 1, 1, "1.705", "62.0", [("1.705", "62.0")]),
        ("4", 2, 1, "0.240", "9.0", [("0.240", "9.0"), ("0.240", "9.0")]),
        ("5", 2, 1, "0.240", "9.0", [("0.240", "9.0")] * 3),
        ("1", 1, 2, "0.320", "41.0", [("0.160", "20.5"), ("0.160", "20.5")]),
        ("1", 1, 3, "0.620", "70.0", [("0.207", "23.4"), ("0.207", "23.3"), ("0.206", "23.3")]),
        ("1", 1, 2, "0.000", "0.0", [("0", "0"), ("0", "0")]),
    ],
)
def test_pieces_when_packed_then_volume_adds_up(
    qty: str, pieces: int, packs: int, volume: str, weight: str, expected: list[tuple[str, str]]
) -> None:
    made = rules.packages(D(qty), pieces, packs, D(volume), D(weight))
    assert [(pack.volume, pack.weight_kg) for pack in made] == [(D(a), D(b)) for a, b in expected]


@pytest.mark.parametrize(
    ("net", "qc", "shipped", "back", "planned", "order", "inspection", "available"),
    [
        ("24", "23", "0", "0", "0", "24", "23", "23"),  # S05 5: one failed
        ("120", "120", "80", "0", "0", "40", "40", "40"),  # S03 5
        ("120", "121", "80", "1", "0", "41", "41", "41"),  # S03 6: one came back
        ("10", "10", "0", "0", "6", "4", "4", "4"),
        ("10", "2", "4", "0", "0", "6", "-2", "0"),
    ],
)
def test_line_when_read_then_tells_what_may_leave(
    net: str, qc: str, shipped: str, back: str, planned: str, order: str, inspection: str, available: str
) -> None:
    stock = rules.LineStock(D(net), D(qc), D(shipped), D(back), D(planned))
    assert (stock.within_order, stock.within_inspection, stock.available) == (D(order), D(inspection), D(available))


@pytest.mark.parametrize(("number", "label"), [(3, "PK-SO-1-03"), (188, "PK-SO-1-188")])
def test_package_when_numbered_then_runs_over_the_order(number: int, label: str) -> None:
    assert rules.package_no("SO-1", number) == label


@pytest.mark.parametrize(("ahead", "short"), [(23.9, True), (24, False), (46, False)])
def test_slot_when_proposed_then_needs_notice(ahead: float, short: bool) -> None:
    assert rules.is_short_notice(NOW + timedelta(hours=ahead), NOW, D(24)) is short


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, []),
        ("", []),
        ("PK-SO-1-02", ["PK-SO-1-02"]),
        ("2，03 2", ["PK-SO-1-02", "PK-SO-1-03"]),
        ("02、9", ["PK-SO-1-02", "9"]),
    ],
)
def test_packages_when_typed_then_found_by_their_ending(text: str | None, expected: list[str]) -> None:
    numbers = ["PK-SO-1-01", "PK-SO-1-02", "PK-SO-1-03"]
    chosen = rules.named_packages(text, numbers)
    assert chosen == expected
    assert rules.unknown(chosen, numbers) == [number for number in expected if number == "9"]


@pytest.mark.parametrize(
    ("lost", "damaged", "back", "state"),
    [
        (True, False, True, PackageState.lost),
        (False, True, True, PackageState.damaged),
        (False, False, True, PackageState.returned),
        (False, False, False, PackageState.delivered),
    ],
)
def test_package_when_delivered_then_has_an_outcome(lost: bool, damaged: bool, back: bool, state: PackageState) -> None:
    assert rules.outcome(is_lost=lost, is_damaged=damaged, is_line_back=back) is state


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, {}),
        (" ", {}),
        ("1=2", {1: D(2)}),
        ("1 = 2; 3×1.5", {1: D(2), 3: D("1.5")}),
        ("1:2，3＝1 1=4", {1: D(4), 3: D(1)}),
    ],
)
def test_quantities_when_typed_then_read_by_line(text: str | None, expected: dict[int, Decimal]) -> None:
    assert rules.typed_quantities(text) == expected


@pytest.mark.parametrize("text", ["1", "=2", "1=", "1=-2", "table=1", "1=1e5", "1=0.0001", "1=NaN"])
def test_quantities_when_unreadable_then_refused(text: str) -> None:
    with pytest.raises(ValueError):
        rules.typed_quantities(text)
