"""``flask serve``: the panel on this machine, by a server that may also stand behind a proxy."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext
from waitress import serve as run


@click.command("serve")
@click.option("--host", default=None, help="Address to listen on; 127.0.0.1 unless the settings say otherwise.")
@click.option("--port", default=None, type=int, help="Port to listen on; 8080 unless the settings say otherwise.")
@with_appcontext
def serve(host: str | None, port: int | None) -> None:
    """Serve the panel until Ctrl-C."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way
    host, port = host or app.config["SERVE_HOST"], port or app.config["SERVE_PORT"]
    click.echo(f"Serving at http://{host}:{port} (Ctrl-C ends it)")
    run(app, host=host, port=port, threads=app.config["SERVE_THREADS"], ident="zhidan")
