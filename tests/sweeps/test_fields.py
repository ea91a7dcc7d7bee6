"""Nobody gets a value that he may not see, in any byte of any answer.

Every sensitive column holds tokens (``tests.sweeps.markers``). Somebody with all rights and all rows, to whom every
field group is hidden or masked, asks for everything; then each delivered role alone does.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.kernel.context import Context, entered
from app.kernel.fields import Access, sensitivity_of
from app.security.scopes import scope_of
from models.base import Sensitivity
from tests.contract.test_urls import OWN_TOKEN, PUBLIC
from tests.sweeps.depth import FULL, is_asked_by, records_a_role
from tests.sweeps.markers import FIRST, PERSONAL, Markers, large_amounts, masked_groups
from tests.sweeps.outlets import Outlet, ask, every_visit, outlets, sample_ids, text_of
from tests.sweeps.people import ALONE, ASKING, EVERYTHING, Asker, add_crowd, see_everywhere
from views.base import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

pytestmark = [pytest.mark.stage("demo"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]

# Signing out would end the sweep, and the panel as another role would narrow it.
# The report of a person's data is for that person: its right is the right to all of it, written down each time.
LEFT_OUT = PUBLIC | OWN_TOKEN | {"RightsView.preview", "CustomerView.report", "CustomerApi.report"}
SEEN = {"full", "window"}


@pytest.fixture
def marked(database: Database, app: Flask, session: Session) -> Iterator[Markers]:
    """The demo company with tokens instead of values, and the crowd; forms need no token of the page."""
    add_crowd(session)
    made = Markers(database.engine)
    app.config["WTF_CSRF_ENABLED"] = False
    yield made
    app.config["WTF_CSRF_ENABLED"] = True


class Rows:
    """Which records an actor may know of."""

    def __init__(self, session: Session, actor: Any) -> None:
        # Some scopes end with time: goods delivered long ago are no longer logistics' business.
        with entered(Context(session, actor, datetime.now(UTC))):
            self.open = {
                name: set(session.scalars(sa.select(view.model().id).where(scope_of(name, actor))))
                for name, view in ENTITIES.items()
            }
        session.rollback()

    def has(self, entity: str, pk: int) -> bool:
        return entity not in self.open or pk in self.open[entity]


def leaks(markers: Markers, asker: Asker, rows: Rows, text: str) -> Iterator[str]:
    """What a text says that the actor may not see."""
    fields = asker.actor.fields
    for found in markers.find(text):
        level = fields.get(found.column.group, Access.hidden)
        if level not in SEEN:
            yield f"{found.column.entity}.{found.column.name} is {level}"
        elif not rows.has(found.column.entity, found.pk):
            yield f"{found.column.entity}.{found.column.name} of a record out of scope"
    for group in masked_groups(text):
        if fields.get(group, Access.hidden) == Access.hidden:
            yield f"{group} is hidden, and shown masked"
    if fields.get(Sensitivity.PRICE) not in SEEN and fields.get(Sensitivity.COST) not in SEEN and large_amounts(text):
        yield "an amount as large as a sum of prices"


def sweep(
    markers: Markers, asker: Asker, rows: Rows, asked: Iterator[Outlet], log: pytest.LogCaptureFixture
) -> dict[str, Counter[str]]:
    """Leaks by outlet; server errors are told as well."""
    report: dict[str, Counter[str]] = {}
    for outlet in asked:
        log.clear()
        answer = ask(asker, outlet)
        said = set(leaks(markers, asker, rows, text_of(answer)))
        if any(found.column.group in PERSONAL or found.column.group in FIRST for found in markers.find(log.text)):
            said.add("a value in the log")
        if answer.status_code >= 500:
            said.add(f"status {answer.status_code}: {outlet.method} {outlet.url}")
        for each in said:
            report.setdefault(outlet.name, Counter())[each] += 1
    return report


@pytest.mark.parametrize("level", ["hidden", "masked"] if FULL else ["hidden"])
def test_everything_when_asked_by_who_sees_no_field_then_no_value_stands_anywhere(
    app: Flask,
    session: Session,
    marked: Markers,
    level: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    see_everywhere(session, dict.fromkeys(Sensitivity, level) if level == "masked" else {})
    asker = Asker(app, session, EVERYTHING)
    assert asker.actor.fields == ({} if level == "hidden" else dict.fromkeys(Sensitivity, level))
    found = every_visit(app, sample_ids(session, 12 if FULL else 1))
    asked = outlets(asker, found, LEFT_OUT, is_thin=level == "masked" and not FULL)
    with caplog.at_level(logging.INFO):
        report = sweep(marked, asker, Rows(session, asker.actor), asked, caplog)
    assert report == {}


@pytest.mark.parametrize("group", Sensitivity if FULL else [Sensitivity.ADDRESS])
def test_everything_when_one_group_is_seen_then_no_value_of_another(
    app: Flask, session: Session, marked: Markers, group: Sensitivity, caplog: pytest.LogCaptureFixture
) -> None:
    """Copies and computed values hold several groups: seeing one of them opens no other."""
    see_everywhere(session, {group: "full"})
    asker = Asker(app, session, EVERYTHING)
    found = every_visit(app, sample_ids(session, 4 if FULL else 1))
    asked = outlets(asker, found, LEFT_OUT, is_thin=True)
    report = sweep(marked, asker, Rows(session, asker.actor), asked, caplog)
    assert report == {}


@pytest.mark.parametrize("code", ASKING)
def test_everything_when_asked_by_one_role_then_only_what_it_may_see(
    app: Flask, session: Session, marked: Markers, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    asker = Asker(app, session, f"{ALONE}{code}")
    found = every_visit(app, sample_ids(session, records_a_role()))
    with caplog.at_level(logging.INFO):
        asked = outlets(asker, found, LEFT_OUT, is_thin=not FULL)
        asked = (outlet for outlet in asked if is_asked_by(code, outlet.name, among=3))
        report = sweep(marked, asker, Rows(session, asker.actor), asked, caplog)
    assert report == {}


def test_tokens_when_somebody_may_see_them_then_the_sweep_finds_them(
    app: Flask, session: Session, marked: Markers
) -> None:
    """A sweep that finds nothing anywhere would prove nothing."""
    asker = Asker(app, session, EVERYTHING)
    found = every_visit(app, sample_ids(session, 2))
    seen = {
        (token.column.entity, token.column.name)
        for outlet in outlets(asker, found, LEFT_OUT, is_thin=True)
        if outlet.name.endswith((".list", ".show"))
        for token in marked.find(text_of(ask(asker, outlet)))
    }
    shown = {(name, column) for name, view in ENTITIES.items() for column in (*view.list_columns, *view().show_columns)}
    # Windows are open for some rows at some times: their own tests look at them.
    full = {group for group, level in asker.actor.fields.items() if level == Access.full}
    expected = {(each.entity, each.name) for each in marked.columns if each.group in full} & shown
    assert expected - seen == set()
    assert len(seen) > 50


@pytest.mark.usefixtures("app")
def test_amount_when_reckoned_from_prices_then_it_has_a_field_group() -> None:
    """A difference of two hidden amounts is no token: that it is hidden as well stands in its declaration."""
    shown = [(view, name) for view in ENTITIES.values() for name in (*view.list_columns, *view().show_columns)]
    open_to_all = {
        f"{view.entity()}.{name}"
        for view, name in shown
        if name not in sa.inspect(view.model()).attrs
        and name.endswith(("_amount", "_price", "_cost", "_margin"))
        and sensitivity_of(view.model(), name) is None
    }
    assert open_to_all == set()
