"""The show page: header with state and next steps, values, related tabs, history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _

from app.kernel.clocks import Reading, readings
from app.kernel.context import Context
from app.kernel.engine import offered
from app.kernel.errors import NotFoundError, PermissionDeniedError
from app.kernel.fields import Access, access, level, present
from app.kernel.filters import BadValueError, value_of
from app.kernel.journal import entity_name
from app.kernel.listing import ListRequest, ListSpec, page
from app.kernel.sealing import Forgotten, opened
from app.kernel.windows import Seen, prepare
from models.journal import Journal
from models.order import Order
from views.base import ENTITIES, EntityDeclaration, column_key, parent_relation
from views.display import badge, kind_of, label_text, moment, name_of, person_text, record_text, state_of, text_of
from views.listpage import add_button, linked, rows_of
from views.paper import paper_buttons
from views.reveal import lifted, reveal_button
from views.words import act_of, declared_step, said

TAB_ROWS = 50
HISTORY_ROWS = 60
FIRST_STEPS = 3
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
        "fieldsets": fieldsets(ctx, view, record),
        "related": tabs(ctx, view, record),
        "track": view.way(record) if view.way is not None else None,
    }
    if view.has_history:
        variables["timeline"], variables["timeline_more_url"] = history(ctx, view, record)
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
    if reading.is_breached(ctx.now):
        if reading.stopped_at is not None:
            return {"label": _("%(clock)s was late", clock=label), "tone": "neutral"}
        return {"label": _("%(clock)s late since %(due)s", clock=label, due=moment(reading.due_at)), "tone": "danger"}
    tone = "warning" if reading.is_warning(ctx.now) else "info"
    return {"label": _("%(clock)s due %(due)s", clock=label, due=moment(reading.due_at)), "tone": tone}


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
        # A group that says nothing yet (the end of a running order) would only be in the way.
        if any(pair["value"] is not None and not _is_no(pair["value"]) for pair in pairs):
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
    for name, (child, relation) in related_of(view).items():
        if not child.may(ctx.actor, "list"):
            continue
        entry: dict[str, Any]
        if found:
            entry = {
                "id": name,
                "label": str(child.model().__label_plural__),
                "url": view.url("tab", pk=record.id, name=name),
            }
        else:
            entry = {"id": name, **tab(ctx, child, relation, record), "all_url": None}
        if child.parent_allows is None or child.parent_allows(record):
            key = column_key(child.model(), relation)
            entry["add"] = add_button(ctx, child, **{key: record.id}) if key in child.add_keys() else None
        found.append(entry)
    return found


def tab(ctx: Context, child: type[EntityDeclaration], relation: str, record: Any) -> dict[str, Any]:
    """The rows of one related table, in scope; the parent's own column is left out."""
    spec = child.spec()
    names = [name for name in child.seen_columns(ctx.actor, child.list_columns) if name != relation]
    key = sa.inspect(child.model()).relationships[relation].local_columns
    column = next(iter(key))

    def within(actor: Any) -> sa.ColumnElement[bool]:
        clause: sa.ColumnElement[bool] = column == record.id
        return sa.and_(clause, child.scope(actor)) if child.scope is not None else clause

    narrowed = ListSpec(spec.model, tuple(names), (), spec.order, spec.base_order, within)
    asked = ListRequest(sort=spec.base_order[0], descending=spec.base_order[1] == "desc", size=TAB_ROWS)
    found = page(ctx, narrowed, asked)
    searchable = relation in child.search_columns
    return {
        "label": str(child.model().__label_plural__),
        "columns": [{"name": n, "label": str(child.label(n)), "kind": kind_of(child.model(), n)} for n in names],
        "rows": rows_of(ctx, child, names, found.rows),
        "empty": _("Nothing here yet"),
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


def history(ctx: Context, view: type[EntityDeclaration], record: Any) -> tuple[list[dict[str, Any]], str | None]:
    """The journal of a record, newest first; an order's timeline holds what happened to everything of the order."""
    statement = sa.select(Journal).order_by(Journal.id.desc()).limit(HISTORY_ROWS + 1)
    if view.model().journal_order_attribute == "id":
        statement = statement.where(Journal.order_id == record.id)
    else:
        statement = statement.where(Journal.entity == view.entity(), Journal.entity_id == record.id)
    before = request.args.get("history", "")
    if before.isascii() and before.isdigit() and len(before) < 19:  # noqa: PLR2004 - fits a BIGINT
        statement = statement.where(Journal.id < int(before))
    rows = list(ctx.session.scalars(statement))
    more = None
    if len(rows) > HISTORY_ROWS:
        rows = rows[:HISTORY_ROWS]
        more = view.url("show", pk=record.id, history=rows[-1].id)
    seen = in_scope(ctx, rows, record)
    prepare(ctx.session, ctx.actor, [(row.entity, row.entity_id) for row in seen])
    readable = dict(
        zip((row.id for row in seen), opened(ctx.session, [row.changes or {} for row in seen]), strict=True)
    )
    return [entry for act in acts(seen) if (entry := act_entry(ctx, act, readable)) is not None], more


def in_scope(ctx: Context, rows: list[Any], record: Any) -> list[Any]:
    """The journal rows of records the actor may know of: an order's timeline tells of tickets and other crews too."""
    hidden: set[tuple[str, int]] = set()
    own = (entity_name(type(record)), record.id)
    for entity in {row.entity for row in rows}:
        view = ENTITIES.get(entity)
        clause = view.scope(ctx.actor) if view is not None and view.scope is not None else sa.true()
        if view is None or isinstance(clause, sa.True_):
            continue
        ids = {row.entity_id for row in rows if row.entity == entity and (entity, row.entity_id) != own}
        if ids:
            model = view.model()
            open_ids = set(ctx.session.scalars(sa.select(model.id).where(model.id.in_(ids), clause)))
            hidden |= {(entity, row_id) for row_id in ids - open_ids}
    return [row for row in rows if (row.entity, row.entity_id) not in hidden]


def acts(rows: list[Any]) -> list[list[Any]]:
    """Rows of one act together: what one person did at one moment, with everything that followed from it."""
    found: list[list[Any]] = []
    for row in rows:
        if found and (found[-1][0].at, found[-1][0].actor_name) == (row.at, row.actor_name):
            found[-1].append(row)
        else:
            found.append([row])
    return found


def act_entry(ctx: Context, rows: list[Any], readable: Mapping[int, dict[str, Any]]) -> dict[str, Any] | None:
    """One act: the step that was fired, and in short what else changed with it. ``readable``: the changes by row."""
    seen = [row for row in rows if _is_open(ctx, row)]
    if not seen:
        return None
    # Rows come newest first, and an act begins with what the person did himself.
    head = next((row for row in reversed(seen) if is_step(row)), seen[-1])
    entry = history_entry(ctx, head, readable[head.id])
    titles = Counter(action_title(row) for row in reversed(seen) if row is not head)
    entry["also"] = [title if count == 1 else f"{title} × {count}" for title, count in titles.items()]
    return entry


def _is_open(ctx: Context, row: Any) -> bool:
    view = ENTITIES.get(row.entity)
    return view is not None and (view.may(ctx.actor, "list") or view.may(ctx.actor, "show"))


def is_step(row: Any) -> bool:
    """Whether a journal row is a step, not a mere change of columns."""
    return declared_step(row.entity, row.action.rpartition(".")[2]) is not None


def history_entry(ctx: Context, row: Any, changed: Mapping[str, Any]) -> dict[str, Any]:
    """A journal row as a person reads it."""
    view = ENTITIES[row.entity]
    states = view.workflow().states if view.workflow() else None  # type: ignore[union-attr]
    entry: dict[str, Any] = {
        "at": moment(row.at),
        "actor": actor_text(ctx, row),
        "title": action_title(row),
        "reason": row.reason,
        "changes": changes(ctx, view, changed, Seen(ctx.session, row.entity, row.entity_id)),
    }
    if states is not None and row.from_state and row.from_state != row.to_state:
        entry["from_state"] = badge(states(row.from_state))
        entry["to_state"] = badge(states(row.to_state))
    return entry


def actor_text(ctx: Context, row: Any) -> str:
    """Who did it, and for whom a deputy did."""
    if row.actor_id is None and row.actor_name == "system":
        return str(_("System"))
    giver = ctx.session.get(User, row.on_behalf_of_id) if row.on_behalf_of_id is not None else None
    if giver is None:
        return str(row.actor_name)
    return str(_("%(deputy)s for %(giver)s", deputy=row.actor_name, giver=person_text(giver)))


def action_title(row: Any) -> str:
    """What was done to which table."""
    label = ENTITIES[row.entity].model().__label__
    return str(_("%(what)s: %(said)s", what=label, said=act_of(row.entity, row.action)))


def changes(
    ctx: Context, view: type[EntityDeclaration], found: Mapping[str, Any], of: Seen
) -> list[tuple[str, str, str]]:
    """Changed columns of a record with old and new value, by the actor's access; technical ones left out."""
    model = view.model()
    rows = []
    for name, (old, new) in found.items():
        attribute = sa.inspect(model).attrs.get(name)
        if attribute is None or name in {"state", "search_text", "content_hash"}:
            continue
        column = attribute.columns[0]
        # Ids of other rows say nothing to a person; the records themselves stand on the timeline.
        if level(ctx.actor, model, name, of) is Access.hidden or not column.info.get("label") or column.foreign_keys:
            continue
        before, after = (_old_text(ctx, model, name, value, of) for value in (old, new))
        rows.append((str(view.label(name)), before, after))
    return rows


def _old_text(ctx: Context, model: type[Any], name: str, value: Any, of: Seen) -> str:
    """A journalled value: words get their labels, the rest is shown as kept."""
    if isinstance(value, Forgotten):
        return str(_("Anonymised"))
    if value is None or value == "":
        return ""
    kind = sa.inspect(model).attrs[name].columns[0].type
    if isinstance(kind, sa.Enum) and kind.enum_class is not None:
        return label_text(kind.enum_class(value))
    try:
        typed = value_of(kind, str(value)) if not isinstance(value, list | dict | bool) else value
    except BadValueError:
        typed = value
    flags = said(model, name, typed)
    return text_of(kind_of(model, name), present(ctx.actor, model, name, typed, of)) if flags is None else flags
