"""What the framework leaves open in accounts and rights, and that it is closed here.

Each test says which fact of the framework it stands for; when a release mends one, our workaround can go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from click import ClickException
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.exceptions import PasswordComplexityValidationError
from flask_appbuilder.security.sqla.models import PermissionView, Role, User, assoc_permissionview_role
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.cli.demo_people import DEMO_PASSWORD
from app.factory import create_app
from app.security import departments as role
from app.security.actors import NOBODY, actor_of, person_name
from app.security.passwords import check_password
from app.security.seen import mark_of
from config import TestConfig
from models.access import RightsChange
from tests.databases import Database

pytestmark = pytest.mark.stage("people")
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def without_csrf(app: Flask) -> Iterator[None]:
    """Forms are posted by hand here; the token has its own test."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def sign_in(client: FlaskClient, username: str, password: str = DEMO_PASSWORD) -> Any:
    """By the login form, as a person does."""
    return client.post("/login/", data={"username": username, "password": password})


def user(session: Session, username: str) -> User:
    """The stored user."""
    session.rollback()
    found: User = session.scalars(sa.select(User).where(User.username == username)).one()
    return found


def role_id(session: Session, code: str) -> int:
    """The stored role."""
    return int(session.scalars(sa.select(Role.id).where(Role.name == code)).one())


def roles_of(session: Session, username: str) -> set[str]:
    """What the database says now."""
    return {found.name for found in user(session, username).roles}


def account_form(session: Session, username: str, *codes: str, active: bool = True) -> dict[str, Any]:
    """The edit form of a user with these roles chosen."""
    found = user(session, username)
    form = {
        "username": found.username,
        "first_name": found.first_name,
        "last_name": found.last_name,
        "email": found.email,
        "roles": [str(role_id(session, code)) for code in codes],
        "seen": mark_of(found),
    }
    session.rollback()
    return form | ({"active": "y"} if active else {})


def edit(client: FlaskClient, session: Session, username: str, *codes: str, active: bool = True) -> str:
    """Saves the form of a user; the page that follows."""
    pk = user(session, username).id
    form = account_form(session, username, *codes, active=active)
    return client.post(f"/users/edit/{pk}", data=form, follow_redirects=True).text


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that the block sends."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def test_admin_when_giving_himself_a_role_then_refused(client: FlaskClient, session: Session) -> None:
    """Fact 17: who may edit users can make himself anything."""
    sign_in(client, "ad_root")
    edit(client, session, "ad_root", role.ADMIN, role.FINANCE_LEAD)
    assert roles_of(session, "ad_root") == {role.ADMIN}


def test_refused_edit_when_something_is_saved_later_then_still_refused(client: FlaskClient, session: Session) -> None:
    """Fact 2: the framework leaves the refused object in the session, and a later commit saves it."""
    sign_in(client, "ad_root")
    edit(client, session, "ad_root", role.ADMIN, role.COMMITTEE)
    edit(client, session, "oc_li", role.ORDER_CENTER, role.ORDER_CENTER_LEAD)
    assert roles_of(session, "ad_root") == {role.ADMIN}
    assert roles_of(session, "oc_li") == {role.ORDER_CENTER, role.ORDER_CENTER_LEAD}


@ONE_ENGINE
def test_last_admin_when_switched_off_then_refused(client: FlaskClient, session: Session) -> None:
    """Fact 17: the last administrator can lock everybody out."""
    sign_in(client, "ad_root")
    edit(client, session, "ad_root", role.ADMIN, active=False)
    assert user(session, "ad_root").active is True


@ONE_ENGINE
def test_second_admin_when_demoted_by_the_first_then_allowed(client: FlaskClient, session: Session) -> None:
    found = user(session, "au_lin")
    found.roles = [session.get_one(Role, role_id(session, role.ADMIN))]
    session.commit()
    sign_in(client, "ad_root")
    edit(client, session, "au_lin", role.PRODUCTION)
    assert roles_of(session, "au_lin") == {role.PRODUCTION}


