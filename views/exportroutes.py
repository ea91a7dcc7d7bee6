"""The export of every list: its page, and the file or the request for approval that comes of it.

``EntityView`` inherits these routes, so a declared list has its export by its declaration alone.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qsl

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from marshmallow import fields, validate

from app.kernel.context import Context
from app.kernel.errors import DomainError, ValidationFailedError
from app.kernel.schema import REASON, EntityInput, no_control_characters
from app.services.export import actions
from models.export import ExportLog, ExportRequest
from models.labels import ExportFormat, ExportOutcome
from views.adapter import guarded
from views.base import view_of
from views.context import web_context
from views.exporting import LISTED, Choice, asked_columns, choose
from views.exportpage import export_variables
from views.exportrun import clear_up, make_list, send
from views.listpage import args_of_request, list_args
from views.records import load, once

SEE_OTHER = 303
FILES = "ExportFilesView"


class AskInput(EntityInput):
    """Why so many rows are needed."""

    reason = fields.String(
        required=True,
        validate=[validate.Length(min=1, max=400), no_control_characters],
        metadata={"label": REASON},
    )


class ApprovalNeededError(DomainError):
    """More rows than may leave without approval; ``data`` has the rows and the limit."""

    code = "export_needs_approval"
    status = 409


def approval_needed(choice: Choice) -> ApprovalNeededError:
    """The refusal in a sentence that says what to do."""
    return ApprovalNeededError(
        _("%(rows)s rows are more than the %(limit)s that may be exported without approval. Ask for it with a reason."),
        rows=f"{choice.rows:,}",
        limit=f"{choice.limit:,}",
    )


class ExportRoutes:
    """The routes; the class that inherits them is an ``EntityDeclaration``."""

    @expose("/export", methods=("GET",))
    @guarded("export")
    def export(self: Any) -> Any:
        """What would be exported, and what of it is masked. Wrong arguments are left out and said."""
        args = list_args(args_of_request())
        choice, problems = choose(web_context(), type(self), args, asked_columns(_columns(request.args)))
        for problem in problems:
            flash(str(problem), "warning")
        return render_template("zhidan/export.html", **export_variables(choice, _columns(request.args)))

    @expose("/export", methods=("POST",))
    @guarded("export")
    def make_export(self: Any) -> Any:
        """The file, or the request for approval, once however often it is sent."""
        ctx = web_context()
        form = request.form
        args = list_args(parse_qsl(form.get("arguments", ""), keep_blank_values=False))
        choice, problems = choose(ctx, type(self), args, asked_columns(_columns(form)), format_of(form.get("format")))
        if problems:
            raise ValidationFailedError({"arguments": [str(problem) for problem in problems]})
        if form.get("act") == "ask":
            return self._ask_for_export(ctx, choice, form)
        if choice.needs_approval:
            error = approval_needed(choice)
            page = export_variables(choice, _columns(form), errors=[str(error)])
            return render_template("zhidan/export.html", **page), error.status
        return answer(ctx, take(ctx, choice, form.get("token")), choice)

    def _ask_for_export(self: Any, ctx: Context, choice: Choice, form: Any) -> Any:
        try:
            asked = ask(ctx, choice, {"reason": form.get("reason", "")}, form.get("token"))
        except ValidationFailedError as error:
            page = export_variables(choice, _columns(form), field_errors=error.fields, reason=form.get("reason", ""))
            return render_template("zhidan/export.html", **page), error.status
        flash(_("The committee's chair has been asked. You find the answer under your exports."), "success")
        view = view_of(ExportRequest)
        is_open = view is not None and view.may(ctx.actor, "show")
        return redirect(view.url("show", pk=asked) if view and is_open else url_for(f"{FILES}.files"), SEE_OTHER)


def _columns(values: Any) -> str:
    """Those of the list, all, or named ones with commas between, as somebody has arranged his list."""
    return str(values.get("columns") or LISTED)


def format_of(raw: str | None) -> ExportFormat:
    """The kind of file; a workbook unless told. Raises ValidationFailedError."""
    try:
        return ExportFormat(raw or ExportFormat.xlsx)
    except ValueError as error:
        raise ValidationFailedError({"format": [_("Choose one of the formats.")]}) from error


def key_of(token: str | None, *content: Any) -> str | None:
    """One file for one click: another choice on the same page is another file."""
    if not token:
        return None
    return hashlib.sha256(repr((token, *content)).encode("utf-8", "surrogatepass")).hexdigest()[:64]


def ask(ctx: Context, choice: Choice, raw: dict[str, Any], token: str | None) -> int:
    """Asks for approval, once for a token; returns the id of the request. Raises ValidationFailedError."""
    if not choice.needs_approval:
        raise ValidationFailedError({"reason": [_("This export needs no approval.")]})
    values, wanted = load(ctx, AskInput, raw), choice.wanted()
    scope = f"{ctx.actor.id}.{wanted.entity}.export.ask"
    key = key_of(token, wanted, values["reason"])
    made, _repeated = once(ctx, scope, key, "", lambda: str(actions.ask(ctx, wanted, values["reason"]).id))
    return int(made)


def take(ctx: Context, choice: Choice, token: str | None, approved: ExportRequest | None = None) -> ExportLog:
    """Opens and makes an export, once for a token; a large one goes on in the background.

    Raises:
        DomainError: the approval is used up or over, or the list has grown beyond what may be exported.
    """
    clear_up(ctx)
    wanted = choice.wanted()
    scope = f"{ctx.actor.id}.{wanted.entity}.export"
    key = key_of(token, wanted.arguments, wanted.columns, wanted.file_format)
    made_id, repeated = once(ctx, scope, key, "", lambda: str(actions.open_export(ctx, wanted, approved).id))
    made = ctx.session.get_one(ExportLog, int(made_id))
    if not repeated:
        make_list(ctx, made, choice, approved)
    return made


def answer(ctx: Context, made: ExportLog, choice: Choice) -> Any:
    """The file where it is ready, else the way to the page that waits for it."""
    if made.outcome is ExportOutcome.done:
        return send(ctx, made, str(choice.view.model().__label_plural__))
    return redirect(url_for(f"{FILES}.file_page", export_no=made.export_no), SEE_OTHER)
