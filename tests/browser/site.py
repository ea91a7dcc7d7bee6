"""The demo company with a server and a browser of its own, for commands that look at the screens."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from app.extensions import db
from app.factory import create_app
from config import TestConfig
from tests.browsing import SWITCHES, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STEPS = (["db", "upgrade"], ["init"], ["demo"])


@contextmanager
def demo_site() -> Iterator[tuple[Browser, str]]:
    """A browser and the address of a demo company made now; both end with the block."""
    found = chromium()
    if found is None:
        raise SystemExit("Chromium was not found (Debian: apt-get install chromium).")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(TestConfig({"DATABASE_URL": f"sqlite:///{Path(folder) / 'demo.sqlite'}"}))
        for words in STEPS:
            app.test_cli_runner().invoke(args=words, catch_exceptions=False)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=found, args=list(SWITCHES))
                yield browser, f"http://127.0.0.1:{server.server_port}"
                browser.close()
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            with app.app_context():
                db.engine.dispose()
