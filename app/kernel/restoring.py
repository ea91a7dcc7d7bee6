"""What an edit took from a record, and what stands against giving it back: the journal has the old values.

Rights and forms are the caller's; here it is told what one request wrote, and compared with what stands there now.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.kernel.context import Actor, local_day
from app.kernel.errors import Reason
from app.kernel.fields import visible
from app.kernel.journal import TAKES_BACK, Changes, plain
from app.kernel.schema import label_of_column
from app.kernel.sealing import Forgotten
from models.base import Fixed
from models.journal import Journal
from models.labels import Origin

Key = tuple[str, int]
# Who first changed one of these columns of a record since; None where the journal does not say.
Since = Callable[[Sequence[str]], Any]

BY_HAND: Final = frozenset({Origin.screen, Origin.api})
# No column of a form: it follows from the others.
DERIVED: Final = "search_text"
# No key is larger, and SQLite takes no larger number.
LARGEST_ENTRY: Final = 2**63 - 1
COLUMNS = (
    Journal.id, Journal.entity, Journal.entity_id, Journal.action, Journal.actor_id, Journal.origin, Journal.changes,
    Journal.data,
)  # fmt: skip


@dataclass
class Save:
    """What one request of a person changed, beginning with an edit: by record ``{column: [old, new]}``, still sealed.

    ``entry`` is its first journal entry, ``last`` the last one of each record; ``made_or_removed`` are the records
    that it added or removed.
    """

    entry: int
    is_undo: bool
    changes: dict[Key, Changes] = field(default_factory=dict)
    last: dict[Key, int] = field(default_factory=dict)
    made_or_removed: set[Key] = field(default_factory=set)


def save_of(session: Session, entry: int) -> Save | None:
    """The edit to which a journal entry belongs; None for steps, imports and what the system did."""
    if entry > LARGEST_ENTRY:
        return None
    found = session.execute(sa.select(Journal.at, Journal.request_id).where(Journal.id == entry)).one_or_none()
    return written(session, found.at, found.request_id) if found is not None else None


def written(session: Session, at: datetime, request_id: str | None) -> Save | None:
    """The edit that a request made at its moment: one statement, led by the moment."""
    if request_id is None:
        return None
    statement = sa.select(*COLUMNS).where(Journal.at == at, Journal.request_id == request_id).order_by(Journal.id)
    rows = session.execute(statement).all()
    # A step stands before what it changed, and so does an edit before the steps that follow from it.
    if not rows or not is_edit(rows[0]):
        return None
    save = Save(rows[0].id, TAKES_BACK in rows[0].data)
    for row in rows:
        key = (row.entity, row.entity_id)
        save.last[key] = row.id
        if row.action.rpartition(".")[2] in {"add", "delete"}:
            save.made_or_removed.add(key)
        elif is_edit(row):
            held = save.changes.setdefault(key, {})
            for name, (old, new) in row.changes.items():
                held[name] = [held[name][0] if name in held else old, new]
    return save


def is_edit(row: Any) -> bool:
    """Whether a journal row is a change of columns that a person made on a screen or through the API."""
    return row.action == f"{row.entity}.edit" and row.actor_id is not None and row.origin in BY_HAND


def holds(record: Any, name: str, value: Any) -> bool:
    """Whether a column of a record has a journalled value."""
    held = plain(getattr(record, name))
    column = sa.inspect(type(record)).column_attrs[name].columns[0]
    # A nought that was set is journalled as 0 and read as 0.00.
    if isinstance(column.type, Fixed) and None not in {held, value}:
        return Decimal(held) == Decimal(value)
    return bool(held == value)


def against(
    actor: Actor, record: Any, changes: Mapping[str, Sequence[Any]], writable: Collection[str], since: Since
) -> list[Reason]:
    """Every reason why a record does not get the old values back, whole or not at all.

    Args:
        changes: ``{column: [old, new]}``, readable. A column that holds its old value again stands against nothing.
        writable: the columns that the actor may write of this record now.
    """
    model, found = type(record), []
    columns = [name for name in changes if name != DERIVED]
    # Of what is closed to the actor nothing is told, not even whether it is as it was.
    told = [name for name in columns if name in writable]
    moved = [name for name in told if not any(holds(record, name, value) for value in changes[name])]
    if any(isinstance(value, Forgotten) for name in columns for value in changes[name]):
        found.append(Reason("forgotten", _l("The old values are gone: the person was anonymised.")))
    elif moved:
        found.append(changed_since(model, moved, since(moved)))
    if len(told) < len(columns):
        named = labels_of(actor, model, set(columns) - set(told))
        some = _l("It changed what you may not change: %(columns)s.")
        found.append(
            Reason("not_yours", some if named else _l("It changed what is closed to you."), {"columns": named})
        )
    return found


def labels_of(actor: Actor, model: type[Any], names: Collection[str]) -> str:
    """The labels of those columns that the actor may know of."""
    return ", ".join(str(label_of_column(model, name)) for name in visible(actor, model, sorted(names)))


def changed_since(model: type[Any], names: Sequence[str], later: Any) -> Reason:
    """That columns were changed since, and by whom where the journal says so."""
    labels = ", ".join(str(label_of_column(model, name)) for name in names if name != DERIVED) or "–"
    if later is None:
        return Reason("changed_since", _l("Changed since: %(columns)s."), {"columns": labels})
    message = _l("Changed since by %(who)s on %(day)s: %(columns)s.")
    day = local_day(later.recorded_at).isoformat()
    return Reason("changed_since", message, {"who": later.actor_name, "day": day, "columns": labels})
