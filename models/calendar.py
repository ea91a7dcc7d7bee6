"""The editable calendar of working days."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped

from models.base import Base, Stamped, column, flag


class CalendarDay(Stamped, Base):
    """A day that differs from the rule Monday to Friday, or confirms it."""

    __tablename__ = "calendar_day"
    __label__ = _l("Calendar day")
    __label_plural__ = _l("Calendar")
    journal_order_attribute: ClassVar[str | None] = None

    day: Mapped[date] = column(sa.Date, _l("Day"), nullable=False, unique=True)
    is_workday: Mapped[bool] = flag(_l("Working day"), default=True)
    note: Mapped[str | None] = column(sa.String(100), _l("Note"))

    def __str__(self) -> str:
        return self.day.isoformat()
