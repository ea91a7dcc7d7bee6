"""Passwords by the rules, accounts that are swept, and the commands of the framework that make and mend accounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask_appbuilder.cli import fab
from flask_appbuilder.exceptions import PasswordComplexityValidationError
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.cli.demo_people import DEMO_PASSWORD
from app.security.passwords import check_password
from app.security.proofs import one_time_password
from models.policy import PolicyParameter
from models.signin import AccountSecurity, LoginSession, PasswordHistory
from tests.databases import Database

pytestmark = pytest.mark.stage("people")
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
GOOD = [f"Brand-new-{number}" for number in range(2026, 2034)]


@pytest.fixture(autouse=True)
def without_csrf(app: Flask):
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


@ONE_ENGINE
@pytest.mark.parametrize(
    ("password", "about"),
    [
        ("Short-1", ()),
        ("alllowercase!", ()),
        ("Ab1!" * 33, ()),
        ("Woaini@1314520", ()),
        ("Shanghai2026!", ()),
        ("P@ssw0rd2026!", ()),
        ("1qaz@WSX3edc", ()),
        ("Abcdefgh123!", ()),
        ("Huawei!Huawei1", ()),
        ("Aa1!Aa1!Aa1!", ()),
        ("Wang19900101!", ()),
        ("My-oc_li-2026", ("oc_li", "静", "李")),
        ("李静-Secret-26", ("oc_li", "静", "李", "李静")),
        ("Xlovelace-2026", ("ada", "Ada", "Lovelace")),
        ("Qumu-Chair-2026", ("oc_li",)),
    ],
)
def test_password_when_it_is_guessed_first_or_speaks_of_oneself_then_refused(
    app: Flask, password: str, about: tuple[str, ...]
) -> None:
    app.config["COMPANY_WORDS"] = ("Qumu",)
    try:
        with app.app_context(), pytest.raises(PasswordComplexityValidationError):
            check_password(password, about)
    finally:
        app.config["COMPANY_WORDS"] = ()


@ONE_ENGINE
@pytest.mark.parametrize("password", ["Vx7!" * 32, "Zq8#kfLw02pd", "Li-bought-9-chairs", "竹林七贤abcD94"])
def test_password_when_good_then_accepted(app: Flask, password: str) -> None:
    with app.app_context():
        check_password(password, ("oc_li", "静", "李", "李静"))


@ONE_ENGINE
def test_one_time_password_when_made_then_meets_the_rules_and_is_new_each_time(app: Flask) -> None:
    with app.app_context():
        made = {one_time_password() for _ in range(50)}
        for password in made:
            check_password(password)
    assert len(made) == 50


def sign_in(app: Flask, password: str, username: str = "oc_li"):
    client = app.test_client()
    return client, client.post("/login/", data={"username": username, "password": password}).headers.get("Location")


def change(app: Flask, old: str, new: str) -> int:
    client, _ = sign_in(app, old)
    form = {"current_password": old, "password": new, "conf_password": new}
    return client.post("/account/password", data=form).status_code


@ONE_ENGINE
def test_password_when_it_was_one_of_the_last_five_then_refused(app: Flask, session: Session) -> None:
    used = [DEMO_PASSWORD, *GOOD[:4]]
    for old, new in pairwise(used):
        assert change(app, old, new) == 302
    for old in used:
        assert change(app, used[-1], old) == 422
    assert change(app, used[-1], GOOD[4]) == 302
    # Five are kept: the first one may come back.
    assert change(app, GOOD[4], DEMO_PASSWORD) == 302
    pk = session.scalar(sa.select(User.id).where(User.username == "oc_li"))
    kept = session.scalar(sa.select(sa.func.count()).where(PasswordHistory.user_id == pk))
    assert kept == 5
    session.rollback()


@ONE_ENGINE
def test_password_when_very_long_then_not_cut(app: Flask) -> None:
    long = "Ab1!cdef" * 16
    assert change(app, DEMO_PASSWORD, long) == 302
    assert sign_in(app, long)[1] == "/"
    assert sign_in(app, long[:-1])[1] is None
    assert sign_in(app, long + "x")[1] is None
    assert sign_in(app, long[:72])[1] is None


@pytest.mark.parametrize(("days", "where"), [("180", "/login/due/password"), ("0", "/")])
def test_password_when_older_than_the_rule_then_changed_first(
    app: Flask, session: Session, days: str, where: str
) -> None:
    session.scalars(sa.select(PolicyParameter).where(PolicyParameter.code == "auth.password_days")).one().value = days
    session.commit()
    assert sign_in(app, DEMO_PASSWORD)[1] == "/"
    with time_machine.travel(datetime.now(UTC) + timedelta(days=181), tick=False):
        client, found = sign_in(app, DEMO_PASSWORD)
        assert found == where
        if days != "0":
            form = {"password": GOOD[0], "conf_password": GOOD[0]}
            assert client.post("/login/due/password", data=form).headers["Location"] == "/"
            assert sign_in(app, GOOD[0])[1] == "/"


@ONE_ENGINE
def test_create_user_when_run_then_the_person_changes_the_password_first(app: Flask, session: Session) -> None:
    words = "create-user --role order_center --username ada --firstname Ada --lastname Lovelace"
    options = ["--email", "ada@zhidan.example", "--password"]
    weak = app.test_cli_runner().invoke(fab, [*words.split(), *options, "Lovelace-2026"])
    assert weak.exit_code == 1
    assert "Traceback" not in weak.output
    made = app.test_cli_runner().invoke(fab, [*words.split(), *options, GOOD[0]], catch_exceptions=False)
    assert "created" in made.output
    assert sign_in(app, GOOD[0], "ada")[1] == "/login/due/password"
    reset = ["reset-password", "--username", "ada", "--password", GOOD[1]]
    app.test_cli_runner().invoke(fab, reset, catch_exceptions=False)
    client, where = sign_in(app, GOOD[1], "ada")
    assert where == "/login/due/password"
    form = {"password": GOOD[2], "conf_password": GOOD[2]}
    assert client.post(where, data=form).headers["Location"] == "/"
    security = session.scalars(sa.select(AccountSecurity).join(User).where(User.username == "ada")).one()
    assert security.must_change_password is False
    session.rollback()


@ONE_ENGINE
def test_user_when_added_on_the_screen_then_has_no_password_until_one_is_made(app: Flask, session: Session) -> None:
    from flask_appbuilder.security.sqla.models import Role

    admin, _ = sign_in(app, DEMO_PASSWORD, "ad_root")
    role_id = session.scalar(sa.select(Role.id).where(Role.name == "logistics"))
    session.rollback()
    form = {"username": "ada", "first_name": "Ada", "last_name": "Lovelace", "email": "a@b.example", "active": "y"}
    assert "password" not in admin.get("/users/add").text.lower().split("<form")[-1]
    answer = admin.post("/users/add", data=form | {"roles": [str(role_id)]})
    pk = session.scalar(sa.select(User.id).where(User.username == "ada"))
    session.rollback()
    assert answer.headers["Location"] == f"/useraccess/{pk}"
    assert [sign_in(app, guess, "ada")[1] for guess in ("", "None", "ada")] == [None] * 3
    once = admin.post(f"/useraccess/{pk}/password").text.split("<code>")[1].split("</code>")[0]
    assert sign_in(app, once, "ada")[1] == "/login/due/password"


def test_sweep_when_an_account_is_unused_for_ninety_days_then_switched_off_but_not_the_last_admin(
    app: Flask, database: Database, session: Session
) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(days=91), tick=False):
        assert sign_in(app, DEMO_PASSWORD, "oc_wang")[1] == "/"
        dry = database.run("accounts", "sweep")
        assert "oc_li: not used since" in dry
        assert "Nothing has been done yet" in dry
        assert session.scalar(sa.select(User.active).where(User.username == "oc_li")) is True
        session.rollback()
        assert "ad_root: not used since" in database.run("accounts", "sweep", "--apply")
        active = set(session.scalars(sa.select(User.username).where(User.active.is_(True))))
        session.rollback()
        assert active == {"oc_wang", "ad_root"}
        assert sign_in(app, DEMO_PASSWORD)[1] is None
    with time_machine.travel(datetime.now(UTC) + timedelta(days=91 + 200), tick=False):
        assert "183 days ago: 1; forgotten" in database.run("accounts", "sweep", "--apply")
        assert session.scalar(sa.select(sa.func.count()).select_from(LoginSession)) == 0
        session.rollback()


@ONE_ENGINE
def test_demo_when_made_then_says_that_the_password_alone_is_enough(database: Database, session: Session) -> None:
    database.restore("ready")
    said = database.run("demo", "--people-only")
    assert "no role asks for a second factor" in said
    values = session.execute(
        sa.select(PolicyParameter.code, PolicyParameter.value).where(PolicyParameter.code.like("auth.%"))
    )
    assert {code for code, value in values if value == "0"} >= {
        "auth.password_days", "auth.second_factor.admin", "auth.second_factor.finance",
    }  # fmt: skip
    session.rollback()
