"""Charts on screens and through the API, on the demo company."""

from __future__ import annotations

import json
import re
from functools import partial
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, ViewMenu

from app.charts.catalogue import CHARTS, charts_for_home
from app.cli.demo_people import actors
from app.kernel.context import Actor, Context
from app.kernel.listing import parse, total
from tests.services.chart_rows import LIMIT, NOW, missed, order
from tests.signed_in import signed_in
from tests.signed_in import token_of as signed_token
from views.base import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session

    from tests.databases import Database

pytestmark = [pytest.mark.stage("demo"), pytest.mark.both_engines]
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
EVERY_CHART = pytest.mark.parametrize("name", sorted(CHARTS))
ALL_TIME = "?from=&to="
OPTION = re.compile(r'<script type="application/json" id="([\w-]+)-option"[^>]*>(.*?)</script>', re.DOTALL)
ROW = re.compile(r"<tr[^>]*>(.*?)</tr>", re.DOTALL)
CELL = re.compile(r'<td[^>]*class="zd-col-number[^"]*"[^>]*>(.*?)</td>', re.DOTALL)
LINK = re.compile(r'<a href="([^"]+)"[^>]*>([\d,]+)</a>')


def sign_in(app: Flask, session: Session, username: str) -> FlaskClient:
    """A browser with that person's session."""
    user_id = actors(session)[username].id
    session.rollback()
    assert user_id is not None
    return signed_in(app, user_id)


def token_of(app: Flask, session: Session, username: str) -> dict[str, str]:
    """The header of an API call of that person."""
    user_id = actors(session)[username].id
    session.rollback()
    assert user_id is not None
    return {"Authorization": f"Bearer {signed_token(app, user_id)}"}


@pytest.fixture
def committee(app: Flask, session: Session) -> FlaskClient:
    missed(session, NOW, "production")  # the demo company is not swept
    session.commit()
    return sign_in(app, session, "cm_zhang")


def options(page: str) -> dict[str, Any]:
    """What ECharts is given, by the id of the picture."""
    return {name: json.loads(text) for name, text in OPTION.findall(page)}


def counted(app: Flask, session: Session, actor: Actor, client: FlaskClient, url: str) -> int:
    """How many rows stand behind a link, whichever page shows them."""
    parts = urlsplit(unescape(url))
    if parts.path.startswith("/chart/"):
        page = client.get(unescape(url)).get_data(as_text=True)
        return len(ROW.findall(page.split("<tbody>")[1]))
    view = ENTITIES[parts.path.split("/")[1]]
    asked, problems = parse(view.spec(), actor, parse_qsl(parts.query))
    assert problems == []
    with app.test_request_context():
        count = total(Context(session, actor, NOW), view.spec(), asked).count
    session.rollback()
    return count


@EVERY_CHART
def test_chart_figure_when_followed_then_as_many_rows_stand_behind_it(app, session, committee, name):
    page = committee.get(f"/chart/{name}/{ALL_TIME}").get_data(as_text=True)
    # Pieces are not rows: only the table of tasks is compared.
    page = page.split('id="chart-tasks-by-week-pieces"')[0]
    figures = [cell for cell in CELL.findall(page) if re.sub(r"<[^>]+>", "", cell).strip() != "0"]
    links = [found for cell in figures if (found := LINK.search(cell))]

    assert links
    assert len(links) == len(figures)
    seen = {(found[1], int(found[2].replace(",", ""))) for found in links}
    actor = actors(session)["cm_zhang"]
    session.rollback()
    count = partial(counted, app, session, actor, committee)
    wrong = {(url, figure) for url, figure in seen if figure <= 50 and count(url) != figure}
    assert wrong == set()


@EVERY_CHART
def test_chart_when_shown_then_its_numbers_are_numbers_and_points_lead_on(committee, name):
    drawn = options(committee.get(f"/chart/{name}/{ALL_TIME}").get_data(as_text=True))

    points = [point for option in drawn.values() for series in option["series"] for point in series["data"]]
    bars = [point for point in points if isinstance(point, dict)]
    assert {type(point["value"]) for point in bars} <= {int, float}
    assert [point for point in bars if point["value"] and not point["url"].startswith("/")] == []
    assert any(point["value"] for point in bars)


@EVERY_CHART
@ONE_ENGINE
def test_chart_when_nothing_is_in_the_period_then_the_page_says_so_and_draws_nothing(committee, name):
    answer = committee.get(
        f"/chart/{name}/?from=1999-01-01&to=1999-01-31" if CHARTS[name].period else f"/chart/{name}/"
    )

    assert answer.status_code == 200
    if CHARTS[name].period and name not in {"tasks_by_week", "receipts_by_month"}:  # these keep what has no date
        assert options(answer.get_data(as_text=True)) == {}


@ONE_ENGINE
def test_chart_when_arguments_are_wrong_then_they_are_left_out_and_said(committee):
    page = committee.get(
        "/chart/orders_by_month/?from=31.12.2026&channel=carrier-pigeon&colour=red", follow_redirects=True
    )

    text = page.get_data(as_text=True)
    assert page.status_code == 200
    for said in ("31.12.2026", "carrier-pigeon", "red"):
        assert f"“{said}”" in unescape(text)


@ONE_ENGINE
@EVERY_CHART
def test_chart_when_the_right_is_missing_then_refused_on_screen_and_api(app, session, name):
    client, header = sign_in(app, session, "ad_root"), token_of(app, session, "ad_root")

    assert client.get(f"/chart/{name}/").status_code == 403
    assert client.get(f"/chart/{name}/rows/?_measure=late").status_code == 403
    answer = app.test_client().get(f"/api/v1/chart/{name}", headers=header)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "permission_denied")


