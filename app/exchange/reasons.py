"""Why a row stays outside: stable codes, kept with the row, and their sentences in the language of the reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l

REASONS: Mapping[str, Any] = {
    "required": _l("The cell is empty. Fill it in."),
    "control_characters": _l("The cell holds invisible control characters. Type the text again."),
    "too_long": _l("The text is longer than %(limit)s characters. Shorten it."),
    "not_a_number": _l("This is not a number."),
    "not_a_date": _l("This is not a date. Write it as 2024-05-31."),
    "date_in_future": _l("The date lies in the future; only past orders are imported."),
    "shipped_before_ordered": _l("Shipped on %(shipped)s, before the order of %(ordered)s."),
    "amount_not_positive": _l("The amount must be above zero."),
    "amount_too_large": _l("The amount is too large."),
    "qty_not_positive_integer": _l("The quantity must be a whole number above zero."),
    "discount_out_of_range": _l("The discount must lie between 0 and 1."),
    "discount_of_all": _l("A discount of 100 %% contradicts an amount above zero."),
    "unknown_word": _l("“%(word)s” is not one of: %(known)s."),
    "row_twice": _l("The row ID already stands in row %(row)s."),
    "several_customers": _l("This order number stands with %(count)s different customers."),
    "several_values": _l("The rows of this order differ in “%(column)s”: %(count)s different values."),
    "several_names": _l("This ID stands with %(count)s different names."),
    "other_name_here": _l("This product ID is already here with another name: “%(name)s”."),
    "other_row_refused": _l(
        "Another row of this order was refused (row %(row)s); an order comes in whole or not at all."
    ),
    "order_exists": _l("An order with this number is already here and was not imported: %(order_no)s."),
    "order_differs": _l("This order was imported before with other content (%(order_no)s). An import changes nothing."),
    "other_row_refused_here": _l(
        "Another row of this record was refused (row %(row)s); a record comes in whole or not at all."
    ),
    "key_missing": _l("Nothing in this row says which record it is: fill in one of %(keys)s."),
    "key_unknown": _l("No record has this number. Leave the cell empty for a new one."),
    "key_twice": _l("The same record already stands in row %(row)s."),
    "several_here": _l("Several records are called so: add their number to the row."),
    "not_yours": _l("You may not change this column of this record: %(held)s stands there."),
    "may_not_add": _l("You may change records, but not add new ones."),
    "may_not_edit": _l("You may not change this record."),
    "detail_missing": _l("An address needs its street, building and room."),
    "values_differ": _l("The rows of this record differ in this column: %(count)s different values."),
    # The sentence of the form or the use case that refused it.
    "refused": "%(message)s",
    "panel_refused": _l("The panel refused the order: %(message)s"),
    "return_unknown_order": _l("No row of the orders has this order number."),
    "return_several_customers": _l("The order number belongs to %(count)s different customers."),
    "return_order_refused": _l("The order was refused (row %(row)s)."),
    "return_twice": _l("The order number already stands in row %(row)s."),
}


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell: the column as the file calls it, the code, and what the sentence names."""

    column: str
    code: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return sentence(self.code, self.data)

    def as_json(self) -> dict[str, Any]:
        """As it is kept with the row."""
        return {"column": self.column, "code": self.code, "data": dict(self.data)}


def sentence(code: str, data: Mapping[str, Any]) -> str:
    """The reason in the language of the reader; the code where the sentence is not known."""
    text = str(REASONS.get(code, code))
    try:
        return text % data
    except (KeyError, TypeError, ValueError):
        return text


def of_json(kept: Mapping[str, Any]) -> Problem:
    """The problem that was kept with a row."""
    return Problem(str(kept.get("column", "")), str(kept.get("code", "")), kept.get("data") or {})
