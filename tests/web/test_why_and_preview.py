"""Why may X do Y, who may do Y, and the panel as a role sees it."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.cli.demo_people import DEMO_PASSWORD, actors
from app.security.scopes import scope_of
from models.journal import Journal
from models.order import Order
from tests.web.person import Person, newest, text_of

ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CLOCK = re.compile(r"\d\d:\d\d:\d\d")
STRIP = 'class="zd-preview"'

pytestmark = pytest.mark.stage("demo")


def ids(session: Session) -> dict[str, int]:
    """The keys of the demo people."""
    found = {name: actor.id or 0 for name, actor in actors(session).items()}
    session.rollback()
    return found


def asked(session: Session, person: Person, who: str, right: str, record: str = "") -> str:
    """The text of the answer page."""
    page = person.page(f"/rights/why?person={ids(session)[who]}&right={right}&record={record}")
    return text_of(page[page.index("<main") :])


@ONE_ENGINE
def test_person_when_he_may_then_the_role_that_gives_it_is_named(app: Flask, session: Session) -> None:
    text = asked(session, Person(app, session, "ad_sec"), "oc_li", "order.confirm")
    assert "Yes, 李静 may do this." in text
    assert "The right is given by: Order management centre." in text


@ONE_ENGINE
def test_person_when_he_may_not_then_who_may_is_said(app: Flask, session: Session) -> None:
    text = asked(session, Person(app, session, "ad_sec"), "pd_chen", "order.confirm")
    assert "No, 陈刚 may not do this." in text
    assert "李静, 王磊, 赵敏" in text


@ONE_ENGINE
def test_record_when_the_asker_sees_it_then_its_state_and_rows_decide(app: Flask, session: Session) -> None:
    auditor = Person(app, session, "au_lin")
    production = actors(session)["pd_chen"]
    outside = session.scalars(sa.select(Order.order_no).where(sa.not_(scope_of("order", production)))).first()
    session.rollback()
    assert outside is not None
    text = asked(session, auditor, "pd_chen", "order.show", outside)
    assert "No, 陈刚 may not do this." in text
    assert f"{outside} lies outside of these rows." in text


@ONE_ENGINE
def test_record_when_the_asker_may_not_see_it_then_nothing_of_it_is_told(app: Flask, session: Session) -> None:
    order_no = session.scalar(sa.select(Order.order_no))
    session.rollback()
    keeper = Person(app, session, "ad_sec")
    there = asked(session, keeper, "oc_li", "order.confirm", str(order_no))
    gone = asked(session, keeper, "oc_li", "order.confirm", "SO-19990101-0001")
    # The page says when it was made, to the second.
    told = [
        CLOCK.sub("", text.replace(number, "")) for text, number in ((there, str(order_no)), (gone, "SO-19990101-0001"))
    ]
    assert told[0] == told[1]
    assert "was not found, or you may not see it yourself" in there


@ONE_ENGINE
def test_masks_when_he_may_then_what_he_does_not_see_is_listed(app: Flask, session: Session) -> None:
    text = asked(session, Person(app, session, "ad_sec"), "pd_chen", "order.show")
    assert "Hidden Note, Goods, Fees, Total, Net of tax" in text


@ONE_ENGINE
@pytest.mark.parametrize(
    "query",
    ["person=0", "person=x&right=order.confirm", "right=no.such", f"person={'9' * 30}&right=order.list", "record=%00x"],
)
def test_question_when_it_makes_no_sense_then_the_page_asks_again(app: Flask, session: Session, query: str) -> None:
    assert Person(app, session, "ad_sec").get(f"/rights/why?{query}").status_code in {200, 400}


def begun(person: Person, code: str) -> None:
    """Presses the button on the page of a role."""
    answer = person.post(f"/rights/preview/{code}", {}, page=f"/rights/role/{code}")
    assert answer.status_code == 303


@ONE_ENGINE
def test_preview_when_begun_then_said_on_every_page_and_ended_by_its_button(app: Flask, session: Session) -> None:
    auditor = Person(app, session, "au_lin")
    assert STRIP not in auditor.page("/")
    begun(auditor, "production")
    entry = newest(session, Journal, Journal.action == "role.preview")
    assert (entry.data, entry.actor_name) == ({"role": "production"}, "林审计")
    session.rollback()
    for page in ("/", "/order/list/", "/production_task/list/"):
        assert STRIP in auditor.page(page)
    # Production has no payments, and the auditor's own rights are away for now.
    assert auditor.get("/payment/list/").status_code == 403
    assert auditor.get("/rights/").status_code == 403
    answer = auditor.post("/rights/endpreview", {}, page="/")
    assert answer.headers["Location"] == "/rights/role/production"
    assert STRIP not in auditor.page("/payment/list/")


@ONE_ENGINE
def test_preview_when_it_goes_on_then_nothing_is_written(app: Flask, session: Session) -> None:
    auditor = Person(app, session, "au_lin")
    begun(auditor, "order_center")
    token = auditor.hidden("/order/add")["csrf_token"]
    for path in ("/order/add", "/rights/preview/finance", "/order/bulk/submit"):
        answer = auditor.client.post(path, data={"csrf_token": token})
        assert answer.status_code == 403
        assert "This is a preview" in answer.get_data(as_text=True)


@ONE_ENGINE
def test_preview_when_the_viewer_sees_no_business_then_neither_does_the_preview(app: Flask, session: Session) -> None:
    keeper = Person(app, session, "ad_sec")
    numbers = list(session.scalars(sa.select(Order.order_no)))
    session.rollback()
    begun(keeper, "order_center")
    page = keeper.page("/order/list/")
    assert STRIP in page
    assert [number for number in numbers if number in page] == []


@ONE_ENGINE
def test_preview_when_signed_out_then_forgotten(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    auditor = Person(app, session, "au_lin")
    begun(auditor, "production")
    # Behind the token check: whether the login is let through is asked here.
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    auditor.client.post("/logout/")
    form = {"username": "au_lin", "password": DEMO_PASSWORD}
    assert auditor.client.post("/login/", data=form).status_code == 302
    assert STRIP not in auditor.page("/")


@ONE_ENGINE
@pytest.mark.parametrize("username", ["ad_root", "cm_zhang"])
def test_preview_when_without_the_right_then_refused(app: Flask, session: Session, username: str) -> None:
    person = Person(app, session, username)
    answer = person.post("/rights/preview/finance", {}, page="/rights/why")
    assert answer.status_code in {400, 403}
    assert STRIP not in person.page("/")
