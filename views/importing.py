"""Carries out an import that a screen has asked for: at once when small, else in a thread with its own session."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from threading import Thread

from flask import current_app
from flask_babel import force_locale, get_locale
from sqlalchemy.orm import Session

from app.exchange.mapping import Mapped, mapping_for, of_json
from app.exchange.reading import Book, read_book
from app.exchange.running import carry_out, open_batch
from app.exchange.storage import Store
from app.extensions import db
from app.kernel.context import Context
from app.kernel.unit_of_work import unit_of_work
from models.exchange import ImportBatch

log = logging.getLogger(__name__)
SMALL = 300  # rows that a person waits for
RUN = "run"  # in the report of a dry run: the number of the import that followed it


def store() -> Store:
    """Where uploaded files are kept."""
    return Store(Path(current_app.config["UPLOAD_FOLDER"]) / "imports")


def begin_dry_run(ctx: Context, book: Book, mapped: Mapped) -> str:
    """Opens and starts a dry run; returns its number. Raises DomainError ``column_missing``."""
    with unit_of_work(ctx):
        batch = open_batch(ctx, book, mapped, is_dry_run=True)
        batch_id, batch_no = batch.id, batch.batch_no
    launch(ctx, batch_id, book, mapped, is_dry_run=True)
    return batch_no


def begin_run(ctx: Context, rehearsed: ImportBatch) -> str:
    """Opens and starts the import that a dry run has rehearsed; returns its number.

    However often it is asked for, it starts once: the row of the dry run is locked and remembers.

    Raises:
        DomainError: ``file_gone``.
    """
    book = read_book(*store().fetch(rehearsed.file_digest))
    ctx.session.rollback()
    with unit_of_work(ctx):
        ctx.session.refresh(rehearsed, with_for_update=True)
        if started := rehearsed.report.get(RUN):
            return str(started)
        saved = of_json(rehearsed.mapping.columns) if rehearsed.mapping else None
        mapped = saved or mapping_for(ctx, book)
        batch = open_batch(ctx, book, mapped, is_dry_run=False)
        rehearsed.report = {**rehearsed.report, RUN: batch.batch_no}
        batch_id, batch_no = batch.id, batch.batch_no
    launch(ctx, batch_id, book, mapped, is_dry_run=False)
    return batch_no


def launch(ctx: Context, batch_id: int, book: Book, mapped: Mapped, *, is_dry_run: bool) -> None:
    """Runs an opened import to its end; a failure is logged and stands in its account."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way
    own = replace(ctx, policy=dict(ctx.policy))
    engine, language, kept = db.engine, str(get_locale()), store()
    # What the request has read so far must not stand in the way of the import's own transactions.
    ctx.session.rollback()

    def work() -> None:
        with app.app_context(), force_locale(language), Session(engine) as session:
            try:
                carry_out(
                    replace(own, session=session),
                    batch_id,
                    book,
                    mapped,
                    is_dry_run=is_dry_run,
                    record=unit_of_work,
                    progress=lambda _done, _total: None,
                )
                if not is_dry_run:
                    kept.forget(book.digest)
            except Exception:
                log.exception("import %s failed", batch_id)

    sheet = book.sheet(mapped.orders.sheet)
    if sheet is not None and len(sheet.rows) > SMALL:
        Thread(target=work, name=f"import-{batch_id}", daemon=True).start()
    else:
        work()
