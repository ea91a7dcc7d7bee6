"""The lines of the order that a form was opened from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from app.kernel.context import Context
from app.security import scopes
from models.order import OrderLine
from views.forms import is_id


def lines_asked_for(ctx: Context, arguments: Mapping[str, str]) -> Sequence[OrderLine]:
    """Those the person sees, by ``order_id`` of the address, or the one of ``order_line_id``; none without an order."""
    order_id, line_id = arguments.get("order_id", ""), arguments.get("order_line_id", "")
    if not is_id(order_id):
        return []
    statement = sa.select(OrderLine).where(OrderLine.order_id == int(order_id), scopes.order_line(ctx.actor))
    if is_id(line_id):
        statement = statement.where(OrderLine.id == int(line_id))
    return ctx.session.scalars(statement.order_by(OrderLine.line_no)).all()
