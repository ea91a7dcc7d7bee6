"""Fixtures of the tests of screens and API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask


@pytest.fixture
def without_csrf(app: Flask) -> Iterator[None]:
    """Forms are posted by hand; the token has its own tests."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True
