"""Does the time of a refused sign-in tell whether a name exists? Prints medians and their difference in per cent.

    python -m benchmarks.signin_timing [DATABASE_URL] [ROUNDS]

Wants a database with the demo people (``flask db upgrade``, ``init``, ``demo --people-only``), else makes one in memory
of its own folder. A known, an unknown, a switched-off and a locked account take turns, so that the machine's moods hit
all of them alike.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.extensions import db
from app.factory import create_app
from config import TestConfig
from models.signin import LoginFailure

NAMES = {"known": "oc_li", "unknown": "nobody-of-this-name", "switched off": "oc_wang", "locked": "pd_chen"}
LIMIT = 10.0


def main() -> int:
    """Measures; 1 where a difference is 10 % or more."""
    url = sys.argv[1] if len(sys.argv) > 1 else ""
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(TestConfig({"DATABASE_URL": url or f"sqlite:///{Path(folder) / 'timing.sqlite'}"}))
        app.config["WTF_CSRF_ENABLED"] = False
        if not url:
            for words in (["db", "upgrade"], ["init"], ["demo", "--people-only"]):
                app.test_cli_runner().invoke(args=words, catch_exceptions=False)
        with app.app_context():
            engine = db.engine
        client, times = app.test_client(), {name: [] for name in NAMES}
        with Session(engine) as session:
            session.execute(sa.update(User).where(User.username == "oc_wang").values(active=False))
            session.commit()
        for _ in range(5):
            client.post("/login/", data={"username": NAMES["locked"], "password": "wrong"})
        with Session(engine) as session:
            locked = set(session.scalars(sa.select(LoginFailure.lock_hash)))
        for turn in range(rounds + 3):
            for kind, name in NAMES.items():
                started = time.perf_counter()
                client.post("/login/", data={"username": name, "password": "wrong"})
                if turn >= 3:  # the first ones fill caches
                    times[kind].append(time.perf_counter() - started)
            # Everybody but the locked one stays open.
            with Session(engine) as session:
                session.execute(sa.delete(LoginFailure).where(LoginFailure.lock_hash.not_in(locked)))
                session.commit()
        engine.dispose()
    medians = {kind: statistics.median(found) * 1000 for kind, found in times.items()}
    worst = max(abs(value / medians["known"] - 1) * 100 for value in medians.values())
    for kind, value in medians.items():
        print(f"{kind:<13}{value:8.2f} ms {100 * (value / medians['known'] - 1):+6.2f} %")
    return 1 if worst >= LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
