"""The journal, the parameters of the regulation and the calendar."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.security import scopes
from app.services.policy.actions import propose
from models.calendar import CalendarDay
from models.journal import Journal
from models.parameter_change import ParameterChange
from models.policy import PolicyParameter
from views import journalpage
from views.adapter import guarded
from views.base import EntityInterface
from views.context import web_context
from views.entity import EntityView
from views.showpage import show_variables
from views.story import undo_url
from views.words import act_of, labels_of_entities


class JournalView(EntityView):
    """Who did what, read only: by record, by person, by time."""

    datamodel = EntityInterface(Journal)
    list_columns = [
        "at",
        "actor_name",
        "entity",
        "entity_id",
        "action",
        "from_state",
        "to_state",
        "reason",
        "address",
    ]
    search_columns = [
        "at",
        "actor",
        "entity",
        "action",
        "address",
        "entity_id",
        "order_id",
        "request_id",
        "origin",
    ]
    show_fieldsets = [
        (
            _l("Act"),
            {
                "fields": [
                    "at",
                    "actor_name",
                    "on_behalf_of",
                    "action",
                    "reason",
                    "origin",
                    "address",
                    "request_id",
                    "recorded_at",
                ]
            },
        ),
        (_l("Record"), {"fields": ["entity", "entity_id", "order_id", "from_state", "to_state"]}),
    ]
    base_order = ("id", "desc")
    scope = scopes.journal
    has_history = False
    links = {
        "entity": lambda _ctx, row: journalpage.history_url(row),
        "entity_id": journalpage.record_url,
        "order_id": journalpage.order_url,
    }
    choices = {"entity": journalpage.entity_choices, "action": journalpage.act_choices}
    whole = frozenset({"entity_id", "order_id", "address", "request_id"})

    @expose("/show/<int:pk>")
    @guarded("show")
    def show(self, pk: int) -> Any:
        """One entry, with the values it tells of and the number of its seal."""
        ctx = web_context()
        row = self.find(ctx, pk)
        variables = show_variables(ctx, type(self), row)
        what = str(labels_of_entities().get(row.entity, row.entity))
        variables["title"] = _("%(what)s: %(said)s", what=what, said=act_of(row.entity, row.action))
        variables["subtitle"] = f"{self.model().__label__} {row} · {journalpage.record_name(ctx, row)}".rstrip(" ·")
        variables["related"] = journalpage.tables(ctx, row)
        variables["fieldsets"].append({"label": _("Seal"), "pairs": journalpage.seal_pairs(ctx, row)})
        way, undo = journalpage.record_url(ctx, row), undo_url(ctx, row)
        variables["more"] = None
        variables["steps"] = [
            {"label": _("Whole history of the record"), "url": journalpage.history_url(row), "method": "get"},
            *([{"label": _("Open the record"), "url": way, "method": "get"}] if way else []),
            *([{"label": _("Put back …"), "url": undo, "method": "get"}] if undo else []),
        ]
        for step in variables["steps"]:
            step["tone"] = "default"
        return render_template("zhidan/show.html", **variables)


class ParameterChangeView(EntityView):
    """What is to become of a parameter: one person proposes, another member of the committee decides."""

    datamodel = EntityInterface(ParameterChange)
    list_columns = ["change_no", "parameter", "old_value", "new_value", "effective_on", "proposed_by", "state"]
    search_columns = ["state", "parameter", "effective_on"]
    add_columns = ["parameter", "new_value", "effective_on", "reason"]
    show_fieldsets = [
        (
            _l("Change of a parameter"),
            {"fields": ["change_no", "parameter", "unit", "old_value", "new_value", "effective_on", "reason"]},
        ),
        (_l("Course"), {"fields": ["proposed_by", "approved_by"]}),
    ]
    base_order = ("created_at", "desc")
    label_columns = {"unit": _l("Unit")}
    scope = scopes.parameter_change
    creates = propose
    optional_columns = ("effective_on",)
    quick_search = ("change_no", "parameter.code", "parameter.label")


class PolicyParameterView(EntityView):
    """Numbers of the regulation that the committee may change."""

    datamodel = EntityInterface(PolicyParameter)
    list_columns = ["label", "value", "unit", "clause", "code"]
    search_columns = ["code", "clause"]
    quick_search = ("label", "code")
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
