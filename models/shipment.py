"""Shipments with their packages and the proof of delivery. Clause 9, 14(3)."""

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
    Fixed,
    Sensitivity,
    Stamped,
    Stateful,
    UtcDateTime,
    Volume,
    check,
    column,
    money,
    quantity,
    reference,
    sort_index,
    state_words,
    words,
)
from models.conformity import TestReport
from models.labels import DeliveryMode, PackageState, Packing, ShipmentState
from models.order_line import OrderLine

if TYPE_CHECKING:
    from flask_appbuilder.security.sqla.models import User

    from models.order import Order


class Shipment(Stateful, Base):
    """One journey of an order's goods to the customer. Clause 9(1)."""

    __tablename__ = "shipment"
    __label__ = _l("Shipment")
    __label_plural__ = _l("Shipments")
    __table_args__ = (
        check("slot_in_order", "slot_from IS NULL OR slot_to IS NULL OR slot_to >= slot_from"),
        check("delivered_after_departed", "delivered_at IS NULL OR delivered_at >= departed_at"),
        check("money_not_negative", "freight_cost_amount >= 0 AND insured_amount >= 0"),
        sort_index("state", "state_since"),
        sort_index("state", "slot_from"),
        sort_index("slot_from"),
        sort_index("delivered_at"),
        sort_index("created_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    shipment_no: Mapped[str] = column(sa.String(30), _l("Shipment number"), nullable=False, unique=True)
    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False)
    mode: Mapped[DeliveryMode] = column(
        words(DeliveryMode, name="mode"), _l("Delivery mode"), nullable=False, default=DeliveryMode.own_fleet
    )
    carrier: Mapped[str | None] = column(sa.String(100), _l("Carrier"))
    tracking_no: Mapped[str | None] = column(
        sa.String(60), _l("Tracking number"), index=True, help_text=_l("The waybill number of the carrier.")
    )
    vehicle_plate: Mapped[str | None] = column(sa.String(20), _l("Vehicle plate"))
    driver_name: Mapped[str | None] = column(sa.String(60), _l("Driver"), sensitivity=Sensitivity.NAME)
    driver_phone: Mapped[str | None] = column(sa.String(20), _l("Driver's phone"), sensitivity=Sensitivity.PHONE)
    slot_from: Mapped[datetime | None] = column(
        UtcDateTime, _l("Delivery from"), help_text=_l("Agreed with the customer at least 24 hours before.")
    )
    slot_to: Mapped[datetime | None] = column(UtcDateTime, _l("Delivery until"))
    appointment_confirmed_at: Mapped[datetime | None] = column(UtcDateTime, _l("Appointment confirmed at"))
    departed_at: Mapped[datetime | None] = column(UtcDateTime, _l("Departed at"))
    delivered_at: Mapped[datetime | None] = column(UtcDateTime, _l("Delivered at"))
    freight_cost_amount: Mapped[Decimal] = money(_l("Freight cost"), sensitivity=Sensitivity.COST)
    # Open to logistics, who may see no price (domain/09 9.3).
    insured_amount: Mapped[Decimal] = money(_l("Insured value"), sensitivity=None)
    state: Mapped[ShipmentState] = column(
        state_words(ShipmentState), _l("State"), nullable=False, default=ShipmentState.planned
    )

    order: Mapped[Order] = relationship(back_populates="shipments")
    lines: Mapped[list[ShipmentLine]] = relationship(
        back_populates="shipment", order_by="ShipmentLine.id", info={"label": _l("Shipment lines")}
    )
    packages: Mapped[list[Package]] = relationship(
        back_populates="shipment", order_by="Package.seq", info={"label": _l("Packages")}
    )
    reports: Mapped[list[TestReport]] = relationship(
        secondary=lambda: sa.join(
            ShipmentLine.__table__, OrderLine.__table__, ShipmentLine.order_line_id == OrderLine.id
        ),
        primaryjoin=lambda: Shipment.id == ShipmentLine.shipment_id,
        secondaryjoin=lambda: OrderLine.product_id == TestReport.product_id,
        order_by=lambda: (TestReport.product_id, TestReport.standard, TestReport.id),
        viewonly=True,
        info={"label": _l("Test reports")},
    )
    receipt: Mapped[DeliveryReceipt | None] = relationship(
        back_populates="shipment", info={"label": _l("Delivery receipt")}
    )

    def __str__(self) -> str:
        return self.shipment_no


class ShipmentLine(Stamped, Base):
    """How much of an order line travels, arrived and came back."""

    __tablename__ = "shipment_line"
    __label__ = _l("Shipment line")
    __label_plural__ = _l("Shipment lines")
    __table_args__ = (
        sa.UniqueConstraint("shipment_id", "order_line_id"),
        check("qty_positive", "qty > 0"),
        check("arrived_within_qty", "qty_received >= 0 AND qty_back >= 0 AND qty_received + qty_back <= qty"),
    )

    shipment_id: Mapped[int] = reference("shipment.id", _l("Shipment"), nullable=False, index=False)
    order_line_id: Mapped[int] = reference("order_line.id", _l("Order line"), nullable=False)
    qty: Mapped[Decimal] = quantity(_l("Quantity"), default=Decimal("1.000"))
    qty_received: Mapped[Decimal] = quantity(_l("Received"))
    qty_back: Mapped[Decimal] = quantity(_l("Came back"))

    shipment: Mapped[Shipment] = relationship(back_populates="lines")
    order_line: Mapped[OrderLine] = relationship()

    def __str__(self) -> str:
        return f"{self.id}"


class Package(Stateful, Base):
    """A carton with its label, scanned when it is loaded. Clause 9(2)."""

    __tablename__ = "package"
    __label__ = _l("Package")
    __label_plural__ = _l("Packages")
    __table_args__ = (
        sa.UniqueConstraint("shipment_id", "seq"),
        check("seq_within_total", "seq > 0 AND seq <= total"),
        check("size_not_negative", "volume >= 0 AND weight_kg >= 0"),
        sort_index("state", "state_since"),
        sort_index("created_at"),
    )

    package_no: Mapped[str] = column(sa.String(40), _l("Package number"), nullable=False, unique=True)
    shipment_id: Mapped[int] = reference("shipment.id", _l("Shipment"), nullable=False, index=False)
    order_line_id: Mapped[int] = reference("order_line.id", _l("Order line"), nullable=False)
    seq: Mapped[int] = column(sa.Integer, _l("Package"), nullable=False, default=1)
    total: Mapped[int] = column(sa.Integer, _l("Of packages"), nullable=False, default=1)
    volume: Mapped[Decimal] = column(Volume(), _l("Volume (m³)"), nullable=False, default=Decimal("0.000"))
    weight_kg: Mapped[Decimal] = column(Fixed(8, 1), _l("Weight (kg)"), nullable=False, default=Decimal("0.0"))
    packing: Mapped[Packing] = column(
        words(Packing, name="packing"), _l("Packing"), nullable=False, default=Packing.carton
    )
    loaded_at: Mapped[datetime | None] = column(UtcDateTime, _l("Loaded at"))
    loaded_by_id: Mapped[int | None] = reference("ab_user.id", _l("Loaded by"))
    state: Mapped[PackageState] = column(
        state_words(PackageState), _l("State"), nullable=False, default=PackageState.packed
    )

    shipment: Mapped[Shipment] = relationship(back_populates="packages")
    order_line: Mapped[OrderLine] = relationship()
    loaded_by: Mapped[User | None] = relationship("User", foreign_keys="Package.loaded_by_id")

    def __str__(self) -> str:
        return self.package_no


class DeliveryReceipt(Stamped, Base):
    """What the receiver signed for."""

    __tablename__ = "delivery_receipt"
    __label__ = _l("Delivery receipt")
    __label_plural__ = _l("Delivery receipts")
    __table_args__ = (
        check("packages_not_negative", "packages_received >= 0 AND packages_short >= 0 AND packages_damaged >= 0"),
        check("damaged_within_received", "packages_damaged <= packages_received"),
        sort_index("signed_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("shipment.order.customer",)

    receipt_no: Mapped[str] = column(sa.String(30), _l("Receipt number"), nullable=False, unique=True)
    shipment_id: Mapped[int] = reference("shipment.id", _l("Shipment"), nullable=False, index=False, unique=True)
    receiver_name: Mapped[str] = column(sa.String(60), _l("Signed by"), nullable=False, sensitivity=Sensitivity.NAME)
    signed_at: Mapped[datetime] = column(UtcDateTime, _l("Signed at"), nullable=False)
    packages_received: Mapped[int] = column(sa.Integer, _l("Packages received"), nullable=False, default=0)
    packages_short: Mapped[int] = column(sa.Integer, _l("Packages missing"), nullable=False, default=0)
    packages_damaged: Mapped[int] = column(sa.Integer, _l("Packages damaged"), nullable=False, default=0)
    remarks: Mapped[str | None] = column(sa.String(400), _l("Remarks"), info=FREE_TEXT)

    shipment: Mapped[Shipment] = relationship(back_populates="receipt")

    def __str__(self) -> str:
        return self.receipt_no
