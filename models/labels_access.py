"""Words of rights and of who decides about them, with their labels."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from models.vocabulary import Labels


class RightsChangeKind(StrEnum):
    """What a dangerous change is about."""

    role_rights = "role_rights"
    user_roles = "user_roles"


class RightsChangeState(StrEnum):
    """Where a dangerous change stands."""

    proposed = "proposed"
    applied = "applied"
    refused = "refused"
    withdrawn = "withdrawn"


ACCESS_LABELS: Labels = {
    RightsChangeKind: {
        RightsChangeKind.role_rights: _l("Rights of a role"),
        RightsChangeKind.user_roles: _l("Roles of a person"),
    },
    RightsChangeState: {
        RightsChangeState.proposed: _l("Waits for a second administrator"),
        RightsChangeState.applied: _l("In force"),
        RightsChangeState.refused: _l("Refused"),
        RightsChangeState.withdrawn: _l("Withdrawn"),
    },
}
