"""Customers with their addresses and consents. Clause 10(5), 12(3)."""

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
    Stamped,
    Stateful,
    UtcDateTime,
    check,
    column,
    flag,
    money,
    reference,
    sort_index,
    state_words,
    unique_where,
    words,
)
from models.labels import Channel, ConsentPurpose, CustomerKind, CustomerLevel, Elevator
from models.privacy import ConsentState

if TYPE_CHECKING:
    from models.order import Order
    from models.payment import Payment
    from models.ticket import ServiceTicket


class Customer(Stamped, Base):
    """Who orders: a person or an organisation."""

    __tablename__ = "customer"
    __label__ = _l("Customer")
    __label_plural__ = _l("Customers")
    __table_args__ = (
        unique_where("uq_customer_uscc", "uscc", condition="uscc IS NOT NULL"),
        unique_where("uq_customer_person_phone", "phone", condition="kind = 'person' AND phone IS NOT NULL"),
        check("blacklist_reason", "NOT is_blacklisted OR blacklist_reason IS NOT NULL"),
        check("credit_not_negative", "credit_limit_amount >= 0 AND credit_days >= 0"),
        sort_index("created_at"),
        sort_index("name"),
        sort_index("phone"),
    )

    code: Mapped[str] = column(sa.String(20), _l("Customer code"), nullable=False, unique=True)
    kind: Mapped[CustomerKind] = column(
        words(CustomerKind, name="kind"), _l("Customer kind"), nullable=False, default=CustomerKind.person
    )
    name: Mapped[str] = column(sa.String(100), _l("Name"), nullable=False, sensitivity=Sensitivity.NAME)
    uscc: Mapped[str | None] = column(
        sa.String(18), _l("Unified social credit code"), help_text=_l("18 characters; organisations only.")
    )
    phone: Mapped[str | None] = column(
        sa.String(20),
        _l("Phone"),
        sensitivity=Sensitivity.PHONE,
        help_text=_l("Needed for persons; one person a number."),
    )
    email: Mapped[str | None] = column(sa.String(120), _l("E-mail"), sensitivity=Sensitivity.CONTACT)
    wechat: Mapped[str | None] = column(sa.String(60), _l("WeChat"), sensitivity=Sensitivity.CONTACT)
    province: Mapped[str | None] = column(sa.String(40), _l("Province"))
    city: Mapped[str | None] = column(sa.String(40), _l("City"), sensitivity=Sensitivity.CITY)
    level: Mapped[CustomerLevel] = column(
        words(CustomerLevel, name="level"), _l("Customer level"), nullable=False, default=CustomerLevel.new
    )
    credit_limit_amount: Mapped[Decimal] = money(
        _l("Credit limit"), help_text=_l("Goods may be made and shipped unpaid up to this amount.")
    )
    credit_days: Mapped[int] = column(sa.Integer, _l("Credit days"), nullable=False, default=0)
    is_dealer: Mapped[bool] = flag(
        _l("Dealer"), help_text=_l("Dealers' orders are outside the regulation and are not taken here.")
    )
    is_blacklisted: Mapped[bool] = flag(_l("Blacklisted"))
    blacklist_reason: Mapped[str | None] = column(sa.String(200), _l("Reason of the blacklisting"), info=FREE_TEXT)
    source_channel: Mapped[Channel] = column(
        words(Channel, name="source_channel"), _l("Came through"), nullable=False, default=Channel.online_mall
    )
    note: Mapped[str | None] = column(sa.Text, _l("Note"), info=FREE_TEXT)
    search_text: Mapped[str] = column(
        sa.String(400), _l("Search text"), nullable=False, default="", sensitivity=Sensitivity.PHONE
    )
    is_active: Mapped[bool] = flag(_l("Active"), default=True)
    hold_reason: Mapped[str | None] = column(
        sa.String(200),
        _l("Kept because"),
        help_text=_l("A lawsuit or an authority: while this says why, the person is not anonymised."),
        info=FREE_TEXT,
    )
    merged_into_id: Mapped[int | None] = reference("customer.id", _l("Merged into"))
    anonymised_at: Mapped[datetime | None] = column(UtcDateTime, _l("Anonymised at"))

    merged_into: Mapped[Customer | None] = relationship(remote_side="Customer.id")
    addresses: Mapped[list[CustomerAddress]] = relationship(
        back_populates="customer", order_by="CustomerAddress.id", info={"label": _l("Addresses")}
    )
    consents: Mapped[list[Consent]] = relationship(
        back_populates="customer", order_by="Consent.id", info={"label": _l("Consents")}
    )
    orders: Mapped[list[Order]] = relationship(
        back_populates="customer", order_by="Order.id", info={"label": _l("Orders")}
    )
    tickets: Mapped[list[ServiceTicket]] = relationship(
        back_populates="customer", order_by="ServiceTicket.id", info={"label": _l("Service tickets")}
    )
    payments: Mapped[list[Payment]] = relationship(
        back_populates="customer", order_by="Payment.id", info={"label": _l("Payments")}
    )
    journal_order_attribute: ClassVar[str | None] = None

    def __str__(self) -> str:
        return self.code


