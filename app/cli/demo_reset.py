"""``flask demo --reset``: everything goes and the demo company comes anew. For a database that the demo has filled."""

from __future__ import annotations

import click
import flask_migrate
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.pool import NullPool

from app.cli.init import init
from app.extensions import db
from app.kernel.demo import is_demo

QUESTION = "Everything in this database goes, and the demo company comes anew. Go on?"


def reset() -> None:
    """Asks, empties the database and brings it up to date. Raises ClickException where the demo has not filled it."""
    if not is_demo(db.session()):
        message = "This database was not filled by `flask demo`: nothing was changed."
        raise click.ClickException(message)
    click.confirm(QUESTION, abort=True)
    db.session.remove()
    db.engine.dispose()
    # An engine of its own: the application's opens a transaction first, in which SQLite ignores the switch below.
    engine = sa.create_engine(db.engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        drop_everything(connection)
    flask_migrate.upgrade()
    click.get_current_context().invoke(init, reset_roles=False)


def drop_everything(connection: Connection) -> None:
    """Every table of the schema with its triggers; the journal cannot be emptied in any other way."""
    is_postgresql = connection.dialect.name == "postgresql"
    quote = connection.dialect.identifier_preparer.quote
    if not is_postgresql:
        # Orders and their lines refer to each other in circles; without this every order of dropping is wrong.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    for table in sa.inspect(connection).get_table_names():
        connection.exec_driver_sql(f"DROP TABLE {quote(table)}{' CASCADE' if is_postgresql else ''}")
    if is_postgresql:
        own = "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
        for signature in connection.exec_driver_sql(own).scalars().all():
            connection.exec_driver_sql(f"DROP FUNCTION {signature} CASCADE")
