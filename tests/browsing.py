"""A real Chromium for tests. A page fails its test when a script breaks or something outside is asked for."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pytest

from tests.databases import unavailable
from tests.sweeps.depth import FULL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

ARTIFACTS: Final = Path(__file__).resolve().parent.parent / "artifacts"
NAMES: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
SWITCHES: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """Where Chromium is on this machine; ZHIDAN_CHROMIUM names another one."""
    return os.environ.get("ZHIDAN_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as the machine has it."""
    sync_api = pytest.importorskip("playwright.sync_api")
    found = chromium()
    if found is None:
        unavailable("Chromium was not found (Debian: apt-get install chromium).")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(SWITCHES))
        yield opened
        opened.close()


@pytest.fixture
def new_context(browser: Browser, live_server: str) -> Iterator[Callable[..., BrowserContext]]:
    """Open one more person's browser: own cookies, Chinese, Shanghai time, 1440 px wide, no fingers, unless told."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []
    host = urlsplit(live_server).netloc

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: troubles.append(f"script error on {page.url}: {error}"))
        page.on("request", lambda request: note_outside(request.url))

    def note_outside(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != host:
            troubles.append(f"asked for something outside: {url}")

    def make(*, width: int = 1440, height: int = 900, locale: str = "zh-CN", touch: bool = False) -> BrowserContext:
        context = browser.new_context(
            has_touch=touch,
            is_mobile=touch,
            base_url=live_server,
            locale=locale,
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": height},
        )
        context.on("page", watch)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """One page of one person; relative addresses go to the live server."""
    return new_context().new_page()


def picture_book(folder: Path) -> Callable[[Page, str], Path]:
    """Start a folder of pictures anew: each is <nn>-<name>.png, the numbers follow the order of the steps.

    Pictures are for people to look at, so the short form of the tests takes none.
    """
    shutil.rmtree(folder, ignore_errors=True)
    taken = 0

    def keep(page: Page, name: str) -> Path:
        nonlocal taken
        taken += 1
        path = folder / f"{taken:02d}-{name}.png"
        if not FULL:
            return path
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path, full_page=True)
        return path

    return keep


@pytest.fixture
def keep_picture(request: pytest.FixtureRequest) -> Callable[[Page, str], Path]:
    """Keep pictures of a test's pages as artifacts/<test>/<nn>-<name>.png."""
    return picture_book(ARTIFACTS / re.sub(r"[^\w.-]+", "-", request.node.name).strip("-"))
