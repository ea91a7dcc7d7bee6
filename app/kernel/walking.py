"""A list from its first row to its last, page by page, as exports read it: one statement a page, never all rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context
from app.kernel.filters import DURING, Filter, attribute_of
from app.kernel.listing import ListRequest, ListSpec, conditions, page

PAGE = 500


def canonical(asked: ListRequest) -> list[tuple[str, str]]:
    """The arguments that lead to exactly this list, in one order whatever order they came in. No paging."""
    pairs = sorted(pair for condition in asked.filters for pair in _pairs(condition))
    if asked.quick:
        pairs.append(("q", asked.quick))
    return [*pairs, ("sort", f"-{asked.sort}" if asked.descending else asked.sort)]


def _pairs(condition: Filter) -> Iterator[tuple[str, str]]:
    """The arguments of a condition. This week becomes its days: an approved export does not move with the calendar."""
    if condition.operator != DURING:
        yield from ((condition.key, raw) for raw in condition.raw)
        return
    first, last = condition.values
    if first is not None:
        yield f"{condition.name}__ge", first.isoformat()
    yield f"{condition.name}__le", last.isoformat()


def counted(ctx: Context, spec: ListSpec, asked: ListRequest, most: int) -> int:
    """How many rows match, in one statement that never counts past ``most`` + 1."""
    where = conditions(ctx, spec, asked)
    capped = sa.select(sa.literal(1)).select_from(spec.model).where(*where).limit(most + 1).subquery()
    return int(ctx.session.execute(sa.select(sa.func.count()).select_from(capped)).scalar_one())


def pages(ctx: Context, spec: ListSpec, asked: ListRequest, size: int = PAGE) -> Iterator[list[Any]]:
    """The rows of the list in its order. Each page is emptied out of the session before the next is read."""
    at = replace(asked, cursor=None, backward=False, last=False, size=size, parents=asked.parents)
    key = attribute_of(spec.model, asked.sort).key
    while True:
        found = page(ctx, spec, at)
        if not found.rows:
            return
        last = (getattr(found.rows[-1], key), found.rows[-1].id)
        yield found.rows
        if found.next is None:
            return
        ctx.session.expunge_all()
        at = replace(at, cursor=last)
