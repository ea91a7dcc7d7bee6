"""Words of changes and cancellations of confirmed orders, with their labels. Clause 15."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from models.vocabulary import Labels


class LineStage(StrEnum):
    """How far a line has come, for changes and cancellations (domain/02, article 15)."""

    s0 = "s0"
    s1 = "s1"
    s2 = "s2"
    s3_cut = "s3_cut"
    s3_assembled = "s3_assembled"
    s3_finished = "s3_finished"
    s3_packed = "s3_packed"
    s4 = "s4"
    s5 = "s5"


class CancellationState(StrEnum):
    """Where a cancellation request stands."""

    asked = "asked"
    costed = "costed"
    checked = "checked"
    pending_approval = "pending_approval"
    offered = "offered"
    effective = "effective"
    refused = "refused"
    withdrawn = "withdrawn"


class CostKind(StrEnum):
    """What a cancelled line has cost already; salvage is taken off."""

    material = "material"
    labour = "labour"
    outsourced = "outsourced"
    design = "design"
    packing = "packing"
    freight = "freight"
    salvage = "salvage"


class DepositMode(StrEnum):
    """What becomes of the deposit of a cancelled line (domain/02, article 15(4))."""

    offset = "offset"
    forfeit = "forfeit"


class ChangeSide(StrEnum):
    """Who wants a change."""

    customer = "customer"
    company = "company"


class ChangeKind(StrEnum):
    """What a change is about."""

    specification = "specification"
    quantity = "quantity"
    date = "date"
    place = "place"
    price = "price"
    other = "other"


class ChangeState(StrEnum):
    """Where a change request stands."""

    asked = "asked"
    offered = "offered"
    accepted = "accepted"
    pending_approval = "pending_approval"
    applied = "applied"
    refused = "refused"
    withdrawn = "withdrawn"


AMENDMENT_LABELS: Labels = {
    LineStage: {
        LineStage.s0: _l("S0 Not confirmed"),
        LineStage.s1: _l("S1 Confirmed"),
        LineStage.s2: _l("S2 Material prepared"),
        LineStage.s3_cut: _l("S3 Cut"),
        LineStage.s3_assembled: _l("S3 Assembled"),
        LineStage.s3_finished: _l("S3 Coated or upholstered"),
        LineStage.s3_packed: _l("S3 Packed"),
        LineStage.s4: _l("S4 In the warehouse"),
        LineStage.s5: _l("S5 Shipped"),
    },
    CancellationState: {
        CancellationState.asked: _l("Asked for"),
        CancellationState.costed: _l("Costs entered"),
        CancellationState.checked: _l("Costs checked"),
        CancellationState.pending_approval: _l("Pending approval"),
        CancellationState.offered: _l("Offered to the customer"),
        CancellationState.effective: _l("Effective"),
        CancellationState.refused: _l("Customer declined"),
        CancellationState.withdrawn: _l("Withdrawn"),
    },
    CostKind: {
        CostKind.material: _l("Material that cannot be used again"),
        CostKind.labour: _l("Labour"),
        CostKind.outsourced: _l("Outsourced work"),
        CostKind.design: _l("Design and measuring"),
        CostKind.packing: _l("Special packing"),
        CostKind.freight: _l("Freight already paid"),
        CostKind.salvage: _l("Salvage value (taken off)"),
    },
    DepositMode: {
        DepositMode.offset: _l("Set off against the compensation"),
        DepositMode.forfeit: _l("Kept by the company"),
    },
    ChangeSide: {
        ChangeSide.customer: _l("The customer"),
        ChangeSide.company: _l("The company"),
    },
    ChangeKind: {
        ChangeKind.specification: _l("Specification"),
        ChangeKind.quantity: _l("Quantity"),
        ChangeKind.date: _l("Date"),
        ChangeKind.place: _l("Place"),
        ChangeKind.price: _l("Price"),
        ChangeKind.other: _l("Other"),
    },
    ChangeState: {
        ChangeState.asked: _l("Asked for"),
        ChangeState.offered: _l("Offered to the customer"),
        ChangeState.accepted: _l("Customer agreed"),
        ChangeState.pending_approval: _l("Pending approval"),
        ChangeState.applied: _l("Applied"),
        ChangeState.refused: _l("Customer declined"),
        ChangeState.withdrawn: _l("Withdrawn"),
    },
}
