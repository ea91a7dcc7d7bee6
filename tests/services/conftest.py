"""Fixtures of the tests of services."""

from __future__ import annotations

import pytest


@pytest.fixture
def usual_stage() -> str:
    """The people of the scenarios are there: to add them for each test would take longer than most of the tests."""
    return "people"
