"""The journal: who did what, when, from where, with old and new values; and the chain that seals it.

Both are append-only, in the database as well.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Json, UtcDateTime, column, reference, words
from models.labels import Origin

if TYPE_CHECKING:
    from flask_appbuilder.security.sqla.models import User

# SQLite numbers only INTEGER keys by itself.
Long = sa.BigInteger().with_variant(sa.Integer, "sqlite")


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
        sa.Index(None, "entity", "id"),
        sa.Index(None, "action", "id"),
        sa.Index(None, "actor_id", "id"),
        sa.Index(None, "actor_id", "at"),
        sa.Index(None, "address", "id"),
    )
    is_journalled: ClassVar[bool] = False

    id: Mapped[int] = mapped_column(Long, primary_key=True, sort_order=-1)
    at: Mapped[datetime] = column(UtcDateTime, _l("At"), nullable=False)
    recorded_at: Mapped[datetime] = column(UtcDateTime, _l("Recorded at"), nullable=False)
    actor_id: Mapped[int | None] = reference("ab_user.id", _l("Person"), index=False)
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

    actor: Mapped[User | None] = relationship("User", foreign_keys="Journal.actor_id", viewonly=True)
    on_behalf_of: Mapped[User | None] = relationship(
        "User", primaryjoin="foreign(Journal.on_behalf_of_id) == User.id", viewonly=True
    )

    def __str__(self) -> str:
        return f"#{self.id}"


class JournalSeal(Base):
    """A link of the chain over the journal: what one transaction wrote, sealed when it was committed.

    ``id`` is the number, without gaps. ``entries`` packs journal id and SHA-256 of each row; ``hash`` covers them,
    the numbers and the hash before. See ``app.kernel.chain``.
    """

    __tablename__ = "journal_seal"
    __label__ = _l("Seal of the journal")
    __label_plural__ = _l("Seals of the journal")
    __table_args__ = (sa.Index(None, "last_id", "first_id"),)
    is_journalled: ClassVar[bool] = False

    id: Mapped[int] = mapped_column(Long, primary_key=True, autoincrement=False, sort_order=-1)
    # Which columns the digests cover: a column that is added later belongs to a new form.
    form: Mapped[int] = column(sa.Integer, _l("Form"), nullable=False)
    sealed_at: Mapped[datetime] = column(UtcDateTime, _l("Sealed at"), nullable=False)
    first_id: Mapped[int] = column(Long, _l("First entry"), nullable=False)
    last_id: Mapped[int] = column(Long, _l("Last entry"), nullable=False)
    row_count: Mapped[int] = column(sa.Integer, _l("Entries"), nullable=False)
    total_count: Mapped[int] = column(Long, _l("Entries up to here"), nullable=False)
    entries: Mapped[bytes] = column(sa.LargeBinary, _l("Digests"), nullable=False)
    previous_hash: Mapped[str] = column(sa.String(64), _l("Hash before"), nullable=False)
    hash: Mapped[str] = column(sa.String(64), _l("Hash"), nullable=False)

    def __str__(self) -> str:
        return f"{self.id}"
