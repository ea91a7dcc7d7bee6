"""What people say about a record and put beside it, who follows it, and what each is told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, declared_attr, relationship

from models.base import FREE_TEXT, Base, Json, Sensitivity, Stamped, UtcDateTime, check, column, flag, reference, words
from models.labels_talk import NoticeKind

if TYPE_CHECKING:
    from models.order import Order

LONGEST_NAME = 200
LONGEST_REASON = 200
LENGTH_OF_DIGEST = 64


class About:
    """A row about a record of another table. Where that belongs to an order, the row does too."""

    @declared_attr
    def entity(cls) -> Mapped[str]:  # noqa: N805
        """The word of the table, as the journal says it."""
        return column(sa.String(40), _l("Record type"), nullable=False)

    @declared_attr
    def entity_id(cls) -> Mapped[int]:  # noqa: N805
        """The key of the record."""
        return column(sa.Integer, _l("Record"), nullable=False)


class Comment(Stamped, About, Base):
    """What somebody said. Who was mentioned stands in ``mentions`` as ``{name as written: user id}``."""

    __tablename__ = "comment"
    __label__ = _l("Comment")
    __label_plural__ = _l("Comments")
    __table_args__ = (sa.Index(None, "entity", "entity_id", "id"),)
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    order_id: Mapped[int | None] = reference("sales_order.id", _l("Order"))
    text: Mapped[str] = column(sa.Text, _l("Comment"), nullable=False, info=FREE_TEXT)
    mentions: Mapped[dict[str, int]] = column(Json, _l("Mentioned"), nullable=False, default=dict)
    edited_at: Mapped[datetime | None] = column(UtcDateTime, _l("Corrected at"))

    order: Mapped[Order | None] = relationship()

    def __str__(self) -> str:
        return f"{self.id}"


class Attachment(Stamped, About, Base):
    """A file beside a record. The content lies in the file store under its digest; the name is the person's own."""

    __tablename__ = "attachment"
    __label__ = _l("File")
    __label_plural__ = _l("Files")
    __table_args__ = (
        sa.Index(None, "entity", "entity_id", "id"),
        check("size_positive", "size > 0"),
        check("withdrawn_has_reason", "withdrawn_at IS NULL OR withdrawn_reason IS NOT NULL"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    order_id: Mapped[int | None] = reference("sales_order.id", _l("Order"))
    # Masked in the journal, which does not know what is marked; the story shows it by a rule of its own.
    name: Mapped[str] = column(
        sa.String(LONGEST_NAME), _l("File name"), nullable=False, sensitivity=Sensitivity.NAME, info=FREE_TEXT
    )
    media_type: Mapped[str] = column(sa.String(100), _l("Kind of file"), nullable=False)
    size: Mapped[int] = column(sa.Integer, _l("Size (bytes)"), nullable=False)
    # Of what is stored: a picture is written anew without the place where it was taken. Forgotten with the person
    # whose data the content may be.
    digest: Mapped[str] = column(sa.String(64), _l("File mark"), nullable=False, index=True, info=FREE_TEXT)
    is_picture: Mapped[bool] = flag(_l("Picture"))
    is_personal: Mapped[bool] = flag(
        _l("Contains personal data"), help_text=_l("Only for who may see names, phones and addresses of this record.")
    )
    withdrawn_at: Mapped[datetime | None] = column(UtcDateTime, _l("Withdrawn at"))
    withdrawn_reason: Mapped[str | None] = column(
        sa.String(LONGEST_REASON), _l("Reason of the withdrawal"), sensitivity=Sensitivity.NAME, info=FREE_TEXT
    )

    order: Mapped[Order | None] = relationship()

    @property
    def is_gone(self) -> bool:
        """Withdrawn, or its content forgotten with the person it was about."""
        return self.withdrawn_at is not None or len(self.digest) != LENGTH_OF_DIGEST

    def __str__(self) -> str:
        # Not by its name: that may be about a person, and lists of what is forgotten call each record by its text.
        return f"{self.id}"


class Follower(About, Base):
    """Whether somebody is told of a record; who made it is told unless it says no here."""

    __tablename__ = "follower"
    __label__ = _l("Follower")
    __label_plural__ = _l("Followers")
    __table_args__ = (sa.UniqueConstraint("entity", "entity_id", "user_id"),)

    user_id: Mapped[int] = reference("ab_user.id", _l("Person"), nullable=False)
    is_on: Mapped[bool] = flag(_l("Follows"), default=True)

    def __str__(self) -> str:
        return f"{self.id}"


class Notification(About, Base):
    """One thing a person is told. Of steps he keeps one unread line a record: the newest."""

    __tablename__ = "notification"
    __label__ = _l("Notification")
    __label_plural__ = _l("Notifications")
    __table_args__ = (
        sa.Index(None, "user_id", "id"),
        sa.Index(None, "user_id", "read_at", "entity", "entity_id"),
    )
    # What it tells of is journalled itself; that somebody has looked at it is nobody else's business.
    is_journalled: ClassVar[bool] = False

    user_id: Mapped[int] = reference("ab_user.id", _l("Person"), nullable=False, index=False)
    kind: Mapped[NoticeKind] = column(words(NoticeKind, name="kind"), _l("Kind"), nullable=False)
    action: Mapped[str] = column(sa.String(80), _l("Action"), nullable=False)
    actor_name: Mapped[str] = column(sa.String(130), _l("Name of the person"), nullable=False)
    comment_id: Mapped[int | None] = reference("comment.id", _l("Comment"))
    created_at: Mapped[datetime] = column(UtcDateTime, _l("At"), nullable=False)
    read_at: Mapped[datetime | None] = column(UtcDateTime, _l("Read at"))

    def __str__(self) -> str:
        return f"{self.id}"
