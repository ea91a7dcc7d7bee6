"""Exception cases, matters between departments, and time limits that were missed. Clauses 4(5), 6, 7(4)."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.fields import Access, access
from app.security import scopes
from app.services.coordination.actions import raise_item
from app.services.coordination.flow import RaiseInput
from app.services.exception.actions import change_case, open_case
from models.clock_run import ClockRun
from models.coordination import CoordinationItem
from models.exception import ExceptionCase
from models.labels_exception import ExceptionState
from views.base import ENTITIES, EntityInterface
from views.display import badge, money
from views.entity import EntityView
from views.talk import Talked

MARKS = ["is_repeated", "is_disputed", "is_safety", "is_authority", "is_data_leak", "is_milestone_missed"]
FACTS = ["loss_amount", "delay_days", "affected_orders", *MARKS, "authority_no"]
PARTS = ["order", "order_line", "task", "inspection", "shipment", "ticket", "payment"]
ROAD = (
    ExceptionState.open,
    ExceptionState.answered,
    ExceptionState.planned,
    ExceptionState.in_handling,
    ExceptionState.resolved,
    ExceptionState.closed,
)
BEFORE_COMMITTEE = "open,answered,planned,in_handling,resolved,pending_approval"


def is_open_to_change(case: ExceptionCase) -> bool:
    """What the committee looks at stands still, and so does what has ended."""
    return case.state not in {ExceptionState.pending_approval, ExceptionState.closed, ExceptionState.void}


def stations(case: ExceptionCase) -> list[dict[str, Any]]:
    """The way of a case; before the committee it stands at its plan."""
    if case.state is ExceptionState.void:
        return []
    here = ExceptionState.planned if case.state is ExceptionState.pending_approval else case.state
    place = ROAD.index(here)
    return [
        {"label": str((badge(state) or {})["label"]), "done": number < place or number == len(ROAD) - 1 == place,
         "current": number == place}
        for number, state in enumerate(ROAD)
    ]  # fmt: skip


def level_hint(_ctx: Context, case: ExceptionCase) -> list[dict[str, str]]:
    """The level as a badge beside the state."""
    found = badge(case.level)
    return [found] if found is not None else []


def label(name: str) -> str:
    """The label of a column of a case."""
    return str(getattr(ExceptionCase, name).info["label"])


def case_figures(ctx: Context, case: ExceptionCase) -> list[dict[str, Any]]:
    """Loss, cost and delay at a glance, as far as the reader may see them."""
    amounts = ("loss_amount", "cost_amount", "compensation_amount")
    open_to = [name for name in amounts if access(ctx.actor, ExceptionCase, name) is Access.full]
    found = [{"label": label(name), "value": money(getattr(case, name))} for name in open_to]
    return [{"label": label("delay_days"), "value": str(case.delay_days)}, *found]


def record_url(_ctx: Context, run: ClockRun) -> str | None:
    """The record whose time it was."""
    view = ENTITIES.get(run.entity)
    return view.url("show", pk=run.entity_id) if view is not None else None


class CoordinationItemView(Talked, EntityView):
    """What one department wants of another, and what the committee decided."""

    datamodel = EntityInterface(CoordinationItem)
    list_columns = [
        "item_no", "subject", "raised_department", "against_department", "owner", "due_on", "created_at", "state",
    ]  # fmt: skip
    search_columns = ["state", "raised_department", "against_department", "order", "exception", "owner", "due_on"]
    add_schema = RaiseInput
    show_fieldsets = [
        (
            _l("Coordination item"),
            {
                "fields": [
                    "item_no", "subject", "raised_department", "against_department", "order", "exception",
                    "description",
                ]
            },
        ),
        (_l("Committee decision"), {"fields": ["decision", "owner", "due_on", "minutes_no", "decided_at"]}),
        (_l("Outcome"), {"fields": ["outcome"]}),
    ]  # fmt: skip
    base_order = ("created_at", "desc")
    scope = scopes.coordination_item
    quick_search = ("item_no", "subject")
    quick_views = (
        (_l("Waits for a decision"), {"state": "raised"}),
        (_l("Overdue"), {"state": "decided", "due_on__during": "past"}),
    )
    creates = raise_item


class ExceptionCaseView(Talked, EntityView):
    """Everything that deviates from an order, with its owner, level and clocks."""

    datamodel = EntityInterface(ExceptionCase)
    list_columns = [
        "case_no", "level", "kind", "order", "owner_department", "owner", "liable_party", "loss_amount", "created_at",
        "state",
    ]  # fmt: skip
    search_columns = [
        "state", "level", "kind", "owner_department", "owner", "liable_party", "order", "shipment", "inspection",
        "ticket", "task", "payment", "order_line", "created_at", "closed_at",
    ]  # fmt: skip
    add_columns = [*PARTS, "kind", "owner_department", "owner", "description", *FACTS, "cause", "liable_party"]
    edit_columns = ["kind", "owner_department", "owner", "description", *FACTS, "cause", "liable_party", "prevention"]
    add_fieldsets = [
        (_l("What happened"), {"fields": ["kind", "owner_department", "owner", "description"]}),
        (_l("Where it belongs"), {"fields": PARTS}),
        (_l("How grave it is"), {"fields": FACTS}),
        (_l("Cause"), {"fields": ["cause", "liable_party"]}),
    ]
    edit_fieldsets = [
        (_l("What happened"), {"fields": ["kind", "owner_department", "owner", "description"]}),
        (_l("How grave it is"), {"fields": FACTS}),
        (_l("Cause"), {"fields": ["cause", "liable_party", "prevention"]}),
    ]
    show_fieldsets = [
        (
            _l("Exception"),
            {"fields": ["case_no", "kind", "level", "owner_department", "owner", *PARTS, "description"]},
        ),
        (_l("How grave it is"), {"fields": FACTS}),
        (
            _l("Handling plan"),
            {"fields": ["cause", "liable_party", "plan", "cost_amount", "compensation_amount", "planned_at"]},
        ),
        (
            _l("Course"),
            {"fields": ["answered_at", "resolution", "resolved_at", "prevention", "closed_at"]},
        ),
    ]
    base_order = ("created_at", "desc")
    scope = scopes.exception_case
    quick_search = ("case_no", "order.order_no")
    quick_views = (
        (_l("Running"), {"state": BEFORE_COMMITTEE}),
        (_l("L3 major"), {"level": "l3", "state": BEFORE_COMMITTEE}),
        (_l("Before the committee"), {"state": "pending_approval"}),
    )
    facets = ("level", "owner_department")
    creates = open_case
    changes = change_case
    can_be_edited = is_open_to_change
    way = stations
    hints = level_hint
    figures = case_figures
    related_views = [CoordinationItemView]


class ClockRunView(EntityView):
    """Time limits close to their end or missed, each with its reason."""

    datamodel = EntityInterface(ClockRun)
    list_columns = [
        "code",
        "record_no",
        "entity",
        "owner_department",
        "due_at",
        "stopped_at",
        "told_pct",
        "reason",
        "state",
    ]
    search_columns = ["state", "code", "owner_department", "order", "due_at", "reason"]
    show_fieldsets = [
        (_l("Time limit"), {"fields": ["code", "entity", "record_no", "order", "owner_department"]}),
        (_l("Time"), {"fields": ["started_at", "due_at", "stopped_at", "told_pct"]}),
        (_l("Reason"), {"fields": ["reason", "note", "explained_at"]}),
    ]
    base_order = ("due_at", "desc")
    scope = scopes.clock_run
    quick_search = ("record_no",)
    quick_views = (
        (_l("Reason missing"), {"state": "breached"}),
        (_l("Close to its end"), {"state": "warned"}),
    )
    facets = ("owner_department",)
    links = {"record_no": record_url}
