"""Imports on screens: choose a file, say which column is what, look at the dry run, import, take it back.

One set of routes, a subject each. Who holds the right ``order.import`` sees what is in the files of past orders; rows
of customers and products are seen by whoever brought them, and by who may fill in every column of theirs.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.exchange.errors import error_workbook
from app.exchange.limits import broken
from app.exchange.mapping import Asked, Mapped, mapping_for, missing
from app.exchange.reading import Book, read_book
from app.exchange.report import HEADERS
from app.exchange.running import rejected_rows
from app.exchange.subjects import CUSTOMER, ORDER, PRODUCT, Subject
from app.exchange.templates import sample, template
from app.exchange.undoing import UNDO, may_take_back, plan_undo
from app.kernel.context import Actor, Context
from app.kernel.errors import DomainError, NotFoundError, PermissionDeniedError
from app.kernel.fields import Access
from models.exchange import ImportBatch
from views.adapter import guarded, login_needed
from views.context import web_context
from views.importdoor import DOOR, asked_by, open_subjects
from views.importing import RUN, begin_dry_run, begin_run, begin_undo, store
from views.importpage import batch_variables, chosen, column_variables, hub_variables, upload_variables
from views.importundo import undo_variables

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEMPLATE = "zhidan/import.html"
SEE_OTHER = 303
UNPROCESSABLE = 422
LATEST = 20
SHOWN = 20
SILENT_SINCE = timedelta(minutes=3)
ROUTES = (
    "start", "upload", "columns", "map_columns", "batch", "progress", "run", "errors", "template", "sample", "undo",
    "take_back",
)  # fmt: skip


class ImportView(BaseView):
    """What can be imported, and where each begins."""

    label = _l("Import")
    route_base = "/import"
    default_view = "start"
    class_permission_name = "account"
    base_permissions: ClassVar[list[str]] = ["can_own"]
    method_permission_name: ClassVar[dict[str, str]] = {"start": "own"}
    # The side bar shows this entry on the pages of each subject.
    covers = ("/customerimport", "/productimport", "/orderimport")

    @staticmethod
    def opens_for(actor: Actor) -> bool:
        """Whether the side bar shows it: somebody who may import anything."""
        return bool(open_subjects(actor))

    @expose("/", methods=("GET",))
    def start(self) -> Any:
        """The subjects with their templates."""
        if (answer := login_needed()) is not None:
            return answer
        return render_template(TEMPLATE, **hub_variables(open_subjects(web_context().actor)))


class ImportRoutes(BaseView):
    """The pages of an import; a subclass says of what."""

    subject: ClassVar[Subject]
    default_view = "start"
    base_permissions: ClassVar[list[str]] = ["can_import", "can_take_back"]
    method_permission_name: ClassVar[dict[str, str]] = dict.fromkeys(ROUTES, "import")

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
            asked = self._asked(ctx)
        except DomainError as error:
            return self._start([str(error)]), UNPROCESSABLE
        digest = store().keep(data, book.name, ctx.now)
        mapped = mapping_for(ctx, book, asked)
        if missing(book, mapped, asked):
            return redirect(url_for(".columns", digest=digest), SEE_OTHER)
        return redirect(url_for(".batch", batch_no=begin_dry_run(ctx, book, mapped, asked)), SEE_OTHER)

    @expose("/columns/<digest>", methods=("GET",))
    @guarded("import")
    def columns(self, digest: str) -> Any:
        """Which column of the file is which field."""
        ctx, book = web_context(), self._book(digest)
        asked = self._asked(ctx)
        mapped = chosen(book, request.args, asked) or mapping_for(ctx, book, asked)
        return self._columns(book, mapped, [], asked)

    @expose("/columns/<digest>", methods=("POST",))
    @guarded("import")
    def map_columns(self, digest: str) -> Any:
        """Keeps the columns for files with these headers and starts the dry run."""
        ctx, book = web_context(), self._book(digest)
        asked = self._asked(ctx)
        mapped = chosen(book, request.form, asked)
        if mapped is None:
            raise broken()
        try:
            return redirect(url_for(".batch", batch_no=begin_dry_run(ctx, book, mapped, asked)), SEE_OTHER)
        except DomainError as error:
            return self._columns(book, mapped, [str(error)], asked), UNPROCESSABLE

    @expose("/<batch_no>", methods=("GET",))
    @guarded("import")
    def batch(self, batch_no: str) -> Any:
        """A dry run or an import: its progress, then its account."""
        ctx = web_context()
        found = self._batch(ctx, batch_no)
        may_read = self._may_read(ctx, found)
        # Why a row was rejected may quote what stands in a record.
        rejected = list(rejected_rows(ctx, found.id, limit=SHOWN)) if found.finished_at and may_read else []
        page = batch_variables(ctx, self.subject, found, rejected, status=self._status(ctx, found), may_read=may_read)
        return render_template(TEMPLATE, **page)

    @expose("/<batch_no>/progress", methods=("GET",))
    @guarded("import")
    def progress(self, batch_no: str) -> Any:
        """How far it is, for the page that waits."""
        ctx = web_context()
        found = self._batch(ctx, batch_no)
        is_finished = self._status(ctx, found) != "running" and not self._is_undoing(found)
        return jsonify(
            {"done": found.rows_ok + found.rows_rejected, "total": found.rows_total, "finished": is_finished}
        )

    @expose("/<batch_no>/run", methods=("POST",))
    @guarded("import")
    def run(self, batch_no: str) -> Any:
        """Imports what the dry run has shown, once; of the same columns, whoever has shown it."""
        ctx = web_context()
        found = self._batch(ctx, batch_no)
        if not found.is_dry_run or found.report.get("status") != "done":
            raise NotFoundError
        started = found.report.get(RUN)
        try:
            started = started or begin_run(ctx, found, self._asked(ctx))
        except DomainError as error:
            return self._start([str(error)]), UNPROCESSABLE
        return redirect(url_for(".batch", batch_no=started), SEE_OTHER)

    @expose("/<batch_no>/errors.xlsx", methods=("GET",))
    @guarded("import")
    def errors(self, batch_no: str) -> Any:
        """The error workbook."""
        ctx = web_context()
        found = self._batch(ctx, batch_no)
        if not self._may_read(ctx, found):
            raise PermissionDeniedError
        body = error_workbook(rejected_rows(ctx, found.id), found.report.get(HEADERS, {}))
        disposition = f'attachment; filename="{found.batch_no}-errors.xlsx"'
        return Response(body, mimetype=XLSX, headers={"Content-Disposition": disposition})

    @expose("/template.xlsx", methods=("GET",))
    @guarded("import")
    def template(self) -> Any:
        """The workbook to fill in, with the columns that the person may fill in."""
        return self._workbook(template(self._asked(web_context())), "template")

    @expose("/sample.xlsx", methods=("GET",))
    @guarded("import")
    def sample(self) -> Any:
        """A workbook to try with."""
        return self._workbook(sample(self._asked(web_context())), "sample")

    @expose("/<batch_no>/undo", methods=("GET",))
    @guarded("import")
    def undo(self, batch_no: str) -> Any:
        """Which records can be taken back, and which cannot and why."""
        ctx, found = self._undoable(batch_no)
        return render_template(TEMPLATE, **undo_variables(ctx, self.subject, found, plan_undo(ctx, found, DOOR)))

    @expose("/<batch_no>/undo", methods=("POST",))
    @guarded("import")
    def take_back(self, batch_no: str) -> Any:
        """Takes back what can be."""
        ctx, found = self._undoable(batch_no)
        begin_undo(ctx, found)
        told = found.report[UNDO]
        if told["status"] == "done":
            text = _("Taken back: %(done)s. Not taken back: %(kept)s.", done=told["done"], kept=told["kept"])
            flash(text, "success" if told["done"] else "warning")
        return redirect(url_for(".batch", batch_no=batch_no), SEE_OTHER)

    def _undoable(self, batch_no: str) -> tuple[Context, ImportBatch]:
        """An import that the person may take back. Raises NotFoundError, PermissionDeniedError."""
        ctx = web_context()
        found = self._batch(ctx, batch_no)
        if found.is_dry_run or found.finished_at is None or self._is_undoing(found):
            raise NotFoundError
        if not may_take_back(ctx.actor, found):
            raise PermissionDeniedError
        return ctx, found

    @staticmethod
    def _is_undoing(found: ImportBatch) -> bool:
        return bool(found.report.get(UNDO, {}).get("status") == "running")

    def _workbook(self, body: bytes, kind: str) -> Response:
        disposition = f'attachment; filename="{self.subject.part}-{kind}.xlsx"'
        return Response(body, mimetype=XLSX, headers={"Content-Disposition": disposition})

    def _asked(self, ctx: Context) -> Asked:
        return asked_by(ctx.actor, self.subject)

    def _may_read(self, ctx: Context, found: ImportBatch) -> bool:
        """Whether the person may see the values of an import: his own, or of columns that are all open to him."""
        asked = self._asked(ctx)
        groups = {field.column.info.get("sensitivity") for field in asked.fields() if field.column is not None}
        for_a_while = {group for group, word in ctx.actor.fields.items() if word == Access.window}
        return found.created_by_id == ctx.actor.id or not (asked.closed() or groups & for_a_while)

    def _start(self, errors: list[str]) -> str:
        ctx = web_context()
        latest = ctx.session.scalars(
            sa.select(ImportBatch)
            .where(ImportBatch.target == self.subject.name)
            .order_by(ImportBatch.started_at.desc(), ImportBatch.id.desc())
            .limit(LATEST)
        ).all()
        page = upload_variables(ctx.actor, self.subject, latest, errors, lambda each: self._status(ctx, each))
        return render_template(TEMPLATE, **page)

    def _columns(self, book: Book, mapped: Mapped, errors: list[str], asked: Asked) -> str:
        return render_template(TEMPLATE, **column_variables(book, mapped, errors, asked))

    @staticmethod
    def _book(digest: str) -> Book:
        return read_book(*store().fetch(digest))

    def _batch(self, ctx: Context, batch_no: str) -> ImportBatch:
        mine = sa.and_(ImportBatch.batch_no == batch_no, ImportBatch.target == self.subject.name)
        found = ctx.session.scalars(sa.select(ImportBatch).where(mine)).one_or_none()
        if found is None:
            raise NotFoundError
        return found

    @staticmethod
    def _status(ctx: Context, found: ImportBatch) -> str:
        """``running``, ``done`` or ``failed``; what has said nothing for minutes has broken off with its process."""
        if found.finished_at is None and ctx.now - found.updated_at > SILENT_SINCE:
            return "failed"
        return str(found.report.get("status", "running"))


class OrderImportView(ImportRoutes):
    """Past orders from workbooks of other systems."""

    label = _l("Import orders")
    route_base = "/orderimport"
    class_permission_name = "order"
    subject = ORDER


class CustomerImportView(ImportRoutes):
    """Customers with their addresses."""

    label = _l("Import customers")
    route_base = "/customerimport"
    class_permission_name = "customer"
    subject = CUSTOMER


class ProductImportView(ImportRoutes):
    """Articles."""

    label = _l("Import products")
    route_base = "/productimport"
    class_permission_name = "product"
    subject = PRODUCT


IMPORTS = (CustomerImportView, ProductImportView, OrderImportView)
