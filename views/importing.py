"""Carries out an import that a screen has asked for: at once when small, else in a thread with its own session."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Thread

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale, get_locale
from sqlalchemy.orm import Session

from app.exchange.entryrun import carry_out, forget_preview
from app.exchange.mapping import Asked, Mapped, mapping_for, of_json
from app.exchange.reading import Book, read_book
from app.exchange.running import open_batch
from app.exchange.storage import Store
from app.exchange.undoing import UNDO, take_back
from app.extensions import db
from app.kernel.context import Context
from app.kernel.unit_of_work import unit_of_work
from models.exchange import ImportBatch, ImportEffect
from views.importdoor import DOOR

log = logging.getLogger(__name__)
SMALL = 300  # rows that a person waits for
RUN = "run"  # in the report of a dry run: the number of the import that followed it


def store() -> Store:
    """Where uploaded files are kept."""
    return Store(Path(current_app.config["UPLOAD_FOLDER"]) / "imports")


def begin_dry_run(ctx: Context, book: Book, mapped: Mapped, asked: Asked) -> str:
    """Opens and starts a dry run; returns its number. Raises DomainError ``column_missing``."""
    with unit_of_work(ctx):
        batch = open_batch(ctx, book, mapped, is_dry_run=True, asked=asked)
        batch_id, batch_no = batch.id, batch.batch_no
    launch(ctx, batch_id, book, mapped, asked, is_dry_run=True)
    return batch_no


def begin_run(ctx: Context, rehearsed: ImportBatch, asked: Asked) -> str:
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
        saved = of_json(rehearsed.mapping.columns, asked) if rehearsed.mapping else None
        mapped = saved or mapping_for(ctx, book, asked)
        batch = open_batch(ctx, book, mapped, is_dry_run=False, asked=asked)
        rehearsed.report = {**rehearsed.report, RUN: batch.batch_no}
        forget_preview(ctx, rehearsed.id)
        batch_id, batch_no = batch.id, batch.batch_no
    launch(ctx, batch_id, book, mapped, asked, is_dry_run=False)
    return batch_no


def launch(ctx: Context, batch_id: int, book: Book, mapped: Mapped, asked: Asked, *, is_dry_run: bool) -> None:
    """Runs an opened import to its end; a failure is logged and stands in its account."""
    kept, sheet = store(), book.sheet(mapped.main.sheet)

    def work(own: Context) -> None:
        try:
            carry_out(
                own,
                batch_id,
                book,
                mapped,
                is_dry_run=is_dry_run,
                record=unit_of_work,
                progress=lambda _done, _total: None,
                asked=asked,
            )
            if not is_dry_run:
                kept.forget(book.digest)
        except Exception:
            log.exception("import %s failed", batch_id)

    apart(ctx, work, f"import-{batch_id}", is_long=sheet is not None and len(sheet.rows) > SMALL)


def begin_undo(ctx: Context, batch: ImportBatch) -> None:
    """Takes an import back, in the background when it was large. Raises DomainError."""
    batch_id = batch.id
    count = sa.select(sa.func.count()).where(ImportEffect.batch_id == batch_id, ImportEffect.undone_at.is_(None))
    is_long = (ctx.session.scalar(count) or 0) > SMALL
    if not is_long:
        with unit_of_work(ctx):
            take_back(ctx, batch, DOOR)
        return
    with unit_of_work(ctx):
        ctx.session.refresh(batch, with_for_update=True)
        if batch.report.get(UNDO, {}).get("status") == "running":
            return
        batch.report = {**batch.report, UNDO: {**batch.report.get(UNDO, {}), "status": "running"}}

    def work(own: Context) -> None:
        try:
            with unit_of_work(own):
                take_back(own, own.session.get_one(ImportBatch, batch_id), DOOR)
        except Exception:
            log.exception("import %s was not taken back", batch_id)
            with unit_of_work(own):
                found = own.session.get_one(ImportBatch, batch_id)
                found.report = {**found.report, UNDO: {**found.report[UNDO], "status": "failed"}}

    apart(ctx, work, f"undo-{batch_id}", is_long=True)


def apart(ctx: Context, work: Callable[[Context], None], name: str, *, is_long: bool) -> None:
    """Does work in a session of its own and the reader's language; in a thread where it is long."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way
    own = replace(ctx, policy=dict(ctx.policy))
    engine, language = db.engine, str(get_locale())
    # What the request has read so far must not stand in the way of the work's own transactions.
    ctx.session.rollback()

    def run() -> None:
        with app.app_context(), force_locale(language), Session(engine) as session:
            work(replace(own, session=session))

    if is_long:
        Thread(target=run, name=name, daemon=True).start()
    else:
        run()
