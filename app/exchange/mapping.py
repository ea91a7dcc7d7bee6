"""Which column is which field: recognised by the headers, or as somebody has saved it for these headers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.exchange.fields import BY_PART, Field, folded
from app.exchange.limits import refusal
from app.exchange.reading import Book, Sheet
from app.kernel.context import Context
from models.exchange import ImportMapping

TARGET: Final = "order"


@dataclass(frozen=True)
class Part:
    """A sheet and its columns: field name to header."""

    sheet: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Mapped:
    """Both parts of an order book; many have no sheet of returns."""

    orders: Part
    returns: Part | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is saved."""
        parts = {"orders": self.orders, "returns": self.returns}
        return {
            name: {"sheet": part.sheet, "columns": dict(part.columns)}
            for name, part in parts.items()
            if part is not None
        }


def signature(book: Book) -> str:
    """The mark of the headers of all sheets: the next file of the same system has the same."""
    headers = [[folded(name) for name in sheet.header] for sheet in book.sheets]
    return hashlib.sha256(json.dumps(headers, ensure_ascii=False).encode()).hexdigest()


def find_mapping(ctx: Context, book: Book) -> ImportMapping | None:
    """The mapping saved for these headers."""
    return ctx.session.scalars(
        sa.select(ImportMapping).where(ImportMapping.target == TARGET, ImportMapping.signature == signature(book))
    ).one_or_none()


def save_mapping(ctx: Context, book: Book, mapped: Mapped) -> ImportMapping:
    """Keeps a mapping for these headers; an earlier one is replaced."""
    found = find_mapping(ctx, book)
    if found is None:
        name = " + ".join(sheet.name for sheet in book.sheets if sheet.name) or book.name
        found = ImportMapping(name=name[:80], target=TARGET, signature=signature(book), columns=mapped.as_json())
        ctx.session.add(found)
    elif found.columns != mapped.as_json():
        found.columns = mapped.as_json()
    ctx.session.flush()
    return found


def suggest(book: Book, *, sheet: str | None = None) -> Mapped:
    """Recognises the sheets and columns by their names; what is not recognised is missing.

    Raises:
        DomainError: ``sheet_missing`` where the named sheet does not exist.
    """
    if sheet is not None and book.sheet(sheet) is None:
        names = ", ".join(each.name for each in book.sheets)
        raise refusal(
            "sheet_missing",
            _l("The workbook has no sheet “%(sheet)s”. Its sheets are: %(names)s."),
            sheet=sheet,
            names=names,
        )
    candidates = [each for each in book.sheets if sheet is None or each.name == sheet]
    best = max(candidates, key=lambda each: len(_recognised(each, BY_PART["orders"])))
    orders = Part(best.name, _recognised(best, BY_PART["orders"]))
    returns = next((part for each in book.sheets if each is not best and (part := _returns(each))), None)
    return Mapped(orders, returns)


def _returns(sheet: Sheet) -> Part | None:
    columns = _recognised(sheet, BY_PART["returns"])
    return Part(sheet.name, columns) if len(columns) == len(BY_PART["returns"]) else None


def _recognised(sheet: Sheet, fields: Sequence[Field]) -> dict[str, str]:
    by_name = {folded(name): name for name in reversed(sheet.header)}
    found = {}
    for field in fields:
        header = next((by_name[alias] for alias in field.aliases if alias in by_name), None)
        if header is not None:
            found[field.name] = header
    return found


def mapping_for(ctx: Context, book: Book, *, sheet: str | None = None) -> Mapped:
    """The saved mapping where it fits the workbook, else what is recognised."""
    saved = find_mapping(ctx, book)
    if saved is not None and sheet is None:
        mapped = of_json(saved.columns)
        if mapped is not None and not missing(book, mapped):
            return mapped
    return suggest(book, sheet=sheet)


def of_json(kept: Mapping[str, Any]) -> Mapped | None:
    """A saved mapping; None where it is not one."""
    try:
        parts = {name: Part(str(part["sheet"]), dict(part["columns"])) for name, part in kept.items() if part}
        return Mapped(parts["orders"], parts.get("returns"))
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def missing(book: Book, mapped: Mapped) -> list[str]:
    """Labels of required fields without a column, in the reader's language; empty when the mapping can be used."""
    found = []
    for name, part in (("orders", mapped.orders), ("returns", mapped.returns)):
        if part is None:
            continue
        sheet = book.sheet(part.sheet)
        header = sheet.header if sheet else ()
        found += [
            str(field.label)
            for field in BY_PART[name]
            if field.is_required and part.columns.get(field.name) not in header
        ]
    return found


def require_complete(book: Book, mapped: Mapped) -> None:
    """Raises DomainError ``column_missing`` naming every required field without a column."""
    if fields := missing(book, mapped):
        raise refusal(
            "column_missing",
            _l("These columns were not found: %(fields)s. Say on the import screen which columns they are."),
            fields=", ".join(fields),
        )
