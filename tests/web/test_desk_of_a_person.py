"""What goes along with a person: his look on every browser, the newest lines of his bell; and a carrier's number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.cli.demo_people import DEMO_PASSWORD
from models.look import Look
from models.payment import PaymentSchedule
from models.shipment import Shipment
from models.talk import Notification
from tests.web.person import Person, first_cells, statements, text_of

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session

    from tests.databases import Database

pytestmark = pytest.mark.stage("demo")
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HTML = re.compile(r'<html lang="([^"]*)" data-theme="(\w+)" data-density="(\w+)"')


def another_browser(app: Flask, username: str, **kept: str) -> FlaskClient:
    """A sign-in through the login page."""
    client = app.test_client()
    for name, word in kept.items():
        client.set_cookie(name, word)
    token = re.findall(r'name="csrf_token" type="hidden" value="([^"]+)"', client.get("/login/").get_data(as_text=True))
    client.post("/login/", data={"csrf_token": token[0], "username": username, "password": DEMO_PASSWORD})
    return client


def test_look_when_chosen_at_one_desk_then_it_is_there_at_the_next(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    for choice in ({"theme": "dark"}, {"density": "compact"}, {"locale": "en"}, {"theme": "mauve", "user_id": "1"}):
        assert clerk.post("/desk/look", choice, page="/order/list/").status_code == 204
    kept = session.execute(sa.select(Look.user_id, Look.theme, Look.density, Look.locale)).all()
    session.rollback()
    assert kept == [(clerk.user_id, "dark", "compact", "en")]
    # The browser of another one, who liked it light: it follows who signs in.
    elsewhere = another_browser(app, "oc_li", zd_theme="light")
    assert HTML.findall(elsewhere.get("/").get_data(as_text=True)) == [("en", "dark", "compact")]
    assert elsewhere.get_cookie("zd_theme") is not None
    # Who has chosen nothing keeps what the browser has.
    colleague = another_browser(app, "oc_zhao", zd_theme="dark")
    assert HTML.findall(colleague.get("/").get_data(as_text=True)) == [("zh-CN", "dark", "roomy")]


@ONE_ENGINE
def test_look_when_asked_by_a_stranger_or_without_the_mark_of_the_page_then_nothing_is_kept(
    app: Flask, session: Session
) -> None:
    clerk = Person(app, session, "oc_li")
    assert clerk.client.post("/desk/look", data={"theme": "dark"}).status_code == 400
    assert app.test_client().post("/desk/look", data={"theme": "dark"}).status_code in {302, 400}
    assert session.scalar(sa.select(sa.func.count()).select_from(Look)) == 0


def test_bell_when_opened_then_ten_lines_unread_first_and_read_at_once(
    app: Flask, session: Session, database: Database
) -> None:
    clerk = Person(app, session, "oc_li")
    mine = sa.select(Notification.id).where(Notification.user_id == clerk.user_id).order_by(Notification.id.desc())
    newest = session.scalars(mine.limit(3)).all()
    assert len(newest) == 3
    session.rollback()
    # The newest one is read: it stands behind all unread ones.
    clerk.post(f"/notification/{newest[0]}/open", {}, page="/notification/list/")
    with statements(database.engine) as seen:
        html = clerk.page("/notification/latest")
    assert len(seen) <= 7
    shown = [int(pk) for pk in re.findall(r'action="/notification/(\d+)/open"', html)]
    unread = [part.startswith(" is-unread") for part in html.split('<li class="zd-notice')[1:]]
    assert len(shown) <= 10
    assert shown[:2] == list(newest[1:])
    assert unread == sorted(unread, reverse=True)
    assert (newest[0] in shown) == (len(shown) < 10 or not all(unread))
    assert "Mark all as read" in text_of(html)
    clerk.post("/notification/read", {}, page="/notification/latest")
    assert "is-unread" not in clerk.page("/notification/latest")
    assert "Mark all as read" not in text_of(clerk.page("/notification/latest"))
    assert app.test_client().get("/notification/latest").status_code == 302
    # What belongs to others is nobody else's.
    other = Person(app, session, "ad_root")
    assert not set(re.findall(r"/notification/(\d+)/open", other.page("/notification/latest"))) & set(map(str, shown))


def test_tracking_number_when_recorded_then_found_listed_and_printed(app: Flask, session: Session) -> None:
    driver = Person(app, session, "lg_liu")
    going = sa.select(Shipment.id, Shipment.shipment_no).where(Shipment.state == "in_transit")
    pk, number = session.execute(going.order_by(Shipment.id).limit(1)).one()
    session.rollback()
    asked = driver.page(f"/shipment/{pk}/track")
    assert 'name="tracking_no"' in asked
    assert driver.post(f"/shipment/{pk}/track", {"tracking_no": " "}).status_code == 422
    done = driver.post(f"/shipment/{pk}/track", {"tracking_no": "SF1234567890123"})
    assert done.headers["Location"] == f"/shipment/show/{pk}"
    shown = session.execute(sa.select(Shipment.tracking_no, Shipment.state).where(Shipment.id == pk)).one()
    session.rollback()
    assert shown == ("SF1234567890123", "in_transit")
    found = driver.client.get("/desk/find", query_string={"q": "sf1234567890123"}).get_json()
    assert [[item["text"] for item in group["items"]] for group in found["groups"]] == [[number]]
    assert first_cells(driver.page("/shipment/list/?q=SF1234567890123")) == [number]
    assert first_cells(driver.page("/shipment/list/?tracking_no=SF1234567890123")) == [number]
    note = driver.page(f"/shipment/{pk}/paper/note")
    assert "SF1234567890123" in note
    answer = driver.client.get(f"/api/v1/shipment/{pk}", headers=driver.token())
    assert answer.get_json()["result"]["tracking_no"] == "SF1234567890123"


@ONE_ENGINE
def test_step_form_when_long_then_what_may_be_left_out_folds_on_a_telephone_unless_it_is_filled_in(
    app: Flask, session: Session
) -> None:
    driver = Person(app, session, "lg_liu")
    pk = session.scalars(sa.select(Shipment.id).where(Shipment.state == "in_transit").limit(1)).one()
    session.rollback()
    html = driver.page(f"/shipment/{pk}/deliver")
    first, further = html.split("data-zd-narrow")
    assert 'name="receiver_name"' in first
    assert 'name="packages_damaged"' in further
    assert "Further: Signed at, Damaged packages" in text_of(html)
    refused = driver.post(f"/shipment/{pk}/deliver", {"packages_damaged": "1"}).get_data(as_text=True)
    assert "data-zd-narrow" not in refused
    assert re.search(r'name="packages_damaged" value="1"', refused)
    # A short form has nothing to fold.
    assert "zd-fold" not in driver.page(f"/shipment/{pk}/track")


@ONE_ENGINE
def test_words_when_english_then_in_sentence_case_and_steps_say_what_they_close(app: Flask, session: Session) -> None:
    lead = Person(app, session, "oc_zhao")
    html = lead.page("/order/list/?state=completed")
    assert "Add order" in text_of(html)
    assert "Add Order" not in html
    assert "Close order" in text_of(html)
    assert [text for text in ("Board view", "Calendar view") if text in html] == []
    assert "Add order" in text_of(lead.page("/order/add"))


def test_instalments_when_shown_at_their_order_then_each_says_how_far_it_is_paid(app: Flask, session: Session) -> None:
    money = Person(app, session, "fi_sun")
    paid = sa.select(PaymentSchedule.order_id).where(PaymentSchedule.paid_amount >= PaymentSchedule.amount)
    pk = session.scalars(paid.limit(1)).one()
    of_order = sa.select(PaymentSchedule.amount, PaymentSchedule.paid_amount).where(PaymentSchedule.order_id == pk)
    rows = session.execute(of_order.order_by(PaymentSchedule.id)).all()
    session.rollback()
    html = money.page(f"/order/{pk}/tab/payment_schedule")
    expected = ["Paid in full" if got >= due else "Partly paid" if got else "Unpaid" for due, got in rows]
    assert re.findall(r'zd-badge zd-tone-\w+">(Paid in full|Partly paid|Unpaid)<', html) == expected
