"""The filter language of lists: ``column=value`` and ``column__op=value``, parsed by the column's type.

One language for list pages, the API, chart drill-down and exports. A column may be filtered only when it is declared
as searchable and the actor sees it in full: a filter on a masked value would give it away by trial.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, cast

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import LOCAL_ZONE, Actor, local_midnight
from app.kernel.errors import Reason
from app.kernel.fields import Access, access
from models.base import Fixed, UtcDateTime

LARGEST_ID = 2**31 - 1
LONGEST_TEXT = 200
MOST_VALUES = 200
DURING = "during"
PERIODS = ("today", "week", "month", "past", "soon")
SOON = timedelta(days=60)
RESERVED = frozenset({"q", "sort", "after", "before", "last", "size", "view"})

COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
_EXACT = frozenset({"eq", "ne", "in", "null"})
_ORDERED = _EXACT | frozenset(COMPARE)
_TEXT = _EXACT | {"contains"}

TRUE_WORDS = frozenset({"1", "true", "yes", "y", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "n", "off"})


@dataclass(frozen=True)
class Filter:
    """One condition: what was asked (``name``, ``operator``, ``raw``) and the typed values it stands for."""

    name: str
    operator: str
    values: tuple[Any, ...]
    raw: tuple[str, ...]

    @property
    def key(self) -> str:
        """The query argument it came from."""
        return self.name if self.operator == "eq" else f"{self.name}__{self.operator}"

    def clause(self, model: type[Any]) -> sa.ColumnElement[bool]:
        """The SQL condition."""
        column = attribute_of(model, self.name)
        if self.operator == "null":
            empty: sa.ColumnElement[bool] = column.is_(None)
            return empty if self.values[0] else sa.not_(empty)
        if self.operator == DURING:
            return _during(column, self.values)
        if self.operator == "contains":
            return contains(column, self.values[0])
        if isinstance(column.type, UtcDateTime) and _is_day(self.values[0]):
            days = [_day_clause(column, self.operator, day) for day in self.values]
            return sa.and_(*days) if self.operator == "ne" else sa.or_(*days)
        if self.operator in COMPARE:
            condition: sa.ColumnElement[bool] = COMPARE[self.operator](column, self.values[0])
            return condition
        listed: sa.ColumnElement[bool] = column.in_(self.values) if len(self.values) > 1 else column == self.values[0]
        return sa.not_(listed) if self.operator == "ne" else listed


class BadValueError(Exception):
    """A value that the column's type cannot take."""


def attribute_of(model: type[Any], name: str) -> Any:
    """The mapped column of a name; of a many-to-one relation its foreign key."""
    attribute = sa.inspect(model).attrs[name]
    if isinstance(attribute, sa.orm.RelationshipProperty):
        key = sa.inspect(model).get_property_by_column(next(iter(attribute.local_columns))).key
        return getattr(model, key)
    return getattr(model, name)


def contains(column: Any, text: str) -> sa.ColumnElement[bool]:
    """Case-insensitive substring; wildcards in the text stand for themselves."""
    condition: sa.ColumnElement[bool] = column.icontains(text, autoescape=True)
    return condition


def relation_names(model: type[Any]) -> dict[str, str]:
    """Foreign key columns by the name of the many-to-one relation that uses them (``customer_id``: ``customer``)."""
    found: dict[str, str] = {}
    for relation in sa.inspect(model).relationships:
        if relation.direction is sa.orm.MANYTOONE:
            key = sa.inspect(model).get_property_by_column(next(iter(relation.local_columns))).key
            found.setdefault(key, relation.key)
    return found


def parse_filters(
    model: type[Any],
    searchable: Iterable[str],
    actor: Actor,
    args: Iterable[tuple[str, str]],
    today: date | None = None,
) -> tuple[list[Filter], list[Reason]]:
    """The filters among query arguments, and what is wrong with the others. Empty values count as not given.

    Args:
        today: what ``column__during=week`` is reckoned from; without it, such words are not understood.
    """
    allowed = {name for name in searchable if access(actor, model, name) is Access.full}
    relations = relation_names(model)
    collected: dict[tuple[str, str], list[str]] = {}
    problems: list[Reason] = []
    for key, raw in args:
        if key in RESERVED or key.startswith("_") or raw.strip() == "":
            continue
        name, _, asked = key.partition("__")
        if name not in allowed:
            name = relations.get(name, name)
        if name not in allowed:
            problems.append(
                Reason("invalid_filter", _l("The list cannot be filtered by “%(name)s”."), {"name": key[:80]})
            )
            continue
        collected.setdefault((name, asked or "eq"), []).append(raw.strip())
    filters = []
    for (name, asked), raws in collected.items():
        try:
            filters.append(_filter(model, name, asked, raws, today))
        except BadValueError:
            problems.append(
                Reason(
                    "invalid_filter",
                    _l("The filter “%(name)s” does not understand “%(value)s”."),
                    {"name": name, "value": raws[0][:80]},
                )
            )
    return filters, problems


