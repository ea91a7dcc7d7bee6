"""What a list adds up to: rows by word of a vocabulary, and sums of amounts. One statement each, capped.

Neither walks a million rows: a word is counted to a cap (an index leads to its rows), and sums are not given where
more rows match than can be added up while somebody waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context
from app.kernel.filters import attribute_of
from app.kernel.listing import ListRequest, ListSpec, conditions

WORD_CAP = 999
SUM_CAP = 20_000


@dataclass(frozen=True)
class Sums:
    """How many rows were added up, and the sums by column; no sums where there are too many rows."""

    count: int
    values: dict[str, Any]

    @property
    def is_complete(self) -> bool:
        """Whether the sums are given."""
        return self.count <= SUM_CAP


def words_of(model: type[Any], name: str) -> list[Any]:
    """The values that a column of words can have."""
    kind = attribute_of(model, name).type
    return [True, False] if isinstance(kind, sa.Boolean) else list(kind.enum_class)


def by_word(ctx: Context, spec: ListSpec, asked: ListRequest, names: Sequence[str]) -> dict[str, dict[Any, int]]:
    """The rows by each value of the columns, up to the cap and one more; the chosen word of a column does not count."""
    parts, keys = [], []
    for name in names:
        column = attribute_of(spec.model, name)
        others = tuple(each for each in asked.filters if each.name != name or each.operator != "eq")
        where = conditions(ctx, spec, replace(asked, filters=others, parents=asked.parents))
        for value in words_of(spec.model, name):
            capped = (
                sa.select(sa.literal(1)).select_from(spec.model).where(*where, column == value).limit(WORD_CAP + 1)
            ).subquery()
            parts.append(sa.select(sa.func.count()).select_from(capped).scalar_subquery())
            keys.append((name, value))
    found: dict[str, dict[Any, int]] = {name: {} for name in names}
    if parts:
        row = ctx.session.execute(sa.select(*(part.label(f"n{place}") for place, part in enumerate(parts)))).one()
        for (name, value), count in zip(keys, row, strict=True):
            found[name][value] = count
    return found


def sums(ctx: Context, spec: ListSpec, asked: ListRequest, names: Sequence[str]) -> Sums:
    """The sums of columns over the rows of the filter. The caller names only columns the actor sees in full."""
    columns = [attribute_of(spec.model, name).label(name) for name in names]
    inner = sa.select(*columns).where(*conditions(ctx, spec, asked)).limit(SUM_CAP + 1).subquery()
    row = ctx.session.execute(sa.select(sa.func.count(), *(sa.func.sum(inner.c[name]) for name in names))).one()
    return Sums(row[0], dict(zip(names, row[1:], strict=True)))
