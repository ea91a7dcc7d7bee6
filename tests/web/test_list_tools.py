"""What people do with a list all day: filters under a name, columns, counts, sums, periods, row menus, many rows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa

import views.tallies
from app.kernel import tally
from app.kernel.context import local_day
from models.journal import Journal
from models.order import Order
from models.payment import Payment
from models.saved_list import ListSetting, SavedList
from models.shipment import Shipment
from tests.web.person import Person, first_cells, newest, statements, text_of
from views.base import ENTITIES

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

pytestmark = [pytest.mark.stage("demo"), pytest.mark.both_engines]
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HEAD = re.compile(r'<th scope="col" class="zd-col-\w+"[^>]*>(.*?)</th>', re.DOTALL)
TAB = re.compile(r'<nav class="zd-quick".*?</nav>', re.DOTALL)


def heads(html: str) -> list[str]:
    """The column labels of a list, without the boxes and the menu."""
    found = [text_of(label) for label in HEAD.findall(html.split("</thead>", maxsplit=1)[0])]
    return [label for label in found if label not in {"", "Menu"}]


def tabs(html: str) -> str:
    """What stands in the row of tabs."""
    found = TAB.search(html)
    return text_of(found.group()) if found else ""


def save(person: Person, here: str, name: str, **more: str) -> str:
    """Saves the list as it stands; returns where that leads."""
    response = person.post("/lists/save/order", {"back": here, "name": name, **more}, page=here)
    return str(response.headers["Location"])


def test_filter_when_saved_then_its_tab_opens_exactly_it_and_the_list_opens_with_it(
    app: Flask, session: Session
) -> None:
    clerk = Person(app, session, "oc_li")
    leads_to = save(clerk, "/order/list/?state=draft&sort=-total_amount", " 我的草稿 ", default="1")
    assert [pair for pair in parse_qsl(urlsplit(leads_to).query) if pair[0] != "view"] == [
        ("state", "draft"),
        ("sort", "-total_amount"),
    ]
    html = clerk.page(leads_to)
    assert "我的草稿" in tabs(html)
    assert clerk.get("/order/list/").headers["Location"] == leads_to
    assert first_cells(clerk.page("/order/list/?view=0")) != first_cells(html)
    kept = newest(session, SavedList)
    assert (kept.name, kept.role, kept.arguments) == (
        "我的草稿", None, [["state", "draft"], ["sort", "-total_amount"]],
    )  # fmt: skip
    assert newest(session, Journal, Journal.entity == "saved_list").action == "saved_list.add"
    # Deleted, the list opens as it is delivered, and the journal says both.
    clerk_pk = kept.id
    session.rollback()
    clerk.post(f"/lists/{clerk_pk}/delete", {"back": leads_to}, page=leads_to)
    assert clerk.get("/order/list/").status_code == 200
    assert session.scalar(sa.select(ListSetting.default_id)) is None
    assert newest(session, Journal, Journal.entity == "saved_list").action == "saved_list.delete"


@ONE_ENGINE
def test_filter_when_renamed_or_saved_again_then_one_name_is_one_filter(app: Flask, session: Session) -> None:
    clerk, other = Person(app, session, "oc_li"), Person(app, session, "oc_zhao")
    save(clerk, "/order/list/?state=draft", "A")
    leads_to = save(clerk, "/order/list/?state=closed", "B")
    pk = newest(session, SavedList).id
    session.rollback()
    told = clerk.messages(clerk.post(f"/lists/{pk}/rename", {"name": "A", "back": leads_to}, page=leads_to))
    assert told == ["You have a filter of this name already."]
    assert clerk.messages(clerk.post(f"/lists/{pk}/rename", {"name": "C", "back": leads_to}, page=leads_to)) == [
        "Saved."
    ]
    save(clerk, "/order/list/?state=draft&sort=received_at", "C")
    assert session.execute(sa.select(SavedList.name, SavedList.arguments).order_by(SavedList.id)).all() == [
        ("A", [["state", "draft"]]),
        ("C", [["state", "draft"], ["sort", "received_at"]]),
    ]
    session.rollback()
    page = "/order/list/"
    for act in ("rename", "delete", "share"):
        assert other.post(f"/lists/{pk}/{act}", {"name": "X", "role": "order_center"}, page=page).status_code == 404


@ONE_ENGINE
def test_filter_when_it_names_what_was_written_in_words_or_comes_from_nowhere_then_not_kept(
    app: Flask, session: Session
) -> None:
    clerk = Person(app, session, "oc_li")
    save(clerk, "/order/list/?state=draft&project_name__contains=林晓雯家", "Project")
    assert newest(session, SavedList).arguments == [["state", "draft"]]
    session.rollback()
    for back in ("//[", "http://[x", "/order/list/?[", "\x00"):
        sent = {**clerk.hidden("/order/list/"), "name": "X", "back": back}
        for path in ("/lists/save/order", "/lists/columns/order"):
            assert clerk.client.post(path, data=sent).status_code < 500, (path, back)


@ONE_ENGINE
def test_filter_when_shared_with_a_role_then_only_its_people_have_it_and_nobody_sees_more(
    app: Flask, session: Session
) -> None:
    lead, clerk = Person(app, session, "oc_zhao"), Person(app, session, "oc_li")
    here = save(lead, "/order/list/?total_amount__ge=1000&state=completed", "Large")
    pk = newest(session, SavedList).id
    session.rollback()
    # Who may not share gets no further than the door; nor does a lead with a role that is not his own.
    assert clerk.post(f"/lists/{pk}/share", {"role": "order_center"}, page="/order/list/").status_code == 403
    told = lead.messages(lead.post(f"/lists/{pk}/share", {"role": "finance", "back": here}, page=here))
    assert told == ["A filter is shared with a role of your own."]
    assert "Large" not in tabs(clerk.page("/order/list/"))
    lead.post(f"/lists/{pk}/share", {"role": "order_center", "back": here}, page=here)
    assert "Large" in tabs(clerk.page("/order/list/"))
    assert clerk.post(f"/lists/{pk}/delete", {}, page="/order/list/").headers["Location"] == "/order/list/"
    assert session.get(SavedList, pk) is not None
    # In the planner's hands the amount is left out and said; nothing is written down as an attack.
    with session.begin_nested():
        session.execute(sa.update(SavedList).values(role="production"))
    session.commit()
    planner = Person(app, session, "pd_chen")
    html = planner.page(f"/order/list/?view={pk}&state=completed")
    assert "Left out of this filter, because it is not open to you: Total" in text_of(html)
    assert "total_amount" not in html
    assert session.scalar(sa.select(sa.func.count()).where(Journal.action == "access.refused")) == 1  # the share above


@ONE_ENGINE
def test_filter_when_it_names_people_then_that_is_not_kept(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    leads_to = save(clerk, "/order/list/?q=13812345678&received_at__during=week&nonsense=1&state=draft", "Somebody")
    assert "received_at__during=week" in leads_to
    assert "What was searched for about persons is not kept with it." in clerk.messages(clerk.get(leads_to))[-1]
    assert newest(session, SavedList).arguments == [["received_at__during", "week"], ["state", "draft"]]


def test_columns_when_chosen_then_list_and_export_have_them_in_that_order(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_zhao")
    here = "/order/list/"
    wanted = ["state", "ship_city", "order_no", "content_hash", "customer"]
    clerk.post("/lists/columns/order", {"back": here, "column": wanted}, page=here)
    html = clerk.page(here)
    assert heads(html) == ["Order number", "State", "City", "Customer"]
    assert "columns=order_no%2Cstate%2Cship_city%2Ccustomer" in html
    form = {**clerk.hidden("/order/export?columns=order_no,state,ship_city&state=draft"), "format": "csv"}
    file = clerk.client.post("/order/export", data=form).get_data(as_text=True)
    assert "Order number,State,City" in file.replace('"', "")
    # A planner sees no amounts: none are offered, and asking for them by hand gives none.
    planner = Person(app, session, "pd_chen")
    planner.post("/lists/columns/order", {"back": here, "column": ["order_no", "total_amount", "state"]}, page=here)
    assert heads(planner.page(here)) == ["Order number", "State"]
    assert "total_amount" not in planner.page(here)
    clerk.post("/lists/columns/order", {"back": here, "reset": "1"}, page=here)
    assert len(heads(clerk.page(here))) == len(ENTITIES["order"].list_columns)


@ONE_ENGINE
def test_every_list_when_it_has_all_columns_then_no_more_statements_however_many_rows(
    app: Flask, session: Session, database: Database
) -> None:
    found: dict[str, set[int]] = {}
    for name, view in ENTITIES.items():
        for username in ("fi_sun", "oc_zhao", "ad_root"):
            person = Person(app, session, username)
            here = f"/{name}/list/?size=1"
            if person.get(here).status_code != 200:
                continue
            columns = list(dict.fromkeys([*view.list_columns, *view.show_columns]))
            person.post(f"/lists/columns/{name}", {"back": here, "column": columns}, page=here)
            for size in (1, 50):
                with statements(database.engine) as seen:
                    person.page(f"/{name}/list/?size={size}")
                found.setdefault(name, set()).add(len(seen))
            break
    assert found == {name: {5} for name in ENTITIES}


def test_counts_when_asked_then_they_are_those_of_the_rows_in_three_statements(
    app: Flask, session: Session, database: Database
) -> None:
    clerk = Person(app, session, "oc_li")
    by_state = dict(session.execute(sa.select(Order.state, sa.func.count()).group_by(Order.state)).all())
    retail = sa.select(sa.func.count(), sa.func.sum(Order.total_amount)).where(
        Order.order_type == "retail", Order.state == "completed"
    )
    count, amount = session.execute(retail).one()
    session.rollback()
    data = clerk.get("/order/counts").json
    assert {state: int(text) for state, text in data["facets"]["state"].items() if text != "0"} == by_state
    with statements(database.engine) as seen:
        data = clerk.get("/order/counts?order_type=retail&state=completed&sort=received_at").json
    # The person, his rights, the counts, the sums; PostgreSQL is told how long it may take, and when that is over.
    assert len(seen) == 4 + 2 * (database.kind == "postgresql")
    assert data["facets"]["state"]["completed"] == str(count)
    assert data["totals"] == [{"label": "Total", "text": f"{amount:,.2f}"}]


def test_counts_when_they_take_too_long_then_the_list_goes_without(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = Person(app, session, "oc_li")
    # Neither database comes to an end in this time.
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) SELECT count(*) FROM n"
    )
    monkeypatch.setattr(views.tallies, "PATIENCE", 0.3)
    monkeypatch.setattr(views.tallies, "by_word", lambda ctx, *_: ctx.session.execute(sa.text(endless)).all())
    data = clerk.get("/order/counts").json
    assert (data["facets"], data["totals"]) == ({}, [])
    assert data["note"].startswith("There are too many rows to count them at once")
    # The connection is as it was: the next question has its time.
    monkeypatch.undo()
    assert clerk.get("/order/counts").json["facets"]["state"]


@ONE_ENGINE
def test_counts_when_amounts_are_hidden_or_rows_too_many_then_there_are_no_sums(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Person(app, session, "pd_chen").get("/order/counts").json["totals"] == []
    monkeypatch.setattr(tally, "SUM_CAP", 3)
    data = Person(app, session, "oc_li").get("/order/counts").json
    assert data["totals"] == []
    assert data["note"].startswith("More than")
    assert Person(app, session, "ad_root").get("/order/counts").status_code == 403


def test_period_when_asked_then_its_days_count_in_shanghai(app: Flask, session: Session) -> None:
    money = Person(app, session, "fi_sun")
    moments = dict(session.execute(sa.select(Payment.payment_no, Payment.received_at)).all())
    session.rollback()
    today = local_day(datetime.now(UTC))
    monday = today - timedelta(days=today.weekday())
    spans = {
        "today": (today, today),
        "week": (monday, monday + timedelta(days=6)),
        "month": (today.replace(day=1), today),
        "past": (today - timedelta(days=9999), today - timedelta(days=1)),
    }
    for word, (first, last) in spans.items():
        expected = {number for number, at in moments.items() if first <= local_day(at) <= last}
        assert set(first_cells(money.page(f"/payment/list/?received_at__during={word}&size=200"))) == expected, word
    assert f"≤ {today - timedelta(days=1)}" in money.page("/payment/list/?received_at__during=past")
    told = money.messages(money.get("/payment/list/?received_at__during=nonsense"))
    assert told == ["The filter “received_at” does not understand “nonsense”."]


@ONE_ENGINE
def test_row_menu_and_preview_when_opened_then_open_steps_with_reasons_and_policy_hold(
    app: Flask, session: Session, database: Database
) -> None:
    clerk, planner = Person(app, session, "oc_li"), Person(app, session, "pd_chen")
    draft = session.scalars(sa.select(Order.id).where(Order.state == "draft").limit(1)).one()
    made = session.scalars(sa.select(Order).where(Order.state == "in_production").limit(1)).one()
    made_pk, made_no, phone = made.id, made.order_no, made.receiver_phone
    session.rollback()
    menu = clerk.page(f"/order/{draft}/rowmenu?back=/order/list/%3Fstate%3Ddraft")
    assert 'data-step="submit"' in menu
    # What can be done stands first.
    closed = clerk.page(f"/order/{made_pk}/rowmenu").split("is-closed")
    assert len(closed) > 1
    assert not any("<form" in part or "/cancel" in part for part in closed[1:])
    assert f'href="/order/{draft}/submit?back=%2Forder%2Flist%2F%3Fstate%3Ddraft"' in menu
    assert "evil" not in clerk.page(f"/order/{draft}/rowmenu?back=//evil.example/")
    assert planner.get(f"/order/{draft}/rowmenu").status_code == 404
    assert planner.get(f"/order/{draft}/peek").status_code == 404
    with statements(database.engine) as seen:
        peek = planner.page(f"/order/{made_pk}/peek")
    assert len(seen) <= 8
    assert "Total" not in peek
    # The promise stands once: with the days left, on top.
    assert peek.count("Promised on") == 1
    shown = clerk.page(f"/order/show/{made_pk}")
    assert shown.split('id="talk"')[0].count(">Promised on<") == 1
    assert not phone or phone not in peek
    assert re.search(r"\b1 row\b", clerk.page(f"/order/list/?q={made_no}"))
    # The step goes back to the list, and a refusal names the record.
    form = {"version": "1000", "back": "/order/list/?state=draft"}
    response = clerk.post(f"/order/{made_pk}/hold", form | {"reason": "x"}, page="/order/list/")
    assert response.headers["Location"] == "/order/list/?state=draft"
    assert re.match(r"SO-\d+-\d+: Somebody has just changed", clerk.messages(response)[0])


def test_bulk_step_when_previewed_then_only_the_able_go_and_a_second_click_does_nothing_twice(
    app: Flask, session: Session
) -> None:
    lead = Person(app, session, "oc_zhao")
    paid = sa.and_(Order.state == "completed", Order.paid_amount - Order.refunded_amount >= Order.total_amount)
    able = list(session.scalars(sa.select(Order.id).where(paid).order_by(Order.id).limit(2)))
    draft = session.scalars(sa.select(Order.id).where(Order.state == "draft").limit(1)).one()
    acts = sa.select(sa.func.count()).where(Journal.action == "order.close")
    before = session.scalar(acts) or 0
    session.rollback()
    preview = lead.post("/order/bulk/close", {"pk": [*able, draft]}, page="/order/list/").get_data(as_text=True)
    assert "This step is not open now: the record is “Draft”." in text_of(preview)
    assert re.findall(r'name="pk" value="(\d+)"', preview) == [str(pk) for pk in able]
    assert session.scalar(acts) == before
    session.rollback()
    hidden = dict(re.findall(r'<input type="hidden" name="(?!pk)([^"]+)" value="([^"]*)"', preview))
    form = {**hidden, "pk": able}
    told = [lead.messages(lead.client.post("/order/bulk/close", data=form)) for _ in range(2)]
    assert told == [[f"{len(able)} record{'s' * (len(able) > 1)} done."]] * 2
    assert session.scalar(acts) == before + len(able)


@ONE_ENGINE
def test_board_when_opened_then_cards_stand_by_state_within_scope_and_statements_stay_fixed(
    app: Flask, session: Session, database: Database
) -> None:
    clerk, planner = Person(app, session, "oc_li"), Person(app, session, "pd_chen")
    by_state = dict(session.execute(sa.select(Order.state, sa.func.count()).group_by(Order.state)).all())
    session.rollback()
    counted = {}
    for query in ("", "?state=draft", "?q=SO-"):
        with statements(database.engine) as seen:
            clerk.page(f"/order/board/{query}")
        counted[query] = len(seen)
    # The person, his rights, what he has kept, the cards; a search looks up the customers first.
    assert counted == {"": 4, "?state=draft": 4, "?q=SO-": 5}
    columns = re.findall(r'data-state="(\w+)".*?</section>', clerk.page("/order/board/"), re.DOTALL)
    assert columns == list(ENTITIES["order"].board_states())
    column = clerk.page("/order/board/").split('data-state="draft"')[1].split("</section>")[0]
    assert column.count("zd-board__card") == min(by_state["draft"], 20)
    assert "&#34;pending_review&#34;" in column
    assert 'data-state="draft"' in planner.page("/order/board/")
    assert (
        planner.page("/order/board/").split('data-state="draft"')[1].split("</section>")[0].count("zd-board__card") == 0
    )
    assert clerk.get("/customer/board/").status_code == 404


@ONE_ENGINE
def test_calendar_when_opened_then_the_deliveries_stand_on_their_days(
    app: Flask, session: Session, database: Database
) -> None:
    driver = Person(app, session, "lg_liu")
    planned = session.execute(
        sa.select(Shipment.shipment_no, Shipment.slot_from).where(Shipment.slot_from.is_not(None))
    )
    days = {number: local_day(at) for number, at in planned}
    session.rollback()
    number, day = next(iter(days.items()))
    seen_on: dict[str, int] = {}
    for show in ("month", "week"):
        with statements(database.engine) as seen:
            html = driver.page(f"/shipment/calendar/?day={day.isoformat()}&show={show}")
        seen_on[show] = len(seen)
        square = next(part for part in html.split("<td ") if number in part)
        assert f'zd-calendar__day" aria-hidden="true">{day.day}<' in square
    assert seen_on == {"month": 4, "week": 4}
    assert driver.get("/shipment/calendar/?day=9999-12-31&show=x").status_code == 200
    assert driver.get("/order/calendar/").status_code == 404
