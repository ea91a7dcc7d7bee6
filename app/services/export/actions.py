"""Asking for a large export, opening and closing the account of each file, and clearing up behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.kernel import engine
from app.kernel.context import Context
from app.kernel.errors import NotFoundError
from app.kernel.journal import note
from app.kernel.numbering import next_number
from app.kernel.sealing import forget as forget_keys
from models.export import ExportLog, ExportRequest
from models.labels import ExportFormat, ExportOutcome, ExportRequestState

LOG_PREFIX = "DC"
REQUEST_PREFIX = "DQ"
KEPT = timedelta(hours=24)
# A request that nobody has decided for so long is of no use any more.
UNDECIDED = timedelta(days=7)


@dataclass(frozen=True)
class Wanted:
    """What is taken out: the list with its arguments, the columns, the kind of file, and how many rows that is now.

    ``in_full`` are the columns of a field group that stand in it without a mask.
    """

    entity: str
    arguments: Sequence[tuple[str, str]]
    filter_text: str
    columns: Sequence[str]
    file_format: ExportFormat
    row_count: int
    is_personal: bool
    in_full: Sequence[str] = ()


def ask(ctx: Context, wanted: Wanted, reason: str) -> ExportRequest:
    """Asks the committee's chair for a large export. Flushes."""
    request = ExportRequest(
        request_no=next_number(ctx, REQUEST_PREFIX),
        entity=wanted.entity,
        arguments=[list(pair) for pair in wanted.arguments],
        filter_text=wanted.filter_text,
        columns=list(wanted.columns),
        in_full=list(wanted.in_full),
        file_format=wanted.file_format,
        row_count=wanted.row_count,
        is_personal=wanted.is_personal,
        reason=reason,
        requested_by_id=ctx.actor.id,
        requested_at=ctx.now,
    )
    with engine.acting(ctx, f"{wanted.entity}.export") as own:
        own.session.add(request)
        own.session.flush()
    return request


def open_export(ctx: Context, wanted: Wanted, request: ExportRequest | None = None) -> ExportLog:
    """Begins the account of a file. An approval is used up by it, in the same transaction: once. Flushes.

    Raises:
        NotFoundError: the request is somebody else's.
        StepNotOpenError, StepBlockedError: the approval is used up, withdrawn or over.
    """
    if request is not None:
        if request.requested_by_id != ctx.actor.id:
            raise NotFoundError
        with engine.acting(ctx, f"{wanted.entity}.export") as own:
            engine.fire(own.as_system(), request, "use")
    made = ExportLog(
        export_no=next_number(ctx, LOG_PREFIX),
        entity=wanted.entity,
        made_by_id=ctx.actor.id,
        made_at=ctx.now,
        filter_text=wanted.filter_text,
        columns=list(wanted.columns),
        is_personal=wanted.is_personal,
        file_format=wanted.file_format,
        rows_expected=wanted.row_count,
        request_id=request.id if request else None,
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made


def close_export(ctx: Context, export_id: int, *, rows: int, digest: str, file_key: str, ended: datetime) -> ExportLog:
    """Writes the account: what is in the file and its mark, in the log and in the journal."""
    made = ctx.session.get_one(ExportLog, export_id)
    made.row_count, made.digest, made.file_key = rows, digest, file_key
    made.outcome, made.finished_at = ExportOutcome.done, ended
    ctx.session.flush()
    action = f"{made.entity}.export"
    note(ctx.acting(action), action, made.entity, 0, data=_told(made))
    return made


def _told(made: ExportLog) -> dict[str, Any]:
    return {
        "export": made.export_no,
        "rows": made.row_count,
        "columns": list(made.columns),
        "filter": made.filter_text,
        "personal": made.is_personal,
        "format": made.file_format,
        "sha256": made.digest,
        "request_id": made.request_id,
    }


def fail_export(ctx: Context, export_id: int) -> None:
    """Writes down that no file came of it."""
    made = ctx.session.get_one(ExportLog, export_id)
    made.outcome, made.finished_at = ExportOutcome.failed, ctx.now


def note_progress(ctx: Context, export_id: int, rows: int) -> None:
    """Says how far it is and that it lives."""
    ctx.session.execute(
        sa.update(ExportLog)
        .where(ExportLog.id == export_id)
        .values(row_count=rows, updated_at=sa.func.current_timestamp())
        .execution_options(synchronize_session=False)
    )


def fetch(ctx: Context, made: ExportLog) -> str:
    """Takes the file for a download; returns its name in the store. A file of an approval is given out once.

    Raises:
        NotFoundError: it is not there any more, or somebody was faster.
    """
    engine.lock(ctx, made)
    if made.file_key is None or made.outcome is not ExportOutcome.done or ctx.now > made.made_at + KEPT:
        raise NotFoundError
    file_key = made.file_key
    if made.request_id is not None:
        made.file_key = None
    made.fetched_at = made.fetched_at or ctx.now
    ctx.session.flush()
    return file_key


def forget_arguments(ctx: Context, request: ExportRequest, _values: Mapping[str, Any]) -> None:
    """What was searched for is gone from the journal too, once a request has ended."""
    forget_keys(ctx.session, [("export_request", request.id)])


def forget(ctx: Context) -> list[str]:
    """Ends what is over: names of files that are kept no longer, approvals and requests whose time has passed."""
    old = ctx.session.scalars(
        sa.select(ExportLog).where(ExportLog.file_key.is_not(None), ExportLog.made_at < ctx.now - KEPT)
    ).all()
    names = [made.file_key for made in old if made.file_key]
    for made in old:
        made.file_key = None
    over = ctx.session.scalars(
        sa.select(ExportRequest).where(
            sa.or_(
                sa.and_(ExportRequest.state == ExportRequestState.approved, ExportRequest.valid_until < ctx.now),
                sa.and_(
                    ExportRequest.state == ExportRequestState.requested,
                    ExportRequest.requested_at < ctx.now - UNDECIDED,
                ),
            )
        )
    ).all()
    for request in over:
        engine.fire(ctx.as_system(), request, "expire")
    ctx.session.flush()
    return names
