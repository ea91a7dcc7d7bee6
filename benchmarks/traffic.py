"""Requests a second of the list: four clients against the panel as it is deployed, on this machine."""

from __future__ import annotations

import http.client
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from benchmarks.databases import PASSWORD
from benchmarks.measure import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
CLIENTS: Final = 4
WARM_UP_SECONDS: Final = 2.0


def requests_a_second(url: str, folder: Path, path: str, *, seconds: float) -> float:
    """How many times a second four clients get the page, each over one connection of its own."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    settings = {
        **os.environ,
        "DATABASE_URL": url,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ZHIDAN_ENV": "development",
        "ZHIDAN_INSTANCE": str(folder / "instance"),
        "PYTHONPATH": str(ROOT),
    }
    # As the container starts it, without the log of requests.
    words = [
        sys.executable, "-m", "gunicorn", "app.factory:create_app()", "--bind", f"127.0.0.1:{port}", "--workers", "2",
        "--worker-class", "gthread", "--threads", "8", "--log-level", "warning", "--worker-tmp-dir", "/dev/shm",  # noqa: S108
    ]  # fmt: skip
    server = subprocess.Popen(words, env=settings, cwd=ROOT)
    try:
        cookie = _sign_in(port)
        return _press(port, path, cookie, seconds)
    finally:
        server.terminate()
        server.wait(timeout=15)


def _answers(port: int) -> Iterator[http.client.HTTPConnection]:
    """Connections until one is accepted; the server needs a while to start."""
    for _ in range(120):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.connect()
        except OSError:
            time.sleep(0.5)
            continue
        yield connection


def _sign_in(port: int) -> str:
    connection = next(_answers(port))
    connection.request("GET", "/login/")
    answer = connection.getresponse()
    found = TOKEN.search(answer.read().decode())
    assert found is not None
    cookie = str(answer.headers["Set-Cookie"]).split(";", 1)[0]
    form = urlencode({"username": "order_center", "password": PASSWORD, "csrf_token": found[1]})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login/", form, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == http.client.FOUND, answer.status
    return str(answer.headers["Set-Cookie"]).split(";", 1)[0]


def _press(port: int, path: str, cookie: str, seconds: float) -> float:
    counts = [0] * CLIENTS
    failures: list[str] = []
    start = time.monotonic() + WARM_UP_SECONDS
    end = start + seconds

    def ask(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while (now := time.monotonic()) < end:
            connection.request("GET", path, headers={"Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.client.OK:
                failures.append(f"status {answer.status}")
                return
            counts[place] += now >= start

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return sum(counts) / seconds
