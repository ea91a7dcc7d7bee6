"""Exception cases: what goes wrong with an order, with an owner and a clock. Clauses 4(5), 6(3), article 22."""

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
from models.labels_exception import Department, ExceptionKind, ExceptionLevel, ExceptionState
from models.labels_work import LiableParty

if TYPE_CHECKING:
    from flask_appbuilder.security.sqla.models import User

    from models.order import Order, OrderLine
    from models.payment import Payment
    from models.production import ProductionTask
    from models.quality import Inspection
    from models.shipment import Shipment
    from models.ticket import ServiceTicket


class ExceptionCase(Stateful, Base):
    """One deviation, from its report to its lesson. ``source_key`` names what opened it: the same opens it once."""

    __tablename__ = "exception_case"
    __label__ = _l("Exception")
    __label_plural__ = _l("Exceptions")
    __table_args__ = (
        check("amounts_not_negative", "loss_amount >= 0 AND cost_amount >= 0 AND compensation_amount >= 0"),
        check("counts_not_negative", "delay_days >= 0 AND affected_orders >= 1"),
        check("handled_has_plan", "state NOT IN ('planned', 'pending_approval', 'in_handling') OR plan IS NOT NULL"),
        check("settled_has_resolution", "state NOT IN ('resolved', 'closed') OR resolution IS NOT NULL"),
        sort_index("state", "state_since"),
        sort_index("kind", "level"),
        sort_index("level"),
        sort_index("owner_department", "created_at"),
        sort_index("liable_party", "created_at"),
        sort_index("created_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer", "ticket.customer")

    case_no: Mapped[str] = column(sa.String(30), _l("Exception number"), nullable=False, unique=True)
    kind: Mapped[ExceptionKind] = column(
        words(ExceptionKind, name="kind"), _l("Exception kind"), nullable=False, default=ExceptionKind.other
    )
    level: Mapped[ExceptionLevel] = column(
        words(ExceptionLevel, name="level"),
        _l("Exception level"),
        nullable=False,
        default=ExceptionLevel.l1,
        help_text=_l("Follows from loss, delay and marks; L3 goes before the committee."),
    )
    owner_department: Mapped[Department] = column(
        words(Department, name="owner_department"),
        _l("Owning department"),
        nullable=False,
        default=Department.order_center,
    )
    owner_id: Mapped[int | None] = reference("ab_user.id", _l("Person in charge"))
    order_id: Mapped[int | None] = reference("sales_order.id", _l("Order"))
    order_line_id: Mapped[int | None] = reference("order_line.id", _l("Order line"))
    task_id: Mapped[int | None] = reference("production_task.id", _l("Production task"))
    inspection_id: Mapped[int | None] = reference("inspection.id", _l("Inspection"))
    shipment_id: Mapped[int | None] = reference("shipment.id", _l("Shipment"))
    ticket_id: Mapped[int | None] = reference("service_ticket.id", _l("Service ticket"))
    payment_id: Mapped[int | None] = reference("payment.id", _l("Payment"))
    source_key: Mapped[str | None] = column(sa.String(60), _l("Opened by"), unique=True)
    description: Mapped[str] = column(sa.Text, _l("What happened"), nullable=False, info=FREE_TEXT)
    # Of single pieces it tells their price.
    loss_amount: Mapped[Decimal] = money(_l("Loss"))
    delay_days: Mapped[int] = column(sa.Integer, _l("Days late"), nullable=False, default=0)
    affected_orders: Mapped[int] = column(
        sa.Integer, _l("Orders with the same cause"), nullable=False, default=1, help_text=_l("From 5 on it is L3.")
    )
    is_repeated: Mapped[bool] = flag(
        _l("Repeated"), help_text=_l("Failed again after rework, or the complaint was reopened: L2.")
    )
    is_disputed: Mapped[bool] = flag(_l("In dispute"), help_text=_l("The customer disputes price or quantity: L2."))
    is_safety: Mapped[bool] = flag(
        _l("Safety"), help_text=_l("Somebody is hurt or in danger, or a whole batch is suspected: L3.")
    )
    is_authority: Mapped[bool] = flag(
        _l("Authority or media"), help_text=_l("12315, another authority, a lawsuit or the media: L3.")
    )
    is_data_leak: Mapped[bool] = flag(_l("Personal data leaked"), help_text=_l("L3."))
    is_milestone_missed: Mapped[bool] = flag(_l("Project milestone missed"), help_text=_l("L3."))
    authority_no: Mapped[str | None] = column(sa.String(60), _l("Number at the authority"))
    cause: Mapped[str | None] = column(sa.String(400), _l("Cause"), info=FREE_TEXT)
    plan: Mapped[str | None] = column(sa.Text, _l("Handling plan"), info=FREE_TEXT)
    cost_amount: Mapped[Decimal] = money(_l("Cost"))
    compensation_amount: Mapped[Decimal] = money(_l("Compensation"))
    liable_party: Mapped[LiableParty | None] = column(words(LiableParty, name="liable_party"), _l("Liable party"))
    resolution: Mapped[str | None] = column(sa.Text, _l("Resolution"), info=FREE_TEXT)
    prevention: Mapped[str | None] = column(
        sa.Text, _l("Prevention"), help_text=_l("What keeps it from happening again; needed for L3."), info=FREE_TEXT
    )
    answered_at: Mapped[datetime | None] = column(UtcDateTime, _l("First answered at"))
    planned_at: Mapped[datetime | None] = column(UtcDateTime, _l("Planned at"))
    resolved_at: Mapped[datetime | None] = column(UtcDateTime, _l("Resolved at"))
    closed_at: Mapped[datetime | None] = column(UtcDateTime, _l("Closed at"))
    state: Mapped[ExceptionState] = column(
        state_words(ExceptionState), _l("State"), nullable=False, default=ExceptionState.open
    )

    owner: Mapped[User | None] = relationship("User", foreign_keys="ExceptionCase.owner_id")
    order: Mapped[Order | None] = relationship()
    order_line: Mapped[OrderLine | None] = relationship()
    task: Mapped[ProductionTask | None] = relationship()
    inspection: Mapped[Inspection | None] = relationship()
    shipment: Mapped[Shipment | None] = relationship()
    ticket: Mapped[ServiceTicket | None] = relationship()
    payment: Mapped[Payment | None] = relationship()

    def __str__(self) -> str:
        return self.case_no
