"""An import from opening to its account: dry run and run are one path, the edge says what a transaction does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final

import sqlalchemy as sa

from app.exchange import history
from app.exchange.mapping import PAST_ORDERS, Asked, Mapped, require_complete, save_mapping
from app.exchange.orders import Plan, plan_import
from app.exchange.reading import Book
from app.exchange.report import HEADERS, Report
from app.exchange.rows import SourceRow
from app.kernel.context import Context, entered
from app.kernel.errors import DomainError
from app.kernel.journal import ACTS
from app.kernel.numbering import next_number
from app.kernel.unit_of_work import translate
from models.exchange import ImportBatch, ImportRow
from models.labels import ImportOutcome

Transaction = Callable[[Context], AbstractContextManager[Context]]
Progress = Callable[[int, int], None]
STEP: Final = 25  # orders between two notes of the progress


@contextmanager
def rehearsal(ctx: Context) -> Iterator[Context]:
    """A transaction that goes the whole way and is then taken back: the dry run's unit of work."""
    with entered(ctx):
        try:
            yield ctx
            ctx.session.flush()
        except BaseException as error:
            translated = translate(error)
            if translated is None:
                raise
            raise translated from error
        finally:
            ctx.session.rollback()
            ctx.session.info.pop(ACTS, None)


def open_batch(
    ctx: Context, book: Book, mapped: Mapped, *, is_dry_run: bool, asked: Asked = PAST_ORDERS
) -> ImportBatch:
    """Begins an import: its number, its file, its saved mapping. Flushes.

    Raises:
        DomainError: ``column_missing``.
    """
    require_complete(book, mapped, asked)
    sheet = book.sheet(mapped.main.sheet)
    batch = ImportBatch(
        target=asked.subject.name,
        batch_no=next_number(ctx, "IM"),
        file_name=book.name[-200:],
        file_digest=book.digest,
        mapping_id=save_mapping(ctx, book, mapped, asked).id,
        is_dry_run=is_dry_run,
        rows_total=len(sheet.rows) if sheet else 0,
        started_at=ctx.now,
        report={"status": "running"},
    )
    ctx.session.add(batch)
    ctx.session.flush()
    return batch


def run_import(
    ctx: Context,
    batch_id: int,
    book: Book,
    mapped: Mapped,
    *,
    each: Transaction,
    record: Transaction,
    progress: Progress,
) -> Report:
    """Carries out an import; one transaction an order.

    Args:
        ctx: its session belongs to the import alone: it is emptied after every order.
        each: the transaction of an order: the unit of work, or the rehearsal of a dry run.
        record: the transaction of the account of the import, a unit of work always.
        progress: called with orders done and orders to do.
    """
    began, ctx = monotonic(), as_import(ctx, batch_id)
    plan = plan_import(book, mapped, ctx.today)
    known = history.compare(ctx, plan)
    # Reading has opened a transaction; orders have their own.
    ctx.session.rollback()
    report = Report()
    source = f"{book.name} {book.digest[:12]}"
    orders, rejected = plan.orders, len(plan.rejected())
    duplicates = sum(len(order.rows) for order in plan.duplicates)
    for done, order in enumerate(orders):
        if done % STEP == 0:
            progress(done, len(orders))
            note_progress(ctx, batch_id, report.accepted.rows + duplicates, rejected, record)
        try:
            with each(ctx):
                made = history.bring_in(ctx, batch_id, order, known, source)
        except DomainError as error:
            plan.refuse(order, "order_no", "panel_refused", message=str(error))
        else:
            report.take(order)
            report.new_customers |= made.customers.keys()
            report.new_products |= made.products.keys()
            if each is not rehearsal:
                known.grow(made)
        ctx.session.expunge_all()
    progress(len(orders), len(orders))
    plan.settle()
    report.settle(plan)
    # One context is one moment; a long import ends later than it began.
    ended = ctx.now + timedelta(seconds=monotonic() - began)
    with record(ctx):
        _close(ctx, batch_id, plan, report, ended)
    return report


def note_progress(ctx: Context, batch_id: int, rows: int, rejected: int, record: Transaction) -> None:
    """Tells the screen how far the import is and that it lives; no journal row each time."""
    told = {"rows_ok": rows, "rows_rejected": rejected, "updated_at": sa.func.current_timestamp()}
    with record(ctx):
        ctx.session.execute(
            sa.update(ImportBatch)
            .where(ImportBatch.id == batch_id)
            .values(**told)
            .execution_options(synchronize_session=False)
        )


def _close(ctx: Context, batch_id: int, plan: Plan, report: Report, ended: datetime) -> None:
    """Writes the account: the counts, and every rejected row as it came."""
    batch = ctx.session.get_one(ImportBatch, batch_id)
    batch.rows_ok = report.accepted.rows + report.duplicate.rows
    batch.rows_rejected = report.rejected.rows
    batch.finished_at = ended
    batch.report = {**report.as_json(), "status": "done", HEADERS: headers_of(plan.book, plan.mapped)}
    rejected = [rejected_row(batch_id, row) for row in [*plan.rejected(), *plan.rejected_returns()]]
    if rejected:
        ctx.session.execute(sa.insert(ImportRow), rejected)
    ctx.session.flush()


def as_import(ctx: Context, batch_id: int) -> Context:
    """The same act as part of an import: its journal rows can be told from all others."""
    return replace(ctx, origin="importer", request_id=mark_of(batch_id))


def mark_of(batch_id: int) -> str:
    """By what the journal knows an import."""
    return f"import {batch_id}"


def headers_of(book: Book, mapped: Mapped) -> dict[str, list[str]]:
    """The headers of the sheets that came in, for the error workbook."""
    parts = {mapped.main.sheet} | ({mapped.returns.sheet} if mapped.returns else set())
    return {sheet.name[:80]: list(sheet.header) for sheet in book.sheets if sheet.name in parts}


def rejected_row(batch_id: int, row: SourceRow) -> Mapping[str, Any]:
    """A row that stays outside, as it came."""
    return {
        "batch_id": batch_id,
        "sheet": row.sheet[:80],
        "row_no": row.no,
        "outcome": ImportOutcome.rejected,
        "column_name": row.problems[0].column[:80],
        "reason": row.problems[0].code,
        "source_key": row.order_no[:60],
        "order_line_id": None,
        "raw": row.kept(),
        "source_amount": None if row.amount is None else format(row.amount, "f"),
    }


def rejected_rows(ctx: Context, batch_id: int, *, limit: int | None = None) -> Iterable[ImportRow]:
    """The rejected rows of an import in the order of the file."""
    query = (
        sa.select(ImportRow)
        .where(ImportRow.batch_id == batch_id, ImportRow.outcome == ImportOutcome.rejected)
        .order_by(ImportRow.id)
        .limit(limit)
    )
    return ctx.session.scalars(query)
