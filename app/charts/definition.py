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
        fold: from the value of the database to the key, where several values are one.
        drill: the arguments of the list that hold the rows of a key; by default ``name=key``.
        nothing: the label of the bucket without a value.
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

    @property
    def zero(self) -> Decimal | int:
        """What an empty bucket holds."""
        return 0 if self.format is Format.integer else Decimal(0)

    def is_open_to(self, actor: Actor) -> bool:
        """True where the actor sees the column in full: a sum over masked values would give them away."""
        return self.column is None or access(actor, *self.column) is Access.full


@dataclass(frozen=True)
class Rate:
    """A share in per cent, beside the figures it is made of."""

    label: Any
    part: str
    of: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """One picture with its table. Several measures are several series; with a split there is one measure."""

    name: str
    label: Any
    kind: Kind
    measures: tuple[str, ...]
    rate: Rate | None = None
    # Drawn only while none of these measures is open to the actor.
    instead_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chart:
    """One chart: one statement, one or more figures.

    Args:
        name: also its right: ``chart.<name>``.
        subject: the table whose row scope, filters and list the chart uses.
        axes: the first one unless ``by`` asks for another.
        choices: columns of the subject with a vocabulary that are offered as filters.
        where: conditions that always hold; ``drill`` are the arguments of the list that say the same.
        statement: makes the whole statement where the plain aggregate is not enough. Its columns are
            ``bucket``, ``part`` where there is a split, then the measures by name.
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
    statement: Callable[[Asked], sa.Select[Any] | sa.CompoundSelect[Any]] | None = None
    note: Any = None

    @property
    def permission(self) -> str:
        """The right to see it."""
        return f"chart.{self.name}"

    def __post_init__(self) -> None:
        known = {measure.name for measure in self.measures}
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
    """A chart in one request: who asks, when, what was chosen, and which rows are open."""

    chart: Chart
    choice: Choice
    context: Context
    scope: ScopeOf

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.context.actor

    @property
    def now(self) -> datetime:
        """Aware UTC."""
        return self.context.now

    def measures(self) -> tuple[Measure, ...]:
        """The measures the actor may see; the others do not even reach the statement."""
        return tuple(measure for measure in self.chart.measures if measure.is_open_to(self.actor))

    def figures(self) -> tuple[Figure, ...]:
        """The figures the actor may see."""
        open_names = {measure.name for measure in self.measures()}
        return tuple(
            figure
            for figure in self.chart.figures
            if set(figure.measures) <= open_names and not open_names & set(figure.instead_of)
        )