@ONE_ENGINE
def test_chart_when_nobody_is_signed_in_then_login_or_401(app):
    assert app.test_client().get("/chart/orders_by_state/").status_code == 302
    assert app.test_client().get("/api/v1/chart/orders_by_state").status_code == 401


@EVERY_CHART
def test_api_when_asked_then_the_same_figures_as_on_the_screen(app, session, committee, name):
    header = token_of(app, session, "cm_zhang")
    body = app.test_client().get(f"/api/v1/chart/{name}{ALL_TIME}", headers=header).json
    drawn = options(committee.get(f"/chart/{name}/{ALL_TIME}").get_data(as_text=True))

    assert body["name"] == name
    for figure in body["figures"]:
        option = drawn[f"chart-{name}-{figure['name']}".replace("_", "-")]
        bars = [series for series in option["series"] if series["type"] == "bar"]
        shown = len(option["xAxis"]["data"])
        for place, series in enumerate(bars):
            values = [row["values"][place] for row in figure["rows"]][:shown]
            assert values == [point["value"] for point in series["data"]]
            assert {type(value) for value in values} <= {int, float}


@ONE_ENGINE
def test_api_when_arguments_are_wrong_then_400_with_a_stable_code(app, session):
    header = token_of(app, session, "cm_zhang")

    answer = app.test_client().get("/api/v1/chart/orders_by_month?from=yesterday", headers=header)

    assert (answer.status_code, answer.json["error"]["code"]) == (400, "invalid_date")
    assert app.test_client().get("/api/v1/chart/weather", headers=header).status_code == 404


@ONE_ENGINE
def test_api_when_charts_are_listed_then_only_those_that_are_open(app, session):
    header = token_of(app, session, "pd_chen")

    body = app.test_client().get("/api/v1/chart/", headers=header).json

    assert [chart["name"] for chart in body["result"]] == ["tasks_by_week"]


def grant(session: Session, role: str, name: str) -> None:
    """Gives a role the right to a chart, as an administrator may."""
    found = session.scalar(
        sa.select(PermissionView)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(Permission.name == f"can_{name}", ViewMenu.name == "chart")
    )
    holder = session.scalars(sa.select(Role).where(Role.name == role)).one()
    holder.permissions.append(found)
    session.commit()


def test_chart_when_production_gets_it_then_neither_amounts_nor_other_departments_orders(app, session):
    grant(session, "production", "orders_by_month")
    header = token_of(app, session, "pd_chen")

    body = app.test_client().get(f"/api/v1/chart/orders_by_month{ALL_TIME}", headers=header).json
    page = sign_in(app, session, "pd_chen").get(f"/chart/orders_by_month/{ALL_TIME}").get_data(as_text=True)

    made = session.scalar(sa.text("SELECT count(DISTINCT order_id) FROM production_task"))
    everything = session.scalar(sa.text("SELECT count(*) FROM sales_order"))
    assert [figure["name"] for figure in body["figures"]] == ["orders"]
    assert sum(sum(row["values"]) for row in body["figures"][0]["rows"]) == made
    assert 0 < made < everything
    assert list(options(page)) == ["chart-orders-by-month-orders"]


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """What reaches the database, without the beginning of transactions and the limit of time."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_given: Any) -> None:
        if not statement.startswith("BEGIN") and not LIMIT.search(statement):
            seen.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(database.engine, "before_cursor_execute", note)


@EVERY_CHART
def test_chart_page_when_there_are_more_rows_then_three_statements(session, committee, statements, name):
    committee.get(f"/chart/{name}/")
    counts = []
    for _ in range(2):
        statements.clear()
        committee.get(f"/chart/{name}/")
        counts.append(len(statements))
        for _more in range(3):
            order(session, NOW, "1.00")
        session.commit()

    assert counts == [3, 3]  # the person, his rights, the figures


@ONE_ENGINE
def test_rows_page_when_figure_or_place_is_made_up_then_not_found_or_first_page(committee):
    assert committee.get("/chart/deliveries_on_time/rows/?_measure=early").status_code == 404
    assert committee.get("/chart/orders_by_state/rows/?_measure=orders").status_code == 404
    made_up = committee.get(f"/chart/receipts_by_month/rows/{ALL_TIME}&_measure=due&_after=x")
    assert made_up.status_code == 200


def test_rows_page_when_walked_then_each_row_comes_once(session, committee):
    url: str | None = f"/chart/receipts_by_month/rows/{ALL_TIME}&_measure=dues"
    rows = 0
    while url:
        page = committee.get(url).get_data(as_text=True)
        rows += len(ROW.findall(page.split("<tbody>")[1].split("</tbody>")[0]))
        found = re.search(r'href="([^"]+)"[^>]*rel="next"', page)
        url = unescape(found[1]) if found else None

    owed = "SELECT count(*) FROM payment_schedule p JOIN sales_order o ON o.id = p.order_id WHERE o.state NOT IN "
    unconfirmed = "('draft', 'pending_review', 'pending_approval', 'approved', 'cancelled', 'rejected')"
    assert rows == session.scalar(sa.text(owed + unconfirmed))
    assert rows > 50


@ONE_ENGINE
def test_home_when_asked_then_the_charts_of_the_departments_that_are_open(app, session):
    found = {username: [chart.name for chart in charts_for_home(actor)] for username, actor in actors(session).items()}

    assert found["pd_chen"] == ["tasks_by_week"]
    assert found["oc_li"] == ["orders_by_state", "orders_by_month"]
    assert found["cm_zhang"] == ["orders_by_month", "deliveries_on_time", "receipts_by_month"]
    assert found["ad_root"] == []
