"""Rows of a child table in the form of their parent: declared once, written with it in one transaction.

``inlines = {"lines": Inline(OrderLineView, columns=[…])}`` in a parent's declaration gives its add and edit forms a
grid. Rights, input schema, use cases and row scope are those of the child's own declaration: a row of the grid is
saved as the child's own form would save it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm.attributes import flag_modified

from app.kernel import engine
from app.kernel.context import Actor, Context
from app.kernel.errors import ConflictError, DomainError, PermissionDeniedError, ValidationFailedError
from app.kernel.schema import EntityInput
from app.kernel.unit_of_work import translate
from views.base import EntityDeclaration, column_key, parent_relation
from views.forms import is_id, posted, raw_text, unchanged
from views.naming import name_by_text
from views.records import change, create, load

MOST_ROWS = 200
NAME = re.compile(r"([a-z_]+)-(\d{1,5})-(\w+)", re.ASCII)
WHOLE_ROW = "_row"
Removes = Callable[[Context, Any], None]


@dataclass(frozen=True)
class Inline:
    """A grid of child rows.

    Args:
        view: the child's declaration.
        columns: what is typed, in the order of typing; names of the child's ``add_columns``.
        more: further columns, behind a button of the row.
        computed: columns that the server computes, shown beside the row (see the parent's ``quotes``).
        removes: the use case that takes a row away; without it rows are only added and changed.
        leaves_out: rows that the grid does not show, because the server keeps them.
    """

    view: type[EntityDeclaration]
    columns: Sequence[str]
    more: Sequence[str] = ()
    computed: Sequence[str] = ()
    removes: Removes | None = None
    leaves_out: Callable[[Any], bool] | None = None

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The names of the boxes of a row."""
        return tuple(column_key(self.view.model(), name) for name in (*self.columns, *self.more))

    def parent_key(self, parent: type[Any]) -> str:
        """The column of a row that names its parent."""
        relation = parent_relation(self.view.model(), parent)
        return column_key(self.view.model(), relation or "")

    def schema(self, actor: Actor, record: Any = None) -> type[EntityInput]:
        """What may be typed into a new row, or into a stored one."""
        return self.view.input_schema(actor, is_new=record is None, record=record)

    def is_open(self, actor: Actor) -> bool:
        """Whether the actor may write any row."""
        return self.view.may_add(actor) or self.view.may(actor, "edit")


@dataclass
class Row:
    """One row of a grid as it was typed, or as it is stored; ``seen`` is the mark of the stored row that was seen."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    pk: int | None = None
    seen: str = ""
    is_removed: bool = False
    record: Any = None
    errors: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def mark_of(record: Any) -> str:
    """Which version of which row: SQLite gives the id of a removed row to the next one, so the id alone lies."""
    return f"{_birth(record)}.{record.version}"


def _birth(record: Any) -> str:
    return f"{int(record.created_at.timestamp() * 1_000_000)}"


Grids = dict[str, list[Row]]


def typed_name(key: str) -> str:
    """The box beside a relation's: what was typed to search for it."""
    return f"{key}__text"


def check_inlines(view: type[EntityDeclaration], fail: Callable[[Any, str], None]) -> None:
    """Calls ``fail`` on relations that are none, on columns the child's form does not have, on unknown sections."""
    relations = sa.inspect(view.model()).relationships
    for name, inline in view.inlines.items():
        child = inline.view
        if name not in relations or relations[name].mapper.class_ is not child.model():
            fail(view, f"inlines: {name!r} does not lead to {child.__name__}")
        for column in (*inline.columns, *inline.more):
            if column not in child.add_columns:
                fail(view, f"inlines: {name}.{column} is not in the add form of {child.__name__}")
        for column in inline.computed:
            if not hasattr(child.model(), column):
                fail(view, f"inlines: the rows of {name} have no {column!r}")
    known = {*view.add_columns, *view.edit_columns, *view.inlines}
    for _label, part in (*(view.add_fieldsets or ()), *(view.edit_fieldsets or ())):
        for name in part["fields"]:
            if name not in known:
                fail(view, f"{name!r} stands in a section, but is in no form")


def open_grids(ctx: Context, view: type[EntityDeclaration]) -> Iterator[tuple[str, Inline]]:
    """The grids that the actor may write in."""
    for name, inline in view.inlines.items():
        if inline.is_open(ctx.actor):
            yield name, inline


def stored(ctx: Context, view: type[EntityDeclaration], name: str, record: Any, *, fresh: bool = False) -> list[Any]:
    """The rows of a record that the actor may know of; one statement more for each relation they are typed in."""
    inline = view.inlines[name]
    model = inline.view.model()
    relations = sa.inspect(model).relationships
    parent = getattr(model, inline.parent_key(view.model()))
    statement = sa.select(model).where(parent == record.id).order_by(model.id)
    statement = inline.view.scoped(ctx.actor, statement)
    named = [relation for relation in relations if column_key(model, relation.key) in inline.keys]
    # Not joined: a row that is locked later is read with the same options, and an outer join cannot be locked.
    statement = statement.options(*(sa.orm.selectinload(getattr(model, relation.key)) for relation in named))
    found = ctx.session.scalars(statement.execution_options(populate_existing=fresh)).unique()
    return [row for row in found if inline.leaves_out is None or not inline.leaves_out(row)]


def held_rows(ctx: Context, view: type[EntityDeclaration], record: Any) -> Grids:
    """The grids of an edit form as the database has them."""
    return {
        name: [
            Row(number, {key: getattr(row, key) for key in inline.keys}, row.id, mark_of(row), record=row)
            for number, row in enumerate(stored(ctx, view, name, record))
        ]
        for name, inline in open_grids(ctx, view)
    }


def initial(inline: Inline) -> dict[str, Any]:
    """What a new row starts with."""
    model = inline.view.model()
    values = {}
    for key in inline.keys:
        default = sa.inspect(model).columns[key].default
        if default is not None and default.is_scalar and key not in inline.view.optional_columns:
            values[key] = default.arg
    return values


def posted_rows(ctx: Context, view: type[EntityDeclaration], form: Mapping[str, Any]) -> Grids:
    """The rows of a posted form, in the order of the screen; new ones in which nothing was typed are left out."""
    found: dict[str, dict[int, dict[str, str]]] = {}
    for key in form:
        match = NAME.fullmatch(key)
        if match:
            found.setdefault(match[1], {}).setdefault(int(match[2]), {})[match[3]] = form[key]
    grids: Grids = {}
    for name, inline in open_grids(ctx, view):
        boxes = found.get(inline.view.entity(), {})
        rows = [_row(inline, number, boxes[number]) for number in sorted(boxes)]
        grids[name] = [row for row in rows if row is not None]
        name_by_text(ctx, inline, grids[name])
    return grids


def _row(inline: Inline, number: int, boxes: Mapping[str, str]) -> Row | None:
    pk = int(boxes["id"]) if is_id(boxes.get("id", "")) else None
    row = Row(number, {}, pk, boxes.get("seen", ""), is_removed=boxes.get("remove") == "1")
    row.values = {key: boxes[key] for key in (*inline.keys, *map(typed_name, inline.keys)) if key in boxes}
    if row.pk is not None:
        return row
    start = initial(inline)
    columns = sa.inspect(inline.view.model()).columns
    ticks = {key for key in inline.keys if isinstance(columns[key].type, sa.Boolean)}
    row.values |= {key: row.values.get(key, "") for key in ticks}
    typed = [
        bool(value) is not bool(start.get(key)) if key in ticks else value.strip() not in {"", raw_text(start.get(key))}
        for key, value in row.values.items()
    ]
    return None if row.is_removed or not any(typed) else row


def write_whole(
    ctx: Context, view: type[EntityDeclaration], record: Any, grids: Grids, write_parent: Callable[[], Any]
) -> Any:
    """Writes a parent and its rows, all or nothing within the caller's transaction; returns the parent.

    Every row is tried, so that a person sees all that is wrong at once: the faults of the rows stand in the error's
    fields as ``{grid: {number: {column: messages}}}``.

    Raises:
        ConflictError: the parent or a row is no longer the one that was seen.
        ValidationFailedError: parent or rows are wrong.
    """
    seen = {}
    if record is not None and grids:
        # What the rows were when nobody could change them any more: writing the parent computes them anew.
        engine.lock(ctx, record)
        seen = {name: {row.id: row for row in stored(ctx, view, name, record, fresh=True)} for name in grids}
    marks = {name: {pk: mark_of(row) for pk, row in rows.items()} for name, rows in seen.items()}
    faults: dict[str, Any] = {}
    parent = None
    try:
        parent = write_parent()
    except ValidationFailedError as error:
        faults = dict(error.fields)
    changed = False
    for name, rows in grids.items():
        wrong = {}
        for row in rows:
            # Taken out as it is met: the same row sent twice is as unknown as a removed one.
            if row.pk is not None and marks.get(name, {}).pop(row.pk, None) != row.seen:
                raise ConflictError
            row.record = seen[name][row.pk] if row.pk is not None else None
            # What was typed and names nothing says so; that its box is empty is not said as well.
            if found := {**_faults(ctx, view, view.inlines[name], parent, row), **row.errors}:
                wrong[row.number] = found
            changed = changed or row.pk is None or row.is_removed
        if len(rows) > MOST_ROWS:
            faults["_" + name] = [_("At most %(most)s rows at once: save these first.", most=MOST_ROWS)]
        if wrong:
            faults[name] = wrong
    if faults:
        raise ValidationFailedError(faults)
    if changed and record is not None:
        # Whoever has the form open does not know these rows: his version must not be the newest one.
        flag_modified(parent, "updated_at")
        ctx.session.flush()
    return parent


def _faults(ctx: Context, view: type[EntityDeclaration], inline: Inline, parent: Any, row: Row) -> Mapping[str, Any]:
    """Writes one row, or only looks at it where there is no parent to write it to; what is wrong with it."""
    try:
        if parent is None or row.errors:
            with ctx.session.no_autoflush:
                _inspect(ctx, view, inline, row)
        else:
            _write(ctx, view, inline, parent, row)
    except (ConflictError, PermissionDeniedError):
        raise
    except ValidationFailedError as error:
        shown = {key: found for key, found in error.fields.items() if key in inline.keys}
        rest = [text for key, found in error.fields.items() if key not in inline.keys for text in _flat(found)]
        return {**shown, WHOLE_ROW: rest} if rest else shown
    except DomainError as error:
        return {WHOLE_ROW: [str(reason) for reason in error.reasons()]}
    except (DBAPIError, StatementError) as error:
        # The transaction is lost with it: the rows behind are looked at when this one is right.
        translated = translate(error)
        if translated is None:
            raise
        texts = (
            [text for found in translated.fields.values() for text in _flat(found)]
            if isinstance(translated, ValidationFailedError)
            else []
        )
        name = next(name for name, other in view.inlines.items() if other is inline)
        fault = {name: {row.number: {WHOLE_ROW: texts or [str(translated)]}}}
        raise ValidationFailedError(fault) from error
    return {}


def _flat(found: Any) -> Iterator[str]:
    if isinstance(found, Mapping):
        for part in found.values():
            yield from _flat(part)
    elif isinstance(found, list | tuple):
        for part in found:
            yield from _flat(part)
    else:
        yield str(found)


def _raw(inline: Inline, schema: type[EntityInput], row: Row) -> dict[str, Any]:
    """What a row gives its schema: only the boxes of the grid."""
    return {key: value for key, value in posted(schema, row.values).items() if key in inline.keys}


def _inspect(ctx: Context, view: type[EntityDeclaration], inline: Inline, row: Row) -> None:
    if row.is_removed:
        return
    schema = inline.schema(ctx.actor, row.record)
    without = {inline.parent_key(view.model())} & set(schema().fields)
    kept = type(schema.__name__, (schema,), dict.fromkeys(without)) if without else schema
    load(ctx, kept, _raw(inline, schema, row), partial=row.record is not None)


def _write(ctx: Context, view: type[EntityDeclaration], inline: Inline, parent: Any, row: Row) -> None:
    if row.record is None:
        raw = _raw(inline, inline.schema(ctx.actor), row)
        create(ctx, inline.view, {**raw, inline.parent_key(view.model()): parent.id})
        return
    if row.is_removed:
        if inline.removes is None or not inline.view.may_edit(ctx.actor, row.record):
            raise PermissionDeniedError
        engine.lock(ctx, row.record)
        with engine.acting(ctx, f"{inline.view.entity()}.edit") as own:
            inline.removes(own, row.record)
            ctx.session.flush()
        return
    if not inline.view.may_edit(ctx.actor, row.record):
        return
    schema = inline.schema(ctx.actor, row.record)
    raw = _raw(inline, schema, row)
    for key in list(unchanged(schema, raw, row.record)):
        raw.pop(key)
    if raw:
        change(ctx, inline.view, row.record, raw, row.record.version)


def after_conflict(ctx: Context, view: type[EntityDeclaration], record: Any, grids: Grids) -> None:
    """Puts typed rows beside what the database holds now; saved again, they are written over it."""
    for name, rows in grids.items():
        now = {row.id: row for row in stored(ctx, view, name, record, fresh=True)}
        for row in rows:
            held = now.get(row.pk) if row.pk is not None else None
            if row.pk is None:
                continue
            if held is None or not row.seen.startswith(f"{_birth(held)}."):
                row.note = _("Somebody has removed this row meanwhile. Saved again, it is added anew.")
                row.pk, row.seen = None, ""
                continue
            row.record = now.pop(held.id)
            if row.seen != mark_of(held):
                row.note = _("Somebody has changed this row meanwhile. Saved again, yours is kept.")
            row.seen = mark_of(held)
        for held in now.values():
            number = max((row.number for row in rows), default=-1) + 1
            values = {key: getattr(held, key) for key in view.inlines[name].keys}
            note = _("Somebody has added this row meanwhile.")
            rows.append(Row(number, values, held.id, mark_of(held), record=held, note=note))


def with_records(ctx: Context, view: type[EntityDeclaration], record: Any, grids: Grids) -> None:
    """Gives typed rows their stored ones, for a form that comes back."""
    for name, rows in grids.items():
        found = {row.id: row for row in stored(ctx, view, name, record)} if any(row.pk for row in rows) else {}
        for row in rows:
            row.record = found.get(row.pk) if row.pk is not None else None
