"""The show page: header with state and next steps, values, related tabs, history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from app.kernel.clocks import Reading, readings
from app.kernel.context import Context
from app.kernel.engine import offered
from app.kernel.errors import NotFoundError, PermissionDeniedError
from app.kernel.fields import Access, access
from app.kernel.listing import ListRequest, ListSpec, page
from models.order import Order
from views.base import ENTITIES, EntityDeclaration, column_key, parent_relation
from views.display import kind_of, moment, name_of, record_text, state_of
from views.listpage import add_button, linked, rows_of
from views.paper import paper_buttons
from views.reveal import lifted, reveal_button
from views.story import story
from views.talked import composer

TAB_ROWS = 50
FIRST_STEPS = 3
HOURS_OF_A_DAY = 24
QUIET_TONES = frozenset({"neutral", "danger"})


def show_variables(ctx: Context, view: type[EntityDeclaration], record: Any) -> dict[str, Any]:
    """The variables of ``zhidan/show.html``."""
    ctx, strip = lifted(ctx, view, record)
    first, more = step_buttons(ctx, view, record)
    first = [*begins(ctx, view, record), *first]
    variables: dict[str, Any] = {
        "title": str(record),
        "subtitle": subtitle(ctx, view, record),
        "crumbs": [(str(view.model().__label_plural__), view.url("list")), (str(record), None)],
        "state": state_of(record),
        "flags": flags(ctx, record) + (view.hints(ctx, record) if view.hints else []),
        "steps": first,
        "more": [*more, *further_buttons(ctx, view, record, is_lifted=strip is not None)],
        "strip": strip,
        "edit_url": view.url("edit", pk=record.id) if view.may_edit(ctx.actor, record) else None,
        "figures": view.figures(ctx, record) if view.figures is not None else None,
        "fieldsets": fieldsets(ctx, view, record),
        "beside": view.beside(ctx, record, "").get("facts") if view.beside is not None else None,
        "related": tabs(ctx, view, record),
        "track": view.way(record) if view.way is not None else None,
    }
    if view.has_history:
        variables["story"] = story(ctx, view, record)
    if view.talk:
        variables["talk"] = composer(ctx, view, record)
    return variables


def further_buttons(
    ctx: Context, view: type[EntityDeclaration], record: Any, *, is_lifted: bool
) -> list[dict[str, Any]]:
    """What is no step: what the declaration adds, and the way to see a record without masks."""
    found = [*paper_buttons(view, record), *(view.further(ctx, record) if view.further is not None else [])]
    return found if is_lifted else [*found, *reveal_button(ctx, view, record)]


def subtitle(ctx: Context, view: type[EntityDeclaration], record: Any) -> str:
    """The label of the table and, where there is one, whom it concerns."""
    label = str(view.model().__label__)
    customer = getattr(record, "customer", None)
    name = record_text(ctx.actor, customer) if customer is not None else ""
    name = name or name_of(ctx.actor, record) or ""
    return f"{label} · {name}" if name else label


def step_buttons(
    ctx: Context, view: type[EntityDeclaration], record: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Next steps: what leads on stands beside the number, holds and cancellations behind “More”."""
    first: list[dict[str, Any]] = []
    more: list[dict[str, Any]] = []
    for step, reasons in offered(ctx, record):
        button = {
            "name": step.name,
            "label": str(step.label),
            "url": view.url("step", pk=record.id, step=step.name),
            "tone": {"neutral": "default"}.get(step.tone, step.tone),
            "disabled_reasons": [str(reason) for reason in reasons],
            "confirm": str(step.confirm) if step.confirm else None,
            "method": "get" if step.asks else "post",
            "hidden": {"version": record.version},
        }
        (more if step.tone in QUIET_TONES or len(first) >= FIRST_STEPS else first).append(button)
    # The first open step is the one to press; closed ones stay visible with their reasons.
    primary = next((button for button in first if not button["disabled_reasons"]), None)
    for button in first:
        button["tone"] = "primary" if button is primary else "default"
    return first, more


def begins(ctx: Context, view: type[EntityDeclaration], record: Any) -> list[dict[str, Any]]:
    """The button of whoever goes on with this state in another table: an order ready to ship waits for a shipment."""
    awaited = view.awaits.get(getattr(record, "state", None))
    child = ENTITIES.get(awaited.removesuffix(".add")) if awaited else None
    relation = parent_relation(child.model(), view.model()) if child is not None else None
    if child is None or relation is None or not (child.parent_allows is None or child.parent_allows(record)):
        return []
    button = add_button(ctx, child, **{column_key(child.model(), relation): record.id})
    return [{**button, "tone": "primary", "method": "get", "icon": "fa-plus"}] if button else []


def flags(ctx: Context, record: Any) -> list[dict[str, str]]:
    """What must be seen before anything is done: a hold of the order this is or belongs to, then the clocks."""
    order = record if isinstance(record, Order) else getattr(record, "order", None)
    is_held = isinstance(order, Order) and order.is_on_hold and access(ctx.actor, Order, "is_on_hold") is Access.full
    hold = [{"label": _("On hold"), "tone": "danger"}] if is_held else []
    return hold + [clock_flag(ctx, reading) for reading in readings(ctx, record) if shown_clock(ctx, reading)]


def shown_clock(ctx: Context, reading: Reading) -> bool:
    """Running clocks, and stopped ones that were late."""
    return reading.stopped_at is None or reading.is_breached(ctx.now)


