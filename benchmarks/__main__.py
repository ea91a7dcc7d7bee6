"""``python -m benchmarks``: load 1,000 and 1,000,000 orders, measure, and say which aims are met.

The server and its data live in a folder outside of the repository and are removed afterwards unless ``--keep``.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.kernel.context import LOCAL_ZONE
from benchmarks import interaction
from benchmarks.cluster import Cluster
from benchmarks.databases import prepare
from benchmarks.measure import Visitor, run
from benchmarks.pages import LIST, pages_of
from benchmarks.report import checks, checks_table, pages_table, plain_table
from benchmarks.traffic import requests_a_second

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
PLAIN = (
    "list", "last", "by amount", "state", "show", "add", "customers", "api list", "chart orders_by_state",
    "chart orders_by_month, all",
)  # fmt: skip


def say(text: str) -> None:
    """What is going on, beside the tables."""
    print(text, file=sys.stderr, flush=True)


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", default="1000,1000000", help="numbers of orders, with commas")
    parser.add_argument("--rounds", type=int, default=40, help="how often each page is asked for at each size")
    parser.add_argument("--folder", type=Path, help="where the server keeps its data; a temporary one unless given")
    parser.add_argument("--keep", action="store_true", help="leave data and databases for the next run")
    parser.add_argument("--load-only", action="store_true", help="load and stop; implies --keep")
    parser.add_argument("--plain-limit", type=int, default=90, help="seconds for a plain page; 0 leaves them out")
    parser.add_argument("--interactions", type=int, default=20, help="how often each one is done; 0 leaves them out")
    parser.add_argument("--seconds", type=float, default=10, help="how long four clients ask; 0 leaves it out")
    return parser.parse_args(words)


def beside(url: str, limit: int) -> list[dict[str, Any]]:
    """The pages of the plain framework, each in a process of its own."""
    found = []
    for name in PLAIN:
        say(f"plain: {name}")
        words = [sys.executable, "-m", "benchmarks.plain", url, name, str(limit)]
        done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        lines = done.stdout.decode().splitlines()
        failed = {"page": name, "failure": f"ended with {done.returncode}", "statements": 0, "size": 0, "memory_mb": 0}
        found.append(json.loads(lines[-1]) if lines else failed)
    return found


def report(options: argparse.Namespace, cluster: Cluster, folder: Path) -> int:
    """Load what is missing, measure, print; the number of aims that are missed."""
    now = datetime.now(LOCAL_ZONE)
    sizes = [int(word.replace("_", "")) for word in options.sizes.split(",")]
    prepared = {size: prepare(cluster, size, now.date(), folder, say) for size in sizes}
    if options.load_only:
        return 0
    visitors = {size: (Visitor(found), pages_of(found, now.date())) for size, found in prepared.items()}
    pages = visitors[sizes[-1]][1]
    figures = run(visitors, options.rounds, say)
    rates = traffic(prepared, options.seconds, folder) if options.seconds else {}
    plain: Mapping[int, list[dict[str, Any]]] = {}
    if options.plain_limit:
        plain = {size: beside(found.url, options.plain_limit) for size, found in prepared.items()}
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"{now:%Y-%m-%d %H:%M} · {cores} cores, load {load:.1f} · Python {platform.python_version()}")
    print(f"\n## Pages, median of {options.rounds} rounds\n\n{pages_table(pages, figures)}")
    for size, rate in rates.items():
        print(f"\nList with 4 clients at {size:,} orders: {rate:.0f} requests/s (gunicorn, 2 processes, 8 threads).")
    if plain:
        print(f"\n## Beside the plain framework\n\n{plain_table(pages, figures, plain)}")
    found = list(checks(pages, figures, rates))
    missed = [check for check in found if not check.is_met]
    print(f"\n## Aims: {len(found) - len(missed)} of {len(found)} met\n\n{checks_table(found)}")
    return len(missed) + (interactions(options.interactions) if options.interactions else 0)


def interactions(times: int) -> int:
    """What a person at the demo company waits for, in a browser; the number that misses the aim."""
    say(f"interactions, {times} times each")
    shown, missed = interaction.report(times)
    print(f"\n## Interactions, {times} times each, load {os.getloadavg()[0]:.1f}\n\n{shown}")
    return missed


def traffic(prepared: Mapping[int, Any], seconds: float, folder: Path) -> dict[int, float]:
    """Requests a second at each size."""
    found = {}
    for size, database in prepared.items():
        say(f"four clients at {size:,} orders")
        found[size] = requests_a_second(database.url, folder, LIST, seconds=seconds)
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0 when every aim is met, 1 when one is missed."""
    options = arguments(words)
    logging.disable(logging.WARNING)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="zhidan-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # the server runs as another user when we are root
    cluster = Cluster(folder / "pg")
    cluster.start()
    try:
        return min(report(options, cluster, folder), 1)
    finally:
        if options.keep or options.load_only:
            cluster.stop()
            say(f"kept in {folder}")
        else:
            cluster.remove()


if __name__ == "__main__":
    sys.exit(main())
