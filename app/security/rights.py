"""The rights of roles as one value: read, compared with what is delivered, and changed (domain/09 9.1 to 9.3).

A change takes effect with the next request of whoever holds the role and is journalled with old and new.
``app.security.rolechanges`` decides which changes one administrator may make alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, ViewMenu, assoc_permissionview_role
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.kernel.context import Context
from app.kernel.errors import NotFoundError, ValidationFailedError
from app.kernel.fields import Access
from app.kernel.journal import note
from app.security.departments import ROLES
from app.security.field_policy import delivered_fields
from app.security.grants import granted
from app.security.naming import dotted
from app.security.powers import is_dangerous_field, is_dangerous_right, newly_joined
from app.security.scope_defaults import delivered_scopes
from app.security.scopes import names_of
from models.access import RoleField, RoleScope
from models.base import Sensitivity

ON, OFF = "on", "off"


@dataclass(frozen=True)
class RoleRights:
    """What a role gives: dotted rights, the level of each field group, the named row scopes of each entity."""

    permissions: frozenset[str] = frozenset()
    fields: Mapping[Sensitivity, str] = field(default_factory=dict)
    scopes: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One difference. ``kind`` is right, field or scope; scopes are joined by commas."""

    kind: str
    what: str
    old: str
    new: str
    is_dangerous: bool = False


