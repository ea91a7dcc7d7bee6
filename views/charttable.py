"""The table below a picture: the same figures as text, each with the way to its rows, and the totals."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.charts.definition import Figure, Format, Measure, Rate
from app.charts.option import Address, link_of
from app.charts.query import Result
from views.display import money, number

NOTHING = "–"


def written(measure: Measure | Rate, value: Any) -> str:
    """A figure as a person reads it."""
    if value is None:
        return NOTHING
    if measure.format is Format.percent:
        return f"{value}%"
    return money(value) if measure.format is Format.money else number(value)


def table_of(result: Result, figure: Figure, address: Address) -> dict[str, Any]:
    """Columns, rows and foot for the ``table`` macro."""
    series = series_of(result, figure)
    has_split = result.asked.chart.split is not None
    columns = [{"name": "bucket", "label": corner_of(result), "kind": "text"}]
    columns += [
        {"name": f"{name}-{part}", "label": label, "kind": kind_of(result, name)} for name, part, label in series
    ]
    if has_split:
        columns.append({"name": "total", "label": _("All together"), "kind": kind_of(result, figure.measures[0])})
    if figure.rate is not None:
        columns.append({"name": "rate", "label": str(figure.rate.label), "kind": "percent"})
    rows = [
        {
            "pk": place,
            "cells": [{"text": result.bucket_text(key), "kind": "text"}, *_cells(result, figure, address, key)],
        }
        for place, key in enumerate(result.buckets)
    ]
    foot = [{"text": _("All together")}, *_cells(result, figure, address, ...)]
    return {"columns": columns, "rows": rows, "foot": foot if len(rows) > 1 else None}


def corner_of(result: Result) -> str:
    """What the first column holds; in a cross table also what the heads are."""
    if result.asked.cross_of is None:
        return str(result.asked.choice.axis.label)
    return " / ".join(str(axis.label) for axis in result.asked.axes)


def kind_of(result: Result, name: str) -> str:
    """The kind of the column, as lists and files know it."""
    form = result.measure(name).format
    return str(form) if form in {Format.money, Format.percent} else "number"


def series_of(result: Result, figure: Figure) -> list[tuple[str, Any, str]]:
    """The columns of figures: measure, part, label."""
    if result.asked.chart.split is None:
        return [(name, ..., str(result.measure(name).label)) for name in figure.measures]
    return [(figure.measures[0], part, result.part_text(part)) for part in result.parts]


def _cells(result: Result, figure: Figure, address: Address, key: Any) -> list[dict[str, Any]]:
    places = [(name, part) for name, part, _label in series_of(result, figure)]
    if result.asked.chart.split is not None:
        places.append((figure.measures[0], ...))
    found = [_cell(result, name, address, key, part) for name, part in places]
    if figure.rate is not None:
        rate = result.rate(figure.rate, key)
        found.append({"text": written(figure.rate, rate)})
    return found


def _cell(result: Result, name: str, address: Address, key: Any, part: Any) -> dict[str, Any]:
    value = result.total(name, bucket_key=key, part=part)
    url = link_of(result, name, address, key=key, part=part) if value else None
    return {"text": written(result.measure(name), value), "url": url}
