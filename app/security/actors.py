"""From the person who is signed in to the :class:`Actor` of the kernel: one SQL statement a request.

The framework's tables hold the rights, so that administrators can change them; ``grants`` is what is delivered.
``can_confirm`` on the view ``order`` is ``order.confirm`` here.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import current_app, g, has_request_context
from flask_appbuilder.const import PERMISSION_PREFIX
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    User,
    ViewMenu,
    assoc_group_role,
    assoc_permissionview_role,
    assoc_user_group,
    assoc_user_role,
)
from flask_jwt_extended import current_user as token_user
from flask_login import current_user
from sqlalchemy.orm import Session

from app.kernel.context import Actor, local_day
from app.security.delegations import Held, deputyships, received
from app.security.field_policy import fields_of

NOBODY = Actor(id=None, name="")


def dotted(permission_name: str, view_name: str) -> str:
    """The kernel's word for a right of the framework: ``can_confirm`` on ``order`` is ``order.confirm``."""
    return f"{view_name}.{permission_name.removeprefix(PERMISSION_PREFIX)}"


def person_name(user: Any) -> str:
    """A name as it is said: 李静, but Ada Lovelace."""
    return said(user.last_name, user.first_name)


def said(last_name: str | None, first_name: str | None) -> str:
    """The two parts of a name as one says them."""
    first, last = (first_name or "").strip(), (last_name or "").strip()
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
    # Roles of one's own, and those that delegations give for today (``app.security.delegations``).
    nobody, never = sa.null().label("giver_id"), sa.type_coerce(sa.null(), sa.Date).label("ends_on")
    own = sa.select(direct.union(by_group).subquery().c.role_id, nobody, never)
    passed = received(user_id, sa.bindparam("today", type_=sa.Date))
    held = own.union_all(passed).subquery("held")
    role_id, giver_id, ends_on = held.c.role_id, held.c.giver_id, held.c.ends_on
    giver = sa.orm.aliased(User)
    return (
        sa.select(Role.name, Permission.name, ViewMenu.name, giver_id, giver.last_name, giver.first_name, ends_on)
        .select_from(held)
        .join(Role, Role.id == role_id)
        .outerjoin(giver, giver.id == giver_id)
        .outerjoin(granted, granted.c.role_id == Role.id)
        .outerjoin(PermissionView, PermissionView.id == granted.c.permission_view_id)
        .outerjoin(Permission, Permission.id == PermissionView.permission_id)
        .outerjoin(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
    )


# Asked at every request, so put together once.
RIGHTS = _rights_statement()


def actor_of(user: Any, session: Session | None = None, today: date | None = None) -> Actor:
    """The actor for a user of the framework; somebody not signed in, or switched off, may nothing.

    Args:
        today: the day on which delegations are asked for, that of the request where there is one; else none is in
            force.
    """
    if user is None or not user.is_authenticated or not user.is_active:
        return NOBODY
    session = session or current_app.appbuilder.session  # type: ignore[attr-defined]
    if today is None and has_request_context() and "zhidan_now" in g:
        today = local_day(g.zhidan_now)
    rows = [
        Held(
            role,
            dotted(permission, view) if permission and view else None,
            giver_id,
            said(last_name, first_name) if giver_id is not None else "",
            ends_on,
        )
        for role, permission, view, giver_id, last_name, first_name, ends_on in session.execute(
            RIGHTS, {"user_id": user.id, "today": today}
        )
    ]
    roles = frozenset(row.role for row in rows)
    stands_in, only_received = deputyships(rows)
    return Actor(
        id=user.id,
        name=person_name(user),
        roles=roles,
        permissions=frozenset(row.right for row in rows if row.right),
        fields=fields_of(roles),
        deputyships=stands_in,
        received=only_received,
    )


def current_actor() -> Actor:
    """The actor of this request, by session cookie or token, read once; nobody outside of a request."""
    if not has_request_context():
        return NOBODY
    user = current_user if current_user.is_authenticated else _by_token()
    user_id = user.id if user is not None else None
    # A token is read after the first look at the session, so the person can change within one request.
    cached: tuple[int | None, Actor] | None = g.get("zhidan_actor")
    if cached is None or cached[0] != user_id:
        cached = g.zhidan_actor = (user_id, actor_of(user))
    return cached[1]


def _by_token() -> Any:
    """The user of a verified token. The framework's proxy raises before a token was looked for."""
    try:
        return token_user if token_user and token_user.is_authenticated else None
    except RuntimeError:
        return None
