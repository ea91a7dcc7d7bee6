"""``flask rights``: prints the delivered rights as Markdown (``docs/rights.md``)."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.kernel.workflow import all_workflows
from app.security.matrix import rights_page


@click.command("rights")
@with_appcontext
def rights() -> None:
    """Print who may do what."""
    click.echo(rights_page(all_workflows()), nl=False)
