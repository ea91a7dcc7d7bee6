"""``flask privacy``: anonymise people after their time, purge copies, lock keys anew, describe the personal columns."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import click
from cryptography.exceptions import InvalidTag
from flask import current_app
from flask.cli import with_appcontext

from app.cli.acts import command_context
from app.exchange.storage import Store
from app.kernel.context import Context
from app.kernel.errors import DomainError
from app.kernel.sealing import rewrap
from app.kernel.unit_of_work import unit_of_work
from app.security.personal_data import personal_data_page
from app.services.privacy.anonymise import (
    Plan,
    anonymise,
    anonymise_message,
    due,
    messages_due,
    plan_of,
    plan_of_message,
)
from app.services.privacy.purge import files_before, purge
from config import derived_key
from models.customer import Customer
from models.inbox import InboxItem

HEADER = ("person", "record_type", "record", "column", "after")


@click.group("privacy")
def privacy() -> None:
    """Personal data after its time."""


@privacy.command("anonymise")
@click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")
@click.option("--limit", type=click.IntRange(min=1), default=None, help="At most so many people.")
@click.option(
    "--to",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default=None,
    help="Write every change to this CSV file; old values are not in it.",
)
@with_appcontext
def anonymise_command(*, dry_run: bool, limit: int | None, to: Path | None) -> None:
    """Anonymise people without orders within retention, one transaction a person. Repeatable."""
    ctx = command_context()
    people = [customer.id for customer in due(ctx, limit)]
    messages = [message.id for message in messages_due(ctx)]
    ctx.session.rollback()
    plans = [*_people(ctx, people, is_dry_run=dry_run), *_messages(ctx, messages, is_dry_run=dry_run)]
    if to is not None:
        with to.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([HEADER, *(line for lines in plans for line in lines)])
    click.echo(f"{len(people)} people, {len(messages)} messages, {sum(map(len, plans))} values.")
    if dry_run:
        click.echo("Dry run: nothing was changed.")


def _people(ctx: Context, ids: list[int], *, is_dry_run: bool) -> list[list[tuple[str, ...]]]:
    found = []
    for pk in ids:
        try:
            with unit_of_work(ctx):
                customer = ctx.session.get_one(Customer, pk)
                lines = told(plan_of(ctx, customer)) if is_dry_run else told(anonymise(ctx, customer))
            found.append(lines)
        except DomainError as error:
            click.echo(f"#{pk}: {error}", err=True)
    return found


def _messages(ctx: Context, ids: list[int], *, is_dry_run: bool) -> list[list[tuple[str, ...]]]:
    found = []
    for pk in ids:
        with unit_of_work(ctx):
            message = ctx.session.get_one(InboxItem, pk)
            found.append(told(plan_of_message(message)) if is_dry_run else told(anonymise_message(ctx, message)))
    return found


def told(plan: Plan) -> list[tuple[str, ...]]:
    """The changes of a plan as lines, without any old value."""
    return [
        (str(plan.record), change.entity, str(change.record), change.column, str(change.after or ""))
        for change in plan.changes
    ]


@privacy.command("purge")
@click.option("--dry-run", is_flag=True, help="Say what would go, remove nothing.")
@with_appcontext
def purge_command(*, dry_run: bool) -> None:
    """Remove answers to forms, rows of imported files and uploaded files past their time."""
    ctx = command_context()
    with unit_of_work(ctx):
        found = purge(ctx, is_dry_run=dry_run)
    store = Store(Path(current_app.config["UPLOAD_FOLDER"]) / "imports")
    files = store.purge(files_before(ctx), is_dry_run=dry_run)
    click.echo(f"{found.answers} answers, {found.rows} rows, {files} files.")
    if dry_run:
        click.echo("Dry run: nothing was removed.")


@privacy.command("rewrap")
@with_appcontext
def rewrap_command() -> None:
    """Lock the keys of people with the present secret; OLD_SUBJECT_SECRET holds the one before."""
    old = os.environ.get("OLD_SUBJECT_SECRET", "")
    if not old:
        message = "Set OLD_SUBJECT_SECRET to the SUBJECT_SECRET (or SECRET_KEY) from before."
        raise click.ClickException(message)
    ctx = command_context()
    try:
        with unit_of_work(ctx):
            count = rewrap(ctx.session, derived_key(old, "subjects"))
    except InvalidTag as error:
        message = "A key is not locked with this secret. Nothing was changed."
        raise click.ClickException(message) from error
    click.echo(f"{count} keys.")


@privacy.command("columns")
@with_appcontext
def columns_command() -> None:
    """Print every personal column as Markdown (docs/personal-data.md)."""
    click.echo(personal_data_page(), nl=False)
