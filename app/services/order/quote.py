"""What an order would cost as it stands in a form: the arithmetic of saving, on rows that are never stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context
from app.kernel.errors import ValidationFailedError
from app.services.order import rules
from app.services.order.actions import ADDRESS_FIELDS, check_line, new_line
from app.services.order.pricing import reprice
from models.customer import CustomerAddress
from models.labels_order import FeeKind, OrderType
from models.order import Order, OrderFee, OrderLine
from models.product import Product

# A typed row: the stored one it changes, or None, and its valid values.
Typed = tuple[Any, Mapping[str, Any]]


def quote_order(
    ctx: Context, stored: Order | None, values: Mapping[str, Any], rows: Mapping[str, Sequence[Typed]]
) -> tuple[Order, Mapping[str, list[Any]]]:
    """A priced order that belongs to no session, and its rows in the order they were given.

    A row that is not complete yet is None, one that is wrong is its ValidationFailedError; both cost nothing.

    Floor and lift come from the chosen or default address where they are not typed, as they do when it is saved.

    Args:
        stored: the draft that is edited, or None.
        rows: ``lines`` and ``fees`` as they are typed.
    """
    with ctx.session.no_autoflush:
        order = Order(order_type=OrderType.retail)
        for name, given in _head(ctx, stored, values).items():
            setattr(order, name, given)
        # A grid that is closed to the person is not typed into: its stored rows count as they are.
        given_lines, given_fees = (
            rows[name] if name in rows else [(row, {}) for row in getattr(stored, name, ())]
            for name in ("lines", "fees")
        )
        products = _products(ctx, given_lines)
        lines = [_line(products, held, typed) for held, typed in given_lines]
        fees = [_fee(held, typed) for held, typed in given_fees]
        order.lines = [line for line in lines if isinstance(line, OrderLine)]
        order.fees = [fee for fee in fees if fee is not None]
        reprice(ctx, order)
    return order, {"lines": lines, "fees": fees}


def _head(ctx: Context, stored: Order | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the price depends on beside the rows, as saving would find it.

    Boxes that still show the stored place were not typed: another address brings its own, another customer without
    one begins anew.
    """
    ids = {name: values.get(name, getattr(stored, name, None)) for name in ("customer_id", "address_id")}
    is_moved = stored is None or ids != {name: getattr(stored, name) for name in ids}
    is_new = stored is None or ids["customer_id"] != stored.customer_id
    found: dict[str, Any] = {}
    if values.get("order_type") is not None or stored is not None:
        found["order_type"] = values.get("order_type") or getattr(stored, "order_type", None)
    address = _address(ctx, ids) if is_moved else {}
    for name in ("floor", "elevator"):
        held = getattr(stored, name, None)
        typed = values.get(name)
        if is_moved and stored is not None and typed == held:
            typed = None
        default = Order.__table__.columns[name].default.arg if is_new and stored is not None else held
        given = next((each for each in (typed, address.get(name), default) if each is not None), None)
        if given is not None:
            found[name] = given
    return found


def _address(ctx: Context, ids: Mapping[str, Any]) -> Mapping[str, Any]:
    """Floor and lift of the chosen address, else of the customer's default one."""
    customer_id, address_id = ids["customer_id"], ids["address_id"]
    statement = sa.select(CustomerAddress).where(CustomerAddress.customer_id == customer_id)
    chosen = CustomerAddress.id == address_id if address_id is not None else CustomerAddress.is_default
    address = ctx.session.scalars(statement.where(chosen).order_by(CustomerAddress.id).limit(1)).one_or_none()
    if address is None:
        return {}
    return {name: getattr(address, source) for name, source in ADDRESS_FIELDS.items() if name in {"floor", "elevator"}}


def _products(ctx: Context, rows: Sequence[Typed]) -> Mapping[int, Product]:
    wanted = {typed.get("product_id") or (held.product_id if held is not None else None) for held, typed in rows}
    statement = sa.select(Product).where(Product.id.in_(wanted - {None}))
    return {product.id: product for product in ctx.session.scalars(statement)}


def _line(
    products: Mapping[int, Product], held: OrderLine | None, typed: Mapping[str, Any]
) -> OrderLine | ValidationFailedError | None:
    own = {key: value for key, value in typed.items() if key != "order_id"}
    if held is not None:
        kept = {name: getattr(held, name) for name in ("list_price", "discount_pct", "qty_ordered", "tax_rate")}
        own = {**kept, "product_id": held.product_id, "qty_cancelled": held.qty_cancelled, **own}
    product = products.get(own.get("product_id") or 0)
    if product is None:
        return None
    line = new_line(product, own)
    try:
        check_line(line)
    except ValidationFailedError as error:
        return error
    return line


def _fee(held: OrderFee | None, typed: Mapping[str, Any]) -> OrderFee | None:
    own = {key: value for key, value in typed.items() if key != "order_id" and value is not None}
    if held is not None:
        own = {"kind": held.kind, "amount": held.amount, "tax_rate": held.tax_rate, **own}
    if own.get("amount") is None or own["amount"] < Decimal(0) or own.get("kind") is FeeKind.upstairs:
        return None
    if not rules.is_tax_rate(own.get("tax_rate", Decimal(0))):
        return None
    return OrderFee(**own)
