"""Creates and changes products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import DuplicateError
from app.services.product import rules
from app.services.product.reports import note_reports
from app.services.product.stock import harden, issue, receive, release, reserve
from models.product import Product

__all__ = [
    "change_product",
    "create_product",
    "harden",
    "issue",
    "receive",
    "release",
    "reserve",
    "set_product_active",
]

KIND = frozenset({"category", "is_children"})


def create_product(ctx: Context, values: Mapping[str, Any]) -> Product:
    """A new article. Raises DuplicateError ``sku_taken``."""
    product = Product(**values)
    _check(ctx, product)
    _index(product)
    ctx.session.add(product)
    ctx.session.flush()
    return product


def change_product(ctx: Context, product: Product, values: Mapping[str, Any]) -> Product:
    """Changes an article. Raises DuplicateError ``sku_taken``."""
    with ctx.session.no_autoflush:
        for name, value in values.items():
            setattr(product, name, value)
        _check(ctx, product)
    _index(product)
    # Another kind of goods needs other reports.
    if KIND & set(values):
        note_reports(ctx, product)
    ctx.session.flush()
    return product


def set_product_active(ctx: Context, product: Product, *, is_active: bool) -> Product:
    """Takes an article out of the range, or back into it. Flushes."""
    product.is_active = is_active
    ctx.session.flush()
    return product


def _check(ctx: Context, product: Product) -> None:
    statement = sa.select(Product.name).where(Product.sku_code == product.sku_code)
    if product.id is not None:
        statement = statement.where(Product.id != product.id)
    if name := ctx.session.scalar(statement.limit(1)):
        raise DuplicateError(
            _l("This article number belongs to “%(name)s” already: choose another one."), code="sku_taken", name=name
        )


def _index(product: Product) -> None:
    product.search_text = rules.search_text(product.sku_code, product.name, product.series)
