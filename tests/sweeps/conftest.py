"""Who the sweeps ask as, and the state they ask in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.sweeps.markers import Markers, mark
from tests.sweeps.people import ALONE, EVERYTHING, Asker, add_crowd

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

MARKED = "marked"


@pytest.fixture
def crowd(session: Session) -> None:
    """One user a role."""
    add_crowd(session)


@pytest.fixture
def without_csrf(app: Flask) -> Iterator[None]:
    """Behind the token check: what is refused here is refused by the product itself."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


@pytest.fixture
def marked(database: Database, session: Session, without_csrf: None) -> Markers:
    """The demo company with tokens instead of values, and the crowd; made once and kept beside the other templates."""
    if database.home.has_template(MARKED):
        database.restore(MARKED)
    else:
        add_crowd(session)
        mark(database.engine)
        session.close()
        database.engine.dispose()
        database.home.keep(MARKED)
    return Markers(database.engine)


@pytest.fixture
def everybody(app: Flask, session: Session, crowd: None) -> Asker:
    """Somebody with every role."""
    return Asker(app, session, EVERYTHING)


@pytest.fixture
def clerk(app: Flask, session: Session, crowd: None) -> Asker:
    """The order centre alone."""
    return Asker(app, session, f"{ALONE}order_center")
