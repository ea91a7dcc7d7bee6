"""Fills a migrated, empty database: COPY by two processes, then indexes and foreign keys, then statistics."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import psycopg

from benchmarks.copying import Scaffold
from benchmarks.moments import Calendar
from benchmarks.orders import OrderMaker
from benchmarks.people import CustomerMaker, load_products
from benchmarks.sheets import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PROCESSES: Final = 2
BLOCK: Final = 4_000
# Three customers for ten orders.
CUSTOMER_SHARE: Final = 0.3
UNLIMITED: Final = "-c statement_timeout=0 -c timezone=UTC"


@dataclass(frozen=True)
class Job:
    """What to load into which database."""

    url: str
    orders: int
    today: date
    user_id: int

    @property
    def customers(self) -> int:
        """How many customers the orders are spread over."""
        return max(int(self.orders * CUSTOMER_SHARE), 1)


def load(job: Job, say: Callable[[str], None]) -> None:
    """Load everything; says how far it is.

    Raises:
        psycopg.Error: a row or a reference breaks a constraint.
    """
    began = time.monotonic()

    def step(text: str) -> None:
        say(f"{time.monotonic() - began:6.1f} s  {text}")

    with psycopg.connect(job.url, options=UNLIMITED, autocommit=True) as connection:
        scaffold = Scaffold(connection, TABLES)
        scaffold.take_down()
        with connection.transaction(), connection.cursor() as cursor:
            load_products(cursor, job.user_id)
        _spread(load_customers, job, job.customers, lambda done: step(f"customers {done:,}"))
        _spread(load_orders, job, job.orders, lambda done: step(f"orders {done:,}"))
        statements = scaffold.indexes()
        for done, _ in enumerate(_run_all(job, statements), start=1):
            if done % 40 == 0 or done == len(statements):
                step(f"indexes {done} of {len(statements)}")
        adding, checking = scaffold.foreign_keys()
        for statement in adding:
            connection.execute(statement)
        for _ in _run_all(job, checking):
            pass
        step("foreign keys added and checked")
        for table in TABLES:
            connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        connection.execute("VACUUM (ANALYZE)")
        step("vacuumed and analysed")


def load_customers(job: Job, numbers: range) -> int:
    """Customers of one block, in one transaction."""
    maker = CustomerMaker(job.user_id)
    for number in numbers:
        maker.make(number)
    with psycopg.connect(job.url, options=UNLIMITED) as connection, connection.cursor() as cursor:
        maker.send(cursor)
    return len(numbers)


def load_orders(job: Job, numbers: range) -> int:
    """Orders of one block with everything that hangs on them, in one transaction."""
    maker = OrderMaker(Calendar(job.today), job.user_id, count=job.orders, customers=job.customers)
    for number in numbers:
        maker.make(number)
    with psycopg.connect(job.url, options=UNLIMITED) as connection, connection.cursor() as cursor:
        maker.sheets.send(cursor)
    return len(numbers)


def _spread(work: Callable[[Job, range], int], job: Job, count: int, say: Callable[[int], None]) -> None:
    blocks = [range(start, min(start + BLOCK, count + 1)) for start in range(1, count + 1, BLOCK)]
    done = said = 0
    if len(blocks) == 1:
        say(work(job, blocks[0]))
        return
    with ProcessPoolExecutor(PROCESSES) as pool:
        for finished in pool.map(work, [job] * len(blocks), blocks):
            done += finished
            if done - said >= count // 10 or done == count:
                said = done
                say(done)


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, options=UNLIMITED, autocommit=True) as connection:
        connection.execute(statement)


def _run_all(job: Job, statements: list[str]) -> Iterable[None]:
    """Side by side where there is enough to do."""
    if job.orders <= BLOCK:
        yield from (_execute(job.url, statement) for statement in statements)
        return
    with ProcessPoolExecutor(PROCESSES) as pool:
        yield from pool.map(_execute, [job.url] * len(statements), statements)
