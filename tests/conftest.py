"""Fixtures for all tests: clean databases of both kinds, the application, a client, a live server and a browser.

A test that asks for `database` (or for what stands on it: `app`, `session`, `client`, `live_server`) runs on SQLite
and on PostgreSQL. `@pytest.mark.stage("demo")` chooses what the database holds (see tests.databases.STAGES; "ready"
unless told), `@pytest.mark.parametrize("database", ["sqlite"], indirect=True)` keeps a test to one kind.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from tests.databases import KINDS, Database, Databases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.testing import FlaskClient

pytest_plugins = ["tests.browsing"]

# A busy machine is no fault of the code, and a failure must be there again the next time.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """The databases of this worker; templates and the PostgreSQL server are shared with the other workers."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if worker else own) / "databases"
    folder.mkdir(exist_ok=True)
    made = Databases(folder, worker or "alone")
    yield made
    made.close()


@pytest.fixture
def usual_stage() -> str:
    """What a database holds where a test does not say; a folder of tests may have another one."""
    return "ready"


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, databases: Databases, usual_stage: str) -> Iterator[Database]:
    """A clean database of each kind; the stage comes from the `stage` mark."""
    made = databases.get(request.param)
    mark = request.node.get_closest_marker("stage")
    made.prepare(mark.args[0] if mark else usual_stage)
    yield made
    made.engine.dispose()


@pytest.fixture
def app(database: Database) -> Flask:
    """The application bound to the clean database; no context is pushed, so each request gets its own."""
    return database.app


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session for services and for looking at what a request has done. Close it before the next request writes."""
    with Session(database.engine) as opened:
        yield opened


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a screen: keeps cookies, sends no CSRF token by itself."""
    return app.test_client()


@pytest.fixture
def live_server(app: Flask) -> Iterator[str]:
    """The address of the application served by threads, as a person's browser meets it."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def root() -> Path:
    """The top folder of the repository."""
    return Path(__file__).resolve().parent.parent
