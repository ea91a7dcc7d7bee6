"""A workbook or a CSV file as plain sheets: header, rows with the numbers a person sees, cells as they are."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any, Final

import pandas as pd
from flask_babel import lazy_gettext as _l

from app.exchange.cells import shown
from app.exchange.limits import MAX_COLUMNS, MAX_ROWS, broken, check_archive, kind_of, protected, refusal, too_large
from app.exchange.watermark import is_mark

ENCODINGS: Final = ("utf-8-sig", "gb18030")
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
SNIFFED: Final = 64 * 1024
SEPARATORS: Final = ",;\t|"


@dataclass(frozen=True)
class Row:
    """A row with its number as the spreadsheet shows it (1 is the first)."""

    no: int
    cells: tuple[Any, ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet: the texts of its first filled row, and the filled rows below it."""

    name: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Book:
    """A file that was read. ``digest`` is the SHA-256 of its bytes."""

    name: str
    digest: str
    sheets: tuple[Sheet, ...]

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name."""
        return next((sheet for sheet in self.sheets if sheet.name == name), None)


def read_book(data: bytes, name: str) -> Book:
    """Reads xlsx, xls or csv.

    Raises:
        DomainError: ``file_empty``, ``file_too_large``, ``file_protected``, ``file_unreadable``.
    """
    kind = kind_of(data)
    if kind == "xlsx":
        check_archive(data)
    tables = _csv_tables(data) if kind == "csv" else _workbook_tables(data)
    sheets = tuple(sheet for title, table in tables.items() if (sheet := _sheet(title, table)) is not None)
    if not sheets:
        raise refusal("file_empty", _l("The file has no rows. Choose the workbook with your table."))
    return Book(name, hashlib.sha256(data).hexdigest(), sheets)


def _workbook_tables(data: bytes) -> dict[str, Iterable[Sequence[Any]]]:
    try:
        frames = pd.read_excel(
            BytesIO(data), sheet_name=None, header=None, dtype=object, engine="calamine", na_filter=False
        )
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    # A panic of the reader is no Exception: it comes straight from BaseException.
    except BaseException as error:
        if "password" in str(error).lower():
            raise protected() from error
        raise broken() from error
    return {str(title): frame.to_numpy().tolist() for title, frame in frames.items()}


def _csv_tables(data: bytes) -> dict[str, Iterable[Sequence[Any]]]:
    text = _decoded(data)
    try:
        separator = csv.Sniffer().sniff(text[:SNIFFED], SEPARATORS).delimiter
    except csv.Error:
        separator = ","
    try:
        frame = pd.read_csv(
            StringIO(text), sep=separator, header=None, dtype=str, na_filter=False, skip_blank_lines=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise broken() from error
    return {"": frame.to_numpy().tolist()}


def _decoded(data: bytes) -> str:
    for encoding in ("utf-16",) if data.startswith(UTF_16) else ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text or text.lstrip()[:1] == "<":
            break
        return text
    raise broken()


def _sheet(title: str, table: Iterable[Sequence[Any]]) -> Sheet | None:
    filled = [Row(no, tuple(cells)) for no, cells in enumerate(table, 1) if any(map(_is_filled, cells))]
    if filled and is_mark(filled[0].cells):
        filled = filled[1:]
    if not filled:
        return None
    if len(filled) > MAX_ROWS + 1 or len(filled[0].cells) > MAX_COLUMNS:
        raise too_large()
    return Sheet(title, _header(filled[0].cells), tuple(filled[1:]))


def _is_filled(value: Any) -> bool:
    return value is not None and shown(value).strip() != ""


def _header(cells: Sequence[Any]) -> tuple[str, ...]:
    """Names that are unique: a second “备注” becomes “备注 (2)”, a column without a name its number."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = " ".join(shown(cell).split())[:80] or f"#{number}"
        same = sum(1 for other in names if other == name or other.startswith(f"{name} ("))
        names.append(f"{name} ({same + 1})" if same else name)
    return tuple(names)
