"""``flask init``: rights, roles and parameters, in the release step, once for all processes. Repeatable."""

from __future__ import annotations

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext

from app.cli.acts import command_context
from app.kernel.chain import seal_older
from app.kernel.context import Context
from app.kernel.unit_of_work import unit_of_work
from app.security.installation import install, rights_of
from app.security.recording import recorded_grants
from models.policy import PARAMETERS, PolicyParameter


@click.command("init")
@click.option("--reset-roles", is_flag=True, help="Give every delivered role exactly the delivered rights again.")
@with_appcontext
def init(*, reset_roles: bool) -> None:
    """Bring rights, roles and parameters up to date; seal journal entries from before there was a chain.

    Creates no user: `flask fab create-user` does, with one of the roles that this command lists.
    """
    with unit_of_work(command_context()) as ctx:
        sealed = seal_older(ctx.session.connection())
        views = current_app.appbuilder.baseviews  # type: ignore[attr-defined]
        with recorded_grants(ctx):
            report = install(ctx.session, rights_of(views), reset_roles=reset_roles)
        parameters = add_parameters(ctx)
    click.echo(f"Rights: {len(report.added)} new, {len(report.removed)} gone.")
    click.echo(f"Roles: {', '.join(report.new_roles) or 'none new'}.")
    if sealed:
        click.echo(f"Journal: {sealed} older entries sealed.")
    click.echo(f"Parameters of the regulation: {parameters} new.")
    if report.unknown:
        click.echo(f"Delivered grants that no screen offers: {', '.join(sorted(report.unknown))}", err=True)


def add_parameters(ctx: Context) -> int:
    """Adds parameters that the table does not have yet; what the committee changed stays. Returns how many."""
    known = set(ctx.session.scalars(sa.select(PolicyParameter.code)))
    missing = [code for code in PARAMETERS if code not in known]
    for code in missing:
        delivered = PARAMETERS[code]
        ctx.session.add(
            PolicyParameter(
                code=code,
                value=delivered.value,
                unit=delivered.unit,
                label=str(delivered.label),
                clause=delivered.clause,
            )
        )
    ctx.session.flush()
    return len(missing)
