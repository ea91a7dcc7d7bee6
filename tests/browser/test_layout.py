"""Main pages at the width of a desk and of a telephone, in both languages and themes: they fit, all can use them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.accessibility import findings
from tests.browser.desk import Desk
from tests.browsing import ARTIFACTS
from tests.sweeps.depth import FULL

if TYPE_CHECKING:
    from playwright.sync_api import Page

# By the person whose page it is. “{order}” is the first record of that list.
PAGES = {
    "oc_zhao": (
        "/", "/order/list/", "/order/show/{order}", "/order/edit/{order}", "/order/add", "/orderimport/",
        "/inbox_item/list/", "/customer/show/{customer}", "/approval/list/", "/chart/orders_by_month/", "/api-docs/",
        "/order/show/999999",
    ),
    "pd_chen": ("/", "/production_task/list/", "/production_task/show/{production_task}", "/product/list/"),
    "lg_liu": ("/", "/shipment/list/", "/shipment/show/{shipment}", "/package/list/"),
    "cs_ma": ("/installation/list/", "/service_ticket/list/", "/service_ticket/add"),
    "fi_qian": ("/payment/list/", "/payment/show/{payment}", "/payment/add"),
    "ad_root": ("/", "/users/list/", "/roles/list/", "/calendar_day/list/", "/users/add", "/account/"),
    "ad_sec": ("/rights/", "/rights/role/order_center", "/rights/why"),
}  # fmt: skip
WIDTHS = {1440: 900, 390: 844}
LANGUAGES = {"zh": "zh-CN", "en": "en"}
ALL = [(width, language) for width in WIDTHS for language in LANGUAGES]
# English words are the longer ones: they are looked at where there is no room. The rest is walked by `make sweeps`.
SHORT = [(1440, "zh"), (390, "en")]
pytestmark = [
    pytest.mark.stage("demo"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


def watch(page: Page, troubles: list[str]) -> None:
    """Whatever the browser complains about: broken scripts, refused by the content policy, files not found."""

    def complain(message: Any) -> None:
        # The page of a record that is not there is asked for on purpose.
        if message.type == "error" and "999999" not in message.location.get("url", ""):
            troubles.append(f"{page.url}: {message.text}")

    page.on("console", complain)


def addresses(desk: Desk, paths: tuple[str, ...]) -> Iterator[str]:
    """The addresses with the first record of the lists they name."""
    for path in paths:
        name = re.search(r"\{(\w+)\}", path)
        if name is None:
            yield path
            continue
        listed = f"/{name[1]}/list/?state=draft" if "/edit/" in path else f"/{name[1]}/list/"
        desk.open(listed)
        link = desk.page.locator(f"tbody a[href*='/{name[1]}/show/']").first.get_attribute("href")
        yield path.replace(name[0], str(link).rsplit("/", 1)[1])


def faults(page: Page, locale: str) -> list[str]:
    """What is wrong with the shown page."""
    found = []
    wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if wide[0] > wide[1]:
        found.append(f"scrolls sideways: {wide[0]} in {wide[1]}")
    if page.get_attribute("html", "lang") != locale:
        found.append(f"lang is {page.get_attribute('html', 'lang')}")
    if page.locator("h1").count() != 1:
        found.append(f"{page.locator('h1').count()} first headings")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('main a, main button, main input:not([type=hidden]), main select')]
            .filter(e => e.checkVisibility() && !(e.textContent.trim() || e.title || e.getAttribute('aria-label')
                || e.getAttribute('aria-labelledby') || e.labels?.length)).map(e => e.outerHTML.slice(0, 80))"""
    )
    found += [f"nameless: {html}" for html in nameless]
    # What axe-core sees does not hang on the width; the rules about fitting do.
    return found + (findings(page) if page.viewport_size and page.viewport_size["width"] > 1000 else [])


@pytest.mark.parametrize(("width", "language"), ALL if FULL else SHORT)
def test_pages_when_shown_then_they_fit_and_nothing_is_amiss(
    sit_down: Callable[..., Desk], width: int, language: str
) -> None:
    folder = ARTIFACTS / "screens"
    folder.mkdir(parents=True, exist_ok=True)
    troubles: list[str] = []
    desk: Desk | None = None
    for username, paths in PAGES.items():
        if desk is None:
            desk = sit_down(username, width=width, height=WIDTHS[width])
            watch(desk.page, troubles)
        else:
            desk.context.clear_cookies()
            desk.sign_in(username)
        if language != "zh":
            desk.open(f"/lang/{language}")
        for address in addresses(desk, paths):
            response = desk.open(address)
            desk.page.wait_for_load_state("networkidle")
            expected = 404 if address.endswith("/999999") else 200
            if response.status != expected:
                troubles.append(f"{address}: {response.status}")
            troubles += [f"{username} {address}: {fault}" for fault in faults(desk.page, LANGUAGES[language])]
            page_of = "not-found" if expected == 404 else re.sub(r"/\d+$", "", address).strip("/").replace("/", "-")
            name = page_of or f"home-{username}"
            desk.page.screenshot(path=folder / f"{name}-{width}-{language}.png")
    assert troubles == []
