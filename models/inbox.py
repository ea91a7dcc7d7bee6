"""What came in and waits to be entered as an order. Clause 12(1)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    FIXED,
    Base,
    Sensitivity,
    Stateful,
    UtcDateTime,
    column,
    reference,
    sort_index,
    state_words,
    unique_where,
    words,
)
from models.labels import Channel, InboxState

if TYPE_CHECKING:
    from models.order import Order


class InboxItem(Stateful, Base):
    """A received order message; the clock of entry (E1) starts with it. Clause 12(2)."""

    __tablename__ = "inbox_item"
    __label__ = _l("Received order")
    __label_plural__ = _l("Received orders")
    __table_args__ = (
        unique_where("uq_inbox_item_external_no", "channel", "external_no", condition="external_no IS NOT NULL"),
        sort_index("state", "state_since"),
        sort_index("received_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    inbox_no: Mapped[str] = column(sa.String(30), _l("Inbox number"), nullable=False, unique=True)
    channel: Mapped[Channel] = column(
        words(Channel, name="channel"), _l("Channel"), nullable=False, default=Channel.online_mall
    )
    external_no: Mapped[str | None] = column(
        sa.String(60), _l("External number"), help_text=_l("The order number of the mall or of the customer.")
    )
    received_at: Mapped[datetime] = column(UtcDateTime, _l("Received at"), nullable=False, info=FIXED)
    customer_name: Mapped[str] = column(
        sa.String(100), _l("Customer's name"), nullable=False, sensitivity=Sensitivity.NAME
    )
    customer_phone: Mapped[str | None] = column(sa.String(20), _l("Customer's phone"), sensitivity=Sensitivity.PHONE)
    # The message as it came may name a person, a phone and a street: it is guarded like an address.
    content: Mapped[str] = column(
        sa.Text, _l("What was ordered"), nullable=False, default="", sensitivity=Sensitivity.ADDRESS
    )
    order_id: Mapped[int | None] = reference("sales_order.id", _l("Order"))
    state: Mapped[InboxState] = column(state_words(InboxState), _l("State"), nullable=False, default=InboxState.open)

    order: Mapped[Order | None] = relationship(back_populates="inbox_items")

    def __str__(self) -> str:
        return self.inbox_no
