"""Passwords that the company directory keeps: a real server, with all that people type into a login."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.cli.demo_people import DEMO_PASSWORD
from app.security.directory import DirectoryDownError, verify
from app.security.proofs import REFUSED
from config_outside import Directory
from models.labels import Way
from models.outside import SignInLink
from tests.outside.slapd import BASE, FINANCE, PASSWORD, Slapd
from tests.outside.walking import notes
from tests.web.person import form_errors

pytestmark = pytest.mark.stage("people")
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Use = Callable[[dict[str, str]], Directory]
ROLES = {
    "ZHIDAN_LDAP_GROUP_BASE": f"ou=groups,{BASE}",
    "ZHIDAN_LDAP_ROLES": f'{{"{FINANCE.upper()}": "finance", "cn=drivers,ou=groups,{BASE}": "logistics"}}',
}
DOWN = "The company directory does not answer. Accounts with a password of their own still work; try yours again later."
UNKNOWN = "Your password is right, but you have no account here. Ask an administrator to make one."
CSRF = re.compile(r'name="csrf_token" type="hidden" value="([^"]+)"')
CSRF_HIDDEN = re.compile(r'<input type="hidden" name="csrf_token" value="([^"]+)"')
WRONG = str(REFUSED)


def sign_in(app: Flask, username: str, password: str) -> tuple[FlaskClient, str]:
    """Signs in at the screen; the browser and where it lands, or what it is told."""
    client = app.test_client()
    with client.session_transaction() as held:
        held["locale"] = "en"
    token = CSRF.search(client.get("/login/").get_data(as_text=True))
    assert token is not None
    body = {"csrf_token": token[1], "username": username, "password": password}
    answer = client.post("/login/", data=body)
    return client, " ".join(form_errors(answer)) or answer.headers.get("Location", "")


def is_in(client: FlaskClient) -> bool:
    """Whether the browser is signed in."""
    return client.get("/").status_code == 200


def link(session: Session, username: str, subject: str) -> int:
    """Marks an account as the directory's."""
    user_id = session.scalars(sa.select(User.id).where(User.username == username)).one()
    now = sa.func.now() if session.get_bind().dialect.name == "postgresql" else sa.text("'2026-11-25 00:00:00.000000'")
    row = {"user_id": user_id, "way": Way.ldap, "subject": subject, "linked_at": now}
    session.execute(sa.insert(SignInLink.__table__).values(**row))
    session.commit()
    return user_id


def roles_of(session: Session, username: str) -> list[str]:
    """The roles of an account as they are in the database now."""
    session.rollback()
    user = session.scalars(sa.select(User).where(User.username == username)).one()
    names = sorted(role.name for role in user.roles)
    session.expunge_all()
    session.rollback()
    return names


@pytest.mark.parametrize("typed", ["dir_lin", "DIR_LIN", " dir_lin ", "fi_zhou", "fi_zhou@zhidan.example"])
def test_linked_account_when_the_directory_knows_the_password_then_signed_in(
    app: Flask, session: Session, slapd: Slapd, use_directory: Use, typed: str
) -> None:
    use_directory(slapd.settings())
    link(session, "fi_zhou", "dir_lin")
    client, _where = sign_in(app, typed, PASSWORD)
    assert is_in(client)


def test_linked_account_when_its_old_password_here_is_typed_then_refused_with_and_without_the_directory(
    app: Flask, session: Session, slapd: Slapd, use_directory: Use
) -> None:
    link(session, "fi_zhou", "dir_lin")
    assert sign_in(app, "fi_zhou", DEMO_PASSWORD)[1] == WRONG
    use_directory(slapd.settings())
    client, said = sign_in(app, "fi_zhou", DEMO_PASSWORD)
    assert (is_in(client), said) == (False, WRONG)


