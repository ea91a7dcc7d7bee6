"""From query arguments to a choice, and back: the filters of a chart and the arguments of the list behind a figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.charts.definition import Asked, Axis, Chart, Choice, Measure, Pairs
from app.charts.moments import Grain, end_of, moved, start_of
from app.kernel.errors import Reason

SINCE, UNTIL, BY = "from", "to", "by"
# Arguments of the page with the rows behind a figure.
MEASURE, UNDATED, AFTER = "_measure", "_undated", "_after"
EARLIEST, LATEST = date(1990, 1, 1), date(2199, 12, 31)


def parse(chart: Chart, args: Iterable[tuple[str, str]], today: date) -> tuple[Choice, list[Reason]]:
    """The choice, and what was wrong: a wrong part is left out. Empty dates that were sent mean all of the time."""
    given = list(args)
    last = dict(given)
    problems: list[Reason] = []
    since, until = default_period(chart, today)
    if SINCE in last or UNTIL in last:
        since, until = (_day(last.get(name, ""), problems) for name in (SINCE, UNTIL))
        if since and until and since > until:
            problems.append(Reason("invalid_period", _l("The period ends before it begins: change one of the dates.")))
            since, until = default_period(chart, today)
    axis = next((axis for axis in chart.axes if axis.name == last.get(BY)), chart.axes[0])
    if last.get(BY) and axis.name != last[BY]:
        problems.append(unknown_argument(BY, last[BY]))
    words: dict[str, tuple[Any, ...]] = {}
    for name in chart.choices:
        raws = [part for key, raw in given if key == name for part in raw.split(",") if part.strip()]
        found = [word for word in vocabulary(chart, name) if word.value in raws]
        problems += [unknown_argument(name, raw) for raw in raws if raw not in {word.value for word in found}]
        if found:
            words[name] = tuple(found)
    unknown = {key for key, _ in given} - {SINCE, UNTIL, BY, *chart.choices}
    problems += [unknown_argument(key, last[key]) for key in sorted(unknown) if not key.startswith("_")]
    return Choice(axis, since, until, words), problems


def unknown_argument(name: str, raw: str) -> Reason:
    """What is said of an argument that is left out."""
    return Reason(
        "invalid_filter",
        _l("The filter “%(name)s” does not understand “%(value)s”."),
        {"name": name[:80], "value": raw[:80]},
    )


def _day(raw: str, problems: list[Reason]) -> date | None:
    if not raw.strip():
        return None
    try:
        day = date.fromisoformat(raw.strip())
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= LATEST:
        problems.append(
            Reason("invalid_date", _l("“%(value)s” is not a date: write it as 2026-11-23."), {"value": raw[:40]})
        )
        return None
    return day


def default_period(chart: Chart, today: date) -> tuple[date | None, date | None]:
    """What is shown when nothing was asked."""
    period = chart.period
    if period is None or period.back is None:
        return None, None
    here = start_of(today, period.grain)
    return moved(here, period.grain, -period.back), end_of(moved(here, period.grain, period.ahead), period.grain)


def vocabulary(chart: Chart, name: str) -> tuple[Any, ...]:
    """The words of a filter."""
    kind = sa.inspect(chart.subject).attrs[name].columns[0].type
    return tuple(kind.enum_class)


def period_pairs(column: str | None, since: date | None, until: date | None) -> Pairs:
    """The list arguments of a period of days, both included."""
    found = [(f"{column}__ge", since.isoformat())] if column and since else []
    return found + ([(f"{column}__le", until.isoformat())] if column and until else [])


def drill_pairs(asked: Asked, measure: Measure, *, bucket: Any = ..., part: Any = ...) -> Pairs:
    """The list arguments that hold the rows behind a figure; ``...`` stands for a total over all keys."""
    chart, choice = asked.chart, asked.choice
    keys = [(axis, key) for axis, key in zip(asked.axes, (bucket, part), strict=False) if key is not ...]
    if measure.details is not None:
        return _detail_pairs(choice, measure, keys)
    pairs = [*chart.drill, *((name, ",".join(word.value for word in words)) for name, words in choice.words.items())]
    if not any(axis.grain for axis, _key in keys):
        pairs += period_pairs(_period_column(chart), choice.since, choice.until)
    for axis, key in keys:
        pairs += _key_pairs(axis, key, asked)
    # The narrower condition wins: a key replaces the words chosen for its column.
    return list(dict(pairs).items())


def choice_pairs(choice: Choice) -> Pairs:
    """The arguments of the chart itself for a choice; empty dates stand for all of the time."""
    words = [(name, ",".join(word.value for word in found)) for name, found in choice.words.items()]
    since, until = choice.since, choice.until
    return [(SINCE, since.isoformat() if since else ""), (UNTIL, until.isoformat() if until else ""), *words]


def _period_column(chart: Chart) -> str | None:
    return chart.period.column if chart.period else None


def _within(choice: Choice, start: date, grain: Grain) -> tuple[date, date]:
    """The days of a bucket that lie in the chosen period."""
    end = end_of(start, grain)
    return max(start, choice.since or start), min(end, choice.until or end)


def _detail_pairs(choice: Choice, measure: Measure, keys: list[tuple[Axis, Any]]) -> Pairs:
    """The chart's own page of rows knows the filters of the chart, and whether rows without a date are meant."""
    found = [(MEASURE, measure.name)]
    for axis, key in keys:
        if axis.grain is None:
            choice = replace(choice, words={**choice.words, axis.name: (key,)})
        elif key is None:
            found.append((UNDATED, "1"))
        else:
            since, until = _within(choice, key, axis.grain)
            choice = replace(choice, since=since, until=until)
    return [*choice_pairs(choice), *found]


def _key_pairs(axis: Axis, key: Any, asked: Asked) -> Pairs:
    if axis.drill is not None:
        return axis.drill(key, asked)
    if axis.grain is None:
        return [(f"{axis.name}__null", "1")] if key is None else [(axis.name, str(getattr(key, "value", key)))]
    column = _period_column(asked.chart)
    return [(f"{column}__null", "1")] if key is None else period_pairs(column, *_within(asked.choice, key, axis.grain))
