"""Products, the stock of them and what orders hold of it. Clause 13(1)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    Base,
    Fixed,
    Percent,
    Sensitivity,
    Stamped,
    UnitPrice,
    UtcDateTime,
    Volume,
    check,
    column,
    flag,
    quantity,
    reference,
    sort_index,
    words,
)
from models.labels import EnvGrade, ProductCategory, ReservationKind, SupplyMode

if TYPE_CHECKING:
    from models.conformity import TestReport
    from models.order import OrderLine


class Product(Stamped, Base):
    """An article that can be ordered.

    ``pieces_per_pack`` pieces travel in ``packs_per_set`` packages: a pair of chairs in one carton is 2 and 1, a
    table in two cartons is 1 and 2. ``pack_volume`` is the volume of those packages together.
    """

    __tablename__ = "product"
    __label__ = _l("Product")
    __label_plural__ = _l("Products")
    __table_args__ = (
        check("packs_positive", "pieces_per_pack > 0 AND packs_per_set > 0"),
        check("size_not_negative", "length_mm >= 0 AND width_mm >= 0 AND height_mm >= 0 AND pack_volume >= 0"),
        check("prices_not_negative", "list_price >= 0 AND standard_cost >= 0 AND tax_rate >= 0"),
        check("terms_not_negative", "lead_days >= 0 AND warranty_months >= 0"),
        sort_index("name"),
        sort_index("list_price"),
        sort_index("category", "sku_code"),
        sort_index("reports_until"),
        sort_index("created_at"),
    )
    journal_order_attribute: ClassVar[str | None] = None

    sku_code: Mapped[str] = column(sa.String(40), _l("Article number"), nullable=False, unique=True)
    name: Mapped[str] = column(sa.String(120), _l("Product name"), nullable=False)
    series: Mapped[str | None] = column(sa.String(60), _l("Series"))
    category: Mapped[ProductCategory] = column(
        words(ProductCategory, name="category"), _l("Category"), nullable=False, default=ProductCategory.other
    )
    supply_mode: Mapped[SupplyMode] = column(
        words(SupplyMode, name="supply_mode"), _l("Supply"), nullable=False, default=SupplyMode.stock
    )
    material: Mapped[str | None] = column(sa.String(100), _l("Material"))
    finish: Mapped[str | None] = column(sa.String(60), _l("Surface finish"))
    colour: Mapped[str | None] = column(sa.String(60), _l("Colour"))
    env_grade: Mapped[EnvGrade | None] = column(words(EnvGrade, name="env_grade"), _l("Environmental grade"))
    length_mm: Mapped[int] = column(sa.Integer, _l("Length (mm)"), nullable=False, default=0)
    width_mm: Mapped[int] = column(sa.Integer, _l("Width (mm)"), nullable=False, default=0)
    height_mm: Mapped[int] = column(sa.Integer, _l("Height (mm)"), nullable=False, default=0)
    unit: Mapped[str] = column(sa.String(10), _l("Unit"), nullable=False, default="件")
    pieces_per_pack: Mapped[int] = column(
        sa.Integer,
        _l("Pieces a package set"),
        nullable=False,
        default=1,
        help_text=_l("2 when two chairs travel in one carton."),
    )
    packs_per_set: Mapped[int] = column(
        sa.Integer,
        _l("Packages a set"),
        nullable=False,
        default=1,
        help_text=_l("2 when one table travels in two cartons."),
    )
    pack_volume: Mapped[Decimal] = column(
        Volume(), _l("Packed volume (m³)"), nullable=False, default=Decimal("0.000"), help_text=_l("Of a package set.")
    )
    pack_weight_kg: Mapped[Decimal] = column(
        Fixed(8, 1), _l("Packed weight (kg)"), nullable=False, default=Decimal("0.0"), help_text=_l("Of a package set.")
    )
    needs_install: Mapped[bool] = flag(_l("Needs installation"))
    lead_days: Mapped[int] = column(
        sa.Integer, _l("Lead time (days)"), nullable=False, default=7, help_text=_l("Calendar days.")
    )
    warranty_months: Mapped[int] = column(sa.Integer, _l("Warranty (months)"), nullable=False, default=12)
    list_price: Mapped[Decimal] = column(
        UnitPrice(),
        _l("List price"),
        nullable=False,
        default=Decimal("0.0000"),
        sensitivity=Sensitivity.PRICE,
        help_text=_l("CNY a unit, tax included."),
    )
    standard_cost: Mapped[Decimal] = column(
        UnitPrice(), _l("Standard cost"), nullable=False, default=Decimal("0.0000"), sensitivity=Sensitivity.COST
    )
    tax_rate: Mapped[Decimal] = column(Percent(), _l("Tax rate (%)"), nullable=False, default=Decimal("13.000"))
    is_children: Mapped[bool] = flag(_l("Children's furniture"))
    reports_until: Mapped[date | None] = column(
        sa.Date,
        _l("Test reports valid until"),
        help_text=_l("The first day on which a report that the law asks for runs out; empty while one is missing."),
    )
    is_active: Mapped[bool] = flag(_l("Active"), default=True)
    search_text: Mapped[str] = column(sa.String(400), _l("Search text"), nullable=False, default="")

    stocks: Mapped[list[Stock]] = relationship(
        back_populates="product", order_by="Stock.id", info={"label": _l("Stock")}
    )
    reports: Mapped[list[TestReport]] = relationship(
        back_populates="product", order_by="TestReport.id", info={"label": _l("Test reports")}
    )

    def __str__(self) -> str:
        return self.sku_code


class Stock(Stamped, Base):
    """What a warehouse has of a product; what is not reserved is available."""

    __tablename__ = "stock"
    shown_with: ClassVar[str | None] = "product"
    __label__ = _l("Stock item")
    __label_plural__ = _l("Stock")
    __table_args__ = (
        sa.UniqueConstraint("product_id", "warehouse"),
        check("not_negative", "qty_on_hand >= 0 AND qty_soft >= 0 AND qty_hard >= 0"),
        check("reserved_on_hand", "qty_soft + qty_hard <= qty_on_hand"),
    )
    journal_order_attribute: ClassVar[str | None] = None

    # The unique constraint begins with the product, so the key needs no index of its own.
    product_id: Mapped[int] = reference("product.id", _l("Product"), nullable=False, index=False)
    warehouse: Mapped[str] = column(sa.String(40), _l("Warehouse"), nullable=False, default="main")
    qty_on_hand: Mapped[Decimal] = quantity(_l("On hand"))
    qty_soft: Mapped[Decimal] = quantity(_l("Softly reserved"))
    qty_hard: Mapped[Decimal] = quantity(_l("Firmly reserved"))

    product: Mapped[Product] = relationship(back_populates="stocks")
    reservations: Mapped[list[Reservation]] = relationship(
        back_populates="stock", order_by="Reservation.id", info={"label": _l("Reservations")}
    )

    @property
    def qty_available(self) -> Decimal:
        """On hand and not reserved."""
        return self.qty_on_hand - self.qty_soft - self.qty_hard

    def __str__(self) -> str:
        return self.warehouse


class Reservation(Stamped, Base):
    """What an order line holds of a stock: softly from the review, firmly from the letter."""

    __tablename__ = "reservation"
    __label__ = _l("Reservation")
    __label_plural__ = _l("Reservations")
    __table_args__ = (sa.UniqueConstraint("order_line_id", "stock_id"), check("qty_not_negative", "qty >= 0"))
    journal_order_attribute: ClassVar[str | None] = None

    order_line_id: Mapped[int] = reference("order_line.id", _l("Order line"), nullable=False, index=False)
    stock_id: Mapped[int] = reference("stock.id", _l("Stock item"), nullable=False)
    qty: Mapped[Decimal] = quantity(_l("Quantity"))
    kind: Mapped[ReservationKind] = column(
        words(ReservationKind, name="kind"), _l("Reservation kind"), nullable=False, default=ReservationKind.soft
    )
    expires_at: Mapped[datetime | None] = column(UtcDateTime, _l("Expires at"))

    order_line: Mapped[OrderLine] = relationship(back_populates="reservations")
    stock: Mapped[Stock] = relationship(back_populates="reservations")

    def __str__(self) -> str:
        return f"{self.id}"
