"""An import of declared records from its plan to its account, and which of the two ways an import goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from time import monotonic
from typing import Any, Final

import sqlalchemy as sa

from app.exchange import entries
from app.exchange.entries import Entry, EntryPlan
from app.exchange.mapping import PAST_ORDERS, Asked, Mapped
from app.exchange.reading import Book
from app.exchange.report import HEADERS
from app.exchange.running import (
    STEP,
    Progress,
    Transaction,
    as_import,
    headers_of,
    note_progress,
    rehearsal,
    rejected_row,
    run_import,
)
from app.exchange.templates import without_example
from app.kernel.context import Context
from app.kernel.errors import DomainError
from app.kernel.journal import plain
from models.exchange import ImportBatch, ImportRow
from models.labels import ImportOutcome

CHANGES: Final = "changes"
DOES: Final = "does"


def carry_out(
    ctx: Context,
    batch_id: int,
    book: Book,
    mapped: Mapped,
    *,
    is_dry_run: bool,
    record: Transaction,
    progress: Progress,
    asked: Asked = PAST_ORDERS,
) -> None:
    """Runs an opened import and, where it breaks off, says so in its account before the error goes on.

    What is in stays in: the next import of the file goes on from there.
    """
    run = run_import if asked.door is None else run_entries
    each = rehearsal if is_dry_run else record
    try:
        book = without_example(book, mapped, asked)
        more = {} if asked.door is None else {"asked": asked}
        run(ctx, batch_id, book, mapped, each=each, record=record, progress=progress, **more)
    except BaseException:
        ctx.session.rollback()
        with record(ctx):
            batch = ctx.session.get_one(ImportBatch, batch_id)
            batch.finished_at = ctx.now
            batch.report = {**batch.report, "status": "failed"}
        raise


def run_entries(
    ctx: Context,
    batch_id: int,
    book: Book,
    mapped: Mapped,
    *,
    asked: Asked,
    each: Transaction,
    record: Transaction,
    progress: Progress,
) -> None:
    """Carries out an import of declared records; one transaction a record. See ``running.run_import``."""
    began, ctx = monotonic(), as_import(ctx, batch_id)
    door = asked.door
    if door is None:
        raise ValueError(asked.subject.name)
    plan = entries.plan_entries(book, mapped, asked)
    entries.compare(ctx, plan)
    # Reading has opened a transaction and holds records; each entry has its own.
    ctx.session.rollback()
    ctx.session.expunge_all()
    same = [entry for entry in plan.entries if not entry.problems and entry.does == "same"]
    taken = list(same)
    waiting = plan.open()
    for done, entry in enumerate(waiting):
        if done % STEP == 0:
            progress(done, len(waiting))
            done_rows = sum(len(one.rows) for one in taken)
            note_progress(ctx, batch_id, done_rows, len(plan.rejected()), record)
        try:
            with each(ctx):
                entries.bring_in(ctx, batch_id, entry, door)
        except entries.RefusedError as refused:
            refused.tell()
        except DomainError as error:
            entry.refuse("", "refused", message=str(error))
        else:
            taken.append(entry)
        ctx.session.expunge_all()
    progress(len(waiting), len(waiting))
    rejected = plan.rejected()
    ended = ctx.now + timedelta(seconds=monotonic() - began)
    with record(ctx):
        batch = ctx.session.get_one(ImportBatch, batch_id)
        batch.rows_ok = sum(len(entry.rows) for entry in taken)
        batch.rows_rejected = len(rejected)
        batch.finished_at = ended
        headers = headers_of(book, mapped)
        batch.report = {**_account(plan, taken), "status": "done", HEADERS: headers}
        rows = [rejected_row(batch_id, row) for row in rejected]
        if each is rehearsal:
            # What a dry run shows; of an import the journal tells it.
            rows += [row for entry in taken if entry.does != "same" for row in _shown(batch_id, entry)]
        if rows:
            ctx.session.execute(sa.insert(ImportRow), rows)
        ctx.session.flush()


def _account(plan: EntryPlan, taken: Iterable[Entry]) -> dict[str, Any]:
    """The figures of the import: rows and records."""
    does = Counter(entry.does for entry in taken)
    children = Counter(child.does for entry in taken for child in entry.children)
    rejected = plan.rejected()
    reasons = Counter(row.problems[0].code for row in rejected)
    return {
        "rows": len(plan.rows),
        "records": {word: does[word] for word in ("made", "changed", "same")},
        "children": {word: children[word] for word in ("made", "changed", "same")},
        "rejected": len(rejected),
        "reasons": dict(reasons.most_common()),
        "not_taken": plan.not_taken,
        "closed": plan.closed,
    }


def _shown(batch_id: int, entry: Entry) -> Iterable[Mapping[str, Any]]:
    """What the dry run says of an entry: at its first row what happens to it, at each row the address."""
    for row in entry.rows:
        changes = _plain(entry) if row is entry.first else {}
        for child in entry.children:
            if child.first is row:
                changes |= {f"{child.prefix}{name}": pair for name, pair in _plain(child).items()}
        if changes:
            yield {
                "batch_id": batch_id,
                "sheet": row.sheet[:80],
                "row_no": row.no,
                "outcome": ImportOutcome.accepted,
                "column_name": None,
                "reason": None,
                "source_key": "",
                "order_line_id": None,
                "raw": {DOES: entry.does, "id": entry.record_id, CHANGES: changes},
                "source_amount": None,
            }


def _plain(entry: Entry) -> dict[str, list[Any]]:
    return {name: [plain(old), plain(new)] for name, (old, new) in entry.changes.items()}


def forget_preview(ctx: Context, batch_id: int) -> None:
    """What a dry run has shown is not needed once its import begins: names and phones do not lie about."""
    ctx.session.execute(
        sa.update(ImportRow)
        .where(ImportRow.batch_id == batch_id, ImportRow.outcome == ImportOutcome.accepted)
        .values(raw={})
        .execution_options(synchronize_session=False)
    )


def shown_rows(ctx: Context, batch_id: int, limit: int) -> list[ImportRow]:
    """The first rows of a dry run that would do something."""
    return list(
        ctx.session.scalars(
            sa.select(ImportRow)
            .where(ImportRow.batch_id == batch_id, ImportRow.outcome == ImportOutcome.accepted)
            .order_by(ImportRow.id)
            .limit(limit)
        )
    )
