"""At which points of a clock who is told (domain/07): values in, words out; no session, no framework."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.labels_exception import ClockOwner, ExceptionLevel

# Shares of the time in per cent; the first is the parameter sla.warn_pct.
LATE, LATER, LAST = 100, 150, 200
# "At 150 % (or +24 h)": whichever comes first.
LATER_HOURS = 24
CENTRE_LEAD, CHAIR = "order_center_lead", "committee_lead"

OWNERS: Mapping[str, ClockOwner] = {
    **dict.fromkeys(("E1", "E2", "E4", "E5", "C1", "C2", "C3", "N1", "G1"), ClockOwner.order_center),
    **dict.fromkeys(("E3", "X4", "M1"), ClockOwner.committee),
    **dict.fromkeys(("P1", "P2", "P3", "P4", "Q1", "Q2"), ClockOwner.production),
    **dict.fromkeys(("D1", "D2", "D3", "D4", "D5"), ClockOwner.logistics),
    **dict.fromkeys(
        ("A1", "A2", "I1", "I2", "I3", "T1", "T2", "T3", "T4", "T5", "T6", "R1", "V1", "Z1"),
        ClockOwner.customer_service,
    ),
    **dict.fromkeys(("R2", "R3", "F1", "F2", "F3", "F4", "F5", "F6", "G3", "G4", "G5", "G6"), ClockOwner.finance),
}


# The approval of an order tells of the same hours as the order itself.
TOLD_ELSEWHERE = frozenset({("order", "E3")})


def owner_of(code: str, record: Any) -> ClockOwner:
    """Whose clock it is: the one that domain/07 names, else the department on the record, else the committee."""
    if code in OWNERS:
        return OWNERS[code]
    return ClockOwner(str(getattr(record, "owner_department", ClockOwner.committee)))


def told_roles(point: int, owner: ClockOwner, record: Any) -> frozenset[str]:
    """The roles that are told at a point, beside the person who owns the record.

    Before the end the owning department, at the end its lead too, then the lead of the order centre, then the chair;
    of a major exception the chair from the end on.
    """
    if point < LATE:
        return frozenset({str(owner)})
    if point == LATE:
        is_major = getattr(record, "level", None) == ExceptionLevel.l3
        return frozenset({str(owner), f"{owner}_lead"} | ({CHAIR} if is_major else set()))
    return frozenset({CENTRE_LEAD} if point == LATER else {CHAIR})
