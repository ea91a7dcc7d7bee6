"""Charts as the framework's chart views: one class a chart, made from its declaration.

The framework's own chart views load every row into Python and draw with a script from outside; here
``_get_chart_widget`` takes figures that SQL has summed up, and the widget draws with ECharts from our static files.
"""

from __future__ import annotations

import secrets
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import flash, render_template, request, url_for
from flask_appbuilder import AppBuilder, expose
from flask_appbuilder.widgets import RenderTemplateWidget
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.charts.catalogue import CHARTS, charts_for_home
from app.charts.choice import AFTER, MEASURE, UNDATED, choice_pairs, default_period, parse, vocabulary
from app.charts.cross import ROWS, asked_pairs, crossed, has_cross, own_pairs
from app.charts.definition import Asked, Chart, Choice, Details, Figure, Measure, Pairs, Period
from app.charts.moments import MONTHS, Grain, end_of, moved, start_of
from app.charts.option import option_of
from app.charts.query import NoFiguresError, Result, answered, run
from app.kernel.context import Actor, Context
from app.kernel.errors import NotFoundError, PermissionDeniedError
from app.kernel.fields import Access, editable
from app.kernel.filters import LARGEST_ID
from app.kernel.journal import entity_name
from app.kernel.schema import label_of_column
from app.security.scopes import scope_of
from models.base import Sensitivity
from models.labels import label_of
from views.adapter import QuietChartView, login_needed
from views.base import EntityInterface, view_of
from views.chartcross import cross_fields, left_out_text, page_buttons, reset_url
from views.chartexport import ChartExportRoutes, export_form
from views.charttable import table_of
from views.context import web_context
from views.display import badge, text_of

DETAILS_PAGE = 50
HOME_HEIGHT = 240


class EChartsWidget(RenderTemplateWidget):
    """The pictures of a chart, each with its table."""

    template = "zhidan/widgets/charts.html"


class ChartView(ChartExportRoutes, QuietChartView):
    """One chart. Subclasses name its declaration; rights are ``can_<name>`` on ``chart``."""

    chart_widget = EChartsWidget
    chart_template = "zhidan/chart.html"
    class_permission_name = "chart"
    base_permissions = [f"can_{name}" for name in CHARTS]  # the same list everywhere (fact 26)
    declaration: ClassVar[Chart]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        chart = cls.declaration
        cls.datamodel = EntityInterface(chart.subject)
        cls.route_base = f"/chart/{chart.name}"
        cls.chart_title = chart.label
        cls.method_permission_name = dict.fromkeys(("chart", "card", "rows", "export"), chart.name)

    @expose("/")
    def chart(self) -> Any:
        """The chart for the chosen period and filters. Wrong arguments are left out and said."""
        if (answer := login_needed()) is not None:
            return answer
        asked, problems = ask(web_context(), self.declaration, list(request.args.items(multi=True)))
        try:
            widgets = self._get_chart_widget(asked=asked)
        except NoFiguresError as error:
            problems, widgets = [*problems, error], {"chart": self.chart_widget(charts=[])}
        for problem in problems:
            flash(str(problem), "warning")
        return render_template(
            self.chart_template,
            title=str(self.declaration.label),
            subtitle=str(self.declaration.note or ""),
            filters=filter_fields(asked),
            reset_url=reset_url(asked),
            buttons=page_buttons(asked),
            quick=presets(asked),
            widgets=widgets,
            list_url=address_for(asked.actor)(self.declaration.subject, []),
        )

    def _get_chart_widget(
        self,
        filters: Any = None,  # noqa: ARG002 - the framework's signature
        widgets: dict[str, Any] | None = None,
        asked: Asked | None = None,
        **args: Any,
    ) -> dict[str, Any]:
        """The framework's hook: the widget ``chart``. Its filters stay unused, they are shared by threads (fact 1)."""
        found = widgets or {}
        if asked is None:
            asked, _problems = ask(web_context(), self.declaration, [])
        is_wide = asked.chart.split is not None or asked.cross_of is not None
        found["chart"] = self.chart_widget(charts=cards(run(asked)), is_wide=is_wide, **args)
        return found

    @expose("/card/")
    def card(self) -> Any:
        """The first picture alone, for the first page."""
        if (answer := login_needed()) is not None:
            return answer
        asked, _problems = ask(web_context(), self.declaration, [])
        widget = self.chart_widget(charts=cards(run(asked), height=HOME_HEIGHT, has_table=False)[:1], is_wide=True)
        return widget()

    @expose("/rows/")
    def rows(self) -> Any:
        """The rows behind a figure, where the chart shows them itself."""
        if (answer := login_needed()) is not None:
            return answer
        args = dict(request.args)
        asked, problems = ask(web_context(), self.declaration, list(request.args.items(multi=True)))
        if not asked.actor.may(asked.chart.permission):
            raise PermissionDeniedError
        measure = next((found for found in asked.measures() if found.name == args.get(MEASURE)), None)
        if measure is None or measure.details is None:
            raise NotFoundError
        for problem in problems:
            flash(str(problem), "warning")
        table, next_url = details(asked, measure, measure.details, args)
        return render_template(
            "zhidan/chart_rows.html",
            title=str(measure.label),
            subtitle=period_text(asked.choice),
            crumbs=[(str(asked.chart.label), chart_url(asked)), (str(measure.label), None)],
            table=table,
            pager={"next_url": next_url, "first_url": own_url(args, {AFTER: None}) if AFTER in args else None},
        )


