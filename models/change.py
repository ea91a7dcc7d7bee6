"""Change requests: the only way a confirmed order becomes another one. Clause 15."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    FREE_TEXT,
    Base,
    Json,
    Percent,
    Quantity,
    Sensitivity,
    Stamped,
    Stateful,
    UnitPrice,
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
from models.labels import ChangeKind, ChangeSide, ChangeState, LineStage

if TYPE_CHECKING:
    from models.order import Order, OrderLine
    from models.product import Product

OPEN = "state IN ('asked', 'offered', 'accepted', 'pending_approval')"


class ChangeRequest(Stateful, Base):
    """What somebody wants to be otherwise in a confirmed order; what is empty stays as it is. Clause 15."""

    __tablename__ = "change_request"
    __label__ = _l("Change request")
    __label_plural__ = _l("Change requests")
    __table_args__ = (
        check("fee_not_negative", "fee_amount >= 0 AND extra_amount >= 0 AND refund_amount >= 0"),
        check("applied_is_dated", "state <> 'applied' OR applied_at IS NOT NULL"),
        unique_where("uq_change_request_open", "order_id", condition=OPEN),
        sort_index("state", "state_since"),
        sort_index("asked_at"),
        sort_index("created_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    change_no: Mapped[str] = column(sa.String(30), _l("Change number"), nullable=False, unique=True)
    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False)
    side: Mapped[ChangeSide] = column(
        words(ChangeSide, name="side"), _l("Wanted by"), nullable=False, default=ChangeSide.customer
    )
    kind: Mapped[ChangeKind] = column(
        words(ChangeKind, name="kind"), _l("Change kind"), nullable=False, default=ChangeKind.specification
    )
    note: Mapped[str | None] = column(
        sa.Text, _l("How it was asked"), info=FREE_TEXT, help_text=_l("A call is written down and confirmed back.")
    )
    asked_at: Mapped[datetime] = column(UtcDateTime, _l("Asked at"), nullable=False)
    promised_on: Mapped[date | None] = column(sa.Date, _l("New promised date"))
    receiver_name: Mapped[str | None] = column(sa.String(60), _l("New receiver"), sensitivity=Sensitivity.NAME)
    receiver_phone: Mapped[str | None] = column(
        sa.String(20), _l("New receiver's phone"), sensitivity=Sensitivity.PHONE
    )
    ship_province: Mapped[str | None] = column(sa.String(40), _l("New province"))
    ship_city: Mapped[str | None] = column(sa.String(40), _l("New city"), sensitivity=Sensitivity.CITY)
    ship_district: Mapped[str | None] = column(sa.String(40), _l("New district"), sensitivity=Sensitivity.ADDRESS)
    ship_address: Mapped[str | None] = column(
        sa.String(200), _l("New street, building, room"), sensitivity=Sensitivity.ADDRESS
    )
    floor: Mapped[int | None] = column(sa.Integer, _l("New floor"))
    extra_amount: Mapped[Decimal] = money(
        _l("Rework and material"), help_text=_l("What the change costs beside the new price of the goods.")
    )
    fee_amount: Mapped[Decimal] = money(_l("Change fee"))
    stage: Mapped[LineStage] = column(
        words(LineStage, name="stage"), _l("Furthest stage"), nullable=False, default=LineStage.s1
    )
    total_before_amount: Mapped[Decimal] = money(_l("Total before"))
    total_after_amount: Mapped[Decimal] = money(_l("Total after"))
    refund_amount: Mapped[Decimal] = money(_l("To be refunded"))
    promised_before_on: Mapped[date | None] = column(sa.Date, _l("Promised before"))
    tasks_affected: Mapped[int] = column(sa.Integer, _l("Tasks affected"), nullable=False, default=0)
    shipments_affected: Mapped[int] = column(sa.Integer, _l("Shipments affected"), nullable=False, default=0)
    stock_short: Mapped[str | None] = column(sa.String(200), _l("Stock that is short"))
    needs_approval: Mapped[bool] = flag(_l("Committee decides"))
    order_mark: Mapped[str | None] = column(sa.String(64), _l("Mark of the order at the preview"))
    production_opinion: Mapped[str | None] = column(sa.String(400), _l("Production says"), info=FREE_TEXT)
    finance_opinion: Mapped[str | None] = column(sa.String(400), _l("Finance says"), info=FREE_TEXT)
    logistics_opinion: Mapped[str | None] = column(sa.String(400), _l("Logistics says"), info=FREE_TEXT)
    accepted_how: Mapped[str | None] = column(sa.String(400), _l("How the customer accepted"), info=FREE_TEXT)
    applied_at: Mapped[datetime | None] = column(UtcDateTime, _l("Applied at"))
    state: Mapped[ChangeState] = column(
        state_words(ChangeState), _l("State"), nullable=False, default=ChangeState.asked
    )

    order: Mapped[Order] = relationship()
    lines: Mapped[list[ChangeLine]] = relationship(
        back_populates="change_request", order_by="ChangeLine.id", info={"label": _l("Changed lines")}
    )

    def __str__(self) -> str:
        return self.change_no


class ChangeLine(Stamped, Base):
    """What becomes of one line: what is empty stays. Without a line it is a new one, of a product."""

    __tablename__ = "change_line"
    shown_with: ClassVar[str | None] = "order_line"
    __label__ = _l("Changed line")
    __label_plural__ = _l("Changed lines")
    __table_args__ = (
        unique_where(
            "uq_change_line_line", "change_request_id", "order_line_id", condition="order_line_id IS NOT NULL"
        ),
        check("line_or_product", "order_line_id IS NOT NULL OR (product_id IS NOT NULL AND qty_ordered IS NOT NULL)"),
        check("qty_positive", "qty_ordered IS NULL OR qty_ordered > 0"),
        check("price_not_negative", "list_price IS NULL OR list_price >= 0"),
    )

    change_request_id: Mapped[int] = reference("change_request.id", _l("Change request"), nullable=False)
    order_line_id: Mapped[int | None] = reference(
        "order_line.id", _l("Order line"), help_text=_l("Empty for a further article.")
    )
    product_id: Mapped[int | None] = reference("product.id", _l("Product"), help_text=_l("Of a further article."))
    qty_ordered: Mapped[Decimal | None] = column(Quantity(), _l("New quantity"))
    description: Mapped[str | None] = column(sa.String(200), _l("New description"))
    length_mm: Mapped[int | None] = column(sa.Integer, _l("New length (mm)"))
    width_mm: Mapped[int | None] = column(sa.Integer, _l("New width (mm)"))
    height_mm: Mapped[int | None] = column(sa.Integer, _l("New height (mm)"))
    material: Mapped[str | None] = column(sa.String(100), _l("New material"))
    finish: Mapped[str | None] = column(sa.String(60), _l("New surface finish"))
    colour: Mapped[str | None] = column(sa.String(60), _l("New colour"))
    list_price: Mapped[Decimal | None] = column(UnitPrice(), _l("New list price"), sensitivity=Sensitivity.PRICE)
    discount_pct: Mapped[Decimal | None] = column(Percent(), _l("New discount (%)"), sensitivity=Sensitivity.PRICE)
    stage: Mapped[LineStage] = column(words(LineStage, name="stage"), _l("Stage"), nullable=False, default=LineStage.s1)
    # Values by the line's columns, worded when read; prices are told by the totals.
    before: Mapped[dict[str, Any] | None] = column(Json, _l("Before"))
    after: Mapped[dict[str, Any] | None] = column(Json, _l("After"))

    change_request: Mapped[ChangeRequest] = relationship(back_populates="lines")
    order_line: Mapped[OrderLine | None] = relationship()
    product: Mapped[Product | None] = relationship()

    def __str__(self) -> str:
        return f"{self.id}"
