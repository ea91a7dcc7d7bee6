"""Addresses under which a customer without an account reads and answers what was promised to him. Clause 13(3)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import Base, Stateful, UtcDateTime, column, reference, sort_index, state_words
from models.vocabulary import Labels

if TYPE_CHECKING:
    from models.letter import ConfirmationLetter
    from models.order import Order


class CustomerLinkState(StrEnum):
    """Whether an address still opens something."""

    active = "active"
    revoked = "revoked"


CUSTOMER_LINK_LABELS: Labels = {
    CustomerLinkState: {CustomerLinkState.active: _l("Usable"), CustomerLinkState.revoked: _l("Withdrawn")},
}


class CustomerLink(Stateful, Base):
    """One address that was made for a customer: for a letter, or for an order before its letter.

    The address itself is not kept, only its hash: what was lost is made anew. ``answers`` counts what was sent through
    it, so that a form is good for one answer.
    """

    __tablename__ = "customer_link"
    __label__ = _l("Link for the customer")
    __label_plural__ = _l("Links for customers")
    __table_args__ = (sort_index("created_at"), sort_index("state", "state_since"))
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False)
    letter_id: Mapped[int | None] = reference("confirmation_letter.id", _l("Confirmation letter"))
    token_hash: Mapped[str] = column(sa.String(64), _l("Mark of the address"), nullable=False, unique=True)
    expires_at: Mapped[datetime] = column(UtcDateTime, _l("Open until"), nullable=False)
    opened_at: Mapped[datetime | None] = column(UtcDateTime, _l("First opened at"))
    answers: Mapped[int] = column(sa.Integer, _l("Answers"), nullable=False, default=0)
    state: Mapped[CustomerLinkState] = column(
        state_words(CustomerLinkState), _l("State"), nullable=False, default=CustomerLinkState.active
    )

    order: Mapped[Order] = relationship()
    letter: Mapped[ConfirmationLetter | None] = relationship(back_populates="links")

    def __str__(self) -> str:
        return f"#{self.id}"
