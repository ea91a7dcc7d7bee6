"""Service tickets: complaints, repairs, parts, returns, questions. Clause 10(3)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
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
    flag,
    money,
    reference,
    sort_index,
    state_words,
    words,
)
from models.labels import LiableParty, TicketKind, TicketLevel, TicketSource, TicketState

if TYPE_CHECKING:
    from models.customer import Customer
    from models.order import Order, OrderLine


class ServiceTicket(Stateful, Base):
    """One case of a customer, from the first answer to the end. Clause 10(3)."""

    __tablename__ = "service_ticket"
    __label__ = _l("Service ticket")
    __label_plural__ = _l("Service tickets")
    __table_args__ = (
        check("reopened_not_negative", "reopened_count >= 0 AND cost_amount >= 0"),
        check(
            "answered_authority_has_number",
            "authority_answered_at IS NULL OR (authority_no IS NOT NULL AND authority_answer IS NOT NULL)",
        ),
        check("closed_has_resolution", "state <> 'closed' OR resolution IS NOT NULL"),
        sort_index("state", "state_since"),
        sort_index("kind", "created_at"),
        sort_index("created_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("customer",)

    ticket_no: Mapped[str] = column(sa.String(30), _l("Ticket number"), nullable=False, unique=True)
    kind: Mapped[TicketKind] = column(
        words(TicketKind, name="kind"), _l("Ticket kind"), nullable=False, default=TicketKind.complaint
    )
    customer_id: Mapped[int] = reference("customer.id", _l("Customer"), nullable=False)
    order_id: Mapped[int | None] = reference("sales_order.id", _l("Order"))
    order_line_id: Mapped[int | None] = reference("order_line.id", _l("Order line"))
    source_channel: Mapped[TicketSource] = column(
        words(TicketSource, name="source_channel"), _l("Came in through"), nullable=False, default=TicketSource.phone
    )
    level: Mapped[TicketLevel] = column(
        words(TicketLevel, name="level"),
        _l("Level"),
        nullable=False,
        default=TicketLevel.l1,
        help_text=_l("1 is settled by customer service, 2 by the department, 3 by the committee."),
    )
    description: Mapped[str] = column(sa.Text, _l("Description"), nullable=False, info=FREE_TEXT)
    authority_no: Mapped[str | None] = column(
        sa.String(60), _l("Number at the authority"), help_text=_l("Of a complaint that came through 12315.")
    )
    authority_answer: Mapped[str | None] = column(sa.Text, _l("Answer to the authority"), info=FREE_TEXT)
    authority_answered_at: Mapped[datetime | None] = column(UtcDateTime, _l("Authority answered at"))
    cause: Mapped[str | None] = column(sa.String(400), _l("Cause"), info=FREE_TEXT)
    liable_party: Mapped[LiableParty | None] = column(words(LiableParty, name="liable_party"), _l("Liable party"))
    plan: Mapped[str | None] = column(sa.Text, _l("Solution"), info=FREE_TEXT)
    resolution: Mapped[str | None] = column(sa.Text, _l("Resolution"), info=FREE_TEXT)
    is_in_warranty: Mapped[bool] = flag(_l("In warranty"))
    cost_amount: Mapped[Decimal] = money(_l("Cost"), sensitivity=Sensitivity.COST)
    first_response_at: Mapped[datetime | None] = column(UtcDateTime, _l("First answered at"))
    planned_at: Mapped[datetime | None] = column(UtcDateTime, _l("Plan agreed at"))
    closed_at: Mapped[datetime | None] = column(UtcDateTime, _l("Closed at"))
    reopened_count: Mapped[int] = column(sa.Integer, _l("Times reopened"), nullable=False, default=0)
    state: Mapped[TicketState] = column(state_words(TicketState), _l("State"), nullable=False, default=TicketState.open)

    customer: Mapped[Customer] = relationship(back_populates="tickets")
    order: Mapped[Order | None] = relationship(back_populates="tickets")
    order_line: Mapped[OrderLine | None] = relationship()

    def __str__(self) -> str:
        return self.ticket_no
