"""The grids of a form as plain values for ``zhidan/lines.html``: one statement a named column, however many rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from app.kernel.context import Context
from app.kernel.fields import Access, level, present, visible
from app.kernel.schema import EntityInput, Related
from app.security.wording import listed
from views.base import EntityDeclaration, column_key
from views.display import cell, kind_of, record_text, text_of
from views.forms import form_fields, is_id, messages, raw_text
from views.inline import MOST_ROWS, WHOLE_ROW, Grids, Inline, Row, initial, open_grids, typed_name
from views.naming import records_of

BLANK = "__n__"
LONG_FORM = 7
NAMED = 3
TRUE = {True, "y", "true", "1", "on"}


def grids_of(
    ctx: Context, view: type[EntityDeclaration], grids: Grids, errors: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The grids of a form. ``errors``: ``{grid: {number: {column: messages}}}``."""
    return [
        _Grid(ctx, view, name, inline).variables(grids.get(name, []), errors.get(name) or {})
        for name, inline in open_grids(ctx, view)
    ]


def step_sections(shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The form of a step; of a long one, what need not be filled in folds away on a telephone."""
    rest = [field for field in shown if not field["required"]]
    if len(shown) < LONG_FORM or len(rest) == len(shown):
        return [{"label": None, "fields": shown}] if shown else []
    first = [field for field in shown if field["required"]]
    # What is filled in, or wrong, must not be out of sight.
    told = any(field["errors"] or field["value"] for field in rest)
    names = listed([field["label"] for field in rest][:NAMED])
    further = {
        "label": _("Further: %(names)s …", names=names),
        "fields": rest,
        "folds": True,
        "open": True,
        "narrow": not told,
    }
    return [{"label": None, "fields": first}, further]


class _Grid:
    """One grid while it is drawn."""

    def __init__(self, ctx: Context, view: type[EntityDeclaration], name: str, inline: Inline) -> None:
        self.ctx, self.view, self.name, self.inline = ctx, view, name, inline
        self.model: Any = inline.view.model()
        self.entity = inline.view.entity()
        self.fields: dict[type[EntityInput], dict[str, dict[str, Any]]] = {}
        self.texts: dict[tuple[str, int], str] = {}
        self.may_add = inline.view.may_add(ctx.actor)
        self.computed = visible(ctx.actor, self.model, list(inline.computed))

    def variables(self, rows: Sequence[Row], errors: Mapping[int, Any]) -> dict[str, Any]:
        """What the template takes."""
        self._read_texts(rows)
        shown = [self.row(row, errors.get(row.number) or {}) for row in rows]
        blank = Row(max((row.number for row in rows), default=-1) + 1, initial(self.inline))
        if self.may_add and len(shown) < MOST_ROWS:
            shown.append(self.row(blank, {}))
        return {
            "name": self.name,
            "entity": self.entity,
            "label": str(self.model.__label_plural__),
            "one": str(self.model.__label__),
            "columns": [self._head(name) for name in self.inline.columns if self._is_shown(name)],
            "more": [self._head(name) for name in self.inline.more if self._is_shown(name)],
            "computed": [{"name": name, "label": str(self.inline.view.label(name))} for name in self.computed],
            "rows": shown,
            "blank": self.row(Row(-1, initial(self.inline)), {}, BLANK) if self.may_add else None,
            "may_add": self.may_add,
            "most": MOST_ROWS,
        }

    def _head(self, name: str) -> dict[str, Any]:
        key = column_key(self.model, name)
        known = self._known(self.inline.schema(self.ctx.actor)) if self.may_add else {}
        found = known.get(key, {})
        return {
            "key": key,
            "label": str(self.inline.view.label(name)),
            "kind": found.get("kind", "text"),
            "required": bool(found.get("required")),
            "help": found.get("help", ""),
        }

    def _is_shown(self, name: str) -> bool:
        return level(self.ctx.actor, self.model, name) is not Access.hidden

    def _known(self, schema: type[EntityInput]) -> dict[str, dict[str, Any]]:
        if schema not in self.fields:
            found = form_fields(self.ctx, schema, {}, {}, model=self.model)
            self.fields[schema] = {field["name"]: field for field in found}
        return self.fields[schema]

    def _read_texts(self, rows: Sequence[Row]) -> None:
        """What the named records are called; those of stored rows came with the rows."""
        related = {
            key: field
            for key, field in (self.inline.schema(self.ctx.actor)().fields.items() if self.may_add else ())
            if isinstance(field, Related) and key in self.inline.keys
        }
        for key, field in related.items():
            wanted = {row.values.get(key) for row in rows if row.record is None and row.values.get(key)}
            for pk, found in records_of(self.ctx, field, wanted).items():
                self.texts[key, pk] = record_text(self.ctx.actor, found)

    def row(self, row: Row, errors: Mapping[str, Any], number: str | None = None) -> dict[str, Any]:
        """One row with its cells."""
        mark = number or str(row.number)
        may = self.may_add if row.record is None else self.inline.view.may_edit(self.ctx.actor, row.record)
        known = self._known(self.inline.schema(self.ctx.actor, row.record)) if may else {}
        cells = {
            column_key(self.model, name): self._cell(row, name, known, errors, mark)
            for name in (*self.inline.columns, *self.inline.more)
            if self._is_shown(name)
        }
        more = {column_key(self.model, name) for name in self.inline.more}
        return {
            "number": mark,
            "id": row.pk,
            "seen": row.seen,
            "label": str(row.record) if row.record is not None else "",
            "cells": [found for key, found in cells.items() if key not in more],
            "more": [found for key, found in cells.items() if key in more],
            "more_is_open": any(found["errors"] for key, found in cells.items() if key in more),
            "computed": [{"name": name, "text": self._computed(row, name)} for name in self.computed],
            "errors": messages(errors.get(WHOLE_ROW)),
            "note": row.note,
            "is_removed": row.is_removed,
            "may_remove": row.record is None or (may and self.inline.removes is not None),
        }

    def _computed(self, row: Row, name: str) -> str:
        if row.record is None:
            return ""
        shown = present(self.ctx.actor, self.model, name, getattr(row.record, name), row.record)
        return text_of(kind_of(self.model, name), shown)

    def _cell(
        self, row: Row, name: str, known: Mapping[str, dict[str, Any]], errors: Mapping[str, Any], mark: str
    ) -> dict[str, Any]:
        key = column_key(self.model, name)
        value = row.values.get(key)
        box = f"{self.entity}-{mark}-{key}"
        base = {"key": key, "name": box, "id": f"f-{box}", "label": str(self.inline.view.label(name))}
        if key not in known:
            return {**base, "kind": "fixed", "errors": messages(errors.get(key)), **self._fixed(row, name, key)}
        found = {**known[key], **base, "help": "", "errors": messages(errors.get(key))}
        if found["kind"] == "bool":
            return {**found, "value": value in TRUE}
        if found["kind"] == "relation":
            return {**found, "kind": "combo", "value": raw_text(value), "text": self._text(row, key)}
        return {**found, "value": raw_text(value)}

    def _text(self, row: Row, key: str) -> str:
        value = row.values.get(key)
        if row.record is not None and getattr(row.record, key) == value:
            return record_text(self.ctx.actor, getattr(row.record, self._relation(key)))
        text = self.texts.get((key, int(str(value)))) if is_id(str(value or "")) else None
        return text or str(row.values.get(typed_name(key)) or "")

    def _relation(self, key: str) -> str:
        relations = sa.inspect(self.model).relationships
        return next(str(found.key) for found in relations if column_key(self.model, found.key) == key)

    def _fixed(self, row: Row, name: str, key: str) -> dict[str, Any]:
        """A value that is only shown; it is sent along where it is no secret, so that a lost row can be made anew."""
        if row.record is None:
            return {"text": "", "value": ""}
        shown = cell(self.ctx.actor, row.record, name) or {}
        text = shown.get("text", "")
        if shown.get("sub"):
            text = f"{shown['sub']} {text}"
        if shown.get("kind") == "bool":
            text = _("Yes") if shown.get("on") else _("No")
        is_open = level(self.ctx.actor, self.model, key, row.record) is Access.full
        return {"text": text, "value": raw_text(getattr(row.record, key)) if is_open else ""}


def sections(
    view: type[EntityDeclaration], shown: Sequence[dict[str, Any]], grids: Sequence[dict[str, Any]], *, is_new: bool
) -> list[dict[str, Any]]:
    """The form in the sections of ``add_fieldsets`` or ``edit_fieldsets``; what they do not name stands at the end.

    A section that is not ``expanded`` is closed until something in it is wrong.
    """
    declared = (view.add_fieldsets if is_new else view.edit_fieldsets) or ()
    by_name = {field["name"]: field for field in shown}
    grid_by_name = {grid["name"]: grid for grid in grids}
    found = []
    for label, part in declared:
        keys = [name if name in view.inlines else column_key(view.model(), name) for name in part["fields"]]
        own = [by_name.pop(key) for key in keys if key in by_name]
        tables = [grid_by_name.pop(key) for key in keys if key in grid_by_name]
        if not own and not tables:
            continue
        is_wrong = any(field["errors"] for field in own) or any(_is_wrong(grid) for grid in tables)
        is_open = part.get("expanded", True) or is_wrong
        folds = not part.get("expanded", True)
        found.append(
            {
                "label": str(label),
                "text": part.get("text"),
                "fields": own,
                "grids": tables,
                "open": is_open,
                "folds": folds,
            }
        )
    if by_name or not found:
        found.append({"label": _("Further") if found else None, "fields": list(by_name.values()), "open": True})
    rest = grid_by_name.values()
    return found + [{"label": grid["label"], "fields": [], "grids": [grid], "open": True} for grid in rest]


def _is_wrong(grid: Mapping[str, Any]) -> bool:
    return any(
        row["errors"] or row["note"] or any(found["errors"] for found in (*row["cells"], *row["more"]))
        for row in grid["rows"]
    )


__all__ = ["grids_of", "sections"]
