"""Who sees which column: one answer for lists, forms, API, exports, charts and history alike (domain/09 9.3)."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Actor
from app.kernel.windows import Seen, key_of, lies_in_window
from models.base import Base, Sensitivity

PHONE_DIGITS = 7


class Access(StrEnum):
    """How much of a value is shown. ``window`` is full while the record lies in the actor's window, else closed."""

    full = "full"
    window = "window"
    masked = "masked"
    hidden = "hidden"


# What is left of a group outside of the window.
_CLOSED = {Sensitivity.DOOR: Access.hidden}


def sensitivity_of(model: Any, name: str) -> Sensitivity | None:
    """The field group of a column; a relation has its foreign key's; None where everybody may see it."""
    return _sensitivity_of(model, name)


@cache
def _sensitivity_of(model: type[Any], name: str) -> Sensitivity | None:
    attribute = sa.inspect(model).attrs.get(name)
    if attribute is None:
        return getattr(getattr(model, name, None), "sensitivity", None)
    if isinstance(attribute, sa.orm.RelationshipProperty):
        return None
    info = attribute.columns[0].info if hasattr(attribute, "columns") else {}
    found = info.get("sensitivity")
    return Sensitivity(found) if found else None


def is_free_text(model: type[Any], name: str) -> bool:
    """Whether a column holds what somebody writes down in words, which may name people."""
    attribute = sa.inspect(model).attrs.get(name)
    return bool(attribute is not None and hasattr(attribute, "columns") and attribute.columns[0].info.get("free_text"))


def access(actor: Actor, model: type[Any], name: str) -> Access:
    """The actor's access to a column, whichever the row. Unknown groups are hidden."""
    group = sensitivity_of(model, name)
    if group is None or actor.is_system:
        return Access.full
    return Access(actor.fields.get(group, Access.hidden))


def level(actor: Actor, model: type[Any], name: str, record: Base | Seen | None = None) -> Access:
    """The actor's access to one value: full, masked or hidden. Without the record, a window counts as closed."""
    found = access(actor, model, name)
    if found is not Access.window:
        return found
    group = sensitivity_of(model, name)
    if record is not None and lies_in_window(actor, record, group):
        return Access.full
    return _CLOSED.get(group, Access.masked) if group is not None else Access.hidden


def visible(actor: Actor, model: type[Any], names: list[str]) -> list[str]:
    """The columns that are not hidden from the actor."""
    return [name for name in names if access(actor, model, name) is not Access.hidden]


def editable(actor: Actor, model: type[Any], names: list[str], record: Base | None = None) -> list[str]:
    """The columns the actor sees in full: only those may be filtered, sorted and written.

    Of a record, those that its window opens as well. What was revealed is shown, not written.
    """
    return [name for name in names if level(actor, model, name, record) is Access.full]


def fillable(actor: Actor, model: type[Any], names: list[str]) -> list[str]:
    """The columns of an add form: a new row hides nothing, so who sees a group for a while may fill it in."""
    return [name for name in names if access(actor, model, name) in {Access.full, Access.window}]


def present(actor: Actor, model: type[Any], name: str, value: Any, record: Base | Seen | None = None) -> Any:
    """The value as the actor may see it: itself, a mask, or None where hidden.

    ``record`` is the row the value is of: windows and lifted masks are of records, so without it they are closed.
    """
    found = level(actor, model, name, record)
    if found is Access.hidden:
        return None
    if found is Access.full or value is None or value == "" or is_revealed(actor, record):
        return value
    return mask(sensitivity_of(model, name), str(value))


def is_revealed(actor: Actor, record: Base | Seen | None) -> bool:
    """Whether the actor has lifted the masks of a record."""
    return bool(actor.revealed) and record is not None and key_of(record) in actor.revealed


def masked_groups(actor: Actor) -> frozenset[Sensitivity]:
    """The groups whose masks a reveal lifts: masked ones, and windows outside of their time."""
    lifted = {Access.masked, Access.window}
    return frozenset(Sensitivity(group) for group, found in actor.fields.items() if Access(found) in lifted)


def mask(group: Sensitivity | None, text: str) -> str:
    """138****5621, 林*, ****1234; whatever else is masked becomes stars."""
    if group is Sensitivity.PHONE and len(text) > PHONE_DIGITS:
        return f"{text[:3]}****{text[-4:]}"
    if group is Sensitivity.NAME:
        return f"{text[:1]}*"
    if group is Sensitivity.BANK:
        return f"****{text[-4:]}"
    return "***"
