"""Words of delegations, of parameter changes and of conflicts of interest, with their labels."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from models.vocabulary import Labels


class DelegationState(StrEnum):
    """Where a delegation stands: it gives rights only while it is active and its days run."""

    proposed = "proposed"
    active = "active"
    ended = "ended"
    withdrawn = "withdrawn"


class ParameterChangeState(StrEnum):
    """Where the change of a parameter stands. Approved, it takes effect on its day."""

    proposed = "proposed"
    approved = "approved"
    applied = "applied"
    refused = "refused"
    withdrawn = "withdrawn"


class ConflictKind(StrEnum):
    """Why a member of the committee takes no part in a decision (domain/06 6.4)."""

    own_matter = "own_matter"
    own_department = "own_department"
    related = "related"
    interest = "interest"
    other = "other"


DUTY_LABELS: Labels = {
    ConflictKind: {
        ConflictKind.own_matter: _l("Entered or submitted by me"),
        ConflictKind.own_department: _l("My department is judged"),
        ConflictKind.related: _l("Related to the customer or supplier"),
        ConflictKind.interest: _l("A gain of my own is at stake"),
        ConflictKind.other: _l("Other"),
    },
    DelegationState: {
        DelegationState.proposed: _l("Proposed"),
        DelegationState.active: _l("In force"),
        DelegationState.ended: _l("Ended"),
        DelegationState.withdrawn: _l("Withdrawn"),
    },
    ParameterChangeState: {
        ParameterChangeState.proposed: _l("Proposed"),
        ParameterChangeState.approved: _l("Approved"),
        ParameterChangeState.applied: _l("In force"),
        ParameterChangeState.refused: _l("Refused"),
        ParameterChangeState.withdrawn: _l("Withdrawn"),
    },
}
