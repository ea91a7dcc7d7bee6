"""The error workbook: every rejected row as it came, before it its number, the column and the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any, Final

import xlsxwriter
from flask_babel import lazy_gettext as _l

from app.exchange.cells import FORMULA_SIGNS
from app.exchange.reasons import of_json
from models.exchange import ImportRow

LEADING: Final = (_l("Row"), _l("Column"), _l("Reason"))
WIDTHS: Final = (8, 18, 60)
# Cells are text and stay text: no formulas, no links, no numbers made of text.
OPTIONS: Final = {
    "constant_memory": True,
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
MAX_TEXT: Final = 32_767
SAFE_INTEGER: Final = 10**15


def error_workbook(rows: Iterable[ImportRow], headers: Mapping[str, list[str]]) -> bytes:
    """An xlsx with a sheet for each sheet of the file that has rejected rows; reasons in the reader's language."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, OPTIONS)
    bold = book.add_format({"bold": True, "bg_color": "#EEF1F5", "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheets: dict[str, tuple[Any, list[int]]] = {}
    for row in rows:
        if row.sheet not in sheets:
            sheets[row.sheet] = (_new_sheet(book, row.sheet, headers.get(row.sheet, []), bold), [0])
        sheet, count = sheets[row.sheet]
        count[0] += 1
        _write(sheet, count[0], row, wrapped)
    if not sheets:
        _new_sheet(book, "", [], bold)
    book.close()
    return target.getvalue()


def _new_sheet(book: Any, name: str, header: list[str], bold: Any) -> Any:
    sheet = book.add_worksheet(name[:31] or None)
    sheet.freeze_panes(1, len(LEADING))
    for number, (label, width) in enumerate(zip(LEADING, WIDTHS, strict=True)):
        sheet.set_column(number, number, width)
        sheet.write_string(0, number, str(label), bold)
    sheet.set_column(len(LEADING), len(LEADING) + len(header), 14)
    for number, text in enumerate(header, len(LEADING)):
        sheet.write_string(0, number, harmless(text), bold)
    return sheet


def _write(sheet: Any, at: int, row: ImportRow, wrapped: Any) -> None:
    problems = [of_json(kept) for kept in row.raw.get("problems", [])]
    columns = dict.fromkeys(problem.column for problem in problems if problem.column)
    sheet.write_number(at, 0, row.row_no)
    sheet.write_string(at, 1, harmless(", ".join(columns))[:MAX_TEXT])
    sheet.write_string(at, 2, harmless(" ".join(str(problem) for problem in problems))[:MAX_TEXT], wrapped)
    for number, value in enumerate(row.raw.get("cells", []), len(LEADING)):
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < SAFE_INTEGER:
            sheet.write_number(at, number, value)
        else:
            sheet.write_string(at, number, harmless(str(value))[:MAX_TEXT])


def harmless(text: str) -> str:
    """Text that no program takes for a formula, wherever the workbook is saved next."""
    return f"'{text}" if text[:1] and text[0] in FORMULA_SIGNS else text
