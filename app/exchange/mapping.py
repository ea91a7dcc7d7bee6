"""Which column is which field: recognised by the headers, or as somebody has saved it for these headers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.exchange.door import Door
from app.exchange.fields import Field, folded, names_of
from app.exchange.limits import refusal
from app.exchange.reading import Book, Sheet
from app.exchange.subjects import ORDER, RETURNS, Subject, fields_of
from app.kernel.context import Actor, Context
from models.exchange import ImportMapping


@dataclass(frozen=True)
class Part:
    """A sheet and its columns: field name to header."""

    sheet: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Mapped:
    """The sheet of the records and, of past orders, that of the returns; many have none."""

    main: Part
    returns: Part | None = None

    def as_json(self, subject: Subject) -> dict[str, Any]:
        """As it is saved."""
        parts = {subject.part: self.main, RETURNS: self.returns}
        return {
            name: {"sheet": part.sheet, "columns": dict(part.columns)}
            for name, part in parts.items()
            if part is not None
        }


@dataclass(frozen=True)
class Asked:
    """What is imported, and by whom: his rights say which columns there are. ``door`` is None for past orders."""

    subject: Subject = ORDER
    door: Door | None = None
    actor: Actor | None = None

    def fields(self, part: str | None = None) -> tuple[Field, ...]:
        """The fields of a sheet that the person may fill in."""
        return fields_of(self.subject, part or self.subject.part, self.door, self.actor)

    def closed(self) -> tuple[Field, ...]:
        """The fields that others may fill in and he may not."""
        own = {field.name for field in self.fields()}
        everything = fields_of(self.subject, self.subject.part, self.door)
        return tuple(field for field in everything if field.name not in own)

    def key_fields(self) -> tuple[Field, ...]:
        """Fields by which records are found again, the deciding one first: one of them must have a column."""
        wanted = [key.column for key in self.subject.table.keys] if self.subject.table else []
        by_name = {field.name: field for field in self.fields()}
        return tuple(by_name[name] for name in wanted if name in by_name)


PAST_ORDERS = Asked()


def signature(book: Book, asked: Asked = PAST_ORDERS) -> str:
    """The mark of the headers of all sheets: the next file of the same system has the same.

    Who may fill in other columns has another mark: what one may not import does not go missing from another's file.
    """
    headers: list[list[str]] = [[folded(name) for name in sheet.header] for sheet in book.sheets]
    if asked.door is not None:
        headers.append(sorted(field.name for field in asked.fields()))
    return hashlib.sha256(json.dumps(headers, ensure_ascii=False).encode()).hexdigest()


def find_mapping(ctx: Context, book: Book, asked: Asked = PAST_ORDERS) -> ImportMapping | None:
    """The mapping saved for these headers."""
    return ctx.session.scalars(
        sa.select(ImportMapping).where(
            ImportMapping.target == asked.subject.name, ImportMapping.signature == signature(book, asked)
        )
    ).one_or_none()


def save_mapping(ctx: Context, book: Book, mapped: Mapped, asked: Asked = PAST_ORDERS) -> ImportMapping:
    """Keeps a mapping for these headers; an earlier one is replaced."""
    found, columns = find_mapping(ctx, book, asked), mapped.as_json(asked.subject)
    if found is None:
        name, mark = " + ".join(sheet.name for sheet in book.sheets if sheet.name) or book.name, signature(book, asked)
        found = ImportMapping(name=name[:80], target=asked.subject.name, signature=mark, columns=columns)
        ctx.session.add(found)
    elif found.columns != columns:
        found.columns = columns
    ctx.session.flush()
    return found


def suggest(book: Book, asked: Asked = PAST_ORDERS, *, sheet: str | None = None) -> Mapped:
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
    fields = asked.fields()
    found = {each.name: recognised(each, fields) for each in candidates}
    best = max(candidates, key=lambda each: len(found[each.name]))
    returns = None
    if RETURNS in asked.subject.parts:
        returns = next((part for each in book.sheets if each is not best and (part := _returns(each, asked))), None)
    return Mapped(Part(best.name, found[best.name]), returns)


def _returns(sheet: Sheet, asked: Asked) -> Part | None:
    fields = asked.fields(RETURNS)
    columns = recognised(sheet, fields)
    return Part(sheet.name, columns) if len(columns) == len(fields) else None


def recognised(sheet: Sheet, fields: Sequence[Field]) -> dict[str, str]:
    """The columns of a sheet whose headers name a field; no column is two fields."""
    by_name = {folded(name): name for name in reversed(sheet.header)}
    found: dict[str, str] = {}
    for field in fields:
        header = next((by_name[name] for name in names_of(field) if name in by_name), None)
        if header is not None and (field.column is None or header not in found.values()):
            found[field.name] = header
    return found


def mapping_for(ctx: Context, book: Book, asked: Asked = PAST_ORDERS, *, sheet: str | None = None) -> Mapped:
    """The saved mapping where it fits the workbook, else what is recognised."""
    saved = find_mapping(ctx, book, asked)
    if saved is not None and sheet is None:
        mapped = of_json(saved.columns, asked)
        if mapped is not None and not missing(book, mapped, asked):
            return mapped
    return suggest(book, asked, sheet=sheet)


def of_json(kept: Mapping[str, Any], asked: Asked = PAST_ORDERS) -> Mapped | None:
    """A saved mapping, of the columns that the person may fill in; None where it is not one."""
    known = {part: {field.name for field in asked.fields(part)} for part in asked.subject.parts}
    try:
        parts = {
            name: Part(str(part["sheet"]), {key: part["columns"][key] for key in part["columns"] if key in known[name]})
            for name, part in kept.items()
            if part
        }
        return Mapped(parts[asked.subject.part], parts.get(RETURNS))
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def missing(book: Book, mapped: Mapped, asked: Asked = PAST_ORDERS) -> list[str]:
    """Labels of required fields without a column, in the reader's language; empty when the mapping can be used."""
    found = []
    for name, part in ((asked.subject.part, mapped.main), (RETURNS, mapped.returns)):
        if part is None:
            continue
        sheet = book.sheet(part.sheet)
        header = sheet.header if sheet else ()
        found += [
            str(field.label)
            for field in asked.fields(name)
            if field.is_required and part.columns.get(field.name) not in header
        ]
        keys = asked.key_fields() if name == asked.subject.part else ()
        if keys and not any(part.columns.get(field.name) in header for field in keys):
            found.append(" / ".join(str(field.label) for field in keys))
    return found


def require_complete(book: Book, mapped: Mapped, asked: Asked = PAST_ORDERS) -> None:
    """Raises DomainError ``column_missing`` naming every required field without a column."""
    if fields := missing(book, mapped, asked):
        raise refusal(
            "column_missing",
            _l("These columns were not found: %(fields)s. Say on the import screen which columns they are."),
            fields=", ".join(fields),
        )
