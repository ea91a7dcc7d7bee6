"""Days, weeks, months, quarters and years of Shanghai: as SQL on both engines, and as plain dates.

A week is its Monday, what is longer its first day. Shanghai has kept UTC+8 without summer time since 1992, so SQLite,
which knows no zones, adds eight hours.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator

from models.base import UtcDateTime

ZONE = "Asia/Shanghai"
MONTHS = 12
DAYS_OF_WEEK = 7


class Grain(StrEnum):
    """How wide a bucket of time is."""

    week = "week"
    month = "month"
    quarter = "quarter"
    year = "year"


# How many months a bucket has; a week has none.
MONTHS_OF = {Grain.month: 1, Grain.quarter: 3, Grain.year: MONTHS}


class Day(TypeDecorator[date]):
    """A day, whatever an engine makes of it: text, a date, or the midnight that begins it."""

    impl = sa.Date
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # noqa: ARG002
        """The engine's own conversion is left out: the value may be of another type than its column would be."""
        return _as_day


def _as_day(value: Any) -> date | None:
    if value is None:
        return None
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    return value.date() if isinstance(value, datetime) else value


class bucket(FunctionElement[date]):  # noqa: N801 - reads as a function of SQL
    """``bucket(column, grain)``: the first day of the local week, month, … of a moment or of a day."""

    type = Day()
    inherit_cache = True

    def __init__(self, column: Any, grain: Grain) -> None:
        super().__init__(column, sa.literal_column(f"'{grain.value}'"))


class local_day(FunctionElement[date]):  # noqa: N801 - reads as a function of SQL
    """``local_day(moment)``: the day it is in Shanghai."""

    type = Day()
    inherit_cache = True


def _is_moment(column: Any) -> bool:
    return isinstance(column.type, UtcDateTime)


@compiles(bucket, "postgresql")
def _bucket_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    column, grain = element.clauses.clauses
    text = compiler.process(column, **options)
    local = f"{text} AT TIME ZONE '{ZONE}'" if _is_moment(column) else f"{text}::timestamp"
    return f"date_trunc({compiler.process(grain, **options)}, {local})"


@compiles(bucket, "sqlite")
def _bucket_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    column, grain = element.clauses.clauses
    text = compiler.process(column, **options)
    shift = ", '+8 hours'" if _is_moment(column) else ""
    width = Grain(grain.name.strip("'"))
    if width is Grain.week:
        # Six days back, then on to the next Monday, the day itself included.
        return f"date({text}{shift}, '-6 days', 'weekday 1')"
    start = f"strftime('%Y-%m-01', {text}{shift})"
    if width is Grain.month:
        return start
    return f"date({start}, '-' || ((strftime('%m', {start}) - 1) % {MONTHS_OF[width]}) || ' months')"


@compiles(local_day, "postgresql")
def _local_day_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} AT TIME ZONE '{ZONE}')::date"


@compiles(local_day, "sqlite")
def _local_day_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)}, '+8 hours')"


def start_of(day: date, grain: Grain) -> date:
    """The first day of the bucket a day lies in."""
    if grain is Grain.week:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1, month=day.month - (day.month - 1) % MONTHS_OF[grain])


def moved(start: date, grain: Grain, steps: int) -> date:
    """The first day of the bucket so many buckets later, or earlier where negative."""
    if grain is Grain.week:
        return start + timedelta(days=DAYS_OF_WEEK * steps)
    months = start.year * MONTHS + start.month - 1 + steps * MONTHS_OF[grain]
    return date(months // MONTHS, months % MONTHS + 1, 1)


def end_of(start: date, grain: Grain) -> date:
    """The last day of the bucket that begins on ``start``; the last day there is where no other follows."""
    try:
        return moved(start, grain, 1) - timedelta(days=1)
    except (ValueError, OverflowError):
        return date.max


def span(first: date, last: date, grain: Grain, *, most: int) -> list[date]:
    """The buckets from ``first`` to ``last``, both included; none when there are more than ``most``."""
    found: list[date] = []
    while first <= last:
        if len(found) == most:
            return []
        found.append(first)
        if end_of(first, grain) >= last:
            break
        first = moved(first, grain, 1)
    return found


def text_of(start: date, grain: Grain) -> str:
    """2026-11 for a month, 2026-W48 for a week, 2026-Q4, 2026: read alike in both languages."""
    if grain is Grain.month:
        return f"{start:%Y-%m}"
    if grain is Grain.week:
        year, week, _ = start.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{start.year}-Q{start.month // MONTHS_OF[grain] + 1}" if grain is Grain.quarter else f"{start.year}"
