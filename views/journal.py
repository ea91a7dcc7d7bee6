"""The journal, the parameters of the regulation and the calendar."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.security import scopes
from app.services.policy.actions import propose
from models.calendar import CalendarDay
from models.journal import Journal
from models.parameter_change import ParameterChange
from models.policy import PolicyParameter
from views.base import EntityInterface
from views.entity import EntityView


class JournalView(EntityView):
    """Who did what, read only."""

    datamodel = EntityInterface(Journal)
    list_columns = ["at", "actor_name", "origin", "entity", "entity_id", "action", "from_state", "to_state", "reason"]
    search_columns = ["at", "actor_name", "origin", "entity", "entity_id", "action", "order_id", "request_id"]
    show_fieldsets = [
        (_l("Act"), {"fields": ["at", "recorded_at", "actor_name", "origin", "request_id", "action", "reason"]}),
        (_l("Record"), {"fields": ["entity", "entity_id", "order_id", "from_state", "to_state"]}),
    ]
    base_order = ("id", "desc")
    scope = scopes.journal
    has_history = False


class ParameterChangeView(EntityView):
    """What is to become of a parameter: one person proposes, another member of the committee decides."""

    datamodel = EntityInterface(ParameterChange)
    list_columns = ["change_no", "parameter", "old_value", "new_value", "effective_on", "proposed_by", "state"]
    search_columns = ["state", "parameter", "effective_on"]
    add_columns = ["parameter", "new_value", "effective_on", "reason"]
    show_fieldsets = [
        (_l("Change"), {"fields": ["change_no", "parameter", "old_value", "new_value", "effective_on", "reason"]}),
        (_l("Course"), {"fields": ["proposed_by", "approved_by"]}),
    ]
    base_order = ("created_at", "desc")
    scope = scopes.parameter_change
    creates = propose
    optional_columns = ("effective_on",)
    quick_search = ("change_no", "parameter.code")


class PolicyParameterView(EntityView):
    """Numbers of the regulation that the committee may change."""

    datamodel = EntityInterface(PolicyParameter)
    list_columns = ["code", "value", "unit", "label", "clause"]
    search_columns = ["code", "clause"]
    show_fieldsets = [(_l("Policy parameter"), {"fields": list_columns})]
    base_order = ("code", "asc")
    scope = scopes.policy_parameter
    related_views = [ParameterChangeView]


class CalendarDayView(EntityView):
    """Days that differ from the plain week: holidays, and Saturdays that are worked."""

    datamodel = EntityInterface(CalendarDay)
    list_columns = ["day", "is_workday", "note"]
    search_columns = ["day", "is_workday"]
    add_columns = ["day", "is_workday", "note"]
    edit_columns = ["is_workday", "note"]
    show_fieldsets = [(_l("Calendar day"), {"fields": list_columns})]
    base_order = ("day", "desc")
    scope = scopes.calendar_day
