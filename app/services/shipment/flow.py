"""The workflows of a shipment and of a package (clauses 9 and 14(3))."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.duties import Duty, Parts
from app.kernel.errors import Reason
from app.kernel.schema import ReasonInput
from app.kernel.workflow import Clock, Step, Workflow
from app.services.shipment import effects, queries
from app.services.shipment.forms import DeliverInput, ScheduleInput, TrackInput
from models.labels import PackageState as P
from models.labels import ShipmentState as S
from models.shipment import Package, Shipment


def is_loaded(ctx: Context, shipment: Shipment) -> Reason | None:
    """A missing package blocks the departure. Clause 9(2)."""
    missing, total = queries.loading(ctx, shipment)
    if total == 0:
        return Reason("no_packages", _l("The shipment has no packages: cancel it and plan a new one."))
    if missing == 0:
        return None
    data = {"missing": missing, "total": total}
    return Reason("packages_missing", _l("%(missing)s of %(total)s packages are not loaded: scan them first."), data)


def is_not_on_hold(_ctx: Context, shipment: Shipment) -> Reason | None:
    """A held order stands still."""
    if not shipment.order.is_on_hold:
        return None
    return Reason("on_hold", _l("The order is on hold: %(reason)s"), {"reason": shipment.order.hold_reason or "—"})


def is_within_inspection(ctx: Context, shipment: Shipment) -> Reason | None:
    """Shipped quantities stay within what passed inspection and what was ordered. Clause 14(2)."""
    line_no = queries.over_quantity(ctx, shipment)
    if line_no is None:
        return None
    return Reason(
        "over_qc_passed",
        _l("Line %(line)s: more than was inspected or ordered. Cancel this shipment and plan it again."),
        {"line": line_no},
    )


def is_tested(ctx: Context, shipment: Shipment) -> Reason | None:
    """Goods that need a test report leave while it is valid. Clause 8(4), domain/03 3.1."""
    found = queries.lacking_reports(ctx, shipment)
    if found is None:
        return None
    product, standards = found
    return Reason(
        "report_missing",
        _l("%(product)s: no valid test report by %(standards)s. Have production enter it at the product first."),
        {"product": f"{product.sku_code} {product.name}", "standards": "、".join(found.number for found in standards)},
    )


def has_not_departed(_ctx: Context, package: Package) -> Reason | None:
    """Packages are loaded before the vehicle leaves."""
    if package.shipment.state in queries.NOT_DEPARTED:
        return None
    return Reason("shipment_departed", _l("The shipment has departed or was cancelled: its packages stay as they are."))


# Domain/09 9.4, rule 11: missing packages are not closed by who counted them onto the vehicle.
NOT_BY_LOADER = (
    Duty(
        11,
        ("package.load", "package.unload"),
        _l("Whoever loaded a shipment does not record that packages of it are missing."),
        Parts(Package, "shipment_id"),
        given=("packages_short",),
    ),
)

SHIPMENT = Workflow(
    name="shipment",
    subject=Shipment,
    states=S,
    initial=S.planned,
    final=(S.delivered, S.cancelled),
    steps=(
        Step(
            "schedule",
            _l("Schedule"),
            (S.planned, S.scheduled),
            S.scheduled,
            permission="schedule",
            asks=ScheduleInput,
            effect=effects.schedule,
            clause="9(5)",
        ),
        Step(
            "dispatch",
            _l("Depart"),
            (S.scheduled,),
            S.in_transit,
            permission="dispatch",
            guards=(is_loaded, is_not_on_hold, is_within_inspection, is_tested),
            effect=effects.dispatch,
            clause="14(3)",
        ),
        Step(
            "track",
            _l("Record tracking number"),
            (S.scheduled, S.in_transit),
            None,
            permission="schedule",
            asks=TrackInput,
            effect=effects.track,
            tone="neutral",
        ),
        Step(
            "deliver",
            _l("Record delivery"),
            (S.in_transit,),
            S.delivered,
            permission="deliver",
            not_by=NOT_BY_LOADER,
            asks=DeliverInput,
            effect=effects.deliver,
            clause="14(3)",
        ),
        Step(
            "cancel",
            _l("Cancel shipment"),
            (S.planned, S.scheduled),
            S.cancelled,
            permission="cancel",
            asks=ReasonInput,
            effect=effects.cancel,
            tone="danger",
        ),
    ),
    clocks=(
        Clock(
            "D1",
            _l("Delivery plan and appointment"),
            start=("shipment.add",),
            stop=("shipment.schedule", "shipment.cancel"),
            limit="sla.D1.limit",
            clause="9(1)",
        ),
    ),
)

PACKAGE = Workflow(
    name="package",
    subject=Package,
    states=P,
    initial=P.packed,
    final=(P.delivered, P.damaged, P.lost, P.returned, P.cancelled),
    steps=(
        Step(
            "load",
            _l("Load"),
            (P.packed,),
            P.loaded,
            permission="load",
            guards=(has_not_departed,),
            effect=effects.load,
            clause="9(2)",
            is_bulk=True,
        ),
        Step(
            "unload",
            _l("Unload"),
            (P.loaded,),
            P.packed,
            permission="load",
            guards=(has_not_departed,),
            effect=effects.unload,
            tone="neutral",
        ),
        # Fired with the shipment: its delivery or cancellation decides what becomes of each package.
        Step("arrive", _l("Delivered"), (P.loaded,), P.delivered),
        Step("damage", _l("Damaged"), (P.loaded,), P.damaged),
        Step("lose", _l("Lost"), (P.loaded,), P.lost),
        Step("bring_back", _l("Came back"), (P.loaded,), P.returned),
        Step("cancel", _l("Cancelled"), (P.packed, P.loaded), P.cancelled),
    ),
)
