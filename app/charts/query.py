"""Runs a chart: one SQL aggregate inside the row scope, then a small frame with every bucket in its place.

Cells that may be summed up are; of others, and of rates, every total is reckoned from the rows or from its parts.

Figures stay exact (``Decimal`` and ``int``); floats appear in ``app.charts.option`` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from itertools import product
from types import FunctionType
from typing import Any

import pandas as pd
import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.charts.choice import drill_pairs
from app.charts.definition import Asked, Axis, Figure, Format, Measure, Pairs, Rate
from app.charts.moments import span, start_of
from app.kernel.brief import TooSlowError, brief
from app.kernel.context import local_midnight
from app.kernel.errors import DomainError, PermissionDeniedError
from models.base import UtcDateTime

# More than a picture or a table can show; above it gaps are left out instead of filled, and then buckets.
MOST_BUCKETS, MOST_PARTS = 240, 60
# Groups that are read from the database, and cells of the table that is made of them: a second of work.
MOST_GROUPS, MOST_CELLS = 20_000, 200_000
PLACES = {Format.percent: Decimal("0.1"), Format.money: Decimal("0.01"), Format.quantity: Decimal("0.001")}


# Seconds: a chart over all years of a million orders takes a few; longer nobody waits, and others wait for the server.
LONGEST = 15.0


class NoFiguresError(DomainError):
    """What was asked for is not reckoned; the message says what can be asked instead."""


class TooManyFiguresError(NoFiguresError):
    """Nobody could read them all."""

    code = "too_many_figures"
    default_message = _l("These are more than %(most)s figures: choose other rows or columns, or a shorter period.")


class SlowFiguresError(NoFiguresError):
    """The database did not come to an end in ``LONGEST``."""

    code = "too_slow"
    default_message = _l("These figures take too long to add up: choose a shorter period, or a filter.")


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
    if within and _may_lack(column) and any(axis.grain for axis in asked.axes):
        return [*found, sa.or_(sa.and_(*within), column.is_(None))]
    return found + within


def leaves_out_undated(asked: Asked) -> bool:
    """True where a cross table without time does not count the rows without a date that the pictures have."""
    chart, choice = asked.chart, asked.choice
    if asked.cross_of is None or chart.period is None or choice.since is choice.until is None:
        return False
    has_time = any(axis.grain for axis in asked.cross_of.axes) and not any(axis.grain for axis in asked.axes)
    return has_time and _may_lack(getattr(chart.subject, chart.period.column))


def _may_lack(column: Any) -> bool:
    return bool(column.property.columns[0].nullable)


def aggregate(asked: Asked) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    """The plain aggregate: bucket, part, measures.

    Where a measure is not additive, the same for every total below it, with the place in ``_levels`` behind.
    """
    levels = _levels(asked)
    groups = [_grouped(asked, kept) for kept in levels]
    if len(groups) == 1:
        return groups[0]
    marked = [group.add_columns(sa.literal_column(str(place))) for place, group in enumerate(groups)]
    return sa.union_all(*marked)


def _levels(asked: Asked) -> list[tuple[bool, ...]]:
    """Which axes are kept: first all of them, then those of the totals that have to be asked for."""
    axes = len(asked.axes)
    if all(measure.is_additive for measure in asked.measures()):
        return [(True,) * axes]
    return [*product((True, False), repeat=axes)]


def _grouped(asked: Asked, kept: tuple[bool, ...]) -> sa.Select[Any]:
    chart = asked.chart
    keys = [
        (_sql(axis, asked) if is_kept else sa.null()).label(name)
        for axis, is_kept, name in zip(asked.axes, kept, ("bucket", "part"), strict=False)
    ]
    figures = [measure.expression.label(measure.name) for measure in asked.measures()]
    source, where = (chart.subject, conditions(asked)) if chart.source is None else (chart.source(asked), [])
    places: list[Any] = [sa.literal_column(str(place)) for place, is_kept in enumerate(kept, start=1) if is_kept]
    return sa.select(*keys, *figures).select_from(source).where(*where).group_by(*places)


def _sql(axis: Axis, asked: Asked) -> Any:
    return axis.key(asked) if isinstance(axis.key, FunctionType) else axis.key


@dataclass(frozen=True)
class Result:
    """The figures of a chart: for each measure a frame of buckets (rows) by parts (columns, one where no split is).

    ``buckets`` and ``parts`` are those that are shown, ``wholes`` the totals that only the database can tell.
    """

    asked: Asked
    buckets: Sequence[Any]
    parts: Sequence[Any]
    frames: dict[str, pd.DataFrame]
    wholes: dict[str, dict[tuple[Any, ...], Any]]

    @cached_property
    def _cells(self) -> dict[str, list[list[Any]]]:
        return {name: frame.to_numpy().tolist() for name, frame in self.frames.items()}

    @cached_property
    def _rows(self) -> dict[Any, int]:
        return {key: place for frame in self.frames.values() for place, key in enumerate(frame.index)}

    @cached_property
    def _columns(self) -> dict[Any, int]:
        return {key: place for frame in self.frames.values() for place, key in enumerate(frame.columns)}

    @property
    def is_empty(self) -> bool:
        """True where there is nothing but zeros."""
        return not any(any(any(row) for row in rows) for rows in self._cells.values())

    @property
    def left_out(self) -> tuple[int, int]:
        """How many buckets and parts are not shown, and counted in the totals only."""
        return len(self._rows) - len(self.buckets), len(self._columns) - len(self.parts)

    @cached_property
    def _measures(self) -> dict[str, Measure | Rate]:
        found: list[Measure | Rate] = [*self.asked.measures(), *self.asked.rates()]
        return {figure.name: figure for figure in found}

    @cached_property
    def _texts(self) -> dict[tuple[str, Any], str]:
        return {}

    def measure(self, name: str) -> Measure | Rate:
        """A measure or a rate the actor may see."""
        return self._measures[name]

    def behind(self, name: str) -> Measure | None:
        """The measure whose rows stand behind a figure: of a rate, what it is divided by, where that is one.

        None where no list has as many rows: behind different customers stand all of their orders.
        """
        found = self._measures[name]
        if isinstance(found, Rate):
            return self.behind(found.of[0]) if len(found.of) == 1 else None
        return found if found.is_additive else None

    def is_drawn(self, name: str) -> bool:
        """False where a figure is in the table only."""
        measure = self.behind(name)
        return measure is not None and measure.is_drawn

    def value(self, measure: str, bucket_key: Any, part: Any = None) -> Any:
        """One figure."""
        return self.total(measure, bucket_key=bucket_key, part=part)

    def drawn(self, figure: Figure) -> list[Any]:
        """The buckets of a picture: the one without a value only where something drawn stands in it."""
        names = [name for name in figure.measures if self.is_drawn(name)]
        return [key for key in self.buckets if key is not None or any(self.total(n, bucket_key=None) for n in names)]

    def total(self, measure: str, *, bucket_key: Any = ..., part: Any = ...) -> Any:
        """The figure of a bucket, of a part, of both, or of everything; exact. None for a rate of nothing."""
        found = self._measures[measure]
        if isinstance(found, Rate):
            return self.rate(found, bucket_key, part)
        is_whole = bucket_key is ... or (part is ... and self.asked.chart.split is not None)
        if not found.is_additive and is_whole:
            return self._whole(found, bucket_key, part)
        cells = self._cells[measure]
        rows = cells if bucket_key is ... else [cells[self._rows[bucket_key]]]
        columns = range(len(self._columns)) if part is ... else [self._columns[part]]
        return sum((row[column] for row in rows for column in columns), found.zero)

    def _whole(self, measure: Measure, bucket_key: Any, part: Any) -> Any:
        place = (bucket_key,) if self.asked.chart.split is None else (bucket_key, part)
        return self.wholes[measure.name].get(place, measure.zero)

    def rate(self, rate: Rate, bucket_key: Any = ..., part: Any = ...) -> Decimal | None:
        """The totals of its measures, divided; None where there is nothing to divide by."""
        of = sum(self.total(name, bucket_key=bucket_key, part=part) for name in rate.of)
        if not of:
            return None
        share = Decimal(self.total(rate.part, bucket_key=bucket_key, part=part)) / Decimal(of)
        times = 100 if rate.format is Format.percent else 1
        return (share * times).quantize(PLACES[rate.format], rounding=ROUND_HALF_UP)

    def holds_undated(self, name: str, bucket_key: Any, part: Any) -> bool:
        """True where a total of a period counts rows without a date as well: no list can be asked for both."""
        choice, keys = self.asked.choice, (bucket_key, part)
        if choice.since is None and choice.until is None:
            return False
        for place, axis in enumerate(self.asked.axes):
            if axis.grain and keys[place] is ... and None in (self._rows, self._columns)[place]:
                undated = [None if number == place else key for number, key in enumerate(keys)]
                if self.total(name, bucket_key=undated[0], part=undated[1]):
                    return True
        return False

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

    def drill(self, measure: Measure, *, bucket_key: Any = ..., part: Any = ...) -> Pairs:
        """The list arguments behind a figure."""
        return drill_pairs(self.asked, measure, bucket=bucket_key, part=part)

    def figures(self) -> tuple[Figure, ...]:
        """The pictures the actor may see."""
        return self.asked.figures()


def run(asked: Asked) -> Result:
    """The figures of a chart in one statement. The transaction must only read so far.

    Raises:
        SlowFiguresError: it takes too long.
        PermissionDeniedError: the actor may not see this chart.
        TooManyFiguresError: there are more groups than ``MOST_GROUPS``, or more cells than ``MOST_CELLS``.
    """
    if not asked.actor.may(asked.chart.permission):
        raise PermissionDeniedError
    statement = (asked.chart.statement or aggregate)(asked)
    rows = answered(asked, statement.limit(MOST_GROUPS + 1))
    if len(rows) > MOST_GROUPS:
        raise TooManyFiguresError(most=MOST_GROUPS)
    cells, wholes = _sorted_out(asked, rows)
    found = [{place[number] for places in cells.values() for place in places} for number in range(len(asked.axes))]
    axis, split = asked.choice.axis, asked.chart.split
    buckets = _ordered(axis, found[0], asked, MOST_BUCKETS)
    parts = _ordered(split, found[1], asked, MOST_PARTS) if split is not None else [None]
    if len(buckets) * len(parts) > MOST_CELLS:
        raise TooManyFiguresError(most=MOST_CELLS)
    zeros = {measure.name: measure.zero for measure in asked.measures()}
    frames = {name: _frame(cells[name], buckets, parts, zero=zero) for name, zero in zeros.items()}
    shown = _shown(axis, buckets, MOST_BUCKETS), _shown(split, parts, MOST_PARTS)
    return Result(asked, *shown, frames, wholes)


def answered(asked: Asked, statement: Any) -> Sequence[Any]:
    """The rows of a statement, in time. Raises SlowFiguresError; the transaction must only read so far."""
    session = asked.context.session
    try:
        with brief(session, LONGEST):
            return session.execute(statement).all()
    except TooSlowError as error:
        raise SlowFiguresError from error


Figures = dict[str, dict[tuple[Any, ...], Any]]


def _sorted_out(asked: Asked, rows: Sequence[Any]) -> tuple[Figures, Figures]:
    """The cells of each measure by their keys, and the totals that came along, with ``...`` for what they are over."""
    axes, levels, measures = asked.axes, _levels(asked), asked.measures()
    cells: Figures = {measure.name: {} for measure in measures}
    wholes: Figures = {measure.name: {} for measure in measures}
    for row in rows:
        kept = levels[row[-1]] if len(levels) > 1 else levels[0]
        place = tuple(_folded(axis, row[n]) if kept[n] else ... for n, axis in enumerate(axes))
        for measure, value in zip(measures, row[len(axes) :], strict=False):
            if value is not None:
                figures = (cells if all(kept) else wholes)[measure.name]
                figures[place] = figures.get(place, measure.zero) + value
    return cells, wholes


def _frame(cells: dict[tuple[Any, ...], Any], buckets: list[Any], parts: list[Any], *, zero: Any) -> pd.DataFrame:
    """Every bucket by every part; what the database did not name is 0."""
    has_split = any(len(place) > 1 for place in cells)
    filled = [[cells.get((key, part) if has_split else (key,), zero) for part in parts] for key in buckets]
    index, columns = pd.Index(buckets, dtype=object), pd.Index(parts, dtype=object)
    return pd.DataFrame(filled, index=index, columns=columns, dtype=object)


def _shown(axis: Axis | None, keys: list[Any], most: int) -> list[Any]:
    """Of too many the first, of too much time the last."""
    return keys[-most:] if axis is not None and axis.grain else keys[:most]


def _folded(axis: Axis, raw: Any) -> Any:
    return axis.fold(raw) if axis.fold is not None else raw


def _ordered(axis: Axis, found: set[Any], asked: Asked, most: int) -> list[Any]:
    """The keys in their order: declared words, or time without gaps; what has no value comes last.

    A picture shows all words and the whole period, a cross table the words and the time that hold something.
    """
    last, is_cross = [None] if None in found else [], asked.cross_of is not None
    known = found - {None}
    if axis.words:
        chosen = asked.choice.words.get(axis.name, axis.words)
        used = known if is_cross or axis is asked.chart.split else axis.words
        return [*(word for word in axis.words if word in chosen and word in used), *last]
    if axis.grain is None:
        return [*sorted(known), *last]
    if not known:
        return last
    choice = asked.choice
    first = start_of(choice.since, axis.grain) if choice.since and not is_cross else min(known)
    until = start_of(choice.until, axis.grain) if choice.until and not is_cross else max(known)
    filled = span(first, until, axis.grain, most=most) or span(min(known), max(known), axis.grain, most=most)
    return [*(filled or sorted(known)), *last]
