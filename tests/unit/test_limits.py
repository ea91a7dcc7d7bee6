"""What a request takes of a person's minute."""

from __future__ import annotations

import pytest
from flask import Flask

from app.limits import cost


@pytest.mark.parametrize(("word", "taken"), [("list", 1), ("attach", 5), ("hold", 5), ("make_export", 30)])
def test_cost_when_asked_of_a_route_then_a_file_before_its_record_takes_as_much_as_after(word: str, taken: int) -> None:
    app = Flask(__name__)
    app.add_url_rule("/", endpoint=f"OrderView.{word}", view_func=lambda: "")
    with app.test_request_context("/"):
        assert cost() == taken
