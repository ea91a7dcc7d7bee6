"""Runs a chart: one SQL aggregate inside the row scope, then a small frame with every bucket in its place.

Figures stay exact (``Decimal`` and ``int``); floats appear in ``app.charts.option`` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from types import FunctionType
from typing import Any

import pandas as pd
import sqlalchemy as sa

from app.charts.choice import drill_pairs
from app.charts.definition import Asked, Axis, Figure, Measure, Pairs, Rate
from app.charts.moments import Grain, bucket, span, start_of, text_of
from app.kernel.context import local_midnight
from app.kernel.errors import PermissionDeniedError
from models.base import UtcDateTime

# More buckets than a picture can show; above it gaps are left out instead of filled.
MOST_BUCKETS = 240
ONE_PLACE = Decimal("0.1")


def time_axis(column: Any, grain: Grain, label: Any, *, nothing: Any = None) -> Axis:
    """The axis of local weeks or months of a column."""

    def text(key: date) -> str:
        return text_of(key, grain)

    options = {} if nothing is None else {"nothing": nothing}
    return Axis(grain.value, label, bucket(column, grain), grain=grain, text=text, **options)


def period_clauses(asked: Asked, column: Any) -> list[sa.ColumnElement[bool]]:
    """The chosen period as conditions on a moment or a day."""
    choice, found = asked.choice, []
    is_moment = isinstance(column.type, UtcDateTime)
    if choice.since is not None:
        found.append(column >= (local_midnight(choice.since) if is_moment else choice.since))
    if choice.until is not None:
        if is_moment:
            found.append(column < local_midnight(date.fromordinal(choice.until.toordinal() + 1)))
        else:
            found.append(column <= choice.until)
    return found


def conditions(asked: Asked) -> list[sa.ColumnElement[bool]]:
    """Row scope, fixed conditions, chosen words and period; rows without a date stay where time is the axis."""
    chart = asked.chart
    found = [asked.scope(chart.subject, asked.actor), *chart.where]
    found += [getattr(chart.subject, name).in_(words) for name, words in asked.choice.words.items()]
    if chart.period is None:
        return found
    column = getattr(chart.subject, chart.period.column)
    within = period_clauses(asked, column)
    if within and asked.choice.axis.grain is not None and column.property.columns[0].nullable:
        return [*found, sa.or_(sa.and_(*within), column.is_(None))]
    return found + within


def aggregate(asked: Asked) -> sa.Select[Any]:
    """The plain aggregate over the subject: bucket, part, measures."""
    keys = [_sql(asked.choice.axis, asked).label("bucket")]
    if asked.chart.split is not None:
        keys.append(_sql(asked.chart.split, asked).label("part"))
    figures = [measure.expression.label(measure.name) for measure in asked.measures()]
    return (
        sa.select(*keys, *figures)
        .select_from(asked.chart.subject)
        .where(*conditions(asked))
        .group_by(*(sa.literal_column(str(place + 1)) for place in range(len(keys))))
    )


def _sql(axis: Axis, asked: Asked) -> Any:
    return axis.key(asked) if isinstance(axis.key, FunctionType) else axis.key


@dataclass(frozen=True)
class Result:
    """The figures of a chart: for each measure a frame of buckets (rows) by parts (columns, one where no split is)."""

    asked: Asked
    buckets: Sequence[Any]
    parts: Sequence[Any]
    frames: dict[str, pd.DataFrame]

    @cached_property
    def _cells(self) -> dict[str, list[list[Any]]]:
        return {name: frame.to_numpy().tolist() for name, frame in self.frames.items()}

    @cached_property
    def _rows(self) -> dict[Any, int]:
        return {key: place for place, key in enumerate(self.buckets)}

    @cached_property
    def _columns(self) -> dict[Any, int]:
        return {key: place for place, key in enumerate(self.parts)}

    @property
    def is_empty(self) -> bool:
        """True where there is nothing but zeros."""
        return not any(any(any(row) for row in rows) for rows in self._cells.values())

    @cached_property
    def _measures(self) -> dict[str, Measure]:
        return {measure.name: measure for measure in self.asked.measures()}

    @cached_property
    def _texts(self) -> dict[tuple[str, Any], str]:
        return {}

    def measure(self, name: str) -> Measure:
        """A measure the actor may see."""
        return self._measures[name]

    def value(self, measure: str, bucket_key: Any, part: Any = None) -> Any:
        """One figure."""
        return self._cells[measure][self._rows[bucket_key]][self._columns[part]]

    def drawn(self, figure: Figure) -> list[Any]:
        """The buckets of a picture: the one without a value only where something drawn stands in it."""
        names = [name for name in figure.measures if self.measure(name).is_drawn]
        return [key for key in self.buckets if key is not None or any(self.total(n, bucket_key=None) for n in names)]

    def total(self, measure: str, *, bucket_key: Any = ..., part: Any = ...) -> Any:
        """The sum over a bucket, over a part, or over everything; exact."""
        cells, zero = self._cells[measure], self.measure(measure).zero
        rows = cells if bucket_key is ... else [cells[self._rows[bucket_key]]]
        columns = range(len(self.parts)) if part is ... else [self._columns[part]]
        return sum((row[column] for row in rows for column in columns), zero)

    def rate(self, rate: Rate, bucket_key: Any = ...) -> Decimal | None:
        """Per cent with one place; None where there is nothing to divide by."""
        of = sum(self.total(name, bucket_key=bucket_key) for name in rate.of)
        if not of:
            return None
        share = Decimal(self.total(rate.part, bucket_key=bucket_key)) * 100 / Decimal(of)
        return share.quantize(ONE_PLACE, rounding=ROUND_HALF_UP)

    def bucket_text(self, key: Any) -> str:
        """The label of a bucket."""
        return self._text(self.asked.choice.axis, key)

    def part_text(self, key: Any) -> str:
        """The label of a part."""
        split = self.asked.chart.split
        return "" if split is None else self._text(split, key)

    def _text(self, axis: Axis, key: Any) -> str:
        """Labels are looked up in the catalogue once a chart, not once a cell."""
        place = (axis.name, key)
        if place not in self._texts:
            self._texts[place] = str(axis.nothing) if key is None else str(axis.text(key))
        return self._texts[place]

    def drill(self, measure: str, *, bucket_key: Any = ..., part: Any = ...) -> Pairs:
        """The list arguments behind a figure."""
        return drill_pairs(self.asked, self.measure(measure), bucket=bucket_key, part=part)

    def figures(self) -> tuple[Figure, ...]:
        """The pictures the actor may see."""
        return self.asked.figures()


def run(asked: Asked) -> Result:
    """The figures of a chart in one statement.

    Raises:
        PermissionDeniedError: the actor may not see this chart.
    """
    if not asked.actor.may(asked.chart.permission):
        raise PermissionDeniedError
    statement = (asked.chart.statement or aggregate)(asked)
    rows = asked.context.session.execute(statement).all()
    measures = asked.measures()
    has_split = asked.chart.split is not None
    axis, split = asked.choice.axis, asked.chart.split
    cells: dict[str, dict[Any, dict[Any, Any]]] = {measure.name: {} for measure in measures}
    for row in rows:
        key = _folded(axis, row[0])
        part = _folded(split, row[1]) if split is not None else None
        for measure, value in zip(measures, row[1 + has_split :], strict=True):
            if value is not None:
                series = cells[measure.name].setdefault(part, {})
                series[key] = series.get(key, measure.zero) + value
    found = {key for series in cells.values() for column in series.values() for key in column}
    buckets = _ordered(axis, found, asked)
    parts = _ordered(split, {part for series in cells.values() for part in series}, asked) if split else [None]
    frames = {measure.name: _frame(cells[measure.name], buckets, parts, zero=measure.zero) for measure in measures}
    return Result(asked, buckets, parts, frames)


def _frame(cells: dict[Any, dict[Any, Any]], buckets: list[Any], parts: list[Any], *, zero: Any) -> pd.DataFrame:
    """Every bucket by every part; what the database did not name is 0."""
    filled = {part: [cells.get(part, {}).get(key, zero) for key in buckets] for part in parts}
    index, columns = pd.Index(buckets, dtype=object), pd.Index(parts, dtype=object)
    return pd.DataFrame(filled, index=index, columns=columns, dtype=object)


def _folded(axis: Axis, raw: Any) -> Any:
    return axis.fold(raw) if axis.fold is not None else raw


def _ordered(axis: Axis, found: set[Any], asked: Asked) -> list[Any]:
    """The keys in their order: declared words, or time without gaps; what has no value comes last."""
    last = [None] if None in found else []
    known = found - {None}
    if axis.words:
        chosen = asked.choice.words.get(axis.name, axis.words)
        used = known if axis is asked.chart.split else axis.words
        return [*(word for word in axis.words if word in chosen and word in used), *last]
    if axis.grain is None:
        return [*sorted(known), *last]
    if not known:
        return last
    choice = asked.choice
    first = start_of(choice.since, axis.grain) if choice.since else min(known)
    until = start_of(choice.until, axis.grain) if choice.until else max(known)
    filled = span(first, until, axis.grain, most=MOST_BUCKETS) or span(
        min(known), max(known), axis.grain, most=MOST_BUCKETS
    )
    return [*(filled or sorted(known)), *last]
