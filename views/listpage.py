"""The parts of a list page: columns, rows, filters, chips, pager, from a declaration and the query arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext

from app.kernel.context import Context
from app.kernel.errors import Reason
from app.kernel.fields import editable
from app.kernel.filters import DURING, RESERVED, Filter, attribute_of
from app.kernel.journal import state_column
from app.kernel.listing import Args, ListRequest, Page, Total
from app.security.refusals import tampered
from app.security.wording import listed
from models.base import Fixed, UtcDateTime
from views.base import EntityDeclaration, view_of
from views.display import add_text, cell, kind_of, label_text, record_text
from views.forms import enum_choices

PAGING = ("after", "before", "last")
SIZES = (25, 50, 100)
FIRST_FILTERS = 3
NOT_THE_LIST = RESERVED - {"q", "sort"} | {"columns", "format"}


def args_of_request() -> list[tuple[str, str]]:
    """The query arguments in order, repeated ones included."""
    return [(key, value) for key, value in request.args.items(multi=True) if value.strip()]


def note_arguments(problems: Sequence[Reason]) -> None:
    """Columns that a list does not offer are for the security log; a wrong value is a slip of the pen."""
    if any(
        problem.code == "invalid_sort" or (problem.code == "invalid_filter" and "value" not in problem.data)
        for problem in problems
    ):
        tampered("unknown_argument")


def address(args: Args | Mapping[str, str], *, without: Sequence[str] = (), **more: str) -> str:
    """This page with other arguments. Paging arguments are dropped unless given."""
    pairs = list(args.items()) if isinstance(args, Mapping) else list(args)
    kept = [(key, value) for key, value in pairs if key not in {*without, *more, *PAGING}]
    query = urlencode([*kept, *more.items()])
    return f"{request.path}?{query}" if query else request.path


def add_button(ctx: Context, view: type[EntityDeclaration], **values: Any) -> dict[str, str] | None:
    """The way to the add form, for who may add."""
    if not view.may_add(ctx.actor):
        return None
    return {"label": add_text(view.model()), "url": view.url("add", **values)}


def list_args(pairs: Args) -> list[tuple[str, str]]:
    """The arguments that say which rows, without those that say which page."""
    return [(key, value) for key, value in pairs if key not in NOT_THE_LIST]


def columns_of(
    ctx: Context, view: type[EntityDeclaration], names: list[str], args: Args, asked: ListRequest
) -> list[dict[str, Any]]:
    """The header; sort links only where an index answers and the actor sees the values."""
    sortable = set(editable(ctx.actor, view.model(), view.order_columns))
    found = []
    for name in names:
        column: dict[str, Any] = {"name": name, "label": str(view.label(name)), "kind": kind_of(view.model(), name)}
        if name in sortable:
            is_current = asked.sort == name
            descends_first = column["kind"] in {"date", "datetime", "money"}
            down = not asked.descending if is_current else descends_first
            column["sort"] = ("desc" if asked.descending else "asc") if is_current else None
            column["sort_url"] = address(args, sort=f"-{name}" if down else name)
        column["cell"] = name in view.cells
        found.append(column)
    return found


def rows_of(ctx: Context, view: type[EntityDeclaration], names: list[str], records: list[Any]) -> list[dict[str, Any]]:
    """The rows; the first column leads to the record. Guards are not asked here: bulk steps decide when clicked."""
    may_show = view.may(ctx.actor, "show")
    workflow = view.workflow()
    state = state_column(view.model())
    bulk = {step.name: step.sources for step in workflow.steps if step.is_bulk} if workflow else {}
    rows = []
    for record in records:
        cells = [linked(ctx, view, record, name) for name in names]
        if may_show and names:
            first = cells[0] or {"kind": "text", "text": record_text(ctx.actor, record)}
            cells[0] = {**first, "kind": "link", "url": view.show_url(record.id)}
        open_steps = [name for name, sources in bulk.items() if state and getattr(record, state) in sources]
        rows.append({"pk": record.id, "label": str(record), "cells": cells, "steps": open_steps})
    return rows


def linked(ctx: Context, view: type[EntityDeclaration], record: Any, name: str) -> dict[str, Any] | None:
    """A value with the way it leads to: the page of a related record, or what the declaration says."""
    found = cell(ctx.actor, record, name, lambda target: link_of(ctx, target))
    if found is not None and name in view.shares:
        found = {**found, "share": share(record, name, view.shares[name])}
    leads = view.links.get(name)
    url = leads(ctx, record) if leads is not None and found is not None else None
    return {**found, "kind": "link", "url": url} if found is not None and url else found


def share(record: Any, name: str, of: str) -> int:
    """How many per cent of a quantity another one is; what is more than all is all."""
    whole = getattr(record, of)
    return min(100, round(100 * getattr(record, name) / whole)) if whole else 0


def link_of(ctx: Context, record: Any) -> str | None:
    """The page of a related record, where the actor may see such pages."""
    view = view_of(type(record))
    return view.show_url(record.id) if view is not None and view.may(ctx.actor, "show") else None


def bulk_steps(ctx: Context, view: type[EntityDeclaration]) -> list[dict[str, Any]]:
    """The bulk steps the actor holds the right to."""
    workflow = view.workflow()
    if workflow is None:
        return []
    return [
        {
            "name": step.name,
            "label": str(step.label),
            "url": view.url("bulk", step=step.name),
            "tone": "danger" if step.tone == "danger" else "default",
            "confirm": str(step.confirm) if step.confirm else None,
        }
        for step in workflow.steps
        if step.is_bulk and ctx.actor.may(workflow.permission(step))
    ]


def pager(found: Page, counted: Total, args: Args, asked: ListRequest) -> dict[str, Any]:
    """Links to the neighbours and “about N”."""

    def link(more: dict[str, str] | None) -> str | None:
        return None if more is None else address(args, **more)

    return {
        "prev_url": link(found.previous),
        "next_url": link(found.next),
        "first_url": link(found.first),
        "last_url": link(found.last),
        "about_text": about(counted),
        "sizes": [(str(size), address(args, size=str(size)), size == asked.size) for size in SIZES],
    }


def about(counted: Total) -> str:
    """How many rows there are, as exact as it was cheap to know."""
    if counted.is_exact:
        return str(ngettext("%(count)s row", "%(count)s rows", counted.count, count=f"{counted.count:,}"))
    if counted.is_estimate:
        return str(_("About %(count)s rows", count=f"{counted.count:,}"))
    return str(_("More than %(count)s rows", count=f"{counted.count:,}"))


def filter_fields(ctx: Context, view: type[EntityDeclaration], asked: ListRequest) -> list[dict[str, Any]]:
    """The filter bar by column type; the first few stand open."""
    values = {condition.key: condition for condition in asked.filters}
    names = editable(ctx.actor, view.model(), list(view.search_columns))
    found = []
    for position, name in enumerate(names):
        field = {"label": str(view.label(name)), **_filter_field(ctx, view, name, values)}
        field["more"] = position >= FIRST_FILTERS
        found.append(field)
    return found


def _raw(values: Mapping[str, Filter], key: str) -> str:
    condition = values.get(key)
    return condition.raw[0] if condition is not None and len(condition.raw) == 1 else ""


def _filter_field(
    ctx: Context, view: type[EntityDeclaration], name: str, values: Mapping[str, Filter]
) -> dict[str, Any]:
    attribute = sa.inspect(view.model()).attrs[name]
    if isinstance(attribute, sa.orm.RelationshipProperty):
        return _relation_field(ctx, view, name, _raw(values, name))
    kind = attribute.columns[0].type
    if name in view.choices:
        choices = view.choices[name]({key: _raw(values, key) for key in values})
        if (raw := _raw(values, name)) and raw not in dict(choices):
            choices = [*choices, (raw, raw)]
        return {"kind": "select", "name": name, "value": raw, "choices": choices}
    if name in view.whole:
        return {"kind": "text", "name": name, "value": _raw(values, name)}
    if attribute.columns[0].foreign_keys:
        return {"kind": "number", "name": name, "value": _raw(values, name)}
    if isinstance(kind, sa.Enum):
        return {"kind": "select", "name": name, **_chosen(values.get(name), enum_choices(kind))}
    if isinstance(kind, sa.Boolean):
        choices = [("true", _("Yes")), ("false", _("No"))]
        return {"kind": "select", "name": name, "value": _raw(values, name), "choices": choices}
    if isinstance(kind, UtcDateTime | sa.Date | Fixed | sa.Integer):
        low, high = f"{name}__ge", f"{name}__le"
        return {
            "kind": "date_range" if isinstance(kind, UtcDateTime | sa.Date) else "number_range",
            "from_name": low,
            "to_name": high,
            "from_value": _raw(values, low)[:10],
            "to_value": _raw(values, high)[:10],
        }
    key = f"{name}__contains"
    return {"kind": "text", "name": key, "value": _raw(values, key)}


def _chosen(condition: Filter | None, choices: list[tuple[str, str]]) -> dict[str, Any]:
    """The words to choose from and the chosen one; several at once, as a quick filter has them, are one more choice."""
    raw = condition.raw if condition is not None else ()
    if len(raw) > 1:
        labels = dict(choices)
        choices = [*choices, (",".join(raw), listed([labels.get(word, word) for word in raw]))]
    return {"value": ",".join(raw), "choices": choices}


def kept_arguments(asked: ListRequest, fields: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The filters that no field of the filter bar holds: sending it must not lose them."""
    pairs = (("name", "value"), ("from_name", "from_value"), ("to_name", "to_value"))
    held = {field.get(name) for field in fields for name, value in pairs if field.get(value)}
    return dict(_argument(condition) for condition in asked.filters if condition.key not in held)


