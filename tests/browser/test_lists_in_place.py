"""Lists that go on in their place: rows, address and the way back always agree, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.desk import Desk, opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.stage("demo"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
# Milliseconds of a slow line: the hand is quicker, also where the machine is busy.
SLOW = 2000
HERE = "[data-zd-part]:not([aria-busy])"


def numbers(page: Page) -> list[str]:
    """The rows."""
    return page.locator("td.zd-col-first").all_inner_texts()


def slow(desk: Desk, milliseconds: int) -> None:
    """A line on which every answer takes so long."""
    network = desk.context.new_cdp_session(desk.page)
    network.send("Network.enable")
    limits = {"offline": False, "latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", limits)


def test_list_when_filtered_then_the_page_stays_and_the_way_back_is_that_of_pages(
    sit_down: Callable[..., Desk],
) -> None:
    desk = sit_down("pd_chen")
    page = opened(desk, "/production_task/list/")
    page.evaluate("window.zdStays = true")
    walked = [page.url]
    page.locator(".zd-quick a:not([aria-current])").first.focus()
    for act in (
        lambda: page.keyboard.press("Enter"),
        lambda: page.locator("thead a.zd-sort").nth(1).click(),
        lambda: (page.fill("#zd-search", numbers(page)[0].strip()), page.press("#zd-search", "Enter")),
    ):
        with page.expect_response(lambda answer: "/production_task/list/" in answer.url):
            act()
        page.wait_for_function("old => window.location.href !== old", arg=walked[-1])
        walked.append(page.url)
    assert page.evaluate("document.activeElement.id") == "zd-search"
    # The counts come after the rows.
    page.wait_for_selector("[data-zd-facet] .zd-facet__count:not(:empty)")
    # What is new on the page works: many rows, the menu of a row, a cell by keyboard.
    page.locator("[data-zd-check-all]").check()
    assert page.locator("[data-zd-bulk]").is_visible()
    page.locator("[data-zd-uncheck]").click()
    page.locator("[data-zd-row-menu]").first.click()
    page.wait_for_selector("#zd-row-menu a")
    page.keyboard.press("Escape")
    cell = page.locator("td.zd-cell").first
    cell.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".zd-cell-form")
    page.keyboard.press("Escape")
    rows = {}
    for url in reversed(walked[:-1]):
        page.go_back()
        page.wait_for_selector(HERE)
        assert page.url == url
        rows[url] = numbers(page)
    assert page.evaluate("window.zdStays")
    # The same rows as a page of its own has.
    for url, found in rows.items():
        opened(desk, url)
        assert numbers(page) == found


def test_list_when_the_connection_is_lost_then_it_says_so_and_keeps_what_is_there(
    sit_down: Callable[..., Desk],
) -> None:
    desk = sit_down("oc_zhao")
    page = opened(desk, "/order/list/?state=draft")
    before, rows = page.url, numbers(page)
    desk.context.set_offline(True)
    page.locator(".zd-quick a:not([aria-current])").first.click()
    page.wait_for_selector("#zd-list-failed:visible")
    assert (page.url, numbers(page)) == (before, rows)
    desk.context.set_offline(False)
    page.locator(".zd-quick a:not([aria-current])").first.click()
    page.wait_for_function("old => window.location.href !== old", arg=before)
    assert page.locator("#zd-list-failed").is_hidden()


def test_list_when_walked_quickly_on_a_slow_line_then_rows_and_address_agree(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down("oc_zhao")
    page = opened(desk, "/order/list/?state=draft")
    first, drafts = page.url, numbers(page)
    page.locator(".zd-quick a", has_text="已完成").click()
    page.wait_for_url("**completed**")
    second, completed = page.url, numbers(page)
    assert drafts != completed
    slow(desk, SLOW)
    for act in (lambda: page.evaluate("history.forward()"), page.locator(".zd-quick a[aria-current]").click):
        page.evaluate("history.back()")
        page.wait_for_url(first)
        act()
        page.wait_for_timeout(2 * SLOW)
        page.wait_for_selector(HERE)
        assert (page.url, numbers(page)) == (second, completed)
    # Typed while the answer was on its way.
    page.locator(".zd-quick a", has_text="草稿").click()
    page.locator("#zd-search").type("沙")
    page.wait_for_url(first)
    page.wait_for_selector(HERE)
    assert page.evaluate("[document.activeElement.id, document.activeElement.value]") == ["zd-search", "沙"]


def test_cell_when_open_and_the_list_goes_on_then_it_is_saved_first(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down("pd_chen")
    page = opened(desk, "/production_task/list/")
    page.locator("thead a.zd-sort").nth(1).click()
    page.wait_for_url("**sort=**")
    row = page.locator("tr[data-zd-writes~=work_centre]").first
    pk = row.get_attribute("data-pk")
    place = page.locator("thead th").evaluate_all("(heads) => heads.findIndex((e) => e.dataset.name === 'work_centre')")
    row.locator(f"td:nth-child({place + 1})").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".zd-cell-form .zd-input")
    page.fill(".zd-cell-form .zd-input", "九号车间")
    page.go_back()
    page.wait_for_selector("#zd-cell-done:visible")
    page.wait_for_selector(HERE)
    assert "sort" not in page.url
    assert page.locator(f"tr[data-pk='{pk}'] td:nth-child({place + 1})").inner_text() == "九号车间"
    # The way back of what was saved goes along.
    page.keyboard.press("Control+z")
    page.wait_for_function("() => document.querySelector('#zd-cell-done form').hidden")
    assert page.locator(f"tr[data-pk='{pk}'] td:nth-child({place + 1})").inner_text() != "九号车间"


def test_lists_when_a_filter_is_called_like_a_part_of_the_form_or_another_signs_in_then_they_go_on(
    sit_down: Callable[..., Desk],
) -> None:
    desk = sit_down("au_lin")
    page = opened(desk, "/journal/list/")
    page.evaluate("jQuery('select[name=action]').prop('selectedIndex', 1).trigger('change')")
    page.click(".zd-filters__go button")
    page.wait_for_url("**action=**")
    page.wait_for_selector(HERE)
    assert page.locator(".zd-chips").count() == 1
    # Another person in the same browser: his rows come with his panel around them.
    opened(desk, "/order/list/")
    desk.context.clear_cookies()
    Desk(desk.context, "oc_zhao")
    page.locator(".zd-quick a:not([aria-current])").first.click()
    page.wait_for_selector(".zd-user :text('赵敏')")
    assert "state=" in page.url
