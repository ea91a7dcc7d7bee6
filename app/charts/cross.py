"""The cross table of a chart: the same question with rows, columns and figure of one's own choice.

What may be chosen follows from the declaration: axes, split, filters and time of the chart; its measures and rates.
The table is a chart again, with one axis, one split and one figure, so that everything else stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask_babel import lazy_gettext as _l

from app.charts.axes import choice_axis, time_axis
from app.charts.choice import BY, choice_pairs, unknown_argument
from app.charts.definition import Asked, Axis, Chart, Figure, Kind, Measure, Pairs, Rate
from app.charts.moments import Grain
from app.kernel.context import Actor
from app.kernel.errors import Reason

ROWS, COLUMNS, FIGURE = "rows", "columns", "figure"
LABELS = {ROWS: _l("Rows"), COLUMNS: _l("Columns"), FIGURE: _l("Figure")}
NO_COLUMNS = "none"


def has_cross(chart: Chart) -> bool:
    """A whole statement of its own cannot be grouped in another way."""
    return chart.statement is None


def axes_of(chart: Chart, actor: Actor) -> tuple[Axis, ...]:
    """What the actor may put into rows and columns."""
    split = () if chart.split is None else (chart.split,)
    choices = (choice_axis(chart, name) for name in chart.choices)
    named: dict[str, Axis] = {}
    for axis in (*chart.axes, *split, *choices, *chart.more_axes, *_times(chart)):
        named.setdefault(axis.name, axis)
    return tuple(axis for axis in named.values() if axis.is_open_to(actor))


def _times(chart: Chart) -> list[Axis]:
    """Weeks to years: of the axis of time, else of the period."""
    dated = next((axis for axis in chart.axes if axis.grain), None)
    if dated is not None:
        return [time_axis(dated.moment, grain, nothing=dated.nothing) for grain in Grain]
    if chart.period is not None and chart.source is None:
        return [time_axis(getattr(chart.subject, chart.period.column), grain) for grain in Grain]
    return []


def figures_of(chart: Chart, actor: Actor) -> tuple[Measure | Rate, ...]:
    """The figures the actor may choose."""
    found = tuple(measure for measure in chart.measures if measure.is_open_to(actor))
    names = {measure.name for measure in found}
    return (*found, *(rate for rate in chart.rates if names.issuperset(rate.made_of)))


def crossed(chart: Chart, args: Pairs, actor: Actor) -> tuple[Chart, list[Reason]]:
    """The cross table as a chart, and what was wrong: a wrong part is left out."""
    given, problems = dict(args), list[Reason]()
    axes = {axis.name: axis for axis in axes_of(chart, actor)}
    rows = _chosen(axes, ROWS, given, problems) or next(iter(axes.values()))
    others = {name: axis for name, axis in axes.items() if axis.column != rows.column}
    columns = next(iter(_split_first(chart, others)), None)
    wanted = given.get(COLUMNS, "")
    if wanted == NO_COLUMNS:
        columns = None
    elif wanted in axes and wanted not in others:
        problems.append(
            Reason(
                "same_grouping",
                _l("“%(rows)s” and “%(columns)s” group by the same field: choose another one for the columns."),
                {"rows": rows.label, "columns": axes[wanted].label},
            )
        )
    else:
        columns = _chosen(others, COLUMNS, given, problems) or columns
    figures = {figure.name: figure for figure in figures_of(chart, actor)}
    figure = _chosen(figures, FIGURE, given, problems) or next(iter(figures.values()))
    shown = Figure(figure.name, _title(figure, rows, columns), Kind.stacked, (figure.name,))
    return replace(chart, axes=(rows,), split=columns, figures=(shown,)), problems


def _chosen(known: Mapping[str, Any], name: str, given: Mapping[str, str], problems: list[Reason]) -> Any:
    raw = given.get(name, "")
    if raw and raw not in known:
        problems.append(unknown_argument(str(LABELS[name]), raw))
    return known.get(raw)


def _split_first(chart: Chart, others: Mapping[str, Axis]) -> list[Axis]:
    """The usual columns: the split of the chart, unless the rows are of the same field."""
    return sorted(others.values(), key=lambda axis: chart.split is None or axis.name != chart.split.name)


def _title(figure: Measure | Rate, rows: Axis, columns: Axis | None) -> Any:
    if columns is None:
        return _l("%(figure)s by %(rows)s", figure=figure.label, rows=rows.label)
    return _l("%(figure)s by %(rows)s and %(columns)s", figure=figure.label, rows=rows.label, columns=columns.label)


def own_pairs(args: Pairs) -> Pairs:
    """The arguments that the chart itself understands."""
    return [(name, value) for name, value in args if name not in {ROWS, COLUMNS, FIGURE}]


def asked_pairs(asked: Asked) -> Pairs:
    """What was chosen, as the arguments of the chart's address."""
    chart, axis = asked.chart, asked.choice.axis
    if asked.cross_of is not None:
        columns = NO_COLUMNS if chart.split is None else chart.split.name
        shape = [(ROWS, axis.name), (COLUMNS, columns), (FIGURE, chart.figures[0].name)]
    else:
        shape = [] if axis is chart.axes[0] else [(BY, axis.name)]
    return [*choice_pairs(asked.choice), *shape]
