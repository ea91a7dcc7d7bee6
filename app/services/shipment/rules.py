"""Rules of shipping as functions of values: no session, no framework."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Protocol

from app.kernel.money import split
from models.labels import OrderState, PackageState

ZERO = Decimal(0)
TENTH = Decimal("0.1")
# A lorry of 9.6 m carries some three hundred; each is a row with a label.
MOST_PACKAGES = 2000

# Orders whose goods may leave the house.
SHIPPABLE = frozenset(
    {
        OrderState.confirmed,
        OrderState.in_production,
        OrderState.ready_to_ship,
        OrderState.partly_shipped,
        # Goods that came back are shipped once more.
        OrderState.shipped,
        OrderState.delivered,
    }
)


@dataclass(frozen=True)
class LineStock:
    """What counts for shipping a line; ``planned`` is in shipments that have not departed."""

    net: Decimal
    qc_passed: Decimal
    shipped: Decimal
    back: Decimal
    planned: Decimal = ZERO

    @property
    def within_order(self) -> Decimal:
        """What the order still takes: goods that came back can be shipped again (domain/04 4.2)."""
        return self.net - (self.shipped - self.back) - self.planned

    @property
    def within_inspection(self) -> Decimal:
        """What has passed inspection and has neither left nor been planned. Clause 14(2)."""
        return self.qc_passed - self.shipped - self.planned

    @property
    def available(self) -> Decimal:
        """What may be planned now."""
        return max(min(self.within_order, self.within_inspection), ZERO)


class Packed(Protocol):
    """How a product is packed."""

    pieces_per_pack: int
    packs_per_set: int


@dataclass(frozen=True)
class Pack:
    """One package: volume in m³ and weight in kg."""

    volume: Decimal
    weight_kg: Decimal


def _sets(qty: Decimal, pieces_per_pack: int) -> int:
    return int((qty / pieces_per_pack).to_integral_value(ROUND_CEILING))


def package_count(qty: Decimal, product: Packed) -> int:
    """How many packages carry ``qty`` pieces of a product."""
    return _sets(qty, product.pieces_per_pack) * product.packs_per_set


def packages(qty: Decimal, pieces_per_pack: int, packs_per_set: int, volume: Decimal, weight: Decimal) -> list[Pack]:
    """The packages that carry ``qty`` pieces; ``volume`` and ``weight`` are those of one set of packages."""
    volumes = _parts(volume, packs_per_set, Decimal("0.001"))
    weights = _parts(weight, packs_per_set, TENTH)
    one_set = [Pack(*pair) for pair in zip(volumes, weights, strict=True)]
    return one_set * _sets(qty, pieces_per_pack)


def _parts(amount: Decimal, count: int, quantum: Decimal) -> list[Decimal]:
    """Equal parts that add up exactly; :func:`split` works in hundredths, so the quantum is brought there."""
    hundredth = Decimal("0.01")
    scaled = split(amount / quantum * hundredth, [Decimal(1)] * count)
    return [part / hundredth * quantum for part in scaled]


def package_no(order_no: str, number: int) -> str:
    """The label of a package: ``PK-SO-20261123-0001-03``, running over the order."""
    return f"PK-{order_no}-{number:02d}"


def is_short_notice(slot_from: datetime, now: datetime, hours: Decimal) -> bool:
    """Whether an appointment comes sooner than the notice allows (domain/02 ``appointment.notice_hours``)."""
    return slot_from - now < timedelta(hours=float(hours))


def named_packages(text: str | None, numbers: Sequence[str]) -> list[str]:
    """The package numbers a person typed, in full or as their last part; what is unknown stays as typed."""
    by_ending = {number.rsplit("-", 1)[-1].lstrip("0"): number for number in numbers}
    typed = [word for word in re.split(r"[\s,;，；、]+", text or "") if word]
    found = [word if word in numbers else by_ending.get(word.lstrip("0"), word) for word in typed]
    return list(dict.fromkeys(found))


def typed_quantities(text: str | None) -> dict[int, Decimal]:
    """Line number to pieces from text as ``1=2; 3=1``; a line that is named twice counts its last quantity.

    Raises:
        ValueError: a part is not a line number and a quantity that is not below zero.
    """
    found = {}
    for part in re.split(r"[\s,;，；、]+", re.sub(r"\s*[=＝×xX*:：]\s*", "=", text or "").strip()):
        if part:
            matched = re.fullmatch(r"(\d{1,6})=(\d{1,9}(?:\.\d{1,3})?)", part)
            if matched is None:
                raise ValueError(part)
            found[int(matched[1])] = Decimal(matched[2])
    return found


def outcome(*, is_lost: bool, is_damaged: bool, is_line_back: bool) -> PackageState:
    """What becomes of a package at delivery."""
    if is_lost:
        return PackageState.lost
    if is_damaged:
        return PackageState.damaged
    return PackageState.returned if is_line_back else PackageState.delivered


def unknown(chosen: Iterable[str], numbers: Iterable[str]) -> list[str]:
    """Typed package numbers that are not in the shipment."""
    known = set(numbers)
    return [number for number in chosen if number not in known]
