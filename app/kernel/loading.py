"""What a list loads of its rows: their columns and the records they name, in the statement that finds them."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, load_only

from app.kernel.filters import attribute_of

# Whether a row may be changed in its place: its version, and what has ended it.
ALWAYS = ("version", "state", "merged_into_id", "anonymised_at")


def loads(model: Any, names: tuple[str, ...], sort: str) -> tuple[Any, ...]:
    """Loads the columns of the list and its relations in one go; every column when one is computed.

    Made once: putting the options together takes longer than the statement they belong to.
    """
    return _loads(model, names, sort)


# People choose columns of their own: what nobody asked for lately is let go.
@lru_cache(maxsize=512)
def _loads(model: Any, names: tuple[str, ...], sort: str) -> tuple[Any, ...]:
    attributes = sa.inspect(model).attrs
    relations: list[Any] = []
    wanted = {"id", attribute_of(model, sort).key}
    for name in names:
        attribute = attributes.get(name)
        if isinstance(attribute, sa.orm.RelationshipProperty):
            relations.append(_joined(model, attribute))
            wanted.add(attribute_of(model, name).key)
        elif attribute is not None:
            wanted.add(name)
    if any(name not in attributes for name in names):
        return tuple(relations)
    wanted |= {name for name in ALWAYS if name in attributes}
    return load_only(*(getattr(model, name) for name in sorted(wanted))), *relations


def _joined(model: type[Any], relation: sa.orm.RelationshipProperty[Any]) -> Any:
    """A many-to-one relation in the same statement: the columns that name the record, and what it is shown with."""
    required = not any(column.nullable for column in relation.local_columns)
    target: Any = relation.mapper.class_
    named = [load_only(*_naming(target))]
    if (other := getattr(target, "shown_with", None)) is not None:
        shown = sa.inspect(target).relationships[other]
        named.append(joinedload(getattr(target, other)).options(load_only(*_naming(shown.mapper.class_))))
    return joinedload(getattr(model, relation.key), innerjoin=required).options(*named)


@cache
def _naming(target: type[Any]) -> tuple[Any, ...]:
    """The columns by which a record is called: short required texts (numbers, codes, names), and small numbers."""
    found = []
    for attribute in sa.inspect(target).column_attrs:
        column = attribute.columns[0]
        is_short = isinstance(column.type, sa.String) and not isinstance(column.type, sa.Text | sa.Enum)
        is_count = isinstance(column.type, sa.Integer) and not column.nullable
        if column.primary_key or is_count or (is_short and not column.nullable and column.name != "search_text"):
            found.append(getattr(target, attribute.key))
    return tuple(found)
