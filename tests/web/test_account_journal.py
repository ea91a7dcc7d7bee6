"""What the framework saves of users, groups and roles stands in the journal, by screen, command line and code alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, url_for
from flask_appbuilder.cli import fab
from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy.orm import Session

from app.cli.demo_people import DEMO_PASSWORD
from app.kernel.verification import snapshot, verify
from app.security import departments as role
from app.security.seen import mark_of
from models.journal import Journal
from tests.databases import Database
from tests.web.person import Person

pytestmark = pytest.mark.stage("people")
NEW_PASSWORD = "Holz-und-Leim-2026"


@pytest.fixture
def without_csrf(app: Flask) -> Iterator[None]:
    """The framework's forms are posted by hand here."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def entries(session: Session, after: int = 0) -> list[Journal]:
    """Journal entries of accounts, oldest first."""
    wanted = Journal.entity.in_(("user", "role", "group"))
    found = list(session.scalars(sa.select(Journal).where(wanted, Journal.id > after).order_by(Journal.id)))
    session.expunge_all()
    session.rollback()
    return found


def last(session: Session) -> int:
    """The id of the newest entry."""
    found = session.scalar(sa.select(sa.func.max(Journal.id))) or 0
    session.rollback()
    return found


def pk(session: Session, model: Any, **by: str) -> int:
    """The key of a stored row."""
    found = session.scalars(sa.select(model.id).filter_by(**by)).one()
    session.rollback()
    return int(found)


@pytest.mark.usefixtures("without_csrf")
def test_user_form_when_the_account_was_changed_meanwhile_then_nothing_is_taken_back(
    app: Flask, session: Session
) -> None:
    admin, user_id = Person(app, session, "ad_root"), pk(session, User, username="oc_li")
    url = f"/users/edit/{user_id}"
    seen = re.search(r'name="seen" type="hidden" value="(\w{64})"', admin.page(url))
    assert seen is not None
    names = {"username": "oc_li", "first_name": "静", "last_name": "李", "email": "oc_li@zhidan.example"}
    form = {**names, "roles": [str(pk(session, Role, name=role.ORDER_CENTER))], "active": "y"}
    off = {key: value for key, value in form.items() if key != "active"}
    assert admin.client.post(url, data={**off, "seen": seen[1]}).status_code == 302
    stale = admin.client.post(url, data={**form, "email": "typed@zhidan.example", "seen": seen[1]})
    page = stale.get_data(as_text=True)
    assert (stale.status_code, "typed@zhidan.example" in page, "has been changed since" in page) == (409, True, True)
    assert session.scalar(sa.select(User.active).where(User.id == user_id)) is False
    session.rollback()
    # He has read it, and saves the same once more.
    fresh = re.search(r'name="seen" type="hidden" value="(\w{64})"', page)
    assert fresh is not None
    assert admin.client.post(url, data={**form, "seen": fresh[1]}).status_code == 302
    assert session.scalar(sa.select(User.active).where(User.id == user_id)) is True
    session.rollback()


@pytest.mark.usefixtures("without_csrf")
def test_user_when_edited_by_screen_then_old_and_new_and_who_did_it(
    app: Flask, session: Session, database: Database
) -> None:
    admin = Person(app, session, "ad_root")
    user_id, start = pk(session, User, username="oc_li"), last(session)
    codes = (role.ORDER_CENTER, role.CASHIER)
    roles = [str(pk(session, Role, name=code)) for code in codes]
    form = {"username": "oc_li", "first_name": "静", "last_name": "李", "email": "new@example.com", "roles": roles}
    form["seen"] = mark_of(session.get_one(User, user_id))
    session.rollback()
    answer = admin.client.post(f"/users/edit/{user_id}", data=form)
    assert answer.status_code == 302
    # The framework's form flushes between its fields; each flush is an entry of the same request.
    rows = entries(session, start)
    assert {(row.action, row.entity, row.entity_id, row.actor_id, row.origin.value, row.address) for row in rows} == {
        ("user.edit", "user", user_id, admin.user_id, "screen", "127.0.0.1")
    }
    assert len({row.request_id for row in rows} - {None}) == 1
    assert {name: values for row in rows for name, values in row.changes.items()} == {
        "active": [True, False],
        "roles": [["order_center"], ["cashier", "order_center"]],
        "email": ["o***@zhidan.example", "n***@example.com"],
    }
    with snapshot(database.engine) as connection:
        assert verify(connection).finding is None


def address_of(app: Flask, endpoint: str, pk: int) -> str:
    """The address of a route."""
    with app.test_request_context():
        return url_for(endpoint, pk=pk)


