"""One cell of a foreign table as text, number or date: exact, or refused with a stable code."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

# A workbook keeps 15 significant digits and shows no more; 398.9999999999999 is the binary shadow of 399.
SIGNIFICANT: Final = ".15g"
NUMBER: Final = re.compile(r"-?\d{1,15}(\.\d{1,10})?")
GROUPED: Final = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d{1,10})?")
DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]00:00(?::00(?:\.0+)?)?)?")
COMPACT_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
# Our own error workbooks put an apostrophe before what a spreadsheet would take for a formula.
FORMULA_SIGNS: Final = "=+-@\t\r＝＋－＠"
# Control characters, and halves of pairs that no database can store.
CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class CellError(ValueError):
    """The cell does not hold what the field needs; ``code`` is one of ``app.exchange.reasons`` with its ``data``."""

    def __init__(self, code: str, **data: Any) -> None:
        self.code = code
        self.data = data
        super().__init__(code)


def shown(value: Any) -> str:
    """The cell as a person reads it; numbers without the ``.0`` that a workbook adds to telephone numbers."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return format(decimal_of_float(value), "f") if math.isfinite(value) else ""
    text = str(value)
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in FORMULA_SIGNS else text


def decimal_of_float(value: float) -> Decimal:
    """The number the workbook shows, not its binary shadow."""
    exact = Decimal(format(value, SIGNIFICANT))
    return exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact.normalize()


def text_of(value: Any) -> str:
    """Text in one Unicode form without spaces around it. Raises CellError."""
    text = unicodedata.normalize("NFC", shown(value)).strip()
    if CONTROL.search(text):
        raise CellError("control_characters")
    return text


def number_of(value: Any) -> Decimal:
    """An exact number; text may have full-width digits, ¥ and groups of three. Raises CellError."""
    if isinstance(value, bool | date):
        raise CellError("not_a_number")
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise CellError("not_a_number")
        return decimal_of_float(value)
    text = unicodedata.normalize("NFKC", shown(value)).strip().lstrip("¥").strip()
    if GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if not NUMBER.fullmatch(text):
        raise CellError("not_a_number")
    return Decimal(text)


def date_of(value: Any) -> date:
    """A calendar day; a moment of the day is refused, because nobody knows its zone. Raises CellError."""
    if isinstance(value, datetime):
        if value.time().isoformat() != "00:00:00":
            raise CellError("not_a_date")
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip()
        found = DATE.fullmatch(text) or COMPACT_DATE.fullmatch(text)
        if found:
            try:
                return date(*(int(part) for part in found.groups()))
            except ValueError as error:
                raise CellError("not_a_date") from error
    raise CellError("not_a_date")


def as_json(value: Any) -> Any:
    """The cell as JSON keeps it for the error workbook: numbers stay numbers, everything else is text."""
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return shown(value).replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")
