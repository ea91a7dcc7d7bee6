"""``python -m benchmarks.importing``: how long an import of 5,000 rows takes, on SQLite and on PostgreSQL.

Customers with an address each are imported as a clerk does it, one transaction a customer; past orders as the command
does it, one transaction an order of two lines. A dry run before takes as long again.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import psycopg

from benchmarks.cluster import Cluster
from benchmarks.databases import open_app
from benchmarks.people import person, phone
from benchmarks.report import table
from tests.databases import Database
from tests.imports import CUSTOMER_COLUMNS, Importer
from tests.imports import table as sheet
from tests.order_books import line, workbook

LINES_AN_ORDER = 2


def customers(rows: int) -> bytes:
    """A workbook of so many customers."""
    made = (
        ("个人", person(number)[0], phone(number), None, "杭州", "杭州", "浙江", f"文三路 {number} 号", None)
        for number in range(rows)
    )
    return sheet(CUSTOMER_COLUMNS, *made)


def orders(rows: int) -> bytes:
    """An order book of so many lines, two an order."""
    lines = []
    for number in range(rows):
        order, article = number // LINES_AN_ORDER, number % 40
        own = {"订单 ID": f"B-{order:06d}", "客户 ID": f"林晓-{order % 900}"}
        lines.append(line(number + 1, **own, **{"产品 ID": f"椅-{article:02d}", "产品名称": f"餐椅 {article}"}))
    return workbook(lines)


@contextmanager
def homes(folder: Path) -> Iterator[dict[str, str]]:
    """An empty database of each kind: its name and address."""
    cluster = Cluster(folder / "pg")
    cluster.start()
    try:
        with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE importing TEMPLATE template0")
        yield {"SQLite": f"sqlite:///{folder / 'importing.sqlite'}", "PostgreSQL": cluster.url("importing")}
    finally:
        cluster.remove()


def measure(kind: str, url: str, folder: Path, rows: int) -> Iterator[list[str]]:
    """A line of the table for each file."""
    database = Database(kind, None, open_app(url, folder))  # type: ignore[arg-type]
    for words in (("db", "upgrade"), ("init",), ("demo", "--people-only")):
        database.run(*words)
    files = (("customer", "customers", customers(rows), "oc_li"), ("order", "past orders", orders(rows), "oc_zhao"))
    for subject, label, data, who in files:
        clerk = Importer(database, who)
        began = perf_counter()
        batch = clerk.brings(subject, data)
        took = perf_counter() - began
        told = f"{batch.rows_ok:,}", f"{took:,.1f}", f"{rows / took:,.0f}", f"{len(clerk.statements) / rows:.1f}"
        yield [label, kind, *told]
    database.engine.dispose()


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.importing", description=__doc__)
    parser.add_argument("--rows", type=int, default=5000, help="rows of each file")
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # the server runs as another user when we are root
        with homes(folder) as urls:
            found = [line for kind, url in urls.items() for line in measure(kind, url, folder, rows)]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print(table(["import", "on", "rows taken", "seconds", "rows a second", "statements a row"], found))


if __name__ == "__main__":
    main()
