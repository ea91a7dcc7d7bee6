"""Reads of stock that more than one place needs."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from app.kernel.context import Context
from app.services.product.rules import ZERO
from models.product import Stock


def available(ctx: Context, product_id: int) -> Decimal:
    """What is on hand of a product in all warehouses and not reserved."""
    statement = sa.select(sa.func.sum(Stock.qty_on_hand - Stock.qty_soft - Stock.qty_hard))
    return ctx.session.scalar(statement.where(Stock.product_id == product_id)) or ZERO


def locked_stocks(ctx: Context, product_id: int) -> list[Stock]:
    """The stocks of a product, locked and read afresh, always in the same order."""
    statement = sa.select(Stock).where(Stock.product_id == product_id).order_by(Stock.id).with_for_update()
    return list(ctx.session.scalars(statement.execution_options(populate_existing=True)))
