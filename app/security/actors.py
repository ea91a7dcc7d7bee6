"""From the person who is signed in to the :class:`Actor` of the kernel: one SQL statement a request.

The framework's tables hold the rights, so that administrators can change them; ``grants`` is what is delivered.
``can_confirm`` on the view ``order`` is ``order.confirm`` here.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from flask import current_app, g, has_request_context, session
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
from app.kernel.errors import NotFoundError
from app.security.delegations import Held, deputyships, received
from app.security.field_policy import best_of
from app.security.naming import dotted
from app.security.preview import preview_actor
from app.security.tokens import HeldToken, narrowed
from models.access import RoleField, RoleProfile, RoleScope

NOBODY = Actor(id=None, name="")
# The key of the browser's session under which the role is kept as which somebody looks at the panel.
PREVIEW = "preview_role"
# Between the words of a pair, and between pairs: neither stands in a name.
PART, BREAK = "\t", "\n"


def person_name(user: Any) -> str:
    """A name as it is said: 李静, but Ada Lovelace."""
    return said(user.last_name, user.first_name)


def said(last_name: str | None, first_name: str | None) -> str:
    """The two parts of a name as one says them."""
    first, last = (first_name or "").strip(), (last_name or "").strip()
    if first.isascii() and last.isascii():
        return f"{first} {last}".strip()
    return f"{last}{first}"


def _held() -> sa.CTE:
    """The roles that a person holds, directly or through a group, and those that delegations give for today."""
    user_id: sa.BindParameter[int] = sa.bindparam("user_id")
    direct = sa.select(assoc_user_role.c.role_id).where(assoc_user_role.c.user_id == user_id)
    by_group = (
        sa.select(assoc_group_role.c.role_id)
        .join(assoc_user_group, assoc_user_group.c.group_id == assoc_group_role.c.group_id)
        .where(assoc_user_group.c.user_id == user_id)
    )
    nobody = sa.cast(sa.null(), sa.Integer).label("giver_id")
    never = sa.cast(sa.null(), sa.Date).label("ends_on")
    own = sa.select(sa.union(direct, by_group).subquery().c.role_id, nobody, never)
    return own.union_all(received(user_id, sa.bindparam("today", type_=sa.Date))).cte("held")


def _part(kind: str, held: sa.CTE, first: Any, second: Any) -> sa.Select[Any]:
    """One kind of what roles give: pairs of words in one text, the role, and whose delegation it comes from.

    A row for each of hundreds of rights would cost more than all else that is read for a page.
    """
    giver = sa.orm.aliased(User)
    columns = (Role.name, held.c.giver_id, held.c.ends_on, giver.last_name, giver.first_name)
    pair = sa.type_coerce(first, sa.String) + PART + sa.func.coalesce(sa.type_coerce(second, sa.String), "")
    return (
        sa.select(sa.literal(kind, sa.String).label("kind"), sa.func.aggregate_strings(pair, BREAK), *columns)
        .select_from(held)
        .join(Role, Role.id == held.c.role_id)
        .outerjoin(giver, giver.id == held.c.giver_id)
        .group_by(*columns)
    )


def _rights_statement() -> sa.CompoundSelect[Any]:
    """Everything that decides about a person: roles with departments, rights, field groups, row scopes."""
    held = _held()
    granted = assoc_permissionview_role
    return sa.union_all(
        _part("role", held, Role.name, RoleProfile.department).outerjoin(RoleProfile, RoleProfile.role_id == Role.id),
        _part("right", held, Permission.name, ViewMenu.name)
        .join(granted, granted.c.role_id == Role.id)
        .join(PermissionView, PermissionView.id == granted.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id),
        _part("field", held, RoleField.field_group, RoleField.level).join(RoleField, RoleField.role_id == Role.id),
        _part("scope", held, RoleScope.entity, RoleScope.scope).join(RoleScope, RoleScope.role_id == Role.id),
    )


# Asked at every request, so put together once.
RIGHTS = _rights_statement()


def actor_of(user: Any, of: Session | None = None, today: date | None = None) -> Actor:
    """The actor for a user of the framework; somebody not signed in, or switched off, may nothing.

    Args:
        today: the day on which delegations are asked for, that of the request where there is one; else none is in
            force.
    """
    if user is None or not user.is_authenticated or not user.is_active:
        return NOBODY
    source = of or current_app.appbuilder.session  # type: ignore[attr-defined]
    if today is None and has_request_context() and "zhidan_now" in g:
        today = local_day(g.zhidan_now)
    answer = source.execute(RIGHTS, {"user_id": user.id, "today": today})
    return Actor(id=user.id, name=person_name(user), **_given(tuple(map(tuple, answer))))


@lru_cache(maxsize=64)
def _given(answer: tuple[tuple[Any, ...], ...]) -> dict[str, Any]:
    """What the rows of ``RIGHTS`` give. They are read at every request, and nearly always are what they were."""
    found: dict[str, list[tuple[str, Any]]] = {"role": [], "right": [], "field": [], "scope": []}
    rows: list[Held] = []
    for kind, pairs, role, giver_id, ends_on, last_name, first_name in answer:
        giver = said(last_name, first_name) if giver_id is not None else ""
        for pair in pairs.split(BREAK):
            first, _, second = pair.partition(PART)
            found[kind].append((first, second))
            if kind in {"role", "right"}:
                right = dotted(first, second) if kind == "right" else None
                rows.append(Held(role, right, giver_id, giver, ends_on))
    scopes: dict[str, set[str]] = {}
    for entity, name in found["scope"]:
        scopes.setdefault(entity, set()).add(name)
    stands_in, only_received = deputyships(rows)
    return {
        "roles": frozenset(row.role for row in rows),
        "departments": frozenset(department for _, department in found["role"] if department),
        "permissions": frozenset(row.right for row in rows if row.right),
        "fields": MappingProxyType(best_of(found["field"])),
        "scopes": MappingProxyType({entity: frozenset(names) for entity, names in scopes.items()}),
        "deputyships": stands_in,
        "received": only_received,
    }


def current_actor() -> Actor:
    """The actor of this request, by session cookie or token, read once; nobody outside of a request."""
    if not has_request_context():
        return NOBODY
    held: HeldToken | None = g.get("zhidan_token")
    # The header decides where it names somebody: a cookie that comes along gives nothing.
    bearer = held.user if held is not None else _by_token()
    user = bearer or _by_session()
    user_id = user.id if user is not None else None
    # A token is read after the first look at the session, so the person can change within one request.
    key = (user_id, bearer is not None, held.id if held is not None else None)
    cached: tuple[Any, Actor] | None = g.get("zhidan_actor")
    if cached is None or cached[0] != key:
        actor = actor_of(user)
        if held is not None:
            actor = narrowed(actor, held.scopes)
        elif bearer is None:
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
