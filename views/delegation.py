"""Delegations: one's own, those of one's department, those that wait for one's answer. Clause 6(3)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from app.kernel.schema import EntityInput, Related, field_for
from app.security import scopes
from app.security.delegations import PASSED_ON, propose
from app.security.departments import label_of_role
from models.delegation import Delegation
from views.base import EntityInterface
from views.entity import EntityView


class DelegationInput(EntityInput):
    """Who stands in for whom, in what, how long, and why."""

    deputy_id = Related("ab_user", required=True, metadata={"label": _l("Deputy")})
    role = fields.String(
        allow_none=True,
        validate=validate.OneOf(PASSED_ON, [label_of_role(code) for code in PASSED_ON]),
        metadata={"label": _l("Role"), "help": _l("Empty: all roles that may be passed on.")},
    )
    giver_id = Related(
        "ab_user",
        allow_none=True,
        metadata={
            "label": _l("Giver"),
            "help": _l("Empty: yourself. A head of department names a deputy for a member who cannot do so."),
        },
    )
    begins_on = fields.Date(allow_none=True, metadata={"label": _l("First day"), "help": _l("Empty: from today.")})
    ends_on = field_for(Delegation, "ends_on")
    reason = field_for(Delegation, "reason")


class DelegationView(EntityView):
    """Who stands in for whom; the deputy's rights end with the last day, or at once when somebody ends it."""

    datamodel = EntityInterface(Delegation)
    list_columns = ["delegation_no", "giver", "deputy", "role_code", "begins_on", "ends_on", "state"]
    search_columns = ["state", "giver", "deputy", "begins_on", "ends_on"]
    add_schema = DelegationInput
    show_fieldsets = [
        (_l("Delegation"), {"fields": ["delegation_no", "giver", "deputy", "role_code"]}),
        (_l("Period of the delegation"), {"fields": ["begins_on", "ends_on", "reason"]}),
    ]
    base_order = ("ends_on", "desc")
    scope = scopes.delegation
    creates = propose
    quick_search = ("delegation_no",)
    extra_permissions = ("manage",)
