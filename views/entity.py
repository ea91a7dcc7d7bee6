"""The routes of an entity's screens: show, tab, search, add, edit, steps one by one; the list has its own module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import flash, jsonify, redirect, render_template, request
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.kernel import engine
from app.kernel.context import Context
from app.kernel.errors import (
    ConflictError,
    DomainError,
    NotFoundError,
    PermissionDeniedError,
    Reason,
    StepNotOpenError,
    ValidationFailedError,
)
from app.kernel.filters import parse_filters, relation_names
from app.kernel.listing import ListRequest, page
from app.kernel.workflow import Step
from views.adapter import guarded, login_needed
from views.base import EntityDeclaration, view_of
from views.cells import CellRoutes
from views.context import web_context
from views.display import add_text, record_text, state_of, text_of
from views.drafts import draft_of, note_saved
from views.exportroutes import ExportRoutes
from views.forms import form_fields, is_id, new_token, other_errors, own_address, posted, unchanged
from views.inline import Grids, Row, after_conflict, held_rows, posted_rows, with_records, write_whole
from views.inlinepage import grids_of, sections, step_sections
from views.inlineroutes import InlineRoutes
from views.listpage import note_arguments
from views.listroutes import ListRoutes
from views.records import change, create, once, step
from views.showpage import fieldsets, show_variables, tab_of
from views.undo import flash_saved, offered
from views.undoroutes import UndoRoutes

FOUND_AT_ONCE = 20
SEE_OTHER = 303
TOKEN = "token"  # noqa: S105 - the name of a form field


class EntityView(ListRoutes, CellRoutes, UndoRoutes, ExportRoutes, InlineRoutes, EntityDeclaration):
    """A declared entity with its screens. See ``EntityDeclaration`` for the words of the declaration."""

    is_abstract: ClassVar[bool] = True
    default_view = "list"

    @expose("/show/<int:pk>")
    @guarded("show")
    def show(self, pk: int) -> Any:
        """One record with what may be done to it."""
        ctx = web_context()
        record = self.find(ctx, pk)
        return render_template("zhidan/show.html", **show_variables(ctx, type(self), record))

    @expose("/<int:pk>/tab/<name>")
    @guarded("show")
    def tab(self, pk: int, name: str) -> Any:
        """The rows of one related table, for a tab that was opened."""
        ctx = web_context()
        record = self.find(ctx, pk)
        return render_template("zhidan/panel.html", tab=tab_of(ctx, type(self), record, name))

    @expose("/search")
    def search(self) -> Any:
        """Names and numbers for relation fields; nothing beyond what the actor sees of them in lists."""
        if (answer := login_needed()) is not None:
            return answer
        ctx = web_context()
        if not self.may_see(ctx.actor):
            raise PermissionDeniedError
        spec = self.spec()
        pairs = [(key, value) for key, value in request.args.items() if key not in {"q", "page"}]
        filters, problems = parse_filters(self.model(), spec.search, ctx.actor, pairs)
        note_arguments(problems)
        asked = ListRequest(
            filters=tuple(filters),
            quick=request.args.get("q", "").strip()[:100],
            sort=spec.base_order[0],
            descending=spec.base_order[1] == "desc",
            size=FOUND_AT_ONCE,
        )
        rows = page(ctx, spec, asked).rows
        results = [{"id": row.id, "text": record_text(ctx.actor, row)} for row in rows]
        return jsonify({"results": results, "pagination": {"more": False}})

    @expose("/add", methods=("GET", "POST"))
    @guarded("add")
    def add(self) -> Any:
        """The add form; posted, one record however often it is sent."""
        ctx = web_context()
        if not self.may_add(ctx.actor):
            raise NotFoundError
        schema = self.input_schema(ctx.actor, is_new=True)
        if request.method == "GET":
            return self._form(ctx, schema, self._initial(ctx), {}, is_new=True, grids=self._first_rows(ctx))
        raw = posted(schema, request.form)
        grids = posted_rows(ctx, type(self), request.form)
        # A line leads back to its parent; a record with lines of its own is read before anything else.
        back = None if self.inlines else request.form.get("back")

        def act() -> str:
            made = write_whole(ctx, type(self), None, grids, lambda: create(ctx, type(self), raw))
            self.put_beside(ctx, made)
            return own_address(back, self.url("show", pk=made.id))

        return self._save(ctx, "add", raw, act, schema, grids)

    def put_beside(self, ctx: Context, made: Any) -> None:
        """What else a new record is saved with (``views.held``)."""

    def holding(self, ctx: Context) -> dict[str, Any]:  # noqa: ARG002 - asked by who has one
        """The part of an add form that is not columns (``views.held``); nothing unless told."""
        return {}

    def _initial(self, ctx: Context) -> dict[str, Any]:
        """What an add form starts with: arguments of the link that led here, defaults of the columns."""
        values: dict[str, Any] = {}
        for name, column in ((c.key, c.columns[0]) for c in sa.inspect(self.model()).column_attrs):
            default = column.default
            if default is not None and default.is_scalar and name not in self.optional_columns:
                values[name] = default.arg
        if "received_at" in self.optional_columns:
            values["received_at"] = ctx.now
        return {**values, **{key: value for key, value in request.args.items() if value}}

    def _first_rows(self, ctx: Context) -> Grids:
        """The rows an add form starts with, where the declaration knows them from the link that led here."""
        starts = type(self).starts_with
        if starts is None:
            return {}
        found = starts(ctx, request.args)
        return {name: [Row(number, dict(row)) for number, row in enumerate(rows)] for name, rows in found.items()}

    @expose("/edit/<int:pk>", methods=("GET", "POST"))
    @guarded("edit")
    def edit(self, pk: int) -> Any:
        """The edit form; a stale one comes back with what was typed."""
        ctx = web_context()
        record = self.find(ctx, pk)
        if not self.may_edit(ctx.actor, record):
            flash(_("This record can no longer be edited directly."), "warning")
            return redirect(self.url("show", pk=pk), SEE_OTHER)
        schema = self.input_schema(ctx.actor, is_new=False, record=record)
        if request.method == "GET":
            held = {name: getattr(record, name) for name in schema().fields}
            return self._form(ctx, schema, held, {}, record=record, grids=held_rows(ctx, type(self), record))
        raw = posted(schema, request.form)
        grids = posted_rows(ctx, type(self), request.form)
        for name in list(unchanged(schema, raw, record)) if self._version() == record.version else []:
            raw.pop(name)

        def write() -> Any:
            return change(ctx, type(self), record, raw, self._version())

        def act() -> str:
            write_whole(ctx, type(self), record, grids, write)
            return self.url("show", pk=pk)

        return self._save(ctx, f"edit.{pk}", posted(schema, request.form), act, schema, grids, record_id=pk)

    @expose("/<int:pk>/<step>", methods=("GET", "POST"))
    def step(self, pk: int, step: str) -> Any:
        """The form of a step that asks something; posted, the step."""
        if (answer := login_needed()) is not None:
            return answer
        ctx = web_context()
        declared = self._declared(ctx, step)
        record = self.find(ctx, pk)
        if request.method == "GET":
            return self._step_form(ctx, record, declared, dict(request.args), {})
        raw = posted(declared.asks, request.form) if declared.asks else {}
        # A step that is taken in a list or on a board leads back there.
        back = own_address(request.form.get("back"), self.url("show", pk=pk))
        try:
            _answer, repeated = once(
                ctx,
                self._scope(f"{pk}.{step}"),
                request.form.get(TOKEN),
                "",
                lambda: self._fire(ctx, record, step, raw),
            )
        except ValidationFailedError as error:
            return self._step_form(ctx, self.find(ctx, pk), declared, raw, error.fields), error.status
        except (NotFoundError, PermissionDeniedError):
            raise
        except DomainError as error:
            for reason in error.reasons():
                told = str(reason)
                if request.form.get("back"):
                    told = _("%(record)s: %(reason)s", record=str(record), reason=told)
                flash(told, "danger")
            return redirect(back, SEE_OTHER)
        done = _("This was already done.") if repeated else _("Done: %(step)s", step=str(declared.label))
        flash(done, "info" if repeated else "success")
        return redirect(back, SEE_OTHER)

    def _fire(self, ctx: Context, record: Any, name: str, raw: Mapping[str, Any]) -> str:
        step(ctx, type(self), record, name, raw, self._version())
        return self.url("show", pk=record.id)

    def _declared(self, ctx: Context, name: str) -> Step:
        """A step that persons may fire. Raises NotFoundError, PermissionDeniedError."""
        workflow = self.workflow()
        declared = workflow.step(name) if workflow else None
        if workflow is None or declared is None or declared.permission is None:
            raise NotFoundError
        engine.requires(ctx, workflow.permission(declared))
        return declared

    def _version(self) -> int | None:
        raw = request.form.get("version", "")
        return int(raw) if is_id(raw) else None

    def _scope(self, what: str) -> str:
        """An idempotency key belongs to one person and one address."""
        return f"{web_context().actor.id}.{self.entity()}.{what}"

    def _save(
        self,
        ctx: Context,
        what: str,
        raw: dict[str, Any],
        act: Any,
        schema: Any,
        grids: Grids,
        *,
        record_id: int | None = None,
    ) -> Any:
        """Saves once and leads to the record; refused, the form comes back with everything that was typed."""
        try:
            target, repeated = once(ctx, self._scope(what), request.form.get(TOKEN), "", act)
        except (NotFoundError, PermissionDeniedError):
            raise
        except DomainError as error:
            fields = error.fields if isinstance(error, ValidationFailedError) else {}
            texts = [] if fields else [str(reason) for reason in error.reasons()]
            record = self.find(ctx, record_id) if record_id else None
            is_stale = isinstance(error, ConflictError)
            if record is not None:
                (after_conflict if is_stale else with_records)(ctx, type(self), record, grids)
            how: dict[str, Any] = {"is_new": record is None, "texts": texts, "is_stale": is_stale, "grids": grids}
            return self._form(ctx, schema, raw, fields, record=record, **how), error.status
        if repeated:
            flash(_("This form had already been sent; here is what it made."), "info")
        else:
            flash_saved(_("Saved."), offered(ctx, type(self), pk=record_id) if record_id else None)
        note_saved(draft_of(ctx.actor, self.entity(), record_id, None))
        return redirect(target, SEE_OTHER)

    def _form(
        self,
        ctx: Context,
        schema: Any,
        values: Mapping[str, Any],
        errors: Mapping[str, Any],
        *,
        record: Any = None,
        is_new: bool = False,
        texts: Any = (),
        is_stale: bool = False,
        grids: Grids | None = None,
    ) -> str:
        shown = form_fields(ctx, schema, values, errors, model=self.model())
        name = str(self.model().__label__)
        title = add_text(self.model()) if is_new else _("Edit %(name)s", name=str(record))
        hidden = {TOKEN: new_token()}
        if is_new and (back := request.form.get("back") or self._parent_address(ctx)):
            hidden["back"] = back
        if record is not None:
            hidden["version"] = record.version
        tables = grids_of(ctx, type(self), grids or {}, errors)
        whole = {key: found for key, found in errors.items() if key not in self.inlines}
        return render_template(
            "zhidan/form.html",
            title=title,
            subtitle=None if is_new else name,
            crumbs=self._crumbs(record, title),
            state=state_of(record) if record is not None else None,
            hidden=hidden,
            fieldsets=sections(type(self), shown, tables, is_new=is_new),
            grids=self.grid_addresses(record) if tables else None,
            draft=draft_of(ctx.actor, self.entity(), record.id if record else None, record.version if record else None),
            alike=self.url("alike") if self.has_twins else None,
            record_id=record.id if record is not None else "",
            errors=[*texts, *other_errors(whole, shown)],
            facts=self._held(schema, record, values) if is_stale and record is not None else None,
            holding=self.holding(ctx) if is_new else None,
            cancel_url=hidden.get("back")
            or (self.url("show", pk=record.id) if record is not None else self.url("list")),
            submit_label=_("Save"),
        )

    def _parent_address(self, ctx: Context) -> str | None:
        """The page of the parent whose tab led here: a line is added to an order, and the order is shown again."""
        for key, relation in relation_names(self.model()).items():
            target = sa.inspect(self.model()).relationships[relation].mapper.class_
            raw = request.args.get(key, "")
            view = view_of(target) if is_id(raw) else None
            if view is not None and view.may(ctx.actor, "show"):
                return view.url("show", pk=int(raw))
        return None

    def _held(self, schema: Any, record: Any, typed: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
        """What the record holds now where it differs from what was typed: the person decides with both in view."""
        same = set(unchanged(schema, typed, record))
        return [
            {"label": _("%(name)s now", name=str(self.label(name))), "value": text_of("text", getattr(record, name))}
            for name in typed
            if name not in same and hasattr(record, name)
        ]

    def _step_form(
        self, ctx: Context, record: Any, declared: Step, values: Mapping[str, Any], errors: Mapping[str, Any]
    ) -> Any:
        if record.state not in declared.sources:
            error = StepNotOpenError(state=(state_of(record) or {}).get("label", ""))
            flash(str(error), "warning")
            return redirect(self.url("show", pk=record.id), SEE_OTHER)
        reasons: Sequence[Reason] = engine.blockers(ctx, record, declared)
        schema = declared.asks
        told = type(self).beside
        beside = told(ctx, record, declared.name) if told is not None else {}
        typed = {**beside.get("values", {}), **values}
        shown = form_fields(ctx, schema, typed, errors, model=self.model()) if schema else []
        for box in shown:
            box["help"] = beside.get("helps", {}).get(box["name"], box["help"])
        groups = fieldsets(ctx, type(self), record)
        table = beside.get("table")
        return render_template(
            "zhidan/form.html",
            title=f"{declared.label}",
            subtitle=str(record),
            crumbs=self._crumbs(record, str(declared.label)),
            state=state_of(record),
            hidden={
                TOKEN: new_token(),
                "version": request.form.get("version") or record.version,
                "back": request.values.get("back"),
            },
            fieldsets=step_sections(shown),
            errors=[*(str(reason) for reason in reasons), *other_errors(errors, shown)],
            intro=str(declared.confirm) if declared.confirm else None,
            facts=groups[0]["pairs"] if groups else None,
            beside=beside.get("facts"),
            table=tab_of(ctx, type(self), record, table) if table else None,
            cancel_url=own_address(request.values.get("back"), self.url("show", pk=record.id)),
            submit_label=str(declared.label),
            submit_tone="danger" if declared.tone == "danger" else "primary",
        )

    def _crumbs(self, record: Any, last: str) -> Any:
        crumbs: list[tuple[str, str | None]] = [(str(self.model().__label_plural__), self.url("list"))]
        if record is not None:
            crumbs.append((str(record), self.url("show", pk=record.id)))
        return [*crumbs, (last, None)]
