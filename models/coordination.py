"""Matters between departments that the committee decides. Clause 6(2)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    FREE_TEXT,
    Base,
    Stateful,
    UtcDateTime,
    check,
    column,
    reference,
    sort_index,
    state_words,
    words,
)
from models.labels_exception import CoordinationState, Department

if TYPE_CHECKING:
    from flask_appbuilder.security.sqla.models import User

    from models.exception import ExceptionCase
    from models.order import Order


class CoordinationItem(Stateful, Base):
    """What one department wants of another. The decision names who does it and until when."""

    __tablename__ = "coordination_item"
    __label__ = _l("Coordination item")
    __label_plural__ = _l("Coordination items")
    __table_args__ = (
        check("against_another", "raised_department <> against_department"),
        check("decided_has_owner", "state NOT IN ('decided', 'done') OR (owner_id IS NOT NULL AND due_on IS NOT NULL)"),
        sort_index("state", "state_since"),
        sort_index("due_on"),
        sort_index("created_at"),
    )

    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer", "exception.order.customer")

    item_no: Mapped[str] = column(sa.String(30), _l("Item number"), nullable=False, unique=True)
    raised_department: Mapped[Department] = column(
        words(Department, name="raised_department"),
        _l("Raised by department"),
        nullable=False,
        default=Department.order_center,
    )
    against_department: Mapped[Department] = column(
        words(Department, name="against_department"), _l("Against department"), nullable=False
    )
    subject: Mapped[str] = column(sa.String(120), _l("Subject"), nullable=False, info=FREE_TEXT)
    description: Mapped[str] = column(sa.Text, _l("What happened"), nullable=False, info=FREE_TEXT)
    order_id: Mapped[int | None] = reference("sales_order.id", _l("Order"))
    exception_id: Mapped[int | None] = reference("exception_case.id", _l("Exception"))
    decision: Mapped[str | None] = column(sa.Text, _l("What was decided"), info=FREE_TEXT)
    owner_id: Mapped[int | None] = reference("ab_user.id", _l("Person in charge"))
    due_on: Mapped[date | None] = column(sa.Date, _l("Due on"))
    minutes_no: Mapped[str | None] = column(sa.String(60), _l("Number of the minutes"))
    decided_at: Mapped[datetime | None] = column(UtcDateTime, _l("Decided at"))
    outcome: Mapped[str | None] = column(sa.Text, _l("Outcome"), info=FREE_TEXT)
    overdue_told_at: Mapped[datetime | None] = column(UtcDateTime, _l("Chair told of the delay at"))
    state: Mapped[CoordinationState] = column(
        state_words(CoordinationState), _l("State"), nullable=False, default=CoordinationState.raised
    )

    order: Mapped[Order | None] = relationship()
    exception: Mapped[ExceptionCase | None] = relationship()
    owner: Mapped[User | None] = relationship("User", foreign_keys="CoordinationItem.owner_id")

    def __str__(self) -> str:
        return self.item_no
