"""By keyboard from anywhere: search, commands, keys, the look; the side bar's counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.desk import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.stage("demo"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
CHOSEN = "#zd-found [aria-selected=true]"


def keys_of_rows_are_no_commands(page: Page) -> None:
    """They are named in the list of keys, but there is no row to press them for."""
    page.keyboard.press("Control+k")
    page.keyboard.type("row")
    page.wait_for_selector("#zd-find-say:has-text('No match')")
    page.keyboard.press("Escape")
    page.wait_for_selector("#zd-finder", state="hidden")


def commands_of_the_page_before_come_without_asking(desk: Desk) -> None:
    """Even where the line is cut."""
    desk.page.wait_for_load_state("networkidle")
    desk.context.set_offline(True)
    desk.page.keyboard.press("Control+k")
    assert desk.page.locator("#zd-found a[href='/order/list/']").count() == 1
    desk.page.keyboard.press("Escape")
    desk.page.wait_for_selector("#zd-finder", state="hidden")
    desk.context.set_offline(False)


def test_person_when_working_by_keyboard_then_finds_opens_and_chooses(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down("oc_li", locale="en")
    desk.open("/lang/en")
    page = desk.page
    # What waits stands beside the lists, and beside a closed group.
    page.wait_for_selector(".zd-nav [data-zd-count]")
    assert "wait for you" in page.locator(".zd-nav summary [data-zd-count]").first.inner_text()
    desk.open("/order/list/")
    number = page.locator("td.zd-col-first a").first.inner_text()
    # On a small notebook the table moves sideways, never the page.
    page.set_viewport_size({"width": 1100, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 1100
    page.set_viewport_size({"width": 1440, "height": 900})
    # A number scanned with Enter behind it leads to its record at once.
    page.keyboard.press("/")
    page.keyboard.type(number)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert desk.number == number
    # Arrows go through the commands; Escape gives the focus back.
    page.keyboard.press("Control+k")
    page.keyboard.type("list")
    page.keyboard.press("Escape")
    page.wait_for_selector("#zd-finder", state="hidden")
    page.keyboard.press("Control+k")
    page.keyboard.type(" customers")
    page.wait_for_selector(CHOSEN)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/customer/list/")
    commands_of_the_page_before_come_without_asking(desk)
    # The keys of this page, then two of them.
    page.keyboard.press("?")
    page.wait_for_selector("#zd-keys[open]")
    keys = page.locator("#zd-keys [data-zd-keys-here] > div").all_inner_texts()
    assert {" ".join(key.split()) for key in keys} >= {"g h Home", "f Search this list"}
    page.keyboard.press("Escape")
    page.wait_for_selector("#zd-keys", state="hidden")
    keys_of_rows_are_no_commands(page)
    page.keyboard.press("f")
    assert page.evaluate("document.activeElement.id") == "zd-search"
    page.keyboard.type("gh?")
    assert page.input_value("#zd-search") == "gh?"
    # Saved while typing, and told what is wrong: the address has not changed.
    desk.open("/customer/add")
    page.focus("main form [name=name]")
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    assert page.url.endswith("/customer/add")
    assert page.locator(".zd-field.has-error").count() > 0
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    with page.expect_navigation():
        page.keyboard.press("h")
    assert page.url.endswith("/")


def test_theme_when_chosen_as_a_command_then_it_holds_at_once_and_on_paper_all_is_light(
    sit_down: Callable[..., Desk],
) -> None:
    desk = sit_down("oc_li", width=390, height=844, locale="en")
    desk.open("/lang/en")
    page = desk.page
    ground = "getComputedStyle(document.documentElement).getPropertyValue('--c-bg')"
    light = page.evaluate(ground)
    page.click(".zd-find")
    page.keyboard.type("> dark")
    page.wait_for_selector(CHOSEN)
    page.keyboard.press("Enter")
    dark = page.evaluate(ground)
    desk.open("/order/list/")
    assert (page.evaluate(ground), dark != light) == (dark, True)
    page.emulate_media(media="print")
    assert page.evaluate(ground) == light
    page.emulate_media(media="screen")
    # “As the system” follows it while the page is open.
    page.evaluate("document.querySelector('[data-zd-look=theme][value=system]').click()")
    assert page.evaluate(ground) == light
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-dark]", state="attached")
    assert page.evaluate(ground) == dark


def test_tour_when_taken_or_declined_then_it_is_not_offered_again_and_stays_in_the_menu(
    sit_down: Callable[..., Desk],
) -> None:
    desk = sit_down("oc_li", locale="en")
    desk.open("/lang/en")
    page = desk.page
    seen = []
    page.click("[data-zd-tour-start]")
    while page.is_visible("#zd-tour-box"):
        seen.append(page.inner_text("#zd-tour-title"))
        # The keyboard stays in the dialog: Next has the focus, Enter goes on.
        assert page.evaluate("document.activeElement.closest('dialog')?.id") == "zd-tour-box"
        page.keyboard.press("Enter")
    assert seen == ["What waits for you", "Begin here", "All lists", "Find anything", "Make it yours"]
    desk.open("/")
    assert page.locator("[data-zd-tour-offer]").count() == 0
    page.click(".zd-top .zd-user")
    page.click(".zd-menu__body a[href*='tour=1']")
    page.wait_for_selector("#zd-tour-box[open]")
    page.keyboard.press("Escape")
    assert (page.is_visible("#zd-tour-box"), page.url.endswith("/")) == (False, True)
