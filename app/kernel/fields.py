"""Who sees which column: one answer for lists, forms, API, exports, charts and history alike (domain/09 9.3)."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Actor
from models.base import Sensitivity

HIDDEN = "—"
PHONE_DIGITS = 7


class Access(StrEnum):
    """How much of a value is shown."""

    full = "full"
    masked = "masked"
    hidden = "hidden"


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


def access(actor: Actor, model: type[Any], name: str) -> Access:
    """The actor's access to a column. Unknown groups are hidden."""
    group = sensitivity_of(model, name)
    if group is None or actor.is_system:
        return Access.full
    return Access(actor.fields.get(group, Access.hidden))


def visible(actor: Actor, model: type[Any], names: list[str]) -> list[str]:
    """The columns that are not hidden from the actor."""
    return [name for name in names if access(actor, model, name) is not Access.hidden]


def editable(actor: Actor, model: type[Any], names: list[str]) -> list[str]:
    """The columns the actor sees in full: only those may be filtered, sorted and written."""
    return [name for name in names if access(actor, model, name) is Access.full]


def present(actor: Actor, model: type[Any], name: str, value: Any) -> Any:
    """The value as the actor may see it: itself, a mask, or None where hidden."""
    level = access(actor, model, name)
    if level is Access.full or value is None or value == "":
        return value if level is not Access.hidden else None
    if level is Access.hidden:
        return None
    return mask(sensitivity_of(model, name), str(value))


def mask(group: Sensitivity | None, text: str) -> str:
    """138****5621, 林*, ****1234; whatever else is masked becomes stars."""
    if group is Sensitivity.PHONE and len(text) > PHONE_DIGITS:
        return f"{text[:3]}****{text[-4:]}"
    if group is Sensitivity.NAME:
        return f"{text[:1]}*"
    if group is Sensitivity.BANK:
        return f"****{text[-4:]}"
    return "***"
