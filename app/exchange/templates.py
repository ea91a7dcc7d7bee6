"""Workbooks to fill in and to try with: headings in the reader's language, lists to choose from, an explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

import sqlalchemy as sa
import xlsxwriter
from flask_babel import force_locale
from flask_babel import gettext as _

from app.exchange.cells import shown
from app.exchange.entrycells import IS_NO, IS_YES, words_of
from app.exchange.errors import OPTIONS
from app.exchange.fields import LANGUAGES, SEGMENTS, SHIP_CLASSES, Field
from app.exchange.mapping import Asked, Mapped
from app.exchange.reading import Book, Row
from models.base import Fixed

FILLED_ROWS: Final = 1000
# A list of choices is kept in the cell rule itself; longer ones a spreadsheet refuses.
LONGEST_CHOICE: Final = 255
CELL: Final = {"valign": "top"}
DATES: Final = frozenset({"ordered_on", "shipped_on"})
NUMBERS: Final = frozenset({"amount", "qty", "discount", "row_id"})


def template(asked: Asked) -> bytes:
    """An empty workbook with one row as an example, which an import leaves out."""
    return _workbook(asked, [asked.subject.example], is_example=True)


def sample(asked: Asked) -> bytes:
    """A workbook with believable rows that imports as it is."""
    return _workbook(asked, asked.subject.sample[1:], is_example=False)


def _workbook(asked: Asked, rows: Sequence[Mapping[str, Any]], *, is_example: bool) -> bytes:
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {**OPTIONS, "constant_memory": False, "default_date_format": "yyyy-mm-dd"})
    formats = {
        "head": book.add_format({"bold": True, "bg_color": "#EEF1F5", "bottom": 1, "text_wrap": True, **CELL}),
        "key": book.add_format({"bold": True, "bg_color": "#D6E4FF", "bottom": 1, "text_wrap": True, **CELL}),
        "example": book.add_format({"italic": True, "font_color": "#6B7280"}),
        "text": book.add_format({"num_format": "@"}),
        "wrap": book.add_format({"text_wrap": True, **CELL}),
    }
    fields = asked.fields()
    sheet = book.add_worksheet(str(asked.subject.label)[:31])
    sheet.freeze_panes(1, 1)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    needed = {field.name for field in fields if field.is_required} | {field.name for field in asked.key_fields()}
    for place, field in enumerate(fields):
        sheet.set_column(place, place, 18, formats["text"] if is_text(field) else None)
        sheet.write_string(0, place, str(field.label), formats["key" if field.name in needed else "head"])
        _choices(sheet, place, field)
    for line, values in enumerate(rows, 1):
        for place, field in enumerate(fields):
            _put(sheet, line, place, field, values.get(field.name), formats["example"] if is_example else None)
    _explain(book, asked, fields, formats, is_example=is_example)
    book.close()
    return target.getvalue()


def is_text(field: Field) -> bool:
    """Whether a column is formatted as text: a telephone number is no number."""
    if field.column is None:
        return field.name not in DATES | NUMBERS
    return not isinstance(field.column.type, Fixed | sa.Integer)


def _put(sheet: Any, line: int, place: int, field: Field, value: Any, form: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, date):
        sheet.write_datetime(line, place, value)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        sheet.write_number(line, place, value, form)
    else:
        sheet.write_string(line, place, said(field, value), form)


def said(field: Field, value: Any) -> str:
    """A value as it stands in a cell, in the reader's language."""
    if isinstance(value, bool):
        return str(IS_YES if value else IS_NO)
    choices = _words(field)
    return choices.get(str(value), str(value))


def _words(field: Field) -> dict[str, str]:
    kind: Any = field.column.type if field.column is not None else None
    if isinstance(kind, sa.Enum):
        return {str(word.value): label for word, label in words_of(kind.enum_class).items()}
    if isinstance(kind, sa.Boolean):
        return {"true": str(IS_YES), "false": str(IS_NO)}
    if field.name == "segment":
        return {word: word for word in SEGMENTS if not word.isascii()}
    if field.name == "ship_class":
        return {word: word for word in sorted(SHIP_CLASSES) if not word.isascii()}
    return {}


