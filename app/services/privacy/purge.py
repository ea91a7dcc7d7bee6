"""Removes copies whose time is over: answers to submitted forms and rows of imported files (clause 25)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.kernel.context import Context, local_midnight
from app.services.privacy.retention import after
from models.exchange import ImportBatch, ImportRow
from models.idempotency import IdempotencyKey


@dataclass(frozen=True)
class Purged:
    """How many are past their time."""

    answers: int
    rows: int


def answers_before(ctx: Context) -> datetime:
    """Answers given before this moment go."""
    return ctx.now - timedelta(days=float(ctx.policy["privacy.answer_days"]))


def files_before(ctx: Context) -> datetime:
    """Files uploaded before this moment go."""
    return ctx.now - timedelta(days=float(ctx.policy["privacy.upload_days"]))


def purge(ctx: Context, *, is_dry_run: bool) -> Purged:
    """Counts what is past its time and, unless it is a dry run, removes it."""
    old_answers = IdempotencyKey.created_at < answers_before(ctx)
    longest = local_midnight(after(ctx.today, months=-int(ctx.policy["privacy.import_months"])))
    batches = sa.select(ImportBatch.id).where(ImportBatch.started_at < longest)
    # An emptied row stays: it says that the row came, and a second file with it finds it.
    old_rows = sa.and_(ImportRow.batch_id.in_(batches), sa.cast(ImportRow.raw, sa.Text) != "{}")
    counts = [
        ctx.session.scalar(sa.select(sa.func.count()).select_from(model).where(where)) or 0
        for model, where in ((IdempotencyKey, old_answers), (ImportRow, old_rows))
    ]
    if not is_dry_run:
        ctx.session.execute(sa.delete(IdempotencyKey).where(old_answers))
        ctx.session.execute(
            sa.update(ImportRow).where(old_rows).values(raw={}), execution_options={"synchronize_session": False}
        )
    return Purged(*counts)
