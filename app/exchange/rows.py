"""Rows of an order book as values of ours, each with everything that is wrong in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from app.exchange.cells import CellError, as_json, date_of, number_of, text_of
from app.exchange.fields import NO, ORDER_FIELDS, RETURN_FIELDS, SEGMENTS, SHIP_CLASSES, YES, Field, folded
from app.exchange.mapping import Part
from app.exchange.reading import Book, Row, Sheet
from app.exchange.reasons import Problem
from app.kernel.journal import plain
from app.kernel.money import rounded

ZERO: Final = Decimal(0)
TOP_AMOUNT: Final = Decimal(10) ** 11
TOP_QTY: Final = Decimal(10) ** 8


@dataclass
class SourceRow:
    """A row of the file: its number, cells as they came, values of ours, and what is wrong with it."""

    sheet: str
    no: int
    cells: Mapping[str, Any]
    columns: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def text(self, name: str) -> str:
        """A value that may be missing, as text."""
        return str(self.values.get(name) or "")

    def refuse(self, name: str, code: str, /, **data: Any) -> None:
        """Adds a problem of a field."""
        self.problems.append(Problem(self.columns.get(name, ""), code, data))

    @property
    def order_no(self) -> str:
        """The order number; empty where it could not be read."""
        return self.text("order_no")

    @property
    def amount(self) -> Decimal | None:
        """The line amount before rounding; None where it could not be read."""
        return self.values.get("amount")

    @property
    def qty(self) -> Decimal | None:
        """The quantity; None where it could not be read."""
        return self.values.get("qty")

    def key(self, *, is_returned: bool) -> str:
        """What the row is recognised by when the file comes again: order number, and a digest of all it says."""
        content = json.dumps(plain({**self.values, "is_returned": is_returned}), sort_keys=True, ensure_ascii=False)
        return f"{self.order_no[:60]}:{hashlib.sha256(content.encode()).hexdigest()[:40]}"

    def kept(self) -> dict[str, Any]:
        """The row as it came, with its problems, for the error workbook."""
        return {
            "cells": [as_json(value) for value in self.cells.values()],
            "problems": [problem.as_json() for problem in self.problems],
        }


def order_rows(book: Book, part: Part, today: date) -> list[SourceRow]:
    """The rows of the orders' sheet, each checked by itself."""
    rows = rows_of(book, part, ORDER_FIELDS)
    for row in rows:
        _check_dates(row, today)
        _check_amounts(row)
        _check_words(row)
    return rows


def return_rows(book: Book, part: Part) -> list[SourceRow]:
    """The rows of the returns' sheet, each checked by itself."""
    rows = rows_of(book, part, RETURN_FIELDS)
    for row in rows:
        word = row.text("returned")
        if word and folded(word) not in YES | NO:
            row.refuse("returned", "unknown_word", word=word, known=f"{_first(YES)}, {_first(NO)}")
    return rows


def _first(words: frozenset[str]) -> str:
    """The Chinese one of the words for yes and no."""
    return max(words)


def rows_of(
    book: Book, part: Part, fields: tuple[Field, ...], read: Callable[[Field, Any], Any] | None = None
) -> list[SourceRow]:
    """The rows of a sheet with their values, and what no value could be read from. ``read``: a cell as a value."""
    sheet = book.sheet(part.sheet)
    return [_row(sheet, row, part.columns, fields, read or _value) for row in sheet.rows] if sheet else []


def _row(
    sheet: Sheet, row: Row, columns: Mapping[str, str], fields: tuple[Field, ...], read: Callable[[Field, Any], Any]
) -> SourceRow:
    cells = dict(zip(sheet.header, row.cells, strict=False))
    made = SourceRow(sheet.name, row.no, cells, columns)
    for each in fields:
        cell = cells.get(columns.get(each.name, ""))
        try:
            made.values[each.name] = read(each, cell)
        except CellError as error:
            made.values[each.name] = None
            known = {"limit": each.limit} if each.limit and error.code == "too_long" else {}
            made.refuse(each.name, error.code, **(known | error.data))
    return made


PARSERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "ordered_on": date_of,
    "shipped_on": date_of,
    "amount": number_of,
    "qty": number_of,
    "discount": number_of,
}


def _value(field_: Field, cell: Any) -> Any:
    text = text_of(cell)
    if not text:
        if field_.is_required:
            raise CellError("required")
        return None
    if field_.name in PARSERS:
        return PARSERS[field_.name](cell)
    if field_.limit and len(text) > field_.limit:
        raise CellError("too_long")
    return text


def _check_dates(row: SourceRow, today: date) -> None:
    ordered, shipped = row.values["ordered_on"], row.values["shipped_on"]
    for name in ("ordered_on", "shipped_on"):
        if row.values[name] is not None and row.values[name] > today:
            row.refuse(name, "date_in_future")
    if ordered and shipped and shipped < ordered:
        row.refuse("shipped_on", "shipped_before_ordered", shipped=shipped.isoformat(), ordered=ordered.isoformat())


def _check_amounts(row: SourceRow) -> None:
    amount, qty, discount = (row.values[name] for name in ("amount", "qty", "discount"))
    if amount is not None and rounded(amount) <= ZERO:
        row.refuse("amount", "amount_not_positive")
    elif amount is not None and amount >= TOP_AMOUNT:
        row.refuse("amount", "amount_too_large")
    if qty is not None and (qty <= ZERO or qty >= TOP_QTY or qty != qty.to_integral_value()):
        row.refuse("qty", "qty_not_positive_integer")
    if discount is None:
        return
    if not ZERO <= discount <= 1:
        row.refuse("discount", "discount_out_of_range")
    elif discount == 1:
        row.refuse("discount", "discount_of_all")


def _check_words(row: SourceRow) -> None:
    segment, ship_class = row.text("segment"), row.text("ship_class")
    if segment and folded(segment) not in SEGMENTS:
        row.refuse("segment", "unknown_word", word=segment, known=_listed(SEGMENTS))
    if ship_class and folded(ship_class) not in SHIP_CLASSES:
        row.refuse("ship_class", "unknown_word", word=ship_class, known=_listed(SHIP_CLASSES))


def _listed(words: Any) -> str:
    return ", ".join(sorted(word for word in words if not word.isascii()))


def columns_not_taken(book: Book, part: Part) -> list[str]:
    """Headers of a sheet that no field takes: the report names them, so that nothing is lost in silence."""
    sheet = book.sheet(part.sheet)
    taken = set(part.columns.values())
    return [name for name in sheet.header if name not in taken] if sheet else []
