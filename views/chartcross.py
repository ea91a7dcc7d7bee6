"""What the page of a chart has for its cross table: the choice of rows, columns and figure, and the way there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext

from app.charts.choice import SINCE, UNTIL
from app.charts.cross import COLUMNS, FIGURE, LABELS, NO_COLUMNS, ROWS, asked_pairs, axes_of, figures_of, has_cross
from app.charts.definition import Asked
from app.charts.query import Result, leaves_out_undated


def cross_fields(asked: Asked) -> list[dict[str, Any]]:
    """Rows, columns and figure as fields of the filter bar; none on the page of the pictures."""
    if asked.cross_of is None:
        return []
    chosen = dict(asked_pairs(asked))
    axes = [(axis.name, str(axis.label)) for axis in axes_of(asked.cross_of, asked.actor)]
    figures = [(figure.name, str(figure.label)) for figure in figures_of(asked.cross_of, asked.actor)]
    choices = {ROWS: axes, COLUMNS: [*axes, (NO_COLUMNS, _("No columns"))], FIGURE: figures}
    return [
        {
            "kind": "select",
            "name": name,
            "label": str(LABELS[name]),
            "value": chosen[name],
            "choices": found,
            "always": True,
        }
        for name, found in choices.items()
    ]


def page_buttons(asked: Asked) -> list[dict[str, Any]]:
    """From the pictures to the cross table and back, with the period and the filters; rows and columns swapped."""
    chart = asked.cross_of or asked.chart
    pairs = dict(asked_pairs(asked))
    kept = {name: value for name, value in pairs.items() if name in {SINCE, UNTIL, *chart.choices}}
    if asked.cross_of is None:
        first = {ROWS: asked.choice.axis.name}
        return [_button(_("Cross table"), "fa-table-cells", "c", {**kept, **first})] if has_cross(chart) else []
    swapped = {**pairs, ROWS: pairs[COLUMNS], COLUMNS: pairs[ROWS]}
    swap = [_button(_("Swap rows and columns"), "fa-right-left", "s", swapped)] if asked.chart.split else []
    return [*swap, _button(_("As a chart"), "fa-chart-column", "c", kept)]


def _button(label: str, icon: str, key: str, pairs: dict[str, str]) -> dict[str, Any]:
    return {"label": label, "icon": icon, "url": f"{request.path}?{urlencode(pairs)}", "key": key}


def reset_url(asked: Asked) -> str | None:
    """The page as it is when nothing was chosen."""
    if asked.cross_of is not None:
        return f"{request.path}?{ROWS}="
    return request.path if request.args else None


def left_out_text(result: Result) -> str | None:
    """What a table is too large to show, and what to do about it."""
    rows, columns = result.left_out
    said = []
    if rows:
        said.append(ngettext("%(num)s row is not shown.", "%(num)s rows are not shown.", rows))
    if columns:
        said.append(ngettext("%(num)s column is not shown.", "%(num)s columns are not shown.", columns))
    if said:
        said.append(_("The totals count everything. Choose a shorter period or a filter to see the rest."))
    if leaves_out_undated(result.asked):
        said.append(_("Records without a date are not counted here: choose a time for rows or columns to see them."))
    return " ".join(said) or None
