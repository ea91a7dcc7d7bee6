"""Requests that only read end so that PostgreSQL keeps the plans it has made; what nobody has committed is not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from flask import g

from app.extensions import db
from models.policy import PolicyParameter
from tests.web.person import Person
from views.context import end_request

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

pytestmark = [pytest.mark.stage("people"), pytest.mark.parametrize("database", ["postgresql"], indirect=True)]
# The driver prepares what one of its connections has been asked five times.
OFTEN = 20


def prepared(database: Database) -> int:
    """The statements that are prepared on the connections of the pool."""
    connections = [database.engine.connect() for _ in range(3)]
    count = sa.text("SELECT count(*) FROM pg_prepared_statements")
    found = [connection.scalar(count) or 0 for connection in connections]
    for connection in connections:
        connection.close()
    return sum(found)


def test_pages_when_read_again_and_again_then_their_statements_stay_prepared(
    app: Flask, session: Session, database: Database
) -> None:
    person = Person(app, session, "oc_li")
    session.close()
    for _ in range(OFTEN):
        person.page("/account/")
    assert prepared(database) > 0


def test_reading_when_something_was_changed_all_the_same_then_nothing_of_it_is_kept(
    app: Flask, session: Session
) -> None:
    before = session.scalars(sa.select(PolicyParameter.label).order_by(PolicyParameter.id).limit(1)).one()
    session.rollback()
    for is_well, error in ((True, None), (False, None), (True, ValueError("late"))):
        with app.test_request_context("/"):
            g.zhidan_went_well = is_well
            found = db.session.scalars(sa.select(PolicyParameter).order_by(PolicyParameter.id).limit(1)).one()
            found.label = "changed"
            end_request(error)
        assert session.scalars(sa.select(PolicyParameter.label).order_by(PolicyParameter.id).limit(1)).one() == before
        session.rollback()
