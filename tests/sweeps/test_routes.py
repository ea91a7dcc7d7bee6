"""Every route × every delivered role alone × records within and beyond its rows, asked of the running application."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.kernel.context import Actor, Context, entered
from app.security.scopes import scope_of
from tests.contract.test_urls import BY_SCRIPT, OWN_TOKEN, PAST_THE_DOOR, PUBLIC, REFUSED
from tests.contract.visiting import Visit, visits
from tests.sweeps.depth import is_asked_by
from tests.sweeps.people import ALONE, ASKING, Asker, add_crowd
from tests.sweeps.routes import SIGNED_IN, UndecidedError, decision, page
from views.base import ENTITIES

pytestmark = [pytest.mark.stage("demo"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]

NOT_FOUND = {404}
FORM = {"wrong": "field"}
# Shows the panel with fewer rights until it is ended: the sweep goes on with all of them.
PREVIEW = {"RightsView.preview"}


@pytest.fixture
def crowd(app: Flask, session: Session) -> Iterator[None]:
    """One user a role; behind the token check, so that the decision itself is asked."""
    add_crowd(session)
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def within_and_beyond(session: Session, actor: Actor) -> tuple[dict[str, int], dict[str, int]]:
    """A record of each entity that the actor may know of, and one that he may not, where there are such."""
    inside, outside = {}, {}
    with entered(Context(session, actor, datetime.now(UTC))):
        for name, view in ENTITIES.items():
            model, clause = view.model(), scope_of(name, actor)
            inside[name] = session.scalar(sa.select(sa.func.min(model.id)).where(clause))
            outside[name] = session.scalar(sa.select(sa.func.min(model.id)).where(sa.not_(clause)))
    session.rollback()
    return (
        {name: pk for name, pk in inside.items() if pk is not None},
        {name: pk for name, pk in outside.items() if pk is not None},
    )


def ask(asker: Asker, visit: Visit, *, is_open: bool = True) -> int:
    """The status of the answer; what will be refused is asked for by script, whose refusals carry no panel."""
    body: dict[str, Any] = {"headers": asker.headers if visit.is_api else {} if is_open else BY_SCRIPT}
    if visit.method != "GET":
        body |= {"json": {}} if visit.is_api else {"data": FORM}
    if visit.is_api:
        return asker.stranger.open(visit.url, method=visit.method, **body).status_code
    return asker.client.open(visit.url, method=visit.method, **body).status_code


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("code", ASKING)
def test_route_when_asked_by_a_role_then_its_right_and_its_rows_decide(app: Flask, session: Session, code: str) -> None:
    asker = Asker(app, session, f"{ALONE}{code}")
    inside, outside = within_and_beyond(session, asker.actor)
    with app.app_context():
        mine, others = list(visits(app, inside)), list(visits(app, outside))
    wrong = []
    for visit in mine:
        if visit.endpoint in PUBLIC | OWN_TOKEN:
            continue
        is_open = visit.is_open_to(asker.actor.permissions)
        # Every role asks for all that is open to it; what is not, the roles share among them in the short form.
        if not is_open and not is_asked_by(code, visit.url):
            continue
        # The record of a tab is looked for before its second right is asked.
        refused = NOT_FOUND if visit.is_system_step else REFUSED | (NOT_FOUND if visit.and_right else set())
        status = ask(asker, visit, is_open=is_open)
        if visit.endpoint in PREVIEW:
            asker.client.post("/rights/endpreview")
        if status not in (PAST_THE_DOOR if is_open else refused):
            wrong.append((visit.method, visit.url, visit.right, status))
        is_shown = visit.endpoint.endswith((".show", ".get_item")) and visit.entity in inside
        if is_open and is_shown and status != 200:
            wrong.append((visit.method, visit.url, "in scope", status))
    for visit in others:
        if not (visit.is_record and visit.entity in outside and visit.is_open_to(asker.actor.permissions)):
            continue
        status = ask(asker, visit, is_open=False)
        if status not in NOT_FOUND | ({422} if visit.method == "PUT" else set()):
            wrong.append((visit.method, visit.url, "out of scope", status))
    assert wrong == []


def test_route_when_registered_then_its_decision_is_recorded(app: Flask, root: Path) -> None:
    """A route without a decision, or another decision than the recorded one, fails here."""
    recorded = (root / "docs" / "routes.md").read_text(encoding="utf-8")
    assert recorded == page(app), "python -m tests.sweeps.routes > docs/routes.md"


@pytest.mark.usefixtures("app")
def test_decision_when_a_route_asks_for_nothing_then_it_fails() -> None:
    with pytest.raises(UndecidedError):
        decision(Visit("GET", "/new/", "NewView.page", None))


def test_allowance_when_listed_then_the_route_exists(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert (set(SIGNED_IN) | PUBLIC) - endpoints == set()
