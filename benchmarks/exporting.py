"""How much time and memory an export of 100,000 rows takes: ``python -m benchmarks.exporting``.

Orders of one customer are put into a fresh SQLite file; the list is then written as both kinds of file.
"""

from __future__ import annotations

import os
import resource
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

ROWS = 100_000
NOW = datetime(2026, 11, 24, 1, 40, tzinfo=UTC)
KIB = 1024


def peak() -> float:
    """The most memory this process has had so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB


def main() -> None:
    """Prints a line a format."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ZHIDAN_INSTANCE"] = folder
        from app.factory import create_app

        app = create_app()
        runner = app.test_cli_runner()
        for words in (["db", "upgrade"], ["init"]):
            runner.invoke(args=words, catch_exceptions=False)
        with app.test_request_context("/"):
            measure(Path(folder))


def measure(folder: Path) -> None:
    """Fills the table and exports it."""
    import sqlalchemy as sa

    from app.exchange.writing import Mark, write_table
    from app.extensions import db
    from app.kernel.context import SYSTEM, Context
    from app.kernel.policy import read_policy
    from models.customer import Customer
    from models.labels import CustomerKind
    from models.order import Order
    from views.base import ENTITIES
    from views.exporting import LISTED, choose

    session = db.session()
    customer = Customer(code="CUS-1", kind=CustomerKind.company, name="直木家居有限公司", search_text="")
    session.add(customer)
    session.flush()
    fixed = {"customer_id": customer.id, "received_at": NOW, "created_at": NOW, "updated_at": NOW, "version": 1}
    for start in range(0, ROWS, 5000):
        rows = [{**fixed, "state_since": NOW, "order_no": f"SO-{n:08d}"} for n in range(start, start + 5000)]
        session.execute(sa.insert(Order), rows)
    session.commit()
    ctx = Context(session, SYSTEM, NOW, policy=read_policy(session))
    for file_format in ("csv", "xlsx"):
        choice, _problems = choose(ctx, ENTITIES["order"], [], LISTED)
        before, began = peak(), perf_counter()
        path = folder / file_format
        count = write_table(path, file_format, Mark("t", "p", "n", "line"), choice.heads(), choice.cells())
        size = path.stat().st_size / KIB / KIB
        took, grown = perf_counter() - began, peak() - before
        told = f"{count:,} rows × {len(choice.names)}, {took:.1f} s, {size:.1f} MiB"
        print(f"{file_format}: {told}, peak {peak():.0f} MiB (+ {grown:.0f})")


if __name__ == "__main__":
    main()
