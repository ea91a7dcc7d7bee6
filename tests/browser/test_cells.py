"""Cells of a list in a real browser: by mouse, by keyboard, against a colleague; the bell and the look."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.desk import Desk, opened

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.stage("demo"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
BOX = ".zd-cell-form .zd-input"
FOCUSED = "document.activeElement.tagName"


def column(page: Page, name: str) -> Locator:
    """The cells of a column, by its word."""
    place = page.locator("thead th").evaluate_all(
        "(heads, name) => heads.findIndex((one) => one.dataset.name === name)", name
    )
    return page.locator(f"tbody td:nth-child({place + 1})")


def test_cells_when_changed_by_keyboard_then_saved_one_after_the_other(sit_down: Callable[..., Desk]) -> None:
    chen = sit_down("pd_chen")
    page = opened(chen, "/production_task/list/")
    days = column(page, "planned_end_on")
    days.nth(0).dblclick()
    page.wait_for_selector(BOX)
    page.fill(BOX, "2027-01-05")
    # Enter saves and stays; Escape takes back; the arrows lead on.
    page.keyboard.press("Enter")
    page.wait_for_selector("td:focus")
    assert days.nth(0).inner_text() == "2027-01-05"
    page.keyboard.press("ArrowDown")
    before = days.nth(1).inner_text()
    page.keyboard.press("F2")
    page.wait_for_selector(BOX)
    page.fill(BOX, "2027-02-06")
    page.keyboard.press("Escape")
    assert (page.evaluate(FOCUSED), days.nth(1).inner_text()) == ("TD", before)
    # Tab saves, and opens the next cell.
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_selector(BOX)
    page.fill(BOX, "五车间")
    page.keyboard.press("Tab")
    page.wait_for_selector(".zd-cell-form input[type=date]")
    assert column(page, "work_centre").nth(1).inner_text() == "五车间"
    page.keyboard.press("Escape")
    page.reload()
    assert (days.nth(0).inner_text(), column(page, "work_centre").nth(1).inner_text()) == ("2027-01-05", "五车间")


def test_cell_when_a_colleague_was_faster_or_the_line_is_cut_then_nothing_typed_is_lost(
    sit_down: Callable[..., Desk],
) -> None:
    chen, other = sit_down("pd_chen"), sit_down("pd_chen")
    page, rival = opened(chen, "/production_task/list/"), opened(other, "/production_task/list/")
    for one, text in ((page, "甲车间"), (rival, "乙车间")):
        column(one, "work_centre").nth(0).dblclick()
        one.wait_for_selector(BOX)
        one.fill(BOX, text)
    rival.keyboard.press("Enter")
    rival.wait_for_selector("td:focus")
    page.keyboard.press("Enter")
    page.wait_for_selector(".zd-cell-form .zd-error")
    assert "乙车间" in page.locator(".zd-cell-form .zd-error").inner_text()
    assert page.input_value(BOX) == "甲车间"
    chen.context.set_offline(True)
    page.keyboard.press("Enter")
    page.wait_for_selector(".zd-cell-form .zd-error >> text=请检查网络")
    assert page.input_value(BOX) == "甲车间"
    chen.context.set_offline(False)
    page.keyboard.press("Enter")
    page.wait_for_selector("td:focus")
    assert column(page, "work_centre").nth(0).inner_text() == "甲车间"


def test_undo_when_pressed_on_the_keyboard_then_cell_and_form_hold_again_what_they_held(
    sit_down: Callable[..., Desk],
) -> None:
    page = opened(sit_down("pd_chen"), "/production_task/list/")
    centres = column(page, "work_centre")
    before, pk = centres.nth(0).inner_text(), page.locator("tbody tr[data-pk]").nth(0).get_attribute("data-pk")
    centres.nth(0).dblclick()
    page.wait_for_selector(BOX)
    page.fill(BOX, "甲车间")
    page.keyboard.press("Enter")
    page.wait_for_selector("td:focus")
    page.keyboard.press("Control+z")
    page.wait_for_selector("#zd-cell-done:has-text('已撤销。')")
    assert (centres.nth(0).inner_text(), page.evaluate(FOCUSED)) == (before, "TD")
    page.goto(f"/production_task/edit/{pk}")
    held = page.input_value("#f-work_centre")
    page.fill("#f-work_centre", "丙车间")
    for keys in ("Control+s", "Control+z"):
        with page.expect_navigation():
            page.keyboard.press(keys)
    assert page.inner_text(".zd-flash .zd-alert__text") == "已撤销对 1 条记录的修改。"
    page.goto(f"/production_task/edit/{pk}")
    assert page.input_value("#f-work_centre") == held


def test_cells_when_on_a_telephone_then_not_offered_and_the_field_of_many_is(sit_down: Callable[..., Desk]) -> None:
    chen = sit_down("pd_chen", width=390, height=844)
    page = opened(chen, "/production_task/list/")
    assert page.locator("td.zd-cell[tabindex='0']").count() == 0
    page.locator("[data-zd-row]").first.check()
    page.select_option("#zd-bulk-field", "work_centre")
    with page.expect_navigation():
        page.click(".zd-bulk__field button")
    page.fill("#f-work_centre", "丙车间")
    with page.expect_navigation():
        page.click(".zd-save-bar button[type=submit]")
    assert column(page, "work_centre").nth(0).inner_text() == "丙车间"


def test_bell_and_look_when_used_then_lines_by_keyboard_and_the_next_browser_is_dark(
    sit_down: Callable[..., Desk],
) -> None:
    li = sit_down("oc_li")
    page = opened(li, "/")
    page.focus(".zd-bell")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(".zd-bell-menu .zd-notice")
    page.wait_for_function("() => document.activeElement.matches('.zd-notice button')")
    assert page.locator(".zd-bell-menu .zd-notice").count() <= 10
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert page.locator(".zd-bell-menu").is_hidden()
    assert page.evaluate("document.activeElement.className") == "zd-bell"
    page.click(".zd-bell")
    page.click("[data-zd-bell-read] button")
    # Some lines may have been read before: only the number says that the answer is there.
    page.wait_for_selector(".zd-bell__count", state="hidden")
    page.wait_for_function("() => !document.querySelector('.zd-bell-menu .is-unread')")
    page.keyboard.press("Escape")
    page.click(".zd-top .zd-user")
    with page.expect_response("**/desk/look"):
        page.click("[data-zd-look=theme][value=dark]")
    there = sit_down("oc_li").page
    assert there.evaluate("document.documentElement.hasAttribute('data-dark')")
