"""Shipments, their lines and packages, and the receipts of delivery. Clauses 9, 14(3)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.documents.catalogue import DELIVERY_NOTE, LABELS
from app.security import scopes
from app.services.shipment.actions import create_shipment
from models.labels import ShipmentState
from models.shipment import DeliveryReceipt, Package, Shipment, ShipmentLine
from views.base import EntityInterface
from views.entity import EntityView
from views.exception import ExceptionCaseView
from views.installation import InstallationView
from views.paper import Printed
from views.talk import Talked


def is_before_departure(shipment: Shipment) -> bool:
    """What has left is no longer edited."""
    return shipment.state in {ShipmentState.planned, ShipmentState.scheduled}


class ShipmentLineView(EntityView):
    """What travels of which order line."""

    datamodel = EntityInterface(ShipmentLine)
    list_columns = ["shipment", "order_line", "qty", "qty_received", "qty_back"]
    search_columns = ["shipment", "order_line"]
    show_fieldsets = [(_l("Shipment line"), {"fields": list_columns})]
    base_order = ("id", "asc")
    scope = scopes.shipment_line


class PackageView(EntityView):
    """Single packages, scanned when loaded."""

    datamodel = EntityInterface(Package)
    list_columns = [
        "package_no", "shipment", "order_line", "seq", "total", "volume", "weight_kg", "packing", "loaded_at", "state",
    ]  # fmt: skip
    search_columns = ["shipment", "state", "order_line", "loaded_at"]
    show_fieldsets = [
        (_l("Package"), {"fields": ["package_no", "shipment", "order_line", "seq", "total", "packing"]}),
        (_l("Size"), {"fields": ["volume", "weight_kg", "loaded_at", "loaded_by"]}),
    ]
    base_order = ("id", "desc")
    scope = scopes.package
    quick_search = ("package_no", "shipment.shipment_no")


class DeliveryReceiptView(EntityView):
    """What the receiver signed."""

    datamodel = EntityInterface(DeliveryReceipt)
    list_columns = [
        "receipt_no", "shipment", "receiver_name", "signed_at", "packages_received", "packages_short",
        "packages_damaged", "remarks",
    ]  # fmt: skip
    search_columns = ["shipment", "signed_at"]
    show_fieldsets = [(_l("Delivery receipt"), {"fields": list_columns})]
    base_order = ("signed_at", "desc")
    scope = scopes.delivery_receipt
    quick_search = ("receipt_no",)


class ShipmentView(Talked, Printed, EntityView):
    """Deliveries from the plan to the customer's signature."""

    datamodel = EntityInterface(Shipment)
    list_columns = [
        "shipment_no", "order", "mode", "carrier", "tracking_no", "slot_from", "departed_at", "delivered_at", "state",
    ]  # fmt: skip
    search_columns = [
        "state", "mode", "slot_from", "order", "carrier", "tracking_no", "departed_at", "delivered_at",
    ]  # fmt: skip
    add_columns = ["order"]
    edit_columns = [
        "mode",
        "carrier",
        "tracking_no",
        "vehicle_plate",
        "driver_name",
        "driver_phone",
        "freight_cost_amount",
        "insured_amount",
    ]
    show_fieldsets = [
        (_l("Shipment"), {"fields": ["shipment_no", "order", "mode", "carrier", "tracking_no", "vehicle_plate"]}),
        (
            _l("Appointment"),
            {"fields": ["slot_from", "slot_to", "appointment_confirmed_at", "driver_name", "driver_phone"]},
        ),
        (_l("Course"), {"fields": ["departed_at", "delivered_at", "freight_cost_amount", "insured_amount"]}),
    ]
    papers = (DELIVERY_NOTE, LABELS)
    base_order = ("created_at", "desc")
    scope = scopes.shipment
    quick_search = ("shipment_no", "tracking_no", "order.order_no")
    planned = "slot_from"
    cells = ("carrier", "tracking_no", "vehicle_plate")
    creates = create_shipment
    can_be_edited = is_before_departure
    related_views = [PackageView, ShipmentLineView, DeliveryReceiptView, InstallationView, ExceptionCaseView]
