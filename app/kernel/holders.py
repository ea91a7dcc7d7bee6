"""Who holds a role: directly, or by a group of the framework. What others delegated to a person is not among it."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import user_tables as tables


def holdings() -> sa.Subquery:
    """Who holds which role, as (user_id, role_id); accounts that are switched off as well."""
    direct, member, given = tables.assoc_user_role, tables.assoc_user_group, tables.assoc_group_role
    by_group = sa.select(member.c.user_id, given.c.role_id).join(given, given.c.group_id == member.c.group_id)
    return sa.select(direct.c.user_id, direct.c.role_id).union(by_group).subquery()


def role_names(session: Session, user_id: int) -> frozenset[str]:
    """The roles of a user."""
    held = holdings()
    statement = sa.select(tables.Role.name).join(held, held.c.role_id == tables.Role.id)
    return frozenset(session.scalars(statement.where(held.c.user_id == user_id)))


def by_role(session: Session, roles: Iterable[str] | None = None) -> dict[str, set[int]]:
    """The active people of each role: all roles, unless told. One statement."""
    held = holdings()
    statement = (
        sa.select(tables.Role.name, held.c.user_id)
        .join(held, held.c.role_id == tables.Role.id)
        .join(tables.User, tables.User.id == held.c.user_id)
        .where(tables.User.active.is_(True))
    )
    if roles is not None:
        statement = statement.where(tables.Role.name.in_(sorted(roles)))
    found: dict[str, set[int]] = {}
    for name, user_id in session.execute(statement):
        found.setdefault(name, set()).add(user_id)
    return found


def holders(session: Session, *roles: str) -> set[int]:
    """The active people who hold one of some roles."""
    return set().union(*by_role(session, roles).values())


def permitted(session: Session, permission: str) -> set[int]:
    """The active people whose own roles give a right (``invoice.issue``)."""
    entity, _, word = permission.partition(".")
    held, granted = holdings(), tables.assoc_permissionview_role
    statement = (
        sa.select(held.c.user_id)
        .join(tables.User, tables.User.id == held.c.user_id)
        .join(granted, granted.c.role_id == held.c.role_id)
        .join(tables.PermissionView, tables.PermissionView.id == granted.c.permission_view_id)
        .join(tables.Permission, tables.Permission.id == tables.PermissionView.permission_id)
        .join(tables.ViewMenu, tables.ViewMenu.id == tables.PermissionView.view_menu_id)
        .where(
            tables.User.active.is_(True),
            tables.Permission.name == f"can_{word}",
            tables.ViewMenu.name == entity,
        )
    )
    return set(session.scalars(statement))
