"""The form of one role and its review: what a person wants to change, told apart from what others changed meanwhile.

A form carries the state it was made from. What differs from that is the person's wish; it is laid over the role as
it is now, so two administrators never undo each other's work by saving.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.security.field_policy import rank
from app.security.rights import OFF, ON, Change, RoleRights, changes, with_changes
from app.security.scopes import names_of
from models.base import Sensitivity
from views.access.catalogue import Act, Group, Subject
from views.access.matrix import level_of
from views.access.roles import Column
from views.access.words import LEVELS, columns_of, group_label, level_label, scope_label, scope_labels, scoped
from views.records import digest_of

RIGHT, FIELD, SCOPE = "right", "field", "scope"
BASE, DIGEST, CHANGE = "base", "digest", "change"
PART, ITEM, VALUE, NAME = "|", " ", "=", ","
MOST = 2_000


def kept(rights: RoleRights, shown: frozenset[str]) -> str:
    """A state as one line of text: what the form was made from. Rights that no form shows stay out."""
    fields = (f"{group.value}{VALUE}{level_of(rights, group)}" for group in Sensitivity)
    scopes = (f"{entity}{VALUE}{NAME.join(sorted(rights.scopes.get(entity, ())))}" for entity in scoped())
    return PART.join(ITEM.join(each) for each in (sorted(rights.permissions & shown), fields, scopes))


def read(text: str) -> RoleRights:
    """A state from that line; what cannot be read counts as not there."""
    rights, fields, scopes = [*text.split(PART), "", "", ""][:3]
    levels = dict(item.split(VALUE, 1) for item in fields.split(ITEM) if VALUE in item)
    rows = dict(item.split(VALUE, 1) for item in scopes.split(ITEM) if VALUE in item)
    return RoleRights(
        frozenset(filter(None, rights.split(ITEM))),
        {group: levels[group.value] for group in Sensitivity if levels.get(group.value) in LEVELS},
        {entity: frozenset(filter(None, rows[entity].split(NAME))) for entity in scoped() if entity in rows},
    )


def posted(form: MultiDict[str, str], base: RoleRights) -> RoleRights:
    """The state that the form asks for; a field group without an answer stays as it was."""
    fields = {group: form.get(f"{FIELD}.{group.value}", level_of(base, group)) for group in Sensitivity}
    scopes = {entity: frozenset(form.getlist(f"{SCOPE}.{entity}")) for entity in scoped()}
    return RoleRights(frozenset(form.getlist(RIGHT)), fields, scopes)


def digest(rights: RoleRights) -> str:
    """A mark of a role's present state."""
    fields = {group.value: level_of(rights, group) for group in Sensitivity}
    scopes = {entity: sorted(names) for entity, names in rights.scopes.items() if names}
    return digest_of([sorted(rights.permissions), fields, scopes])


def wish_of(form: MultiDict[str, str]) -> list[Change]:
    """What the person wants to be otherwise: from the review page, or from the form and what it was made from."""
    if CHANGE in form:
        return [change for line in form.getlist(CHANGE)[:MOST] if (change := _change(line)) is not None]
    base = read(form.get(BASE, ""))
    return changes(base, posted(form, base))


def _change(line: str) -> Change | None:
    kind, _space, rest = line.partition(ITEM)
    what, _space, new = rest.partition(ITEM)
    if kind not in {RIGHT, FIELD, SCOPE} or not what or (kind == RIGHT and new not in {ON, OFF}):
        return None
    if kind == FIELD and (what not in set(Sensitivity) or new not in LEVELS):
        return None
    return Change(kind, what, "", new)


def line_of(change: Change) -> str:
    """A change as the review page sends it back."""
    return ITEM.join((change.kind, change.what, change.new))


def laid_over(now: RoleRights, wish: Iterable[Change]) -> tuple[RoleRights, list[Change]]:
    """The role after the wish, and what that really changes."""
    after = with_changes(now, wish)
    return after, changes(now, after)


def returned(state: RoleRights, default: RoleRights, item: str, groups: Iterable[Group]) -> RoleRights:
    """The state with one item, one record or everything (``all``) as delivered."""
    shown = frozenset(right for group in groups for subject in group.subjects for right in subject.rights)
    kind, _space, what = item.partition(ITEM)
    back = [change for change in changes(state, default) if change.kind != RIGHT or change.what in shown]
    if item != "all":
        back = [change for change in back if (change.kind, change.what) == (kind, what)]
    return with_changes(state, back)


# --------------------------------------------------------------------------------------------------------------- form


