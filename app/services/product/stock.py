"""Reserves, releases, issues and receives stock; rows are locked, so that nothing falls below zero.

Quantities on order lines (``qty_reserved``) belong to the order: the reactions keep them.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import DomainError
from app.services.product import rules
from app.services.product.queries import locked_stocks
from models.labels import ReservationKind
from models.order import OrderLine
from models.product import Product, Reservation, Stock

SOFT_HOURS = 48  # clause 13(1): a review holds stock for two days
MAIN = "main"


def reserve(ctx: Context, line: OrderLine, qty: Decimal, kind: ReservationKind) -> list[Reservation]:
    """Holds stock for a line: softly for 48 hours, or hard until it is issued. Clause 13(1).

    What a line already holds hard stays hard. Raises DomainError ``stock_short``.
    """
    ctx.session.flush()
    stocks = locked_stocks(ctx, line.product_id)
    parts = rules.spread(qty, [stock.qty_available for stock in stocks])
    if sum(parts, rules.ZERO) < qty:
        raise _short(line.product, sum((stock.qty_available for stock in stocks), rules.ZERO))
    held = {reservation.stock_id: reservation for reservation in _reservations(ctx, line)}
    found = []
    for stock, part in zip(stocks, parts, strict=True):
        if part > rules.ZERO:
            reservation = held.get(stock.id)
            if reservation is None:
                reservation = Reservation(order_line_id=line.id, stock_id=stock.id, kind=kind, qty=rules.ZERO)
                ctx.session.add(reservation)
            elif kind is ReservationKind.hard:
                _make_hard(stock, reservation)
            _hold(stock, reservation, part)
            if reservation.kind is ReservationKind.soft:
                reservation.expires_at = ctx.now + timedelta(hours=SOFT_HOURS)
            found.append(reservation)
    ctx.session.flush()
    return found


def harden(ctx: Context, line: OrderLine) -> Decimal:
    """Makes everything a line holds hard; returns how much it holds.

    What the line still needs and does not hold (its soft reservation was released) is reserved now.

    Raises:
        DomainError: ``stock_short``.
    """
    ctx.session.flush()
    stocks = {stock.id: stock for stock in locked_stocks(ctx, line.product_id)}
    held = rules.ZERO
    for reservation in _reservations(ctx, line):
        _make_hard(stocks[reservation.stock_id], reservation)
        held += reservation.qty
    ctx.session.flush()
    needed = line.qty_net - (line.qty_shipped - line.qty_back)
    if needed > held:
        reserve(ctx, line, needed - held, ReservationKind.hard)
    return max(needed, held)


def release(ctx: Context, line: OrderLine, qty: Decimal | None = None) -> Decimal:
    """Gives back what a line holds, at most ``qty``; returns how much."""
    ctx.session.flush()
    stocks = {stock.id: stock for stock in locked_stocks(ctx, line.product_id)}
    reservations = _reservations(ctx, line)
    held = [reservation.qty for reservation in reservations]
    parts = rules.spread(sum(held, rules.ZERO) if qty is None else qty, held)
    for reservation, part in zip(reservations, parts, strict=True):
        _let_go(ctx, stocks[reservation.stock_id], reservation, part)
    ctx.session.flush()
    return sum(parts, rules.ZERO)


def issue(ctx: Context, line: OrderLine, qty: Decimal) -> None:
    """Goods leave the warehouse: what the line holds first, then what is free. Raises DomainError ``stock_short``."""
    ctx.session.flush()
    stocks = {stock.id: stock for stock in locked_stocks(ctx, line.product_id)}
    reservations = _reservations(ctx, line)
    parts = rules.spread(qty, [reservation.qty for reservation in reservations])
    for reservation, part in zip(reservations, parts, strict=True):
        stock = stocks[reservation.stock_id]
        _let_go(ctx, stock, reservation, part)
        stock.qty_on_hand -= part
    rest = qty - sum(parts, rules.ZERO)
    free = rules.spread(rest, [stock.qty_available for stock in stocks.values()])
    if sum(free, rules.ZERO) < rest:
        raise _short(line.product, sum((stock.qty_available for stock in stocks.values()), rules.ZERO))
    for stock, part in zip(stocks.values(), free, strict=True):
        stock.qty_on_hand -= part
    ctx.session.flush()


def receive(ctx: Context, product: Product, qty: Decimal, warehouse: str = MAIN) -> Stock:
    """Goods come into a warehouse. Raises DomainError ``bad_quantity``."""
    if qty <= rules.ZERO:
        raise DomainError(_l("What comes in is above zero: correct the quantity."), code="bad_quantity")
    ctx.session.flush()
    stock = next((stock for stock in locked_stocks(ctx, product.id) if stock.warehouse == warehouse), None)
    if stock is None:
        stock = Stock(product_id=product.id, warehouse=warehouse)
        ctx.session.add(stock)
    stock.qty_on_hand += qty
    ctx.session.flush()
    return stock


def _reservations(ctx: Context, line: OrderLine) -> list[Reservation]:
    statement = sa.select(Reservation).where(Reservation.order_line_id == line.id).order_by(Reservation.id)
    return list(ctx.session.scalars(statement.execution_options(populate_existing=True)))


def _hold(stock: Stock, reservation: Reservation, qty: Decimal) -> None:
    reservation.qty += qty
    if reservation.kind is ReservationKind.hard:
        stock.qty_hard += qty
    else:
        stock.qty_soft += qty


def _make_hard(stock: Stock, reservation: Reservation) -> None:
    if reservation.kind is ReservationKind.hard:
        return
    stock.qty_soft -= reservation.qty
    stock.qty_hard += reservation.qty
    reservation.kind = ReservationKind.hard
    reservation.expires_at = None


def _let_go(ctx: Context, stock: Stock, reservation: Reservation, qty: Decimal) -> None:
    reservation.qty -= qty
    if reservation.kind is ReservationKind.hard:
        stock.qty_hard -= qty
    else:
        stock.qty_soft -= qty
    if reservation.qty == rules.ZERO:
        ctx.session.delete(reservation)


def _short(product: Product, available: Decimal) -> DomainError:
    return DomainError(
        _l("Only %(available)s of %(sku)s are available: reduce the quantity or wait for new stock."),
        code="stock_short",
        available=f"{available:f}",
        sku=product.sku_code,
    )
