"""Makes the file of an export: at once when small, else in a thread with its own session.

The account is opened in a transaction of its own before the first row is read, and closed in another one: an export
whose process dies leaves a row without a file, and the screen says after some minutes that it has broken off. Rows
are read from one moment of the database, whatever is written meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any
from urllib.parse import quote

from flask import Response, current_app
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.exchange.kept import ExportStore
from app.exchange.writing import CHUNK, Cell, Head, Mark, digest_of, write_table
from app.extensions import db
from app.kernel.context import LOCAL_ZONE, Context, entered
from app.kernel.database import reading
from app.kernel.errors import DomainError, NotFoundError
from app.kernel.unit_of_work import unit_of_work
from app.services.export import actions
from app.services.export.rules import approved_rows
from models.export import ExportLog, ExportRequest
from models.labels import ExportFormat, ExportOutcome
from views.exporting import Choice

log = logging.getLogger(__name__)
SMALL = 2000  # rows that a person waits for
STEP = 1000  # rows between two notes of the progress
SILENT_SINCE = timedelta(minutes=3)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {ExportFormat.xlsx: XLSX, ExportFormat.csv: "text/csv; charset=utf-8"}
Rows = Callable[[Session], Iterable[Sequence[Cell]]]


class TooManyRowsError(DomainError):
    """More rows than may leave."""

    code = "export_too_large"
    status = 409
    default_message = _l(
        "The list has more rows than this export may hold. Narrow the filter, or ask for approval again."
    )


def store() -> ExportStore:
    """Where made files wait for their download."""
    return ExportStore(Path(current_app.config["UPLOAD_FOLDER"]) / "exports")


def clear_up(ctx: Context) -> None:
    """Removes what is kept no longer; runs whenever somebody exports, and from the command line."""
    with unit_of_work(ctx):
        names = actions.forget(ctx)
    store().forget(names)
    store().sweep(ctx.now)


def mark_of(made: ExportLog, person: str, title: str) -> Mark:
    """The watermark of a file, in the language of who takes it."""
    moment = f"{made.made_at.astimezone(LOCAL_ZONE):%Y-%m-%d %H:%M:%S}"
    line = _(
        "Exported by %(person)s · Time %(moment)s · No. %(number)s · For internal use only",
        person=person, moment=moment, number=made.export_no,
    )  # fmt: skip
    return Mark(title, person, made.export_no, str(line))


def file_name(made: ExportLog, person: str, title: str) -> str:
    """What the file is called on the person's machine: what, number, who, when."""
    moment = f"{made.made_at.astimezone(LOCAL_ZONE):%Y%m%d-%H%M%S}"
    name = f"{title}_{made.export_no}_{person}_{moment}"
    return "".join("-" if sign in '/\\:*?"<>|\r\n\t' else sign for sign in name) + f".{made.file_format}"


def make_list(ctx: Context, made: ExportLog, choice: Choice, request: ExportRequest | None = None) -> None:
    """Makes the file of a list."""
    most = approved_rows(request) if request is not None else choice.limit
    own = choice.ctx

    def rows(session: Session) -> Iterator[Sequence[Cell]]:
        mine = replace(choice, ctx=replace(own, session=session), asked=replace(choice.asked, parents={}))
        for place, cells in enumerate(mine.cells(), 1):
            if place > most:
                raise TooManyRowsError
            yield cells

    title = str(choice.view.model().__label_plural__)
    make(ctx, made, title, choice.heads(), rows, is_large=choice.rows > SMALL)


def make(ctx: Context, made: ExportLog, title: str, heads: Sequence[Head], rows: Rows, *, is_large: bool) -> None:
    """Makes the file of an opened export; where that takes long, in the background.

    Raises:
        DomainError: nothing was made; the account says so.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way
    kept, language, engine = store(), str(get_locale()), db.engine
    mark, export_id, file_format = mark_of(made, ctx.actor.name, title), made.id, str(made.file_format)
    own = replace(ctx, policy=dict(ctx.policy))
    # What the request has read so far must not stand in the way of the transactions of the export.
    ctx.session.rollback()

    def work() -> None:
        with Session(engine) as session:
            _carry_out(replace(own, session=session), export_id, kept, file_format, mark, heads, rows)

    def aside() -> None:
        with app.app_context(), force_locale(language):
            try:
                work()
            except Exception:
                log.exception("export %s failed", export_id)

    if is_large:
        Thread(target=aside, name=f"export-{export_id}", daemon=True).start()
    else:
        work()
        ctx.session.expire_all()


def _carry_out(
    ctx: Context, export_id: int, kept: ExportStore, file_format: str, mark: Mark, heads: Sequence[Head], rows: Rows
) -> None:
    """Writes the file, then its account. Where it breaks off, the draft goes and the account says so."""
    began, key = monotonic(), kept.new_key()
    path = kept.path(key)
    try:
        with snapshot(ctx) as session:
            count = write_table(path, file_format, mark, heads, _noted(ctx, export_id, rows(session)))
        ended = ctx.now + timedelta(seconds=monotonic() - began)
        with unit_of_work(ctx):
            actions.close_export(ctx, export_id, rows=count, digest=digest_of(path), file_key=key, ended=ended)
    except BaseException:
        path.unlink(missing_ok=True)
        ctx.session.rollback()
        with unit_of_work(ctx):
            actions.fail_export(ctx, export_id)
        raise


def _noted(ctx: Context, export_id: int, rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    """The same rows; the account is told now and then how far it is."""
    for place, cells in enumerate(rows, 1):
        yield cells
        if place % STEP == 0:
            reading(only=False)
            with unit_of_work(ctx):
                actions.note_progress(ctx, export_id, place)
            reading(only=True)


@contextmanager
def snapshot(ctx: Context) -> Iterator[Session]:
    """A session that sees the database as it is now, for as long as it is open, and stands in nobody's way."""
    bind: Any = ctx.session.get_bind()
    reading(only=True)
    try:
        with Session(bind) as session, entered(replace(ctx, session=session)):
            if bind.dialect.name == "postgresql":
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session
    finally:
        reading(only=False)


def status_of(ctx: Context, made: ExportLog) -> ExportOutcome:
    """What became of it; what has said nothing for minutes has broken off with its process."""
    if made.outcome is ExportOutcome.running and ctx.now - made.updated_at > SILENT_SINCE:
        return ExportOutcome.failed
    return made.outcome


def send(ctx: Context, made: ExportLog, title: str) -> Response:
    """The file of an export as a download; the file of an approval is removed when it was sent.

    Raises:
        NotFoundError: it is not there any more.
    """
    with unit_of_work(ctx):
        key = actions.fetch(ctx, made)
        name, kind = file_name(made, ctx.actor.name, title), TYPES[made.file_format]
        is_once, number, ending = made.request_id is not None, made.export_no, str(made.file_format)
    path = store().path(key)
    if not path.is_file():
        raise NotFoundError
    answer = Response(_streamed(path, is_once=is_once), content_type=kind)
    answer.headers["Content-Disposition"] = disposition(name, f"{number}.{ending}")
    answer.content_length = path.stat().st_size
    return answer


def disposition(name: str, plain: str) -> str:
    """The header that names a download: servers send headers as ASCII, so other names are encoded (RFC 6266)."""
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _streamed(path: Path, *, is_once: bool) -> Iterator[bytes]:
    """The file piece by piece; one that is given out once is gone afterwards, however the download ended."""
    try:
        with path.open("rb") as source:
            while piece := source.read(CHUNK):
                yield piece
    finally:
        if is_once:
            path.unlink(missing_ok=True)
