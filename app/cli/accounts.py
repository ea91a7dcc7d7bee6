"""``flask accounts``: what is done about accounts from time to time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import sqlalchemy as sa
from flask.cli import AppGroup
from flask_appbuilder.security.sqla.models import Role, User, assoc_user_role

from app.cli.acts import command_context
from app.kernel.context import Context
from app.kernel.journal import note
from app.kernel.unit_of_work import unit_of_work
from app.security.acting import number
from app.security.departments import ADMIN
from models.signin import LoginFailure, LoginSession

# Addresses of sign-ins are a network log: half a year by law.
KEPT_DAYS = 183
accounts = AppGroup("accounts", help="Look after accounts.")


@accounts.command("sweep")
@click.option("--apply", "is_real", is_flag=True, help="Do it; without, only say what would be done.")
def sweep(*, is_real: bool) -> None:
    """Switch off accounts that nobody has used for long (auth.unused_days) and forget old sessions."""
    with unit_of_work(command_context()) as ctx:
        days = number(ctx, "auth.unused_days")
        for user, since in unused(ctx, days) if days else []:
            if is_last_admin(ctx, user):
                click.echo(f"{user.username}: not used since {since:%Y-%m-%d}; stays, it is the last administrator")
                continue
            click.echo(f"{user.username}: not used since {since:%Y-%m-%d}; switched off")
            if is_real:
                user.active = False
                ctx.session.flush()
                note(ctx, "user.switched_off", "user", user.id, data={"unused_days": days})
        forgotten = forget(ctx, is_real=is_real)
        click.echo(f"Sessions last seen more than {KEPT_DAYS} days ago: {forgotten}; forgotten")
    if not is_real:
        click.echo("Nothing has been done yet: --apply does it.")


def unused(ctx: Context, days: int) -> list[tuple[User, datetime]]:
    """Active accounts without a sign of life for so many days, with the last one.

    Making an account and changing it count as well: one that was opened again has as long as a new one.
    """
    seen = dict(
        ctx.session.execute(
            sa.select(LoginSession.user_id, sa.func.max(LoginSession.last_seen_at)).group_by(LoginSession.user_id)
        ).all()
    )
    found = []
    for user in ctx.session.scalars(sa.select(User).where(User.active.is_(True)).order_by(User.username)):
        signs = [aware(moment) for moment in (user.created_on, user.changed_on, user.last_login) if moment]
        signs += [seen[user.id]] if user.id in seen else []
        newest = max(signs, default=datetime.min.replace(tzinfo=UTC))
        if ctx.now - newest > timedelta(days=days):
            found.append((user, newest))
    return found


def aware(moment: datetime) -> datetime:
    """A moment of the framework's columns: naive, of the server's own zone."""
    return moment.astimezone(UTC)


def is_last_admin(ctx: Context, user: User) -> bool:
    """Whether nobody else could administer users after this one is switched off."""
    ctx.session.flush()
    admins = set(
        ctx.session.scalars(
            sa.select(User.id)
            .join(assoc_user_role, assoc_user_role.c.user_id == User.id)
            .join(Role, Role.id == assoc_user_role.c.role_id)
            .where(Role.name == ADMIN, User.active.is_(True))
        )
    )
    return admins == {user.id}


def forget(ctx: Context, *, is_real: bool) -> int:
    """Deletes rows of sessions and attempts that are of no use any more; says how many sessions."""
    old = ctx.now - timedelta(days=KEPT_DAYS)
    rows = LoginSession.__table__
    over = rows.c.last_seen_at < old
    count = ctx.session.scalar(sa.select(sa.func.count()).select_from(rows).where(over)) or 0
    if is_real:
        ctx.session.execute(sa.delete(rows).where(over))
        ctx.session.execute(sa.delete(LoginFailure.__table__).where(LoginFailure.last_at < old))
    return count
