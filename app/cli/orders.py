"""``flask orders import FILE``: past orders of another system, with dry run, progress and an error workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.cli.acts import command_context
from app.exchange.entryrun import carry_out
from app.exchange.errors import error_workbook
from app.exchange.mapping import Mapped, mapping_for
from app.exchange.reading import Book, read_book
from app.exchange.report import HEADERS
from app.exchange.running import open_batch, rejected_rows
from app.exchange.wording import account, notes, reason_counts
from app.extensions import db
from app.kernel.context import Context
from app.kernel.errors import DomainError
from app.kernel.unit_of_work import unit_of_work
from models.exchange import ImportBatch


@click.group("orders")
def orders() -> None:
    """Orders from files."""


@orders.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--sheet", default=None, help="Sheet with the order lines; recognised by its headers unless named.")
@click.option("--dry-run", is_flag=True, help="Check everything, save nothing.")
@click.option(
    "--errors",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default=None,
    help="Write rejected rows with their reasons to this workbook.",
)
@with_appcontext
def import_orders(*, file: Path, sheet: str | None, dry_run: bool, errors: Path | None) -> None:
    """Import past orders from FILE (xlsx, xls or csv), one transaction an order. Repeating it changes nothing."""
    with Session(db.engine) as session:
        base = command_context()
        # The parameters have been read; an open transaction would keep the import from writing.
        base.session.rollback()
        ctx = replace(base, session=session)
        try:
            book = read_book(file.read_bytes(), file.name)
            mapped = mapping_for(ctx, book, sheet=sheet)
            session.rollback()
            batch_id = run(ctx, book, mapped, is_dry_run=dry_run)
        except DomainError as error:
            raise click.ClickException(str(error)) from error
        batch = session.get_one(ImportBatch, batch_id)
        tell(batch.report, is_dry_run=dry_run)
        if errors is not None:
            errors.write_bytes(error_workbook(rejected_rows(ctx, batch_id), batch.report[HEADERS]))
            click.echo(_("Error workbook: %(path)s", path=errors))


def run(ctx: Context, book: Book, mapped: Mapped, *, is_dry_run: bool) -> int:
    """Runs the import with a bar of progress. Returns the id of its account."""
    with unit_of_work(ctx):
        batch_id = open_batch(ctx, book, mapped, is_dry_run=is_dry_run).id
    label = _("Dry run") if is_dry_run else _("Import")
    with click.progressbar(length=1, label=label, show_pos=True) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        carry_out(ctx, batch_id, book, mapped, is_dry_run=is_dry_run, record=unit_of_work, progress=show)
    return batch_id


def tell(report: Mapping[str, Any], *, is_dry_run: bool) -> None:
    """Prints the account of an import."""
    for line in account(report):
        click.echo(f"{line.label}: {line.value}" + (f"  ({line.hint})" if line.hint else ""))
    for label, count in reason_counts(report):
        click.echo(f"  {count:>6}  {label}")
    for note in notes():
        click.echo(note)
    if is_dry_run:
        click.echo(_("Dry run: nothing was saved."))
