"""The journal: who did what, when, from where, with old and new values. Append-only, in the database as well."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Json, UtcDateTime, column, reference, words
from models.labels import Origin


class Journal(Base):
    """One act on one record. ``at`` is when it happened in business, ``recorded_at`` when it was written down."""

    __tablename__ = "journal"
    __label__ = _l("Journal entry")
    __label_plural__ = _l("Journal")
    __table_args__ = (
        sa.Index(None, "entity", "entity_id", "id"),
        sa.Index(None, "order_id", "id"),
        sa.Index(None, "action", "at"),
        sa.Index(None, "at", "id"),
    )
    is_journalled: ClassVar[bool] = False

    # SQLite numbers only INTEGER keys by itself.
    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, sort_order=-1)
    at: Mapped[datetime] = column(UtcDateTime, _l("At"), nullable=False)
    recorded_at: Mapped[datetime] = column(UtcDateTime, _l("Recorded at"), nullable=False)
    actor_id: Mapped[int | None] = reference("ab_user.id", _l("Person"))
    actor_name: Mapped[str] = column(sa.String(130), _l("Name of the person"), nullable=False)
    # No foreign keys from here on: the entry outlives everything, and lists read it by its own columns alone.
    on_behalf_of_id: Mapped[int | None] = column(sa.Integer, _l("On behalf of"))
    origin: Mapped[Origin] = column(words(Origin, name="origin"), _l("Origin"), nullable=False, default=Origin.system)
    request_id: Mapped[str | None] = column(sa.String(64), _l("Request"))
    address: Mapped[str | None] = column(sa.String(45), _l("Network address"))
    entity: Mapped[str] = column(sa.String(40), _l("Record type"), nullable=False)
    entity_id: Mapped[int] = column(sa.Integer, _l("Record"), nullable=False)
    order_id: Mapped[int | None] = column(sa.Integer, _l("Order"))
    action: Mapped[str] = column(sa.String(64), _l("Act"), nullable=False)
    from_state: Mapped[str | None] = column(sa.String(32), _l("From state"))
    to_state: Mapped[str | None] = column(sa.String(32), _l("To state"))
    changes: Mapped[dict[str, Any]] = column(Json, _l("Changes"), nullable=False, default=dict)
    data: Mapped[dict[str, Any]] = column(Json, _l("Data"), nullable=False, default=dict)
    reason: Mapped[str | None] = column(sa.Text, _l("Reason"))

    def __str__(self) -> str:
        return f"#{self.id}"
