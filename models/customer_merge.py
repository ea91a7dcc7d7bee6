"""Two files of one customer become one: asked for by one person, decided by another. Clause 10(5)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    FREE_TEXT,
    Base,
    Json,
    Sensitivity,
    Stateful,
    UtcDateTime,
    check,
    column,
    reference,
    sort_index,
    state_words,
    unique_where,
)
from models.vocabulary import Labels

if TYPE_CHECKING:
    from models.customer import Customer


class MergeState(StrEnum):
    """Where a merge of two files stands."""

    requested = "requested"
    merged = "merged"
    refused = "refused"
    withdrawn = "withdrawn"
    undone = "undone"


class MergeSide(StrEnum):
    """Which of two files a value is taken from."""

    target = "target"
    source = "source"


MERGE_LABELS: Labels = {
    MergeState: {
        MergeState.requested: _l("Waits for a colleague"),
        MergeState.merged: _l("Merged"),
        MergeState.refused: _l("Refused"),
        MergeState.withdrawn: _l("Withdrawn"),
        MergeState.undone: _l("Undone"),
    },
    MergeSide: {MergeSide.target: _l("File that stays"), MergeSide.source: _l("File that goes")},
}


class CustomerMerge(Stateful, Base):
    """One merge: ``source`` goes, ``target`` stays. ``choices`` name the columns that are taken from the source.

    ``moved`` (table → ids) and ``before`` (what both files held) are what an undo needs.
    """

    __tablename__ = "customer_merge"
    __label__ = _l("Merge of customers")
    __label_plural__ = _l("Merges of customers")
    __table_args__ = (
        check("two_files", "source_id <> target_id"),
        unique_where("uq_customer_merge_source", "source_id", condition="state IN ('requested', 'merged')"),
        sort_index("state", "state_since"),
        sort_index("created_at"),
    )
    journal_order_attribute: ClassVar[str | None] = None
    subject_paths: ClassVar[tuple[str, ...]] = ("target",)

    merge_no: Mapped[str] = column(sa.String(30), _l("Merge number"), nullable=False, unique=True)
    source_id: Mapped[int] = reference("customer.id", _l("File that goes"), nullable=False)
    target_id: Mapped[int] = reference("customer.id", _l("File that stays"), nullable=False)
    reason: Mapped[str] = column(sa.String(200), _l("Why they are one"), nullable=False, info=FREE_TEXT)
    choices: Mapped[list[str]] = column(Json, _l("Taken from the file that goes"), nullable=False, default=list)
    moved: Mapped[dict[str, Any]] = column(Json, _l("Moved records"), nullable=False, default=dict)
    before: Mapped[dict[str, Any]] = column(
        Json, _l("Values before"), nullable=False, default=dict, sensitivity=Sensitivity.ADDRESS
    )
    decided_at: Mapped[datetime | None] = column(UtcDateTime, _l("Decided at"))

    state: Mapped[MergeState] = column(
        state_words(MergeState), _l("State"), nullable=False, default=MergeState.requested
    )

    source: Mapped[Customer] = relationship(foreign_keys="CustomerMerge.source_id")
    target: Mapped[Customer] = relationship(foreign_keys="CustomerMerge.target_id")

    def __str__(self) -> str:
        return self.merge_no
