"""What every other test and every command rests on: an application can be made again and again in one process."""

from __future__ import annotations

from app.factory import create_app
from config import TestConfig


def test_create_app_when_called_twice_then_both_answer_the_same_addresses() -> None:
    """A global AppBuilder remembers its views and gives a second application none of them."""
    first, second = (
        {(rule.rule, rule.endpoint) for rule in create_app(TestConfig({})).url_map.iter_rules()} for _ in range(2)
    )
    assert len(first) > 2
    assert first == second
