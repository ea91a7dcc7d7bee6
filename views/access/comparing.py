"""Two roles side by side, or a role beside what was delivered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.security.rights import RoleRights
from models.base import Sensitivity
from views.access.catalogue import Group
from views.access.matrix import level_of
from views.access.roles import Column
from views.access.words import columns_of, group_label, level_label, scope_labels, scoped

# Stands for what was delivered; no role can be called so, for its sign is none of a code's.
DELIVERED = "@delivered"


@dataclass(frozen=True)
class Side:
    """One side of the comparison."""

    code: str
    label: str
    rights: RoleRights


def side_of(columns: Iterable[Column], code: str, other: str) -> Side | None:
    """The side that was asked for; the delivered default is that of the other side's role."""
    by_code = {column.code: column for column in columns}
    if code == DELIVERED:
        column = by_code.get(other)
        if column is None or column.delivered is None:
            return None
        return Side(code, str(_("As delivered")), column.delivered)
    column = by_code.get(code)
    return Side(code, column.label, column.now) if column is not None else None


def sections(a: Side, b: Side, groups: Iterable[Group], *, everything: bool) -> list[dict[str, Any]]:
    """What both sides may do and see, by record; only what differs unless everything is asked for."""
    groups = list(groups)
    found = [_actions(a, b, group, everything=everything) for group in groups]
    found.append(_fields(a, b, everything=everything))
    found.append(_scopes(a, b, groups, everything=everything))
    return [section for section in found if section["rows"]]


def _row(label: str, sub: str, texts: tuple[str, str], *, is_dangerous: bool = False) -> dict[str, Any]:
    return {"label": label, "sub": sub, "a": texts[0], "b": texts[1], "is_dangerous": is_dangerous}


def _actions(a: Side, b: Side, group: Group, *, everything: bool) -> dict[str, Any]:
    rows = []
    for subject in group.subjects:
        for act in subject.acts:
            held = [act.right in side.rights.permissions for side in (a, b)]
            if everything or held[0] != held[1]:
                texts = ("✓" if held[0] else "", "✓" if held[1] else "")
                rows.append(_row(act.label, subject.label, texts, is_dangerous=act.is_dangerous))
    return {"label": group.label, "rows": rows, "kind": "actions"}


def _fields(a: Side, b: Side, *, everything: bool) -> dict[str, Any]:
    rows = []
    for group in Sensitivity:
        levels = [level_of(side.rights, group) for side in (a, b)]
        if everything or levels[0] != levels[1]:
            texts = (level_label(levels[0]), level_label(levels[1]))
            rows.append({**_row(group_label(group), "", texts), "levels": levels, "hint": columns_of(group)})
    return {"label": str(_("Fields")), "rows": rows, "kind": "fields"}


def _scopes(a: Side, b: Side, groups: Iterable[Group], *, everything: bool) -> dict[str, Any]:
    rows = []
    for group in groups:
        for subject in group.subjects:
            names = [side.rights.scopes.get(subject.name, frozenset()) for side in (a, b)]
            if subject.name in scoped() and (everything or names[0] != names[1]):
                rows.append(_row(subject.label, "", (scope_labels(names[0]), scope_labels(names[1]))))
    return {"label": str(_("Row scopes")), "rows": rows, "kind": "scopes"}
