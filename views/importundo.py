"""The page before an import is taken back: what can be, what cannot and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from app.exchange.subjects import Subject
from app.exchange.undoing import Undoing
from app.kernel.context import Context
from models.exchange import ImportBatch
from views.importdoor import address
from views.importpage import page
from views.importrows import undo_table


def undo_variables(ctx: Context, subject: Subject, batch: ImportBatch, plan: Sequence[Undoing]) -> dict[str, Any]:
    """The two tables and the one button."""
    ready = sum(1 for each in plan if not each.reasons)
    counts = [
        {"label": _("Can be taken back"), "value": f"{ready:,}", "tone": "success" if ready else "neutral"},
        {"label": _("Cannot be taken back"), "value": f"{len(plan) - ready:,}",
         "tone": "warning" if len(plan) > ready else "neutral"},
    ]  # fmt: skip
    return page(
        "undo",
        subject,
        title=_("Take import back"),
        subtitle=f"{batch.batch_no} · {batch.file_name}",
        counts=counts,
        can_undo=ready > 0,
        ready=undo_table(ctx, plan, is_open=True),
        blocked=undo_table(ctx, plan, is_open=False),
        action_url=address(subject, "take_back", batch_no=batch.batch_no),
        cancel_url=address(subject, "batch", batch_no=batch.batch_no),
    )
