"""Words of exception cases, of coordination between departments and of clocks that ran out, with their labels."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from models.vocabulary import Labels


class Department(StrEnum):
    """The five departments that own work, by the code of their role. Clause 5."""

    order_center = "order_center"
    production = "production"
    logistics = "logistics"
    customer_service = "customer_service"
    finance = "finance"


class ExceptionKind(StrEnum):
    """What deviates from the order. Clause 4(5)."""

    complaint = "complaint"
    quality = "quality"
    delay = "delay"
    qty_mismatch = "qty_mismatch"
    damage = "damage"
    payment = "payment"
    data = "data"
    safety = "safety"
    other = "other"


class ExceptionLevel(StrEnum):
    """How grave a case is: who decides on its plan, and in what time. Article 22."""

    l1 = "l1"
    l2 = "l2"
    l3 = "l3"


class ExceptionState(StrEnum):
    """Where an exception case stands."""

    open = "open"
    answered = "answered"
    planned = "planned"
    pending_approval = "pending_approval"
    in_handling = "in_handling"
    resolved = "resolved"
    closed = "closed"
    void = "void"


class CoordinationState(StrEnum):
    """Where a matter between departments stands. Clause 6(2)."""

    raised = "raised"
    decided = "decided"
    done = "done"
    withdrawn = "withdrawn"


class ClockOwner(StrEnum):
    """Who keeps a clock: a department or the committee."""

    committee = "committee"
    order_center = "order_center"
    production = "production"
    logistics = "logistics"
    customer_service = "customer_service"
    finance = "finance"


class ClockRunState(StrEnum):
    """What became of a clock that came near its end."""

    warned = "warned"
    kept = "kept"
    breached = "breached"
    explained = "explained"


EXCEPTION_LABELS: Labels = {
    Department: {
        Department.order_center: _l("Order centre"),
        Department.production: _l("Production"),
        Department.logistics: _l("Logistics"),
        Department.customer_service: _l("Customer service"),
        Department.finance: _l("Finance"),
    },
    ExceptionKind: {
        ExceptionKind.complaint: _l("Complaint"),
        ExceptionKind.quality: _l("Quality"),
        ExceptionKind.delay: _l("Late delivery"),
        ExceptionKind.qty_mismatch: _l("Wrong quantity"),
        ExceptionKind.damage: _l("Damaged in transit"),
        ExceptionKind.payment: _l("Payment does not match"),
        ExceptionKind.data: _l("Wrong data"),
        ExceptionKind.safety: _l("Safety"),
        ExceptionKind.other: _l("Other"),
    },
    ExceptionLevel: {
        ExceptionLevel.l1: _l("L1 minor"),
        ExceptionLevel.l2: _l("L2 serious"),
        ExceptionLevel.l3: _l("L3 major"),
    },
    ExceptionState: {
        ExceptionState.open: _l("Open"),
        ExceptionState.answered: _l("Answered"),
        ExceptionState.planned: _l("Plan made"),
        ExceptionState.pending_approval: _l("Before the committee"),
        ExceptionState.in_handling: _l("In handling"),
        ExceptionState.resolved: _l("Resolved"),
        ExceptionState.closed: _l("Closed"),
        ExceptionState.void: _l("Void"),
    },
    CoordinationState: {
        CoordinationState.raised: _l("Raised"),
        CoordinationState.decided: _l("Decided"),
        CoordinationState.done: _l("Done"),
        CoordinationState.withdrawn: _l("Withdrawn"),
    },
    ClockOwner: {
        ClockOwner.committee: _l("Committee"),
        ClockOwner.order_center: _l("Order centre"),
        ClockOwner.production: _l("Production"),
        ClockOwner.logistics: _l("Logistics"),
        ClockOwner.customer_service: _l("Customer service"),
        ClockOwner.finance: _l("Finance"),
    },
    ClockRunState: {
        ClockRunState.warned: _l("Close to its end"),
        ClockRunState.kept: _l("Kept in time"),
        ClockRunState.breached: _l("Late, reason missing"),
        ClockRunState.explained: _l("Late, reason given"),
    },
}
