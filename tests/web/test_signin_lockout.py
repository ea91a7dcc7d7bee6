"""Who guesses is locked out, on every way in, and nothing tells whether a name exists."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.cli.demo_people import DEMO_PASSWORD
from app.extensions import db
from app.factory import create_app
from app.security.proofs import REFUSED
from config import TestConfig
from models.journal import Journal
from models.labels import Way
from models.outside import SignInLink
from models.policy import PolicyParameter
from models.signin import LoginFailure
from tests.databases import Database

pytestmark = [pytest.mark.stage("people"), pytest.mark.usefixtures("without_csrf"), pytest.mark.both_engines]
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


def screen(app: Flask, username: str, password: str) -> int:
    """302 for who gets in."""
    return app.test_client().post("/login/", data={"username": username, "password": password}).status_code


def program(app: Flask, username: str, password: str) -> int:
    login = {"username": username, "password": password, "provider": "db"}
    return app.test_client().post("/api/v1/security/login", json=login).status_code


def noted(session: Session, action: str) -> list[Journal]:
    session.rollback()
    told = sa.select(Journal).where(Journal.action == action).order_by(Journal.id)
    found = list(session.scalars(told))
    session.expunge_all()
    session.rollback()
    return found


@pytest.mark.parametrize("attempt", [screen, program])
def test_account_when_five_passwords_were_wrong_then_the_right_one_is_refused_for_a_quarter_of_an_hour(
    app: Flask, session: Session, attempt: Any
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        assert [attempt(app, "oc_li", "wrong") for _ in range(5)] == [401] * 5
        # Locked on every way in, and by the mail address as by the name.
        assert screen(app, "oc_li", DEMO_PASSWORD) == 401
        assert program(app, "OC_LI", DEMO_PASSWORD) == 401
        assert program(app, "oc_li@zhidan.example", DEMO_PASSWORD) == 401
        assert screen(app, "oc_wang", DEMO_PASSWORD) == 302
        clock.shift(timedelta(minutes=15) - timedelta(seconds=1))
        assert attempt(app, "oc_li", DEMO_PASSWORD) == 401
        clock.shift(timedelta(seconds=1))
        assert attempt(app, "oc_li", DEMO_PASSWORD) in {200, 302}
        assert [attempt(app, "oc_li", "wrong") for _ in range(4)] == [401] * 4
        assert attempt(app, "oc_li", DEMO_PASSWORD) in {200, 302}
    assert len(noted(session, "user.locked")) == 1
    assert len(noted(session, "user.sign_in_refused")) == 5 + 3 + 1 + 4


@ONE_ENGINE
def test_account_of_the_directory_when_named_by_either_name_then_one_lock_and_its_old_password_proves_nothing(
    app: Flask, session: Session
) -> None:
    pk = session.scalars(sa.select(User.id).where(User.username == "oc_li")).one()
    session.rollback()
    client = app.test_client()
    client.post("/login/", data={"username": "oc_li", "password": DEMO_PASSWORD})
    session.add(SignInLink(user_id=pk, way=Way.ldap, subject="lijing", linked_at=START))
    session.commit()
    form = {"last_name": "李", "first_name": "静", "email": "new@zhidan.example", "current_password": DEMO_PASSWORD}
    assert client.post("/account/profile", data=form).status_code == 422
    assert [screen(app, name, "wrong") for name in ("lijing", "LiJing", "oc_li", "oc_li")] == [401] * 4
    (locked,) = noted(session, "user.locked")
    assert (locked.entity_id, len(session.scalars(sa.select(LoginFailure)).all())) == (pk, 1)
    session.rollback()
    admin = app.test_client()
    admin.post("/login/", data={"username": "ad_root", "password": DEMO_PASSWORD})
    assert admin.post(f"/useraccess/{pk}/unlock").status_code == 302
    assert session.scalars(sa.select(LoginFailure.locked_until).where(LoginFailure.failures > 0)).all() == []
    session.rollback()


def test_account_when_fifty_guess_at_once_then_locked_exactly_once_and_five_are_looked_at(
    app: Flask, session: Session
) -> None:
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: screen(app, "oc_li", "wrong"), range(50)))
    assert set(answers) == {401}
    assert len(noted(session, "user.locked")) == 1
    refused = noted(session, "user.sign_in_refused")
    assert len([entry for entry in refused if not entry.data.get("locked")]) == 5
    assert len(refused) == 50


@ONE_ENGINE
def test_refusal_when_the_name_is_unknown_locked_or_switched_off_then_the_same_words(
    app: Flask, session: Session
) -> None:
    session.scalars(sa.select(User).where(User.username == "oc_wang")).one().active = False
    session.commit()
    pages = []
    for name in ("oc_li", "nobody", "oc_wang"):
        for _ in range(6):
            answer = app.test_client().post("/login/", data={"username": name, "password": "wrong"})
            pages.append((name, answer))
    plain = {re.sub(r'nonce[^>]*|value="[^"]*"|zhidan_\w+', "", page.text).replace(name, "") for name, page in pages}
    assert {page.status_code for _name, page in pages} == {401}
    assert len(plain) == 1
    login = {"password": "wrong", "provider": "db"}
    told = {
        app.test_client().post("/api/v1/security/login", json=login | {"username": name}).json["error"]["message"]
        for name in ("oc_li", "nobody", "oc_wang")
    }
    assert len(told) == 1
    session.rollback()


@ONE_ENGINE
def test_unknown_name_when_tried_often_then_counted_like_an_account_and_not_written_down(
    app: Flask, session: Session
) -> None:
    for _ in range(6):
        screen(app, "My-Secret-Passw0rd", "wrong")
    assert len(noted(session, "user.locked")) == 1
    entries = noted(session, "user.sign_in_refused")
    assert {entry.entity_id for entry in entries} == {0}
    assert "My-Secret" not in str([(entry.data, entry.reason, entry.actor_name) for entry in entries])
    assert session.scalar(sa.select(LoginFailure.failures)) == 6
    session.rollback()


def test_lock_when_set_by_one_worker_then_another_one_knows(app: Flask, database: Database) -> None:
    other = create_app(TestConfig({"DATABASE_URL": database.url, "SECRET_KEY": app.config["SECRET_KEY"]}))
    other.config["WTF_CSRF_ENABLED"] = False
    assert [screen(app if turn % 2 else other, "oc_li", "wrong") for turn in range(5)] == [401] * 5
    assert screen(other, "oc_li", DEMO_PASSWORD) == 401
    assert screen(app, "oc_li", DEMO_PASSWORD) == 401
    with other.app_context():
        db.engine.dispose()


@ONE_ENGINE
def test_locked_account_when_the_admin_opens_it_then_the_right_password_works(app: Flask, session: Session) -> None:
    for _ in range(5):
        screen(app, "oc_li", "wrong")
    pk = session.scalar(sa.select(User.id).where(User.username == "oc_li"))
    session.rollback()
    admin = app.test_client()
    admin.post("/login/", data={"username": "ad_root", "password": DEMO_PASSWORD})
    assert f"/useraccess/{pk}/unlock" in admin.get(f"/useraccess/{pk}").text
    admin.post(f"/useraccess/{pk}/unlock")
    assert screen(app, "oc_li", DEMO_PASSWORD) == 302
    assert [entry.entity_id for entry in noted(session, "user.unlocked")] == [pk]


@ONE_ENGINE
def test_own_password_form_when_guessed_at_then_the_account_is_locked(app: Flask) -> None:
    client = app.test_client()
    client.post("/login/", data={"username": "oc_li", "password": DEMO_PASSWORD})
    guess = {"current_password": "wrong", "password": "Brand-new-2026", "conf_password": "Brand-new-2026"}
    assert [client.post("/account/password", data=guess).status_code for _ in range(5)] == [422] * 5
    assert client.post("/account/password", data=guess | {"current_password": DEMO_PASSWORD}).status_code == 422
    assert screen(app, "oc_li", DEMO_PASSWORD) == 401


@ONE_ENGINE
@pytest.mark.parametrize(("value", "wrong"), [("2", 2), ("0", 1)])
def test_parameter_when_changed_then_it_counts_but_never_locks_everybody(
    app: Flask, session: Session, value: str, wrong: int
) -> None:
    parameter = session.scalars(sa.select(PolicyParameter).where(PolicyParameter.code == "auth.lock_attempts")).one()
    parameter.value = value
    session.commit()
    assert screen(app, "oc_li", DEMO_PASSWORD) == 302
    for _ in range(wrong):
        screen(app, "oc_li", "wrong")
    assert screen(app, "oc_li", DEMO_PASSWORD) == 401


@ONE_ENGINE
def test_sign_in_when_it_succeeds_then_written_down_with_address_and_way(app: Flask, session: Session) -> None:
    assert screen(app, "oc_li", DEMO_PASSWORD) == 302
    assert program(app, "oc_li", DEMO_PASSWORD) == 200
    entries = noted(session, "user.sign_in")
    assert [(entry.actor_name, entry.address, entry.data["kind"]) for entry in entries] == [
        ("李静", "127.0.0.1", "browser"),
        ("李静", "127.0.0.1", "api"),
    ]


@ONE_ENGINE
@pytest.mark.parametrize(
    "body",
    [
        [],
        {"username": "oc_li"},
        {"username": "oc_li", "password": "\ud800", "provider": "db"},
        {"username": "\ud800", "password": "x", "provider": "db"},
        {"username": "a\x00b", "password": "x", "provider": "db"},
        {"username": ["oc_li"], "password": {"a": 1}, "provider": "db"},
        {"username": "oc_li", "password": "x" * 100_000, "provider": "db"},
        {"username": "oc_li", "password": DEMO_PASSWORD, "provider": "db", "otp": "1" * 50},
    ],
)
def test_api_login_when_the_body_is_odd_then_refused_and_never_a_fault(app: Flask, body: Any) -> None:
    sent = json.dumps(body)  # with escapes, as a program sends half a character
    answer = app.test_client().post("/api/v1/security/login", data=sent, content_type="application/json")
    assert answer.status_code in {401, 422}
    assert answer.json["error"]["code"] in {"sign_in_refused", "invalid", "validation_failed"}


@ONE_ENGINE
@pytest.mark.parametrize(
    "path", ["/login/", "/login/code/", "/login/due/password", "/account/password", "/api/v1/security/login"]
)
def test_address_when_it_tries_many_then_limited_on_every_path(database: Database, path: str) -> None:
    settings = TestConfig({"DATABASE_URL": database.url})
    limits = {"AUTH_RATE_LIMITED": True, "RATELIMIT_ENABLED": True, "AUTH_RATE_LIMIT": "5 per minute"}
    client: FlaskClient = create_app(settings, WTF_CSRF_ENABLED=False, **limits).test_client()
    statuses = [client.post(path, data={}).status_code for _ in range(6)]
    assert 429 not in statuses[:5]
    assert statuses[5] == 429


@ONE_ENGINE
def test_refusal_when_shown_then_says_what_to_do(app: Flask) -> None:
    client = app.test_client()
    with client.session_transaction() as held:
        held["locale"] = "en"
    page = client.post("/login/", data={"username": "oc_li", "password": "wrong"}).text
    assert str(REFUSED) in page or "an administrator can open it" in page