def clock_flag(ctx: Context, reading: Reading) -> dict[str, str]:
    """A clock as a badge: due when, late, or was late."""
    label = str(reading.clock.label)
    gap = span(abs(reading.due_at - ctx.now))
    if reading.is_breached(ctx.now):
        if reading.stopped_at is not None:
            return {"label": _("%(clock)s was late", clock=label), "tone": "neutral"}
        late = _("%(clock)s late since %(due)s", clock=label, due=moment(reading.due_at))
        return {"label": late, "tone": "danger", "left": _("%(time)s late", time=gap)}
    tone = "warning" if reading.is_warning(ctx.now) else "info"
    due = _("%(clock)s due %(due)s", clock=label, due=moment(reading.due_at))
    return {"label": due, "tone": tone, "left": _("%(time)s left", time=gap)}


def span(time: timedelta) -> str:
    """2 d 3 h, or 3 h 20 min: as exact as it helps."""
    hours, rest = divmod(int(time.total_seconds()), 3600)
    if hours >= HOURS_OF_A_DAY:
        days, hours = divmod(hours, HOURS_OF_A_DAY)
        return str(_("%(days)s d %(hours)s h", days=days, hours=hours))
    return str(_("%(hours)s h %(minutes)s min", hours=hours, minutes=rest // 60))


def fieldsets(ctx: Context, view: type[EntityDeclaration], record: Any) -> list[dict[str, Any]]:
    """The values in groups; hidden columns are absent, not blank."""
    found = []
    for label, part in view.show_fieldsets:
        names = view.seen_columns(ctx.actor, list(part["fields"]))
        pairs: list[dict[str, Any]] = [
            {
                "label": str(view.label(name)),
                "value": linked(ctx, view, record, name),
                "kind": kind_of(view.model(), name),
            }
            for name in names
        ]
        # A group that says nothing yet (the end of a running order) would only be in the way; in a quiet one, a zero
        # says nothing either.
        said = [name for name, pair in zip(names, pairs, strict=True) if pair["value"] and not _is_no(pair["value"])]
        if any(getattr(record, name, None) != 0 for name in said) if part.get("quiet") else said:
            found.append({"label": str(label), "pairs": pairs})
    return found


def _is_no(value: dict[str, Any]) -> bool:
    return value.get("kind") == "bool" and not value["on"]


def related_of(view: type[EntityDeclaration]) -> dict[str, tuple[type[EntityDeclaration], str]]:
    """The child declarations by entity, each with its relation to this one."""
    found = {}
    for child in getattr(view, "related_views", None) or []:
        relation = parent_relation(child.model(), view.model())
        if relation is not None:
            found[child.entity()] = (child, relation)
    return found


def tabs(ctx: Context, view: type[EntityDeclaration], record: Any) -> list[dict[str, Any]]:
    """One tab a child; the first is filled at once, the others when opened. No right to the list, no tab."""
    found: list[dict[str, Any]] = []
    shown = {name: pair for name, pair in related_of(view).items() if pair[0].may(ctx.actor, "list")}
    counted = counts(ctx, shown, record)
    for name, (child, relation) in shown.items():
        entry: dict[str, Any]
        if found:
            entry = {
                "id": name,
                "label": str(child.model().__label_plural__),
                "url": view.url("tab", pk=record.id, name=name),
            }
        else:
            entry = {"id": name, **tab(ctx, child, relation, record), "all_url": None}
        entry["count"] = counted[name] or None
        if child.parent_allows is None or child.parent_allows(record):
            key = column_key(child.model(), relation)
            entry["add"] = add_button(ctx, child, **{key: record.id}) if key in child.add_keys() else None
        found.append(entry)
    return found


def counts(ctx: Context, shown: Mapping[str, tuple[type[EntityDeclaration], str]], record: Any) -> dict[str, int]:
    """How many rows each tab has, in scope: one statement for all."""
    parts = [
        sa.select(sa.func.count()).select_from(child.model()).where(rows_within(ctx.actor, child, relation, record))
        for child, relation in shown.values()
    ]
    if not parts:
        return {}
    row = ctx.session.execute(sa.select(*(part.scalar_subquery() for part in parts))).one()
    return dict(zip(shown, row, strict=True))


def rows_within(actor: Any, child: type[EntityDeclaration], relation: str, record: Any) -> sa.ColumnElement[bool]:
    """The rows of a related table that belong to a record and that the actor may know of."""
    column = next(iter(sa.inspect(child.model()).relationships[relation].local_columns))
    clause: sa.ColumnElement[bool] = column == record.id
    return sa.and_(clause, child.scope(actor)) if child.scope is not None else clause


def tab(ctx: Context, child: type[EntityDeclaration], relation: str, record: Any) -> dict[str, Any]:
    """The rows of one related table, in scope; the parent's own column is left out."""
    spec = child.spec()
    names = [name for name in child.seen_columns(ctx.actor, child.list_columns) if name != relation]

    def within(actor: Any) -> sa.ColumnElement[bool]:
        return rows_within(actor, child, relation, record)

    narrowed = ListSpec(spec.model, tuple(names), (), spec.order, spec.base_order, within)
    asked = ListRequest(sort=spec.base_order[0], descending=spec.base_order[1] == "desc", size=TAB_ROWS)
    found = page(ctx, narrowed, asked)
    searchable = relation in child.search_columns
    return {
        "label": str(child.model().__label_plural__),
        "columns": [{"name": n, "label": str(child.label(n)), "kind": kind_of(child.model(), n)} for n in names],
        "rows": rows_of(ctx, child, names, found.rows),
        "empty": "",
        "all_url": child.url("list", **{relation: record.id}) if searchable and found.rows else None,
    }


def tab_of(ctx: Context, view: type[EntityDeclaration], record: Any, name: str) -> dict[str, Any]:
    """A tab asked for by itself. Raises NotFoundError, PermissionDeniedError."""
    entry = related_of(view).get(name)
    if entry is None:
        raise NotFoundError
    child, relation = entry
    if not child.may(ctx.actor, "list"):
        raise PermissionDeniedError
    return tab(ctx, child, relation, record)