def _choices(sheet: Any, place: int, field: Field) -> None:
    words = list(_words(field).values())
    if words and len(",".join(words)) <= LONGEST_CHOICE:
        rule = {
            "validate": "list",
            "source": words,
            "error_title": _("Not in the list"),
            "error_message": _("Choose one of the list, or leave the cell empty."),
        }
        sheet.data_validation(1, place, FILLED_ROWS, place, rule)


def _explain(book: Any, asked: Asked, fields: Sequence[Field], formats: Mapping[str, Any], *, is_example: bool) -> None:
    sheet = book.add_worksheet(_("Explanation"))
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 20)
    sheet.set_column(2, 3, 60)
    lines = [str(asked.subject.intro)]
    keys = " / ".join(str(field.label) for field in asked.key_fields())
    if keys:
        lines += [
            _("A record is found again by: %(keys)s. The first of them that is filled in decides.", keys=keys),
            _("A blank cell changes nothing; of a new record it takes the usual value."),
        ]
    if is_example:
        lines.append(_("The grey row is an example: it is left out of the import. Write over it or below it."))
    for line, text in enumerate(lines):
        sheet.write_string(line, 0, text)
    top = len(lines) + 1
    for place, text in enumerate((_("Column"), _("Needed"), _("What it holds"), _("Choices"))):
        sheet.write_string(top, place, text, formats["head"])
    keyed = {field.name for field in asked.key_fields()}
    for line, field in enumerate(fields, top + 1):
        sheet.write_string(line, 0, str(field.label), formats["wrap"])
        sheet.write_string(line, 1, _needed(asked, field, keyed), formats["wrap"])
        sheet.write_string(line, 2, _held(field), formats["wrap"])
        sheet.write_string(line, 3, ", ".join(_words(field).values()), formats["wrap"])


def _needed(asked: Asked, field: Field, keyed: set[str]) -> str:
    child = asked.subject.child
    if field.is_required:
        return str(_("Yes"))
    if child is not None and field.name == f"{child.entity}.{child.needs}":
        return str(_("For an address"))
    if field.name in keyed:
        return str(_("One of the keys"))
    column = field.column
    is_needed = column is not None and not column.nullable and column.default is None and "." not in field.name
    return str(_("For a new record") if is_needed else _("No"))


def _held(field: Field) -> str:
    kind: Any = field.column.type if field.column is not None else None
    texts = [str(field.help)] if field.help else []
    if field.name in DATES:
        texts.append(_("A date, as 2024-05-31."))
    elif field.name in NUMBERS or isinstance(kind, Fixed | sa.Integer):
        texts.append(_("A number."))
    limit = field.limit or (getattr(kind, "length", None) if isinstance(kind, sa.String) else None)
    if limit and not isinstance(kind, sa.Enum):
        texts.append(_("At most %(limit)s characters.", limit=limit))
    return " ".join(texts)


def without_example(book: Book, mapped: Mapped, asked: Asked) -> Book:
    """The book without the example rows of our own templates, in whichever language they were made."""
    sheet = book.sheet(mapped.main.sheet)
    if sheet is None:
        return book
    fields = [field for field in asked.fields() if mapped.main.columns.get(field.name) in sheet.header]
    known = set()
    for language in LANGUAGES:
        with force_locale(language):
            known.add(tuple(_example_cell(asked, field) for field in fields))
    places = [sheet.header.index(mapped.main.columns[field.name]) for field in fields]
    kept = tuple(row for row in sheet.rows if _cells(row, places) not in known)
    if len(kept) == len(sheet.rows):
        return book
    sheets = tuple(replace(each, rows=kept) if each is sheet else each for each in book.sheets)
    return replace(book, sheets=sheets)


def _example_cell(asked: Asked, field: Field) -> str:
    value = asked.subject.example.get(field.name)
    if value is None or value == "":
        return ""
    return value.isoformat() if isinstance(value, date) else said(field, value)


def _cells(row: Row, places: Sequence[int]) -> tuple[str, ...]:
    return tuple(shown(row.cells[place]).strip() if place < len(row.cells) else "" for place in places)
