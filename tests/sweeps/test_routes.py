"""Every route × every delivered role alone × records within and beyond its rows, asked of the running application.

What the roles are answered holds tokens in every sensitive column (``tests.sweeps.markers``) and is read for what they
may not see.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.security.grants import granted
from tests.contract.test_urls import BY_SCRIPT, OWN_TOKEN, PAST_THE_DOOR, PUBLIC, REFUSED
from tests.contract.visiting import Visit, visits
from tests.sweeps.depth import FULL
from tests.sweeps.leaks import LEFT_OUT, Rows, Watch
from tests.sweeps.markers import Markers
from tests.sweeps.outlets import Outlet, every_visit, files, outlets, sample_ids
from tests.sweeps.outlets import ask as ask_outlet
from tests.sweeps.people import ALONE, ASKING, Asker
from tests.sweeps.routes import SIGNED_IN, UndecidedError, decision, page

pytestmark = [pytest.mark.stage("demo"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]

NOT_FOUND = {404}
FORM = {"wrong": "field"}
# Shows the panel with fewer rights until it is ended: the sweep goes on with all of them.
PREVIEW = {"RightsView.preview"}
RIGHTS = {code: frozenset(f"{entity}.{word}" for entity, word in granted(code)) for code in ASKING}
SHOWS = (".show", ".get_item")
# In the short form one role in two asks for what is closed to it, one in three for what is open.
AMONG = {False: 2, True: 3}
NUMBER = re.compile(r"\d+")


def takes_its_turn(code: str, visit: Visit, *, is_open: bool) -> bool:
    """Whether a role asks for an address in the short form; of those it is open to, and closed to, always one at least.

    Records on screen and in the API are asked for by every role, for there its rows and its fields decide.
    """
    if FULL or (is_open and visit.endpoint.endswith(SHOWS)):
        return True
    alike = [each for each in ASKING if visit.is_open_to(RIGHTS[each]) == is_open]
    among = min(AMONG[is_open], len(alike))
    # The same address whichever record the role may know of.
    turn = crc32(f"{visit.method} {NUMBER.sub('', visit.url)}".encode()) % among
    return alike.index(code) % among == turn


def ask(asker: Asker, visit: Visit, *, is_open: bool = True) -> TestResponse:
    """The answer; what will be refused is asked for by script, whose refusals carry no panel."""
    body: dict[str, Any] = {"headers": asker.headers if visit.is_api else {} if is_open else BY_SCRIPT}
    if visit.method != "GET":
        body |= {"json": {}} if visit.is_api else {"data": FORM}
    client = asker.stranger if visit.is_api else asker.client
    return client.open(visit.url, method=visit.method, **body)


def what_else(app: Flask, session: Session, asker: Asker, mine: list[Visit]) -> Iterator[Outlet]:
    """Exports in every format; in the long form every argument of every list, and eight records of each entity."""
    if FULL:
        yield from outlets(asker, every_visit(app, sample_ids(session, 8)), LEFT_OUT)
    for visit in () if FULL else mine:
        yield from files(visit)


@pytest.mark.parametrize("code", ASKING)
def test_route_when_asked_by_a_role_then_its_right_its_rows_and_its_fields_decide(
    app: Flask, session: Session, marked: Markers, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In the short form the roles ask in turns (``takes_its_turn``), and every role for every record beyond its rows.

    In the long form every role asks for everything. Of what they are answered every byte is read.
    """
    asker = Asker(app, session, f"{ALONE}{code}")
    watch = Watch(marked, asker.actor, Rows(session, asker.actor), caplog)
    with app.app_context():
        mine, others = list(visits(app, watch.rows.inside)), list(visits(app, watch.rows.outside))
    # Pages first: what is sent may change what they show.
    mine = sorted((visit for visit in mine if visit.endpoint not in PUBLIC | OWN_TOKEN), key=lambda each: each.method)
    rights = asker.actor.permissions
    mine = [each for each in mine if takes_its_turn(code, each, is_open=each.is_open_to(rights))]
    opened = [each for each in mine if each.is_open_to(rights)]
    wrong: list[tuple[str, str, str]] = []
    caplog.set_level(logging.INFO)
    for visit in opened:
        caplog.clear()
        answer = ask(asker, visit)
        if visit.endpoint in PREVIEW:
            asker.client.post("/rights/endpreview")
        allowed = {200} if visit.endpoint.endswith(SHOWS) and visit.entity in watch.rows.inside else PAST_THE_DOOR
        faults = set() if visit.endpoint in LEFT_OUT else watch.faults(answer)
        faults |= set() if answer.status_code in allowed else {f"{answer.status_code} in scope"}
        wrong += [(visit.method, visit.url, fault) for fault in faults]
    for outlet in what_else(app, session, asker, opened):
        caplog.clear()
        wrong += [(outlet.name, outlet.url, fault) for fault in watch.faults(ask_outlet(asker, outlet))]
    wrong += refused_to(asker, mine, others, watch.rows)
    assert wrong == []


def refused_to(asker: Asker, mine: list[Visit], others: list[Visit], rows: Rows) -> Iterator[tuple[str, str, str]]:
    """What a role is not refused as it should be: routes without their right, records out of its scope."""
    for visit in mine:
        if visit.is_open_to(asker.actor.permissions):
            continue
        # The record of a tab is looked for before its second right is asked.
        refused = NOT_FOUND if visit.is_system_step else REFUSED | (NOT_FOUND if visit.and_right else set())
        if (status := ask(asker, visit, is_open=False).status_code) not in refused:
            yield visit.method, visit.url, f"{status} without {visit.right}"
    for visit in others:
        if not (visit.is_record and visit.entity in rows.outside and visit.is_open_to(asker.actor.permissions)):
            continue
        status = ask(asker, visit, is_open=False).status_code
        if status not in NOT_FOUND | ({422} if visit.method == "PUT" else set()):
            yield visit.method, visit.url, f"{status} out of scope"


def test_turns_when_taken_then_every_route_is_asked_for_by_somebody_with_and_without_its_right(app: Flask) -> None:
    with app.app_context():
        found = list(visits(app, {}))
    left_out = []
    for visit in found:
        for is_open in (True, False):
            alike = [code for code in ASKING if visit.is_open_to(RIGHTS[code]) == is_open]
            if alike and not any(takes_its_turn(code, visit, is_open=is_open) for code in alike):
                left_out.append((visit.method, visit.url, is_open))
    assert left_out == []


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
