"""Faults of the framework's charts that ours work around: fact 6, sums as JSON strings, fact 31.

When one of these fails after an upgrade, look whether the framework's own chart view will do.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import flask_appbuilder
import pytest
import sqlalchemy as sa
from flask import json
from flask_appbuilder.charts.views import BaseChartView, DirectByChartView
from flask_appbuilder.models.group import GroupByProcessData, aggregate_sum
from sqlalchemy.orm import Session

from models.order import Order
from tests.services.chart_rows import NOW, order, statements
from views.adapter import EntityInterface
from views.charts import CHART_VIEWS

TEMPLATES = Path(flask_appbuilder.__file__).parent / "templates" / "appbuilder" / "general" / "widgets"


@pytest.mark.stage("migrated")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_fact_6_framework_chart_when_drawn_then_every_row_is_loaded(app, session: Session):
    for _ in range(5):
        order(session, NOW, "1.00")
    interface = EntityInterface(Order, session)
    seen: list[object] = []

    def note(record: object, _context: object) -> None:
        seen.append(record)

    sa.event.listen(Order, "load", note)

    class Chart(DirectByChartView):
        datamodel = interface
        search_columns = ["state"]
        definitions = [{"group": "state", "series": ["total_amount"]}]

    with app.test_request_context(), statements(session) as asked:
        view = Chart()
        view._get_chart_widget(filters=view._filters, definition=view.definitions[0])

    sa.event.remove(Order, "load", note)
    assert len(seen) == 5
    assert [text for text in asked if "group by" in text.lower()] == []


def test_framework_sums_when_written_as_json_then_they_are_strings():
    grouped = GroupByProcessData(["state"], [(aggregate_sum, "total_amount")], {})

    written = grouped.to_json([["completed", Decimal("12.50")]], {"state": "State", "aggregate_sumtotal_amount": "Sum"})

    assert json.loads(json.dumps(written))["rows"][0]["c"][1]["v"] == "12.50"
    assert written["cols"][1]["type"] == "number"


def test_fact_31_framework_chart_when_drawn_then_a_script_from_outside_draws_it():
    assert "google" in (TEMPLATES / "direct_chart.html").read_text(encoding="utf-8").lower()


def test_our_charts_when_registered_then_they_are_framework_chart_views_without_its_forms_and_filters():
    for view in CHART_VIEWS.values():
        assert issubclass(view, BaseChartView)
        made = view()
        assert (made._filters, made.search_form) == (None, None)
