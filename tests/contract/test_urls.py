"""Every address × every role: the same answer by hand-made address as by menu, and never a crash.

The addresses come from the application's own map, so a new screen is asked about the day it is registered.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.cli.demo_people import PEOPLE, actors
from app.kernel.context import Actor
from app.security.scopes import scope_of
from tests.contract.visiting import Visit, visits
from tests.signed_in import signed_in, token_of
from tests.sweeps.depth import FULL, is_asked_by
from views.base import ENTITIES

# Open to strangers, and why: they lead to the login, change nothing but the language of the page, or open with a signed
# address only.
PUBLIC = {
    "LoginView.login", "LoginView.logout", "LocaleView.index", "UtilView.back", "TokenApi.login",
    "WayInView.start", "WayInView.callback", "CustomerPageView.read", "CustomerPageView.reply",
}  # fmt: skip
# Says what the API can do, to the documentation page too.
BY_COOKIE = {"OpenApiView.spec"}
# Works on the token itself: asks for another one, or ends it.
OWN_TOKEN = {"TokenApi.refresh", "TokenApi.logout"}
REFUSED = {401, 403}
PAST_THE_DOOR = {200, 201, 204, 302, 303, 304, 400, 404, 409, 415, 422}
# Each role alone is asked by tests/sweeps; here are people whose roles go together, two of the five in `make test`.
SOMEBODY = [person.username for person in PEOPLE] if FULL else ["oc_zhao", "fi_sun"]
FORM = {"wrong": "field"}
# Refusals of a script carry no panel around them: the decision is the same, its page is drawn by other tests.
BY_SCRIPT = {"X-Requested-With": "XMLHttpRequest"}

pytestmark = pytest.mark.stage("demo")
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def ids(session: Session) -> dict[str, int]:
    """A record of each entity that has any."""
    found = {name: session.scalar(sa.select(sa.func.min(view.model().id))) for name, view in ENTITIES.items()}
    session.rollback()
    return {name: pk for name, pk in found.items() if pk is not None}


@pytest.fixture
def everywhere(app: Flask, ids: dict[str, int]) -> list[Visit]:
    """All visits."""
    with app.app_context():
        return list(visits(app, ids))


@pytest.fixture
def without_csrf(app: Flask) -> Iterator[None]:
    """Behind the token check, so that the decision itself is asked."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def ask(client: FlaskClient, visit: Visit, token: str | None = None, *, is_open: bool = False) -> int:
    """The status of the answer; API calls carry the token instead of the cookie."""
    headers = {"Authorization": f"Bearer {token}"} if token and visit.is_api else {} if is_open else BY_SCRIPT
    body: dict[str, Any] = {}
    if visit.method != "GET":
        body = {"json": {}} if visit.is_api else {"data": FORM}
    answer = client.open(visit.url, method=visit.method, headers=headers, **body)
    return answer.status_code


def person(session: Session, username: str) -> Actor:
    """A demo person with the rights of the database; closes the reading transaction."""
    found = actors(session)[username]
    session.rollback()
    return found


@pytest.mark.usefixtures("without_csrf")
@ONE_ENGINE
def test_stranger_when_asking_for_anything_then_sent_to_the_login(app: Flask, everywhere: list[Visit]) -> None:
    client = app.test_client()
    wrong = []
    for visit in everywhere:
        if visit.endpoint in PUBLIC:
            continue
        body: dict[str, Any] = {"json": {}} if visit.is_api else {}
        answer = client.open(visit.url, method=visit.method, **body)
        to_login = answer.status_code in {302, 303} and "/login/" in answer.headers["Location"]
        if not (answer.status_code == 401 if visit.is_api else to_login):
            wrong.append((visit.method, visit.url, answer.status_code))
    assert wrong == []


@pytest.mark.usefixtures("without_csrf")
@pytest.mark.parametrize("username", SOMEBODY)
@ONE_ENGINE
def test_person_when_asking_for_anything_then_the_right_decides(
    app: Flask, session: Session, everywhere: list[Visit], username: str
) -> None:
    """All that is closed, and in the short form one in three of what is open: each role alone asks for the rest."""
    actor = person(session, username)
    assert actor.id is not None
    client, stranger = signed_in(app, actor.id), app.test_client()
    token = token_of(app, actor.id)
    wrong = []
    for visit in everywhere:
        is_open = visit.is_open_to(actor.permissions)
        if visit.endpoint in PUBLIC | OWN_TOKEN or (is_open and not is_asked_by(username, visit.url, among=3)):
            continue
        status = ask(stranger if visit.is_api else client, visit, token, is_open=is_open)
        if visit.endpoint == "RightsView.preview":
            client.post("/rights/endpreview")
        # A step of the system does not exist for people.
        refused = {404} if visit.is_system_step else REFUSED | ({404} if visit.and_right else set())
        expected = PAST_THE_DOOR if is_open else refused
        if status not in expected:
            wrong.append((visit.method, visit.url, visit.right, status))
    assert wrong == []


@pytest.mark.parametrize("username", SOMEBODY)
@ONE_ENGINE
def test_record_when_out_of_scope_then_not_found_on_screen_and_api(app: Flask, session: Session, username: str) -> None:
    actor = person(session, username)
    assert actor.id is not None
    client, stranger = signed_in(app, actor.id), app.test_client()
    headers = {"Authorization": f"Bearer {token_of(app, actor.id)}"}
    wrong = []
    for entity, view in ENTITIES.items():
        if f"{entity}.show" not in actor.permissions:
            continue
        for inside, pk in samples(session, actor, view.model(), entity):
            expected = 200 if inside else 404
            found = [
                client.get(f"/{entity}/show/{pk}").status_code,
                stranger.get(f"/api/v1/{entity}/{pk}", headers=headers).status_code,
            ]
            if found != [expected, expected]:
                wrong.append((entity, pk, inside, found))
    assert wrong == []


def samples(session: Session, actor: Actor, model: Any, entity: str) -> list[tuple[bool, int]]:
    """The first record within the actor's scope and the first outside of it, where there are such."""
    clause = scope_of(entity, actor)
    found = [
        (True, session.scalar(sa.select(sa.func.min(model.id)).where(clause))),
        (False, session.scalar(sa.select(sa.func.min(model.id)).where(sa.not_(clause)))),
    ]
    session.rollback()
    return [(inside, pk) for inside, pk in found if pk is not None]


@ONE_ENGINE
def test_post_when_without_a_csrf_token_then_refused_for_everybody(
    app: Flask, session: Session, everywhere: list[Visit]
) -> None:
    chair = person(session, "oc_zhao")
    assert chair.id is not None
    client = signed_in(app, chair.id)
    wrong = [
        (visit.url, status)
        for visit in everywhere
        if visit.method != "GET" and not visit.is_api and (status := ask(client, visit)) != 400
    ]
    assert wrong == []


@ONE_ENGINE
def test_api_when_called_with_a_session_cookie_then_refused(
    app: Flask, session: Session, everywhere: list[Visit]
) -> None:
    chair = person(session, "oc_zhao")
    assert chair.id is not None
    client = signed_in(app, chair.id)
    accepted = [
        visit.url
        for visit in everywhere
        if visit.is_api and visit.endpoint not in PUBLIC | BY_COOKIE and ask(client, visit) not in REFUSED
    ]
    assert accepted == []
