"""Answers that were given, so that a repeated submission gets the same one and makes nothing twice."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped

from models.base import Base, UtcDateTime, column


class IdempotencyKey(Base):
    """A submission by its key. ``scope`` is the person and the address, ``digest`` the content that came with it."""

    __tablename__ = "idempotency_key"
    __label__ = _l("Submission")
    __label_plural__ = _l("Submissions")
    __table_args__ = (sa.UniqueConstraint("scope", "key"), sa.Index(None, "created_at"))
    is_journalled: ClassVar[bool] = False
    journal_order_attribute: ClassVar[str | None] = None

    scope: Mapped[str] = column(sa.String(160), _l("Scope"), nullable=False)
    key: Mapped[str] = column(sa.String(80), _l("Key"), nullable=False)
    digest: Mapped[str] = column(sa.String(64), _l("Content mark"), nullable=False)
    location: Mapped[str | None] = column(sa.String(200), _l("Location"))
    response: Mapped[str | None] = column(sa.Text, _l("Response"))
    status: Mapped[int | None] = column(sa.Integer, _l("Status"))
    created_at: Mapped[datetime] = column(UtcDateTime, _l("Created at"), nullable=False)

    def __str__(self) -> str:
        return self.key
