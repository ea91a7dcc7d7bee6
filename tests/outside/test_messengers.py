"""Signing in by WeCom, Feishu and DingTalk: over real HTTP, with honest, broken and hostile answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
import time_machine
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.factory import create_app
from config import TestConfig
from config_outside import messengers_of
from tests.outside.messenger import BODIES, COMPANY, SECRET, Desk, open_desk
from tests.outside.walking import LABELS, STATE, at_the_messenger, browser, is_in, linked, notes, said, there_and_back

if TYPE_CHECKING:
    from flask import Flask

    from tests.databases import Database

pytestmark = pytest.mark.stage("people")
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
EVERY = pytest.mark.parametrize("way", ["wecom", "feishu", "dingtalk"])


@EVERY
def test_person_when_linked_then_signed_in_and_led_to_the_page_he_wanted(
    app: Flask, session: Session, desk: Desk, way: str
) -> None:
    user_id = linked(app, session, way)
    client = browser(app)
    answer = there_and_back(client, way, next="/order/list/")
    assert answer.headers["Location"] == "/order/list/"
    assert client.get("/order/list/").status_code == 200
    (entry,) = notes(session, "user.sign_in")
    assert (entry.entity_id, entry.actor_id, entry.data["how"]) == (user_id, user_id, way)
    assert entry.address == "127.0.0.1"


@EVERY
@ONE_ENGINE
def test_login_when_messengers_are_set_up_then_their_buttons_and_no_others(app: Flask, desk: Desk, way: str) -> None:
    app.config["MESSENGERS"] = {way: app.config["MESSENGERS"][way]}
    page = browser(app).get("/login/?next=/order/list/").get_data(as_text=True)
    assert [name for name in LABELS.values() if f"Sign in with {name}" in page] == [LABELS[way]]
    others = set(LABELS) - {way}
    assert {browser(app).get(f"/signin/{other}").status_code for other in others} == {404}
    assert browser(app).get("/signin/ldap").status_code == 404


@pytest.mark.parametrize(
    "following", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
@ONE_ENGINE
def test_person_when_the_page_he_wanted_is_elsewhere_then_led_to_the_first_page(
    app: Flask, session: Session, desk: Desk, following: str
) -> None:
    linked(app, session, "feishu")
    client = browser(app)
    answer = there_and_back(client, "feishu", next=following)
    place = answer.headers["Location"]
    assert place.startswith("/")
    assert not place.startswith(("//", "/\\"))
    assert is_in(client)


@EVERY
def test_stranger_when_the_messenger_knows_him_then_refused_with_what_to_do(
    app: Flask, session: Session, desk: Desk, way: str
) -> None:
    desk.subject = "oc_li"  # the name of an account links nobody
    client = browser(app)
    (text,) = said(client, there_and_back(client, way))
    assert text.startswith(f"Your {LABELS[way]} identity “oc_li” is not linked with an account here.")
    assert not is_in(client)
    (entry,) = notes(session, "user.sign_in_refused")
    assert (entry.entity_id, entry.data) == (0, {"how": way, "why": "unknown", "subject": "oc_li"})


@EVERY
@ONE_ENGINE
def test_person_when_switched_off_then_refused(app: Flask, session: Session, desk: Desk, way: str) -> None:
    user_id = linked(app, session, way)
    session.execute(sa.update(User).where(User.id == user_id).values(active=False))
    session.commit()
    client = browser(app)
    assert said(client, there_and_back(client, way)) == [
        "Your account is switched off. Ask an administrator if you need it."
    ]
    assert not is_in(client)


@EVERY
@ONE_ENGINE
def test_person_when_he_says_no_at_the_messenger_then_nothing_happens(
    app: Flask, session: Session, desk: Desk, way: str
) -> None:
    linked(app, session, way)
    desk.mood = "denied"
    client = browser(app)
    assert said(client, there_and_back(client, way)) == [
        f"{LABELS[way]} was not allowed to tell who you are. Nothing has happened."
    ]
    assert desk.asked == {}


@EVERY
def test_answer_when_it_comes_to_another_browser_or_twice_then_refused(
    app: Flask, session: Session, desk: Desk, way: str
) -> None:
    linked(app, session, way)
    client, other = browser(app), browser(app)
    back = at_the_messenger(client.get(f"/signin/{way}"))
    assert said(other, other.get(back)) == [STATE]
    with client.session_transaction() as held:
        before = dict(held)
    assert client.get(back).headers["Location"] == "/"
    assert is_in(client)
    with other.session_transaction() as held:
        held.clear()
        held.update(before)  # the cookie of before, put back
    assert said(other, other.get(back)) == [STATE]
    assert not is_in(other)
    assert desk.asked.total() == 2


@pytest.mark.parametrize("change", ["no state", "other state", "other way", "late", "early", "long code", "odd code"])
@ONE_ENGINE
def test_answer_when_it_is_not_the_one_that_was_asked_for_then_nobody_is_asked(
    app: Flask, session: Session, desk: Desk, change: str
) -> None:
    linked(app, session, "feishu")
    client = browser(app)
    back = at_the_messenger(client.get("/signin/feishu"))
    state, code = (parse_qs(urlsplit(back).query)[name][0] for name in ("state", "code"))
    moment = datetime.now(UTC) + {"late": timedelta(minutes=11), "early": timedelta(minutes=-1)}.get(
        change, timedelta()
    )
    arguments: dict[str, Any] = {
        "no state": {"code": code},
        "other state": {"code": code, "state": state[:-1] + "x"},
        "long code": {"code": "a" * 600, "state": state},
        "odd code": {"code": "a\u202eb", "state": state},
    }.get(change, {"code": code, "state": state})
    way = "dingtalk" if change == "other way" else "feishu"
    with time_machine.travel(moment, tick=False):
        answer = client.get(f"/signin/{way}/callback", query_string=arguments)
        # A cookie from the future is none: the language it chose is gone with it.
        assert (said(client, answer) == [STATE]) == (change != "early")
        assert not is_in(client)
    assert desk.asked == {}


@EVERY
@ONE_ENGINE
def test_code_when_made_up_or_used_then_refused(app: Flask, session: Session, desk: Desk, way: str) -> None:
    linked(app, session, way)
    client = browser(app)
    back = at_the_messenger(client.get(f"/signin/{way}"))
    desk.codes.clear()
    assert said(client, client.get(back)) == [f"{LABELS[way]} did not confirm who you are. Please start again."]
    assert not is_in(client)


@EVERY
@pytest.mark.parametrize("mood", [*sorted(BODIES), "slow", "drips", "elsewhere", "packed"])
@ONE_ENGINE
def test_messenger_when_its_answer_cannot_be_used_then_said_and_nothing_secret_logged(
    app: Flask, session: Session, desk: Desk, way: str, mood: str, caplog: pytest.LogCaptureFixture
) -> None:
    linked(app, session, way)
    client = browser(app)
    back = at_the_messenger(client.get(f"/signin/{way}"))
    desk.mood = mood
    caplog.clear()
    (text,) = said(client, client.get(back))
    assert text in {
        f"{LABELS[way]} does not answer as it should. Try again later, or sign in with your password.",
        f"{LABELS[way]} did not confirm who you are. Please start again.",
    }
    assert not is_in(client)
    assert desk.asked.total() == 1
    assert SECRET not in caplog.text
    assert len(notes(session, "user.sign_in_refused")) == 1


@EVERY
@ONE_ENGINE
def test_messenger_when_it_is_gone_then_said(app: Flask, session: Session, way: str) -> None:
    with open_desk() as desk:
        app.config["MESSENGERS"] = messengers_of(desk.settings())
        client = browser(app)
        back = at_the_messenger(client.get(f"/signin/{way}"))
    try:
        (text,) = said(client, client.get(back))
    finally:
        app.config["MESSENGERS"] = {}
    assert text.startswith(f"{LABELS[way]} does not answer as it should.")


@EVERY
@ONE_ENGINE
def test_person_when_of_another_company_then_refused(app: Flask, session: Session, desk: Desk, way: str) -> None:
    more = {"ZHIDAN_FEISHU_TENANT_KEY": COMPANY, "ZHIDAN_DINGTALK_CORP_ID": COMPANY}
    app.config["MESSENGERS"] = messengers_of(desk.settings(**more))
    linked(app, session, way)
    client = browser(app)
    there_and_back(client, way)
    assert is_in(client)
    desk.company = "another"
    client = browser(app)
    assert said(client, there_and_back(client, way)) == [
        f"{LABELS[way]} did not confirm who you are. Please start again."
    ]


@ONE_ENGINE
def test_wecom_when_its_token_has_run_out_then_asked_for_a_new_one_once(
    app: Flask, session: Session, desk: Desk
) -> None:
    linked(app, session, "wecom")
    for _time in range(2):
        there_and_back(browser(app), "wecom")
    assert desk.asked["/cgi-bin/gettoken"] == 1
    desk.tokens.clear()
    client = browser(app)
    there_and_back(client, "wecom")
    assert is_in(client)
    assert desk.asked["/cgi-bin/gettoken"] == 2


@ONE_ENGINE
def test_address_when_many_sign_ins_are_refused_then_stopped(database: Database, desk: Desk) -> None:
    settings = TestConfig({"DATABASE_URL": database.url})
    app = create_app(settings, AUTH_RATE_LIMITED=True, RATELIMIT_ENABLED=True, AUTH_RATE_LIMIT="5 per minute")
    app.config["MESSENGERS"] = messengers_of(desk.settings())
    client = app.test_client()
    found = [client.get("/signin/feishu/callback?state=x&code=y").status_code for _ in range(7)]
    assert found == [302] * 5 + [429] * 2
    token = {"Authorization": "Bearer zd_" + "A" * 43}
    assert client.get("/api/v1/order/", headers=token).status_code == 429
