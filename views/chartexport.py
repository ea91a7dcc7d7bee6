"""The table of a chart as a file: sums only, by the right to the chart, marked and written down like every export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.charts.definition import Asked, Figure
from app.charts.query import Result, run
from app.exchange.writing import Cell, Head
from app.kernel.context import Context
from app.kernel.errors import NotFoundError, PermissionDeniedError, ValidationFailedError
from app.kernel.schema import label_of_column
from app.services.export import actions
from models.export import ExportLog
from models.labels import ExportFormat, label_of
from views.adapter import login_needed
from views.chartcross import left_out_text
from views.charttable import corner_of, kind_of, series_of
from views.context import web_context
from views.exportroutes import format_of, key_of
from views.exportrun import clear_up, make, send
from views.records import once

CHART = "chart"


class ChartExportRoutes:
    """The route; the class that inherits it has the declaration of a chart."""

    @expose("/export", methods=("POST",))
    def export(self: Any) -> Any:
        """The table of one picture."""
        from views.charts import ask

        if (answer := login_needed()) is not None:
            return answer
        ctx, chart = web_context(), self.declaration
        if not ctx.actor.may(chart.permission):
            raise PermissionDeniedError
        # Empty dates say something: all of the time.
        asked, problems = ask(ctx, chart, parse_qsl(request.form.get("arguments", ""), keep_blank_values=True))
        if problems:
            raise ValidationFailedError({"arguments": [str(problem) for problem in problems]})
        result = run(asked)
        figure = next((found for found in result.figures() if found.name == request.form.get("figure")), None)
        if figure is None:
            raise NotFoundError
        return take_figure(ctx, result, figure, format_of(request.form.get("format")))


def take_figure(ctx: Context, result: Result, figure: Figure, file_format: ExportFormat) -> Any:
    """Makes the file of a picture's table, once for a token."""
    clear_up(ctx)
    chart = result.asked.chart
    heads, rows = heads_of(result, figure), [*rows_of(result, figure)]
    # In words made of the choice, never of what was sent: others read it, and it is kept for good.
    text = "; ".join([str(figure.label), *chosen(result.asked), *filter(None, [left_out_text(result)])])
    labels = tuple(head.label for head in heads)
    wanted = actions.Wanted(CHART, (), text, labels, file_format, len(rows), is_personal=False)
    scope = f"{ctx.actor.id}.chart.{chart.name}.export"
    key = key_of(request.form.get("token"), text, file_format)
    made_id, repeated = once(ctx, scope, key, "", lambda: str(actions.open_export(ctx, wanted).id))
    made = ctx.session.get_one(ExportLog, int(made_id))
    if not repeated:
        own = ctx.acting(chart.permission)
        make(own, made, str(figure.label), heads, lambda _session: rows, is_large=False)
    return send(ctx, made, str(figure.label))


def chosen(asked: Asked) -> Iterator[str]:
    """What was chosen on a chart, in words."""
    from views.charts import period_text

    chart, choice = asked.chart, asked.choice
    if chart.period is not None:
        yield f"{chart.period.label}: {period_text(choice)}"
    if len(chart.axes) > 1:
        yield f"{_('Group by')}: {choice.axis.label}"
    for name, words in choice.words.items():
        yield f"{label_of_column(chart.subject, name)}: {', '.join(str(label_of(word)) for word in words)}"


def heads_of(result: Result, figure: Figure) -> list[Head]:
    """The columns of the table."""
    found = [Head(corner_of(result))]
    found += [Head(label, kind_of(result, name)) for name, _part, label in series_of(result, figure)]
    if result.asked.chart.split is not None:
        found.append(Head(_("All together"), kind_of(result, figure.measures[0])))
    if figure.rate is not None:
        found.append(Head(str(figure.rate.label), "percent"))
    return found


def rows_of(result: Result, figure: Figure) -> Iterator[list[Cell]]:
    """The figures as numbers, and the totals below them."""
    for key in result.buckets:
        yield [result.bucket_text(key), *_numbers(result, figure, key)]
    if len(result.buckets) > 1:
        yield [_("All together"), *_numbers(result, figure, ...)]


def _numbers(result: Result, figure: Figure, key: Any) -> list[Cell]:
    places = [(name, part) for name, part, _label in series_of(result, figure)]
    if result.asked.chart.split is not None:
        places.append((figure.measures[0], ...))
    found: list[Cell] = [result.total(name, bucket_key=key, part=part) for name, part in places]
    if figure.rate is not None:
        found.append(result.rate(figure.rate, key))
    return found


def export_form(view: str, figure: Figure, args: Sequence[tuple[str, str]], token: str) -> dict[str, Any]:
    """What the card of a picture needs to offer its table as a file."""
    return {
        "url": url_for(f"{view}.export"),
        "hidden": {"figure": figure.name, "arguments": urlencode(args), "token": token},
        "formats": [str(kind) for kind in ExportFormat],
    }
