"""Nobody gets a value that he may not see, in any byte of any answer.

Every sensitive column holds tokens (``tests.sweeps.markers``). Somebody with all rights and all rows, to whom every
field group is hidden or masked, asks for everything. What each delivered role alone is shown is read where its
rights are asked: tests/sweeps/test_routes.py.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.kernel.fields import Access, sensitivity_of
from models.base import Sensitivity
from tests.sweeps.depth import FULL
from tests.sweeps.leaks import LEFT_OUT, Rows, Watch
from tests.sweeps.markers import Markers, plain_text
from tests.sweeps.outlets import Outlet, ask, every_visit, outlets, sample_ids, text_of
from tests.sweeps.people import EVERYTHING, Asker, see_everywhere
from views.base import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from sqlalchemy.orm import Session

pytestmark = [pytest.mark.stage("demo"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]

# Where records stand with their columns: as a page, a card, rows, a file. The roles, who see some groups of fields,
# ask for the rest (test_routes).
SHOWING = {"show", "list", "peek", "board", "tab", "get_item", "export csv"}


def sweep(
    markers: Markers, asker: Asker, session: Session, asked: Iterator[Outlet], log: pytest.LogCaptureFixture
) -> dict[str, Counter[str]]:
    """Leaks by outlet; server errors are told as well."""
    watch = Watch(markers, asker.actor, Rows(session, asker.actor), log)
    report: dict[str, Counter[str]] = {}
    for outlet in asked:
        log.clear()
        for each in watch.faults(ask(asker, outlet)):
            report.setdefault(outlet.name, Counter())[each] += 1
    return report


@pytest.mark.parametrize("level", ["hidden", "masked"] if FULL else ["hidden"])
def test_everything_when_asked_by_who_sees_no_field_then_no_value_stands_anywhere(
    app: Flask, session: Session, marked: Markers, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In the short form one record of each entity, and lists in the order of what is sensitive; in the long one twelve
    records, every order, and every form sent to be refused.
    """
    see_everywhere(session, dict.fromkeys(Sensitivity, level) if level == "masked" else {})
    asker = Asker(app, session, EVERYTHING)
    assert asker.actor.fields == ({} if level == "hidden" else dict.fromkeys(Sensitivity, level))
    found = every_visit(app, sample_ids(session, 12 if FULL else 1))
    with caplog.at_level(logging.INFO):
        report = sweep(marked, asker, session, outlets(asker, found, LEFT_OUT), caplog)
    assert report == {}


@pytest.mark.parametrize("group", Sensitivity if FULL else [Sensitivity.ADDRESS])
def test_everything_when_one_group_is_seen_then_no_value_of_another(
    app: Flask, session: Session, marked: Markers, group: Sensitivity, caplog: pytest.LogCaptureFixture
) -> None:
    """Copies and computed values hold several groups: seeing one of them opens no other.

    In the short form where records are shown; in the long one for every group, everywhere.
    """
    see_everywhere(session, {group: "full"})
    asker = Asker(app, session, EVERYTHING)
    found = every_visit(app, sample_ids(session, 4 if FULL else 1))
    asked = outlets(asker, found, LEFT_OUT, is_thin=True)
    asked = (outlet for outlet in asked if FULL or outlet.name.partition(".")[2] in SHOWING)
    assert sweep(marked, asker, session, asked, caplog) == {}


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
        for token in marked.find(plain_text(text_of(ask(asker, outlet))))
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