def _argument(condition: Filter) -> tuple[str, str]:
    """A condition as one argument."""
    is_several = condition.operator == "eq" and len(condition.raw) > 1
    return f"{condition.name}__in" if is_several else condition.key, ",".join(condition.raw)


def _relation_field(ctx: Context, view: type[EntityDeclaration], name: str, raw: str) -> dict[str, Any]:
    from app.kernel.schema import Related
    from views.forms import _related  # the same widget as in forms

    target = sa.inspect(view.model()).relationships[name].mapper.class_.__tablename__
    widget = _related(ctx, name, Related(target), {}, {name: raw})
    return {**widget, "name": name, "value": raw}


def chips(ctx: Context, view: type[EntityDeclaration], asked: ListRequest, args: Args) -> list[dict[str, str]]:
    """What the list is narrowed by, each with a way to take it off."""
    signs = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "ne": "≠", "contains": "∋"}
    found = []
    for condition in asked.filters:
        if condition.operator == "null":
            text = _("empty") if condition.values[0] else _("not empty")
        elif condition.operator == DURING:
            text = days_text(condition)
        else:
            text = ", ".join(value_text(ctx, view, condition, value, asked.filters) for value in condition.values)
        sign = signs.get(condition.operator, "")
        # The argument may have come under the name of the relation or of its column.
        keys = [key for key, _value in args if key in {condition.key, _alias(view, condition)}]
        found.append(
            {
                "label": str(view.label(condition.name)),
                "text": f"{sign} {text}".strip(),
                "remove_url": address(args, without=keys),
            }
        )
    if asked.quick:
        found.append({"label": _("Search"), "text": asked.quick, "remove_url": address(args, without=["q"])})
    return found


def days_text(condition: Filter) -> str:
    """The days of a period."""
    first, last = condition.values
    return f"{first} – {last}" if first is not None else f"≤ {last}"


def _alias(view: type[EntityDeclaration], condition: Filter) -> str:
    key = attribute_of(view.model(), condition.name).key
    return condition.key.replace(condition.name, key, 1)


def value_text(
    ctx: Context,
    view: type[EntityDeclaration],
    condition: Filter,
    value: Any,
    asked_with: Sequence[Filter] = (),
) -> str:
    """The value of a filter as a person reads it."""
    attribute = sa.inspect(view.model()).attrs[condition.name]
    if isinstance(attribute, sa.orm.RelationshipProperty):
        from app.kernel.schema import Related
        from views.forms import related_text

        target = attribute.mapper.class_.__tablename__
        return related_text(ctx, Related(target), value) or str(value)
    if hasattr(value, "value"):
        return label_text(value)
    if condition.name in view.choices:
        asked = {other.name: str(other.values[0]) for other in asked_with}
        return dict(view.choices[condition.name](asked)).get(value, str(value))
    return condition.raw[condition.values.index(value)]
