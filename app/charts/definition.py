"""What a chart is: a frozen declaration that query, picture, table, filters and links follow from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.charts.moments import Grain
from app.kernel.context import Actor, Context
from app.kernel.fields import Access, access
from models.base import Base

Pairs = list[tuple[str, str]]
NOT_GIVEN = _l("Not given")
ScopeOf = Callable[[type[Base], Actor], sa.ColumnElement[bool]]


class Format(StrEnum):
    """How a figure is written."""

    integer = "int"
    quantity = "quantity"
    money = "money"
    percent = "percent"


class Kind(StrEnum):
    """How a figure is drawn."""

    bar = "bar"
    stacked = "stacked"


@dataclass(frozen=True)
class Period:
    """The time a chart looks at: a column of the chart's subject, and what is shown when nothing was asked.

    ``back`` and ``ahead`` count buckets before and after the present one; ``back`` None is all of the time.
    """

    column: str
    label: Any
    grain: Grain = Grain.month
    back: int | None = 11
    ahead: int = 0


@dataclass(frozen=True)
class Axis:
    """What figures are grouped by. ``key`` is SQL, or makes SQL out of what was asked.

    Args:
        words: the keys in their order where they are known beforehand; each is shown, with 0 where nothing is.
        fold: from the value of the database to the key; where several values are one, for additive measures only.
        drill: the arguments of the list that hold the rows of a key; by default ``name=key``.
        nothing: the label of the bucket without a value.
        column: what is grouped, as the field policy knows it; two axes over one column do not cross.
        moment: the column of an axis of time, for weeks, months, quarters and years alike.
    """

    name: str
    label: Any
    key: Any
    grain: Grain | None = None
    words: tuple[Any, ...] = ()
    fold: Callable[[Any], Any] | None = None
    text: Callable[[Any], Any] = str
    drill: Callable[[Any, Asked], Pairs] | None = None
    nothing: Any = NOT_GIVEN
    column: tuple[type[Base], str] | None = None
    moment: Any = None

    def is_open_to(self, actor: Actor) -> bool:
        """True where the actor sees the column in full: figures by masked values would give them away."""
        return self.column is None or access(actor, *self.column) is Access.full


@dataclass(frozen=True)
class Details:
    """The rows behind a figure, on a page of their own, where no list of the panel can be asked for them.

    ``columns`` are (name, label, kind as on lists). ``statement`` takes what was asked, the name of the measure and
    whether only rows without a date are meant; its rows are paged by ``id``. ``record`` leads to a row of ``subject``.
    """

    columns: tuple[tuple[str, Any, str], ...]
    statement: Callable[[Asked, str, bool], sa.Select[Any]]
    subject: type[Base]
    record: str


@dataclass(frozen=True)
class Measure:
    """One figure. ``column`` is what the field policy asks about; None where everybody may see it.

    The list of the chart's subject holds the rows of a figure; ``details`` shows them where it cannot.
    """

    name: str
    label: Any
    expression: Any
    format: Format = Format.integer
    column: tuple[type[Base], str] | None = None
    details: Details | None = None
    # Figures that stand apart are in the table only.
    is_drawn: bool = True
    # False where parts overlap, as of different customers: then the database is asked for every total.
    is_additive: bool = True

    @property
    def zero(self) -> Decimal | int:
        """What an empty bucket holds."""
        return 0 if self.format is Format.integer else Decimal(0)

    def is_open_to(self, actor: Actor) -> bool:
        """True where the actor sees the column in full: a sum over masked values would give them away."""
        return self.column is None or access(actor, *self.column) is Access.full


@dataclass(frozen=True)
class Rate:
    """A measure divided by others: a share in per cent, or an average. The rate of a total divides the totals."""

    name: str
    label: Any
    part: str
    of: tuple[str, ...]
    format: Format = Format.percent

    @property
    def made_of(self) -> tuple[str, ...]:
        """The measures it needs."""
        return (self.part, *self.of)


@dataclass(frozen=True)
class Figure:
    """One picture with its table. Several measures are several series; with a split there is one measure.

    ``measures`` may name a rate of the chart as well.
    """

    name: str
    label: Any
    kind: Kind
    measures: tuple[str, ...]
    rate: Rate | None = None
    # Drawn only while none of these measures is open to the actor.
    instead_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chart:
    """One chart: one statement, one or more figures; and its cross table, whose axes and figure are chosen freely.

    Args:
        name: also its right: ``chart.<name>``.
        subject: the table whose row scope, filters and list the chart uses.
        axes: the first one unless ``by`` asks for another.
        choices: columns of the subject with a vocabulary that are offered as filters.
        where: conditions that always hold; ``drill`` are the arguments of the list that say the same.
        more_axes: what only the cross table offers, beside axes, split, choices and the time of the period.
        rates: what is made of two measures; measures that no figure shows are for the cross table.
        source: rows to sum up that are not those of the subject; scope and choice hold within.
        statement: makes the whole statement where the plain aggregate is not enough. Its columns are
            ``bucket``, ``part`` where there is a split, then the measures by name. Such a chart has no cross table.
    """

    name: str
    label: Any
    department: str
    subject: type[Base]
    axes: tuple[Axis, ...]
    measures: tuple[Measure, ...]
    figures: tuple[Figure, ...]
    period: Period | None = None
    split: Axis | None = None
    choices: tuple[str, ...] = ()
    where: tuple[sa.ColumnElement[bool], ...] = ()
    drill: tuple[tuple[str, str], ...] = ()
    more_axes: tuple[Axis, ...] = ()
    rates: tuple[Rate, ...] = ()
    source: Callable[[Asked], sa.Subquery] | None = None
    statement: Callable[[Asked], sa.Select[Any] | sa.CompoundSelect[Any]] | None = None
    note: Any = None

    @property
    def permission(self) -> str:
        """The right to see it."""
        return f"chart.{self.name}"

    @property
    def needed(self) -> frozenset[str]:
        """The measures that its figures show or are made of."""
        rates = {rate.name: rate.made_of for rate in self.rates}
        found = [name for figure in self.figures for shown in figure.measures for name in rates.get(shown, (shown,))]
        return frozenset([*found, *(name for figure in self.figures if figure.rate for name in figure.rate.made_of)])

    def __post_init__(self) -> None:
        known = {measure.name for measure in self.measures} | {rate.name for rate in self.rates}
        for figure in self.figures:
            unknown = {*figure.measures, *figure.instead_of} - known
            if unknown or (self.split is not None and len(figure.measures) != 1):
                msg = f"chart {self.name}, figure {figure.name}: {sorted(unknown) or 'a split takes one measure'}"
                raise TypeError(msg)


@dataclass(frozen=True)
class Choice:
    """What a person chose: an axis, a period of local days (both included, None is open), words of filters."""

    axis: Axis
    since: date | None = None
    until: date | None = None
    words: Mapping[str, tuple[StrEnum, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A chart in one request: who asks, when, what was chosen, and which rows are open.

    ``cross_of`` is the chart whose cross table this is.
    """

    chart: Chart
    choice: Choice
    context: Context
    scope: ScopeOf
    cross_of: Chart | None = None

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.context.actor

    @property
    def now(self) -> datetime:
        """Aware UTC."""
        return self.context.now

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What is grouped by: the axis, and the split where there is one."""
        split = self.chart.split
        return (self.choice.axis,) if split is None else (self.choice.axis, split)

    def measures(self) -> tuple[Measure, ...]:
        """The measures that are shown and that the actor may see; the others do not even reach the statement."""
        needed = self.chart.needed
        return tuple(each for each in self.chart.measures if each.name in needed and each.is_open_to(self.actor))

    def rates(self) -> tuple[Rate, ...]:
        """The rates whose measures are all among them."""
        open_names = {measure.name for measure in self.measures()}
        return tuple(rate for rate in self.chart.rates if open_names.issuperset(rate.made_of))

    def figures(self) -> tuple[Figure, ...]:
        """The figures the actor may see."""
        open_names = {measure.name for measure in self.measures()} | {rate.name for rate in self.rates()}
        return tuple(
            figure
            for figure in self.chart.figures
            if set(figure.measures) <= open_names and not open_names & set(figure.instead_of)
        )
