"""Use cases of order entry: orders, lines and fees while the order is a draft, and the import of past orders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l

from app.kernel.context import LOCAL_ZONE, Context, entered
from app.kernel.engine import fire
from app.kernel.errors import DomainError, FixedValueError, InUseError, NotFoundError, ValidationFailedError
from app.kernel.numbering import next_number
from app.services.order import flags, guards, rules
from app.services.order.pricing import content_of, reprice
from models.customer import Customer, CustomerAddress
from models.labels_order import Channel, OrderOrigin, OrderState
from models.order import Order, OrderFee, OrderLine
from models.product import Product

Row = TypeVar("Row")
ZERO = Decimal(0)
ADDRESS_FIELDS = {
    "receiver_name": "contact_name",
    "receiver_phone": "contact_phone",
    "ship_province": "province",
    "ship_city": "city",
    "ship_district": "district",
    "ship_address": "detail",
    "floor": "floor",
    "elevator": "elevator",
}
FROM_PRODUCT = (
    "length_mm",
    "width_mm",
    "height_mm",
    "material",
    "finish",
    "colour",
    "unit",
    "list_price",
    "tax_rate",
    "supply_mode",
    "lead_days",
    "needs_install",
    "warranty_months",
)
# What a tender has awarded.
AWARDED = ("product_id", "qty_ordered", "list_price", "discount_pct")
BEFORE_LETTER = (OrderState.draft, OrderState.pending_approval, OrderState.approved)


def create_order(ctx: Context, values: Mapping[str, Any]) -> Order:
    """A draft with its number; received now unless the message says when. Clause 12(1).

    ``lines`` and ``fees`` may be given as lists of their own values. The delivery address is copied from the
    customer's address, so that a later move does not change what was agreed.

    Raises:
        ValidationFailedError: received in the future, or an address of another customer.
    """
    own = {key: value for key, value in values.items() if key not in ("lines", "fees")}
    own.setdefault("received_at", ctx.now)
    if own["received_at"] > ctx.now:
        raise ValidationFailedError({"received_at": [str(_l("The moment of receipt lies in the future."))]})
    order = Order(order_no=next_number(ctx, "SO"), **own)
    ctx.session.add(order)
    order.customer = _get(ctx, Customer, own["customer_id"])
    copy_address(ctx, order, typed=own)
    ctx.session.flush()
    for line in values.get("lines") or ():
        add_line(ctx, {**line, "order_id": order.id})
    for fee in values.get("fees") or ():
        add_fee(ctx, {**fee, "order_id": order.id})
    _check_caps(ctx, order)
    return order


def change_order(ctx: Context, order: Order, values: Mapping[str, Any]) -> Order:
    """Edits an order before its letter: what was reviewed or approved does not hold for another content.

    A confirmed order changes by a change request only. Clause 4(4).

    Raises:
        DomainError: ``not_draft``.
        FixedValueError: the moment of receipt.
    """
    require_open(order)
    if "received_at" in values and values["received_at"] != order.received_at:
        raise FixedValueError
    address_changed = values.get("address_id", order.address_id) != order.address_id
    customer_changed = values.get("customer_id", order.customer_id) != order.customer_id
    if customer_changed:
        order.customer = _get(ctx, Customer, values["customer_id"])
        forget_address(order)
    for key, value in values.items():
        setattr(order, key, value)
    if address_changed or customer_changed:
        copy_address(ctx, order, typed=values)
    settle(ctx, order)
    if {"deposit_amount", "bond_amount", "award_amount"} & set(values):
        _check_caps(ctx, order)
    ctx.session.flush()
    return order


def _check_caps(ctx: Context, order: Order) -> None:
    """Raises ValidationFailedError for a deposit or bond above its cap; without goods the submission looks again."""
    wrong = {}
    if order.lines and (reason := guards.deposit_fault(ctx, order)) is not None:
        wrong["deposit_amount"] = [str(reason)]
    is_known = order.lines or order.award_amount
    if is_known and (reason := guards.bond_fault(ctx, order, order.bond_amount)) is not None:
        wrong["bond_amount"] = [str(reason)]
    if wrong:
        raise ValidationFailedError(wrong)


def forget_address(order: Order) -> None:
    """Another customer does not live at the first one's address."""
    order.address_id = None
    for name in ADDRESS_FIELDS:
        default = Order.__table__.columns[name].default
        setattr(order, name, default.arg if default is not None else None)


