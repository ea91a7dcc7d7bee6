"""What a grid asks while it is typed into: what the rows would cost, and which rows a pasted table is.

Both only read. They answer who may write the form; without a grid in the declaration there is no such address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import jsonify, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from marshmallow import ValidationError

from app.kernel.context import Context
from app.kernel.errors import NotFoundError, PermissionDeniedError, ValidationFailedError
from app.kernel.fields import present, visible
from app.kernel.schema import EntityInput, Related
from views.adapter import login_needed
from views.base import EntityDeclaration, refuse
from views.clipboard import filled, table_of, unread
from views.context import only_reads, web_context
from views.display import kind_of, record_text, text_of
from views.forms import is_id, messages, posted
from views.inline import MOST_ROWS, Grids, Inline, Row, check_inlines, posted_rows, stored, typed_name
from views.inlinepage import grids_of
from views.naming import find_called, records_of


class InlineRoutes(EntityDeclaration):
    """The two addresses of a form with grids."""

    is_abstract: ClassVar[bool] = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if not cls.is_abstract:
            check_inlines(cls, refuse)

    @expose("/quote", methods=("POST",))
    @only_reads
    def quote(self) -> Any:
        """Amounts and faults of the form as it stands."""
        if (answer := login_needed()) is not None:
            return answer
        ctx = web_context()
        record = self._written(ctx)
        grids = posted_rows(ctx, type(self), request.form)
        with ctx.session.no_autoflush:
            for name, rows in grids.items():
                held = {row.id: row for row in stored(ctx, type(self), name, record)} if record is not None else {}
                for row in rows:
                    row.record = held.get(row.pk) if row.pk is not None else None
            return jsonify(self._quoted(ctx, record, grids))

    @expose("/paste", methods=("POST",))
    @only_reads
    def paste(self) -> Any:
        """The rows of a pasted table, with the records that its cells name."""
        if (answer := login_needed()) is not None:
            return answer
        ctx = web_context()
        self._written(ctx)
        found = next(
            (grid for grid in grids_of(ctx, type(self), {}, {}) if grid["name"] == request.form.get("grid")), None
        )
        if found is None or not found["may_add"]:
            return jsonify({"rows": [], "message": None})
        table = table_of(request.form.get("text", ""))
        cells = [*found["blank"]["cells"], *found["blank"]["more"]]
        rows = filled(table, cells, request.form.get("column", ""))
        if len(rows) > MOST_ROWS:
            told = _("%(count)s rows at once are too many: at most %(most)s. Paste them in parts, or use the import.",
                     count=len(rows), most=MOST_ROWS)  # fmt: skip
            return jsonify({"rows": [], "message": told})
        return jsonify({"rows": _resolved(ctx, self.inlines[found["name"]], cells, rows), "message": None})

    def grid_addresses(self, record: Any) -> dict[str, Any]:
        """Where the grids of a form ask, and which sums they are told."""
        return {
            "quote_url": self.url("quote"),
            "paste_url": self.url("paste"),
            "record": record.id if record is not None else "",
            "has_totals": self.quotes is not None,
        }

    def _written(self, ctx: Context) -> Any:
        """The record whose form asks; None for a new one. Raises PermissionDeniedError, NotFoundError."""
        if not (self.may(ctx.actor, "add") or self.may(ctx.actor, "edit")):
            raise PermissionDeniedError
        raw = request.form.get("record", "")
        if not is_id(raw):
            return None
        record = self.find(ctx, int(raw))
        if not self.may_edit(ctx.actor, record):
            raise NotFoundError
        return record

    def _quoted(self, ctx: Context, record: Any, grids: Grids) -> dict[str, Any]:
        answer: dict[str, Any] = {"rows": {}, "totals": []}
        typed: dict[str, list[tuple[Any, Mapping[str, Any]]]] = {}
        live: dict[str, list[Row]] = {}
        for name, rows in grids.items():
            inline = self.inlines[name]
            live[name] = [row for row in rows if not row.is_removed]
            typed[name] = []
            for row, (values, faults) in zip(live[name], _valid(ctx, inline, live[name]), strict=True):
                typed[name].append((row.record, values))
                _note(answer, inline, row, faults)
        if (quotes := type(self).quotes) is None:
            return answer
        schema = self.input_schema(ctx.actor, is_new=record is None, record=record)
        values = _in_reach(ctx, schema, _load(schema, posted(schema, request.form))[0])
        quoted, children = quotes(ctx, record, values, typed)
        for name, found in children.items():
            inline = self.inlines[name]
            for row, child in zip(live.get(name, ()), found, strict=False):
                if isinstance(child, ValidationFailedError):
                    _note(answer, inline, row, child.fields)
                elif child is not None:
                    shown = _texts(ctx, child, list(inline.computed))
                    _entry(answer, inline, row)["computed"] = {name: text for name, _label, text in shown}
        answer["totals"] = [
            {"name": name, "label": label, "text": text}
            for name, label, text in _texts(ctx, quoted, list(self.quoted_columns))
        ]
        return answer


def _texts(ctx: Context, record: Any, names: list[str]) -> list[tuple[str, str, str]]:
    model = type(record)
    found = []
    for name in visible(ctx.actor, model, names):
        shown = present(ctx.actor, model, name, getattr(record, name), record if record.id else None)
        label = sa.inspect(model).attrs[name].columns[0].info.get("label") or name
        found.append((name, str(label), text_of(kind_of(model, name), shown)))
    return found


def _entry(answer: dict[str, Any], inline: Inline, row: Row) -> dict[str, Any]:
    found: dict[str, Any] = answer["rows"].setdefault(f"{inline.view.entity()}-{row.number}", {"errors": {}})
    return found


def _note(answer: dict[str, Any], inline: Inline, row: Row, faults: Mapping[str, Any]) -> None:
    """Faults of boxes in which something stands: what is still empty is not wrong yet."""
    for key, found in faults.items():
        if key in inline.keys and (str(row.values.get(key) or "").strip() or row.values.get(typed_name(key))):
            _entry(answer, inline, row)["errors"][key] = " ".join(messages(found))


def _valid(ctx: Context, inline: Inline, rows: list[Row]) -> list[tuple[dict[str, Any], Mapping[str, Any]]]:
    """The valid values of each row and its faults; records out of reach count as none."""
    loaded = []
    for row in rows:
        schema = inline.schema(ctx.actor, row.record)
        raw = {key: value for key, value in posted(schema, row.values).items() if key in inline.keys}
        values, faults = _load(schema, raw)
        loaded.append((schema, values, {**faults, **row.errors}))
    reachable: dict[str, Any] = {}
    for schema in {schema for schema, _values, _faults in loaded}:
        for key, field in schema().fields.items():
            if isinstance(field, Related) and key in inline.keys and key not in reachable:
                reachable[key] = records_of(ctx, field, [values.get(key) for _schema, values, _faults in loaded])
    return [
        ({key: value for key, value in values.items() if key not in reachable or value in reachable[key]}, faults)
        for _schema, values, faults in loaded
    ]


def _load(schema: type[EntityInput], raw: Mapping[str, Any]) -> tuple[dict[str, Any], Mapping[str, Any]]:
    given = {key: value for key, value in raw.items() if not (isinstance(value, str) and not value.strip())}
    try:
        return dict(schema().load(given, partial=True)), {}
    except ValidationError as error:
        faults = error.messages if isinstance(error.messages, dict) else {}
        valid = error.valid_data if isinstance(error.valid_data, dict) else {}
        return {key: value for key, value in valid.items() if key not in faults}, faults


def _in_reach(ctx: Context, schema: type[EntityInput], values: dict[str, Any]) -> dict[str, Any]:
    for key, field in schema().fields.items():
        if isinstance(field, Related) and values.get(key) is not None and not records_of(ctx, field, [values[key]]):
            values.pop(key)
    return values


def _resolved(
    ctx: Context, inline: Inline, cells: list[dict[str, Any]], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Pasted rows with the ids of what they name, and with a sentence at each cell that could not be read."""
    declared = inline.schema(ctx.actor)().fields
    for row in rows:
        row["texts"], row["errors"] = {}, {}
        if row["over"]:
            row["note"] = _("No column for: %(texts)s", texts=" · ".join(row["over"]))
    for cell in cells:
        key, field = cell["key"], declared.get(cell["key"])
        if isinstance(field, Related):
            answer = find_called(ctx, field, [row["values"].get(key, "") for row in rows])
            for row in rows:
                text = " ".join(row["values"].pop(key, "").split())
                if not text:
                    continue
                record, problem = answer[text]
                row["texts"][key] = record_text(ctx.actor, record) if record is not None else text
                row["values"][key] = str(record.id) if record is not None else ""
                if problem:
                    row["errors"][key] = problem
            continue
        for row in rows:
            if key in row["values"] and (problem := unread(cell, row["values"][key])):
                row["errors"][key] = problem
                # A list box or a calendar cannot hold it: it stands in the sentence instead.
                row["values"][key] = ""
    return rows
