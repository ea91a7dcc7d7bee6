"""What is due before a session opens anything: a code, a new password, setting up the second factor."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role, assoc_group_role, assoc_user_group, assoc_user_role

from app.kernel.context import Context
from app.security.acting import number
from app.security.departments import ROLES
from models.policy import PARAMETERS
from models.signin import AccountSecurity, DueStep

FACTOR = "auth.second_factor."


def security_of(ctx: Context, user_id: int) -> AccountSecurity:
    """What is kept beside the account; a new empty row for an account that came past the program."""
    found = ctx.session.scalars(sa.select(AccountSecurity).where(AccountSecurity.user_id == user_id)).one_or_none()
    if found is None:
        found = AccountSecurity(user_id=user_id)
        ctx.session.add(found)
        ctx.session.flush()
    return found


def role_codes(ctx: Context, user_id: int) -> set[str]:
    """The roles of a user, his own and those of his groups, as the database has them."""
    direct = sa.select(assoc_user_role.c.role_id).where(assoc_user_role.c.user_id == user_id)
    by_group = (
        sa.select(assoc_group_role.c.role_id)
        .join(assoc_user_group, assoc_user_group.c.group_id == assoc_group_role.c.group_id)
        .where(assoc_user_group.c.user_id == user_id)
    )
    return set(ctx.session.scalars(sa.select(Role.name).where(Role.id.in_(direct.union(by_group)))))


def needs_factor(ctx: Context, roles: set[str]) -> bool:
    """Whether one of the roles asks for a second factor; a role asks what its department asks."""
    asked = set()
    for code in roles:
        role = ROLES.get(code)
        asked.add(f"{FACTOR}{(role.department if role else None) or code}")
    return any(number(ctx, code) > 0 for code in asked if code in PARAMETERS)


def password_is_old(ctx: Context, security: AccountSecurity) -> bool:
    """Whether the password was set by somebody else, or longer ago than the rule allows."""
    if security.must_change_password:
        return True
    days = number(ctx, "auth.password_days")
    if days == 0:
        return False
    return security.password_set_at is None or ctx.now - security.password_set_at > timedelta(days=days)


def due_of(ctx: Context, user_id: int, *, by_password: bool, has_factor: bool) -> DueStep | None:
    """The next thing that is due, None where nothing is.

    Args:
        by_password: whether our own password was what he proved himself with.
        has_factor: whether the code was given already, in this sign-in.
    """
    security = security_of(ctx, user_id)
    if security.factor_on_at is not None and not has_factor:
        return DueStep.code
    if by_password and password_is_old(ctx, security):
        return DueStep.password
    if security.factor_on_at is None and needs_factor(ctx, role_codes(ctx, user_id)):
        return DueStep.second_factor
    return None