def copy_address(ctx: Context, order: Order, *, typed: Mapping[str, Any]) -> None:
    """Copies the chosen (or the customer's default) address into the order; what was typed stays as it is."""
    with ctx.session.no_autoflush:
        address = _address(ctx, order)
    if address is None:
        return
    for target, source in ADDRESS_FIELDS.items():
        if typed.get(target) is None:
            setattr(order, target, getattr(address, source))


def _address(ctx: Context, order: Order) -> CustomerAddress | None:
    if order.address_id is not None:
        address = ctx.session.get(CustomerAddress, order.address_id)
        if address is None or address.customer_id != order.customer_id:
            raise ValidationFailedError({"address_id": [str(_l("This address belongs to another customer."))]})
        return address
    return next((address for address in order.customer.addresses if address.is_default), None)


def add_line(ctx: Context, values: Mapping[str, Any]) -> OrderLine:
    """Adds goods to a draft: what is not given comes from the product. Raises DomainError ``not_draft``."""
    order = _draft(ctx, values["order_id"])
    line = new_line(_get(ctx, Product, values["product_id"]), values)
    line.line_no = max((other.line_no for other in order.lines), default=0) + 1
    check_line(line)
    order.lines.append(line)
    settle(ctx, order)
    return line


def new_line(product: Product, values: Mapping[str, Any]) -> OrderLine:
    """A line as it is typed, completed from its product; it belongs to no order yet."""
    given = {key: value for key, value in values.items() if value is not None}
    defaults = {name: getattr(product, name) for name in FROM_PRODUCT}
    line = OrderLine(**{"description": product.name, **defaults, **given})
    line.product = product
    return line


def change_line(ctx: Context, line: OrderLine, values: Mapping[str, Any]) -> OrderLine:
    """Edits a line before the letter. Raises DomainError ``not_draft``, ``award_locked``."""
    order = _draft(ctx, line.order_id)
    _keep_award(order, line, values)
    if values.get("product_id", line.product_id) != line.product_id:
        line.product = _get(ctx, Product, values["product_id"])
    for key, value in values.items():
        setattr(line, key, value)
    check_line(line)
    settle(ctx, order)
    return line


def settle(ctx: Context, order: Order) -> None:
    """Prices an order after a change; between review and letter its approval lapses with the content. Clause 13(2)."""
    reprice(ctx, order)
    ctx.session.flush()
    if order.state is OrderState.draft or order.content_hash == rules.content_hash(content_of(order)):
        return
    was_escalated = bool(order.approvals)
    fire(ctx, order, "lapse" if was_escalated and flags.findings(ctx, order) else "review_again")


def _keep_award(order: Order, line: OrderLine, values: Mapping[str, Any]) -> None:
    """Price and article of a tender are as awarded. Raises DomainError ``award_locked``."""
    if order.award_amount == ZERO or order.goods_amount != order.award_amount:
        return
    if any(name in values and values[name] != getattr(line, name) for name in AWARDED):
        raise DomainError(
            _l("This line is as it was awarded: article, quantity and price of a tender are not changed."),
            code="award_locked",
        )


def remove_line(ctx: Context, line: OrderLine) -> None:
    """Takes goods out of a draft. Raises DomainError ``not_draft``; InUseError where other records speak of it."""
    order = _draft(ctx, line.order_id)
    require_draft(order)
    if line.reservations or line.tasks:
        raise InUseError
    order.lines.remove(line)
    ctx.session.delete(line)
    reprice(ctx, order)
    ctx.session.flush()


def check_line(line: OrderLine) -> None:
    """A line is for goods on sale, above zero, at a discount of 0 to 100 %. Raises ValidationFailedError."""
    wrong = {}
    if not line.product.is_active:
        wrong["product_id"] = [str(_l("This product is no longer sold: choose another."))]
    if line.qty_ordered is None or line.qty_ordered <= ZERO:
        wrong["qty_ordered"] = [str(_l("The quantity must be above zero."))]
    line.discount_pct = line.discount_pct or ZERO
    if not ZERO <= line.discount_pct <= Decimal(100):
        wrong["discount_pct"] = [str(_l("A discount lies between 0 and 100."))]
    if wrong:
        raise ValidationFailedError(wrong)


