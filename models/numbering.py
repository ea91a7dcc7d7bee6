"""Counters of document numbers."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class NumberCounter(Base):
    """The last number given under a prefix on a day; the row is locked until the number is saved."""

    __tablename__ = "number_counter"
    __label__ = _l("Number counter")
    __label_plural__ = _l("Number counters")
    is_journalled: ClassVar[bool] = False

    id = None  # type: ignore[assignment]  # the prefix and the day are the key
    prefix: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    value: Mapped[int] = mapped_column(sa.Integer, nullable=False)
