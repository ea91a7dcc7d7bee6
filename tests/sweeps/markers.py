"""Recognisable values in every sensitive column: whatever reaches a person can be told by sight.

Every value of every column with ``info["sensitivity"]`` is replaced by a token that says which column of which record
it comes from, in the data and in the journal. A token is found again in HTML, JSON, workbooks and logs, so a sweep
needs to know nothing about the page it reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.kernel.fields import mask
from app.kernel.journal import entity_name
from models.base import Base, Fixed, Percent, Sensitivity

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

# The first digit of an amount: prices begin with 7, costs with 3. Nothing else in the demo company is so large.
FIRST = {Sensitivity.PRICE: "7", Sensitivity.COST: "3"}
TEXT = re.compile(r"Q([A-Z])(\d{3})x(\d{5})z")
DIGITS = re.compile(r"(?<!\d)(139|62220000)(\d{3})(\d{5})(?!\d)")
AMOUNT = re.compile(r"(?<![\d.])([73])(\d{3})(\d{5})\.(?:37|3700)(?!\d)")
# A percentage has four digits before the point at most: 9, place among such columns, and the record behind it.
PERCENT = re.compile(r"(?<![\d.])9(\d\d)(\d)\.(\d{3})(?!\d)")
MASKED = {
    Sensitivity.PHONE: re.compile(r"139\*{4}\d{4}"),
    Sensitivity.NAME: re.compile(r"甄\*"),
    # The end of a token; pages that explain masks show another.
    Sensitivity.BANK: re.compile(r"(?<!\d)\*{4}0\d{3}"),
}
# Sums of tokens are no tokens, but they are as large.
LARGE = re.compile(r"(?<![\d.])\d{8,}\.\d\d(?!\d)")


@dataclass(frozen=True)
class Marked:
    """A sensitive column."""

    model: Any
    name: str
    group: Sensitivity
    number: int

    @property
    def entity(self) -> str:
        return entity_name(self.model)

    @property
    def kept(self) -> sa.Column[Any]:
        """The column of the table."""
        found: sa.Column[Any] = self.model.__table__.columns[sa.inspect(self.model).attrs[self.name].columns[0].name]
        return found

    def token(self, pk: int) -> str:
        """The value that stands for this column of this record."""
        column = self.kept
        if isinstance(column.type, Percent):
            return f"9{percent_columns().index(self):02d}{pk // 1000 % 10}.{pk % 1000:03d}"
        if isinstance(column.type, Fixed) or self.group in FIRST:
            return f"{FIRST[self.group]}{self.number:03d}{pk:05d}.37"
        if self.group is Sensitivity.PHONE and self.name != "search_text":
            return f"139{self.number:03d}{pk:05d}"
        if self.group is Sensitivity.BANK:
            return f"62220000{self.number:03d}{pk:05d}"
        sign = "甄" if self.group is Sensitivity.NAME else "址"
        return f"{sign}Q{self.group.value[0].upper()}{self.number:03d}x{pk:05d}z"

    def stored(self, pk: int) -> Any:
        """The token as the column keeps it."""
        column = sa.inspect(self.model).attrs[self.name].columns[0]
        if isinstance(column.type, Fixed):
            return Decimal(self.token(pk))
        # A copy of a record holds columns of other groups too: their first column of this table speaks for them.
        return {"note": self.token(pk), **_copied(self, pk)} if isinstance(column.type, sa.JSON) else self.token(pk)


def _copied(column: Marked, pk: int) -> dict[str, str]:
    return {each.name: each.token(pk) for each in marked_columns() if each.model is column.model and each != column}


@cache
def marked_columns() -> list[Marked]:
    """Every sensitive column of every table, numbered."""
    found = []
    for mapper in sorted(Base.registry.mappers, key=lambda each: each.class_.__name__):
        for attribute in mapper.column_attrs:
            group = attribute.columns[0].info.get("sensitivity")
            if group:
                found.append((mapper.class_, attribute.key, Sensitivity(group)))
    assert len(found) < 1000
    return [Marked(*each, number) for number, each in enumerate(found)]


@cache
def percent_columns() -> list[Marked]:
    """The sensitive percentages, which have too few digits for the numbers of all columns."""
    found = [each for each in marked_columns() if isinstance(each.kept.type, Percent)]
    assert len(found) < 100
    return found


@dataclass(frozen=True)
class Found:
    """A token that stood somewhere."""

    column: Marked
    pk: int
    text: str


def mark(engine: Engine) -> None:
    """Writes the tokens into every sensitive column, and into what the journal kept of them."""
    with engine.connect() as connection:
        assert connection.dialect.name == "sqlite"
        for trigger in connection.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(sa.DDL(f'DROP TRIGGER "{trigger}"'))
        # The values are no true ones: sums do not add up, and nothing here depends on it.
        connection.execute(sa.text("PRAGMA ignore_check_constraints = ON"))
        for column in marked_columns():
            table = column.model.__table__
            for pk in connection.scalars(sa.select(table.c.id)).all():
                values = {column.kept.name: column.stored(pk)}
                connection.execute(sa.update(table).where(table.c.id == pk).values(values))
        _mark_journal(connection)
        connection.execute(sa.text("PRAGMA ignore_check_constraints = OFF"))
        connection.commit()


def _mark_journal(connection: Connection) -> None:
    from models.journal import Journal

    table = Journal.__table__
    by_entity: dict[str, dict[str, Marked]] = {}
    for column in marked_columns():
        by_entity.setdefault(column.entity, {})[column.name] = column
    for row in connection.execute(sa.select(table.c.id, table.c.entity, table.c.entity_id, table.c.changes)).all():
        known = by_entity.get(row.entity, {})
        if not known.keys() & (row.changes or {}).keys():
            continue
        changes = {
            name: [pair[0], json.loads(json.dumps(known[name].stored(row.entity_id), default=str))]
            if name in known
            else pair
            for name, pair in row.changes.items()
        }
        values = {"changes": changes, "data": {name: known[name].token(row.entity_id) for name in known}}
        connection.execute(sa.update(table).where(table.c.id == row.id).values(values))


class Markers:
    """All tokens of a database that was marked."""

    def __init__(self, engine: Engine) -> None:
        self.columns = marked_columns()
        with engine.connect() as connection:
            tables = {column.model.__table__ for column in self.columns}
            ids = {table: set(connection.scalars(sa.select(table.c.id))) for table in tables}
        self.ids = {column.number: ids[column.model.__table__] for column in self.columns}

    def find(self, plain: str) -> Iterator[Found]:
        """The tokens in what ``plain_text`` made of an answer."""
        for match in TEXT.finditer(plain):
            yield from self._one(int(match[2]), int(match[3]), match[0])
        for match in DIGITS.finditer(plain):
            yield from self._one(int(match[2]), int(match[3]), match[0])
        for match in AMOUNT.finditer(plain):
            yield from self._one(int(match[2]), int(match[3]), match[0])
        for match in PERCENT.finditer(plain):
            place = int(match[1])
            if place < len(percent_columns()):
                yield from self._one(percent_columns()[place].number, int(match[2]) * 1000 + int(match[3]), match[0])

    def _one(self, number: int, pk: int, text: str) -> Iterator[Found]:
        if number < len(self.columns) and pk in self.ids[number]:
            yield Found(self.columns[number], pk, text)


def plain_text(text: str) -> str:
    """A text without what hides a value from a search: entities, escapes, thousands separators."""
    if "\\u" in text:
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    return re.sub(r"(?<=\d),(?=\d{3})", "", unescape(text))


def masked_groups(text: str) -> set[Sensitivity]:
    """The groups of which a masked token stands in a text."""
    return {group for group, pattern in MASKED.items() if pattern.search(text)}


def mask_of(column: Marked, pk: int) -> str:
    """A token as it may be shown masked."""
    return mask(column.group, column.token(pk))


def large_amounts(plain: str) -> list[str]:
    """Amounts as large as tokens in a plain text: a token, or a sum of some."""
    return LARGE.findall(plain)
