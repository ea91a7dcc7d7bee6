"""Confirmation letters to the customer. Clause 13(3)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    Base,
    Json,
    Sensitivity,
    Stateful,
    UtcDateTime,
    check,
    column,
    money,
    reference,
    sort_index,
    state_words,
    words,
)
from models.labels import LetterChannel, LetterState

if TYPE_CHECKING:
    from models.customer_link import CustomerLink
    from models.order import Order


class ConfirmationLetter(Stateful, Base):
    """One version of the letter, with what it said. Clause 13(3)."""

    __tablename__ = "confirmation_letter"
    __label__ = _l("Confirmation letter")
    __label_plural__ = _l("Confirmation letters")
    __table_args__ = (
        sa.UniqueConstraint("order_id", "letter_version"),
        check("has_promise", "promised_on IS NOT NULL OR promise_rule IS NOT NULL"),
        check("version_positive", "letter_version > 0"),
        sort_index("state", "state_since"),
        sort_index("sent_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    letter_no: Mapped[str] = column(sa.String(40), _l("Letter number"), nullable=False, unique=True)
    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False, index=False)
    letter_version: Mapped[int] = column(sa.Integer, _l("Letter version"), nullable=False, default=1)
    content_hash: Mapped[str] = column(sa.String(64), _l("Content mark"), nullable=False)
    # The letter holds names, address and prices: nobody who may not see the address reads it whole.
    content: Mapped[dict[str, Any]] = column(
        Json, _l("Content"), nullable=False, default=dict, sensitivity=Sensitivity.ADDRESS
    )
    total_amount: Mapped[Decimal] = money(_l("Total"))
    promised_on: Mapped[date | None] = column(sa.Date, _l("Promised on"))
    promise_rule: Mapped[str | None] = column(sa.String(200), _l("Promise rule"))
    channel: Mapped[LetterChannel] = column(
        words(LetterChannel, name="channel"), _l("Sent by"), nullable=False, default=LetterChannel.sms
    )
    sent_at: Mapped[datetime] = column(UtcDateTime, _l("Sent at"), nullable=False)
    promise_days: Mapped[int | None] = column(
        sa.Integer, _l("Days of the rule"), help_text=_l("Counted from the signed drawing and the first payment.")
    )
    reminders: Mapped[int] = column(sa.Integer, _l("Reminders"), nullable=False, default=0, server_default="0")
    acknowledged_at: Mapped[datetime | None] = column(UtcDateTime, _l("Confirmed at"))
    signed_name: Mapped[str | None] = column(sa.String(60), _l("Signed by"), sensitivity=Sensitivity.NAME)
    signature_hash: Mapped[str | None] = column(sa.String(64), _l("Mark of the signature"))
    objection: Mapped[str | None] = column(sa.String(500), _l("Objection"), sensitivity=Sensitivity.ADDRESS)
    answered_at: Mapped[datetime | None] = column(UtcDateTime, _l("Answered at"))
    state: Mapped[LetterState] = column(state_words(LetterState), _l("State"), nullable=False, default=LetterState.sent)

    order: Mapped[Order] = relationship(back_populates="letters")
    links: Mapped[list[CustomerLink]] = relationship(
        back_populates="letter", order_by="CustomerLink.id", info={"label": _l("Links for customers")}
    )

    def __str__(self) -> str:
        return self.letter_no
