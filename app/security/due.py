"""What is due before a session opens anything: a code, a new password, setting up the second factor."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role

from app.kernel.context import Context
from app.kernel.holders import holdings
from app.security.acting import number
from app.security.delegations import received
from models.access import RoleProfile
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


def asking() -> sa.ColumnElement[str]:
    """The parameter that says whether a role asks for a second factor: that of its department, if it has one."""
    return sa.literal(FACTOR) + sa.func.coalesce(RoleProfile.department, Role.name)


def needs_factor(ctx: Context, user_id: int) -> bool:
    """Whether one of the roles of a user asks for a second factor: his own, a group's, one he stands in for."""
    held = holdings()
    own = sa.select(held.c.role_id).where(held.c.user_id == user_id)
    given = sa.select(received(user_id, ctx.today).subquery().c.role_id)
    statement = sa.select(asking()).select_from(Role).outerjoin(RoleProfile, RoleProfile.role_id == Role.id)
    codes = set(ctx.session.scalars(statement.where(Role.id.in_(own.union(given)))))
    return any(number(ctx, code) > 0 for code in codes if code in PARAMETERS)


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
    if security.factor_on_at is None and needs_factor(ctx, user_id):
        return DueStep.second_factor
    return None