def test_own_account_when_a_directory_person_has_its_name_then_only_the_own_password_counts(
    app: Flask, slapd: Slapd, use_directory: Use
) -> None:
    """fi_zhou of the directory is somebody else: names link nobody."""
    use_directory(slapd.settings(ZHIDAN_LDAP_CREATE="1"))
    assert sign_in(app, "fi_zhou", PASSWORD)[1] == WRONG
    client, _where = sign_in(app, "fi_zhou", DEMO_PASSWORD)
    assert is_in(client)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("dir_lin", "wrong"),
        ("dir_lin", "\u00ad"),
        ("dir_lin", "\u00ad\u200d"),
        ("dir_lin", " "),
        ("*", PASSWORD),
        ("dir_*", PASSWORD),
        ("dir_lin)(uid=*", PASSWORD),
        ("*)(|(uid=dir_lin", PASSWORD),
        ("dir_lin)(objectClass=*))(|(cn=*", PASSWORD),
        ("dir_lin\\", PASSWORD),
        ("dir_lin\\2a", PASSWORD),
        ("nobody", PASSWORD),
        ("a" * 5000, PASSWORD),
        ("dir_lin\n", "wrong"),
    ],
)
@ONE_ENGINE
def test_directory_when_name_or_password_is_odd_then_nobody_gets_in(
    app: Flask, session: Session, slapd: Slapd, use_directory: Use, name: str, password: str
) -> None:
    use_directory(slapd.settings(ZHIDAN_LDAP_CREATE="1"))
    link(session, "fi_zhou", "dir_lin")
    client, _said = sign_in(app, name, password)
    assert not is_in(client)


@pytest.mark.parametrize("password", ["", "\u00ad", "\u00ad" * 9, "\x00", "\ud800"])
@ONE_ENGINE
def test_directory_when_the_password_is_as_good_as_empty_then_not_verified(
    slapd: Slapd, use_directory: Use, password: str
) -> None:
    """The server would let anybody in without a password: see ``tests.outside.slapd``."""
    directory = use_directory(slapd.settings())
    assert verify(directory, "dir_lin", password) is None
    assert verify(directory, "dir_lin", PASSWORD) is not None


@ONE_ENGINE
def test_directory_when_a_name_holds_the_signs_of_filters_then_found_as_it_is(slapd: Slapd, use_directory: Use) -> None:
    found = verify(use_directory(slapd.settings()), "star*(x)\\y", PASSWORD)
    assert (found and found.name) == "star*(x)\\y"


def test_stranger_when_the_directory_knows_him_then_told_and_journalled(
    app: Flask, session: Session, slapd: Slapd, use_directory: Use
) -> None:
    use_directory(slapd.settings())
    client, said = sign_in(app, "dir_ma", PASSWORD)
    assert (is_in(client), said) == (False, UNKNOWN)
    (entry,) = notes(session, "user.sign_in_refused")
    assert (entry.entity_id, entry.data) == (0, {"how": "ldap", "why": "no_account", "subject": "dir_ma"})
    assert sign_in(app, "dir_ma", "wrong")[1] == WRONG


def test_stranger_when_accounts_are_made_then_he_has_one_without_roles_and_password(
    app: Flask, session: Session, slapd: Slapd, use_directory: Use
) -> None:
    use_directory(slapd.settings(ZHIDAN_LDAP_CREATE="1", **ROLES))
    for _time in range(2):
        client, _where = sign_in(app, "dir_ma", PASSWORD)
        assert is_in(client)
    user = session.scalars(sa.select(User).where(User.username == "dir_ma")).one()
    assert (user.first_name, user.last_name, user.email) == ("Rui", "Ma", "ma@zhidan.example")
    assert (user.password, user.roles) == (None, [])
    session.rollback()
    assert client.get("/order/list/").status_code == 403
    assert [entry.data["subject"] for entry in notes(session, "user.way_linked")] == ["dir_ma"]


def test_groups_when_they_give_roles_then_given_and_taken_and_others_left_alone(
    app: Flask, session: Session, slapd: Slapd, use_directory: Use
) -> None:
    use_directory(slapd.settings(**ROLES))
    user_id = link(session, "lg_gao", "dir_lin")
    assert roles_of(session, "lg_gao") == ["committee", "logistics", "logistics_lead"]
    assert is_in(sign_in(app, "lg_gao", PASSWORD)[0])
    assert roles_of(session, "lg_gao") == ["committee", "finance", "logistics_lead"]
    (entry,) = notes(session, "user.roles_from_directory")
    before, after = entry.changes["roles"]
    assert (entry.entity_id, set(before) - set(after), set(after) - set(before)) == (
        user_id,
        {"logistics"},
        {"finance"},
    )


@ONE_ENGINE
def test_groups_when_the_person_administers_here_then_no_role_is_added(
    app: Flask, session: Session, slapd: Slapd, use_directory: Use
) -> None:
    use_directory(slapd.settings(**ROLES))
    link(session, "ad_root", "dir_lin")
    assert is_in(sign_in(app, "ad_root", PASSWORD)[0])
    assert roles_of(session, "ad_root") == ["admin"]


