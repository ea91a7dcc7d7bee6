"""``flask exports``: removes files that are kept no longer and ends approvals whose time is over. Run it every hour."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from app.cli.acts import command_context
from app.exchange.kept import ExportStore
from app.kernel.unit_of_work import unit_of_work
from app.services.export.actions import forget


@click.command("exports")
@with_appcontext
def exports() -> None:
    """Clear up behind exports: files older than a day, requests and approvals that are over."""
    ctx = command_context()
    store = ExportStore(Path(current_app.config["UPLOAD_FOLDER"]) / "exports")
    with unit_of_work(ctx):
        names = forget(ctx)
    store.forget(names)
    click.echo(f"Files removed: {len(names) + store.sweep(ctx.now)}.")
