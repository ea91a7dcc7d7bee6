"""What the pages of exports show: plain values for ``zhidan/export.html`` and ``zhidan/exports.html``."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext as _

from app.exchange.writing import MOST_ROWS
from app.kernel.context import Context
from app.security.wording import listed
from models.export import ExportLog, ExportRequest
from models.labels import ExportFormat, ExportOutcome, ExportRequestState
from views.base import ENTITIES
from views.display import badge, label_text, moment
from views.exporting import EVERY, LISTED, Choice, filter_text, hidden_of, masked_of, names_of
from views.exportrun import SMALL, status_of
from views.words import labels_of_entities


def export_variables(
    choice: Choice,
    columns: str,
    *,
    errors: Sequence[str] = (),
    field_errors: Mapping[str, Any] | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """The page before an export: what, how much, what is masked, and what is too much."""
    view, actor = choice.view, choice.ctx.actor
    label = str(view.model().__label_plural__)
    query = urlencode(choice.arguments)
    listed, every = names_of(actor, view, LISTED), names_of(actor, view, EVERY)
    own = [] if columns in {LISTED, EVERY} else [(columns, _("Columns as in your list"), _names(view, choice.names))]
    return {
        "title": _("Export: %(what)s", what=label),
        "crumbs": [(label, f"{view.url('list')}?{query}"), (_("Export"), None)],
        "errors": list(errors),
        "facts": facts(choice, columns),
        "masked": masked_of(actor, view, choice.names),
        "is_personal": choice.is_personal,
        "needs_approval": choice.needs_approval,
        "limit": f"{choice.limit:,}",
        "rows": f"{choice.rows:,}",
        "is_large": choice.rows > SMALL,
        "columns": {
            "value": columns,
            "choices": [
                *own,
                (LISTED, _("Columns of the list"), _names(view, listed)),
                (EVERY, _("All columns of the record"), _names(view, every)),
            ],
            "url": f"{view.url('export')}?{query}&columns=",
        },
        "formats": [(str(kind), label_text(kind), kind is choice.file_format) for kind in ExportFormat],
        "hidden": {"token": secrets.token_urlsafe(16), "arguments": query, "columns": columns},
        "reason": {
            "kind": "textarea",
            "name": "reason",
            "label": _("Reason"),
            "required": True,
            "max_length": 400,
            "value": reason,
            "errors": (field_errors or {}).get("reason"),
            "help": _("What the rows are needed for, and by whom. The committee's chair reads it."),
        },
        "list_url": f"{view.url('list')}?{query}",
        "files_url": url_for("ExportFilesView.files"),
    }


def _names(view: Any, names: Sequence[str]) -> str:
    return listed(str(view.label(name)) for name in names)


def facts(choice: Choice, columns: str) -> list[dict[str, Any]]:
    """Rows, filter, columns, and what stands in them in full."""
    view, hidden = choice.view, hidden_of(choice.ctx.actor, choice.view, columns)
    count = f"{choice.rows:,}" if choice.rows <= MOST_ROWS else _("More than %(count)s", count=f"{MOST_ROWS:,}")
    found = [
        {"label": _("Rows"), "value": count},
        {"label": _("Filter"), "value": filter_text(choice.ctx, view, choice.asked) or _("none")},
        {"label": _("Columns"), "value": f"{len(choice.names)}"},
        {"label": _("Without approval up to"), "value": _("%(count)s rows", count=f"{choice.limit:,}")},
        {
            "label": _("Personal data"),
            "value": _("in full in this file") if choice.is_personal else _("none, or masked"),
        },
    ]
    if hidden:
        found.append({"label": _("Left out"), "value": _("%(count)s columns that you may not see", count=hidden)})
    return found


def files_variables(ctx: Context, made: Sequence[ExportLog], asked: Sequence[ExportRequest]) -> dict[str, Any]:
    """One's own exports and requests."""
    return {
        "title": _("My exports"),
        "subtitle": _("Files are kept for 24 hours. The file of an approval is given out once."),
        "crumbs": [(_("My exports"), None)],
        "requests": [_request(ctx, found) for found in asked],
        "files": [file_entry(ctx, found) for found in made],
    }


def file_entry(ctx: Context, made: ExportLog) -> dict[str, Any]:
    """A file: what it is, how far it is, and whether it can be downloaded."""
    status = status_of(ctx, made)
    return {
        "number": made.export_no,
        "what": what_of(made.entity),
        "filter": made.filter_text,
        "at": moment(made.made_at),
        "rows": f"{made.row_count:,}",
        "format": str(made.file_format),
        "state": badge(status),
        "url": url_for("ExportFilesView.file_page", export_no=made.export_no),
        "file_url": url_for("ExportFilesView.file", export_no=made.export_no)
        if status is ExportOutcome.done and made.file_key
        else None,
        "is_once": made.request_id is not None,
    }


def page_variables(ctx: Context, made: ExportLog) -> dict[str, Any]:
    """The page of one file."""
    entry = file_entry(ctx, made)
    return {
        "title": _("Export %(number)s", number=made.export_no),
        "subtitle": entry["what"],
        "crumbs": [(_("My exports"), url_for("ExportFilesView.files")), (made.export_no, None)],
        "entry": entry,
        "is_running": status_of(ctx, made) is ExportOutcome.running,
        "progress": {
            "done": made.row_count,
            "total": made.rows_expected,
            "url": url_for("ExportFilesView.progress", export_no=made.export_no),
        },
        "facts": [
            {"label": _("List"), "value": entry["what"]},
            {"label": _("Filter"), "value": made.filter_text or _("none")},
            {"label": _("Rows"), "value": entry["rows"]},
            {"label": _("Exported at"), "value": entry["at"]},
            {"label": _("File mark"), "value": made.digest, "kind": "long"},
        ],
    }


def _request(ctx: Context, asked: ExportRequest) -> dict[str, Any]:
    holds = asked.valid_until is not None and ctx.now <= asked.valid_until
    is_open = asked.state is ExportRequestState.approved and holds
    return {
        "number": asked.request_no,
        "what": what_of(asked.entity),
        "filter": asked.filter_text,
        "rows": f"{asked.row_count:,}",
        "until": moment(asked.valid_until) if asked.valid_until else None,
        "state": badge(asked.state),
        "use_url": url_for("ExportFilesView.use", request_no=asked.request_no) if is_open else None,
        "token": secrets.token_urlsafe(16),
    }


def what_of(entity: str) -> str:
    """What was exported, in words."""
    view = ENTITIES.get(entity)
    return str(view.model().__label_plural__ if view is not None else labels_of_entities().get(entity, entity))
