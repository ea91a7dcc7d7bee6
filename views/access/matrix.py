"""The rights matrix: roles across by department, records and actions down; also the field groups and the row scopes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import url_for

from app.security.rights import RoleRights
from models.base import Sensitivity
from views.access.catalogue import Act, Group, Subject
from views.access.roles import Column
from views.access.words import columns_of, group_label, level_label, scope_label, scoped

TABS = ("actions", "fields", "rows")
ALL = "all"
DIFFERENCES, DANGEROUS = "differences", "dangerous"
LONGEST_SEARCH = 60

Cell = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What the page was asked for. ``department`` narrows the roles, ``records`` the rows."""

    tab: str = TABS[0]
    text: str = ""
    department: str = ""
    records: str = ""
    role: str = ""
    only: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether single actions are looked for, so that they stand open."""
        return bool(self.text or self.only)

    def finds(self, *words: str) -> bool:
        """Whether one of the words holds the searched text."""
        return not self.text or any(self.text in word.casefold() for word in words)


def asked_of(args: Mapping[str, str]) -> Asked:
    """From the arguments of the address; what is not known counts as not asked."""
    tab = args.get("tab", "")
    return Asked(
        tab=tab if tab in (*TABS, ALL) else TABS[0],
        text=args.get("q", "").strip().casefold()[:LONGEST_SEARCH],
        department=args.get("department", ""),
        records=args.get("records", ""),
        role=args.get("role", ""),
        only=args.get("only", "") if args.get("only") in {DIFFERENCES, DANGEROUS} else "",
    )


def chosen(columns: Iterable[Column], asked: Asked) -> list[Column]:
    """The roles that the page shows."""
    columns = list(columns)
    if asked.role:
        return [column for column in columns if column.code == asked.role]
    if asked.department:
        return [column for column in columns if column.department_key == asked.department]
    return columns


def heads(columns: Iterable[Column]) -> list[dict[str, Any]]:
    """The departments above the roles: how many columns each one spans."""
    found: list[dict[str, Any]] = []
    for column in columns:
        if not found or found[-1]["key"] != column.department_key:
            found.append({"key": column.department_key, "label": column.department_label, "span": 0})
        found[-1]["span"] += 1
    return found


# ------------------------------------------------------------------------------------------------------------ actions


@dataclass
class Rows:
    """The rows of one tab, in groups; ``shown`` counts what is left after the filters."""

    groups: list[dict[str, Any]] = field(default_factory=list)
    shown: int = 0

    def add(self, group: dict[str, Any]) -> None:
        """Takes a group that has rows."""
        if group["rows"]:
            self.groups.append(group)
            self.shown += len(group["rows"])


def action_rows(groups: Iterable[Group], columns: list[Column], asked: Asked) -> Rows:
    """Records with what each role may do of them, and under each the single actions."""
    rows = Rows()
    for group in groups:
        if not asked.records or asked.records == group.name:
            found = [row for subject in group.subjects if (row := _subject_row(subject, columns, asked)) is not None]
            rows.add({"name": group.name, "label": group.label, "rows": found})
    return rows


def _subject_row(subject: Subject, columns: list[Column], asked: Asked) -> dict[str, Any] | None:
    acts = list(_acts(subject, columns, asked))
    if not acts:
        return None
    rights = subject.rights
    return {
        "id": subject.name,
        "label": subject.label,
        "is_open": asked.is_narrowed or bool(asked.role) or asked.tab == ALL,
        "cells": [_count(column, rights) for column in columns],
        "acts": [
            {
                "label": act.label,
                "code": act.right,
                "is_dangerous": act.is_dangerous,
                "marks": "".join(_mark(column, act.right) for column in columns),
            }
            for act in acts
        ],
    }


def _acts(subject: Subject, columns: list[Column], asked: Asked) -> Iterator[Act]:
    whole = asked.finds(subject.label, subject.name)
    for act in subject.acts:
        if not (whole or asked.finds(act.label, act.right)):
            continue
        if asked.only == DANGEROUS and not act.is_dangerous:
            continue
        if asked.only == DIFFERENCES and not any(column.differs_in(act.right) for column in columns):
            continue
        yield act


def _count(column: Column, rights: frozenset[str]) -> Cell:
    held = len(rights & column.now.permissions)
    tone = "a" if held == len(rights) else "s" if held else "n"
    return {"tone": tone, "held": held, "total": len(rights), "differs": column.differs_among(rights)}


def _mark(column: Column, right: str) -> str:
    """One letter a cell, so that thousands of them stay small: yes, no, and each where something else is delivered."""
    held = right in column.now.permissions
    if column.differs_in(right):
        return "Y" if held else "N"
    return "y" if held else "n"


# ----------------------------------------------------------------------------------------------------- fields and rows


def field_rows(columns: list[Column], asked: Asked) -> Rows:
    """Field groups with the level of each role."""
    rows = Rows()
    found = []
    for group in Sensitivity:
        columns_named = columns_of(group)
        cells = [_level(column, group) for column in columns]
        if not asked.finds(group_label(group), group.value, *columns_named):
            continue
        if asked.only == DIFFERENCES and not any(cell["differs"] for cell in cells):
            continue
        found.append({"id": group.value, "label": group_label(group), "hint": columns_named, "cells": cells})
    rows.add({"name": "fields", "label": "", "rows": found})
    return rows


def level_of(rights: RoleRights, group: Sensitivity) -> str:
    """The level; what is not named is hidden."""
    return str(rights.fields.get(group, "hidden"))


def _level(column: Column, group: Sensitivity) -> Cell:
    level = level_of(column.now, group)
    differs = column.delivered is not None and level_of(column.delivered, group) != level
    return {"tone": level, "text": level_label(level), "differs": differs}


def scope_rows(groups: Iterable[Group], columns: list[Column], asked: Asked) -> Rows:
    """Records with the rows that each role sees of them."""
    rows = Rows()
    for group in groups:
        if asked.records and asked.records != group.name:
            continue
        found = []
        for subject in group.subjects:
            if subject.name not in scoped() or not asked.finds(subject.label, subject.name):
                continue
            cells = [_scope(column, subject.name) for column in columns]
            if asked.only == DIFFERENCES and not any(cell["differs"] for cell in cells):
                continue
            found.append({"id": subject.name, "label": subject.label, "cells": cells})
        rows.add({"name": group.name, "label": group.label, "rows": found})
    return rows


def _scope(column: Column, entity: str) -> Cell:
    names = column.now.scopes.get(entity, frozenset())
    differs = column.delivered is not None and column.delivered.scopes.get(entity, frozenset()) != names
    texts = [scope_label(name) for name in sorted(names)]
    tone = "all" if "all" in names else "some" if names else "none"
    return {"tone": tone, "texts": texts, "differs": differs}


def column_cards(columns: Iterable[Column], tab: str) -> list[dict[str, Any]]:
    """The same roles for small screens: one card each, which leads to its own column."""
    return [
        {
            "code": column.code,
            "label": column.label,
            "department": column.department_label,
            "held": len(column.now.permissions),
            "differences": column.differences,
            "url": url_for("RightsView.matrix", role=column.code, tab=tab),
        }
        for column in columns
    ]
