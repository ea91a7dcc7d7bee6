"""From the person who is signed in to the :class:`Actor` of the kernel: one SQL statement a request.

The framework's tables hold the rights, so that administrators can change them; ``grants`` is what is delivered.
``can_confirm`` on the view ``order`` is ``order.confirm`` here.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import current_app, g, has_request_context, session
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    ViewMenu,
    assoc_group_role,
    assoc_permissionview_role,
    assoc_user_group,
    assoc_user_role,
)
from flask_jwt_extended import current_user as token_user
from flask_login import current_user
from sqlalchemy.orm import Session

from app.kernel.context import Actor
from app.kernel.errors import NotFoundError
from app.security.field_policy import best_of
from app.security.naming import dotted
from app.security.preview import preview_actor
from app.security.tokens import HeldToken, narrowed
from models.access import RoleField, RoleProfile, RoleScope

NOBODY = Actor(id=None, name="")
# The key of the browser's session under which the role is kept as which somebody looks at the panel.
PREVIEW = "preview_role"
# The key of the browser's session under which the role is kept as which somebody looks at the panel.
PREVIEW = "preview_role"


def person_name(user: Any) -> str:
    """A name as it is said: 李静, but Ada Lovelace."""
    first, last = (user.first_name or "").strip(), (user.last_name or "").strip()
    if first.isascii() and last.isascii():
        return f"{first} {last}".strip()
    return f"{last}{first}"


def _held() -> sa.CTE:
    """The roles that a person holds, directly or through a group."""
    user_id: sa.BindParameter[int] = sa.bindparam("user_id")
    direct = sa.select(assoc_user_role.c.role_id).where(assoc_user_role.c.user_id == user_id)
    by_group = (
        sa.select(assoc_group_role.c.role_id)
        .join(assoc_user_group, assoc_user_group.c.group_id == assoc_group_role.c.group_id)
        .where(assoc_user_group.c.user_id == user_id)
    )
    return sa.union(direct, by_group).cte("held")


def _part(kind: str, *columns: Any) -> sa.Select[Any]:
    """One kind of what roles give, as (kind, two words)."""
    return sa.select(sa.literal(kind, sa.String).label("kind"), *columns)


def _rights_statement() -> sa.CompoundSelect[Any]:
    """Everything that decides about a person: roles with departments, rights, field groups, row scopes."""
    held = _held()
    granted = assoc_permissionview_role
    mine = sa.select(held.c.role_id)
    return sa.union_all(
        _part("role", Role.name, RoleProfile.department)
        .select_from(Role)
        .outerjoin(RoleProfile, RoleProfile.role_id == Role.id)
        .where(Role.id.in_(mine)),
        _part("right", Permission.name, ViewMenu.name)
        .select_from(granted)
        .join(PermissionView, PermissionView.id == granted.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(granted.c.role_id.in_(mine)),
        _part("field", RoleField.field_group, RoleField.level).where(RoleField.role_id.in_(mine)),
        _part("scope", RoleScope.entity, RoleScope.scope).where(RoleScope.role_id.in_(mine)),
    )


# Asked at every request, so put together once.
RIGHTS = _rights_statement()


def actor_of(user: Any, of: Session | None = None) -> Actor:
    """The actor for a user of the framework; somebody not signed in, or switched off, may nothing."""
    if user is None or not user.is_authenticated or not user.is_active:
        return NOBODY
    source = of or current_app.appbuilder.session  # type: ignore[attr-defined]
    found: dict[str, list[tuple[str, Any]]] = {"role": [], "right": [], "field": [], "scope": []}
    for kind, first, second in source.execute(RIGHTS, {"user_id": user.id}):
        found[kind].append((first, second))
    scopes: dict[str, set[str]] = {}
    for entity, name in found["scope"]:
        scopes.setdefault(entity, set()).add(name)
    return Actor(
        id=user.id,
        name=person_name(user),
        roles=frozenset(role for role, _ in found["role"]),
        departments=frozenset(department for _, department in found["role"] if department),
        permissions=frozenset(dotted(permission, view) for permission, view in found["right"]),
        fields=best_of(found["field"]),
        scopes={entity: frozenset(names) for entity, names in scopes.items()},
    )


def current_actor() -> Actor:
    """The actor of this request, by session cookie or token, read once; nobody outside of a request."""
    if not has_request_context():
        return NOBODY
    held: HeldToken | None = g.get("zhidan_token")
    # The API token decides where there is one: a cookie that comes along gives nothing.
    user = held.user if held is not None else _by_session() or _by_token()
    user_id = user.id if user is not None else None
    # A token is read after the first look at the session, so the person can change within one request.
    key = (user_id, held.id if held is not None else None)
    cached: tuple[tuple[int | None, int | None], Actor] | None = g.get("zhidan_actor")
    if cached is None or cached[0] != key:
        actor = actor_of(user)
        if held is not None:
            actor = narrowed(actor, held.scopes)
        elif _by_session() is not None:
            actor = as_role(actor, session.get(PREVIEW))
        cached = g.zhidan_actor = (key, actor)
    return cached[1]


def as_role(actor: Actor, code: str | None) -> Actor:
    """Who looks at the panel as a role sees that; himself where no role, or one that is gone, is named."""
    if not code or not actor.may("role.preview"):
        return actor
    try:
        return preview_actor(current_app.appbuilder.session, actor, code)  # type: ignore[attr-defined]
    except NotFoundError:
        return actor


def _by_session() -> Any:
    return current_user if current_user.is_authenticated else None


def _by_token() -> Any:
    """The user of a verified token. The framework's proxy raises before a token was looked for."""
    try:
        return token_user if token_user and token_user.is_authenticated else None
    except RuntimeError:
        return None
