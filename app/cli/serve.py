"""``flask serve``: the panel on this machine, by a server that may also stand behind a proxy."""

from __future__ import annotations

from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from waitress import serve as run

# A browser keeps up to six connections open: a hundred, as is usual, are seventeen people. By poll, not select,
# so that more than a thousand open files do not break it.
MANNERS: dict[str, Any] = {
    "connection_limit": 800,
    "channel_timeout": 60,
    "asyncore_use_poll": True,
    "ident": "zhidan",
}


@click.command("serve")
@click.option("--host", default=None, help="Address to listen on; 127.0.0.1 unless the settings say otherwise.")
@click.option("--port", default=None, type=int, help="Port to listen on; 8080 unless the settings say otherwise.")
@with_appcontext
def serve(host: str | None, port: int | None) -> None:
    """Serve the panel until Ctrl-C."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way
    host, port = host or app.config["SERVE_HOST"], port or app.config["SERVE_PORT"]
    click.echo(f"Serving at http://{host}:{port} (Ctrl-C ends it)")
    run(app, host=host, port=port, threads=app.config["SERVE_THREADS"], **MANNERS)
