"""The first page: each department finds its own open work, the most urgent first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.services.company import found
from tests.services.orders import Goods, inspected
from tests.web.person import Person, statements, text_of

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

pytestmark = pytest.mark.stage("people")
TITLE = re.compile(r'<h2 id="work-\d+">(.*?)</h2>', re.DOTALL)


def titles(html: str) -> list[str]:
    """The headings of the cards, without their counts."""
    return [re.sub(r"\s*\d+\+?$", "", text_of(found)) for found in TITLE.findall(html)]


@pytest.mark.parametrize(
    ("who", "cards"),
    [
        ("lg_liu", ["Orders · Ready to ship"]),
        ("oc_li", ["Confirmation letters · Sent"]),
        ("fi_zhou", []),
        ("ad_root", []),
    ],
)
def test_home_when_goods_are_ready_then_only_those_who_go_on_see_work(
    app: Flask, session: Session, who: str, cards: list[str]
) -> None:
    inspected(found(session), Goods("CHR-1", 2))
    session.commit()
    assert titles(Person(app, session, who).page("/")) == cards


def test_home_when_opened_then_one_statement_a_table_and_state(
    app: Flask, session: Session, database: Database
) -> None:
    inspected(found(session), Goods("CHR-1", 2))
    session.commit()
    person = Person(app, session, "oc_li")
    person.page("/")
    with statements(database.engine) as seen:
        person.page("/")
    # The person, his rights, the calendar, the parameters; then one for each state that his steps start from.
    assert len(seen) == 9, seen