@pytest.mark.usefixtures("without_csrf")
def test_password_when_changed_then_that_it_was_and_no_trace_of_its_value(app: Flask, session: Session) -> None:
    admin = Person(app, session, "ad_root")
    user_id, start = pk(session, User, username="oc_li"), last(session)
    answer = admin.client.post(address_of(app, "UserAccessView.one_time", user_id))
    made = re.findall(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+){3,}", answer.get_data(as_text=True))
    rows = [row for row in entries(session, start) if row.action == "user.password_changed"]
    assert [(row.entity_id, row.actor_id, row.changes) for row in rows] == [
        (user_id, admin.user_id, {"password": ["***", "***"]})
    ]
    row = rows[0]
    kept = json.dumps([row.changes, row.data, row.reason])
    assert "scrypt" not in kept
    assert made
    assert not [word for word in made if word in kept]


def test_user_when_signing_in_then_the_counters_of_his_row_are_no_entry(app: Flask, session: Session) -> None:
    start = last(session)
    client = app.test_client()
    page = client.get("/login/").get_data(as_text=True)
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    answer = client.post("/login/", data={"username": "oc_li", "password": DEMO_PASSWORD, "csrf_token": token})
    assert answer.status_code == 302
    assert [row for row in entries(session, start) if row.action in {"user.edit", "user.add"}] == []


@pytest.mark.usefixtures("without_csrf")
def test_role_when_its_rights_are_changed_by_code_then_what_was_granted_and_revoked(session: Session) -> None:
    start = last(session)
    stored = session.scalars(sa.select(Role).where(Role.name == role.CASHIER)).one()
    auditor = session.scalars(sa.select(Role).where(Role.name == role.AUDITOR)).one()
    gained = next(r for r in auditor.permissions if (r.permission.name, r.view_menu.name) == ("can_list", "journal"))
    kept = [r for r in stored.permissions if (r.permission.name, r.view_menu.name) != ("can_execute", "refund")]
    stored.permissions = [*kept, gained]
    role_id = stored.id
    session.commit()
    assert [(row.action, row.entity_id, row.changes, row.actor_id) for row in entries(session, start)] == [
        ("role.grant", role_id, {"rights": [None, ["journal.list"]]}, None),
        ("role.revoke", role_id, {"rights": [["refund.execute"], None]}, None),
    ]


def test_accounts_when_made_and_taken_away_by_code_then_each_is_an_entry(session: Session) -> None:
    start = last(session)
    group = Group(name="night", label="Night", description="")
    made = Role(name="night_watch")
    user = User(username="n1", first_name="N", last_name="One", email="n1@example.com", active=True, password="secret")
    user.roles, user.groups = [made], [group]
    session.add_all([group, made, user])
    session.flush()
    user_id, group_id = user.id, group.id
    user.groups = []
    session.delete(group)
    session.commit()
    found = {(row.action, row.actor_name): row for row in entries(session, start)}
    assert set(found) == {
        ("group.add", "system"),
        ("role.add", "system"),
        ("user.add", "system"),
        ("user.edit", "system"),
        ("group.delete", "system"),
    }
    added = found["user.add", "system"].changes
    assert added["roles"] == [None, ["night_watch"]]
    assert added["groups"] == [None, ["night"]]
    assert added["email"] == [None, "n***@example.com"]
    assert "password" not in added
    assert found["user.add", "system"].entity_id == user_id
    assert found["user.edit", "system"].changes == {"groups": [["night"], []]}
    assert found["group.delete", "system"].entity_id == group_id
    assert found["group.delete", "system"].changes["name"] == ["night", None]


def test_user_when_made_on_the_command_line_then_an_entry_of_the_system(database: Database, session: Session) -> None:
    start = last(session)
    words = ["--username", "cli_user", "--firstname", "C", "--lastname", "L", "--email", "c@example.com"]
    runner = database.app.test_cli_runner()
    made = runner.invoke(fab, ["create-user", "--role", role.CASHIER, *words, "--password", NEW_PASSWORD])
    assert made.exit_code == 0, made.output
    (row,) = entries(session, start)
    assert (row.action, row.actor_name, row.changes["roles"]) == ("user.add", "system", [None, ["cashier"]])
    reset = runner.invoke(fab, ["reset-password", "--username", "cli_user", "--password", f"{NEW_PASSWORD}x"])
    assert reset.exit_code == 0, reset.output
    assert [row.action for row in entries(session, row.id)] == ["user.password_changed"]


def test_init_when_roles_are_set_back_then_what_each_role_gained_and_lost(database: Database, session: Session) -> None:
    stored = session.scalars(sa.select(Role).where(Role.name == role.CASHIER)).one()
    role_id = stored.id
    stored.permissions = [r for r in stored.permissions if r.view_menu.name != "payment"]
    session.commit()
    start = last(session)
    database.run("init", "--reset-roles")
    assert [(row.action, row.entity_id, row.changes) for row in entries(session, start)] == [
        ("role.grant", role_id, {"rights": [None, ["payment.add"]]})
    ]
    first = session.scalars(
        sa.select(Journal).where(Journal.entity == "role", Journal.action == "role.grant").order_by(Journal.id).limit(1)
    ).one()
    assert first.actor_name == "system"
