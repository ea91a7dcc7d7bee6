"""Rights of the people whose data is kept: their requests, and the keys their values in the journal are locked with."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    FREE_TEXT,
    Base,
    Sensitivity,
    Stateful,
    UtcDateTime,
    check,
    column,
    reference,
    sort_index,
    state_words,
    words,
)
from models.labels_order import Channel
from models.vocabulary import Labels

if TYPE_CHECKING:
    from models.customer import Customer


class ConsentState(StrEnum):
    """Whether what was agreed to still holds."""

    given = "given"
    withdrawn = "withdrawn"


class RequestKind(StrEnum):
    """What a person may ask of whoever keeps his data (个人信息保护法 44 to 47)."""

    copy = "copy"
    correct = "correct"
    delete = "delete"
    withdraw = "withdraw"
    restrict = "restrict"


class RequestState(StrEnum):
    """What became of a request."""

    received = "received"
    answered = "answered"
    refused = "refused"


PRIVACY_LABELS: Labels = {
    ConsentState: {ConsentState.given: _l("Given"), ConsentState.withdrawn: _l("Withdrawn")},
    RequestKind: {
        RequestKind.copy: _l("Copy of own data"),
        RequestKind.correct: _l("Correction"),
        RequestKind.delete: _l("Deletion"),
        RequestKind.withdraw: _l("Withdrawal of consent"),
        RequestKind.restrict: _l("Restriction of processing"),
    },
    RequestState: {
        RequestState.received: _l("Waits for an answer"),
        RequestState.answered: _l("Answered"),
        RequestState.refused: _l("Refused"),
    },
}


class PrivacyRequest(Stateful, Base):
    """A person asks about his own data; answered within the clock Z1."""

    __tablename__ = "privacy_request"
    __label__ = _l("Data request")
    __label_plural__ = _l("Data requests")
    __table_args__ = (
        check("answered_is_dated", "state = 'received' OR answered_at IS NOT NULL"),
        check("identity_was_checked", "state = 'received' OR identity_check IS NOT NULL"),
        check("answered_has_answer", "state <> 'answered' OR answer IS NOT NULL"),
        check("refused_has_reason", "state <> 'refused' OR refusal_reason IS NOT NULL"),
        sort_index("state", "state_since"),
        sort_index("received_at"),
    )
    journal_order_attribute: ClassVar[str | None] = None
    subject_paths: ClassVar[tuple[str, ...]] = ("customer",)

    request_no: Mapped[str] = column(sa.String(30), _l("Request number"), nullable=False, unique=True)
    customer_id: Mapped[int] = reference("customer.id", _l("Customer"), nullable=False)
    kind: Mapped[RequestKind] = column(
        words(RequestKind, name="kind"), _l("What is asked"), nullable=False, default=RequestKind.copy
    )
    channel: Mapped[Channel] = column(
        words(Channel, name="channel"), _l("Came in through"), nullable=False, default=Channel.phone
    )
    received_at: Mapped[datetime] = column(UtcDateTime, _l("Received at"), nullable=False)
    content: Mapped[str | None] = column(sa.Text, _l("In the person's words"), sensitivity=Sensitivity.ADDRESS)
    identity_check: Mapped[str | None] = column(
        sa.String(200),
        _l("Identity checked"),
        help_text=_l("How we know that it is this person; no copy of a document."),
        info=FREE_TEXT,
    )
    answer: Mapped[str | None] = column(sa.Text, _l("Answer"), info=FREE_TEXT)
    refusal_reason: Mapped[str | None] = column(sa.String(400), _l("Reason of the refusal"), info=FREE_TEXT)
    answered_at: Mapped[datetime | None] = column(UtcDateTime, _l("Answered at"))
    state: Mapped[RequestState] = column(
        state_words(RequestState), _l("State"), nullable=False, default=RequestState.received
    )

    customer: Mapped[Customer] = relationship()

    def __str__(self) -> str:
        return self.request_no


class SubjectKey(Base):
    """The key of one person's values in the journal; without it they cannot be read by anybody any more."""

    __tablename__ = "subject_key"
    __label__ = _l("Subject key")
    __label_plural__ = _l("Subject keys")
    __table_args__ = (sa.UniqueConstraint("entity", "entity_id"),)
    is_journalled: ClassVar[bool] = False
    journal_order_attribute: ClassVar[str | None] = None

    entity: Mapped[str] = column(sa.String(40), _l("Record type"), nullable=False)
    entity_id: Mapped[int] = column(sa.Integer, _l("Record"), nullable=False)
    # Locked with a key that is derived from the secret of the application.
    wrapped: Mapped[str] = column(sa.String(120), _l("Locked key"), nullable=False)

    def __str__(self) -> str:
        return f"{self.id}"
