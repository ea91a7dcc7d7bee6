"""The loader of the benchmarks keeps up with the tables: what it writes obeys every constraint and adds up."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import psycopg
import psycopg.sql
import pytest

from benchmarks.loader import Job, load
from benchmarks.report import table

if TYPE_CHECKING:
    from tests.databases import Database

ORDERS = 400
TODAY = date(2026, 11, 24)

# What must not exist, by what it would mean.
CONTRADICTIONS = {
    "goods are not the sum of the lines": """
        SELECT o.id FROM sales_order o JOIN order_line l ON l.order_id = o.id
        GROUP BY o.id HAVING o.goods_amount <> sum(l.line_amount)""",
    "tax is not the sum of lines and fees": """
        SELECT o.id FROM sales_order o WHERE o.tax_amount <>
        (SELECT sum(tax_amount) FROM order_line WHERE order_id = o.id)
        + (SELECT coalesce(sum(tax_amount), 0) FROM order_fee WHERE order_id = o.id)""",
    "paid is not the sum of the allocations": """
        SELECT o.id FROM sales_order o WHERE o.paid_amount <>
        (SELECT coalesce(sum(amount), 0) FROM payment_allocation WHERE order_id = o.id)""",
    "instalments are not the total": """
        SELECT o.id FROM sales_order o JOIN payment_schedule s ON s.order_id = o.id
        GROUP BY o.id HAVING o.total_amount <> sum(s.amount)""",
    "a completed order has an open line": """
        SELECT o.id FROM sales_order o JOIN order_line l ON l.order_id = o.id
        WHERE o.state IN ('completed', 'closed') AND l.qty_accepted <> l.qty_ordered""",
    "an order was received ahead of time": "SELECT id FROM sales_order WHERE received_at > '2026-11-25'",
    "an order is not in the journal": """
        SELECT o.id FROM sales_order o WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.order_id = o.id)""",
    "a constraint was left unchecked": "SELECT conname FROM pg_constraint WHERE NOT convalidated",
}


def shape(connection: psycopg.Connection) -> set[tuple[str, str]]:
    """Every constraint and index with its definition."""
    rows = connection.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
        " UNION SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    )
    return set(rows.fetchall())


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_orders_when_loaded_then_whole_and_without_contradiction(database: Database) -> None:
    url = database.url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "INSERT INTO ab_user (id, first_name, last_name, username, email)"
            " VALUES (nextval('ab_user_id_seq'), '静', '李', 'bench', 'bench@example.com') RETURNING id"
        ).fetchone()
        before = shape(connection)
        load(Job(url, ORDERS, TODAY, row[0]), lambda _text: None)
        assert shape(connection) == before
        found = {
            name: connection.execute(
                psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(name))
            ).fetchone()[0]
            for name in ("sales_order", "customer", "product")
        }
        assert found == {"sales_order": ORDERS, "customer": ORDERS * 3 // 10, "product": 400}
        states = connection.execute("SELECT count(DISTINCT state) FROM sales_order").fetchone()[0]
        assert states >= 8
        for what, statement in CONTRADICTIONS.items():
            assert connection.execute(statement).fetchall() == [], what
        assert connection.execute("SELECT nextval('sales_order_id_seq')").fetchone()[0] == ORDERS + 1


def test_table_when_written_then_columns_stand_under_each_other() -> None:
    assert table(["page", "ms"], [["list", "7.5"], ["show", "12"]]) == (
        "| page |  ms |\n|------|----:|\n| list | 7.5 |\n| show |  12 |"
    )