@ONE_ENGINE
def test_technical_role_when_chosen_on_the_form_then_waits_for_a_second_administrator(
    client: FlaskClient, session: Session
) -> None:
    sign_in(client, "ad_root")
    page = edit(client, session, "au_lin", role.ADMIN)
    assert roles_of(session, "au_lin") == set()
    proposal = session.scalars(sa.select(RightsChange)).one()
    assert str(proposal) in page
    assert [found["what"] for found in proposal.changes] == [role.ADMIN]
    session.rollback()


@ONE_ENGINE
def test_admin_role_when_mixed_with_business_then_refused(client: FlaskClient, session: Session) -> None:
    """Domain/09 9.4, 13."""
    sign_in(client, "ad_root")
    edit(client, session, "fi_sun", role.FINANCE, role.ADMIN)
    assert roles_of(session, "fi_sun") == {role.FINANCE, role.FINANCE_LEAD, role.COMMITTEE}


def held_rights(session: Session, code: str) -> int:
    """How many rights a role has."""
    link = assoc_permissionview_role
    session.rollback()
    statement = sa.select(sa.func.count()).where(link.c.role_id == role_id(session, code))
    return session.scalar(statement) or 0


@ONE_ENGINE
@pytest.mark.parametrize("username", ["ad_root", "ad_sec"])
def test_role_form_of_the_framework_when_asked_for_then_not_there(app: Flask, session: Session, username: str) -> None:
    """Fact 17: ``can_edit`` on roles is self-promotion as well; rights change by the rights matrix alone."""
    client = app.test_client()
    sign_in(client, username)
    pk = role_id(session, role.FINANCE)
    before = held_rights(session, role.FINANCE)
    session.rollback()
    for path in (f"/roles/edit/{pk}", "/roles/add"):
        assert client.post(path, data={"name": "finance", "permissions": []}).status_code in {404, 405}
    assert held_rights(session, role.FINANCE) == before > 1


@pytest.mark.parametrize(
    "password",
    ["1", "short-1A", "alllowercaseletters", "lowercase12345", "Password123!", "P@ssw0rd123", "Admin@123456"],
)
def test_password_when_weak_or_common_then_refused(app: Flask, password: str) -> None:
    """Fact 15: "1" is accepted."""
    with app.app_context(), pytest.raises(PasswordComplexityValidationError):
        check_password(password)


@pytest.mark.parametrize("password", [DEMO_PASSWORD, "三人行必有我师Zh1", "correct-Horse-battery", "x" * 60 + "Y9"])
def test_password_when_long_and_of_three_kinds_then_accepted(app: Flask, password: str) -> None:
    with app.app_context():
        check_password(password)  # raises where it does not accept


@ONE_ENGINE
@pytest.mark.parametrize(
    ("present", "new", "works"),
    [("wrong", "Brand-new-2026", False), (DEMO_PASSWORD, "1", False), (DEMO_PASSWORD, "Brand-new-2026", True)],
)
def test_own_password_when_changed_then_the_present_one_is_asked(
    app: Flask, present: str, new: str, works: bool
) -> None:
    """Fact 15: the framework does not ask for the old password."""
    client = app.test_client()
    sign_in(client, "oc_li")
    client.post("/account/password", data={"current_password": present, "password": new, "conf_password": new})
    other = app.test_client()
    sign_in(other, "oc_li", new)
    assert (other.get("/order/list/").status_code == 200) == works


@ONE_ENGINE
def test_password_when_set_on_the_command_line_then_the_policy_holds(app: Flask, session: Session) -> None:
    """``flask fab reset-password`` comes this way; it says a sentence instead of a traceback."""
    pk = user(session, "oc_li").id
    session.rollback()
    with app.app_context():
        manager = app.extensions["appbuilder"].sm
        with pytest.raises(ClickException):
            manager.reset_password(pk, "1")
        manager.reset_password(pk, "Brand-new-2026")
    client = app.test_client()
    # Somebody else chose it, so it opens one page only: the one for a new password.
    assert sign_in(client, "oc_li", "Brand-new-2026").headers["Location"] == "/login/due/password"
    assert client.get("/order/list/").status_code == 302


@pytest.fixture
def limited(database: Database) -> FlaskClient:
    """A client of an application with its limits on, over the same database."""
    settings = TestConfig({"DATABASE_URL": database.url})
    return create_app(
        settings, AUTH_RATE_LIMITED=True, RATELIMIT_ENABLED=True, AUTH_RATE_LIMIT="5 per minute", WTF_CSRF_ENABLED=False
    ).test_client()