def ask(ctx: Context, chart: Chart, args: Pairs) -> tuple[Asked, list[Any]]:
    """What is asked of a chart, inside the actor's rows, and what was wrong with the arguments.

    Whoever names rows asks for its cross table.
    """
    if ROWS in dict(args) and has_cross(chart):
        table, problems = crossed(chart, args, ctx.actor)
        choice, others = parse(table, own_pairs(args), ctx.today)
        return Asked(table, choice, ctx, rows_open, cross_of=chart), [*problems, *others]
    choice, problems = parse(chart, args, ctx.today)
    return Asked(chart, choice, ctx, rows_open), problems


def rows_open(model: Any, actor: Actor) -> Any:
    """The row scope of a table."""
    return scope_of(entity_name(model), actor)


def address_for(actor: Actor, chart: Chart | None = None) -> Any:
    """The address of the rows behind a figure, as a function of table and list arguments.

    There is none where the actor has no list of the table, or may not filter it by one of the arguments.
    """
    known: dict[Any, tuple[str, frozenset[str]] | None] = {}

    def target(model: Any) -> tuple[str, frozenset[str]] | None:
        if model is None:
            return None if chart is None else (url_for(f"{view_name(chart)}.rows"), frozenset())
        view = view_of(model)
        if view is None or not view.may(actor, "list"):
            return None
        return view.url("list"), frozenset(editable(actor, model, list(view.search_columns)))

    def address(model: Any, pairs: Pairs) -> str | None:
        if model not in known:
            known[model] = target(model)
        if (found := known[model]) is None:
            return None
        url, allowed = found
        if model is not None and any(key.partition("__")[0] not in allowed for key, _value in pairs):
            return None
        return f"{url}?{urlencode(pairs)}" if pairs else url

    return address


def cards(result: Result, *, height: int | None = None, has_table: bool = True) -> list[dict[str, Any]]:
    """The figures for ``chart_card``."""
    address = address_for(result.asked.actor, result.asked.chart)
    return [card_of(result, figure, address, height=height, has_table=has_table) for figure in result.figures()]


def card_of(result: Result, figure: Figure, address: Any, *, height: int | None, has_table: bool) -> dict[str, Any]:
    """One picture and its table; of a cross table the table alone."""
    chart, is_cross = result.asked.chart, result.asked.cross_of is not None
    tables = has_table and not result.is_empty
    return {
        "id": f"chart-{chart.name}-{figure.name}".replace("_", "-"),
        "title": str(figure.label),
        "is_cross": is_cross,
        "note": left_out_text(result),
        "option": None if is_cross else option_of(result, figure, address),
        "height": height,
        "table": table_of(result, figure, address) if tables else None,
        "export": export_form(view_name(chart), figure, asked_pairs(result.asked), secrets.token_urlsafe(16))
        if tables
        else None,
        "url": None if has_table else chart_url(result.asked),
    }


def filter_fields(asked: Asked) -> list[dict[str, Any]]:
    """The filters of a chart as fields of the filter bar."""
    chart, choice = asked.chart, asked.choice
    found = cross_fields(asked)
    if chart.period is not None:
        found.append(
            {
                "kind": "date_range",
                "label": str(chart.period.label),
                "from_name": "from",
                "to_name": "to",
                "from_value": choice.since.isoformat() if choice.since else "",
                "to_value": choice.until.isoformat() if choice.until else "",
            }
        )
    if len(chart.axes) > 1:
        axes = [(axis.name, str(axis.label)) for axis in chart.axes]
        found.append(
            {
                "kind": "select",
                "name": "by",
                "label": _("Group by"),
                "value": choice.axis.name,
                "choices": axes,
                "always": True,
            }
        )
    for name in chart.choices:
        chosen = choice.words.get(name, ())
        found.append(
            {
                "kind": "select",
                "name": name,
                "label": str(label_of_column(chart.subject, name)),
                "value": chosen[0].value if len(chosen) == 1 else "",
                "choices": [(word.value, str(label_of(word))) for word in vocabulary(chart, name)],
            }
        )
    return found


def presets(asked: Asked) -> list[dict[str, Any]]:
    """Periods in one click; the rest of the choice stays."""
    choice, period = asked.choice, asked.chart.period
    if period is None:
        return []
    kept = [pair for pair in asked_pairs(asked) if pair[0] not in {"from", "to"}]
    found: list[dict[str, Any]] = []
    for label, since, until in periods(asked, period):
        dates = [("from", since.isoformat() if since else ""), ("to", until.isoformat() if until else "")]
        query = urlencode([*dates, *kept])
        # In December the last twelve months are this year: one of the two is enough.
        active = (choice.since, choice.until) == (since, until) and not any(each["active"] for each in found)
        found.append({"label": label, "url": f"{request.path}?{query}", "active": active, "count": None})
    return found


