"""The lines of an order, each with its own quantities, and the fees beside them. Clause 12(3)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    Base,
    Percent,
    Sensitivity,
    Stamped,
    UnitPrice,
    UtcDateTime,
    Volume,
    check,
    column,
    flag,
    money,
    quantity,
    reference,
    sort_index,
    words,
)
from models.labels import FeeKind, SupplyMode, label_of

if TYPE_CHECKING:
    from models.order import Order
    from models.product import Product, Reservation
    from models.production import ProductionTask


class OrderLine(Stamped, Base):
    """One article of an order. Each quantity can only be a part of the one before it (domain/04 4.2).

    ``qty_back`` was lost or refused before delivery and comes back to the seller, so that it can be shipped again.
    """

    __tablename__ = "order_line"
    shown_with: ClassVar[str | None] = "product"
    __label__ = _l("Order line")
    __label_plural__ = _l("Order lines")
    __table_args__ = (
        sa.UniqueConstraint("order_id", "line_no"),
        sort_index("line_promised_on"),
        check("ordered_positive", "qty_ordered > 0"),
        check(
            "quantities_not_negative",
            "qty_cancelled >= 0 AND qty_produced >= 0 AND qty_qc_passed >= 0 AND qty_reserved >= 0 AND qty_shipped >= 0"
            " AND qty_back >= 0 AND qty_delivered >= 0 AND qty_installed >= 0 AND qty_accepted >= 0"
            " AND qty_returned >= 0",
        ),
        check("shipped_and_cancelled_within_ordered", "qty_shipped - qty_back + qty_cancelled <= qty_ordered"),
        check("qc_passed_within_produced", "supply_mode = 'stock' OR qty_qc_passed <= qty_produced"),
        check("shipped_within_qc_passed", "qty_shipped <= qty_qc_passed"),
        check("back_within_shipped", "qty_back <= qty_shipped"),
        check("delivered_within_shipped", "qty_delivered <= qty_shipped - qty_back"),
        check("installed_within_delivered", "qty_installed <= qty_delivered"),
        check("accepted_within_delivered", "qty_accepted <= qty_delivered"),
        check("accepted_within_installed", "NOT needs_install OR qty_accepted <= qty_installed"),
        check("returned_within_delivered", "qty_returned <= qty_delivered"),
        check("money_not_negative", "list_price >= 0 AND unit_price >= 0 AND line_amount >= 0 AND tax_amount >= 0"),
        check("tax_within_line", "tax_amount <= line_amount"),
    )

    # The unique constraint begins with the order, so the key needs no index of its own.
    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False, index=False)
    line_no: Mapped[int] = column(sa.Integer, _l("Line"), nullable=False, default=1)
    product_id: Mapped[int] = reference("product.id", _l("Product"), nullable=False)
    description: Mapped[str | None] = column(
        sa.String(200), _l("Description"), help_text=_l("What the workshop must know beyond the article.")
    )
    length_mm: Mapped[int] = column(sa.Integer, _l("Length (mm)"), nullable=False, default=0)
    width_mm: Mapped[int] = column(sa.Integer, _l("Width (mm)"), nullable=False, default=0)
    height_mm: Mapped[int] = column(sa.Integer, _l("Height (mm)"), nullable=False, default=0)
    material: Mapped[str | None] = column(sa.String(100), _l("Material"))
    finish: Mapped[str | None] = column(sa.String(60), _l("Surface finish"))
    colour: Mapped[str | None] = column(sa.String(60), _l("Colour"))
    qty_ordered: Mapped[Decimal] = quantity(_l("Ordered"), default=Decimal("1.000"))
    qty_cancelled: Mapped[Decimal] = quantity(_l("Cancelled"))
    qty_produced: Mapped[Decimal] = quantity(_l("Produced"))
    qty_qc_passed: Mapped[Decimal] = quantity(_l("Passed inspection"))
    qty_reserved: Mapped[Decimal] = quantity(_l("Reserved from stock"))
    qty_shipped: Mapped[Decimal] = quantity(_l("Shipped"))
    qty_back: Mapped[Decimal] = quantity(
        _l("Came back"), help_text=_l("Lost or refused before delivery; it can be shipped again.")
    )
    qty_delivered: Mapped[Decimal] = quantity(_l("Delivered"))
    qty_installed: Mapped[Decimal] = quantity(_l("Installed"))
    qty_accepted: Mapped[Decimal] = quantity(_l("Accepted"))
    qty_returned: Mapped[Decimal] = quantity(_l("Returned"))
    unit: Mapped[str] = column(sa.String(10), _l("Unit"), nullable=False, default="件")
    list_price: Mapped[Decimal] = column(
        UnitPrice(), _l("List price"), nullable=False, default=Decimal("0.0000"), sensitivity=Sensitivity.PRICE
    )
    discount_pct: Mapped[Decimal] = column(
        Percent(), _l("Discount (%)"), nullable=False, default=Decimal("0.000"), sensitivity=Sensitivity.PRICE
    )
    unit_price: Mapped[Decimal] = column(
        UnitPrice(),
        _l("Unit price"),
        nullable=False,
        default=Decimal("0.0000"),
        sensitivity=Sensitivity.PRICE,
        help_text=_l("CNY a unit, tax included."),
    )
    line_amount: Mapped[Decimal] = money(_l("Line amount"))
    tax_rate: Mapped[Decimal] = column(
        Percent(), _l("Tax rate (%)"), nullable=False, default=Decimal("13.000"), sensitivity=Sensitivity.PRICE
    )
    tax_amount: Mapped[Decimal] = money(_l("Tax"))
    supply_mode: Mapped[SupplyMode] = column(
        words(SupplyMode, name="supply_mode"), _l("Supply"), nullable=False, default=SupplyMode.stock
    )
    lead_days: Mapped[int] = column(sa.Integer, _l("Lead time (days)"), nullable=False, default=7)
    line_promised_on: Mapped[date | None] = column(sa.Date, _l("Promised on"))
    needs_install: Mapped[bool] = flag(_l("Needs installation"))
    is_held: Mapped[bool] = flag(
        _l("Held"), help_text=_l("Its cancellation is being decided: it is neither made nor shipped on.")
    )
    pack_count: Mapped[int] = column(sa.Integer, _l("Packages"), nullable=False, default=1)
    volume: Mapped[Decimal] = column(Volume(), _l("Volume (m³)"), nullable=False, default=Decimal("0.000"))
    warranty_months: Mapped[int] = column(sa.Integer, _l("Warranty (months)"), nullable=False, default=12)
    warranty_from_on: Mapped[date | None] = column(sa.Date, _l("Warranty from"))
    warranty_to_on: Mapped[date | None] = column(sa.Date, _l("Warranty to"))
    return_deadline_at: Mapped[datetime | None] = column(UtcDateTime, _l("Return without reason until"))

    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()
    reservations: Mapped[list[Reservation]] = relationship(
        back_populates="order_line", order_by="Reservation.id", info={"label": _l("Reservations")}
    )
    tasks: Mapped[list[ProductionTask]] = relationship(
        back_populates="order_line", order_by="ProductionTask.id", info={"label": _l("Production tasks")}
    )

    @property
    def qty_net(self) -> Decimal:
        """Ordered and not cancelled."""
        return self.qty_ordered - self.qty_cancelled

    def __str__(self) -> str:
        return f"{self.line_no}"


class OrderFee(Stamped, Base):
    """A service charged beside the goods: delivery, carrying upstairs, installation."""

    __tablename__ = "order_fee"
    __label__ = _l("Fee")
    __label_plural__ = _l("Fees")
    __table_args__ = (
        sa.UniqueConstraint("order_id", "kind"),
        check("amount_not_negative", "amount >= 0 AND tax_amount >= 0 AND tax_amount <= amount"),
    )

    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False, index=False)
    kind: Mapped[FeeKind] = column(
        words(FeeKind, name="kind"), _l("Fee kind"), nullable=False, default=FeeKind.delivery
    )
    description: Mapped[str | None] = column(sa.String(200), _l("Description"))
    amount: Mapped[Decimal] = money(_l("Amount"))
    tax_rate: Mapped[Decimal] = column(
        Percent(), _l("Tax rate (%)"), nullable=False, default=Decimal("13.000"), sensitivity=Sensitivity.PRICE
    )
    tax_amount: Mapped[Decimal] = money(_l("Tax"))

    order: Mapped[Order] = relationship(back_populates="fees")

    def __str__(self) -> str:
        return str(label_of(self.kind))
