"""``python -m benchmarks.journal``: how fast the chain over the journal is written and walked, on a file of SQLite.

Writes entries like those of an edited order, ten a transaction, then walks the chain as ``flask audit verify`` does.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.extensions import db
from app.factory import create_app
from app.kernel.context import SYSTEM, Context
from app.kernel.journal import Act, entry, write
from app.kernel.verification import snapshot, verify
from config import TestConfig

IN_ONE = 10
CHANGES = {
    "state": ["draft", "pending_review"],
    "total_amount": ["9894.80", "9994.80"],
    "promised_on": [None, "2026-11-28"],
    "note": ["三楼，有电梯", "三楼，无电梯，请提前联系"],
}


def fill(session: Session, rows: int) -> float:
    """Writes so many entries. Returns the seconds it took."""
    start = time.perf_counter()
    for number in range(rows // IN_ONE):
        ctx = Context(session, SYSTEM, datetime.now(UTC), "cli", f"{number:016x}", "192.0.2.1")
        act = Act("order.edit", data={"checks": ["stock", "price"], "qty": "4.000"})
        write(session, [entry(ctx, "order", number, number, act, CHANGES) for _ in range(IN_ONE)])
        session.commit()
    return time.perf_counter() - start


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.journal", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000, help="how many entries")
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'journal.sqlite'}"
        app = create_app(TestConfig({"DATABASE_URL": url, "ZHIDAN_INSTANCE": folder}))
        for words in (["db", "upgrade"], ["init"]):
            result = app.test_cli_runner().invoke(args=words, catch_exceptions=False)
            assert result.exit_code == 0, result.output
        with app.app_context():
            with Session(db.engine) as session:
                written = fill(session, rows)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            start = time.perf_counter()
            with snapshot(db.engine) as connection:
                report = verify(connection)
            walked = time.perf_counter() - start
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    state = "in order" if report.finding is None else str(report.finding)
    print(f"written: {rows:,} entries in {written:.1f} s, {rows / written:,.0f} a second")
    print(f"walked: {report.rows:,} entries under {report.seals:,} seals in {walked:.1f} s,", end=" ")
    print(f"{report.rows / walked:,.0f} a second, {grown:.0f} MB more memory: {state}")


if __name__ == "__main__":
    main()
