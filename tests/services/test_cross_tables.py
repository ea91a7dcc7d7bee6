"""Cross tables: every figure and every total against the rows themselves, read without the charts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import sqlalchemy as sa
from flask_babel import force_locale

from app.charts import query
from app.charts.catalogue import CHARTS
from app.charts.cross import axes_of, crossed, figures_of
from app.charts.option import link_of
from app.charts.query import leaves_out_undated, run
from models.customer import Customer
from models.labels import Channel, OrderState
from models.order import Order, regulation_state
from tests.services.chart_rows import (
    NOW,
    crossed_of,
    delivery,
    line,
    missed,
    order,
    person,
    put,
    statements,
    task,
    ticket,
)
from views.chartapi import body_of
from views.chartcross import left_out_text
from views.charttable import table_of, written

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from app.charts.query import Result

pytestmark = pytest.mark.stage("migrated")
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ALL_TIME = {"since": "", "until": ""}
# Around the turns of months, quarters and years in Shanghai, and on both sides of them.
MOMENTS = [
    datetime(2025, 12, 31, 15, 59, tzinfo=UTC),
    datetime(2025, 12, 31, 16, 0, tzinfo=UTC),
    datetime(2026, 3, 31, 15, 59, tzinfo=UTC),
    datetime(2026, 3, 31, 16, 0, tzinfo=UTC),
    datetime(2026, 6, 30, 16, 0, tzinfo=UTC),
    NOW,
]


@pytest.fixture
def orders(session: Session) -> pd.DataFrame:
    """Orders of every channel, moment and some states, by customers who come back; and the same as plain rows."""
    customers = [put(session, Customer, code=f"CUS-9{n:07d}", name="陈伟", search_text="") for n in range(3)]
    states = (OrderState.draft, OrderState.approved, OrderState.shipped, OrderState.delivered)
    for number in range(36):
        order(
            session,
            MOMENTS[number % 6],
            f"{number}.{number % 10}7",
            net_amount=Decimal(f"{number}.07"),
            tax_amount=Decimal(number % 10) / 10,
            channel=list(Channel)[number % 4],
            state=states[number % 3],
            customer_id=customers[number % 3 if number % 5 else 0],
            ship_city=(None, "苏州市", "杭州市")[number % 3],
        )
    names = "channel state customer_id ship_city net_amount total_amount received_at"
    table = Order.__table__.c
    rows = pd.DataFrame(session.execute(sa.select(*(table[name] for name in names.split()))).all())
    local = [moment.astimezone(UTC) + timedelta(hours=8) for moment in rows["received_at"]]
    rows["month"] = [day.date().replace(day=1) for day in local]
    rows["quarter"] = [date(day.year, (day.month - 1) // 3 * 3 + 1, 1) for day in local]
    rows["year"] = [date(day.year, 1, 1) for day in local]
    rows["week"] = [day.date() - timedelta(days=day.weekday()) for day in local]
    return rows


def reckoned(rows: pd.DataFrame, figure: str) -> Any:
    """The figure of some rows, by hand."""
    if figure == "average":
        mean = sum(rows["total_amount"], Decimal(0)) / max(len(rows), 1)
        return mean.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) if len(rows) else None
    if figure == "customers":
        return rows["customer_id"].nunique()
    if figure == "orders":
        return len(rows)
    return sum(rows["net_amount" if figure == "net" else "total_amount"], Decimal(0))


def compare(result: Result, rows: pd.DataFrame, across: str, down: str, figure: str) -> None:
    """Every cell and every total of the table."""

    def some(key: Any, part: Any) -> pd.DataFrame:
        kept = rows
        for name, wanted in ((across, key), (down, part)):
            if wanted is not ...:
                kept = kept[kept[name].isna() if wanted is None else kept[name] == wanted]
        return kept

    places = [(key, part) for key in (*result.buckets, ...) for part in (*result.parts, ...)]
    shown = {place: result.total(figure, bucket_key=place[0], part=place[1]) for place in places}
    assert shown == {place: reckoned(some(*place), figure) for place in places}
    assert result.left_out == (0, 0)


def test_cross_table_when_rows_are_reckoned_by_hand_then_every_figure_and_total_is_the_same(
    session: Session, orders: pd.DataFrame
) -> None:
    tables = (("channel", "month"), ("quarter", "ship_city"), ("week", "channel"), ("year", "channel"))
    for across, down in tables:
        for figure in ("net", "amount", "orders", "customers", "average"):
            with statements(session) as seen:
                asked = crossed_of(session, "orders_by_month", rows=across, columns=down, figure=figure, **ALL_TIME)
                compare(run(asked), orders, across, down, figure)
            assert len(seen) == 1


def test_cross_table_when_it_has_no_columns_then_its_rows_are_those_of_the_database(
    app: Flask, session: Session, orders: pd.DataFrame
) -> None:
    for figure in ("customers", "average", "orders"):
        asked = crossed_of(session, "orders_by_month", rows="channel", columns="none", figure=figure, **ALL_TIME)
        result = run(asked)
        with app.test_request_context():
            table = table_of(result, result.figures()[0], lambda _model, pairs: str(pairs))
            told = [row["cells"][1] for row in table["rows"]] + [table["foot"][1]]
            measure = result.measure(figure)
            wanted = [reckoned(orders[orders["channel"] == key], figure) for key in result.buckets]
            assert [cell["text"] for cell in told] == [
                written(measure, value) for value in (*wanted, reckoned(orders, figure))
            ]
        # Behind different customers stand more orders than there are customers.
        assert {cell["url"] is None for cell in told} == {figure == "customers"}


def test_cross_table_when_states_are_folded_then_a_customer_of_two_of_them_counts_once(
    session: Session, orders: pd.DataFrame
) -> None:
    rows = orders.assign(regulation=[regulation_state(state) for state in orders["state"]])
    asked = crossed_of(session, "orders_by_month", rows="regulation", columns="year", figure="customers", **ALL_TIME)

    compare(run(asked), rows, "regulation", "year", "customers")


def test_cross_table_when_of_deliveries_then_the_rate_of_a_total_divides_totals(session: Session) -> None:
    for channel, times in ((Channel.phone, (1, 1, 1, 0)), (Channel.tender, (0,))):
        owner = order(session, NOW, channel=channel)
        for is_on_time in times:
            found = line(session, owner, date(2026, 11, 10), 1, qty_delivered=1)
            delivery(session, owner, found, datetime(2026, 11, 9 if is_on_time else 12, tzinfo=UTC), 1)

    asked = crossed_of(session, "deliveries_on_time", rows="channel", columns="quarter", figure="on_time_rate")
    result = run(asked)

    by_channel = {key: result.total("on_time_rate", bucket_key=key) for key in (Channel.phone, Channel.tender)}
    assert by_channel == {Channel.phone: Decimal("75.0"), Channel.tender: Decimal("0.0")}
    assert result.total("on_time_rate") == Decimal("60.0")
    assert [result.part_text(part) for part in result.parts] == ["2026-Q4"]


@ONE_ENGINE
def test_cross_table_when_a_field_is_masked_then_it_is_no_figure_and_no_grouping(session: Session) -> None:
    order(session, NOW, "99.00", ship_city="苏州市")
    actor = person(price="masked", city="masked")
    chart = CHARTS["orders_by_month"]
    asked_for = {"rows": "ship_city", "columns": "channel", "figure": "average"}

    assert [figure.name for figure in figures_of(chart, actor)] == ["orders", "customers"]
    assert "ship_city" not in {axis.name for axis in axes_of(chart, actor)}
    _table, problems = crossed(chart, list(asked_for.items()), actor)
    assert [reason.data["value"] for reason in problems] == ["ship_city", "average"]
    with statements(session) as seen:
        result = run(crossed_of(session, "orders_by_month", actor, **asked_for))
    assert (result.asked.choice.axis.name, list(result.frames)) == ("month", ["orders"])
    assert [text for text in seen if "amount" in text or "ship_city" in text] == []
    assert "ship_city" in {axis.name for axis in axes_of(chart, person())}


@ONE_ENGINE
def test_cross_table_when_some_rows_are_open_then_totals_know_only_those(session: Session) -> None:
    order(session, NOW, "1.00", channel=Channel.phone)
    seen = order(session, NOW, "2.00", channel=Channel.post)

    for figure, total in (("amount", Decimal("2.00")), ("customers", 1), ("average", Decimal("2.00"))):
        asked = crossed_of(
            session, "amount_by_channel", scope=lambda _model, _actor: Order.id == seen, rows="channel", figure=figure
        )
        assert run(asked).total(figure) == total


@ONE_ENGINE
def test_cross_table_when_it_is_too_large_then_the_rest_is_counted_and_said_or_it_is_refused(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(query.MOST_PARTS + 3):
        order(session, NOW, "1.00", ship_city=f"城市{number:03d}")
    asked = crossed_of(session, "orders_by_month", rows="channel", columns="ship_city", figure="amount")

    result = run(asked)

    assert (len(result.parts), result.left_out) == (query.MOST_PARTS, (0, 3))
    assert result.total("amount") == Decimal(query.MOST_PARTS + 3)
    with app.test_request_context(), force_locale("en"):
        assert left_out_text(result) == (
            "3 columns are not shown. The totals count everything. Choose a shorter period or a filter to see the rest."
        )
        assert body_of(result)["left_out"] == {"rows": 0, "columns": 3}
    monkeypatch.setattr(query, "MOST_CELLS", query.MOST_PARTS)
    with pytest.raises(query.TooManyFiguresError):
        run(asked)
    monkeypatch.setattr(query, "MOST_GROUPS", query.MOST_PARTS)
    with pytest.raises(query.TooManyFiguresError):
        run(asked)


@ONE_ENGINE
def test_cross_table_when_rows_have_no_date_then_they_stand_apart_and_are_in_the_total(session: Session) -> None:
    task(session, date(2026, 11, 23), "planned", "2.5")
    task(session, None, "planned", "1")

    result = run(crossed_of(session, "tasks_by_week", rows="state", columns="month", figure="pieces"))

    assert {result.part_text(part): result.total("pieces", part=part) for part in (date(2026, 11, 1), None)} == {
        "2026-11": Decimal("2.5"),
        "Not planned": Decimal(1),
    }
    assert result.total("pieces") == Decimal("3.5")
    without_time = run(crossed_of(session, "tasks_by_week", rows="state", columns="none", figure="pieces"))
    assert (without_time.total("pieces"), leaves_out_undated(without_time.asked)) == (Decimal("2.5"), True)
    assert not leaves_out_undated(result.asked)
    totals = (date(2026, 11, 1), None, ...)
    links = [link_of(result, "pieces", lambda _model, pairs: str(pairs), part=part) for part in totals]
    assert [link is not None for link in links] == [True, True, False]  # no list has both


@ONE_ENGINE
def test_missed_limits_when_crossed_then_departments_stand_by_their_reasons(session: Session) -> None:
    missed(session, NOW, "production", "material")
    missed(session, NOW, "production", "material")
    missed(session, NOW, "logistics")
    ticket(session, NOW, "repair", liable_party="carrier")

    result = run(crossed_of(session, "limits_missed", rows="owner_department", columns="reason"))

    assert [result.part_text(part) for part in result.parts] == ["Material", "Not given"]
    assert {
        (str(key), str(part)): value
        for key in result.buckets
        for part in result.parts
        if (value := result.value("missed", key, part))
    } == {("production", "material"): 2, ("logistics", "None"): 1}
    tickets = run(crossed_of(session, "tickets_by_month", rows="kind", columns="liable_party"))
    assert (tickets.total("tickets"), [str(part) for part in tickets.parts]) == (1, ["carrier"])
