"""What an export holds: the list as it stands, its columns by the field policy, and whether that is too much.

Masks that were lifted for a while, and values that are seen only while goods are on their way, stay masked here: a
file outlives both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from app.exchange.writing import MOST_ROWS, Cell, Head
from app.kernel.context import LOCAL_ZONE, Actor, Context
from app.kernel.errors import Reason
from app.kernel.fields import Access, access, mask, present, sensitivity_of
from app.kernel.filters import DURING
from app.kernel.listing import ListRequest, ListSpec, parse
from app.kernel.walking import canonical, counted, pages
from app.services.export.actions import Wanted
from app.services.export.rules import PERSONAL, limit_of
from models.base import Base, Sensitivity
from models.labels import ExportFormat
from views.base import EntityDeclaration
from views.display import kind_of, record_text, text_of
from views.words import read

EVERY = "all"
LISTED = "list"
WINDOW = "window"
LONGEST_NAMES = 4000


@dataclass(frozen=True)
class Choice:
    """What is asked for. ``ctx`` has the rights that count for a file; ``rows`` is counted to a cap."""

    ctx: Context
    view: type[EntityDeclaration]
    asked: ListRequest
    names: tuple[str, ...]
    file_format: ExportFormat
    rows: int

    @property
    def is_personal(self) -> bool:
        """Whether somebody's personal data stand in the file in full."""
        return any(is_personal(self.ctx.actor, self.view.model(), name) for name in self.names)

    @property
    def in_full(self) -> tuple[str, ...]:
        """The columns of a field group that stand in the file without a mask."""
        actor, model = self.ctx.actor, self.view.model()
        return tuple(
            name for name in self.names if group_of(model, name) and access_to(actor, model, name) is Access.full
        )

    @property
    def limit(self) -> int:
        """The rows that need no approval."""
        return limit_of(self.ctx.policy, is_personal=self.is_personal)

    @property
    def needs_approval(self) -> bool:
        """Whether the committee's chair must be asked."""
        return self.rows > self.limit

    @property
    def arguments(self) -> list[tuple[str, str]]:
        """The arguments of the list, in their one order."""
        return canonical(self.asked)

    @property
    def spec(self) -> ListSpec:
        """The list with the columns of the file."""
        return replace(self.view.spec(), columns=self.names)

    def wanted(self) -> Wanted:
        """The same in words that are kept."""
        return Wanted(
            self.view.entity(),
            self.arguments,
            filter_text(self.ctx, self.view, self.asked),
            self.names,
            self.file_format,
            self.rows,
            self.is_personal,
            self.in_full,
        )

    def heads(self) -> list[Head]:
        """The header of the file."""
        model = self.view.model()
        return [Head(str(self.view.label(name)), kind_of(model, name)) for name in self.names]

    def cells(self) -> Iterator[list[Cell]]:
        """The rows of the file, read page by page."""
        actor = self.ctx.actor
        for found in pages(self.ctx, self.spec, self.asked):
            for record in found:
                yield [cell_of(actor, record, name) for name in self.names]


def for_files(ctx: Context) -> Context:
    """The same act with the rights that count for a file."""
    return replace(ctx, actor=narrowed(ctx.actor))


def narrowed(actor: Actor) -> Actor:
    """The actor without what he sees for a while only."""
    fields = {group: Access.masked.value if level == WINDOW else level for group, level in actor.fields.items()}
    return replace(actor, fields=fields, revealed=frozenset())


def choose(
    ctx: Context,
    view: type[EntityDeclaration],
    args: Sequence[tuple[str, str]],
    columns: str | Sequence[str] = LISTED,
    file_format: ExportFormat = ExportFormat.xlsx,
) -> tuple[Choice, list[Reason]]:
    """The export that is asked for, and what was wrong with the arguments of the list. One statement: the count."""
    own = for_files(ctx)
    asked, problems = parse(view.spec(), own.actor, args, ctx.today)
    names = names_of(own.actor, view, columns)
    return Choice(own, view, asked, names, file_format, counted(own, view.spec(), asked, MOST_ROWS)), problems


def names_of(actor: Actor, view: type[EntityDeclaration], columns: str | Sequence[str]) -> tuple[str, ...]:
    """The columns of a file: those of the list, or of the record as well, or named ones in the order given."""
    known = list(dict.fromkeys([*view.list_columns, *view.show_columns]))
    if columns == LISTED:
        known = list(view.list_columns)
    elif columns != EVERY:
        known = [name for name in dict.fromkeys(columns) if name in known] or list(view.list_columns)
    single = [name for name in known if not _is_many(view.model(), name)]
    return tuple(view.seen_columns(actor, single))


