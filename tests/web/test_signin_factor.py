"""The second factor: set up, asked for on every way in, each code once, recovery codes, lost phones."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy.orm import Session

from app.cli.demo_people import DEMO_PASSWORD
from models.access import RoleProfile
from models.journal import Journal
from models.policy import PolicyParameter
from models.signin import AccountSecurity, RecoveryCode
from tests.web.deputy import stand_in

pytestmark = [pytest.mark.stage("people"), pytest.mark.usefixtures("without_csrf")]
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
KEY = re.compile(r'zd-factor__key">([A-Z2-7]+)<')
OFFER = re.compile(r'name="offer" value="([^"]+)"')
CODE = re.compile(r"<li><code>([^<]+)</code></li>")


def first_step(app: Flask, username: str = "oc_li") -> tuple[FlaskClient, str]:
    client = app.test_client()
    answer = client.post("/login/", data={"username": username, "password": DEMO_PASSWORD})
    return client, answer.headers["Location"]


def enrol(client: FlaskClient, path: str = "/account/second_factor") -> tuple[str, list[str]]:
    """The key and the recovery codes of a factor that is set up now."""
    page = client.get(path).text
    key, offer = KEY.findall(page)[0], OFFER.findall(page)[0]
    form = {"offer": offer, "code": code(key), "current_password": DEMO_PASSWORD}
    answer = client.post(path, data=form)
    assert answer.status_code == 200, answer.text[:500]
    return key, CODE.findall(answer.text)


def code(key: str, steps: int = 0) -> str:
    return pyotp.TOTP(key).at(datetime.now(UTC) + timedelta(seconds=30 * steps))


def is_in(client: FlaskClient) -> bool:
    return client.get("/order/list/").status_code in {200, 403}


def by_program(app: Flask, **more: str) -> Any:
    login = {"username": "oc_li", "password": DEMO_PASSWORD, "provider": "db", **more}
    return app.test_client().post("/api/v1/security/login", json=login)


def later(clock: Any, steps: int = 2) -> None:
    clock.shift(timedelta(seconds=30 * steps))


def test_factor_when_set_up_then_the_password_alone_opens_nothing(app: Flask, session: Session) -> None:
    with time_machine.travel(START, tick=False) as clock:
        here, _ = first_step(app)
        elsewhere, _ = first_step(app)
        key, codes = enrol(here)
        assert (is_in(here), is_in(elsewhere)) == (True, False)
        assert len(set(codes)) == 10
        later(clock)
        client, where = first_step(app)
        assert where == "/login/code/"
        assert not is_in(client)
        assert client.post("/login/code/", data={"code": "000000"}).status_code == 401
        done = client.post("/login/code/?next=/order/list/", data={"code": f" {code(key)[:3]} {code(key)[3:]} "})
        assert done.headers["Location"] == "/order/list/"
        assert is_in(client)
    stored = session.scalars(sa.select(AccountSecurity).where(AccountSecurity.factor_on_at.is_not(None))).one()
    assert key not in (stored.factor_secret or "")
    kept = set(session.scalars(sa.select(RecoveryCode.code_hash)))
    assert not kept & set(codes)
    actions = set(session.scalars(sa.select(Journal.action)))
    assert {"user.second_factor_on", "user.sign_in", "user.sign_in_refused"} <= actions
    session.rollback()


def test_code_when_used_a_second_time_then_refused_and_a_neighbour_in_time_is_accepted(app: Flask) -> None:
    with time_machine.travel(START, tick=False) as clock:
        key, _ = enrol(first_step(app)[0])
        # The code that set it up has been used.
        assert first_step(app)[0].post("/login/code/", data={"code": code(key)}).status_code == 401
        later(clock, 3)
        typed = code(key)
        assert first_step(app)[0].post("/login/code/", data={"code": typed}).status_code == 302
        assert first_step(app)[0].post("/login/code/", data={"code": typed}).status_code == 401
        assert first_step(app)[0].post("/login/code/", data={"code": code(key, 1)}).status_code == 302
        assert first_step(app)[0].post("/login/code/", data={"code": code(key, -1)}).status_code == 401
        later(clock, 5)
        assert first_step(app)[0].post("/login/code/", data={"code": code(key, 2)}).status_code == 401
        assert first_step(app)[0].post("/login/code/", data={"code": code(key, -2)}).status_code == 401
        assert first_step(app)[0].post("/login/code/", data={"code": code(key, -1)}).status_code == 302


def test_recovery_code_when_used_then_works_once_and_is_written_down(app: Flask, session: Session) -> None:
    _, codes = enrol(first_step(app)[0])
    assert first_step(app)[0].post("/login/code/", data={"code": codes[0].lower()}).status_code == 302
    assert first_step(app)[0].post("/login/code/", data={"code": codes[0]}).status_code == 401
    assert first_step(app)[0].post("/login/code/", data={"code": codes[1].replace("-", "")}).status_code == 302
    used = sa.select(Journal).where(Journal.action == "user.recovery_code_used").order_by(Journal.id)
    assert [entry.data["left"] for entry in session.scalars(used)] == [9, 8]
    session.rollback()


@ONE_ENGINE
def test_recovery_codes_when_made_anew_then_the_old_ones_are_void(app: Flask) -> None:
    client, _ = first_step(app)
    _, old = enrol(client)
    assert client.post("/account/codes", data={"current_password": "wrong", "code": old[1]}).status_code == 422
    answer = client.post("/account/codes", data={"current_password": DEMO_PASSWORD, "code": old[0]})
    new = CODE.findall(answer.text)
    assert len(new) == 10
    assert not set(new) & set(old)
    assert first_step(app)[0].post("/login/code/", data={"code": old[2]}).status_code == 401
    assert first_step(app)[0].post("/login/code/", data={"code": new[2]}).status_code == 302


@ONE_ENGINE
def test_codes_when_guessed_then_locked_and_the_right_one_is_refused(app: Flask, session: Session) -> None:
    with time_machine.travel(START, tick=False) as clock:
        key, codes = enrol(first_step(app)[0])
        later(clock)
        client, _ = first_step(app)
        assert [client.post("/login/code/", data={"code": "000000"}).status_code for _ in range(5)] == [401] * 5
        assert client.post("/login/code/", data={"code": code(key)}).status_code == 401
        assert first_step(app)[0].post("/login/code/", data={"code": codes[0]}).status_code == 401
        assert by_program(app, otp=code(key)).status_code == 401
        clock.shift(timedelta(minutes=15))
        assert first_step(app)[0].post("/login/code/", data={"code": code(key)}).status_code == 302
    assert session.scalar(sa.select(sa.func.count()).where(Journal.action == "user.locked")) == 1
    session.rollback()


@ONE_ENGINE
def test_code_page_when_left_alone_for_five_minutes_then_the_password_is_asked_again(app: Flask) -> None:
    with time_machine.travel(START, tick=False) as clock:
        key, _ = enrol(first_step(app)[0])
        client, _ = first_step(app)
        clock.shift(timedelta(minutes=5))
        answer = client.post("/login/code/", data={"code": code(key)})
        assert answer.headers["Location"] == "/login/"
        assert not is_in(client)


@ONE_ENGINE
def test_program_when_the_account_has_a_factor_then_the_code_is_asked(app: Flask) -> None:
    with time_machine.travel(START, tick=False) as clock:
        key, _ = enrol(first_step(app)[0])
        later(clock)
        assert (by_program(app).status_code, by_program(app).json["error"]["code"]) == (401, "otp_required")
        assert by_program(app, otp="000000").json["error"]["code"] == "otp_refused"
        assert by_program(app, otp=code(key)).status_code == 200
        assert by_program(app, otp=code(key)).status_code == 401


@ONE_ENGINE
def test_factor_when_switched_off_then_password_and_code_are_asked(app: Flask, session: Session) -> None:
    client, _ = first_step(app)
    _, codes = enrol(client)
    off = "/account/second_factor/off"
    assert client.post(off, data={"current_password": DEMO_PASSWORD, "code": "000000"}).status_code == 422
    assert client.post(off, data={"current_password": "wrong", "code": codes[0]}).status_code == 422
    assert client.post(off, data={"current_password": DEMO_PASSWORD, "code": codes[0]}).status_code == 302
    assert first_step(app)[1] == "/"
    assert session.scalar(sa.select(sa.func.count()).select_from(RecoveryCode)) == 0
    session.rollback()


def require(session: Session, name: str) -> None:
    code_ = f"auth.second_factor.{name}"
    session.scalars(sa.select(PolicyParameter).where(PolicyParameter.code == code_)).one().value = "1"
    session.commit()


@pytest.mark.parametrize(("name", "username"), [("finance", "fi_sun"), ("admin", "ad_root"), ("production", "qc_sun")])
def test_role_when_it_must_have_a_factor_then_only_the_page_to_set_it_up_is_open(
    app: Flask, session: Session, name: str, username: str
) -> None:
    require(session, name)
    client, where = first_step(app, username)
    assert where == "/login/due/second_factor"
    assert [client.get(path).status_code for path in ("/", "/order/list/", "/account/", "/users/list/")] == [302] * 4
    login = {"username": username, "password": DEMO_PASSWORD, "provider": "db"}
    told = app.test_client().post("/api/v1/security/login", json=login)
    assert (told.status_code, told.json["error"]["code"]) == (403, "sign_in_on_screen")
    _, codes = enrol(client, where)
    assert len(codes) == 10
    assert is_in(client)
    # Required, so it cannot be switched off.
    assert client.get("/account/second_factor/off").headers["Location"] == "/account/"
    assert first_step(app, "oc_li")[1] == "/"


def test_deputy_when_the_role_he_stands_in_for_asks_for_a_factor_then_he_sets_one_up_first(
    app: Flask, session: Session
) -> None:
    require(session, "finance")
    client, where = first_step(app)
    assert (where, is_in(client)) == ("/", True)
    stand_in(session, "fi_sun", "oc_li")
    # He was in already: not even his own lists are open before.
    sent = client.get("/order/list/").headers["Location"]
    assert client.get(sent).headers["Location"] == "/login/due/second_factor?next=/order/list/"
    assert by_program(app).json["error"]["code"] == "sign_in_on_screen"
    assert first_step(app)[1] == "/login/due/second_factor"
    _, codes = enrol(client, "/login/due/second_factor")
    assert len(codes) == 10
    assert (is_in(client), client.get("/refund/list/").status_code) == (True, 200)


@ONE_ENGINE
def test_added_role_when_its_department_asks_for_a_factor_then_it_asks_too(app: Flask, session: Session) -> None:
    require(session, "finance")
    copy = Role(name="Finance deputy")
    session.add(copy)
    session.flush()
    session.add(RoleProfile(role_id=copy.id, department="finance"))
    session.scalars(sa.select(User).where(User.username == "oc_li")).one().roles = [copy]
    session.commit()
    assert first_step(app)[1] == "/login/due/second_factor"


@ONE_ENGINE
def test_offer_when_it_belongs_to_another_or_is_old_then_a_new_one_is_made(app: Flask) -> None:
    with time_machine.travel(START, tick=False) as clock:
        mine, theirs = first_step(app)[0], first_step(app, "oc_wang")[0]
        page = theirs.get("/account/second_factor").text
        key, offer = KEY.findall(page)[0], OFFER.findall(page)[0]
        form = {"offer": offer, "code": code(key), "current_password": DEMO_PASSWORD}
        assert CODE.findall(mine.post("/account/second_factor", data=form).text) == []
        clock.shift(timedelta(minutes=16))
        assert CODE.findall(theirs.post("/account/second_factor", data=form | {"code": code(key)}).text) == []
        assert first_step(app)[1] == "/"


@ONE_ENGINE
def test_phone_when_lost_then_an_admin_resets_and_the_factor_is_set_up_anew(app: Flask, session: Session) -> None:
    require(session, "order_center")
    client, where = first_step(app)
    key, _ = enrol(client, where)
    pk = session.scalar(sa.select(User.id).where(User.username == "oc_li"))
    session.rollback()
    admin, _ = first_step(app, "ad_root")
    assert admin.post(f"/useraccess/{pk}/second_factor").status_code == 302
    assert not is_in(client)
    client, where = first_step(app)
    assert where == "/login/due/second_factor"
    new, _ = enrol(client, where)
    assert new != key
    entry = session.scalars(sa.select(Journal).where(Journal.action == "user.second_factor_off")).one()
    assert (entry.entity_id, entry.actor_name, entry.reason) == (pk, "管理员", "administrator")
    session.rollback()


@ONE_ENGINE
def test_admin_when_pointing_at_himself_then_sent_to_his_own_page(app: Flask, session: Session) -> None:
    pk = session.scalar(sa.select(User.id).where(User.username == "ad_root"))
    session.rollback()
    admin, _ = first_step(app, "ad_root")
    assert admin.get(f"/useraccess/{pk}").headers["Location"] == "/account/"
    for act in ("password", "second_factor", "unlock"):
        assert admin.post(f"/useraccess/{pk}/{act}").status_code == 409
    assert admin.get("/useraccess/99999").status_code == 404


@ONE_ENGINE
def test_key_when_the_secret_of_the_installation_changed_then_no_code_fits(app: Flask) -> None:
    with time_machine.travel(START, tick=False) as clock:
        key, _ = enrol(first_step(app)[0])
        later(clock)
        kept = app.config["SECOND_FACTOR_KEY"]
        app.config["SECOND_FACTOR_KEY"] = "ab" * 32
        try:
            assert first_step(app)[0].post("/login/code/", data={"code": code(key)}).status_code == 401
        finally:
            app.config["SECOND_FACTOR_KEY"] = kept


@ONE_ENGINE
def test_next_page_when_it_lies_elsewhere_then_not_followed(app: Flask) -> None:
    client = app.test_client()
    target = "/login/?next=https://evil.example/"
    answer = client.post(target, data={"username": "oc_li", "password": DEMO_PASSWORD})
    assert answer.headers["Location"] == "/"
