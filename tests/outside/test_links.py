"""Links between accounts and identities elsewhere: made knowingly, one account each, ended at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.cli.demo_people import DEMO_PASSWORD
from models.outside import SignInLink
from tests.outside.messenger import Desk
from tests.outside.walking import (
    LABELS,
    STATE,
    at_the_messenger,
    browser,
    is_in,
    linked,
    notes,
    there_and_back,
)
from tests.web.person import Person, field_errors

if TYPE_CHECKING:
    from flask import Flask

pytestmark = pytest.mark.stage("people")
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
EVERY = pytest.mark.parametrize("way", sorted(LABELS))


@EVERY
def test_person_when_linking_himself_then_sees_whom_and_gives_his_password(
    app: Flask, session: Session, desk: Desk, way: str
) -> None:
    clerk = Person(app, session, "oc_li")
    answer = clerk.client.get(at_the_messenger(clerk.get(f"/ways/link/{way}")))
    assert answer.headers["Location"] == "/ways/confirm"
    page = clerk.page("/ways/confirm")
    assert "somebody" in page
    wrong = clerk.post("/ways/confirm", {"password": "wrong"})
    assert (wrong.status_code, list(field_errors(wrong))) == (422, ["password"])
    assert session.scalar(sa.select(sa.func.count()).select_from(SignInLink)) == 0
    session.rollback()
    done = clerk.post("/ways/confirm", {"password": DEMO_PASSWORD})
    assert clerk.messages(done) == [f"Linked: {LABELS[way]}"]
    (entry,) = notes(session, "user.way_linked")
    assert (entry.entity_id, entry.actor_id, entry.data) == (
        clerk.user_id,
        clerk.user_id,
        {"way": way, "subject": "somebody"},
    )
    client = browser(app)
    there_and_back(client, way)
    assert is_in(client)
    pk = session.scalars(sa.select(SignInLink.id)).one()
    session.rollback()
    assert clerk.messages(clerk.post(f"/ways/{pk}/end", {}, page="/ways/")) == [f"Ended: {LABELS[way]}"]
    assert not is_in_after(app, way)


def is_in_after(app: Flask, way: str) -> bool:
    """Whether a whole sign-in lets somebody in."""
    client = browser(app)
    there_and_back(client, way)
    return is_in(client)


@ONE_ENGINE
def test_link_when_the_session_was_made_for_another_person_then_refused(
    app: Flask, session: Session, desk: Desk
) -> None:
    clerk, other = Person(app, session, "oc_li"), Person(app, session, "oc_wang")
    back = at_the_messenger(clerk.get("/ways/link/feishu"))
    assert other.client.get(back).headers["Location"] == "/ways/"
    with clerk.client.session_transaction() as held:
        held["_user_id"] = str(other.user_id)
    assert clerk.messages(clerk.get(back)) == [STATE]
    assert session.scalar(sa.select(sa.func.count()).select_from(SignInLink)) == 0


@ONE_ENGINE
def test_identity_when_it_opens_one_account_already_then_no_second_one(
    app: Flask, session: Session, desk: Desk
) -> None:
    linked(app, session, "feishu")
    root = Person(app, session, "ad_root")
    other = Person(app, session, "oc_wang")
    for user_id, subject in ((other.user_id, "somebody"), (None, "else")):
        wanted = user_id or session.scalars(sa.select(SignInLink.user_id)).one()
        session.rollback()
        answer = root.post("/ways/new", {"user_id": str(wanted), "way": "feishu", "subject": subject})
        assert answer.status_code == 409
    assert other.get("/ways/all").status_code == 403
    assert other.get("/ways/new").status_code == 403


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"way": "myspace"}, "way"),
        ({"subject": ""}, "subject"),
        ({"subject": "a" * 129}, "subject"),
        ({"subject": "a\u202eb"}, "subject"),
        ({"user_id": "999999"}, "user_id"),
        ({"user_id": "x"}, "user_id"),
    ],
)
@ONE_ENGINE
def test_link_form_when_wrong_then_says_what(app: Flask, session: Session, values: dict[str, str], wrong: str) -> None:
    root = Person(app, session, "ad_root")
    body = {"user_id": str(root.user_id), "way": "feishu", "subject": "x", **values}
    answer = root.post("/ways/new", body)
    assert (answer.status_code, list(field_errors(answer))) == (422, [wrong])


@ONE_ENGINE
def test_administrator_when_the_last_with_a_password_of_his_own_then_not_given_to_the_directory(
    app: Flask, session: Session
) -> None:
    root = Person(app, session, "ad_root")
    body = {"user_id": str(root.user_id), "way": "ldap", "subject": "root"}
    assert root.post("/ways/new", body).status_code == 409
    body["user_id"] = str(Person(app, session, "oc_li").user_id)
    assert root.post("/ways/new", body).status_code == 303
    clerk = Person(app, session, "oc_li")
    pk = session.scalars(sa.select(SignInLink.id)).one()
    session.rollback()
    told = clerk.messages(clerk.post(f"/ways/{pk}/end", {}, page="/ways/"))
    assert told == ["Only an administrator ends the link to the company directory."]
