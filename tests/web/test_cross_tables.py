"""Cross tables on screens, as files and through the API, on the demo company."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from app.cli.demo_people import actors
from app.kernel.context import Actor
from tests.services.chart_rows import NOW, missed, order
from tests.web.exports import csv_of, sheet_of
from tests.web.person import Person, statements
from tests.web.test_charts import counted, grant

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

pytestmark = [pytest.mark.stage("demo"), pytest.mark.both_engines]
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ALL_TIME = "from=&to="
LINE = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
CELL = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)
LINK = re.compile(r'<a href="([^"]+)">([\d,]+)</a>')


def table_of(page: str) -> list[list[str]]:
    """The cross table of a page as text."""
    table = page.split('class="zd-table-wrap zd-cross"')[1].split("</table>", maxsplit=1)[0]
    return [
        [unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in CELL.findall(row)] for row in LINE.findall(table)
    ]


@pytest.fixture
def chair(app: Flask, session: Session) -> Person:
    missed(session, NOW, "production", "material")
    missed(session, NOW, "logistics")
    session.commit()
    return Person(app, session, "cm_zhang")


TABLES = (
    f"orders_by_month/?rows=regulation&columns=quarter&figure=orders&{ALL_TIME}",
    f"orders_by_month/?rows=ship_city&columns=order_type&figure=orders&{ALL_TIME}",
    f"amount_by_channel/?rows=week&columns=channel&figure=orders&{ALL_TIME}",
    f"deliveries_on_time/?rows=channel&columns=month&figure=on_time&{ALL_TIME}",
    f"tasks_by_week/?rows=priority&columns=week&figure=tasks&{ALL_TIME}",
    f"receipts_by_method/?rows=method&columns=quarter&figure=receipts&{ALL_TIME}",
    "tickets_by_age/?rows=age&columns=state",
    f"tickets_by_month/?rows=liable_party&columns=kind&figure=tickets&{ALL_TIME}",
    f"limits_missed/?rows=reason&columns=owner_department&{ALL_TIME}",
)


def test_cross_table_figure_when_followed_then_as_many_rows_stand_behind_it(
    app: Flask, session: Session, chair: Person
) -> None:
    actor: Actor = actors(session)["cm_zhang"]
    session.rollback()

    for asked in TABLES:
        page = chair.page(f"/chart/{asked}")
        links = {(url, int(figure.replace(",", ""))) for url, figure in LINK.findall(page)}
        figures = [cell for row in table_of(page)[1:] for cell in row[1:] if cell != "0"]
        assert (asked, len(LINK.findall(page))) == (asked, len(figures))
        assert (asked, len(links) > 2) == (asked, True)
        few = [(url, figure) for url, figure in links if figure <= 50]
        wrong = [(url, figure) for url, figure in few if counted(app, session, actor, chair.client, url) != figure]
        assert wrong == []


@ONE_ENGINE
def test_cross_table_when_exported_then_the_file_is_the_table_of_the_screen(chair: Person, session: Session) -> None:
    page = chair.page(f"/chart/orders_by_month/?rows=channel&columns=quarter&figure=average&{ALL_TIME}")
    part = page.split('class="zd-chart-export"')[1].split("</form>", maxsplit=1)[0]
    form = {name: unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', part)}
    shown = table_of(page)

    rows = sheet_of(chair.client.post("/chart/orders_by_month/export", data={**form, "format": "xlsx"}).get_data())
    session.rollback()
    text = csv_of(chair.client.post("/chart/orders_by_month/export", data={**form, "format": "csv"}))

    def plain(cell: Any) -> str:
        return "–" if cell in {None, ""} else f"{cell:,.2f}" if isinstance(cell, int | float) else str(cell)

    assert text[1] == shown[0] == list(rows[1])
    assert [[plain(cell) for cell in row] for row in rows[2:]] == shown[1:]
    assert len(text) == len(rows)


@ONE_ENGINE
def test_api_when_asked_for_a_cross_table_then_the_figures_of_the_screen_with_all_totals(chair: Person) -> None:
    asked = f"?rows=channel&columns=quarter&figure=orders&{ALL_TIME}"
    shown = table_of(chair.page(f"/chart/orders_by_month/{asked}"))

    answer = chair.app.test_client().get(f"/api/v1/chart/orders_by_month{asked}", headers=chair.token())

    (figure,) = answer.get_json()["figures"]
    rows = [[*row["values"], row["total"]] for row in figure["rows"]]
    rows.append([*figure["totals"], figure["total"]])
    assert [[str(cell) for cell in row] for row in rows] == [row[1:] for row in shown[1:]]


@ONE_ENGINE
def test_cross_table_when_the_choice_is_wrong_then_said_and_left_out(chair: Person) -> None:
    page = unescape(chair.page("/chart/orders_by_month/?rows=state&columns=week&figure=profit"))
    same = unescape(chair.page("/chart/orders_by_month/?rows=month&columns=week"))

    assert "“state”" in page
    assert "“profit”" in page
    assert "“Month” and “Week” group by the same field: choose another one for the columns." in same
    assert table_of(same)[0][0] == "Month / Order type"
    for asked, code in (("rows=state", "invalid_filter"), ("rows=month&columns=week", "same_grouping")):
        answer = chair.app.test_client().get(f"/api/v1/chart/orders_by_month?{asked}", headers=chair.token())
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, code)
    # A chart with a statement of its own has none.
    assert "“month”" in unescape(chair.page("/chart/receipts_by_month/?rows=month"))


@ONE_ENGINE
def test_cross_table_when_nothing_is_in_the_period_then_it_says_what_to_do(chair: Person) -> None:
    page = chair.page("/chart/orders_by_month/?rows=channel&from=1999-01-01&to=1999-01-31")

    assert "Widen the period or clear a filter." in page


@ONE_ENGINE
def test_cross_table_when_the_person_sees_no_prices_then_no_amount_by_address_api_or_file(
    app: Flask, session: Session
) -> None:
    grant(session, "production", "orders_by_month")
    maker = Person(app, session, "pd_chen")
    asked = f"rows=order_type&columns=month&figure=amount&{ALL_TIME}"

    page = maker.page(f"/chart/orders_by_month/?{asked}")
    answer = app.test_client().get(f"/api/v1/chart/orders_by_month?{asked}", headers=maker.token())
    token = maker.hidden("/chart/orders_by_month/")["csrf_token"]
    form = {"arguments": asked, "figure": "amount", "format": "csv", "csrf_token": token, "token": "t"}
    file = maker.client.post("/chart/orders_by_month/export", data=form)

    assert "The filter “Figure” does not understand “amount”." in unescape(page)
    assert re.findall(r'<option value="(\w+)"[^>]*>', page.split('name="figure"')[1].split("</select>")[0]) == [
        "orders", "customers",
    ]  # fmt: skip
    assert "Orders by Order type and Month" in page
    assert (answer.status_code, file.status_code) == (400, 422)
    # Without the right to the chart there is no table of it either.
    assert maker.client.get("/chart/amount_by_channel/?rows=channel").status_code == 403


@ONE_ENGINE
def test_cross_table_page_when_there_are_more_rows_then_three_statements(
    session: Session, chair: Person, database: Database
) -> None:
    asked = "/chart/orders_by_month/?rows=ship_city&columns=month&figure=customers"
    chair.page(asked)
    counts = []
    for number in range(2):
        with statements(database.engine) as seen:
            chair.page(asked)
        counts.append(len(seen))
        order(session, NOW, "1.00", ship_city=f"城市{number}")
        session.commit()

    assert counts == [3, 3]  # the person, the rights, the figures
