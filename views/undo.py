"""The undo of an edit: an edit by the same form that writes what stood there before, a record whole or not at all.

What one request wrote belongs together: a record with the rows of its grids, or one field of many records. It is
found by any of its journal entries (``app.kernel.restoring``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from flask import flash
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import DBAPIError

from app.kernel import engine
from app.kernel.context import Context, entered
from app.kernel.database import only_reading
from app.kernel.errors import NotFoundError, Reason, StepBlockedError, ValidationFailedError
from app.kernel.journal import Changes, plain
from app.kernel.restoring import DERIVED, Key, Save, against, holds, labels_of, save_of, written
from app.kernel.schema import Related
from app.kernel.sealing import opened
from app.kernel.windows import Seen
from models.journal import Journal
from views.base import EntityDeclaration
from views.display import record_text
from views.forms import edit_keys, messages, related_record
from views.inline import Inline
from views.journalpage import referred
from views.records import change
from views.story import old_text

LOCKED = Reason("not_editable", _l("This record can no longer be edited directly."))
ALREADY_BACK = Reason("already_back", _l("This has been put back already."))
ROWS_CAME_OR_WENT = Reason("rows_came_or_went", _l("It also added or removed rows: correct these in the form."))
ROW_GONE = Reason("row_gone", _l("A row that it changed is not there any more, or not open to you."))
NOT_AS_BEFORE = _l("“%(columns)s” would be other than before the change: correct it in the form.")
# Of a record that has changed so often since, nobody is named.
MOST_LATER = 1000
FORMER_GONE = _l("What stood in “%(column)s” before is not there any more, or not open to you.")


@dataclass(eq=False)
class Part:
    """A record of an edit, and ``{column: [old, new]}`` of what its form gets back; ``is_row``: of a grid."""

    view: type[EntityDeclaration]
    record: Any
    changes: Changes
    is_row: bool = False

    def back(self) -> dict[str, Any]:
        """The old values that do not stand there yet."""
        return {name: old for name, (old, _new) in self.changes.items() if not holds(self.record, name, old)}


@dataclass(eq=False)
class Undo:
    """The undo of what one request wrote through the forms of a view."""

    ctx: Context
    view: type[EntityDeclaration]
    save: Save
    _later: dict[str, list[Any]] = field(default_factory=dict)

    @cached_property
    def changes(self) -> dict[Key, Changes]:
        """What the form and its grids get back, by record; personal values are sealed still."""
        return self._of_forms(self.save.changes)

    def _of_forms(self, found: Mapping[Key, Changes]) -> dict[Key, Changes]:
        names = {each.entity(): edit_keys(each) for each in (self.view, *self._grids())}
        kept = {
            key: {name: pair for name, pair in changes.items() if name in names.get(key[0], ())}
            for key, changes in found.items()
        }
        return {key: changes for key, changes in kept.items() if changes}

    @cached_property
    def own(self) -> list[int]:
        """The changed records of the view itself."""
        return [pk for entity, pk in self.changes if entity == self.view.entity()]

    @cached_property
    def _whole(self) -> dict[Key, Changes]:
        """All that was written, readable: also the columns that followed from those of the form."""
        return dict(zip(self.save.changes, opened(self.ctx.session, list(self.save.changes.values())), strict=True))

    @cached_property
    def _readable(self) -> dict[Key, Changes]:
        return self._of_forms(self._whole)

    def _grids(self) -> list[type[EntityDeclaration]]:
        return [inline.view for inline in self.view.inlines.values()]

    def is_offered(self) -> bool:
        """Whether a message offers it, as far as the journal alone can say."""
        rows = {grid.entity() for grid in self._grids()}
        return bool(self.changes) and not any(entity in rows for entity, _pk in self.save.made_or_removed)

    def parts(self, record: Any) -> tuple[list[Part], list[Reason]]:
        """The record and the rows of its grids as far as they were changed; and why that is not all of it."""
        key = (self.view.entity(), record.id)
        found = [Part(self.view, record, self._readable[key])] if key in self.changes else []
        reasons: list[Reason] = []
        for inline in self.view.inlines.values():
            rows, told = self._rows(record, inline)
            found, reasons = [*found, *rows], [*reasons, *told]
        if not found and not reasons:
            raise NotFoundError
        return found, reasons

    def _rows(self, record: Any, inline: Inline) -> tuple[list[Part], list[Reason]]:
        model, entity = inline.view.model(), inline.view.entity()
        changed = {pk for word, pk in self.changes if word == entity}
        came_or_went = {pk for word, pk in self.save.made_or_removed if word == entity}
        if not changed | came_or_went:
            return [], []
        parent = getattr(model, inline.parent_key(self.view.model()))
        statement = sa.select(model).where(model.id.in_(sorted(changed | came_or_went)), parent == record.id)
        statement = inline.view.scoped(self.ctx.actor, statement)
        rows = {row.id: row for row in self.ctx.session.scalars(statement.order_by(model.id)).unique()}
        # What the server keeps follows by itself, as it did when the form was saved.
        kept = {pk for pk, row in rows.items() if inline.leaves_out is not None and inline.leaves_out(row)}
        reasons = []
        # Where many records were changed at once, a row that is not of this one is of another.
        if len(self.own) <= 1:
            reasons += [ROWS_CAME_OR_WENT] if came_or_went - kept else []
            reasons += [ROW_GONE] if changed - came_or_went - rows.keys() else []
        mine = [row for pk, row in rows.items() if pk in changed - came_or_went - kept]
        return [Part(inline.view, row, self._readable[entity, row.id], is_row=True) for row in mine], reasons

    def reasons(self, parts: Sequence[Part]) -> list[Reason]:
        """What stands against it at each record; that nothing is left to do is one reason more."""
        found = [reason for part in parts for reason in self._against(part)]
        return found if found or any(part.back() for part in parts) else [ALREADY_BACK]

    def _against(self, part: Part) -> Iterator[Reason]:
        view, record, actor = part.view, part.record, self.ctx.actor
        if not view.may_edit(actor, record):
            yield LOCKED
            return
        writable = view.editable_columns(actor, record)
        yield from against(actor, record, part.changes, writable, lambda names: self._since(view, record.id, names))
        fields = view.input_schema(actor, is_new=False, record=record)().fields
        for name, old in part.back().items() if set(part.changes) <= set(writable) else ():
            box = fields[name]
            if isinstance(box, Related) and old is not None and related_record(self.ctx, box, old) is None:
                yield Reason("former_gone", FORMER_GONE, {"column": str(view.label(name))})

    def _since(self, view: type[EntityDeclaration], pk: int, names: Sequence[str]) -> Any:
        """The first later entry about one of the columns; a preview of many records asks once."""
        entity = view.entity()
        if entity not in self._later:
            ids = [pk for word, pk in self.changes if word == entity]
            columns = (Journal.id, Journal.entity_id, Journal.actor_name, Journal.recorded_at, Journal.changes)
            statement = sa.select(*columns).where(Journal.entity == entity, Journal.entity_id.in_(ids))
            statement = statement.where(Journal.id > self.save.entry).order_by(Journal.id).limit(MOST_LATER)
            self._later[entity] = list(self.ctx.session.execute(statement))
        later = (row for row in self._later[entity] if row.entity_id == pk and row.id > self.save.last[entity, pk])
        return next((row for row in later if any(name in row.changes for name in names)), None)

    def take(self, record: Any) -> None:
        """Writes the old values as the form would, and flushes.

        Raises DomainError with every reason against it; where something else than before would come of it, too.
        """
        engine.lock(self.ctx, record)
        parts, reasons = self.parts(record)
        for part in parts:
            if part.is_row:
                engine.lock(self.ctx, part.record)
        if reasons := [*reasons, *self.reasons(parts)]:
            raise StepBlockedError(reasons)
        wanted = [self._wanted(part) for part in parts]
        with entered(replace(self.ctx, takes_back=self.save.entry)) as own:
            for part in parts:
                if raw := part.back():
                    _write(own, part, raw)
        found = [reason for part, values in zip(parts, wanted, strict=True) for reason in self._missed(part, values)]
        if found:
            raise StepBlockedError(found)

    def _wanted(self, part: Part) -> dict[str, Any]:
        """What a record has to hold afterwards: the old values, and in the other boxes of its form what stands there.

        Use cases fill in what follows from a value, as the address from the customer: not always as it was before.
        """
        stands = {name: plain(getattr(part.record, name)) for name in edit_keys(part.view)}
        changes = self._whole[part.view.entity(), part.record.id]
        return stands | {name: old for name, (old, _new) in changes.items() if name != DERIVED}

    def _missed(self, part: Part, wanted: Mapping[str, Any]) -> list[Reason]:
        other = [name for name, value in wanted.items() if not holds(part.record, name, value)]
        if not other:
            return []
        told = labels_of(self.ctx.actor, part.view.model(), other) or str(part.view.model().__label__)
        return [Reason("not_as_before", NOT_AS_BEFORE, {"columns": told})]

    def told(self, record: Any) -> list[tuple[str, str, str]]:
        """What becomes of a record: (label, what stands there, what will)."""
        return [
            (f"{record_text(self.ctx.actor, part.record)} · {label}" if part.is_row else label, now, then)
            for part in self.parts(record)[0]
            for label, now, then in self._told(part)
        ]

    def _told(self, part: Part) -> Iterator[tuple[str, str, str]]:
        model = part.view.model()
        of = Seen(self.ctx.session, part.view.entity(), part.record.id)
        for name in part.back():
            column = sa.inspect(model).column_attrs[name].columns[0]
            old, new = part.changes[name]
            if column.foreign_keys:
                pair = [referred(self.ctx, column, value) if value is not None else "" for value in (new, old)]
            else:
                pair = [old_text(self.ctx, model, name, value, of) for value in (new, old)]
            yield str(part.view.label(name)), pair[0], pair[1]


def _write(ctx: Context, part: Part, raw: Mapping[str, Any]) -> None:
    """Raises StepBlockedError where the form would mark a field: there is none to mark here."""
    try:
        change(ctx, part.view, part.record, raw, part.record.version)
    except ValidationFailedError as error:
        raise StepBlockedError(
            [
                Reason("invalid", _("%(what)s: %(said)s", what=str(part.view.label(name)), said=text))
                for name, found in error.fields.items()
                for text in messages(found)
            ]
        ) from error


def undo_of(ctx: Context, view: type[EntityDeclaration], entry: int) -> Undo | None:
    """The undo of the edit to which a journal entry belongs; None for what was no edit."""
    save = save_of(ctx.session, entry)
    return Undo(ctx, view, save) if save is not None else None


def offered(ctx: Context, view: type[EntityDeclaration], pk: int | None = None, **where: Any) -> str | None:
    """Where what this request has just written is put back: one record, or all that it changed.

    An edit may close its own form: an approved order whose lines change is reviewed again. What is saved is saved: a
    database that cannot answer now, as where another writes for long, costs the button only.
    """
    try:
        with only_reading():
            save = written(ctx.session, ctx.now, ctx.request_id)
            if save is None or save.is_undo or not Undo(ctx, view, save).is_offered():
                return None
            record = ctx.session.get(view.model(), pk) if pk is not None else None
    except DBAPIError:
        ctx.session.rollback()
        return None
    if pk is not None and (record is None or not view.may_edit(ctx.actor, record)):
        return None
    return view.url("undo", entry=save.entry, **({"pk": pk} if pk else where))


def flash_saved(text: str, url: str | None, *, is_many: bool = False) -> None:
    """Says what was saved, with the button that puts it back (``flash.html``); of many records a preview is first."""
    told: Any = {"text": text, "undo": url, "is_many": is_many} if url else text
    flash(told, "success")
