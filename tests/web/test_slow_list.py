"""Lists filtered by what no index answers: the rows come by the quicker way, or it is said that they take too long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.charts import query
from app.kernel import hurry
from app.kernel.brief import brief
from app.kernel.context import SYSTEM, Context, entered, local_day
from app.kernel.listing import page, parse
from models.order import Order
from tests.signed_in import token_of
from tests.web.person import Person, first_cells, text_of
from views.base import ENTITIES

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

pytestmark = [pytest.mark.stage("demo"), pytest.mark.both_engines]
# Neither database comes to an end in this time.
ENDLESS = sa.text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) SELECT count(*) FROM n"
)


def never(*ways: bool) -> Any:
    """A page that does not end by the named ways (walked, scanned)."""

    def made(ctx: Context, spec: Any, asked: Any, *, scans: bool = False) -> Any:
        if scans in ways:
            ctx.session.execute(ENDLESS).all()
        return page(ctx, spec, asked, scans=scans)

    return made


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Patience of a quarter of a second."""
    for name in ("WALK", "SCAN", "COUNT"):
        monkeypatch.setattr(hurry, name, 0.25)
    return monkeypatch


def test_page_when_scanned_then_the_same_rows_and_neighbours_as_when_walked(session: Session) -> None:
    spec = ENTITIES["order"].spec()
    tried = 0
    for sort in ("received_at", "-received_at", "promised_on", "-promised_on", "-total_amount"):
        for narrowed in ({"total_amount__ge": "100"}, {"channel": "phone", "ship_city__contains": "杭"}):
            more: dict[str, str] | None = {}
            for _page in range(4):
                if more is None:
                    break
                args = {**narrowed, "sort": sort, "size": "5", **more}
                with entered(Context(session, SYSTEM, datetime.now(UTC))) as ctx:
                    asked, problems = parse(spec, SYSTEM, list(args.items()))
                    walked, scanned = page(ctx, spec, asked), page(ctx, spec, asked, scans=True)
                assert problems == []
                assert [row.id for row in scanned.rows] == [row.id for row in walked.rows], args
                assert (scanned.next, scanned.previous) == (walked.next, walked.previous)
                more = walked.next
                tried += 1
            for end in ({"last": "1"},):
                asked, _ = parse(spec, SYSTEM, list({**narrowed, "sort": sort, "size": "5", **end}.items()))
                with entered(Context(session, SYSTEM, datetime.now(UTC))) as ctx:
                    assert page(ctx, spec, asked, scans=True).rows == page(ctx, spec, asked).rows
    assert tried > 20


def test_list_when_its_order_cannot_be_walked_in_time_then_the_table_is_read(
    app: Flask, session: Session, hasty: pytest.MonkeyPatch
) -> None:
    clerk = Person(app, session, "oc_li")
    path = "/order/list/?total_amount__ge=100"
    expected = first_cells(clerk.page(path))
    assert len(expected) == 25
    hasty.setattr(hurry, "page", never(False))
    assert first_cells(clerk.page(path)) == expected


def test_list_when_neither_way_ends_then_says_how_to_narrow_it_and_the_next_page_has_its_time(
    app: Flask, session: Session, hasty: pytest.MonkeyPatch
) -> None:
    clerk = Person(app, session, "oc_li")
    hasty.setattr(hurry, "page", never(False, True))
    html = clerk.page("/order/list/?project_name__contains=nowhere")
    assert "Looking for these rows takes too long" in text_of(html)
    assert "project_name__contains=nowhere&amp;received_at__during=month" in html
    answer = clerk.client.get("/api/v1/order/?project_name__contains=nowhere", headers=clerk.token())
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "too_slow")
    hasty.undo()
    assert "Looking for these rows" not in clerk.page("/order/list/?project_name__contains=nowhere")


def test_list_when_only_counting_takes_too_long_then_the_rows_stand_there(
    app: Flask, session: Session, hasty: pytest.MonkeyPatch
) -> None:
    clerk = Person(app, session, "oc_li")
    hasty.setattr(hurry, "total", lambda ctx, *_: ctx.session.execute(ENDLESS).all())
    html = clerk.page("/order/list/?total_amount__ge=100")
    assert len(first_cells(html)) == 25
    assert "More than 25 rows" in text_of(html)
    # What fits on one page is counted by looking at it.
    draft = session.scalar(sa.select(sa.func.count()).where(Order.state == "draft"))
    session.rollback()
    assert f"{draft} row" in text_of(clerk.page("/order/list/?state=draft"))


def test_api_when_asked_for_a_period_then_it_is_that_of_the_list_and_documented(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    today = local_day(datetime.now(UTC))
    orders = session.execute(sa.select(Order.order_no, Order.received_at)).all()
    session.rollback()
    month = {number for number, at in orders if local_day(at).replace(day=1) == today.replace(day=1)}
    past = {number for number, at in orders if local_day(at) <= today - timedelta(days=1)}
    assert len(month | past) == len(orders) > 0
    for word, expected in (("month", month), ("past", past)):
        url = f"/api/v1/order/?received_at__during={word}&size=200"
        answer = clerk.client.get(url, headers=clerk.token()).get_json()
        assert {row["order_no"] for row in answer["result"]} == expected, word
    wrong = clerk.client.get("/api/v1/order/?received_at__during=ever", headers=clerk.token())
    assert (wrong.status_code, wrong.get_json()["error"]["code"]) == (400, "invalid_filter")
    spec = clerk.client.get("/api/v1/_openapi", headers=clerk.token()).get_json()
    names = {found["name"]: found for found in spec["paths"]["/api/v1/order/"]["get"]["parameters"]}
    assert "received_at__during (today, week, month, past, soon)" in names["received_at"]["description"]
    assert names["last"]["schema"]["enum"] == ["1"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_statement_when_it_follows_in_the_same_transaction_then_it_has_its_usual_time(session: Session) -> None:
    with brief(session, 0.25):
        assert session.scalar(sa.text("SHOW statement_timeout")) == "250ms"
    assert session.scalar(sa.text("SHOW statement_timeout")) == "15s"
    session.rollback()


def endless(_asked: Any) -> Any:
    """A chart's statement that does not end."""
    number = sa.select(sa.literal(1).label("i")).cte(recursive=True)
    number = number.union_all(sa.select(number.c.i + 1).where(number.c.i < sa.literal(2_000_000_000)))
    return sa.select(sa.func.count(number.c.i))


def test_chart_when_it_takes_too_long_then_page_program_and_file_say_what_to_do(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    chair = Person(app, session, "cm_zhang")
    form = chair.hidden("/chart/orders_by_month/") | {"format": "csv"}
    headers = {"Authorization": f"Bearer {token_of(app, chair.user_id)}"}
    monkeypatch.setattr(query, "LONGEST", 0.25)
    monkeypatch.setattr(query, "aggregate", endless)
    said = "These figures take too long to add up: choose a shorter period, or a filter."
    page = chair.get("/chart/orders_by_month/?rows=channel&columns=none")
    assert (page.status_code, chair.messages(page)) == (200, [said])
    answer = app.test_client().get("/api/v1/chart/orders_by_month", headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "too_slow")
    refused = chair.client.post("/chart/orders_by_month/export", data=form)
    assert refused.status_code == 400
    assert said in text_of(refused.text)
    # The limit ends with the statement: what comes after has all its time.
    assert session.scalar(sa.select(sa.func.count()).select_from(Order)) > 0
