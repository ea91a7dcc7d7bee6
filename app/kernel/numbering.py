"""Document numbers: ``PREFIX-YYYYMMDD-NNNN`` with the Shanghai day on which they are given (domain/04 4.4).

The counter row is locked in the transaction that uses the number: unique, never reused, gaps only where a
transaction rolls back before anybody has seen the number.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.dialects import postgresql, sqlite

from app.kernel.context import Context
from models.numbering import NumberCounter

EPOCH = date(1970, 1, 1)  # the day of counters that run for ever


def next_value(ctx: Context, prefix: str, day: date) -> int:
    """The next value of a counter, from 1. The row stays locked until the transaction ends."""
    dialect = ctx.session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = (
        insert(NumberCounter)
        .values(prefix=prefix, day=day, value=1)
        .on_conflict_do_update(index_elements=["prefix", "day"], set_={"value": NumberCounter.value + 1})
        .returning(NumberCounter.value)
    )
    return int(ctx.session.execute(statement).scalar_one())


def next_number(ctx: Context, prefix: str) -> str:
    """The next number of today, as ``SO-20261124-0001``; above 9999 it grows to five digits."""
    return f"{prefix}-{ctx.today:%Y%m%d}-{next_value(ctx, prefix, ctx.today):04d}"


def next_code(ctx: Context, prefix: str, digits: int) -> str:
    """The next code without a date, as ``CUS-00000812``."""
    return f"{prefix}-{next_value(ctx, prefix, EPOCH):0{digits}d}"
