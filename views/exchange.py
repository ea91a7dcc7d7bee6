"""Import of past orders on screens: choose a file, say which column is what, look at the dry run, then import.

Who holds the right ``order.import`` sees what is in the files: names and prices are not masked here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Response, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose
from flask_babel import lazy_gettext as _l

from app.exchange.errors import error_workbook
from app.exchange.limits import broken
from app.exchange.mapping import Mapped, mapping_for, missing
from app.exchange.reading import Book, read_book
from app.exchange.report import HEADERS
from app.exchange.running import rejected_rows
from app.kernel.context import Context
from app.kernel.errors import DomainError, NotFoundError
from models.exchange import ImportBatch
from views.adapter import guarded
from views.context import web_context
from views.importing import RUN, begin_dry_run, begin_run, store
from views.importpage import batch_variables, chosen, column_variables, upload_variables

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEMPLATE = "zhidan/import.html"
SEE_OTHER = 303
UNPROCESSABLE = 422
LATEST = 20
SHOWN = 20
SILENT_SINCE = timedelta(minutes=3)


class OrderImportView(BaseView):
    """Past orders from workbooks of other systems."""

    label = _l("Import orders")
    route_base = "/orderimport"
    default_view = "start"
    class_permission_name = "order"
    base_permissions = ["can_import"]
    method_permission_name = dict.fromkeys(
        ("start", "upload", "columns", "map_columns", "batch", "progress", "run", "errors"), "import"
    )

    @expose("/", methods=("GET",))
    @guarded("import")
    def start(self) -> Any:
        """Choose a file; the latest imports below."""
        return self._start([])

    @expose("/", methods=("POST",))
    @guarded("import")
    def upload(self) -> Any:
        """Reads a file and starts its dry run, or asks which columns are what."""
        ctx, file = web_context(), request.files.get("file")
        try:
            data = file.read() if file else b""
            book = read_book(data, (file.filename if file else "") or "?")
        except DomainError as error:
            return self._start([str(error)]), UNPROCESSABLE
        digest = store().keep(data, book.name, ctx.now)
        mapped = mapping_for(ctx, book)
        if missing(book, mapped):
            return redirect(url_for(".columns", digest=digest), SEE_OTHER)
        return redirect(url_for(".batch", batch_no=begin_dry_run(ctx, book, mapped)), SEE_OTHER)

    @expose("/columns/<digest>", methods=("GET",))
    @guarded("import")
    def columns(self, digest: str) -> Any:
        """Which column of the file is which field."""
        book = self._book(digest)
        mapped = chosen(book, request.args) or mapping_for(web_context(), book)
        return self._columns(book, mapped, [])

    @expose("/columns/<digest>", methods=("POST",))
    @guarded("import")
    def map_columns(self, digest: str) -> Any:
        """Keeps the columns for files with these headers and starts the dry run."""
        book = self._book(digest)
        mapped = chosen(book, request.form)
        if mapped is None:
            raise broken()
        try:
            return redirect(url_for(".batch", batch_no=begin_dry_run(web_context(), book, mapped)), SEE_OTHER)
        except DomainError as error:
            return self._columns(book, mapped, [str(error)]), UNPROCESSABLE

    @expose("/<batch_no>", methods=("GET",))
    @guarded("import")
    def batch(self, batch_no: str) -> Any:
        """A dry run or an import: its progress, then its account."""
        ctx = web_context()
        found = self._batch(ctx, batch_no)
        rejected = list(rejected_rows(ctx, found.id, limit=SHOWN)) if found.finished_at else []
        return render_template(TEMPLATE, **batch_variables(found, rejected, status=self._status(ctx, found)))

    @expose("/<batch_no>/progress", methods=("GET",))
    @guarded("import")
    def progress(self, batch_no: str) -> Any:
        """How far it is, for the page that waits."""
        ctx = web_context()
        found = self._batch(ctx, batch_no)
        is_finished = self._status(ctx, found) != "running"
        return jsonify(
            {"done": found.rows_ok + found.rows_rejected, "total": found.rows_total, "finished": is_finished}
        )

    @expose("/<batch_no>/run", methods=("POST",))
    @guarded("import")
    def run(self, batch_no: str) -> Any:
        """Imports what the dry run has shown, once."""
        ctx = web_context()
        found = self._batch(ctx, batch_no)
        if not found.is_dry_run or found.report.get("status") != "done":
            raise NotFoundError
        started = found.report.get(RUN)
        try:
            started = started or begin_run(ctx, found)
        except DomainError as error:
            return self._start([str(error)]), UNPROCESSABLE
        return redirect(url_for(".batch", batch_no=started), SEE_OTHER)

    @expose("/<batch_no>/errors.xlsx", methods=("GET",))
    @guarded("import")
    def errors(self, batch_no: str) -> Any:
        """The error workbook."""
        ctx = web_context()
        found = self._batch(ctx, batch_no)
        body = error_workbook(rejected_rows(ctx, found.id), found.report.get(HEADERS, {}))
        disposition = f'attachment; filename="{found.batch_no}-errors.xlsx"'
        return Response(body, mimetype=XLSX, headers={"Content-Disposition": disposition})

    def _start(self, errors: list[str]) -> str:
        ctx = web_context()
        latest = ctx.session.scalars(
            sa.select(ImportBatch).order_by(ImportBatch.started_at.desc(), ImportBatch.id.desc()).limit(LATEST)
        ).all()
        return render_template(TEMPLATE, **upload_variables(latest, errors, lambda each: self._status(ctx, each)))

    def _columns(self, book: Book, mapped: Mapped, errors: list[str]) -> str:
        return render_template(TEMPLATE, **column_variables(book, mapped, errors))

    @staticmethod
    def _book(digest: str) -> Book:
        return read_book(*store().fetch(digest))

    @staticmethod
    def _batch(ctx: Context, batch_no: str) -> ImportBatch:
        found = ctx.session.scalars(sa.select(ImportBatch).where(ImportBatch.batch_no == batch_no)).one_or_none()
        if found is None:
            raise NotFoundError
        return found

    @staticmethod
    def _status(ctx: Context, found: ImportBatch) -> str:
        """``running``, ``done`` or ``failed``; what has said nothing for minutes has broken off with its process."""
        if found.finished_at is None and ctx.now - found.updated_at > SILENT_SINCE:
            return "failed"
        return str(found.report.get("status", "running"))