@ONE_ENGINE
@pytest.mark.parametrize(
    "attempt",
    [
        lambda client: client.post("/login/", data={"username": "oc_li", "password": "wrong"}),
        lambda client: client.post(
            "/api/v1/security/login", json={"username": "oc_li", "password": "wrong", "provider": "db"}
        ),
    ],
    ids=["screen", "token"],
)
def test_login_when_tried_six_times_then_limited(limited: FlaskClient, attempt: Callable[[FlaskClient], Any]) -> None:
    """Fact 15: two switches are needed, and the API's login is never limited."""
    statuses = [attempt(limited).status_code for _ in range(6)]
    assert 429 not in statuses[:5]
    assert statuses[5] == 429


@ONE_ENGINE
def test_role_when_its_name_begins_like_another_then_gives_nothing_of_it(app: Flask, session: Session) -> None:
    """Fact 20: the framework matches the names of built-in roles as prefixes of regular expressions."""
    session.add(Role(name="admin.*"))
    session.flush()
    person = user_with(session, "admin.*")
    with app.app_context():
        assert actor_of(person, session).permissions == frozenset()
    session.rollback()


def user_with(session: Session, code: str) -> User:
    """A user with one role, not committed."""
    made = User(first_name="Ada", last_name="Lovelace", username="ada", email="ada@zhidan.example", active=True)
    made.roles = [session.scalars(sa.select(Role).where(Role.name == code)).one()]
    session.add(made)
    session.flush()
    return made


@ONE_ENGINE
def test_name_when_chinese_or_latin_then_said_as_people_do(session: Session) -> None:
    assert person_name(user(session, "oc_li")) == "李静"
    assert person_name(user_with(session, role.AUDITOR)) == "Ada Lovelace"
    session.rollback()


def test_rights_when_a_page_asks_often_then_read_with_one_statement(
    app: Flask, database: Database, session: Session
) -> None:
    """Fact 33: the framework sends one statement a check."""
    client = app.test_client()
    sign_in(client, "oc_li")
    with counted(database) as sent:
        assert client.get("/order/list/").status_code == 200
    assert len([statement for statement in sent if "ab_permission_view_role" in statement]) == 1
    session.rollback()


@ONE_ENGINE
def test_user_when_switched_off_then_out_at_once(app: Flask, session: Session) -> None:
    client = app.test_client()
    sign_in(client, "oc_li")
    found = user(session, "oc_li")
    found.active = False
    session.commit()
    answer = client.get("/order/list/")
    assert (answer.status_code, "/login/" in answer.headers.get("Location", "")) == (302, True)
    with app.app_context():
        assert actor_of(user(session, "oc_li"), session) == NOBODY
    session.rollback()


def test_init_when_run_again_then_changes_nothing_and_keeps_changed_roles(database: Database, session: Session) -> None:
    """Fact 25: permissions come from one command, and what administrators made of a role stays."""
    pk = role_id(session, role.FINANCE)
    link = assoc_permissionview_role
    session.execute(sa.delete(link).where(link.c.role_id == pk))
    session.commit()
    assert "Rights: 0 new, 0 gone." in database.run("init")
    assert held_rights(session, role.FINANCE) == 0
    session.rollback()
    database.run("init", "--reset-roles")
    assert held_rights(session, role.FINANCE) > 20
    session.rollback()


def test_right_when_new_then_an_existing_role_gains_it_and_a_gone_one_is_removed(
    database: Database, session: Session
) -> None:
    """A release that adds a screen opens it to the roles it is made for, without touching what they had."""
    gone = sa.select(PermissionView).where(PermissionView.permission.has(name="can_confirm"))
    stored = session.scalars(gone).one()
    link = assoc_permissionview_role
    session.execute(sa.delete(link).where(link.c.permission_view_id == stored.id))
    session.delete(stored)
    session.commit()
    assert "Rights: 1 new, 0 gone." in database.run("init")
    holders = {
        found.name
        for found in session.scalars(
            sa.select(Role)
            .join(link, link.c.role_id == Role.id)
            .where(link.c.permission_view_id == session.scalars(gone).one().id)
        )
    }
    session.rollback()
    assert holders == {role.ORDER_CENTER}
