"""``flask sweep``: carries out what time brings: clocks, promises, delegations, parameters, files nobody needs."""

from __future__ import annotations

from pathlib import Path

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext

from app.cli.acts import command_context
from app.jobs.clocks import sweep_clocks, tell_overdue
from app.jobs.promises import sweep_promises
from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.unit_of_work import unit_of_work
from app.services.policy.actions import apply_due
from app.services.talk.actions import purge
from app.services.talk.storage import FileStore
from models.delegation import Delegation
from models.labels import DelegationState

OPEN = (DelegationState.proposed, DelegationState.active)


@click.command("sweep")
@with_appcontext
def sweep() -> None:
    """Tell of clocks and missed promises, end delegations, put parameters in force, remove files. Every 10 minutes."""
    store = FileStore(Path(current_app.config["UPLOAD_FOLDER"]) / "attachments")
    with unit_of_work(command_context()) as ctx:
        ended, applied, removed = end_passed(ctx), apply_due(ctx), purge(ctx, store)
        overdue = tell_overdue(ctx)
    click.echo(f"Delegations ended: {ended}. Parameters in force: {applied}. Files removed: {removed}.")
    opened, clocks = sweep_promises(command_context()), sweep_clocks(command_context())
    click.echo(f"Promises missed: {opened}. Decisions overdue: {overdue}.")
    click.echo(f"Time limits told of: {clocks.told}, missed: {clocks.breached}.")


def end_passed(ctx: Context) -> int:
    """Ends delegations after their last day; returns how many. They gave nothing any more since then."""
    passed = sa.select(Delegation).where(Delegation.state.in_(OPEN), Delegation.ends_on < ctx.today)
    found = ctx.session.scalars(passed.order_by(Delegation.id)).all()
    for delegation in found:
        fire(ctx, delegation, "lapse")
    return len(found)
