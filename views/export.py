"""Exports: who took what, the requests for large ones, and one's own files. Clause 25, domain/09 9.3."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import jsonify, render_template, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel import engine
from app.kernel.context import Context
from app.kernel.errors import DomainError, NotFoundError
from app.security import scopes
from app.services.export.rules import covers
from models.export import ExportLog, ExportRequest
from models.labels import ExportOutcome
from views.adapter import login_needed
from views.base import ENTITIES, EntityInterface
from views.context import web_context
from views.entity import EntityView
from views.exporting import choose
from views.exportpage import files_variables, page_variables, what_of
from views.exportroutes import answer, take
from views.exportrun import send, status_of

LATEST = 30


class ExportLogView(EntityView):
    """Every file that was made, for the auditor and the committee; read only."""

    datamodel = EntityInterface(ExportLog)
    list_columns = ["export_no", "made_at", "made_by", "entity", "row_count", "is_personal", "file_format", "outcome"]
    search_columns = ["made_at", "made_by", "entity", "is_personal", "export_no", "outcome", "request", "digest"]
    show_fieldsets = [
        (_l("Export"), {"fields": ["export_no", "entity", "made_by", "made_at", "outcome", "request"]}),
        (_l("Content"), {"fields": ["filter_text", "columns", "row_count", "is_personal", "file_format", "digest"]}),
        (_l("Course"), {"fields": ["finished_at", "fetched_at"]}),
    ]
    base_order = ("made_at", "desc")
    scope = scopes.export_log
    has_history = False
    quick_search = ("export_no",)


class ExportRequestView(EntityView):
    """Requests for more rows than anybody may take without asking; they are made on the export page of a list."""

    datamodel = EntityInterface(ExportRequest)
    list_columns = [
        "request_no",
        "entity",
        "requested_by",
        "requested_at",
        "row_count",
        "is_personal",
        "valid_until",
        "state",
    ]
    search_columns = ["state", "entity", "requested_by", "requested_at", "is_personal"]
    show_fieldsets = [
        (_l("Export request"), {"fields": ["request_no", "entity", "filter_text", "columns", "file_format"]}),
        (_l("Extent"), {"fields": ["row_count", "is_personal", "reason"]}),
        (_l("Course"), {"fields": ["requested_by", "requested_at", "decided_by", "decided_at", "valid_until"]}),
    ]
    base_order = ("requested_at", "desc")
    scope = scopes.export_request
    quick_search = ("request_no",)
    related_views = [ExportLogView]


class ExportFilesView(BaseView):
    """One's own exports: what runs, what can be downloaded, what was approved. Nobody sees another person's."""

    label = _l("My exports")
    route_base = "/exports"
    default_view = "files"
    base_permissions: list[str] = []

    @expose("/", methods=("GET",))
    def files(self) -> Any:
        """The latest of one's own."""
        if (stranger := login_needed()) is not None:
            return stranger
        ctx = web_context()
        made = ctx.session.scalars(
            sa.select(ExportLog).where(ExportLog.made_by_id == ctx.actor.id).order_by(ExportLog.id.desc()).limit(LATEST)
        ).all()
        asked = ctx.session.scalars(
            sa.select(ExportRequest)
            .where(ExportRequest.requested_by_id == ctx.actor.id)
            .order_by(ExportRequest.id.desc())
            .limit(LATEST)
        ).all()
        return render_template("zhidan/exports.html", **files_variables(ctx, made, asked))

    @expose("/<export_no>", methods=("GET",))
    def file_page(self, export_no: str) -> Any:
        """One file: its progress, then its download."""
        if (stranger := login_needed()) is not None:
            return stranger
        ctx = web_context()
        return render_template("zhidan/exports.html", **page_variables(ctx, own_file(ctx, export_no)))

    @expose("/<export_no>/progress", methods=("GET",))
    def progress(self, export_no: str) -> Any:
        """How far it is, for the page that waits."""
        if (stranger := login_needed()) is not None:
            return stranger
        ctx = web_context()
        made = own_file(ctx, export_no)
        is_finished = status_of(ctx, made) is not ExportOutcome.running
        return jsonify({"done": made.row_count, "total": made.rows_expected, "finished": is_finished})

    @expose("/<export_no>/file", methods=("POST",))
    def file(self, export_no: str) -> Any:
        """The file, for who made it and still holds the right."""
        if (stranger := login_needed()) is not None:
            return stranger
        ctx = web_context()
        made = own_file(ctx, export_no)
        if made.entity in ENTITIES:
            engine.requires(ctx, f"{made.entity}.export")
        return send(ctx, made, what_of(made.entity))

    @expose("/request/<request_no>/file", methods=("POST",))
    def use(self, request_no: str) -> Any:
        """The file of an approval: made with the rights of now, once."""
        if (stranger := login_needed()) is not None:
            return stranger
        ctx = web_context()
        asked = own_request(ctx, request_no)
        return approved_file(ctx, asked, request.form.get("token"))


def approved_file(ctx: Context, asked: ExportRequest, token: str | None) -> Any:
    """Makes the file that was approved.

    Raises:
        PermissionDeniedError: the right to the list is gone.
        DomainError: the rights or the filter are no longer those of the approval.
    """
    engine.requires(ctx, f"{asked.entity}.export")
    choice, problems = choose(
        ctx, ENTITIES[asked.entity], [(key, raw) for key, raw in asked.arguments], asked.columns, asked.file_format
    )
    made = take_approved(ctx, choice, problems, asked, token)
    return answer(ctx, made, choice)


def take_approved(ctx: Context, choice: Any, problems: Any, asked: ExportRequest, token: str | None) -> ExportLog:
    """The same as a row of the log. Raises DomainError."""
    if problems or not covers(
        asked, arguments=choice.arguments, columns=choice.names, in_full=choice.in_full, entity=asked.entity,
        file_format=choice.file_format, now=ctx.now,
    ):  # fmt: skip
        raise DomainError(
            _("This approval does not hold any more: it is used up or over, or your rights have changed. Ask again."),
            code="approval_not_valid",
        )
    return take(ctx, choice, token, asked)


def own_file(ctx: Context, export_no: str) -> ExportLog:
    """One's own export. Raises NotFoundError for everybody else's."""
    found = ctx.session.scalars(
        sa.select(ExportLog).where(ExportLog.export_no == export_no, ExportLog.made_by_id == ctx.actor.id)
    ).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def own_request(ctx: Context, request_no: str) -> ExportRequest:
    """One's own request. Raises NotFoundError for everybody else's."""
    found = ctx.session.scalars(
        sa.select(ExportRequest).where(
            ExportRequest.request_no == request_no, ExportRequest.requested_by_id == ctx.actor.id
        )
    ).one_or_none()
    if found is None:
        raise NotFoundError
    return found
