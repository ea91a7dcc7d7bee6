"""Writes rights and roles into the framework's tables: what ``flask init`` does about security.

The framework's own way at start takes thousands of statements, gives everything to one administrator, and lets a
screen and an API of one name delete each other's rights. Here the rights of all views are taken together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.const import PERMISSION_PREFIX
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, ViewMenu, assoc_permissionview_role
from sqlalchemy.orm import Session

from app.security.departments import ROLES
from app.security.field_policy import delivered_fields
from app.security.grants import granted
from app.security.scope_defaults import delivered_scopes
from models.access import RoleField, RoleProfile, RoleScope

Right = tuple[str, str]
LOCK = 0x5A4849


@dataclass
class Report:
    """What was done; ``unknown`` are delivered grants that no view offers."""

    added: set[Right] = field(default_factory=set)
    removed: set[Right] = field(default_factory=set)
    new_roles: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)


def rights_of(views: Iterable[Any]) -> set[Right]:
    """Every right that the registered views offer, as (permission, view) in the framework's words."""
    return {(permission, view.class_permission_name) for view in views for permission in view.base_permissions or ()}


def install(session: Session, rights: set[Right], *, reset_roles: bool = False) -> Report:
    """Brings rights and roles up to date.

    A role that is new, or every delivered one with ``reset_roles``, gets exactly what is delivered. An existing
    role keeps what administrators made of it and gains only rights that did not exist before.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    report = Report()
    ids = _converge(session, rights, report)
    by_word = {
        f"{view}.{permission.removeprefix(PERMISSION_PREFIX)}": (permission, view) for permission, view in rights
    }
    existing = {name: pk for pk, name in session.execute(sa.select(Role.id, Role.name))}
    set_up = set(session.scalars(sa.select(RoleProfile.role_id)))
    for code in ROLES:
        words = {f"{entity}.{word}" for entity, word in granted(code)}
        report.unknown |= words - by_word.keys()
        wanted = {by_word[word] for word in words & by_word.keys()}
        role_id = existing.get(code)
        if role_id is None:
            role_id = session.execute(sa.insert(Role.__table__).values(name=code).returning(Role.id)).scalar_one()
            report.new_roles.append(code)
        elif reset_roles:
            link = assoc_permissionview_role
            session.execute(sa.delete(link).where(link.c.role_id == role_id))
        else:
            wanted &= report.added
        _grant(session, role_id, {ids[right] for right in wanted})
        new_entities = {view for _permission, view in wanted}
        _set_up(session, role_id, code, new_entities, whole=reset_roles or role_id not in set_up)
    session.expire_all()
    return report


def _set_up(session: Session, role_id: int, code: str, entities: set[str], *, whole: bool) -> None:
    """Field groups and row scopes as delivered for a role that has none yet; for others only those of new tables."""
    scopes = delivered_scopes(code)
    if whole:
        for table in (RoleProfile, RoleField, RoleScope):
            session.execute(sa.delete(table).where(table.role_id == role_id))
        session.execute(sa.insert(RoleProfile).values(role_id=role_id, department=ROLES[code].department))
        fields = [
            {"role_id": role_id, "field_group": group.value, "level": level}
            for group, level in delivered_fields(code).items()
        ]
        if fields:
            session.execute(sa.insert(RoleField), fields)
        entities = set(scopes)
    held = set(session.scalars(sa.select(RoleScope.entity).where(RoleScope.role_id == role_id)))
    rows = [
        {"role_id": role_id, "entity": entity, "scope": name}
        for entity in sorted(entities - held)
        for name in sorted(scopes.get(entity, ()))
    ]
    if rows:
        session.execute(sa.insert(RoleScope), rows)


def _converge(session: Session, rights: set[Right], report: Report) -> dict[Right, int]:
    permissions = _names(session, Permission, {permission for permission, _ in rights})
    views = _names(session, ViewMenu, {view for _, view in rights})
    statement = (
        sa.select(PermissionView.id, Permission.name, ViewMenu.name)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
    )
    stored = {(permission, view): pk for pk, permission, view in session.execute(statement)}
    report.added, report.removed = rights - stored.keys(), stored.keys() - rights
    if report.removed:
        gone = [stored[right] for right in report.removed]
        link = assoc_permissionview_role
        session.execute(sa.delete(link).where(link.c.permission_view_id.in_(gone)))
        session.execute(sa.delete(PermissionView.__table__).where(PermissionView.id.in_(gone)))
    if report.added:
        session.execute(
            sa.insert(PermissionView.__table__),
            [
                {"permission_id": permissions[permission], "view_menu_id": views[view]}
                for permission, view in sorted(report.added)
            ],
        )
    return {(permission, view): pk for pk, permission, view in session.execute(statement)}


def _names(session: Session, model: Any, wanted: set[str]) -> dict[str, int]:
    statement = sa.select(model.name, model.id)
    missing = wanted - {name for name, _ in session.execute(statement)}
    if missing:
        session.execute(sa.insert(model.__table__), [{"name": name} for name in sorted(missing)])
    return dict(session.execute(statement).all())


def _grant(session: Session, role_id: int, rights: set[int]) -> None:
    link = assoc_permissionview_role
    held = set(session.scalars(sa.select(link.c.permission_view_id).where(link.c.role_id == role_id)))
    if missing := rights - held:
        session.execute(
            sa.insert(link), [{"permission_view_id": right, "role_id": role_id} for right in sorted(missing)]
        )
