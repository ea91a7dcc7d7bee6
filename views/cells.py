"""A cell of a list that is changed in its place, and one field of many records: the edit form in small.

The same input, use case, version and rights as the form; so only what the form gives this person of this record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import get_template_attribute, jsonify, render_template, request
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.kernel.context import Context
from app.kernel.errors import ConflictError, DomainError, NotFoundError, PermissionDeniedError, ValidationFailedError
from app.kernel.unit_of_work import unit_of_work
from views.adapter import guarded
from views.arrangement import offered_columns
from views.base import EntityDeclaration
from views.context import web_context
from views.display import kind_of, text_of
from views.forms import form_fields, is_id, other_errors, posted, unchanged
from views.listpage import rows_of
from views.records import change
from views.undo import offered

CONFLICT = 409


class CellRoutes:
    """The route of a cell; the class that inherits it is an ``EntityDeclaration`` with ``cells``."""

    @expose("/<int:pk>/cell/<name>", methods=("GET", "POST"))
    @guarded("edit")
    def cell(self: Any, pk: int, name: str) -> Any:
        """The box of one value; posted, the row as it is then."""
        ctx, view = web_context(), type(self)
        if name not in view.cells:
            raise NotFoundError
        record = self.find(ctx, pk)
        if (closed := why_closed(ctx, view, record, name)) is not None:
            return render_template("zhidan/cell.html", closed=closed), CONFLICT
        schema = view.cell_schema(name)
        if request.method == "GET":
            return _box(ctx, view, record, name, {name: getattr(record, name)})
        raw, seen = posted(schema, request.form), request.form.get("version", "")
        version = int(seen) if is_id(seen) else None
        try:
            if version != record.version or name not in unchanged(schema, raw, record):
                with unit_of_work(ctx):
                    change(ctx, view, record, raw, version)
        except (NotFoundError, PermissionDeniedError):
            raise
        except DomainError as error:
            return _box(ctx, view, self.find(ctx, pk), name, raw, error), error.status
        shown = request.form.get("shown", "").split(",")
        way = offered(ctx, view, pk=pk)
        return jsonify({**row_anew(ctx, view, self.find(ctx, pk), shown, _("Saved.")), "undo": way})


def cells_of(ctx: Context, view: type[EntityDeclaration]) -> list[tuple[str, str]]:
    """The declared cells that the actor may write at all, with their labels."""
    if not view.cells or not view.may(ctx.actor, "edit"):
        return []
    return [(name, str(view.label(name))) for name in view.editable_columns(ctx.actor, None, view.cells)]


def cell_addresses(ctx: Context, view: type[EntityDeclaration]) -> dict[str, Any]:
    """The cells of a list with the ways to change one row (pk 0 and the name to be filled in) and many."""
    found = cells_of(ctx, view)
    if not found:
        return {"cells": []}
    # The name is written behind by the script.
    one = view.url("cell", pk=0, name="x").removesuffix("x")
    return {"cells": found, "cell_url": one, "many_url": view.url("change_many")}


def writable_cells(
    ctx: Context, view: type[EntityDeclaration], record: Any, names: Sequence[str] | None = None
) -> list[str]:
    """The cells among ``names`` that the edit form would give the actor of this record."""
    cells = [name for name in view.cells if names is None or name in names]
    if not cells or not view.may_edit(ctx.actor, record):
        return []
    return view.editable_columns(ctx.actor, record, cells)


def why_closed(ctx: Context, view: type[EntityDeclaration], record: Any, name: str) -> str | None:
    """Why a value cannot be written by this person now; None where it can."""
    if not view.may_edit(ctx.actor, record):
        return str(_("This record can no longer be edited directly."))
    if name not in writable_cells(ctx, view, record):
        return str(_("You may not change this value."))
    return None


def _box(
    ctx: Context,
    view: type[EntityDeclaration],
    record: Any,
    name: str,
    values: Mapping[str, Any],
    error: DomainError | None = None,
) -> str:
    """The form in the cell; refused, with what was typed, why, and what stands there now."""
    faults = error.fields if isinstance(error, ValidationFailedError) else {}
    shown = form_fields(ctx, view.cell_schema(name), values, faults, model=view.model())
    texts = [] if error is None or faults else [str(reason) for reason in error.reasons()]
    now = None
    if isinstance(error, ConflictError):
        held = text_of(kind_of(view.model(), name), getattr(record, name)) or "–"
        now = _("%(name)s now: %(value)s", name=str(view.label(name)), value=held)
    return render_template(
        "zhidan/cell.html",
        field=shown[0],
        version=record.version,
        action_url=view.url("cell", pk=record.id, name=name),
        texts=[*texts, *other_errors(faults, shown)],
        now=now,
    )


def row_anew(
    ctx: Context, view: type[EntityDeclaration], record: Any, asked: Sequence[str], said: str
) -> dict[str, Any]:
    """The cells of a row anew: another value may follow from the one that was written."""
    offered = set(offered_columns(ctx.actor, view))
    names = [name for name in dict.fromkeys(asked) if name in offered]
    cell_body = get_template_attribute("zhidan/components.html", "cell_body")
    cells = rows_of(ctx, view, names, [record])[0]["cells"]
    kinds = [kind_of(view.model(), name) for name in names]
    return {
        "cells": {
            # The first cell is the link of the row and stays as it is.
            name: cell_body((cell or {}).get("kind") or kind, cell)
            for name, kind, cell in list(zip(names, kinds, cells, strict=True))[1:]
        },
        "writes": writable_cells(ctx, view, record, names),
        "said": said,
    }
