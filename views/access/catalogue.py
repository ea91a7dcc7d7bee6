"""Every right that a screen asks for, by department and record, in words: what all screens of rights are made of.

Nothing is listed here by hand: rights come from the registered screens, their words from tables, workflows and charts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel.workflow import Workflow
from app.security.grants import EVERYBODY
from app.security.installation import rights_of
from app.security.naming import dotted
from app.security.powers import is_dangerous_right
from app.security.wording import CHARTS, SUBJECTS, WORDS
from views.base import ENTITIES

# What is said of nearly every record, in this order, before steps and whatever else there is.
FIRST = {
    "list": _l("See the list"),
    "show": _l("See the record"),
    "add": _l("Add"),
    "edit": _l("Change"),
}
LAST = {"export": _l("Export"), "import": _l("Import")}
# Records that have no screen of the usual kind, and the department of the side bar they stand with.
HOMES = {"user": "System", "role": "System"}
OWN = "account"
CHART = "chart"
# The framework's own menu as JSON: nobody's right, and no screen of ours asks for it.
LEFT_OUT = frozenset({"MenuApi"})


@dataclass(frozen=True)
class Act:
    """One right in words. ``right`` is dotted (``order.confirm``)."""

    right: str
    label: str
    is_dangerous: bool
    is_step: bool = False

    @property
    def word(self) -> str:
        """The part after the record."""
        return self.right.partition(".")[2]


@dataclass(frozen=True)
class Subject:
    """A record, or another thing that rights speak of, with all that may be done with it."""

    name: str
    label: str
    acts: tuple[Act, ...]

    @property
    def rights(self) -> frozenset[str]:
        """The dotted words."""
        return frozenset(act.right for act in self.acts)


@dataclass(frozen=True)
class Group:
    """The records of one department, as the side bar has them."""

    name: str
    label: str
    subjects: tuple[Subject, ...]


def catalogue() -> list[Group]:
    """All rights in the language of the request."""
    found: dict[str, set[str]] = defaultdict(set)
    for right in offered():
        found[subject_of(right)].add(right)
    groups = [
        Group(name, label, tuple(_subject(each, found[each]) for each in names if each in found))
        for name, label, names in _places(found)
    ]
    return [group for group in groups if group.subjects]


def offered() -> set[str]:
    """Every right that a registered screen or API asks for, dotted."""
    views = current_app.appbuilder.baseviews  # type: ignore[attr-defined]
    pairs = rights_of(views)
    return {dotted(permission, view) for permission, view in pairs if view not in LEFT_OUT}


def subject_of(right: str) -> str:
    """What a right speaks of; what everybody may do with his own account stands by itself."""
    name, _dot, word = right.partition(".")
    return OWN if word in EVERYBODY.get(name, "").split() else name


def _places(found: Iterable[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Departments with the names of their records; whatever no department has stands under the last one."""
    from views.menu import DEPARTMENTS  # the menu registers the screen that asks

    rest = set(found) - {OWN, CHART}
    last = DEPARTMENTS[-1].name
    for department in DEPARTMENTS:
        names = [view.entity() for view in (*department.views, *department.parts)]
        if department.name == last:
            names += sorted(rest - set(names))
        else:
            names += [name for name, home in HOMES.items() if home == department.name]
        rest -= set(names)
        yield department.name, str(department.label), names
    yield CHART, str(SUBJECTS[CHART]), [CHART]
    yield OWN, str(_("Everybody who signs in")), [OWN]


def _subject(name: str, rights: set[str]) -> Subject:
    steps = _steps(name)
    label = _own_label if name == OWN else _label
    acts = [
        Act(right, label(right, steps), is_dangerous_right(right), right.partition(".")[2] in steps)
        for right in sorted(rights, key=lambda right: _place(right, steps))
    ]
    return Subject(name, subject_label(name), tuple(acts))


def subject_label(name: str) -> str:
    """The table as people call it."""
    view = ENTITIES.get(name)
    if view is not None:
        return str(view.model().__label_plural__)
    return str(SUBJECTS.get(name, name))


def _steps(name: str) -> dict[str, str]:
    """Rights of a workflow with the labels of all steps that ask for them, in the order of the workflow."""
    view = ENTITIES.get(name)
    workflow: Workflow | None = view.workflow() if view is not None else None
    labels: dict[str, list[str]] = defaultdict(list)
    for step in workflow.steps if workflow is not None else ():
        if step.permission:
            labels[step.permission].append(str(step.label))
    return {word: " / ".join(dict.fromkeys(found)) for word, found in labels.items()}


def _label(right: str, steps: dict[str, str]) -> str:
    name, _dot, word = right.partition(".")
    if name == CHART and word in CHARTS:
        return str(CHARTS[word])
    known: Any = FIRST.get(word) or steps.get(word) or LAST.get(word) or WORDS.get(word) or word
    return str(known)


def _own_label(right: str, _steps: dict[str, str]) -> str:
    return subject_label(right.partition(".")[0])


def _place(right: str, steps: dict[str, str]) -> tuple[int, int, str]:
    word = right.partition(".")[2]
    for rank, words in enumerate((list(FIRST), list(steps))):
        if word in words:
            return rank, words.index(word), ""
    return (3, list(LAST).index(word), "") if word in LAST else (2, 0, word)
