"""What the steps of a shipment do to it and to its own children."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.errors import DomainError
from app.kernel.numbering import next_number
from app.services.shipment import rules
from models.labels import PackageState
from models.order import OrderLine
from models.policy import DEFAULTS
from models.shipment import DeliveryReceipt, Package, Shipment, ShipmentLine

NOTICE = "appointment.notice_hours"
ENDINGS = {
    PackageState.delivered: "arrive",
    PackageState.damaged: "damage",
    PackageState.lost: "lose",
    PackageState.returned: "bring_back",
}


def schedule(ctx: Context, shipment: Shipment, values: Mapping[str, Any]) -> None:
    """The appointment is confirmed now. Raises DomainError ``short_notice``. Clause 9(5)."""
    hours = ctx.policy.get(NOTICE, Decimal(DEFAULTS[NOTICE]))
    if rules.is_short_notice(values["slot_from"], ctx.now, hours):
        raise DomainError(
            _l("The customer is told %(hours)s hours before: choose a later slot."),
            code="short_notice",
            hours=f"{hours.normalize():f}",
        )
    for name, value in values.items():
        # A new appointment is made without naming again what the carrier has given.
        if name != "tracking_no" or value is not None:
            setattr(shipment, name, value)
    shipment.appointment_confirmed_at = ctx.now


def track(_ctx: Context, shipment: Shipment, values: Mapping[str, Any]) -> None:
    """The carrier's number; the carrier where it was not known before."""
    shipment.tracking_no = values["tracking_no"]
    shipment.carrier = values.get("carrier") or shipment.carrier


def dispatch(ctx: Context, shipment: Shipment, _values: Mapping[str, Any]) -> None:
    """The vehicle has left."""
    shipment.departed_at = ctx.now


def cancel(ctx: Context, shipment: Shipment, _values: Mapping[str, Any]) -> None:
    """The packages are unpacked."""
    for package in packages_of(ctx, shipment):
        fire(ctx.as_system(), package, "cancel")


def load(ctx: Context, package: Package, _values: Mapping[str, Any]) -> None:
    """Who loaded the package, and when. Clause 9(2)."""
    package.loaded_at = ctx.now
    package.loaded_by_id = ctx.actor.id


def unload(_ctx: Context, package: Package, _values: Mapping[str, Any]) -> None:
    """A wrong scan is taken back."""
    package.loaded_at = None
    package.loaded_by_id = None


def packages_of(ctx: Context, shipment: Shipment) -> list[Package]:
    """The packages of a shipment, in the order of their numbers."""
    statement = sa.select(Package).where(Package.shipment_id == shipment.id, Package.state != PackageState.cancelled)
    return list(ctx.session.scalars(statement.order_by(Package.id)))


def deliver(ctx: Context, shipment: Shipment, values: Mapping[str, Any]) -> None:
    """Writes the proof of delivery, line by line and package by package. Clauses 9(3) and 9(4).

    Raises:
        DomainError: ``signed_in_future``, ``signed_before_departure``, ``unknown_line``, ``over_shipped``,
            ``unknown_package``, ``package_count``, ``package_twice``, ``back_missing``.
    """
    signed_at = values.get("signed_at") or ctx.now
    if signed_at > ctx.now:
        raise DomainError(_l("The signature lies in the future: correct the time."), code="signed_in_future")
    if shipment.departed_at is not None and signed_at < shipment.departed_at:
        raise DomainError(
            _l("The signature lies before the departure: correct the time."), code="signed_before_departure"
        )
    lines = list(
        ctx.session.scalars(
            sa.select(ShipmentLine).where(ShipmentLine.shipment_id == shipment.id).order_by(ShipmentLine.id)
        )
    )
    back = _checked_back(lines, {**(values.get("back") or {}), **_typed_back(ctx, shipment, values)})
    packages = packages_of(ctx, shipment)
    numbers = [package.package_no for package in packages]
    short = _checked_packages(numbers, values, "packages_short", "short_numbers")
    damaged = _checked_packages(numbers, values, "packages_damaged", "damaged_numbers")
    if short & damaged:
        raise DomainError(_l("A package is either missing or damaged: name it once."), code="package_twice")
    if short and not any(back.values()):
        raise DomainError(_l("Packages are missing: enter the quantities that were not received."), code="back_missing")
    for line in lines:
        line.qty_back = back.get(line.order_line_id, rules.ZERO)
        line.qty_received = line.qty - line.qty_back
    shipment.delivered_at = signed_at
    ctx.session.add(
        DeliveryReceipt(
            receipt_no=next_number(ctx, "QS"),
            shipment_id=shipment.id,
            receiver_name=values["receiver_name"],
            signed_at=signed_at,
            packages_received=len(packages) - len(short),
            packages_short=len(short),
            packages_damaged=len(damaged),
            remarks=values.get("remarks"),
        )
    )
    all_back = {line.order_line_id for line in lines if line.qty_back == line.qty}
    for package in packages:
        state = rules.outcome(
            is_lost=package.package_no in short,
            is_damaged=package.package_no in damaged,
            is_line_back=package.order_line_id in all_back,
        )
        fire(ctx.as_system(), package, ENDINGS[state])


def _typed_back(ctx: Context, shipment: Shipment, values: Mapping[str, Any]) -> dict[int, Decimal]:
    """What a person typed by line number, by line id. Raises DomainError ``unknown_line``."""
    typed = rules.typed_quantities(values.get("not_received"))
    if not typed:
        return {}
    statement = sa.select(OrderLine.line_no, OrderLine.id).where(OrderLine.order_id == shipment.order_id)
    ids = {line_no: line_id for line_no, line_id in ctx.session.execute(statement)}  # noqa: C416
    if stray := sorted(set(typed) - set(ids)):
        raise DomainError(
            _l("The order has no line %(line)s: check the line number."), code="unknown_line", line=stray[0]
        )
    return {ids[line_no]: qty for line_no, qty in typed.items()}


def _checked_back(lines: list[ShipmentLine], back: Mapping[int, Decimal]) -> Mapping[int, Decimal]:
    shipped = {line.order_line_id: line.qty for line in lines}
    if set(back) - set(shipped):
        raise DomainError(_l("One of the lines is not in this shipment: reload the page."), code="unknown_line")
    if any(qty > shipped[line_id] for line_id, qty in back.items()):
        raise DomainError(
            _l("More pieces cannot come back than were shipped: reduce the quantity."), code="over_shipped"
        )
    return back


def _checked_packages(numbers: list[str], values: Mapping[str, Any], count: str, names: str) -> set[str]:
    """The packages a person named; with every package concerned they need no names."""
    counted = int(values.get(count) or 0)
    chosen = rules.named_packages(values.get(names), numbers)
    if stray := rules.unknown(chosen, numbers):
        raise DomainError(
            _l("Package %(number)s is not in this shipment: check the number."), code="unknown_package", number=stray[0]
        )
    if not chosen and counted == len(numbers):
        return set(numbers)
    if counted and len(chosen) != counted:
        raise DomainError(
            _l("%(counted)s packages are counted but %(named)s named: name each damaged or missing package."),
            code="package_count",
            counted=counted,
            named=len(chosen),
        )
    return set(chosen)
