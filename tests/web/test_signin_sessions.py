"""Sessions live on the server: a cookie or token opens something only while its row is alive."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy.orm import Session

from app.cli.demo_people import DEMO_PASSWORD
from app.security import departments as role
from app.security.actors import person_name
from app.services.policy.actions import propose
from models.journal import Journal
from models.policy import PolicyParameter
from models.signin import EndReason, LoginSession
from tests.databases import Database
from tests.services.company import found
from tests.web.person import Person, statements, text_of
from views.display import moment

pytestmark = [pytest.mark.stage("people"), pytest.mark.usefixtures("without_csrf")]
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGE = "/order/list/"
API = "/api/v1/order/"
NEW = "Brand-new-2026"


def sign_in(app: Flask, username: str = "oc_li", password: str = DEMO_PASSWORD, **more: Any) -> FlaskClient:
    client = app.test_client()
    client.post("/login/", data={"username": username, "password": password}, **more)
    return client


def copy_of(app: Flask, client: FlaskClient) -> FlaskClient:
    """A thief with the same cookie."""
    thief = app.test_client()
    with client.session_transaction() as held, thief.session_transaction() as stolen:
        stolen.update(held)
    return thief


def is_in(client: FlaskClient) -> bool:
    return client.get(PAGE).status_code == 200


def tokens(app: Flask, username: str = "oc_li") -> dict[str, str]:
    login = {"username": username, "password": DEMO_PASSWORD, "provider": "db", "refresh": True}
    answer = app.test_client().post("/api/v1/security/login", json=login)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def api(app: Flask, token: str, path: str = API, method: str = "GET") -> int:
    return app.test_client().open(path, method=method, headers={"Authorization": f"Bearer {token}"}).status_code


def row(session: Session, username: str = "oc_li") -> LoginSession:
    session.rollback()
    found = session.scalars(
        sa.select(LoginSession)
        .join(User, User.id == LoginSession.user_id)
        .where(User.username == username)
        .order_by(LoginSession.id.desc())
    ).first()
    assert found is not None
    session.expunge_all()
    session.rollback()
    return found


def made_token(client: FlaskClient, password: str = DEMO_PASSWORD) -> str | None:
    """The secret of a new API token; None where it is refused."""
    form = {"name": "ERP", "days": "30", "scopes": ["order.read"], "current_password": password}
    found = re.search(r'id="zd-secret" value="([^"]+)"', client.post("/tokens/new", data=form).text)
    return found[1] if found else None


@ONE_ENGINE
def test_api_token_when_its_person_proves_himself_anew_then_it_is_dead(app: Flask, session: Session) -> None:
    client, admin = sign_in(app), sign_in(app, "ad_root")
    assert made_token(client, "wrong") is None
    pk = session.scalar(sa.select(User.id).where(User.username == "oc_li"))
    session.rollback()
    acts = {
        "others": lambda: client.post("/account/sessions/end", data={"session": "all"}),
        "factor": lambda: admin.post(f"/useraccess/{pk}/second_factor"),
        "all": lambda: admin.post(f"/useraccess/{pk}/sessions/end", data={"session": "all"}),
        "own": lambda: client.post(
            "/account/password", data={"current_password": DEMO_PASSWORD, "password": NEW, "conf_password": NEW}
        ),
    }
    for name, act in acts.items():
        client = client if is_in(client) else sign_in(app)
        secret = made_token(client)
        assert secret is not None, name
        assert api(app, secret) == 200, name
        act()
        assert api(app, secret) == 401, name
    secret = made_token(client, NEW)
    assert secret is not None
    admin.post(f"/useraccess/{pk}/password")
    assert api(app, secret) == 401
    whys = session.scalars(sa.select(Journal.data).where(Journal.action == "user.token_ended").order_by(Journal.id))
    assert [data["why"] for data in whys] == ["by_hand", "second_factor", "administrator", "password", "password"]
    session.rollback()


def test_cookie_when_signed_out_then_a_copy_of_it_is_dead(app: Flask, session: Session) -> None:
    client = sign_in(app)
    thief = copy_of(app, client)
    assert (is_in(client), is_in(thief)) == (True, True)
    client.post("/logout/")
    assert (is_in(client), is_in(thief)) == (False, False)
    assert row(session).end_reason == EndReason.signed_out


@ONE_ENGINE
def test_logout_when_only_followed_as_a_link_then_the_session_stays(app: Flask) -> None:
    client = sign_in(app)
    page = client.get("/logout/")
    assert page.status_code == 200
    assert 'method="post"' in page.text
    assert is_in(client)


@ONE_ENGINE
def test_session_id_when_signing_in_then_new_and_stored_as_a_hash(app: Flask, session: Session) -> None:
    client = app.test_client()
    with client.session_transaction() as held:
        held["zhidan_sid"], held["planted"] = "chosen-by-somebody-else", "x"
    client.post("/login/", data={"username": "oc_li", "password": DEMO_PASSWORD})
    with client.session_transaction() as held:
        token = held["zhidan_sid"]
        assert "planted" not in held
    assert token != "chosen-by-somebody-else"
    assert row(session).token_hash not in {token, "chosen-by-somebody-else"}
    assert is_in(client)


@ONE_ENGINE
def test_cookie_when_it_names_another_user_then_nobody(app: Flask, session: Session) -> None:
    client = sign_in(app)
    other = session.scalar(sa.select(User.id).where(User.username == "ad_root"))
    session.rollback()
    with client.session_transaction() as held:
        held["_user_id"] = str(other)
    assert client.get("/users/list/").status_code == 302
    with client.session_transaction() as held:
        del held["zhidan_sid"]
    assert client.get("/users/list/").status_code == 302


def test_own_password_when_changed_then_only_this_browser_goes_on_under_a_new_id(app: Flask, session: Session) -> None:
    here, elsewhere, program = sign_in(app), sign_in(app), tokens(app)
    old = copy_of(app, here)
    here.post("/account/password", data={"current_password": DEMO_PASSWORD, "password": NEW, "conf_password": NEW})
    assert (is_in(here), is_in(elsewhere), is_in(old)) == (True, False, False)
    assert api(app, program["access_token"]) == 401
    assert api(app, program["refresh_token"], "/api/v1/security/refresh", "POST") == 401
    session.rollback()


def test_password_when_an_admin_makes_a_new_one_then_sessions_end_and_it_works_once(
    app: Flask, session: Session
) -> None:
    clerk, admin = sign_in(app), sign_in(app, "ad_root")
    pk = session.scalar(sa.select(User.id).where(User.username == "oc_li"))
    session.rollback()
    shown = admin.post(f"/useraccess/{pk}/password")
    once = shown.text.split("<code>")[1].split("</code>")[0]
    assert not is_in(clerk)
    assert not is_in(sign_in(app))
    client = app.test_client()
    answer = client.post("/login/?next=/order/list/", data={"username": "oc_li", "password": once})
    assert answer.headers["Location"] == "/login/due/password?next=/order/list/"
    assert not is_in(client)
    weak = client.post("/login/due/password", data={"password": once, "conf_password": once})
    assert weak.status_code == 422
    done = client.post("/login/due/password?next=/order/list/", data={"password": NEW, "conf_password": NEW})
    assert done.headers["Location"] == "/order/list/"
    assert is_in(client)
    assert not is_in(sign_in(app, password=once))
    assert is_in(sign_in(app, password=NEW))


def test_roles_when_changed_then_the_sessions_end_and_the_journal_says_so(app: Flask, session: Session) -> None:
    clerk, program = sign_in(app), tokens(app)
    user = session.scalars(sa.select(User).where(User.username == "oc_li")).one()
    user.roles.append(session.scalars(sa.select(Role).where(Role.name == role.LOGISTICS)).one())
    session.commit()
    assert not is_in(clerk)
    assert api(app, program["access_token"]) == 401
    noted = session.scalars(sa.select(Journal).where(Journal.action == "user.session_ended")).all()
    assert [(entry.entity_id, entry.data) for entry in noted] == [(user.id, {"why": "roles", "count": 2})]
    session.rollback()


@ONE_ENGINE
def test_user_when_switched_off_and_on_again_then_the_old_cookie_stays_dead(app: Flask, session: Session) -> None:
    client = sign_in(app)
    for active in (False, True):
        session.scalars(sa.select(User).where(User.username == "oc_li")).one().active = active
        session.commit()
    assert not is_in(client)
    assert row(session).end_reason == EndReason.switched_off


@ONE_ENGINE
@pytest.mark.parametrize(("minutes", "alive"), [(29, True), (30, False)])
def test_session_when_idle_for_half_an_hour_then_over(app: Flask, session: Session, minutes: int, alive: bool) -> None:
    start = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        client, program = sign_in(app), tokens(app)
        clock.shift(timedelta(minutes=minutes))
        assert is_in(client) == alive
        assert (api(app, program["refresh_token"], "/api/v1/security/refresh", "POST") == 200) == alive
    assert (row(session).ended_at is None) == alive
    if not alive:
        assert row(session).end_reason == EndReason.idle


def test_session_when_used_all_the_time_then_over_after_twelve_hours(app: Flask, session: Session) -> None:
    start = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        client = sign_in(app)
        for _ in range(47):
            clock.shift(timedelta(minutes=15))
            assert is_in(client)
        clock.shift(timedelta(minutes=15))
        assert not is_in(client)
    assert row(session).end_reason == EndReason.age


@ONE_ENGINE
def test_session_when_the_parameter_is_made_shorter_then_at_once(app: Flask, session: Session) -> None:
    client = sign_in(app)
    parameter = session.scalars(sa.select(PolicyParameter).where(PolicyParameter.code == "auth.idle_minutes")).one()
    parameter.value = "5"
    session.commit()
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6), tick=False):
        assert not is_in(client)


@ONE_ENGINE
def test_session_when_a_shorter_time_was_approved_then_from_its_day_on_also_before_the_nightly_run(
    app: Flask, session: Session
) -> None:
    company = found(session)
    with company.act("pd_he", "2026-11-24 10:00") as ctx:
        parameter = session.scalars(sa.select(PolicyParameter).where(PolicyParameter.code == "auth.idle_minutes")).one()
        change = propose(ctx, {"parameter_id": parameter.id, "new_value": "5", "reason": "安全检查"})
    company.fire("fi_sun", "2026-11-24 11:00", change, "approve")
    session.close()
    # 23:50 in Shanghai, and ten past midnight.
    for start, alive in (
        (datetime(2026, 11, 24, 15, 50, tzinfo=UTC), True),
        (datetime(2026, 11, 24, 16, 10, tzinfo=UTC), False),
    ):
        with time_machine.travel(start, tick=False) as clock:
            client = sign_in(app)
            clock.shift(timedelta(minutes=6))
            assert is_in(client) == alive


def test_last_seen_when_pages_follow_each_other_then_written_once_a_minute(
    app: Flask, session: Session, database: Database
) -> None:
    start = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        client = sign_in(app)
        assert is_in(client)
        clock.shift(timedelta(seconds=59))
        with statements(database.engine) as seen:
            assert is_in(client)
        assert not [text for text in seen if text.startswith("UPDATE")]
        clock.shift(timedelta(seconds=1))
        with statements(database.engine) as seen:
            assert is_in(client)
            assert is_in(client)
        assert len([text for text in seen if text.startswith("UPDATE")]) == 1
    assert row(session).last_seen_at == start + timedelta(minutes=1)


@ONE_ENGINE
def test_last_seen_when_it_cannot_be_written_then_the_page_is_shown_all_the_same(
    app: Flask, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    client = sign_in(app)
    session.execute(sa.update(User).values(login_count=1))  # SQLite: the one writer
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2), tick=False):
        assert is_in(client)
    session.rollback()
    assert "the session could not be marked" in caplog.text


def test_page_when_somebody_is_signed_in_then_the_session_takes_no_statement_of_its_own(
    app: Flask, session: Session, database: Database
) -> None:
    person = Person(app, session, "oc_li")
    person.page("/account/")
    with statements(database.engine) as seen:
        person.page("/account/")
    assert len([text for text in seen if "FROM ab_user" in text and "login_session" in text]) == 1
    session.rollback()


def test_own_sessions_when_ended_by_hand_then_the_others_are_out(app: Flask, session: Session) -> None:
    here, elsewhere, third = sign_in(app), sign_in(app), sign_in(app)
    newest = row(session)
    assert is_in(third)
    here.post("/account/sessions/end", data={"session": str(newest.id)})
    assert (is_in(here), is_in(elsewhere), is_in(third)) == (True, True, False)
    here.post("/account/sessions/end", data={"session": "all"})
    assert (is_in(here), is_in(elsewhere)) == (True, False)


@ONE_ENGINE
def test_session_of_another_when_named_by_its_id_then_it_stays(app: Flask, session: Session) -> None:
    other, clerk = sign_in(app, "oc_wang"), sign_in(app)
    clerk.post("/account/sessions/end", data={"session": str(row(session, "oc_wang").id)})
    assert is_in(other)


@ONE_ENGINE
def test_users_when_listed_and_shown_then_called_by_name_with_the_way_back(app: Flask, session: Session) -> None:
    clerk, admin = sign_in(app), sign_in(app, "ad_root")
    pk = row(session).user_id
    name = person_name(session.get_one(User, pk))
    session.rollback()
    listed = admin.get("/users/list/").text
    assert f'<a href="/users/show/{pk}">oc_li</a>' in listed
    assert "<title>用户 · " in listed
    for path, way in ((f"/users/show/{pk}", f"用户 {name}"), (f"/users/edit/{pk}", f"用户 {name} 编辑用户")):
        page = admin.get(path).text
        assert f"<title>{name} · " in page
        assert way in text_of(page), path
    assert f"用户 {name} 登录与会话" in text_of(admin.get(f"/useraccess/{pk}").text)
    assert clerk.get(f"/users/show/{pk}").status_code in {302, 403}


@ONE_ENGINE
def test_sessions_of_a_user_when_the_admin_ends_them_then_out(app: Flask, session: Session) -> None:
    clerk, admin = sign_in(app), sign_in(app, "ad_root")
    pk = row(session).user_id
    assert clerk.post(f"/useraccess/{pk}/sessions/end", data={"session": "all"}).status_code == 403
    page = admin.get(f"/useraccess/{pk}")
    assert page.status_code == 200
    # The framework keeps the time of its own server; the page tells Shanghai's, as the session beside it does.
    assert f"最近登录 {moment(row(session).started_at)}" in text_of(page.text)
    admin.post(f"/useraccess/{pk}/sessions/end", data={"session": "all"})
    assert not is_in(clerk)
    assert row(session).end_reason == EndReason.administrator


@ONE_ENGINE
def test_token_when_its_session_is_signed_out_then_dead_with_its_refresh_token(app: Flask) -> None:
    program = tokens(app)
    renewed = app.test_client().post(
        "/api/v1/security/refresh", headers={"Authorization": f"Bearer {program['refresh_token']}"}
    )
    assert api(app, renewed.json["access_token"]) == 200
    assert api(app, program["access_token"], "/api/v1/security/logout", "POST") == 200
    assert api(app, program["access_token"]) == 401
    assert api(app, renewed.json["access_token"]) == 401
    assert api(app, program["refresh_token"], "/api/v1/security/refresh", "POST") == 401


@ONE_ENGINE
def test_email_when_changed_then_the_password_is_asked_and_the_name_goes_without(app: Flask, session: Session) -> None:
    client = sign_in(app)
    values = {"last_name": "李", "first_name": "靖", "email": "oc_li@zhidan.example"}
    assert client.post("/account/profile", data=values).status_code == 302
    moved = values | {"email": "else@zhidan.example"}
    assert client.post("/account/profile", data=moved).status_code == 422
    assert client.post("/account/profile", data=moved | {"current_password": "wrong"}).status_code == 422
    assert client.post("/account/profile", data=moved | {"current_password": DEMO_PASSWORD}).status_code == 302
    user = session.scalars(sa.select(User).where(User.username == "oc_li")).one()
    assert (user.first_name, user.email) == ("靖", "else@zhidan.example")
    session.rollback()
