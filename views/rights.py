"""Changes of rights that wait for a second administrator."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

import app.security.proposals  # noqa: F401 - declares the workflow before the screen asks for it
from app.security import scopes
from models.access import RightsChange
from views.base import EntityInterface
from views.entity import EntityView


class RightsChangeView(EntityView):
    """What one administrator proposed and another one decides."""

    datamodel = EntityInterface(RightsChange)
    list_columns = ["change_no", "kind", "role", "user", "proposed_by", "proposed_at", "state"]
    search_columns = ["state", "kind", "proposed_at"]
    show_fieldsets = [
        (_l("Change of rights"), {"fields": ["change_no", "kind", "role", "user", "changes", "reason"]}),
        (_l("Course"), {"fields": ["proposed_by", "proposed_at", "decided_by", "decided_at"]}),
    ]
    base_order = ("proposed_at", "desc")
    scope = scopes.rights_change
    quick_search = ("change_no",)
    quick_views = ((_l("Waiting"), {"state": "proposed"}),)
