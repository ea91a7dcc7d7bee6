"""What the import pages show: fields, figures and rows as plain values for ``zhidan/import.html``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.exchange.mapping import Asked, Mapped, Part, of_json, recognised, suggest
from app.exchange.reading import Book
from app.exchange.reasons import of_json as problem_of
from app.exchange.subjects import RETURNS, Subject
from app.exchange.undoing import UNDO, may_take_back
from app.exchange.wording import HEADLINE, account, notes, reason_counts
from app.kernel.context import Actor, Context
from models.exchange import ImportBatch, ImportRow
from models.order import Order
from views.base import view_of
from views.display import moment
from views.importdoor import address, asked_by
from views.importing import RUN
from views.importrows import entry_variables

NO_SHEET = ""


def page(stage: str, subject: Subject, **variables: Any) -> dict[str, Any]:
    """The variables every stage has."""
    crumbs = [(_("Import"), url_for("ImportView.start")), (str(subject.label), None)]
    return {
        "title": _("Import: %(what)s", what=str(subject.label)),
        "subtitle": str(subject.intro),
        "crumbs": crumbs,
        "stage": stage,
        "errors": [],
        "start_url": address(subject, "start"),
        **variables,
    }


def hub_variables(subjects: Sequence[Subject]) -> dict[str, Any]:
    """What can be imported."""
    cards = [
        {
            "label": str(subject.label),
            "intro": str(subject.intro),
            "icon": subject.icon,
            "url": address(subject, "start"),
            "template_url": address(subject, "template"),
            "sample_url": address(subject, "sample"),
        }
        for subject in subjects
    ]
    subtitle = _("From a workbook into the panel: nothing is saved before you have seen what will change.")
    return {"title": _("Import"), "subtitle": subtitle, "crumbs": [], "stage": "hub", "errors": [], "cards": cards}


def upload_variables(
    actor: Actor,
    subject: Subject,
    latest: Sequence[ImportBatch],
    errors: list[str],
    status: Callable[[ImportBatch], str],
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
                {"text": batch.batch_no, "url": address(subject, "batch", batch_no=batch.batch_no)},
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
    return page(
        "upload",
        subject,
        errors=errors,
        latest={"columns": columns, "rows": rows},
        upload_url=address(subject, "upload"),
        template_url=address(subject, "template"),
        sample_url=address(subject, "sample"),
        closed=[str(field.label) for field in asked_by(actor, subject).closed()],
        cancel_url=url_for("ImportView.start"),
    )


def kind_badge(batch: ImportBatch, status: str) -> dict[str, Any]:
    """Dry run or import, and how it ended."""
    if status == "failed":
        return {"text": _("Broken off"), "tone": "danger"}
    if batch.report.get(UNDO, {}).get("done"):
        return {"text": _("Taken back"), "tone": "warning"}
    if status == "running":
        return {"text": _("Running"), "tone": "progress"}
    return {"text": _("Dry run"), "tone": "neutral"} if batch.is_dry_run else {"text": _("Import"), "tone": "success"}


def column_variables(book: Book, mapped: Mapped, errors: list[str], asked: Asked) -> dict[str, Any]:
    """A field of choice for each field of ours, with the columns of the chosen sheets."""
    subject, returns = asked.subject, mapped.returns
    sheets = [(sheet.name, sheet.name or book.name) for sheet in book.sheets]
    sheet_fields = [
        {"kind": "select", "name": subject.part, "label": _("Sheet of the rows"), "value": mapped.main.sheet,
         "choices": sheets},
    ]  # fmt: skip
    if RETURNS in subject.parts:
        sheet_fields.append(
            {"kind": "select", "name": RETURNS, "label": _("Sheet of the returns"), "placeholder": _("None"),
             "value": returns.sheet if returns else NO_SHEET, "choices": sheets}
        )  # fmt: skip
    fieldsets = [(str(subject.label), _fields(book, asked, subject.part, mapped.main, is_posted=bool(errors)))]
    if returns is not None:
        fieldsets.append((_("Returns"), _fields(book, asked, RETURNS, returns, is_posted=bool(errors))))
    hidden = {subject.part: mapped.main.sheet}
    return page(
        "columns",
        subject,
        errors=errors,
        subtitle=book.name,
        sheet_fields=sheet_fields if len(book.sheets) > 1 else [],
        fieldsets=fieldsets,
        hidden=hidden | ({RETURNS: returns.sheet if returns else NO_SHEET} if RETURNS in subject.parts else {}),
        keys=" / ".join(str(field.label) for field in asked.key_fields()),
        cancel_url=address(subject, "start"),
    )


def _fields(book: Book, asked: Asked, part_name: str, part: Part, *, is_posted: bool) -> list[dict[str, Any]]:
    sheet = book.sheet(part.sheet)
    header = sheet.header if sheet else ()
    fields = asked.fields(part_name)
    lacking = [field for field in fields if field.is_required and part.columns.get(field.name) not in header]
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
        for field in fields
    ]


def chosen(book: Book, given: Mapping[str, str], asked: Asked) -> Mapped | None:
    """The sheets and columns a person has chosen; columns that were not asked for yet are recognised."""
    part = asked.subject.part
    main = book.sheet(given.get(part, "\x00"))
    if main is None:
        return None
    found = Part(main.name, _columns(main.header, given, asked, part) or recognised(main, asked.fields()))
    returns = book.sheet(given[RETURNS]) if given.get(RETURNS) and RETURNS in asked.subject.parts else None
    if returns is None or returns is main:
        return Mapped(found)
    guess = suggest(book, asked, sheet=main.name).returns
    known = guess.columns if guess and guess.sheet == returns.name else {}
    return Mapped(found, Part(returns.name, _columns(returns.header, given, asked, RETURNS) or known))


def _columns(header: Sequence[str], given: Mapping[str, str], asked: Asked, part_name: str) -> dict[str, str]:
    names = {field.name: given.get(f"{part_name}.{field.name}", "") for field in asked.fields(part_name)}
    return {name: column for name, column in names.items() if column in header}


def batch_variables(
    ctx: Context, subject: Subject, batch: ImportBatch, rejected: Sequence[ImportRow], *, status: str, may_read: bool
) -> dict[str, Any]:
    """Progress, or the account of a dry run or an import."""
    start, subtitle = address(subject, "start"), f"{batch.batch_no} · {batch.file_name}"
    undone = batch.report.get(UNDO, {})
    if status == "running" or undone.get("status") == "running":
        progress = {
            "done": batch.rows_ok,
            "total": batch.rows_total,
            "url": address(subject, "progress", batch_no=batch.batch_no),
        }
        return page(
            "running",
            subject,
            subtitle=subtitle,
            is_dry_run=batch.is_dry_run,
            is_undoing=status != "running",
            progress=progress,
        )
    if status == "failed":
        message = _("The import broke off. What is in stays in: choose the same file again, the rest comes in then.")
        return page("failed", subject, subtitle=subtitle, errors=[message], cancel_url=start)
    followed = batch.report.get(RUN)
    shown = order_variables(batch) if subject.table is None else entry_variables(ctx, subject, batch, may_read=may_read)
    is_left = undone.get("kept", 1) > 0
    can_undo = not batch.is_dry_run and is_left and may_take_back(ctx.actor, batch)
    return page(
        "preview" if batch.is_dry_run else "done",
        subject,
        **{
            "subtitle": subtitle,
            "reasons": [{"cells": [label, f"{times:,}"]} for label, times in reason_counts(batch.report)],
            "mapping_rows": mapping_rows(batch, asked_by(ctx.actor, subject)),
            "rejected": rejected_table(rejected),
            "rejected_url": address(subject, "errors", batch_no=batch.batch_no) if rejected and may_read else None,
            "action_url": address(subject, "run", batch_no=batch.batch_no),
            "followed_url": address(subject, "batch", batch_no=followed) if followed else None,
            "cancel_url": start,
            "undo_url": address(subject, "undo", batch_no=batch.batch_no) if can_undo else None,
            "undone": undone_text(undone),
            **shown,
            "can_run": batch.is_dry_run and not followed and shown["can_run"],
        },
    )


def undone_text(undone: Mapping[str, Any]) -> str | None:
    """What was taken back, and by whom."""
    if undone.get("status") == "failed":
        return str(_("Taking it back broke off: nothing was changed. Try again."))
    if not undone:
        return None
    told = {"who": undone["by"], "done": undone["done"], "kept": undone["kept"]}
    return str(_("Taken back by %(who)s: %(done)s. Not taken back: %(kept)s.", **told))


def order_variables(batch: ImportBatch) -> dict[str, Any]:
    """The account of an order book."""
    report, orders = batch.report, view_of(Order)
    lines = [
        {"label": str(line.label), "value": line.value, "tone": line.tone, "hint": str(line.hint or "")}
        for line in account(report)
    ]
    return {
        "counts": lines[:HEADLINE],
        "figures": lines[HEADLINE:],
        "notes": notes(),
        "detail": preview_table(report),
        "detail_title": _("The first orders"),
        "can_run": report["orders"].get("accepted", 0) > 0,
        "result_url": f"{orders.url('list')}?origin=imported" if orders else None,
        "result_label": _("Show the imported orders"),
    }


def mapping_rows(batch: ImportBatch, asked: Asked) -> list[dict[str, Any]]:
    """Which column became which field."""
    mapped = of_json(batch.mapping.columns, asked) if batch.mapping else None
    if mapped is None:
        return []
    parts = [(asked.subject.part, mapped.main)] + ([(RETURNS, mapped.returns)] if mapped.returns else [])
    return [
        {"cells": [part.columns.get(field.name, "–"), str(field.label), part.sheet]}
        for name, part in parts
        for field in asked.fields(name)
        if field.name in part.columns or field.column is None
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
