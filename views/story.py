"""The story of a record: what was done to it, what people said, and what they put beside it, newest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _

from app.kernel.context import Context
from app.kernel.fields import Access, level, present, visible
from app.kernel.filters import BadValueError, value_of
from app.kernel.journal import TAKES_BACK, entity_name
from app.kernel.restoring import is_edit
from app.kernel.sealing import Forgotten, opened
from app.kernel.windows import Seen, prepare
from models.journal import Journal
from models.labels import Origin
from views import talked
from views.base import ENTITIES, EntityDeclaration, view_of
from views.display import badge, kind_of, label_text, moment, person_text, text_of
from views.forms import edit_keys
from views.journalpage import TECHNICAL
from views.words import act_of, declared_step, said

HISTORY_ROWS = 60
# The state has its own place in an entry.
UNTOLD = TECHNICAL | {"state"}


def story(ctx: Context, view: type[EntityDeclaration], record: Any) -> dict[str, Any]:
    """What happened to a record, newest first: {entries, more_url, only_talk}.

    An order's story holds what happened to everything of the order. A talked about record has its comments and
    files in it; ``story=talk`` in the address leaves everything else out.
    """
    only_talk = view.talk and request.args.get("story") == "talk"
    statement = _rows_of(view, record).order_by(Journal.id.desc()).limit(HISTORY_ROWS + 1)
    if only_talk:
        statement = statement.where(Journal.entity.in_(talked.TALK))
    before = request.args.get("history", "")
    if before.isascii() and before.isdigit() and len(before) < 19:  # noqa: PLR2004 - fits a BIGINT
        statement = statement.where(Journal.id < int(before))
    rows = list(ctx.session.scalars(statement))
    more = {}
    if len(rows) > HISTORY_ROWS:
        rows = rows[:HISTORY_ROWS]
        more = {"history": rows[-1].id, **({"story": "talk"} if only_talk else {})}
    said_here = talked.load(ctx, rows)
    seen = in_scope(ctx, rows, record, said_here)
    prepare(ctx.session, ctx.actor, [said_here.subject_of(row) for row in seen])
    plain = [row for row in seen if row.entity not in talked.TALK]
    readable = dict(
        zip((row.id for row in plain), opened(ctx.session, [row.changes or {} for row in plain]), strict=True)
    )
    entries = (
        talked.entry(ctx, act[0], said_here, actor_text(ctx, act[0]))
        if act[0].entity in talked.TALK
        else act_entry(ctx, act, readable, record)
        for act in acts(seen)
    )
    return {
        "entries": [entry for entry in entries if entry is not None],
        "more_url": view.url("show", pk=record.id, **more) if more else None,
        "more_part": view.url("story", pk=record.id, **more) if more and view.talk else None,
        "only_talk": only_talk,
    }


def _rows_of(view: type[EntityDeclaration], record: Any) -> sa.Select[Any]:
    """The journal of a record; of an order also what stands under its number."""
    if view.model().journal_order_attribute == "id":
        return sa.select(Journal).where(Journal.order_id == record.id)
    own = sa.and_(Journal.entity == view.entity(), Journal.entity_id == record.id)
    return sa.select(Journal).where(sa.or_(own, *talked.rows_about(view.entity(), record.id)) if view.talk else own)


def in_scope(ctx: Context, rows: list[Any], record: Any, said_here: talked.Talk) -> list[Any]:
    """The journal rows of records the actor may know of: an order's timeline tells of tickets and other crews too.

    What people said is known to who may know of the record they said it about.
    """
    hidden: set[tuple[str, int]] = set()
    own = (entity_name(type(record)), record.id)
    subjects = {row.id: said_here.subject_of(row) for row in rows}
    for entity in {entity for entity, _id in subjects.values()}:
        view = ENTITIES.get(entity)
        clause = view.scope(ctx.actor) if view is not None and view.scope is not None else sa.true()
        if view is None or isinstance(clause, sa.True_):
            continue
        ids = {row_id for name, row_id in subjects.values() if name == entity and (name, row_id) != own}
        if ids:
            model = view.model()
            open_ids = set(ctx.session.scalars(sa.select(model.id).where(model.id.in_(ids), clause)))
            hidden |= {(entity, row_id) for row_id in ids - open_ids}
    return [row for row in rows if subjects[row.id] not in hidden and _is_open(ctx, subjects[row.id][0])]


def acts(rows: list[Any]) -> list[list[Any]]:
    """Rows of one act together: what one person did at one moment, with everything that followed from it.

    What somebody said, and each file, stands by itself.
    """
    found: list[list[Any]] = []
    for row in rows:
        last = found[-1][0] if found else None
        alone = row.entity in talked.TALK or (last is not None and last.entity in talked.TALK)
        if last is not None and not alone and (last.at, last.actor_name) == (row.at, row.actor_name):
            found[-1].append(row)
        else:
            found.append([row])
    return found


def act_entry(
    ctx: Context, rows: list[Any], readable: Mapping[int, dict[str, Any]], record: Any
) -> dict[str, Any] | None:
    """One act: the step that was fired, and in short what else changed with it. ``readable``: the changes by row."""
    if not rows:
        return None
    # Rows come newest first, and an act begins with what the person did himself.
    head = next((row for row in reversed(rows) if is_step(row)), rows[-1])
    entry = history_entry(ctx, head, readable[head.id])
    titles = Counter(action_title(row) for row in reversed(rows) if row is not head)
    # Steps may follow from an edit; it comes before them, as a step comes before what it changes.
    entry["undo_url"] = undo_url(ctx, rows[-1], record)
    entry["also"] = [title if count == 1 else f"{title} × {count}" for title, count in titles.items()]
    return entry


def _is_open(ctx: Context, entity: str) -> bool:
    view = ENTITIES.get(entity)
    return view is not None and (view.may_see(ctx.actor))


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


def undo_url(ctx: Context, row: Any, record: Any = None) -> str | None:
    """Where an edit by a form can be put back, as the entry alone tells; what stands against it is said there.

    ``record`` is the one whose story is told: a row of its grids is put back with everything its form has saved.
    """
    view = ENTITIES.get(row.entity)
    if view is None or row.request_id is None or not is_edit(row) or not view.may(ctx.actor, "edit"):
        return None
    if not visible(ctx.actor, view.model(), sorted(edit_keys(view) & row.changes.keys())):
        return None
    pk, own = row.entity_id, view_of(type(record)) if record is not None else None
    if own is not None and any(inline.view is view for inline in own.inlines.values()):
        view, pk = own, record.id
    if own is view and pk == record.id and not view.may_edit(ctx.actor, record):
        return None
    return view.url("undo", entry=row.id, pk=pk)


def actor_text(ctx: Context, row: Any) -> str:
    """Who did it, and for whom a deputy did."""
    if row.actor_id is None and row.actor_name == "system":
        return str(_("System"))
    if row.actor_id is None and row.origin is Origin.customer_link:
        return str(_("Customer"))
    giver = ctx.session.get(User, row.on_behalf_of_id) if row.on_behalf_of_id is not None else None
    if giver is None:
        return str(row.actor_name)
    return str(_("%(deputy)s for %(giver)s", deputy=row.actor_name, giver=person_text(giver)))


def action_title(row: Any) -> str:
    """What was done to which table."""
    label = ENTITIES[row.entity].model().__label__
    # What follows from an undo, a step above all, keeps its own name.
    is_undo = TAKES_BACK in row.data and is_edit(row) and ENTITIES[row.entity].edit_columns
    told = _("Put back") if is_undo else act_of(row.entity, row.action)
    return str(_("%(what)s: %(said)s", what=label, said=told))


def changes(
    ctx: Context, view: type[EntityDeclaration], found: Mapping[str, Any], of: Seen
) -> list[tuple[str, str, str]]:
    """Changed columns of a record with old and new value, by the actor's access; technical ones left out."""
    model = view.model()
    rows = []
    for name, (old, new) in found.items():
        attribute = sa.inspect(model).attrs.get(name)
        if attribute is None or name in UNTOLD:
            continue
        column = attribute.columns[0]
        # Ids of other rows say nothing to a person; the records themselves stand on the timeline.
        if level(ctx.actor, model, name, of) is Access.hidden or not column.info.get("label") or column.foreign_keys:
            continue
        before, after = (old_text(ctx, model, name, value, of) for value in (old, new))
        rows.append((str(view.label(name)), before, after))
    return rows


def old_text(ctx: Context, model: type[Any], name: str, value: Any, of: Seen) -> str:
    """A journalled value by the actor's access: words get their labels, the rest is shown as kept."""
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
