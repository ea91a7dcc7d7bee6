"""Field groups, levels and row scopes as an administrator reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel.fields import Access
from app.kernel.schema import label_of_column
from app.security.scopes import SCOPES, label_of_scope, names_of
from app.security.wording import FIELD_GROUPS
from app.security.wording import LEVELS as LEVEL_NAMES
from models.base import Sensitivity
from views.base import ENTITIES

# The most open one first; a level that the panel does not know is not offered.
LEVELS = tuple(level for level in ("full", "window", "masked", "hidden") if level in set(Access))
MEANINGS = {
    "full": _l("The value as it is."),
    "window": _l("The value as it is while the work goes on, masked before and after."),
    "masked": _l("Enough to recognise it: 138****5621, 林*, ****1234."),
    "hidden": _l("The field does not appear: not on screens, in files, in prints or in the history."),
}


def group_label(group: Sensitivity) -> str:
    """A field group in words."""
    return str(FIELD_GROUPS.get(group.value, group.value))


def level_label(level: str) -> str:
    """How much is seen, in words."""
    return str(LEVEL_NAMES.get(level, level))


def columns_of(group: Sensitivity) -> list[str]:
    """The fields that belong to a group, each with its record: what an administrator really decides about."""
    found: dict[str, list[str]] = defaultdict(list)
    for view in ENTITIES.values():
        model: Any = view.model()
        for column in model.__table__.columns:
            if column.info.get("sensitivity") in {group, group.value}:
                found[str(model.__label__)].append(str(label_of_column(model, column.key)))
    return [f"{record}: {', '.join(dict.fromkeys(labels))}" for record, labels in sorted(found.items())]


# --------------------------------------------------------------------------------------------------------------- rows


@cache
def scoped() -> tuple[str, ...]:
    """The records whose rows a role sees by named scopes; all others follow their parent or are seen whole."""
    return tuple(entity for entity in SCOPES if names_of(entity))


def scope_label(name: str) -> str:
    """A row scope in words."""
    return str(label_of_scope(name))


def scope_labels(names: Iterable[str]) -> str:
    """Several row scopes: what one of them lets in is seen."""
    return str(_(" or ")).join(scope_label(name) for name in sorted(names)) or str(_("No rows"))
