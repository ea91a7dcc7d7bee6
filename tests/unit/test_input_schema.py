"""What a form sends for boxes nobody has touched."""

from __future__ import annotations

import pytest
from marshmallow import ValidationError

from app.services.shipment.forms import DeliverInput


def test_input_when_a_box_with_a_default_is_left_empty_then_the_default_holds() -> None:
    given = {"receiver_name": "林晓雯", "packages_damaged": "", "packages_short": "  ", "remarks": ""}
    assert DeliverInput().load(given) == {
        "receiver_name": "林晓雯",
        "packages_damaged": 0,
        "packages_short": 0,
        "remarks": None,
    }


def test_input_when_a_number_is_sent_as_null_then_it_is_refused() -> None:
    with pytest.raises(ValidationError) as refused:
        DeliverInput().load({"receiver_name": "林晓雯", "packages_damaged": None})
    assert list(refused.value.normalized_messages()) == ["packages_damaged"]


@pytest.mark.parametrize("text", ["划痕\x00", "a\x1bb", "\ud800"])
def test_input_when_text_has_invisible_characters_then_the_field_is_named(text: str) -> None:
    for field in ("damaged_numbers", "remarks"):
        with pytest.raises(ValidationError) as refused:
            DeliverInput().load({"receiver_name": "林晓雯", field: text})
        assert list(refused.value.normalized_messages()) == [field]


def test_input_when_text_has_line_breaks_then_it_is_taken() -> None:
    assert (
        DeliverInput().load({"receiver_name": "林晓雯", "damaged_numbers": "1\n2\t3"})["damaged_numbers"] == "1\n2\t3"
    )