def test_account_when_switched_off_then_the_directory_does_not_open_it(
    app: Flask, session: Session, slapd: Slapd, use_directory: Use
) -> None:
    use_directory(slapd.settings(ZHIDAN_LDAP_CREATE="1"))
    user_id = link(session, "fi_zhou", "dir_lin")
    session.execute(sa.update(User).where(User.id == user_id).values(active=False))
    session.commit()
    for typed in ("fi_zhou", "dir_lin"):
        client, said = sign_in(app, typed, PASSWORD)
        assert (is_in(client), said) == (False, WRONG)


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes calls and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """A port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def test_directory_when_it_is_down_then_said_and_own_accounts_still_work(
    app: Flask, session: Session, slapd: Slapd, use_directory: Use, closed_port: int
) -> None:
    use_directory(slapd.settings(ZHIDAN_LDAP_URL=f"ldap://127.0.0.1:{closed_port}"))
    link(session, "fi_zhou", "dir_lin")
    client, said = sign_in(app, "fi_zhou", PASSWORD)
    assert (is_in(client), said) == (False, DOWN)
    assert [entry.data["why"] for entry in notes(session, "user.sign_in_refused")] == ["directory_down"]
    assert is_in(sign_in(app, "ad_root", DEMO_PASSWORD)[0])
    token = app.test_client().post("/api/v1/security/login", json={"username": "fi_zhou", "password": PASSWORD})
    assert (token.status_code, token.json["error"]["code"]) == (503, "directory_down")


@ONE_ENGINE
def test_directory_when_it_says_nothing_then_given_up_in_time(
    slapd: Slapd, use_directory: Use, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = use_directory(slapd.settings(ZHIDAN_LDAP_URL=f"ldap://127.0.0.1:{silent}"))
    monkeypatch.setattr("app.security.directory.SECONDS", 1)
    with pytest.raises(DirectoryDownError):
        verify(directory, "dir_lin", PASSWORD)


@ONE_ENGINE
def test_linked_account_when_it_proves_itself_anew_then_the_directory_is_asked(
    app: Flask, session: Session, slapd: Slapd, use_directory: Use
) -> None:
    directory = use_directory(slapd.settings())
    link(session, "fi_zhou", "dir_lin")
    client, _where = sign_in(app, "dir_lin", PASSWORD)
    for password, status in ((DEMO_PASSWORD, 422), ("\u00ad", 422), (PASSWORD, 302)):
        token = CSRF_HIDDEN.search(client.get("/account/profile").get_data(as_text=True))
        assert token is not None
        form = {"csrf_token": token[1], "last_name": "周", "first_name": "琳", "email": "zhou@zhidan.example"}
        answer = client.post("/account/profile", data={**form, "current_password": password})
        assert answer.status_code == status
    app.config["DIRECTORY"] = changed(directory, url="ldap://127.0.0.1:1")
    answer = client.post("/account/profile", data={**form, "email": "z@zhidan.example", "current_password": PASSWORD})
    assert (answer.status_code, DOWN in answer.get_data(as_text=True)) == (422, True)


def changed(directory: Directory, **values: Any) -> Directory:
    """The settings with something wrong in them."""
    return replace(directory, **values)


@pytest.mark.parametrize(
    "wrong",
    [{"ca_file": None}, {"bind_password": "wrong"}, {"bind_dn": "cn=nobody else"}, {"ca_file": "/no/such/file"}],
)
@ONE_ENGINE
def test_directory_when_not_vouched_for_or_we_are_refused_then_down_and_nothing_told(
    slapd: Slapd, use_directory: Use, wrong: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    directory = use_directory(slapd.settings())
    with pytest.raises(DirectoryDownError):
        verify(changed(directory, **wrong), "dir_lin", PASSWORD)
    assert PASSWORD not in caplog.text
    assert directory.bind_password not in caplog.text + repr(directory)


def test_api_login_when_the_directory_knows_the_password_then_a_token(
    app: Flask, session: Session, slapd: Slapd, use_directory: Use
) -> None:
    """The account says where its password is kept, not the caller."""
    use_directory(slapd.settings())
    link(session, "fi_zhou", "dir_lin")
    for password, expected in ((PASSWORD, 200), (DEMO_PASSWORD, 401), ("\u00ad", 401)):
        body = {"username": "fi_zhou", "password": password}
        assert app.test_client().post("/api/v1/security/login", json=body).status_code == expected
