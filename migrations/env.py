"""How Alembic runs our revisions: in one transaction, by one process at a time, with plain types in new revisions."""

from __future__ import annotations

import logging
from logging.config import fileConfig
from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app

from models.base import Fixed, UtcDateTime

# Any fixed number will do: all processes that migrate one database wait for the same one.
MIGRATION_LOCK = 7_420_131

config = context.config
if config.config_file_name is not None and not logging.getLogger().handlers:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

target_db = current_app.extensions["migrate"].db


def target_metadata() -> sa.MetaData:
    """The one metadata with the framework's tables and ours."""
    return target_db.metadatas[None] if hasattr(target_db, "metadatas") else target_db.metadata


def render_item(kind: str, item: Any, _context: Any) -> str | bool:
    """Revisions must run when the models have long changed: they get plain types, never imports of ours."""
    if kind != "type":
        return False
    if isinstance(item, Fixed):
        return f"fixed({item.precision}, {item.scale})"
    if isinstance(item, UtcDateTime):
        return "moment()"
    if isinstance(item, sa.JSON):
        return "json()"
    if isinstance(item, sa.Enum):
        return f"words({', '.join(repr(word) for word in (item.name, *item.enums))})"
    return False


def include_object(_item: Any, name: str | None, kind: str, is_reflected: bool, _other: Any) -> bool:  # noqa: FBT001
    """Trigram indexes stand on servers that have trigrams; the models do not know them."""
    return not (kind == "index" and is_reflected and name is not None and name.endswith("_trgm"))


def skip_empty_revision(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """``flask db migrate`` writes no file when nothing has changed."""
    if getattr(config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def run_offline() -> None:
    """Prints the SQL instead of running it."""
    url = target_db.engine.url.render_as_string(hide_password=False)
    context.configure(
        url=url,
        target_metadata=target_metadata(),
        literal_binds=True,
        compare_type=True,
        render_as_batch=url.startswith("sqlite"),
    )
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Runs the revisions; a failing one leaves nothing behind."""
    with target_db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # A batch copies a table and drops the old one; with foreign keys on, the drop would be refused. The
            # switch is without effect inside a transaction, so it goes past SQLAlchemy, which would begin one.
            _sqlite_foreign_keys(connection, "OFF")
        options = dict(current_app.extensions["migrate"].configure_args)
        options.setdefault("process_revision_directives", skip_empty_revision)
        options.setdefault("include_object", include_object)
        options.setdefault("compare_type", True)
        options.setdefault("render_as_batch", is_sqlite)
        context.configure(connection=connection, target_metadata=target_metadata(), render_item=render_item, **options)
        try:
            with context.begin_transaction():
                if not is_sqlite:
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
                    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                context.run_migrations()
                if is_sqlite:
                    _refuse_broken_references(connection)
        finally:
            if is_sqlite:
                connection.rollback()
                _sqlite_foreign_keys(connection, "ON")


def _sqlite_foreign_keys(connection: sa.Connection, switch: str) -> None:
    driver = connection.connection.dbapi_connection
    assert driver is not None
    cursor = driver.cursor()
    cursor.execute(f"PRAGMA foreign_keys={switch}")
    cursor.close()


def _refuse_broken_references(connection: sa.Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        msg = f"the migration breaks {len(broken)} references, the first in table {broken[0][0]}"
        raise RuntimeError(msg)


if context.is_offline_mode():
    run_offline()
else:
    run_online()
