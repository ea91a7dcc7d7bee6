"""What ECharts is given: numbers as numbers, and an address for each point. Layout and formats are the page's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.charts.definition import Figure, Format, Kind, Pairs
from app.charts.query import Result

# The table is None where the chart shows the rows behind its figures itself.
Address = Callable[[type[Any] | None, Pairs], str | None]


def option_of(result: Result, figure: Figure, address: Address) -> dict[str, Any] | None:
    """The option of one figure; None where there is nothing to draw.

    Args:
        address: the address of the list of an entity with these arguments; None where it is not open to the actor.
    """
    if result.is_empty:
        return None
    lead = result.measure(figure.measures[0])
    base = {"zd": {"format": "money" if lead.format is Format.money else "int"}}
    series = _series(result, figure, address)
    labels = [result.bucket_text(key) for key in result.drawn(figure)]
    axes: list[dict[str, Any]] = [{"type": "value"}]
    if figure.rate is not None:
        axes.append(
            {
                "type": "value",
                "min": 0,
                "max": 100,
                "splitLine": {"show": False},
                "axisLabel": {"formatter": "{value}%"},
            }
        )
        rates = [result.rate(figure.rate, key) for key in result.drawn(figure)]
        series.append(
            {
                "type": "line",
                "name": str(figure.rate.label),
                "yAxisIndex": 1,
                "data": [None if rate is None else float(rate) for rate in rates],
            }
        )
    return base | {"xAxis": {"type": "category", "data": labels}, "yAxis": axes, "series": series}


def _series(result: Result, figure: Figure, address: Address) -> list[dict[str, Any]]:
    split = result.asked.chart.split is not None
    found = []
    for name in (name for name in figure.measures if result.is_drawn(name)):
        for part in result.parts:
            where = part if split else ...
            label = result.part_text(part) if split else str(result.measure(name).label)
            data = [_point(result, name, key, where, address) for key in result.drawn(figure)]
            stack = {"stack": figure.name} if figure.kind is Kind.stacked else {}
            found.append({"type": "bar", "name": label, "data": data, **stack})
    return found


def _point(result: Result, name: str, key: Any, part: Any, address: Address) -> dict[str, Any]:
    value = result.value(name, key, None if part is ... else part)
    return {"value": number(value), **_link(result, name, key, part, address, value)}


def _link(result: Result, name: str, key: Any, part: Any, address: Address, value: Any) -> dict[str, str]:
    url = link_of(result, name, address, key=key, part=part) if value else None
    return {"url": url} if url else {}


def link_of(result: Result, name: str, address: Address, *, key: Any = ..., part: Any = ...) -> str | None:
    """The address of the rows behind a figure; None where no list has them, or none that is open to the actor."""
    measure = result.behind(name)
    if measure is None or (measure.details is None and result.holds_undated(measure.name, key, part)):
        return None
    subject = None if measure.details else result.asked.chart.subject
    return address(subject, result.drill(measure, bucket_key=key, part=part))


def number(value: Any) -> int | float:
    """A JSON number."""
    return int(value) if value == int(value) else float(value)