def _filter(model: type[Any], name: str, asked: str, raws: list[str], today: date | None) -> Filter:
    attribute = sa.inspect(model).attrs[name]
    is_relation = isinstance(attribute, sa.orm.RelationshipProperty)
    kind = sa.Integer() if is_relation else attribute.columns[0].type
    if asked == DURING and isinstance(kind, UtcDateTime | sa.Date) and len(raws) == 1:
        return Filter(name, asked, period(raws[0], today), (raws[0],))
    if asked not in operators_of(kind, is_relation=is_relation):
        raise BadValueError
    if asked == "null":
        return Filter(name, asked, (_truth(raws[0]),), tuple(raws))
    if asked == "in" or (len(raws) == 1 and "," in raws[0] and isinstance(kind, sa.Enum)):
        raws = [part for raw in raws for part in raw.split(",") if part.strip()]
    if not raws or len(raws) > MOST_VALUES:
        raise BadValueError
    values = tuple(value_of(kind, raw, is_relation=is_relation) for raw in raws)
    if len(values) > 1 and asked not in _EXACT:
        raise BadValueError
    if any(_is_day(value) for value in values) and not all(_is_day(value) for value in values):
        raise BadValueError
    return Filter(name, asked, values, tuple(raws))


def operators_of(kind: Any, *, is_relation: bool = False) -> frozenset[str]:
    """The operators a column type understands."""
    if is_relation or isinstance(kind, sa.Enum | sa.Boolean):
        return _EXACT
    if isinstance(kind, Fixed | UtcDateTime | sa.Date | sa.Integer):
        return _ORDERED
    if isinstance(kind, sa.String):
        return _TEXT
    return frozenset({"null"})


def value_of(kind: Any, raw: str, *, is_relation: bool = False) -> Any:
    """A typed value from text. Raises BadValueError."""
    try:
        if is_relation or isinstance(kind, sa.Integer):
            return _number(raw)
        if isinstance(kind, sa.Enum):
            return _word(kind, raw)
        if isinstance(kind, sa.Boolean):
            return _truth(raw)
        if isinstance(kind, Fixed):
            return _decimal(kind, raw)
        if isinstance(kind, UtcDateTime):
            return _moment(raw)
        if isinstance(kind, sa.Date):
            return date.fromisoformat(raw)
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise BadValueError from error
    if len(raw) > LONGEST_TEXT or "\x00" in raw:
        raise BadValueError
    return raw


def _number(raw: str) -> int:
    value = int(raw)
    if abs(value) > LARGEST_ID:
        raise BadValueError
    return value


def _word(kind: sa.Enum, raw: str) -> StrEnum | str:
    if kind.enum_class is None:
        return raw
    return cast("StrEnum", kind.enum_class(raw))


def _truth(raw: str) -> bool:
    word = raw.lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise BadValueError
    return word in TRUE_WORDS


def _decimal(kind: Fixed, raw: str) -> Decimal:
    value = Decimal(raw.replace(",", ""))
    if not value.is_finite() or abs(value) >= kind.limit:
        raise BadValueError
    return value


def _moment(raw: str) -> datetime | date:
    """A day stays a day: what it means depends on the operator. Raises OverflowError beyond the calendar."""
    if len(raw) == len("2026-01-01"):
        day = date.fromisoformat(raw)
        for midnight in (day, day + timedelta(days=1)):
            local_midnight(midnight)
        return day
    moment = datetime.fromisoformat(raw)
    return (moment.replace(tzinfo=LOCAL_ZONE) if moment.tzinfo is None else moment).astimezone(UTC)


def period(word: str, today: date | None) -> tuple[date | None, date]:
    """The first and last day of a period: ``past`` is before today, ``soon`` within 60 days. Raises BadValueError."""
    if today is None:
        raise BadValueError
    if word == "today":
        return today, today
    if word == "week":
        monday = today - timedelta(days=today.weekday())
        return monday, monday + timedelta(days=6)
    if word == "month":
        first = today.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    if word == "past":
        return None, today - timedelta(days=1)
    if word == "soon":
        return today, today + SOON
    raise BadValueError


def _during(column: Any, days: tuple[Any, ...]) -> sa.ColumnElement[bool]:
    first, last = days
    low, high = first, last + timedelta(days=1)
    if isinstance(column.type, UtcDateTime):
        low, high = (local_midnight(first) if first else None), local_midnight(high)
    before: sa.ColumnElement[bool] = column < high
    return before if low is None else sa.and_(column >= low, before)


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _day_clause(column: Any, asked: str, day: date) -> sa.ColumnElement[bool]:
    """A Shanghai day against a moment: ``le`` includes the whole day, ``gt`` begins after it."""
    begin, end = local_midnight(day), local_midnight(day + timedelta(days=1))
    inside: sa.ColumnElement[bool] = sa.and_(column >= begin, column < end)
    clauses: dict[str, sa.ColumnElement[bool]] = {
        "lt": column < begin,
        "ge": column >= begin,
        "le": column < end,
        "gt": column >= end,
        "ne": sa.not_(inside),
    }
    return clauses.get(asked, inside)