class CustomerAddress(Stamped, Base):
    """A place of delivery; an order keeps its own copy."""

    __tablename__ = "customer_address"
    __label__ = _l("Customer address")
    __label_plural__ = _l("Customer addresses")
    journal_order_attribute: ClassVar[str | None] = None
    subject_paths: ClassVar[tuple[str, ...]] = ("customer",)

    customer_id: Mapped[int] = reference("customer.id", _l("Customer"), nullable=False)
    label: Mapped[str] = column(
        sa.String(40),
        _l("Address name"),
        nullable=False,
        default="",
        help_text=_l("As “home” or “school, gate 2”."),
        info=FREE_TEXT,
    )
    contact_name: Mapped[str] = column(sa.String(60), _l("Contact"), nullable=False, sensitivity=Sensitivity.NAME)
    contact_phone: Mapped[str] = column(
        sa.String(20), _l("Contact's phone"), nullable=False, sensitivity=Sensitivity.PHONE
    )
    province: Mapped[str] = column(sa.String(40), _l("Province"), nullable=False)
    city: Mapped[str] = column(sa.String(40), _l("City"), nullable=False, sensitivity=Sensitivity.CITY)
    district: Mapped[str | None] = column(sa.String(40), _l("District"), sensitivity=Sensitivity.ADDRESS)
    detail: Mapped[str] = column(
        sa.String(200), _l("Street, building, room"), nullable=False, sensitivity=Sensitivity.ADDRESS
    )
    floor: Mapped[int] = column(
        sa.Integer, _l("Floor"), nullable=False, default=1, help_text=_l("The ground floor is 1.")
    )
    elevator: Mapped[Elevator] = column(
        words(Elevator, name="elevator"), _l("Lift"), nullable=False, default=Elevator.none
    )
    door_code: Mapped[str | None] = column(sa.String(40), _l("Door code"), sensitivity=Sensitivity.DOOR)
    is_default: Mapped[bool] = flag(_l("Default address"))

    customer: Mapped[Customer] = relationship(back_populates="addresses")

    def __str__(self) -> str:
        return self.label or f"{self.id}"


class Consent(Stateful, Base):
    """What a person agreed to, in which wording and when; withdrawn, not deleted.

    One purpose a row: what was agreed to for one purpose says nothing about another.
    """

    __tablename__ = "consent"
    __label__ = _l("Consent")
    __label_plural__ = _l("Consents")
    __table_args__ = (
        check("withdrawn_after_given", "withdrawn_at IS NULL OR withdrawn_at >= given_at"),
        check("withdrawn_is_dated", "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)"),
        sort_index("state", "state_since"),
        sort_index("given_at"),
    )
    journal_order_attribute: ClassVar[str | None] = None
    subject_paths: ClassVar[tuple[str, ...]] = ("customer",)

    customer_id: Mapped[int] = reference("customer.id", _l("Customer"), nullable=False)
    purpose: Mapped[ConsentPurpose] = column(words(ConsentPurpose, name="purpose"), _l("Purpose"), nullable=False)
    # Never ticked beforehand: a consent is what a person did, not what he left undone.
    is_granted: Mapped[bool] = flag(_l("Granted"))
    text_version: Mapped[str] = column(
        sa.String(20), _l("Wording version"), nullable=False, help_text=_l("The version of the notice that was shown.")
    )
    channel: Mapped[Channel] = column(
        words(Channel, name="channel"), _l("Channel"), nullable=False, default=Channel.online_mall
    )
    given_at: Mapped[datetime] = column(UtcDateTime, _l("Given at"), nullable=False)
    # What a consent was given for where it is about one order, and the mark of text, moment and place.
    order_id: Mapped[int | None] = reference("sales_order.id", _l("Order"))
    evidence: Mapped[str | None] = column(sa.String(64), _l("Mark of the evidence"))
    withdrawn_at: Mapped[datetime | None] = column(UtcDateTime, _l("Withdrawn at"))
    withdrawn_channel: Mapped[Channel | None] = column(
        words(Channel, name="withdrawn_channel"), _l("Withdrawn through")
    )
    state: Mapped[ConsentState] = column(
        state_words(ConsentState), _l("State"), nullable=False, default=ConsentState.given
    )

    customer: Mapped[Customer] = relationship(back_populates="consents")
    order: Mapped[Order | None] = relationship()

    def __str__(self) -> str:
        return f"{self.text_version}"
