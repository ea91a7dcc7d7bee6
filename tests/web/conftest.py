"""Fixtures of the tests of screens and API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.sweeps.depth import FULL


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """In the short form a screen is asked on SQLite: its statements are the services', which are tested on both.

    Modules whose own statements can differ (lists, sums, files, races for a row) say `@pytest.mark.both_engines`, and
    every page is asked for once on PostgreSQL by tests/contract/test_translations.py.
    """
    definition = metafunc.definition
    is_chosen = any("database" in mark.args[0] for mark in definition.iter_markers("parametrize"))
    if FULL or is_chosen or "database" not in metafunc.fixturenames or definition.get_closest_marker("both_engines"):
        return
    # As a mark, so that it takes the place of the kinds that the fixture itself has.
    definition.add_marker(pytest.mark.parametrize("database", ["sqlite"], indirect=True))


@pytest.fixture
def without_csrf(app: Flask) -> Iterator[None]:
    """Forms are posted by hand; the token has its own tests."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True
