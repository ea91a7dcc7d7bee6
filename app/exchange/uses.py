"""Who refers to a record: every foreign key of every table, so that a new table is asked without a line here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from app.exchange.history import chunks
from app.kernel.context import Context
from models.base import Base
from models.customer import Customer, CustomerAddress
from models.exchange import ImportedCustomer, ImportEffect, ImportRow
from models.order import Order, OrderFee, OrderLine

# What belongs to a record and goes with it, and what only remembers where it came from.
OWN: Final[Mapping[type[Any], set[type[Any]]]] = {
    Customer: {CustomerAddress, ImportedCustomer},
    Order: {OrderLine, OrderFee},
}
MEMORY: Final = {ImportRow}


def used(
    ctx: Context, model: type[Any], ids: Iterable[int], batch_id: int, blocked: Iterable[int]
) -> dict[int, list[tuple[str, int]]]:
    """What refers to each record, as (label of the table, how many).

    Orders of the same import do not count, for they are taken back with it, nor those that were taken back before;
    ``blocked`` are those that stay.
    """
    wanted, found = list(ids), defaultdict[int, list[tuple[str, int]]](list)
    stays = set(blocked)
    for other, key in _referring(model):
        own = OWN.get(model, set())
        if other in own or other in MEMORY:
            continue
        for part in chunks(wanted):
            for pk, count in _counts(ctx, other, key, part, batch_id, stays):
                found[pk].append((str(other.__label_plural__), count))
    if model is Order:
        for pk, count in _through_lines(ctx, wanted):
            found[pk].append((str(OrderLine.__label_plural__), count))
    return found


def _referring(model: type[Any]) -> Iterable[tuple[type[Any], sa.Column[Any]]]:
    """Every column of ours that points at a table."""
    for mapper in sorted(Base.registry.mappers, key=lambda each: each.class_.__name__):
        if not issubclass(mapper.class_, Base):
            continue
        for column in mapper.local_table.columns:
            if any(key.column.table is model.__table__ for key in column.foreign_keys):
                yield mapper.class_, column


def _counts(
    ctx: Context, other: type[Any], key: sa.Column[Any], ids: list[int], batch_id: int, stays: set[int]
) -> Iterable[tuple[int, int]]:
    statement = sa.select(key, sa.func.count()).where(key.in_(ids)).group_by(key)
    order = other.id if other is Order else getattr(other, "order_id", None)
    is_of_order = key.references(Order.__table__.c.id)
    if order is not None and not is_of_order:
        brought = sa.select(ImportEffect.entity_id).where(
            sa.or_(ImportEffect.batch_id == batch_id, ImportEffect.undone_at.is_not(None)),
            ImportEffect.entity == "order",
        )
        for part in chunks(stays):
            yield from _pairs(ctx, statement.where(order.in_(part)))
        statement = statement.where(sa.or_(order.is_(None), order.not_in(brought)))
    yield from _pairs(ctx, statement)


def _pairs(ctx: Context, statement: Any) -> Iterable[tuple[int, int]]:
    return [(pk, count) for pk, count in ctx.session.execute(statement)]


def _through_lines(ctx: Context, orders: list[int]) -> Iterable[tuple[int, int]]:
    """Shipments, inspections and whatever else is about a line of an order."""
    for other, key in _referring(OrderLine):
        if other in MEMORY:
            continue
        for part in chunks(orders):
            statement = (
                sa.select(OrderLine.order_id, sa.func.count())
                .join(other, key == OrderLine.id)
                .where(OrderLine.order_id.in_(part))
                .group_by(OrderLine.order_id)
            )
            yield from _pairs(ctx, statement)
