"""Users, groups and roles of the framework in the journal, whoever saves them: screen, API, command line.

Its own tables are no tables of ours, so the journal's listener passes them by. What is written: who may sign in, under
which name, with which roles; never a password, and of an address only as much as tells two apart. Sign-ins that are
counted in the user's row are no change of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import g, has_request_context
from flask_appbuilder.security.sqla.models import (
    Group,
    Permission,
    PermissionView,
    Role,
    User,
    ViewMenu,
    assoc_permissionview_role,
)
from sqlalchemy import event
from sqlalchemy.orm import Session, UOWTransaction

from app.kernel.context import Context, current_context
from app.kernel.journal import Act, Changes, entry, note, write
from app.security.acting import acting as context_of
from app.security.naming import dotted

WAITING = "zhidan_accounts"
PLAIN = {
    User: ("username", "last_name", "first_name", "active"),
    Group: ("name", "label", "description"),
    Role: ("name",),
}
LISTS = {User: ("roles", "groups"), Group: ("roles", "users"), Role: ()}
Planned = tuple[Any, str, Changes]


def masked_address(text: str | None) -> str | None:
    """l***@zhidan.cn: enough to tell two addresses apart."""
    if not text:
        return None
    name, at, domain = text.partition("@")
    return f"{name[:1]}***{at}{domain}"


@event.listens_for(Session, "before_flush")
def _plan(session: Session, _flush: UOWTransaction, _instances: Any) -> None:
    """Old values are read while the database still has them."""
    planned: list[Planned] = []
    for kind, records in (("add", session.new), ("edit", session.dirty), ("delete", session.deleted)):
        for record in records:
            if isinstance(record, User | Group | Role):
                planned += [(record, action, changes) for action, changes in _acts(record, kind) if changes]
    session.info[WAITING] = planned


@event.listens_for(Session, "after_flush")
def _write(session: Session, _flush: UOWTransaction) -> None:
    planned: list[Planned] = session.info.pop(WAITING, [])
    if planned:
        ctx = acting(session)
        write(
            session,
            [entry(ctx, word_of(record), record.id, None, Act(action), changes) for record, action, changes in planned],
        )


def acting(session: Session) -> Context | None:
    """The context of a save that the framework makes: of whoever asks; None on the command line."""
    found = current_context()
    if found is not None or not has_request_context() or "zhidan_now" not in g:
        return found
    return context_of(session=session)


def word_of(record: User | Group | Role) -> str:
    """The journal's word for a row of the framework."""
    return "user" if isinstance(record, User) else "group" if isinstance(record, Group) else "role"


def _acts(record: Any, kind: str) -> Iterator[tuple[str, Changes]]:
    """What is done to the row, by the name of the act."""
    word = word_of(record)
    yield f"{word}.{kind}", _values(record, kind)
    if kind == "edit" and isinstance(record, User) and _differs(record, "password"):
        # That it changed, never what it is, not even its hash.
        yield "user.password_changed", {"password": ["***", "***"]}
    if isinstance(record, Role) and kind != "delete":
        old, new = _both(record, "permissions")
        before, after = _rights(old), _rights(new)
        if gained := sorted(after - before):
            yield "role.grant", {"rights": [None, gained]}
        if lost := sorted(before - after):
            yield "role.revoke", {"rights": [lost, None]}


def _values(record: Any, kind: str) -> Changes:
    model = next(found for found in PLAIN if isinstance(record, found))
    found: Changes = {}
    for name in PLAIN[model]:
        old, new = _both(record, name)
        found[name] = [old[0] if old else None, new[0] if new else None]
    if model is User:
        old, new = _both(record, "email")
        if old != new or kind != "edit":
            found["email"] = [masked_address(old[0] if old else None), masked_address(new[0] if new else None)]
    for name in LISTS[model]:
        found[name] = [_names(values) for values in _both(record, name)]
    if kind == "delete":
        return {name: [new, None] for name, (_old, new) in found.items() if new not in (None, [])}
    kept = {name: (old, new) for name, (old, new) in found.items() if old != new or name == "email"}
    if kind == "add":
        return {name: [None, new] for name, (_old, new) in kept.items() if new not in (None, [])}
    return {name: [old, new] for name, (old, new) in kept.items()}


def _both(record: Any, name: str) -> tuple[list[Any], list[Any]]:
    """What an attribute held and what it is to hold, as lists."""
    history = sa.inspect(record).attrs[name].load_history()
    same = list(history.unchanged or ())
    return same + list(history.deleted or ()), same + list(history.added or ())


def _differs(record: Any, name: str) -> bool:
    old, new = _both(record, name)
    return old != new


def _names(records: list[Any]) -> list[str]:
    return sorted(getattr(record, "username", None) or record.name for record in records if record is not None)


def _rights(rights: list[Any]) -> set[str]:
    return {dotted(right.permission.name, right.view_menu.name) for right in rights}


@contextmanager
def recorded_grants(ctx: Context) -> Iterator[None]:
    """Journals what a block that writes past the session's objects makes of the roles' rights."""
    before = _granted(ctx.session)
    yield
    for role_id, after in _granted(ctx.session).items():
        old = before.get(role_id, set())
        if gained := sorted(after - old):
            note(ctx, "role.grant", "role", role_id, changes={"rights": [None, gained]})
        if lost := sorted(old - after):
            note(ctx, "role.revoke", "role", role_id, changes={"rights": [lost, None]})


def _granted(session: Session) -> dict[int, set[str]]:
    link = assoc_permissionview_role.c
    statement = (
        sa.select(Role.id, Permission.name, ViewMenu.name)
        .outerjoin(assoc_permissionview_role, link.role_id == Role.id)
        .outerjoin(PermissionView, PermissionView.id == link.permission_view_id)
        .outerjoin(Permission, Permission.id == PermissionView.permission_id)
        .outerjoin(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
    )
    found: dict[int, set[str]] = {}
    for role_id, permission, view in session.execute(statement):
        rights = found.setdefault(role_id, set())
        if permission and view:
            rights.add(dotted(permission, view))
    return found