@dataclass(frozen=True)
class Sheet:
    """A role as a form shows it: ``state`` is what the boxes say, ``column`` what the database says."""

    column: Column
    state: RoleRights

    def _differs(self, kind: str, what: str) -> bool:
        default = self.column.delivered
        if default is None:
            return False
        if kind == RIGHT:
            return (what in self.state.permissions) != (what in default.permissions)
        if kind == FIELD:
            return level_of(self.state, Sensitivity(what)) != level_of(default, Sensitivity(what))
        return self.state.scopes.get(what, frozenset()) != default.scopes.get(what, frozenset())

    def actions(self, groups: Iterable[Group]) -> list[dict[str, Any]]:
        """Departments with their records, each with its boxes: what nearly every record has first, then the rest."""
        return [
            {"label": group.label, "name": group.name, "subjects": [self._subject(each) for each in group.subjects]}
            for group in groups
        ]

    def _subject(self, subject: Subject) -> dict[str, Any]:
        boxes = {act.word if subject.name == act.right.partition(".")[0] else act.right: act for act in subject.acts}
        first = [self._box(boxes.pop(word)) if word in boxes else None for word in ("list", "show", "add", "edit")]
        held = sum(act.right in self.state.permissions for act in subject.acts)
        return {
            "name": subject.name,
            "label": subject.label,
            "first": first,
            "more": [self._box(act) for act in boxes.values()],
            "held": held,
            "total": len(subject.acts),
        }

    def _box(self, act: Act) -> dict[str, Any]:
        return {
            "right": act.right,
            "label": act.label,
            "is_on": act.right in self.state.permissions,
            "was_on": act.right in self.column.now.permissions,
            "is_dangerous": act.is_dangerous,
            "differs": self._differs(RIGHT, act.right),
            "reset": f"{RIGHT} {act.right}",
        }

    def fields(self) -> list[dict[str, Any]]:
        """Field groups with their levels."""
        return [
            {
                "name": f"{FIELD}.{group.value}",
                "label": group_label(group),
                "hint": columns_of(group),
                "value": level_of(self.state, group),
                "was": level_of(self.column.now, group),
                "levels": [(level, level_label(level)) for level in LEVELS],
                "differs": self._differs(FIELD, group.value),
                "default": self._default_level(group),
                "reset": f"{FIELD} {group.value}",
            }
            for group in Sensitivity
        ]

    def _default_level(self, group: Sensitivity) -> str:
        return level_of(self.column.delivered, group) if self.column.delivered is not None else ""

    def scopes(self, groups: Iterable[Group]) -> list[dict[str, Any]]:
        """Records with the named scopes that each offers."""
        return [
            {
                "name": f"{SCOPE}.{subject.name}",
                "label": subject.label,
                "options": [
                    {
                        "name": name,
                        "label": scope_label(name),
                        "is_on": name in self.state.scopes.get(subject.name, ()),
                        "was_on": name in self.column.now.scopes.get(subject.name, ()),
                        "default": bool(
                            self.column.delivered and name in self.column.delivered.scopes.get(subject.name, ())
                        ),
                    }
                    for name in names_of(subject.name)
                ],
                "differs": self._differs(SCOPE, subject.name),
                "reset": f"{SCOPE} {subject.name}",
            }
            for group in groups
            for subject in group.subjects
            if subject.name in scoped()
        ]


# ------------------------------------------------------------------------------------------------------------- review


def change_rows(found: Iterable[Change], groups: Iterable[Group], *, is_own: bool) -> list[dict[str, Any]]:
    """Changes in words: what, from, to, and whether a second administrator decides."""
    labels = {
        act.right: (subject.label, act.label) for group in groups for subject in group.subjects for act in subject.acts
    }
    subjects = {subject.name: subject.label for group in groups for subject in group.subjects}
    return [
        {
            "line": line_of(change),
            "label": _what(change, labels, subjects),
            "old": value_text(change.kind, change.old),
            "new": value_text(change.kind, change.new),
            "gains": is_gain(change),
            "waits": is_own or change.is_dangerous,
        }
        for change in found
    ]


def _what(change: Change, labels: Mapping[str, tuple[str, str]], subjects: Mapping[str, str]) -> str:
    if change.kind == RIGHT:
        return " – ".join(labels.get(change.what, (change.what,)))
    if change.kind == FIELD:
        return str(_("Field group: %(group)s", group=group_label(Sensitivity(change.what))))
    return str(_("Row scope: %(record)s", record=subjects.get(change.what, change.what)))


def value_text(kind: str, value: str) -> str:
    """An old or new value in words."""
    if kind == RIGHT:
        return str(_("Yes") if value == ON else _("No"))
    if kind == FIELD:
        return level_label(value)
    return scope_labels(filter(None, value.split(NAME)))


def is_gain(change: Change) -> bool:
    """Whether the role may or sees more after the change."""
    if change.kind == RIGHT:
        return change.new == ON
    if change.kind == FIELD:
        return rank(change.new) > rank(change.old)
    return bool(set(filter(None, change.new.split(NAME))) - set(filter(None, change.old.split(NAME))))