def asked_columns(raw: str) -> str | list[str]:
    """What ``names_of`` takes, from the argument of an address: a word, or names with commas between."""
    return raw if raw in {LISTED, EVERY} else raw[:LONGEST_NAMES].split(",")


def _is_many(model: type[Any], name: str) -> bool:
    return bool(getattr(sa.inspect(model).attrs.get(name), "uselist", False))


def _naming(model: type[Any], name: str) -> tuple[type[Any], str] | None:
    """The column that a relation is shown by: the name of its record, or of the one that is shown with it."""
    attribute = sa.inspect(model).attrs.get(name)
    if not isinstance(attribute, sa.orm.RelationshipProperty):
        return None
    target: Any = attribute.mapper.class_
    if not issubclass(target, Base):
        return None
    if target.shown_with is not None:
        return _naming(target, target.shown_with)
    return (target, target.name_column) if target.name_column in sa.inspect(target).attrs else None


def group_of(model: type[Any], name: str) -> Sensitivity | None:
    """The field group of what is shown under a name; of a relation the group of the name it is shown by."""
    found = _naming(model, name)
    return sensitivity_of(*found) if found else sensitivity_of(model, name)


def access_to(actor: Actor, model: type[Any], name: str) -> Access:
    """How much of it is shown."""
    found = _naming(model, name)
    return access(actor, *found) if found else access(actor, model, name)


def is_personal(actor: Actor, model: type[Any], name: str) -> bool:
    """Whether personal data stand under a name in full."""
    return group_of(model, name) in PERSONAL and access_to(actor, model, name) is Access.full


def masked_of(actor: Actor, view: type[EntityDeclaration], names: Sequence[str]) -> list[str]:
    """The labels of the columns that are masked in the file."""
    return [str(view.label(name)) for name in names if access_to(actor, view.model(), name) is Access.masked]


def hidden_of(actor: Actor, view: type[EntityDeclaration], columns: str) -> int:
    """How many columns are absent because the person may not see them."""
    if columns not in {LISTED, EVERY}:
        return 0
    known = list(view.list_columns) if columns == LISTED else [*view.list_columns, *view.show_columns]
    return sum(access(actor, view.model(), name) is Access.hidden for name in dict.fromkeys(known))


def cell_of(actor: Actor, record: Any, name: str) -> Cell:
    """A value as a file keeps it: numbers and days as such, everything else as a person reads it."""
    model, value = type(record), getattr(record, name)
    if value is None or value == "":
        return None
    if kind_of(model, name) == "link":
        return record_text(actor, value)
    seen = present(actor, model, name, value)
    if seen is None or seen != value:
        return None if seen is None else str(seen)
    if (said := read(record, name)) is not None:
        return said
    return _typed(model, name, value)


def _typed(model: type[Any], name: str, value: Any) -> Cell:
    if isinstance(value, datetime):
        return value.astimezone(LOCAL_ZONE).replace(tzinfo=None)
    if isinstance(value, date | Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and not _is_id(name):
        return value
    return text_of(kind_of(model, name), value)


def _is_id(name: str) -> bool:
    return name == "id" or name.endswith("_id")


def filter_text(ctx: Context, view: type[EntityDeclaration], asked: ListRequest) -> str:
    """The filter in words; names and phones that were searched for are masked, for others read it."""
    parts = []
    for condition in asked.filters:
        group = sensitivity_of(view.model(), condition.name)
        texts = [mask(group, raw) if group in PERSONAL else _said(ctx, view, condition, raw) for raw in condition.raw]
        sign = SIGNS.get(condition.operator, condition.operator)
        parts.append(f"{view.label(condition.name)} {sign} {', '.join(texts)}")
    if asked.quick:
        parts.append(f"{_('Search')}: {asked.quick[:1]}***")
    return "; ".join(parts)


SIGNS: Mapping[str, str] = {
    "eq": "=", "in": "=", "lt": "<", "le": "≤", "gt": ">", "ge": "≥", "ne": "≠", "contains": "∋", "null": "∅",
    DURING: "=",
}  # fmt: skip


def _said(ctx: Context, view: type[EntityDeclaration], condition: Any, raw: str) -> str:
    from views.listpage import days_text, value_text

    if condition.operator == DURING:
        return days_text(condition)

    place = min(condition.raw.index(raw), len(condition.values) - 1)
    if group_of(view.model(), condition.name) in PERSONAL:
        return f"#{raw}"
    return value_text(ctx, view, condition, condition.values[place])
