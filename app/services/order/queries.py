"""Finds orders that may have been entered already while somebody is typing (clause 12(2))."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.kernel.context import Context
from models.labels import Channel, OrderState
from models.order import Order

DAYS = 7
MOST = 20
SHOWN = 3
ENDED = (OrderState.cancelled, OrderState.rejected)


def alike(
    ctx: Context, values: Mapping[str, Any], known: sa.ColumnElement[bool], pk: int | None
) -> list[tuple[str, Order]]:
    """Orders that look like what is typed, each with the field that says so.

    Args:
        values: customer_id, channel, external_no, and ``goods`` (product id → quantity), as typed.
        known: the rows the actor may know of.
        pk: the order that is being edited.
    """
    base = sa.select(Order).where(known, Order.id != (pk or 0), Order.state.not_in(ENDED))
    found: list[tuple[str, Order]] = []
    if (number := values.get("external_no")) and values.get("channel") in set(Channel):
        same = base.where(Order.external_no == number, Order.channel == Channel(values["channel"]))
        found += [("external_no", order) for order in ctx.session.scalars(same.limit(SHOWN))]
    goods: Mapping[int, Decimal] = values.get("goods") or {}
    if values.get("customer_id") and goods:
        recent = base.where(
            Order.customer_id == values["customer_id"], Order.received_at >= ctx.now - timedelta(days=DAYS)
        )
        listed = recent.order_by(Order.received_at.desc()).limit(MOST).options(selectinload(Order.lines))
        twins = [order for order in ctx.session.scalars(listed) if goods_of(order) == goods]
        found += [("customer_id", order) for order in twins[:SHOWN]]
    return found


def goods_of(order: Order) -> dict[int, Decimal]:
    """How much of which article."""
    found: dict[int, Decimal] = {}
    for line in order.lines:
        found[line.product_id] = found.get(line.product_id, Decimal(0)) + line.qty_ordered
    return found
