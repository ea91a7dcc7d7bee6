"""The words a paper is declared with. A path walks relations: ``order.customer.name``; the last word is a column.

Which of the named columns stand on the paper depends on who prints it: the access to a column of the record it
belongs to decides, as on every screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.base import Base


@dataclass(frozen=True)
class At:
    """A value by its path, with a label of its own where the column's would not do.

    ``more`` are paths whose values follow in the same place, with ``sign`` between: a size, an address. ``gap`` stands
    for one that is empty where others are not.
    """

    path: str
    label: Any = None
    more: tuple[str, ...] = ()
    sign: str = " "
    gap: str = ""

    def paths(self) -> tuple[str, ...]:
        """The paths of the place, in order."""
        return (self.path, *self.more)


Place = str | At


def place(found: Place) -> At:
    """A value by its path, however it was written."""
    return found if isinstance(found, At) else At(found)


@dataclass(frozen=True)
class Facts:
    """Values with their labels, in two columns. ``capitals`` are amounts said in Chinese capitals as well."""

    label: Any
    places: tuple[Place, ...]
    capitals: tuple[str, ...] = ()

    def paths(self) -> Iterator[str]:
        """Every path of the part."""
        yield from (path for each in self.places for path in place(each).paths())


@dataclass(frozen=True)
class Rows:
    """A table: one row for each record of a relation (``order.lines``), numbered. ``blank`` are columns to fill in.

    ``has_own_numbers`` where the first column says already which row it is. ``only`` says of (record, row) which rows
    stand on the paper at all; what is chosen so is not part of its mark. ``keeps_empty`` where columns without a value
    stand as well, to be filled in by hand.
    """

    label: Any
    relation: str
    places: tuple[Place, ...]
    blank: tuple[Any, ...] = ()
    has_own_numbers: bool = False
    only: Callable[[Any, Any], bool] | None = None
    keeps_empty: bool = False

    def paths(self) -> Iterator[str]:
        """Every path of the part, from the record of the paper on."""
        yield from (f"{self.relation}.{path}" for each in self.places for path in place(each).paths())


@dataclass(frozen=True)
class Boxes:
    """What is ticked or written by hand, one line each."""

    label: Any
    texts: tuple[Any, ...]

    def paths(self) -> Iterator[str]:
        """Nothing is read for it."""
        return iter(())


@dataclass(frozen=True)
class Notes:
    """Sentences that the paper must say."""

    texts: tuple[Any, ...]

    def paths(self) -> Iterator[str]:
        """Nothing is read for it."""
        return iter(())


Part = Facts | Rows | Boxes | Notes


@dataclass(frozen=True)
class Paper:
    """A printable paper of one record.

    ``number`` is the path of the number in its head. ``signs`` are the lines for signatures, or those of a record.
    ``labels`` prints one label for each record of that relation instead, ``scan`` being what its code holds.
    ``warning`` is what the reader must know before he uses it.
    """

    name: str
    code: str
    title: Any
    subject: type[Base]
    number: str
    parts: tuple[Part, ...]
    signs: tuple[Any, ...] | Callable[[Any], tuple[Any, ...]] = ()
    labels: str | None = None
    scan: str = ""
    warning: Callable[[Any], Any] | None = None

    def paths(self) -> list[str]:
        """Every path of the paper."""
        return [self.number, *(path for part in self.parts for path in part.paths())]

    def marked_paths(self) -> list[str]:
        """The paths that the mark of the paper is made of."""
        parts = (part for part in self.parts if not (isinstance(part, Rows) and part.only))
        return sorted([self.number, *(path for part in parts for path in part.paths())])


class PaperError(Exception):
    """A paper names what its tables do not have; raised when the program starts."""


def walk(model: type[Any], path: str) -> list[tuple[type[Any], str]]:
    """The steps of a path as (table, name). Raises PaperError."""
    steps = []
    here: Any = model
    for name in path.split("."):
        if here is None or not hasattr(here, name):
            msg = f"{model.__name__} has no {path!r}"
            raise PaperError(msg)
        steps.append((here, name))
        relation = sa.inspect(here).relationships.get(name)
        here = relation.mapper.class_ if relation is not None else None
    return steps


def reach(record: Any, path: str) -> tuple[Any, str]:
    """The record at the end of a path and the name of the value there; None where the way ends before."""
    *way, name = path.split(".")
    for step in way:
        record = getattr(record, step) if record is not None else None
    return record, name


def options(paper: Paper) -> list[Any]:
    """Loads every relation of the paper at once: a statement a relation, however many rows there are."""
    found: dict[tuple[str, ...], Any] = {}
    for path in paper.paths():
        way: list[Any] = []
        for model, name in walk(paper.subject, path):
            if name not in sa.inspect(model).relationships:
                break
            way.append(getattr(model, name))
            names = tuple(each.key for each in way)
            if names not in found:
                option = sa.orm.selectinload(way[0])
                for each in way[1:]:
                    option = option.selectinload(each)
                found[names] = option
    return list(found.values())
