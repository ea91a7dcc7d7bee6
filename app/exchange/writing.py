"""Tables as files: a workbook or a text table, row by row, with a mark of who took them, and without a single formula.

The mark is the first row: one cell that begins with ``SIGN``. Our own reader leaves such a row out, so that an
exported table can be imported again; the header follows below it. In a workbook the mark also stands in the header
and footer of every printed page and in the document's properties.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TextIO

import xlsxwriter

from app.exchange.cells import FORMULA_SIGNS
from app.exchange.watermark import SIGN

Cell = str | int | Decimal | datetime | date | None
OWNER_ONLY: Final = 0o600
MAX_TEXT: Final = 32_767
MAX_HEADER: Final = 255
# A workbook keeps 15 digits of a number.
SAFE_NUMBER: Final = 10**15
MOST_ROWS: Final = 1_048_000
WIDTHS: Final = {
    "money": 14,
    "number": 12,
    "percent": 10,
    "date": 12,
    "datetime": 17,
    "bool": 8,
    "long": 40,
    "link": 24,
}
FORMATS: Final = {
    "money": "#,##0.00",
    "percent": '0.###"%"',
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm",
}
CHUNK: Final = 1024 * 1024


@dataclass(frozen=True)
class Head:
    """A column of the file: its label and its kind, as lists know it."""

    label: str
    kind: str = "text"


@dataclass(frozen=True)
class Mark:
    """Who takes the file: ``line`` is the sentence of the first row, the rest goes into the properties."""

    title: str
    person: str
    number: str
    line: str


def neutral(text: str) -> str:
    """Text that no program takes for a formula, also behind blanks: an apostrophe goes before it."""
    bare = text.lstrip(" \u3000\u00a0\ufeff")
    return f"'{text}" if bare[:1] and (bare[0] in FORMULA_SIGNS or bare[0] == "\n") else text


def write_table(path: Path, file_format: str, mark: Mark, heads: Sequence[Head], rows: Iterable[Sequence[Cell]]) -> int:
    """Writes a table; returns the number of its rows. The file is readable by the program's own user only."""
    path.touch(OWNER_ONLY)
    if file_format == "csv":
        with path.open("w", encoding="utf-8-sig", newline="") as target:
            return _csv(target, mark, heads, rows)
    return _xlsx(path, mark, heads, rows)


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(CHUNK):
            found.update(piece)
    return found.hexdigest()


def _csv(target: TextIO, mark: Mark, heads: Sequence[Head], rows: Iterable[Sequence[Cell]]) -> int:
    written = csv.writer(target)
    # As wide as the table: readers take the number of columns from the first row.
    written.writerow([f"{SIGN}{mark.line}", *[""] * (len(heads) - 1)])
    written.writerow([neutral(head.label) for head in heads])
    count = 0
    for row in rows:
        written.writerow([_plain(cell) for cell in row])
        count += 1
    return count


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return neutral(cell)
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return f"{cell:%Y-%m-%d %H:%M:%S}" if isinstance(cell, datetime) else str(cell)


def _xlsx(path: Path, mark: Mark, heads: Sequence[Head], rows: Iterable[Sequence[Cell]]) -> int:
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": False,
    }
    book = xlsxwriter.Workbook(str(path), options)
    try:
        sheet = book.add_worksheet()
        _set_up(book, sheet, mark, heads)
        put = _Put(book, sheet, heads)
        count = 0
        for row in rows:
            count += 1
            put.row(count + 1, row)
        sheet.autofilter(1, 0, max(count + 1, 1), max(len(heads) - 1, 0))
    finally:
        book.close()
    return count


def _set_up(book: Any, sheet: Any, mark: Mark, heads: Sequence[Head]) -> None:
    book.set_properties(
        {
            "title": mark.title,
            "subject": mark.number,
            "author": mark.person,
            "keywords": mark.number,
            "comments": mark.line,
        }
    )
    book.set_custom_property("Zhidan", f"{mark.number} {mark.line}"[:MAX_HEADER])
    printed = mark.line.replace("&", "&&")
    sheet.set_header(f"&L{printed}"[:MAX_HEADER])
    sheet.set_footer(f"&L{printed}"[: MAX_HEADER - 9] + "&R&P / &N")
    sheet.repeat_rows(0, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.freeze_panes(2, 1)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    for place, head in enumerate(heads):
        sheet.set_column(place, place, WIDTHS.get(head.kind, 18))
    sheet.write_string(0, 0, f"{SIGN}{mark.line}", book.add_format({"bold": True, "font_color": "#B42318"}))
    bold = book.add_format({"bold": True, "bg_color": "#EEF1F5", "bottom": 1})
    for place, head in enumerate(heads):
        sheet.write_string(1, place, head.label[:MAX_TEXT], bold)


class _Put:
    """Writes cells by their Python type; a text is a text, whatever it begins with, and stays one when edited."""

    def __init__(self, book: Any, sheet: Any, heads: Sequence[Head]) -> None:
        self.sheet = sheet
        self.formats = {kind: book.add_format({"num_format": code}) for kind, code in FORMATS.items()}
        self.quoted = book.add_format({"quote_prefix": True})
        self.kinds = [head.kind for head in heads]

    def row(self, at: int, cells: Sequence[Cell]) -> None:
        for place, cell in enumerate(cells):
            if cell is None:
                continue
            self._cell(at, place, cell)

    def _cell(self, at: int, place: int, cell: Any) -> None:
        if isinstance(cell, datetime):
            self.sheet.write_datetime(at, place, cell, self.formats["datetime"])
        elif isinstance(cell, date):
            self.sheet.write_datetime(at, place, cell, self.formats["date"])
        elif isinstance(cell, int | Decimal) and -SAFE_NUMBER < cell < SAFE_NUMBER:
            self.sheet.write_number(at, place, cell, self.formats.get(self.kinds[place]))
        else:
            text = str(cell)[:MAX_TEXT]
            self.sheet.write_string(at, place, text, self.quoted if neutral(text) != text else None)
