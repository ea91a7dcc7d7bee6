"""What the import pages show: fields, figures and rows as plain values for ``zhidan/import.html``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.exchange.fields import BY_PART
from app.exchange.mapping import Mapped, Part, of_json, suggest
from app.exchange.reading import Book
from app.exchange.reasons import of_json as problem_of
from app.exchange.wording import HEADLINE, account, notes, reason_counts
from models.exchange import ImportBatch, ImportRow
from models.order import Order
from views.base import view_of
from views.display import moment
from views.importing import RUN

ENDPOINT = "OrderImportView"
NO_SHEET = ""


def page(stage: str, **variables: Any) -> dict[str, Any]:
    """The variables every stage has."""
    orders = view_of(Order)
    crumbs = [(str(Order.__label_plural__), orders.url("list") if orders else None), (_("Import orders"), None)]
    return {
        "title": _("Import orders"),
        "subtitle": _("Past orders of another system come in as completed history."),
        "crumbs": crumbs,
        "stage": stage,
        "errors": [],
        **variables,
    }


def upload_variables(
    latest: Sequence[ImportBatch], errors: list[str], status: Callable[[ImportBatch], str]
) -> dict[str, Any]:
    """Choose a file; the latest imports below."""
    columns = [
        {"label": _("Import number")},
        {"label": _("File"), "kind": "long"},
        {"label": _("Started at"), "kind": "datetime"},
        {"label": _("Kind"), "kind": "badge"},
        {"label": _("Rows"), "kind": "number"},
        {"label": _("Rows taken"), "kind": "number"},
        {"label": _("Rows rejected"), "kind": "number"},
    ]
    rows = [
        {
            "cells": [
                {"text": batch.batch_no, "url": url_for(f"{ENDPOINT}.batch", batch_no=batch.batch_no)},
                batch.file_name,
                moment(batch.started_at),
                kind_badge(batch, status(batch)),
                f"{batch.rows_total:,}",
                f"{batch.rows_ok:,}",
                f"{batch.rows_rejected:,}",
            ]
        }
        for batch in latest
    ]
    return page("upload", errors=errors, latest={"columns": columns, "rows": rows})


def kind_badge(batch: ImportBatch, status: str) -> dict[str, Any]:
    """Dry run or import, and how it ended."""
    if status == "failed":
        return {"text": _("Broken off"), "tone": "danger"}
    if status == "running":
        return {"text": _("Running"), "tone": "progress"}
    return {"text": _("Dry run"), "tone": "neutral"} if batch.is_dry_run else {"text": _("Import"), "tone": "success"}


def column_variables(book: Book, mapped: Mapped, errors: list[str]) -> dict[str, Any]:
    """A field of choice for each field of ours, with the columns of the chosen sheets."""
    returns = mapped.returns
    sheets = [(sheet.name, sheet.name or book.name) for sheet in book.sheets]
    sheet_fields = [
        {"kind": "select", "name": "orders", "label": _("Sheet of the orders"), "value": mapped.orders.sheet,
         "choices": sheets},
        {"kind": "select", "name": "returns", "label": _("Sheet of the returns"), "placeholder": _("None"),
         "value": returns.sheet if returns else NO_SHEET, "choices": sheets},
    ]  # fmt: skip
    fieldsets = [(_("Order lines"), _fields(book, "orders", mapped.orders, is_posted=bool(errors)))]
    if returns is not None:
        fieldsets.append((_("Returns"), _fields(book, "returns", returns, is_posted=bool(errors))))
    return page(
        "columns",
        errors=errors,
        subtitle=book.name,
        sheet_fields=sheet_fields if len(book.sheets) > 1 else [],
        fieldsets=fieldsets,
        hidden={"orders": mapped.orders.sheet, "returns": returns.sheet if returns else NO_SHEET},
        cancel_url=url_for(f"{ENDPOINT}.start"),
    )


def _fields(book: Book, part_name: str, part: Part, *, is_posted: bool) -> list[dict[str, Any]]:
    sheet = book.sheet(part.sheet)
    header = sheet.header if sheet else ()
    lacking = [
        field for field in BY_PART[part_name] if field.is_required and part.columns.get(field.name) not in header
    ]
    return [
        {
            "kind": "select",
            "name": f"{part_name}.{field.name}",
            "label": str(field.label),
            "required": field.is_required,
            "value": part.columns.get(field.name, ""),
            "choices": [(name, name) for name in header],
            "errors": [_("Choose the column.")] if is_posted and field in lacking else [],
        }
        for field in BY_PART[part_name]
    ]


def chosen(book: Book, given: Mapping[str, str]) -> Mapped | None:
    """The sheets and columns a person has chosen; columns that were not asked for yet are recognised."""
    orders = book.sheet(given.get("orders", "\x00"))
    if orders is None:
        return None
    recognised = suggest(book, sheet=orders.name)
    returns = book.sheet(given["returns"]) if given.get("returns") else None
    found = {"orders": Part(orders.name, _columns(orders.header, given, "orders") or recognised.orders.columns)}
    if returns is None or returns is orders:
        return Mapped(found["orders"])
    guess = recognised.returns.columns if recognised.returns and recognised.returns.sheet == returns.name else {}
    return Mapped(found["orders"], Part(returns.name, _columns(returns.header, given, "returns") or guess))


def _columns(header: Sequence[str], given: Mapping[str, str], part_name: str) -> dict[str, str]:
    asked = {field.name: given.get(f"{part_name}.{field.name}", "") for field in BY_PART[part_name]}
    return {name: column for name, column in asked.items() if column in header}


def batch_variables(batch: ImportBatch, rejected: Sequence[ImportRow], *, status: str) -> dict[str, Any]:
    """Progress, or the account of a dry run or an import."""
    start = url_for(f"{ENDPOINT}.start")
    subtitle = f"{batch.batch_no} · {batch.file_name}"
    if status == "running":
        progress = {
            "done": batch.rows_ok,
            "total": batch.rows_total,
            "url": url_for(f"{ENDPOINT}.progress", batch_no=batch.batch_no),
        }
        return page("running", subtitle=subtitle, is_dry_run=batch.is_dry_run, progress=progress)
    if status == "failed":
        message = _("The import broke off. What is in stays in: choose the same file again, the rest comes in then.")
        return page("failed", subtitle=subtitle, errors=[message], cancel_url=start)
    report = batch.report
    lines = [
        {"label": str(line.label), "value": line.value, "tone": line.tone, "hint": str(line.hint or "")}
        for line in account(report)
    ]
    followed = report.get(RUN)
    orders = view_of(Order)
    return page(
        "preview" if batch.is_dry_run else "done",
        subtitle=subtitle,
        counts=lines[:HEADLINE],
        figures=lines[HEADLINE:],
        notes=notes(),
        reasons=[{"cells": [label, f"{times:,}"]} for label, times in reason_counts(report)],
        mapping_rows=mapping_rows(batch),
        rejected=rejected_table(rejected),
        rejected_url=url_for(f"{ENDPOINT}.errors", batch_no=batch.batch_no) if rejected else None,
        preview=preview_table(report),
        can_run=batch.is_dry_run and not followed and report["orders"].get("accepted", 0) > 0,
        action_url=url_for(f"{ENDPOINT}.run", batch_no=batch.batch_no),
        followed_url=url_for(f"{ENDPOINT}.batch", batch_no=followed) if followed else None,
        cancel_url=start,
        result_url=f"{orders.url('list')}?origin=imported" if orders else None,
    )


def mapping_rows(batch: ImportBatch) -> list[dict[str, Any]]:
    """Which column became which field."""
    mapped = of_json(batch.mapping.columns) if batch.mapping else None
    if mapped is None:
        return []
    parts = [("orders", mapped.orders)] + ([("returns", mapped.returns)] if mapped.returns else [])
    return [
        {"cells": [part.columns.get(field.name, "–"), str(field.label), part.sheet]}
        for name, part in parts
        for field in BY_PART[name]
    ]


def rejected_table(rejected: Sequence[ImportRow]) -> dict[str, Any]:
    """The first rejected rows: where, which column, why."""
    columns = [
        {"label": _("Sheet")},
        {"label": _("Row"), "kind": "number"},
        {"label": _("Column")},
        {"label": _("Reason"), "kind": "long"},
    ]
    rows = []
    for row in rejected:
        problems = [problem_of(kept) for kept in row.raw.get("problems", [])]
        names = ", ".join(dict.fromkeys(problem.column for problem in problems if problem.column))
        rows.append({"cells": [row.sheet, str(row.row_no), names, " ".join(str(problem) for problem in problems)]})
    return {"columns": columns, "rows": rows}


def preview_table(report: Mapping[str, Any]) -> dict[str, Any]:
    """The first orders that come in."""
    columns = [
        {"label": _("Order number")},
        {"label": _("Order date"), "kind": "date"},
        {"label": _("Completed on"), "kind": "date"},
        {"label": _("Order lines"), "kind": "number"},
        {"label": _("Pieces"), "kind": "number"},
        {"label": _("Amount"), "kind": "money"},
        {"label": _("Returned"), "kind": "bool"},
    ]
    rows = [
        {
            "cells": [
                order["order_no"],
                order["ordered_on"],
                order["completed_on"],
                str(order["lines"]),
                order["qty"],
                f"¥{order['amount']}",
                {"on": order["is_returned"]},
            ]
        }
        for order in report.get("preview", [])
    ]
    return {"columns": columns, "rows": rows}
