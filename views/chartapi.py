"""Charts for programs: the same figures, rights and rows as on the screens. Numbers are JSON numbers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import jsonify, request
from flask_appbuilder.api import BaseApi, expose

from app.charts.catalogue import CHARTS
from app.charts.definition import Figure
from app.charts.option import number
from app.charts.query import Result, run
from app.kernel.errors import NotFoundError
from app.kernel.journal import entity_name
from app.security.callers import verify_caller
from views.api import InvalidArgumentsError
from views.charts import ChartView, ask
from views.context import web_context


class ChartApi(BaseApi):
    """``GET /api/v1/chart/`` names the charts of the token's person, ``GET /api/v1/chart/<name>`` has the figures."""

    resource_name = "chart"
    class_permission_name = ChartView.class_permission_name
    base_permissions = ChartView.base_permissions
    openapi_spec_tag = "Charts"

    @expose("/")
    def names(self) -> Any:
        """Names the charts that are open to the person.

        ---
        get:
          summary: Charts open to the person
          responses:
            200:
              description: Names and labels
        """
        verify_caller()
        actor = web_context().actor
        charts = [chart for chart in CHARTS.values() if actor.may(chart.permission)]
        return jsonify({"result": [{"name": chart.name, "label": str(chart.label)} for chart in charts]})

    @expose("/<name>")
    def figures(self, name: str) -> Any:
        """Gives the figures of a chart; with ``rows`` one figure of its cross table, with all totals.

        ---
        get:
          summary: Figures of a chart
          parameters:
          - {in: path, name: name, required: true, schema: {type: string}}
          - {in: query, name: from, description: First local day; empty for no limit, schema: {type: string}}
          - {in: query, name: to, description: Last local day; empty for no limit, schema: {type: string}}
          - {in: query, name: rows, description: Grouping of the rows of the cross table, schema: {type: string}}
          - {in: query, name: columns, description: Grouping of its columns or none, schema: {type: string}}
          - {in: query, name: figure, description: Figure of the cross table, schema: {type: string}}
          responses:
            200:
              description: Figures, each with columns and rows
            400:
              description: An argument is wrong
            403:
              description: No right to this chart
            404:
              description: There is no such chart
        """
        verify_caller()
        chart = CHARTS.get(name)
        if chart is None:
            raise NotFoundError
        asked, problems = ask(web_context(), chart, list(request.args.items(multi=True)))
        if problems:
            raise InvalidArgumentsError(problems)
        return jsonify(body_of(run(asked)))


def body_of(result: Result) -> dict[str, Any]:
    """A chart as JSON: what was chosen, what counts in the totals only, and every figure as columns and rows."""
    choice, chart = result.asked.choice, result.asked.chart
    return {
        "name": chart.name,
        "label": str(chart.label),
        "from": choice.since.isoformat() if choice.since else None,
        "to": choice.until.isoformat() if choice.until else None,
        "left_out": dict(zip(("rows", "columns"), result.left_out, strict=True)),
        "figures": [_figure(result, figure) for figure in result.figures()],
    }


def _figure(result: Result, figure: Figure) -> dict[str, Any]:
    split = result.asked.chart.split
    places = [(name, part) for name in figure.measures for part in result.parts]
    axis = result.asked.choice.axis
    columns: list[dict[str, Any]] = [{"name": axis.name, "label": str(axis.label)}]
    columns += [
        {
            "name": name if split is None else _word(part),
            "label": str(result.measure(name).label) if split is None else result.part_text(part),
        }
        for name, part in places
    ]
    return {
        "name": figure.name,
        "label": str(figure.label),
        "columns": columns,
        "rows": [
            {
                "key": _word(key),
                "label": result.bucket_text(key),
                "values": [_number(result.value(name, key, part)) for name, part in places],
                "filters": [_filter(result, name, key, part) for name, part in places],
                "total": None if split is None else _number(result.total(figure.measures[0], bucket_key=key)),
            }
            for key in result.buckets
        ],
        "totals": [_number(result.total(name, part=part)) for name, part in places],
        "total": None if split is None else _number(result.total(figure.measures[0])),
    }


def _number(value: Any) -> int | float | None:
    return None if value is None else number(value)


def _word(key: Any) -> str | None:
    return None if key is None else str(getattr(key, "value", key))


def _filter(result: Result, name: str, key: Any, part: Any) -> dict[str, str] | None:
    """The list of the API that holds the rows: entity and query; the chart itself where it shows its own rows."""
    chart, measure = result.asked.chart, result.behind(name)
    if measure is None:
        return None
    subject: Any = chart.subject
    pairs = result.drill(measure, bucket_key=key, part=... if chart.split is None else part)
    entity = "chart" if measure.details else entity_name(subject)
    return {"entity": entity, "query": urlencode(pairs)}