def rights_of_roles(session: Session, code: str | None = None) -> dict[str, RoleRights]:
    """All roles, or one, as the database has them, in three statements."""
    named = sa.true() if code is None else Role.name == code
    granted_rows = (
        sa.select(Role.name, Permission.name, ViewMenu.name)
        .select_from(Role)
        .outerjoin(assoc_permissionview_role, assoc_permissionview_role.c.role_id == Role.id)
        .outerjoin(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
        .outerjoin(Permission, Permission.id == PermissionView.permission_id)
        .outerjoin(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(named)
    )
    permissions: dict[str, set[str]] = {}
    for name, permission, view in session.execute(granted_rows):
        held = permissions.setdefault(name, set())
        if permission and view:
            held.add(dotted(permission, view))
    fields: dict[str, dict[Sensitivity, str]] = {name: {} for name in permissions}
    rows = sa.select(Role.name, RoleField.field_group, RoleField.level).join(Role, Role.id == RoleField.role_id)
    for name, group, level in session.execute(rows.where(named)):
        if group in set(Sensitivity):
            fields[name][Sensitivity(group)] = level
    scopes: dict[str, dict[str, set[str]]] = {name: {} for name in permissions}
    rows = sa.select(Role.name, RoleScope.entity, RoleScope.scope).join(Role, Role.id == RoleScope.role_id)
    for name, entity, scope in session.execute(rows.where(named)):
        scopes[name].setdefault(entity, set()).add(scope)
    return {
        name: RoleRights(frozenset(held), fields[name], {key: frozenset(found) for key, found in scopes[name].items()})
        for name, held in permissions.items()
    }


def rights_of_role(session: Session, code: str) -> RoleRights:
    """One role. Raises NotFoundError."""
    found = rights_of_roles(session, code)
    if code not in found:
        raise NotFoundError
    return found[code]


def delivered(code: str) -> RoleRights:
    """What a role is delivered with; nothing for a role that administrators added."""
    if code not in ROLES:
        return RoleRights()
    words = frozenset(f"{entity}.{word}" for entity, word in granted(code))
    return RoleRights(words, delivered_fields(code), delivered_scopes(code))


def known_rights(session: Session) -> dict[str, int]:
    """Every right that a screen or an API offers, with its key in the framework's table."""
    statement = (
        sa.select(PermissionView.id, Permission.name, ViewMenu.name)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
    )
    return {dotted(permission, view): pk for pk, permission, view in session.execute(statement)}


def changes(before: RoleRights, after: RoleRights) -> list[Change]:
    """What differs, rights first, in a fixed order."""
    joined = newly_joined(before.permissions, after.permissions)
    found = [
        Change("right", right, OFF, ON, is_dangerous_right(right) or right in joined)
        for right in sorted(after.permissions - before.permissions)
    ]
    found += [Change("right", right, ON, OFF) for right in sorted(before.permissions - after.permissions)]
    for group in Sensitivity:
        old, new = (str(each.fields.get(group, Access.hidden)) for each in (before, after))
        if old != new:
            found.append(Change("field", group.value, old, new, is_dangerous_field(group, old, new)))
    for entity in sorted({*before.scopes, *after.scopes}):
        old, new = (",".join(sorted(each.scopes.get(entity, ()))) for each in (before, after))
        if old != new:
            found.append(Change("scope", entity, old, new, entity == "journal" and bool(new)))
    return found


def with_changes(rights: RoleRights, found: Iterable[Change]) -> RoleRights:
    """The rights after some changes."""
    permissions, fields, scopes = set(rights.permissions), dict(rights.fields), dict(rights.scopes)
    for change in found:
        if change.kind == "right":
            (permissions.add if change.new == ON else permissions.discard)(change.what)
        elif change.kind == "field":
            fields[Sensitivity(change.what)] = change.new
        else:
            scopes[change.what] = frozenset(filter(None, change.new.split(",")))
    return RoleRights(frozenset(permissions), fields, scopes)


def check_known(session: Session, found: Iterable[Change]) -> None:
    """Raises ValidationFailedError for a right, group, level or scope that does not exist."""
    known = known_rights(session)
    for change in found:
        is_known = {
            "right": change.what in known or change.new == OFF,
            "field": change.what in set(Sensitivity) and change.new in set(Access),
            "scope": set(filter(None, change.new.split(","))) <= set(names_of(change.what)),
        }[change.kind]
        if not is_known:
            raise ValidationFailedError({change.what: [str(_l("There is no such right, field group or row scope."))]})


def apply(ctx: Context, role_id: int, code: str, found: list[Change], reason: str) -> None:
    """Writes changes of a role and tells the journal, one entry a kind."""
    ids = known_rights(ctx.session) if any(change.kind == "right" for change in found) else {}
    for change in found:
        {"right": _write_right, "field": _write_field, "scope": _write_scope}[change.kind](ctx, role_id, change, ids)
    actions = {("right", ON): "role.grant", ("right", OFF): "role.revoke"}
    told: dict[str, dict[str, list[Any]]] = {}
    for change in found:
        action = actions.get((change.kind, change.new), f"role.{change.kind}s")
        told.setdefault(action, {})[change.what] = [change.old, change.new]
    for action, values in told.items():
        note(ctx, action, "role", role_id, changes=values, data={"role": code}, reason=reason)


def _write_right(ctx: Context, role_id: int, change: Change, ids: Mapping[str, int]) -> None:
    link = assoc_permissionview_role
    right = ids.get(change.what)
    ctx.session.execute(sa.delete(link).where(link.c.role_id == role_id, link.c.permission_view_id == right))
    if change.new == ON:
        ctx.session.execute(sa.insert(link).values(role_id=role_id, permission_view_id=right))


def _write_field(ctx: Context, role_id: int, change: Change, _ids: Mapping[str, int]) -> None:
    table = RoleField
    where = (table.role_id == role_id, table.field_group == change.what)
    ctx.session.execute(sa.delete(table).where(*where))
    if change.new != Access.hidden:
        row = {"role_id": role_id, "field_group": change.what, "level": change.new}
        ctx.session.execute(sa.insert(table).values(**row))


def _write_scope(ctx: Context, role_id: int, change: Change, _ids: Mapping[str, int]) -> None:
    ctx.session.execute(sa.delete(RoleScope).where(RoleScope.role_id == role_id, RoleScope.entity == change.what))
    for name in filter(None, change.new.split(",")):
        row = {"role_id": role_id, "entity": change.what, "scope": name}
        ctx.session.execute(sa.insert(RoleScope).values(**row))
