"""Main pages at the width of a desk and of a telephone, in both languages and themes: they fit, all can use them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.accessibility import findings
from tests.browser.desk import Desk
from tests.browser.main_pages import HEIGHTS, LOCALES, LOOKS, MISSING, PAGES, Look, addresses
from tests.sweeps.depth import FULL

if TYPE_CHECKING:
    from playwright.sync_api import Page

# `make test` sees each page once, each in another look; `make sweeps` every page in every look.
WALKS = [[look] for look in LOOKS] if FULL else [LOOKS]
pytestmark = [
    pytest.mark.stage("demo"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
NAMELESS = """() => [...document.querySelectorAll('main a, main button, main input:not([type=hidden]), main select')]
    .filter(e => e.checkVisibility() && !(e.textContent.trim() || e.title || e.getAttribute('aria-label')
        || e.getAttribute('aria-labelledby') || e.labels?.length)).map(e => e.outerHTML.slice(0, 80))"""


def watch(page: Page, troubles: list[str]) -> None:
    """Whatever the browser complains about: broken scripts, refused by the content policy, files not found."""

    def complain(message: Any) -> None:
        # The page of a record that is not there is asked for on purpose.
        if message.type == "error" and "999999" not in message.location.get("url", ""):
            troubles.append(f"{page.url}: {message.text}")

    page.on("console", complain)


def sideways(page: Page, width: int) -> list[str]:
    """Whether the page is wider than its window."""
    page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
    wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return [f"scrolls sideways: {wide[0]} in {wide[1]}"] if wide[0] > wide[1] else []


def faults(page: Page, look: Look) -> list[str]:
    """What is wrong with the shown page."""
    found = findings(page)
    if page.get_attribute("html", "lang") != LOCALES[look.language]:
        found.append(f"lang is {page.get_attribute('html', 'lang')}")
    if ("dark" in look.theme) != page.evaluate("'dark' in document.documentElement.dataset"):
        found.append("in the other theme")
    if page.locator("h1").count() != 1:
        found.append(f"{page.locator('h1').count()} first headings")
    found += [f"nameless: {html}" for html in page.evaluate(NAMELESS)]
    # Whatever the look is, it fits on both.
    return found + [fault for width in HEIGHTS for fault in sideways(page, width)]


@pytest.mark.parametrize("looks", WALKS, ids=lambda looks: str(looks[0]) if len(looks) == 1 else "each")
def test_pages_when_shown_then_they_fit_and_nothing_is_amiss(sit_down: Callable[..., Desk], looks: list[Look]) -> None:
    troubles: list[str] = []
    desk: Desk | None = None
    following = cycle(looks)
    for username, paths in PAGES.items():
        if desk is None:
            desk = sit_down(username)
            watch(desk.page, troubles)
        else:
            desk.context.clear_cookies()
            desk.sign_in(username)
        for address in list(addresses(desk.page, paths)):
            look = next(following)
            look.put_on(desk.page)
            response = desk.open_whole(address)
            if response.status != (404 if address.endswith(MISSING) else 200):
                troubles.append(f"{address}: {response.status}")
            troubles += [f"{username} {address} {look}: {fault}" for fault in faults(desk.page, look)]
    assert troubles == []
