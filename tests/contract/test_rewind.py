"""Each test starts from a clean PostgreSQL database: what another has written, changed, deleted or built is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from models.base import Base

if TYPE_CHECKING:
    from tests.databases import Database

pytestmark = [
    pytest.mark.stage("people"),
    pytest.mark.parametrize("database", ["postgresql"], indirect=True),
]
TRIGGERS_OFF = "SET LOCAL session_replication_role = replica"


def done(database: Database, *statements: str) -> None:
    with database.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def contents(database: Database) -> dict[str, list[str]]:
    """Every row of every table as text, and where the sequences stand."""
    with database.engine.connect() as connection:
        tables = [*sa.inspect(connection).get_table_names()]
        held = {
            table: sorted(connection.scalars(sa.text(f'SELECT t::text FROM "{table}" t')).all()) for table in tables
        }
        held["sequences"] = sorted(connection.scalars(sa.text("SELECT s::text FROM pg_sequences s")).all())
    return held


@pytest.mark.parametrize(
    "statements",
    [
        ["INSERT INTO ab_role (name) VALUES ('x')"],
        ["UPDATE ab_user SET first_name = 'x'"],
        [TRIGGERS_OFF, "DELETE FROM journal", "DELETE FROM ab_user"],
        [TRIGGERS_OFF, "UPDATE policy_parameter SET unit = 'x'", "DELETE FROM ab_role"],
        ["SELECT nextval('sales_order_id_seq')", "SELECT setval('ab_user_id_seq', 1)"],
        ["CREATE TABLE extra (id integer PRIMARY KEY)"],
        ["ALTER TABLE ab_user DROP COLUMN first_name"],
        [TRIGGERS_OFF, "TRUNCATE ab_user CASCADE"],
    ],
    ids=["added", "changed", "deleted", "several", "counted on", "built", "dropped", "emptied"],
)
def test_database_when_written_to_then_the_next_test_has_it_as_it_was(
    database: Database, statements: list[str]
) -> None:
    before = contents(database)
    for _ in range(2):
        done(database, *statements)
        assert contents(database) != before
        database.restore("people")
        assert contents(database) == before


def test_database_when_put_back_then_its_own_rules_hold(database: Database) -> None:
    done(database, TRIGGERS_OFF, "DELETE FROM journal")
    database.restore("people")
    with pytest.raises(sa.exc.DBAPIError, match="journal"):
        done(database, "DELETE FROM journal")
    with pytest.raises(sa.exc.IntegrityError):
        done(database, "DELETE FROM ab_role")


def test_database_when_somebody_still_holds_it_then_put_back_all_the_same(database: Database) -> None:
    held = database.engine.connect()
    held.exec_driver_sql("INSERT INTO ab_role (name) VALUES ('never committed')")
    database.home.restore("people")
    with database.engine.connect() as other:
        assert other.scalar(sa.text("SELECT count(*) FROM ab_role WHERE name = 'never committed'")) == 0
    with pytest.raises(sa.exc.DBAPIError):
        held.exec_driver_sql("SELECT 1")
    held.invalidate()


def test_database_when_new_tables_are_declared_then_all_of_them_are_looked_at(database: Database) -> None:
    with database.engine.connect() as connection:
        assert set(Base.metadata.tables) <= set(sa.inspect(connection).get_table_names())
