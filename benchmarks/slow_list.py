"""``python -m benchmarks.slow_list``: a filter that no index answers and nothing meets, on PostgreSQL.

The page of the list by either way of ``app.kernel.hurry``, each for as long as it takes, beside the first page without
a filter: walking the index of the list's order past every row, and reading the table once.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from time import perf_counter

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.extensions import db
from app.kernel.context import LOCAL_ZONE, SYSTEM, Context
from app.kernel.listing import page, parse
from app.kernel.policy import read_policy
from benchmarks.cluster import Cluster
from benchmarks.databases import prepare
from benchmarks.report import milliseconds, table

NOBODY = (("project_name__contains", "飞机"),)
# The planner's choice, and what it chooses where the walk looks cheaper than it is.
PLANS = {"as planned": (), "without a scan": ("enable_seqscan", "enable_bitmapscan", "enable_sort")}


def say(text: str) -> None:
    """What is going on, beside the table."""
    print(text, file=sys.stderr, flush=True)


def measure(session: Session, rounds: int) -> list[list[str]]:
    """The rows of the table."""
    from views.base import ENTITIES

    view = ENTITIES["order"]
    ctx = Context(session, SYSTEM, datetime.now(LOCAL_ZONE), policy=read_policy(session))
    rows, first = [], 0.0
    ways = [("first page, no filter", (), False, ()), ("read once", NOBODY, True, ())]
    ways += [(f"walked, {name}", NOBODY, False, switches) for name, switches in PLANS.items()]
    for label, args, scans, switches in ways:
        request, problems = parse(view.spec(), ctx.actor, args)
        assert not problems, problems
        times = []
        for _ in range(rounds):
            for switch in switches:
                session.execute(sa.text(f"SET LOCAL {switch} = off"))
            began = perf_counter()
            page(ctx, view.spec(), request, scans=scans)
            times.append((perf_counter() - began) * 1000)
            session.rollback()
        median = statistics.median(times)
        first = first or median
        rows.append([label, milliseconds(median), f"× {median / first:,.1f}"])
    return rows


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slow_list", description=__doc__)
    parser.add_argument("--orders", type=int, default=300_000, help="how many orders")
    parser.add_argument("--rounds", type=int, default=7, help="how often each way is gone")
    parser.add_argument("--folder", type=Path, help="data of an earlier run of the benchmarks, kept")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="zhidan-bench-"))
    folder.chmod(0o755)  # the server runs as another user when we are root
    cluster = Cluster(folder / "pg")
    cluster.start()
    try:
        prepared = prepare(cluster, options.orders, datetime.now(LOCAL_ZONE).date(), folder, say)
        with prepared.app.test_request_context("/"), Session(db.engine) as session:
            session.execute(sa.text("SET statement_timeout = 0"))
            session.commit()
            rows = measure(session, options.rounds)
        print(f"{options.orders:,} orders · {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
        print(table(["page", "median, ms", "to the first page"], rows))
    finally:
        if options.folder:
            cluster.stop()
        else:
            cluster.remove()


if __name__ == "__main__":
    main()
