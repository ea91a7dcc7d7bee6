"""From the person who is signed in to the :class:`Actor` of the kernel: one SQL statement a request.

The framework's tables hold the rights, so that administrators can change them; ``grants`` is what is delivered.
``can_confirm`` on the view ``order`` is ``order.confirm`` here.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import current_app, g, has_request_context
from flask_appbuilder.const import PERMISSION_PREFIX
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
from app.security.field_policy import fields_of
from app.security.tokens import HeldToken, narrowed

NOBODY = Actor(id=None, name="")


def dotted(permission_name: str, view_name: str) -> str:
    """The kernel's word for a right of the framework: ``can_confirm`` on ``order`` is ``order.confirm``."""
    return f"{view_name}.{permission_name.removeprefix(PERMISSION_PREFIX)}"


def person_name(user: Any) -> str:
    """A name as it is said: 李静, but Ada Lovelace."""
    first, last = (user.first_name or "").strip(), (user.last_name or "").strip()
    if first.isascii() and last.isascii():
        return f"{first} {last}".strip()
    return f"{last}{first}"


def _rights_statement() -> sa.Select[Any]:
    user_id: sa.BindParameter[int] = sa.bindparam("user_id")
    direct = sa.select(assoc_user_role.c.role_id).where(assoc_user_role.c.user_id == user_id)
    by_group = (
        sa.select(assoc_group_role.c.role_id)
        .join(assoc_user_group, assoc_user_group.c.group_id == assoc_group_role.c.group_id)
        .where(assoc_user_group.c.user_id == user_id)
    )
    granted = assoc_permissionview_role
    return (
        sa.select(Role.name, Permission.name, ViewMenu.name)
        .select_from(Role)
        .outerjoin(granted, granted.c.role_id == Role.id)
        .outerjoin(PermissionView, PermissionView.id == granted.c.permission_view_id)
        .outerjoin(Permission, Permission.id == PermissionView.permission_id)
        .outerjoin(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(Role.id.in_(direct.union(by_group)))
    )


# Asked at every request, so put together once.
RIGHTS = _rights_statement()


def actor_of(user: Any, session: Session | None = None) -> Actor:
    """The actor for a user of the framework; somebody not signed in, or switched off, may nothing."""
    if user is None or not user.is_authenticated or not user.is_active:
        return NOBODY
    session = session or current_app.appbuilder.session  # type: ignore[attr-defined]
    rows = session.execute(RIGHTS, {"user_id": user.id}).all()
    roles = frozenset(role for role, _, _ in rows)
    return Actor(
        id=user.id,
        name=person_name(user),
        roles=roles,
        permissions=frozenset(dotted(permission, view) for _, permission, view in rows if permission and view),
        fields=fields_of(roles),
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
        cached = g.zhidan_actor = (key, actor if held is None else narrowed(actor, held.scopes))
    return cached[1]


def _by_session() -> Any:
    return current_user if current_user.is_authenticated else None


def _by_token() -> Any:
    """The user of a verified token. The framework's proxy raises before a token was looked for."""
    try:
        return token_user if token_user and token_user.is_authenticated else None
    except RuntimeError:
        return None
