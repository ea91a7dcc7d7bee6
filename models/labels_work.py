"""Words of production, quality, shipping, installation, acceptance and service, with their labels."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from models.vocabulary import Labels


class TaskState(StrEnum):
    """Where a production task stands."""

    planned = "planned"
    released = "released"
    in_progress = "in_progress"
    paused = "paused"
    completed = "completed"
    cancelled = "cancelled"


class Operation(StrEnum):
    """The operations of the workshop. Clause 8(2)."""

    order_splitting = "order_splitting"
    material = "material"
    cutting = "cutting"
    edge_banding = "edge_banding"
    drilling = "drilling"
    woodwork = "woodwork"
    sanding = "sanding"
    finishing = "finishing"
    upholstery = "upholstery"
    assembly = "assembly"
    packing = "packing"


class TaskPriority(StrEnum):
    """What is made first."""

    normal = "normal"
    high = "high"
    rush = "rush"


class InspectionKind(StrEnum):
    """What is inspected. Clause 14(2)."""

    incoming = "incoming"
    in_process = "in_process"
    final = "final"
    outgoing = "outgoing"
    returned = "returned"


class InspectionState(StrEnum):
    """How an inspection came out."""

    pending = "pending"
    passed = "passed"
    failed = "failed"
    cancelled = "cancelled"


class DefectClass(StrEnum):
    """How bad a defect is."""

    critical = "critical"
    major = "major"
    minor = "minor"


class DefectCause(StrEnum):
    """Where a defect comes from."""

    material = "material"
    process = "process"
    design = "design"
    handling = "handling"


class ShipmentState(StrEnum):
    """Where a shipment stands."""

    planned = "planned"
    scheduled = "scheduled"
    in_transit = "in_transit"
    delivered = "delivered"
    cancelled = "cancelled"


class PackageState(StrEnum):
    """Where a package is."""

    packed = "packed"
    loaded = "loaded"
    delivered = "delivered"
    damaged = "damaged"
    lost = "lost"
    returned = "returned"
    cancelled = "cancelled"


class Packing(StrEnum):
    """What a package is made of."""

    carton = "carton"
    wood_frame = "wood_frame"
    blanket = "blanket"
    pallet = "pallet"


class InstallationState(StrEnum):
    """Where an installation stands."""

    planned = "planned"
    scheduled = "scheduled"
    in_progress = "in_progress"
    done = "done"
    cancelled = "cancelled"


class AcceptanceState(StrEnum):
    """How the customer decided."""

    pending = "pending"
    accepted = "accepted"
    rejected = "rejected"


class TicketKind(StrEnum):
    """What a service ticket is about."""

    complaint = "complaint"
    repair = "repair"
    parts = "parts"
    goods_return = "goods_return"
    consult = "consult"


class TicketSource(StrEnum):
    """Where a ticket came in."""

    phone = "phone"
    mall = "mall"
    wechat = "wechat"
    hotline_12315 = "hotline_12315"
    visit = "visit"
    other = "other"


class TicketLevel(StrEnum):
    """How grave a case is."""

    l1 = "l1"
    l2 = "l2"
    l3 = "l3"


class TicketState(StrEnum):
    """Where a service ticket stands."""

    open = "open"
    responded = "responded"
    planned = "planned"
    closed = "closed"


class LiableParty(StrEnum):
    """Who answers for a fault."""

    order_center = "order_center"
    production = "production"
    logistics = "logistics"
    customer_service = "customer_service"
    finance = "finance"
    carrier = "carrier"
    supplier = "supplier"
    customer = "customer"
    force_majeure = "force_majeure"


WORK_LABELS: Labels = {
    TaskState: {
        TaskState.planned: _l("Planned"),
        TaskState.released: _l("Released"),
        TaskState.in_progress: _l("In progress"),
        TaskState.paused: _l("Paused"),
        TaskState.completed: _l("Completed"),
        TaskState.cancelled: _l("Cancelled"),
    },
    Operation: {
        Operation.order_splitting: _l("Order splitting"),
        Operation.material: _l("Material preparation"),
        Operation.cutting: _l("Cutting"),
        Operation.edge_banding: _l("Edge banding"),
        Operation.drilling: _l("Drilling"),
        Operation.woodwork: _l("Woodwork"),
        Operation.sanding: _l("Sanding"),
        Operation.finishing: _l("Finishing"),
        Operation.upholstery: _l("Upholstery"),
        Operation.assembly: _l("Assembly"),
        Operation.packing: _l("Cleaning and packing"),
    },
    TaskPriority: {
        TaskPriority.normal: _l("Normal"),
        TaskPriority.high: _l("High"),
        TaskPriority.rush: _l("Rush"),
    },
    InspectionKind: {
        InspectionKind.incoming: _l("Incoming"),
        InspectionKind.in_process: _l("In process"),
        InspectionKind.final: _l("Final"),
        InspectionKind.outgoing: _l("Outgoing"),
        InspectionKind.returned: _l("Returned goods"),
    },
    InspectionState: {
        InspectionState.pending: _l("Pending"),
        InspectionState.passed: _l("Passed inspection"),
        InspectionState.failed: _l("Failed inspection"),
        InspectionState.cancelled: _l("Cancelled"),
    },
    DefectClass: {
        DefectClass.critical: _l("Critical"),
        DefectClass.major: _l("Major"),
        DefectClass.minor: _l("Minor"),
    },
    DefectCause: {
        DefectCause.material: _l("Material"),
        DefectCause.process: _l("Process"),
        DefectCause.design: _l("Design"),
        DefectCause.handling: _l("Handling"),
    },
    ShipmentState: {
        ShipmentState.planned: _l("Planned"),
        ShipmentState.scheduled: _l("Scheduled"),
        ShipmentState.in_transit: _l("In transit"),
        ShipmentState.delivered: _l("Delivered"),
        ShipmentState.cancelled: _l("Cancelled"),
    },
    PackageState: {
        PackageState.packed: _l("Packed"),
        PackageState.loaded: _l("Loaded"),
        PackageState.delivered: _l("Delivered"),
        PackageState.damaged: _l("Damaged"),
        PackageState.lost: _l("Lost"),
        PackageState.returned: _l("Returned"),
        PackageState.cancelled: _l("Cancelled"),
    },
    Packing: {
        Packing.carton: _l("Carton"),
        Packing.wood_frame: _l("Wooden frame"),
        Packing.blanket: _l("Blanket"),
        Packing.pallet: _l("Pallet"),
    },
    InstallationState: {
        InstallationState.planned: _l("Planned"),
        InstallationState.scheduled: _l("Scheduled"),
        InstallationState.in_progress: _l("In progress"),
        InstallationState.done: _l("Done"),
        InstallationState.cancelled: _l("Cancelled"),
    },
    AcceptanceState: {
        AcceptanceState.pending: _l("Pending"),
        AcceptanceState.accepted: _l("Accepted"),
        AcceptanceState.rejected: _l("Not accepted"),
    },
    TicketKind: {
        TicketKind.complaint: _l("Complaint"),
        TicketKind.repair: _l("Repair"),
        TicketKind.parts: _l("Parts"),
        TicketKind.goods_return: _l("Return or exchange"),
        TicketKind.consult: _l("Question"),
    },
    TicketSource: {
        TicketSource.phone: _l("Phone"),
        TicketSource.mall: _l("Online mall"),
        TicketSource.wechat: _l("WeChat"),
        TicketSource.hotline_12315: _l("Consumer hotline 12315"),
        TicketSource.visit: _l("Visit"),
        TicketSource.other: _l("Other"),
    },
    TicketLevel: {
        TicketLevel.l1: _l("Level 1"),
        TicketLevel.l2: _l("Level 2"),
        TicketLevel.l3: _l("Level 3"),
    },
    TicketState: {
        TicketState.open: _l("Open"),
        TicketState.responded: _l("Responded"),
        TicketState.planned: _l("Planned"),
        TicketState.closed: _l("Closed"),
    },
    LiableParty: {
        LiableParty.order_center: _l("Order centre"),
        LiableParty.production: _l("Production"),
        LiableParty.logistics: _l("Logistics"),
        LiableParty.customer_service: _l("Customer service"),
        LiableParty.finance: _l("Finance"),
        LiableParty.carrier: _l("Carrier"),
        LiableParty.supplier: _l("Supplier"),
        LiableParty.customer: _l("Customer"),
        LiableParty.force_majeure: _l("Force majeure"),
    },
}
