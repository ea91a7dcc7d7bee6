"""Rows of a declared table and the database: which records they are, what they would change, and writing them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from marshmallow import ValidationError
from sqlalchemy.orm import InstrumentedAttribute

from app.exchange.door import Door
from app.exchange.entrycells import CellReader
from app.exchange.fields import Field, folded, names_of
from app.exchange.history import chunks, taken_back
from app.exchange.mapping import Asked, Mapped
from app.exchange.reading import Book
from app.exchange.reasons import Problem
from app.exchange.rows import SourceRow, columns_not_taken, rows_of
from app.exchange.subjects import Key, Subject, Table
from app.kernel.context import Context
from app.kernel.errors import DomainError, ValidationFailedError
from app.kernel.fields import editable
from app.kernel.journal import plain
from app.kernel.schema import field_of, label_of_column
from models.exchange import ImportEffect
from models.labels import ImportDid

ACTIVE: Final = "is_active"


@dataclass(eq=False)
class Entry:
    """A record that rows of a file speak of: what they say, which record it is, what it would change."""

    table: Table
    rows: list[SourceRow]
    values: dict[str, str]
    prefix: str = ""
    record_id: int | None = None
    version: int | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    children: list[Entry] = field(default_factory=list)

    @property
    def first(self) -> SourceRow:
        """The row it is told at."""
        return self.rows[0]

    @property
    def problems(self) -> list[SourceRow]:
        """Its rows that something is wrong in."""
        return [row for row in self.rows if row.problems]

    @property
    def is_new(self) -> bool:
        """Whether there is no such record yet."""
        return self.record_id is None

    @property
    def does(self) -> str:
        """``made``, ``changed`` or ``same``; an address more is a change of its customer."""
        if self.is_new:
            return ImportDid.made.value
        is_moved = self.changes or any(child.does != "same" for child in self.children)
        return ImportDid.changed.value if is_moved else "same"

    def refuse(self, name: str, code: str, /, **data: Any) -> None:
        """Refuses it at its first row; a column that the file does not have is called by its label."""
        header = self.first.columns.get(f"{self.prefix}{name}")
        label = str(label_of_column(self.table.model, name)) if name in self.table.model.__table__.columns else ""
        self.first.problems.append(Problem(header or label, code, data))


@dataclass
class EntryPlan:
    """What an import is going to do with every row of a file."""

    book: Book
    mapped: Mapped
    asked: Asked
    rows: list[SourceRow]
    entries: list[Entry]
    not_taken: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def open(self) -> list[Entry]:
        """The records without a problem that have something to do."""
        return [entry for entry in self.entries if not entry.problems and entry.does != "same"]

    def rejected(self) -> list[SourceRow]:
        """Rows that stay outside: a record comes in whole or not at all."""
        for entry in self.entries:
            if wrong := entry.problems:
                for row in entry.rows:
                    if not row.problems:
                        row.refuse("", "other_row_refused_here", row=wrong[0].no)
        return [row for row in self.rows if row.problems]


def plan_entries(book: Book, mapped: Mapped, asked: Asked) -> EntryPlan:
    """Reads every row and puts those of one record together; the database is not asked."""
    fields = asked.fields()
    rows = rows_of(book, mapped.main, fields, CellReader().raw)
    subject = asked.subject
    table = subject.table
    if table is None:
        raise ValueError(subject.name)
    groups: dict[Any, list[SourceRow]] = {}
    for row in rows:
        groups.setdefault(_mark(table, row), []).append(row)
    entries = [_entry(subject, table, group) for group in groups.values()]
    sheet = book.sheet(mapped.main.sheet)
    left = columns_not_taken(book, mapped.main)
    closed = [str(each.label) for each in asked.closed() if sheet and _stands_in(left, each)]
    return EntryPlan(book, mapped, asked, rows, entries, left, closed)


def _stands_in(header: Sequence[str], field_: Field) -> bool:
    return bool({folded(name) for name in header} & set(names_of(field_)))


def _mark(table: Table, row: SourceRow) -> Any:
    """What the rows of one record have in common; a row without a key is a record of its own, and refused."""
    key = key_of(table, row.values)
    if key is None:
        return id(row)
    return key.column, cleaned(table, key.column, row.values[key.column])


def key_of(table: Table, values: Mapping[str, Any]) -> Key | None:
    """The key that decides: the first one that is filled in."""
    raw = {name: str(value) for name, value in values.items() if value}
    return next((key for key in table.keys if raw.get(key.column) and key.applies(raw)), None)


def cleaned(table: Table, name: str, text: Any) -> Any:
    """A typed text as the use case would keep it."""
    return table.clean[name](text) if text and name in table.clean else text


def _entry(subject: Subject, table: Table, group: list[SourceRow]) -> Entry:
    own = [name for name in group[0].values if "." not in name]
    entry = Entry(table, group, _agreed(table, group, own))
    key = key_of(table, entry.values)
    if key is None and not entry.problems:
        keys = " / ".join(group[0].columns.get(each.column, each.column) for each in table.keys)
        group[0].refuse("", "key_missing", keys=keys)
    if subject.child is None:
        for row in group[1:]:
            row.refuse(key.column if key else "", "key_twice", row=group[0].no)
        return entry
    prefix = f"{subject.child.entity}."
    for row in group:
        typed = {name.removeprefix(prefix): value for name, value in row.values.items() if name.startswith(prefix)}
        typed = {name: value for name, value in typed.items() if value}
        if not typed:
            continue
        if not typed.get(subject.child.needs):
            row.refuse(prefix + subject.child.needs, "detail_missing")
            continue
        for name, source in subject.child.borrows.items():
            if not typed.get(name) and entry.values.get(source):
                typed[name] = entry.values[source]
        entry.children.append(Entry(subject.child, [row], typed, prefix))
    return entry


def _agreed(table: Table, group: Sequence[SourceRow], names: Iterable[str]) -> dict[str, str]:
    """What the rows of a record say of it; cells may be blank below, but not contradict."""
    found: dict[str, str] = {}
    for name in names:
        said = {cleaned(table, name, row.values[name]): row.values[name] for row in reversed(group) if row.values[name]}
        if len(said) > 1:
            for row in group[1:]:
                row.refuse(name, "values_differ", count=len(said))
        if said:
            found[name] = next(reversed(said.values()))
    return found


def compare(ctx: Context, plan: EntryPlan) -> None:
    """Asks the database which records are here, a few hundred at once, and what each row would change."""
    door = plan.asked.door
    table = plan.asked.subject.table
    if door is None or table is None:
        raise ValueError(plan.asked.subject.name)
    by_key: dict[Key, list[Entry]] = defaultdict(list)
    for entry in plan.entries:
        key = key_of(table, entry.values)
        if key is not None and not entry.problems:
            by_key[key].append(entry)
    here: dict[int, tuple[Entry, Any]] = {}
    for key, entries in by_key.items():
        found = _found(ctx, door, table, key, {cleaned(table, key.column, each.values[key.column]) for each in entries})
        for entry in entries:
            _meet(ctx, door, entry, key, found[cleaned(table, key.column, entry.values[key.column])], here)
    _meet_children(ctx, plan, here)
    _wake(ctx, table, here)


def _found(ctx: Context, door: Door, table: Table, key: Key, values: set[Any]) -> dict[Any, list[Any]]:
    column: InstrumentedAttribute[Any] = getattr(table.model, key.column)
    found: dict[Any, list[Any]] = defaultdict(list)
    for part in chunks(values):
        statement = sa.select(table.model).where(column.in_(part), key.among(), door.scope(ctx.actor, table.model))
        for record in ctx.session.scalars(statement):
            found[getattr(record, key.column)].append(record)
    return found


def _meet(
    ctx: Context, door: Door, entry: Entry, key: Key, found: list[Any], here: dict[int, tuple[Entry, Any]]
) -> None:
    """Says which record an entry is, and what it would change of it."""
    if len(found) > 1:
        entry.refuse(key.column, "several_here")
    elif found:
        record = found[0]
        if record.id in here:
            entry.refuse(key.column, "key_twice", row=here[record.id][0].first.no)
            return
        here[record.id] = (entry, record)
        _compare(ctx, door, entry, record)
    elif key.is_given:
        entry.refuse(key.column, "key_unknown")
    elif not door.may(ctx.actor, entry.table.model, "add"):
        entry.refuse(key.column, "may_not_add")
    else:
        entry.changes = {name: (None, text) for name, text in entry.values.items() if text}


def _compare(ctx: Context, door: Door, entry: Entry, record: Any) -> None:
    entry.record_id, entry.version = record.id, record.version
    columns = entry.table.model.__table__.columns
    for name, text in entry.values.items():
        try:
            value = cleaned(entry.table, name, field_of(columns[name]).deserialize(text))
        except ValidationError as error:
            entry.refuse(name, "refused", message=" ".join(map(str, error.messages)))
            continue
        held = getattr(record, name)
        if value != held:
            entry.changes[name] = (held, value)
    if not entry.changes:
        return
    if not door.may(ctx.actor, entry.table.model, "edit", record):
        entry.refuse("", "may_not_edit")
        return
    allowed = door.writable(ctx.actor, entry.table.model, record)
    for name, (held, _value) in entry.changes.items():
        if name not in allowed:
            # What he may not see is not told either.
            seen = bool(editable(ctx.actor, entry.table.model, [name], record))
            entry.refuse(name, "not_yours", held=f"“{plain(held)}”" if seen and held else "…")


def _meet_children(ctx: Context, plan: EntryPlan, here: Mapping[int, tuple[Entry, Any]]) -> None:
    child, door = plan.asked.subject.child, plan.asked.door
    if child is None or door is None or child.parent is None:
        return
    parents = [pk for pk, (entry, _record) in here.items() if entry.children]
    column = getattr(child.model, child.parent)
    stored: dict[int, list[Any]] = defaultdict(list)
    for part in chunks(parents):
        for record in ctx.session.scalars(sa.select(child.model).where(column.in_(part)).order_by(child.model.id)):
            stored[getattr(record, child.parent)].append(record)
    for entry in plan.entries:
        seen: dict[Any, int] = {}
        for each in entry.children:
            mark = tuple(each.values.get(name) for name in child.same)
            if mark in seen:
                each.refuse(child.needs, "key_twice", row=seen[mark])
                continue
            seen[mark] = each.first.no
            held = [one for one in stored.get(entry.record_id or 0, ()) if _is_same(child, each, one)]
            if held:
                _compare(ctx, door, each, held[0])
            elif not door.may(ctx.actor, child.model, "add"):
                each.refuse(child.needs, "may_not_add")
            else:
                each.changes = {name: (None, text) for name, text in each.values.items()}


def _is_same(table: Table, entry: Entry, record: Any) -> bool:
    """Whether an address is this one: what is not said is not compared."""
    return all(entry.values[name] == getattr(record, name) for name in table.same if entry.values.get(name))


def _wake(ctx: Context, table: Table, here: Mapping[int, tuple[Entry, Any]]) -> None:
    """A record that was put away when an import was taken back comes back with the next file that names it."""
    resting = [pk for pk, (_entry_, record) in here.items() if not record.is_active]
    for pk in taken_back(ctx, table.entity, resting):
        here[pk][0].changes[ACTIVE] = (False, True)


class RefusedError(DomainError):
    """A record was refused; ``entry`` is it or its address."""

    def __init__(self, entry: Entry, error: DomainError) -> None:
        self.entry, self.error = entry, error
        super().__init__(error.message, code=error.reason_code, **error.data)

    def tell(self) -> None:
        """Writes the reasons at the cells they are about."""
        if isinstance(self.error, ValidationFailedError) and self.error.fields:
            for name, found in self.error.fields.items():
                self.entry.refuse(name, "refused", message=" ".join(_flat(found)))
        else:
            self.entry.refuse("", "refused", message=str(self.error))


def _flat(found: Any) -> Iterator[str]:
    if isinstance(found, Mapping | list | tuple):
        for part in found.values() if isinstance(found, Mapping) else found:
            yield from _flat(part)
    else:
        yield str(found)


def bring_in(ctx: Context, batch_id: int, entry: Entry, door: Door) -> int:
    """Saves one record with its addresses and what was done to them. Flushes. Returns its id. Raises RefusedError."""
    pk = _write(ctx, batch_id, entry, door, {})
    for child in entry.children:
        if child.does != "same":
            _write(ctx, batch_id, child, door, {child.table.parent or "": pk})
    return pk


def _write(ctx: Context, batch_id: int, entry: Entry, door: Door, more: Mapping[str, Any]) -> int:
    model = entry.table.model
    did = ImportDid.made if entry.is_new else ImportDid.changed
    try:
        if entry.is_new:
            pk: int = door.create(ctx, model, {**entry.values, **more}).id
        elif entry.changes:
            record = ctx.session.get_one(model, entry.record_id)
            raw = {name: entry.values.get(name, "true") for name in entry.changes}
            pk = door.change(ctx, model, record, raw, entry.version or 0).id
        else:
            return entry.record_id or 0
    except RefusedError:
        raise
    except DomainError as error:
        raise RefusedError(entry, error) from error
    ctx.session.add(
        ImportEffect(
            batch_id=batch_id,
            sheet=entry.first.sheet[:80],
            row_no=entry.first.no,
            entity=entry.table.entity,
            entity_id=pk,
            did=did,
        )
    )
    ctx.session.flush()
    return pk
