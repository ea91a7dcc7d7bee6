"""The sentences of the input schemas in our words, so that they are translated and say what to do."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

REQUIRED = _l("Please fill in this field.")
_NOT_TEXT = _l("This is not a text.")

_BY_FIELD: dict[type[fields.Field[Any]], dict[str, Any]] = {
    fields.Field: {"required": REQUIRED, "null": REQUIRED, "validator_failed": _l("This value is not allowed here.")},
    fields.String: {"invalid": _NOT_TEXT, "invalid_utf8": _NOT_TEXT},
    fields.Number: {"invalid": _l("This is not a number."), "too_large": _l("This number is too large.")},
    fields.Integer: {"invalid": _l("This is not a whole number.")},
    fields.Decimal: {"special": _l("This is not a number.")},
    fields.Boolean: {"invalid": _l("Choose yes or no.")},
    fields.DateTime: {"invalid": _l("This is not a date and time."), "format": _l("This is not a date and time.")},
    fields.Date: {"invalid": _l("This is not a date."), "format": _l("This is not a date.")},
    # Without the words of the vocabulary: a person chooses from a list, a program has them in the OpenAPI document.
    fields.Enum: {"unknown": _l("Choose a value of the list."), "must_be": _l("Choose a value of the list.")},
    fields.List: {"invalid": _l("This is not a list.")},
    fields.Mapping: {"invalid": _l("This is not an object.")},
    fields.Nested: {"type": _l("This is not an object.")},
}

SCHEMA: dict[str, Any] = {
    "unknown": _l("There is no such field."),
    "type": _l("The body must be a JSON object."),
}


class _Bounds:
    """A sentence about bounds. The library fills it in two goes, the first when a schema is declared: too early."""

    def __init__(self, by_operator: dict[tuple[str, ...], Any], operators: tuple[str, ...] = ()) -> None:
        self._by_operator = by_operator
        self._operators = operators

    def format(self, **values: Any) -> Any:
        """With operators, the sentence for them; with values, the translated text."""
        if "input" not in values:
            operators = tuple(values[name] for name in ("min_op", "max_op") if name in values)
            return _Bounds(self._by_operator, operators)
        found = self._by_operator.get(self._operators) or self._by_operator[()]
        return str(found).format(**values)


_BETWEEN = _l("Between {min} and {max}.")


def install() -> None:
    """Replaces the library's English sentences; called once, when the schemas are first imported."""
    for field, found in _BY_FIELD.items():
        field.default_error_messages = {**field.default_error_messages, **found}
    ranges: Any = validate.Range
    ranges.message_gte, ranges.message_gt, ranges.message_lte, ranges.message_lt = "gte", "gt", "lte", "lt"
    ranges.message_min = _Bounds({("gte",): _l("At least {min}."), ("gt",): _l("More than {min}.")})
    ranges.message_max = _Bounds({("lte",): _l("At most {max}."), ("lt",): _l("Less than {max}.")})
    ranges.message_all = _Bounds(
        {
            (): _BETWEEN,
            ("gt", "lte"): _l("More than {min} and at most {max}."),
            ("gte", "lt"): _l("At least {min} and less than {max}."),
            ("gt", "lt"): _l("More than {min} and less than {max}."),
        }
    )
    lengths: Any = validate.Length
    lengths.message_min = _l("At least {min} characters.")
    lengths.message_max = _l("At most {max} characters.")
    lengths.message_all = _l("Between {min} and {max} characters.")
    lengths.message_equal = _l("Exactly {equal} characters.")
