"""The databases of a run: one for each size in one server, migrated and initialised by our own commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role, User
from werkzeug.security import generate_password_hash

from app.cli.acts import command_context
from app.cli.demo import relax_sign_in
from app.factory import create_app
from app.kernel.unit_of_work import unit_of_work
from benchmarks.cluster import Cluster
from benchmarks.loader import Job, load
from config import TestConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

PASSWORD: Final = "Bench-2026-direct-orders"  # noqa: S105 - of accounts that live as long as a run
# Who looks at the pages: user name and roles.
PEOPLE: Final = {
    "order_center": ("order_center",),
    "committee": ("committee", "committee_lead"),
}


@dataclass
class Prepared:
    """A loaded database with the application bound to it."""

    orders: int
    url: str
    app: Flask


def database_of(orders: int) -> str:
    """The name of the database for a number of orders."""
    return f"bench_{orders}"


def prepare(cluster: Cluster, orders: int, today: date, folder: Path, say: Callable[[str], None]) -> Prepared:
    """Open the database of a size; make and load it where it is missing."""
    name = database_of(orders)
    url = cluster.url(name)
    is_new = _create(cluster, name)
    app = open_app(url, folder)
    if is_new:
        say(f"{orders:,} orders: migrating")
        for words in (["db", "upgrade"], ["init"]):
            _command(app, words)
        user_id = _add_people(app)
        say(f"{orders:,} orders: loading")
        load(Job(url, orders, today, user_id), say)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"COMMENT ON DATABASE {name} IS 'loaded {today.isoformat()}'")
    return Prepared(orders, url, app)


def open_app(url: str, folder: Path) -> Flask:
    """The application on a database, with the settings of tests: a secret of its own, no limit on logins."""
    return create_app(TestConfig({"DATABASE_URL": url, "ZHIDAN_INSTANCE": str(folder / "instance")}))


def _create(cluster: Cluster, name: str) -> bool:
    """Whether the database had to be made; half a load is thrown away."""
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if row is not None and row[0]:
            return False
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return True


def _command(app: Flask, words: list[str]) -> None:
    result = app.test_cli_runner().invoke(args=words)
    if result.exit_code:
        msg = f"flask {' '.join(words)} ended with {result.exit_code}:\n{result.output}\n{result.exception!r}"
        raise RuntimeError(msg)


def _add_people(app: Flask) -> int:
    """The accounts of the run; returns the id of the first one.

    As at the demo company the password alone is enough: what is measured is the pages behind it.
    """
    with app.app_context(), unit_of_work(command_context()) as ctx:
        relax_sign_in(ctx)
        roles = {role.name: role for role in ctx.session.scalars(sa.select(Role))}
        hashed = generate_password_hash(PASSWORD)
        people = [
            User(username=name, first_name="静", last_name="李", email=f"{name}@example.com", password=hashed,
                 active=True, roles=[roles[code] for code in codes])
            for name, codes in PEOPLE.items()
        ]  # fmt: skip
        ctx.session.add_all(people)
        ctx.session.flush()
        return int(people[0].id)