def add_fee(ctx: Context, values: Mapping[str, Any]) -> OrderFee:
    """Adds a price-marked service to a draft. Raises DomainError ``not_draft``."""
    order = _draft(ctx, values["order_id"])
    fee = OrderFee(**values)
    fee.tax_rate = fee.tax_rate if fee.tax_rate is not None else Decimal(13)
    _check_fee(fee)
    order.fees.append(fee)
    reprice(ctx, order)
    if fee not in order.fees:
        raise ValidationFailedError({"kind": [str(_l("This value is not allowed here."))]})
    settle(ctx, order)
    return fee


def change_fee(ctx: Context, fee: OrderFee, values: Mapping[str, Any]) -> OrderFee:
    """Edits a fee of a draft. Raises DomainError ``not_draft``."""
    order = _draft(ctx, fee.order_id)
    for key, value in values.items():
        setattr(fee, key, value)
    with ctx.session.no_autoflush:
        _check_fee(fee)
    settle(ctx, order)
    return fee


def _check_fee(fee: OrderFee) -> None:
    """Raises ValidationFailedError for money below zero and rates that are no share."""
    if fee.amount is None or fee.amount < ZERO:
        raise ValidationFailedError({"amount": [str(_l("A fee is not below zero."))]})
    if not rules.is_tax_rate(fee.tax_rate):
        raise ValidationFailedError({"tax_rate": [str(_l("A tax rate is 0 to 100 per cent."))]})


def remove_fee(ctx: Context, fee: OrderFee) -> None:
    """Takes a service out of a draft. Raises DomainError ``not_draft``."""
    order = _draft(ctx, fee.order_id)
    order.fees.remove(fee)
    ctx.session.delete(fee)
    settle(ctx, order)


def require_draft(order: Order) -> None:
    """Only of a draft something is taken away. Raises DomainError ``not_draft``."""
    require_open(order, (OrderState.draft,))


def require_open(order: Order, states: tuple[OrderState, ...] = BEFORE_LETTER) -> None:
    """An order is edited until its letter, not while somebody reviews it. Raises DomainError ``not_draft``."""
    if order.state not in states:
        message = _l("The order has left entry: send it back, or ask for a change request once it is confirmed.")
        error = DomainError(message, code="not_draft")
        error.status = 409  # type: ignore[misc]
        raise error


def import_history(ctx: Context, values: Mapping[str, Any]) -> Order:
    """A past order with its real dates, completed by the declared step, never by assigning a state.

    Args:
        values: external_no, order_type, customer_id, ordered_on, completed_on (dates), source, and ``lines``:
            product_id, qty_ordered, qty_returned, list_price, discount_pct, unit_price, line_amount, tax_rate,
            tax_amount. Amounts are taken as given: they are what was charged.
    """
    ordered = datetime.combine(values["ordered_on"], time(), LOCAL_ZONE)
    past = ctx.at(ordered)
    order = Order(
        order_no=next_number(past, "SO"),
        order_type=values["order_type"],
        channel=Channel.other,
        external_no=values["external_no"],
        customer_id=values["customer_id"],
        received_at=ordered,
        ship_province=values.get("province"),
        ship_city=values.get("city"),
        origin=OrderOrigin.imported,
    )
    for number, given in enumerate(values["lines"], 1):
        order.lines.append(_past_line(number, given))
    order.goods_amount = sum((line.line_amount for line in order.lines), ZERO)
    order.tax_amount = sum((line.tax_amount for line in order.lines), ZERO)
    order.total_amount = order.goods_amount
    order.net_amount = order.total_amount - order.tax_amount
    with entered(past):
        ctx.session.add(order)
        ctx.session.flush()
    done = ctx.at(datetime.combine(values["completed_on"], time(), LOCAL_ZONE))
    data = {"completed_on": values["completed_on"].isoformat(), "source": values["source"]}
    # The journal keeps both: the day on which it happened, and when it was recorded.
    with entered(done):
        fire(done, order, "import_history", data)
    return order


def _past_line(number: int, given: Mapping[str, Any]) -> OrderLine:
    line = OrderLine(line_no=number, **given)
    for name in rules.FULL_HISTORY:
        setattr(line, name, given["qty_ordered"])
    return line


def _draft(ctx: Context, order_id: int) -> Order:
    order = _get(ctx, Order, order_id)
    ctx.session.refresh(order, with_for_update=True)
    require_open(order)
    return order


def _get(ctx: Context, model: type[Row], pk: int) -> Row:
    found = ctx.session.get(model, pk)
    if found is None:
        raise NotFoundError
    return found
