"""Ways in from outside: API tokens of persons, and who a person is in the directory or in an office messenger.

Neither table is journalled row by row: the acts are written down by name (``user.token_made`` …), and no mark of a
secret gets into the journal.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped

from models.base import Base, Json, UtcDateTime, column, reference, words
from models.labels_outside import Way


class ApiToken(Base):
    """A secret that a program sends instead of a password. Kept is a mark of it (SHA-256), never the secret."""

    __tablename__ = "api_token"
    __label__ = _l("API token")
    __label_plural__ = _l("API tokens")
    __table_args__ = (sa.UniqueConstraint("digest"), sa.Index(None, "user_id", "id"))
    is_journalled: ClassVar[bool] = False
    journal_order_attribute: ClassVar[str | None] = None

    user_id: Mapped[int] = reference("ab_user.id", _l("Person"), nullable=False, index=False)
    name: Mapped[str] = column(sa.String(80), _l("Name"), nullable=False)
    prefix: Mapped[str] = column(sa.String(16), _l("Begins with"), nullable=False)
    digest: Mapped[str] = column(sa.String(64), _l("Mark of the secret"), nullable=False)
    scopes: Mapped[list[Any]] = column(Json, _l("What it may do"), nullable=False)
    made_at: Mapped[datetime] = column(UtcDateTime, _l("Made at"), nullable=False)
    expires_at: Mapped[datetime] = column(UtcDateTime, _l("Expires at"), nullable=False)
    last_used_at: Mapped[datetime | None] = column(UtcDateTime, _l("Last used at"))
    last_address: Mapped[str | None] = column(sa.String(45), _l("Last used from"))
    ended_at: Mapped[datetime | None] = column(UtcDateTime, _l("Ended at"))
    ended_by_id: Mapped[int | None] = reference("ab_user.id", _l("Token ended by"), index=False)

    def __str__(self) -> str:
        return self.name


class SignInLink(Base):
    """Who a person is elsewhere. An account with a link to the directory takes its password from there alone."""

    __tablename__ = "sign_in_link"
    __label__ = _l("Sign-in link")
    __label_plural__ = _l("Sign-in links")
    __table_args__ = (sa.UniqueConstraint("way", "subject"), sa.UniqueConstraint("user_id", "way"))
    is_journalled: ClassVar[bool] = False
    journal_order_attribute: ClassVar[str | None] = None

    user_id: Mapped[int] = reference("ab_user.id", _l("Person"), nullable=False, index=False)
    way: Mapped[Way] = column(words(Way, name="way"), _l("Way"), nullable=False)
    subject: Mapped[str] = column(sa.String(128), _l("Identity there"), nullable=False)
    linked_at: Mapped[datetime] = column(UtcDateTime, _l("Linked at"), nullable=False)
    linked_by_id: Mapped[int | None] = reference("ab_user.id", _l("Linked by"), index=False)

    def __str__(self) -> str:
        return self.subject
