"""Clocks that came near their end or past it, with the reason why. Domain/07."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import FREE_TEXT, Base, Stateful, UtcDateTime, check, column, reference, sort_index, state_words, words
from models.labels_exception import ClockOwner, ClockRunState
from models.labels_order import LateReason
from models.talk import About

if TYPE_CHECKING:
    from models.order import Order


class ClockRun(Stateful, About, Base):
    """One run of a clock of one record, kept from its warning on. ``told_pct`` is the last point that was told."""

    __tablename__ = "clock_run"
    __label__ = _l("Time limit")
    __label_plural__ = _l("Time limits")
    __table_args__ = (
        sa.UniqueConstraint("entity", "entity_id", "code", "started_at"),
        check("explained_has_reason", "state <> 'explained' OR reason IS NOT NULL"),
        sort_index("state", "state_since"),
        sort_index("due_at"),
        sort_index("code", "due_at"),
        sort_index("owner_department", "due_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    record_no: Mapped[str] = column(sa.String(40), _l("Number of the record"), nullable=False)
    order_id: Mapped[int | None] = reference("sales_order.id", _l("Order"))
    code: Mapped[str] = column(sa.String(8), _l("Clock"), nullable=False)
    owner_department: Mapped[ClockOwner] = column(
        words(ClockOwner, name="owner_department"), _l("Owning department"), nullable=False
    )
    started_at: Mapped[datetime] = column(UtcDateTime, _l("Started at"), nullable=False)
    due_at: Mapped[datetime] = column(UtcDateTime, _l("Due at"), nullable=False)
    stopped_at: Mapped[datetime | None] = column(UtcDateTime, _l("Done at"))
    told_pct: Mapped[int] = column(sa.Integer, _l("Told at (%)"), nullable=False, default=0)
    reason: Mapped[LateReason | None] = column(words(LateReason, name="reason"), _l("Reason of the delay"))
    note: Mapped[str | None] = column(sa.String(400), _l("Note"), info=FREE_TEXT)
    explained_at: Mapped[datetime | None] = column(UtcDateTime, _l("Explained at"))
    state: Mapped[ClockRunState] = column(
        state_words(ClockRunState), _l("State"), nullable=False, default=ClockRunState.warned
    )

    order: Mapped[Order | None] = relationship()

    def __str__(self) -> str:
        return f"{self.code} {self.record_no}"
