"""Who is signed in, what he proves it with, and how often somebody failed to.

Nothing here holds a secret that can be used as it stands: session ids, passwords and recovery codes are kept as hashes,
the key of the second factor is encrypted.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped

from models.base import Base, UtcDateTime, check, column, flag, reference, words


class SessionKind(StrEnum):
    """What carries the session id: a cookie or the tokens of the API."""

    browser = "browser"
    api = "api"


class DueStep(StrEnum):
    """What a person still has to do before the session opens anything."""

    code = "code"
    password = "password"  # noqa: S105 - a word of the vocabulary
    second_factor = "second_factor"


class EndReason(StrEnum):
    """Why a session ended."""

    signed_out = "signed_out"
    password = "password"  # noqa: S105 - a word of the vocabulary
    second_factor = "second_factor"
    roles = "roles"
    switched_off = "switched_off"
    idle = "idle"
    age = "age"
    by_hand = "by_hand"
    administrator = "administrator"
    replaced = "replaced"
    code_failed = "code_failed"


class LoginSession(Base):
    """One sign-in of one person at one browser or program. Without a live row nobody is signed in."""

    __tablename__ = "login_session"
    __label__ = _l("Session")
    __label_plural__ = _l("Sessions")
    __table_args__ = (sa.Index(None, "user_id", "ended_at"),)
    is_journalled: ClassVar[bool] = False
    journal_order_attribute: ClassVar[str | None] = None

    user_id: Mapped[int] = reference("ab_user.id", _l("User"), index=False, nullable=False)
    token_hash: Mapped[str] = column(sa.String(64), _l("Mark"), nullable=False, unique=True)
    kind: Mapped[SessionKind] = column(words(SessionKind, name="kind"), _l("Kind"), nullable=False)
    how: Mapped[str] = column(sa.String(32), _l("Signed in with"), nullable=False)
    has_factor: Mapped[bool] = flag(_l("Second factor given"))
    due: Mapped[DueStep | None] = column(words(DueStep, name="due"), _l("Still to do"))
    started_at: Mapped[datetime] = column(UtcDateTime, _l("Signed in at"), nullable=False)
    last_seen_at: Mapped[datetime] = column(UtcDateTime, _l("Last seen"), nullable=False)
    address: Mapped[str | None] = column(sa.String(45), _l("Network address"))
    agent: Mapped[str | None] = column(sa.String(200), _l("Browser or program"))
    ended_at: Mapped[datetime | None] = column(UtcDateTime, _l("Ended at"))
    end_reason: Mapped[EndReason | None] = column(words(EndReason, name="end_reason"), _l("Why it ended"))

    def __str__(self) -> str:
        return f"#{self.id}"


class AccountSecurity(Base):
    """What belongs to an account of the framework's table beside its password."""

    __tablename__ = "account_security"
    __label__ = _l("Account security")
    __label_plural__ = _l("Account security")
    is_journalled: ClassVar[bool] = False
    journal_order_attribute: ClassVar[str | None] = None

    user_id: Mapped[int] = reference("ab_user.id", _l("User"), index=False, nullable=False, unique=True)
    password_set_at: Mapped[datetime | None] = column(UtcDateTime, _l("Password set at"))
    must_change_password: Mapped[bool] = flag(_l("Must change the password"))
    factor_secret: Mapped[str | None] = column(sa.String(255), _l("Key of the second factor"))
    factor_on_at: Mapped[datetime | None] = column(UtcDateTime, _l("Second factor since"))
    # The newest 30-second step whose code was accepted: no code works twice.
    factor_step: Mapped[int | None] = column(sa.Integer, _l("Last code used"))

    def __str__(self) -> str:
        return f"#{self.user_id}"


class PasswordHistory(Base):
    """A password that an account has had, so that it does not come back."""

    __tablename__ = "password_history"
    __label__ = _l("Former password")
    __label_plural__ = _l("Former passwords")
    __table_args__ = (sa.Index(None, "user_id", "id"),)
    is_journalled: ClassVar[bool] = False
    journal_order_attribute: ClassVar[str | None] = None

    user_id: Mapped[int] = reference("ab_user.id", _l("User"), index=False, nullable=False)
    password_hash: Mapped[str] = column(sa.String(256), _l("Mark"), nullable=False)
    set_at: Mapped[datetime] = column(UtcDateTime, _l("Password set at"), nullable=False)

    def __str__(self) -> str:
        return f"#{self.id}"


class RecoveryCode(Base):
    """A code that stands in for the second factor once."""

    __tablename__ = "recovery_code"
    __label__ = _l("Recovery code")
    __label_plural__ = _l("Recovery codes")
    __table_args__ = (sa.UniqueConstraint("user_id", "code_hash"),)
    is_journalled: ClassVar[bool] = False
    journal_order_attribute: ClassVar[str | None] = None

    user_id: Mapped[int] = reference("ab_user.id", _l("User"), index=False, nullable=False)
    code_hash: Mapped[str] = column(sa.String(64), _l("Mark"), nullable=False)
    used_at: Mapped[datetime | None] = column(UtcDateTime, _l("Used at"))

    def __str__(self) -> str:
        return f"#{self.id}"


class LoginFailure(Base):
    """Failed attempts at one lock: an account, a name that no account has, or the second factor of an account.

    ``lock_hash`` names the lock without telling what was typed: people type passwords into the box for the name.
    """

    __tablename__ = "login_failure"
    __label__ = _l("Failed sign-ins")
    __label_plural__ = _l("Failed sign-ins")
    __table_args__ = (check("failures_not_negative", "failures >= 0"), sa.Index(None, "last_at"))
    is_journalled: ClassVar[bool] = False
    journal_order_attribute: ClassVar[str | None] = None

    lock_hash: Mapped[str] = column(sa.String(64), _l("Mark"), nullable=False, unique=True)
    failures: Mapped[int] = column(sa.Integer, _l("Attempts"), nullable=False, default=0)
    last_at: Mapped[datetime] = column(UtcDateTime, _l("Last attempt"), nullable=False)
    locked_until: Mapped[datetime | None] = column(UtcDateTime, _l("Locked until"))

    def __str__(self) -> str:
        return f"#{self.id}"
