"""``flask sweep``: carries out what time brings: clocks, promises, approvals, delegations, parameters, old files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext

from app.cli.acts import command_context
from app.jobs.clocks import sweep_clocks, tell_overdue
from app.jobs.promises import sweep_promises
from app.jobs.terms import sweep_inspections, tell_of_buyers
from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.holders import holders
from app.kernel.unit_of_work import unit_of_work
from app.security.departments import ORDER_CENTER, ORDER_CENTER_LEAD
from app.services.approval.actions import expire_due, remind_due
from app.services.letter.actions import silent
from app.services.policy.actions import apply_due
from app.services.talk.actions import purge
from app.services.talk.notices import tell_people
from app.services.talk.storage import FileStore
from models.delegation import Delegation
from models.labels import DelegationState

OPEN = (DelegationState.proposed, DelegationState.active)


@click.command("sweep")
@with_appcontext
def sweep() -> None:
    """Tell of clocks and missed promises, end delegations and approvals, put parameters in force, remove files.

    Repeatable, every ten minutes.
    """
    store = FileStore(Path(current_app.config["UPLOAD_FOLDER"]) / "attachments")
    with unit_of_work(command_context()) as ctx:
        ended, applied, removed = end_passed(ctx), apply_due(ctx), purge(ctx, store)
        expired, reminded, silent_customers = expire_due(ctx), remind_due(ctx), remind_of_silence(ctx)
        overdue, reminded_buyers = tell_overdue(ctx), tell_of_buyers(ctx)
    click.echo(f"Delegations ended: {ended}. Parameters in force: {applied}. Files removed: {removed}.")
    click.echo(f"Approvals expired: {expired}. Reminders sent: {reminded}. Customers remembered: {silent_customers}.")
    opened, clocks = sweep_promises(command_context()), sweep_clocks(command_context())
    started = sweep_inspections(command_context())
    click.echo(f"Terms begun by silence: {started}. Duties of buyers: {reminded_buyers}.")
    click.echo(f"Promises missed: {opened}. Decisions overdue: {overdue}.")
    click.echo(f"Time limits told of: {clocks.told}, missed: {clocks.breached}.")


def remind_of_silence(ctx: Context) -> int:
    """Tells the order centre of letters without an answer (E5): at 24 and 48 hours, and its head when it is late."""
    letters = silent(ctx)
    desk = holders(ctx.session, ORDER_CENTER) if letters else set()
    heads = holders(ctx.session, ORDER_CENTER_LEAD) if letters else set()
    for letter in letters:
        fire(ctx, letter, "remind")
        is_late = ctx.now - letter.sent_at >= timedelta(hours=float(ctx.policy["sla.E5.limit"]))
        tell_people(ctx, letter, "confirmation_letter.remind", desk | heads if is_late else desk - heads)
    return len(letters)


def end_passed(ctx: Context) -> int:
    """Ends delegations after their last day; returns how many. They gave nothing any more since then."""
    passed = sa.select(Delegation).where(Delegation.state.in_(OPEN), Delegation.ends_on < ctx.today)
    found = ctx.session.scalars(passed.order_by(Delegation.id)).all()
    for delegation in found:
        fire(ctx, delegation, "lapse")
    return len(found)