def periods(asked: Asked, period: Period) -> list[tuple[str, Any, Any]]:
    """The usual period of the chart, this year, last year, all of the time."""
    today = asked.context.today
    year = today.replace(month=1, day=1)
    usual = default_period(asked.chart, today)
    label = _("Around today") if period.ahead else _("Last 12 months")
    recent = usual if usual != (None, None) else last_months(today)
    return [
        (label, *recent),
        (_("This year"), year, end_of(moved(year, Grain.month, MONTHS - 1), Grain.month)),
        (_("Last year"), moved(year, Grain.month, -MONTHS), end_of(moved(year, Grain.month, -1), Grain.month)),
        (_("All of the time"), None, None),
    ]


def last_months(today: Any) -> tuple[Any, Any]:
    """Twelve months, this one included."""
    here = start_of(today, Grain.month)
    return moved(here, Grain.month, 1 - MONTHS), end_of(here, Grain.month)


def period_text(choice: Choice) -> str:
    """The days in words: 2026-11-01 – 2026-11-30."""
    if choice.since is None and choice.until is None:
        return str(_("All of the time"))
    return f"{choice.since or '…'} – {choice.until or '…'}"


def details(
    asked: Asked, measure: Measure, declared: Details, args: dict[str, str]
) -> tuple[dict[str, Any], str | None]:
    """One page of the rows behind a figure, and the address of the next. Money is hidden as everywhere."""
    statement = declared.statement(asked, measure.name, args.get(UNDATED) == "1")
    after = args.get(AFTER, "")
    if after.isascii() and after.isdigit() and int(after[:11]) <= LARGEST_ID:
        statement = statement.where(statement.selected_columns.id > int(after))
    found = answered(asked, statement.limit(DETAILS_PAGE + 1))
    view = view_of(declared.subject)
    may_show = view is not None and view.may(asked.actor, "show")
    sees_money = asked.actor.is_system or asked.actor.fields.get(Sensitivity.PRICE) == Access.full
    shown = [column for column in declared.columns if column[2] != "money" or sees_money]
    rows = []
    for row in found[:DETAILS_PAGE]:
        cells = [_detail(kind, getattr(row, name)) for name, _label, kind in shown]
        if may_show and view is not None:
            cells[0]["url"] = view.url("show", pk=getattr(row, declared.record))
        rows.append({"pk": row.id, "cells": cells})
    columns = [{"name": name, "label": str(label), "kind": kind} for name, label, kind in shown]
    has_more = len(found) > DETAILS_PAGE
    next_url = own_url(args, {AFTER: str(found[DETAILS_PAGE - 1].id)}) if has_more else None
    return {"columns": columns, "rows": rows}, next_url


def _detail(kind: str, value: Any) -> dict[str, Any]:
    if kind == "badge":
        found = badge(value) or {}
        return {"kind": kind, "text": found.get("label"), "tone": found.get("tone")}
    return {"kind": kind, "text": text_of(kind, value)}


def own_url(args: dict[str, str], changes: dict[str, str | None]) -> str:
    """This page with other arguments; None takes one off."""
    kept = {key: value for key, value in {**args, **changes}.items() if value is not None}
    return f"{request.path}?{urlencode(kept)}"


def view_name(chart: Chart) -> str:
    """The class and endpoint of a chart's view: ``OrdersByStateChartView``."""
    return f"{chart.name.title().replace('_', '')}ChartView"


def chart_url(asked: Asked) -> str:
    """The chart with the choice made."""
    query = urlencode(choice_pairs(asked.choice)) if asked.chart.period else ""
    return url_for(f"{view_name(asked.chart)}.chart") + (f"?{query}" if query else "")


def home_charts(actor: Actor) -> list[dict[str, str]]:
    """The charts of the actor's departments for the first page; their pictures are fetched after it."""
    found = []
    for chart in charts_for_home(actor):
        name = view_name(chart)
        card_url, url = url_for(f"{name}.card"), url_for(f"{name}.chart")
        found.append({"title": str(chart.label), "url": url, "card_url": card_url})
    return found


def _view_of(chart: Chart) -> type[ChartView]:
    return type(
        view_name(chart), (ChartView,), {"declaration": chart, "__doc__": f"{chart.name}.", "__module__": __name__}
    )


CHART_VIEWS: dict[str, type[ChartView]] = {name: _view_of(chart) for name, chart in CHARTS.items()}


def register_charts(builder: AppBuilder) -> None:
    """Registers every chart and its place in the side bar."""
    for name, view in CHART_VIEWS.items():
        builder.add_view(
            view,
            view.__name__,
            label=CHARTS[name].label,
            icon="fa-chart-column",
            category="Charts",
            category_label=_l("Charts"),
            category_icon="fa-chart-line",
        )
