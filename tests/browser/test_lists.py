"""Lists as they are worked in all day: by keyboard, by mouse on the board, on a telephone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.browser.desk import Desk, opened

pytestmark = [pytest.mark.stage("demo"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_list_when_worked_by_keyboard_then_rows_are_chosen_previewed_and_opened(sit_down: Callable[..., Desk]) -> None:
    li = sit_down("oc_zhao")
    page = opened(li, "/order/list/?state=draft")
    numbers = page.locator("td.zd-col-first").all_inner_texts()
    # Counts came after the page; the sum stands under the rows.
    assert page.locator("[data-zd-facet=state] a[data-key=draft] .zd-facet__count").inner_text() == str(len(numbers))
    assert page.locator("[data-zd-totals]").inner_text().startswith("Σ 总额")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("p")
    page.wait_for_selector("#zd-peek h2")
    assert numbers[1] in page.locator("#zd-peek h2").inner_text()
    # A dialog above it is closed alone.
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    assert (page.locator("#zd-keys").is_hidden(), page.locator("#zd-peek").is_hidden()) == (True, False)
    page.keyboard.press("Escape")
    assert page.locator("#zd-peek").is_hidden()
    page.keyboard.press("m")
    page.wait_for_selector("#zd-row-menu [data-step=submit]")
    menu = page.locator("#zd-row-menu").bounding_box()
    assert menu
    assert menu["x"] + menu["width"] <= 1440 - 8
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.hasAttribute('data-zd-row-menu')")
    page.keyboard.press("k")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert li.number == numbers[0]


def test_list_when_filter_and_columns_are_kept_then_they_are_there_tomorrow(sit_down: Callable[..., Desk]) -> None:
    li = sit_down("oc_zhao")
    page = opened(li, "/order/list/?state=completed")
    page.click(".zd-list__tools details[data-src] summary")
    city = page.locator("[data-zd-columns] li", has_text="城市")
    city.locator("input").check()
    for _ in range(30):
        city.locator("[data-zd-up]").press("Enter")
    with page.expect_navigation():
        page.click("form:has([data-zd-columns]) .zd-btn-primary")
    assert page.locator("thead th").all_inner_texts()[2].strip() == "城市"
    page.click(".zd-list__tools details:has(#zd-save-name) summary")
    page.press("#zd-save-name", "Enter")
    # In the language of the page, whatever the browser speaks.
    assert page.evaluate("() => document.querySelector('#zd-save-name').validationMessage") == "此项必填。"
    page.fill("#zd-save-name", "已完成的")
    with page.expect_navigation():
        page.press("#zd-save-name", "Enter")
    opened(li, "/order/list/?view=0")
    with page.expect_navigation():
        page.click(".zd-quick a:has-text('已完成的')")
    assert "state=completed" in page.url
    assert page.locator("thead th").all_inner_texts()[2].strip() == "城市"


def test_board_when_a_card_is_drawn_then_its_step_is_taken_or_the_reason_told(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down("pd_chen")
    page = opened(desk, "/production_task/board/")
    cards = page.locator(".zd-board__card")
    assert cards.count() > 3
    cards.first.locator("[data-zd-row-menu]").click()
    page.wait_for_selector("#zd-row-menu .zd-row-menu__head")
    page.keyboard.press("Escape")
    moves = {}
    for place in range(cards.count()):
        for state, steps in re.findall(r'"(\w+)": \[(.*?)\]', cards.nth(place).get_attribute("data-moves") or ""):
            if '"asks": false' in steps and steps.count('"url"') == 1:
                moves.setdefault(state, place)
    state, place = next(iter(moves.items()))
    name = cards.nth(place).locator("header a").inner_text()
    target = page.locator(f"[data-state={state}]")
    cards.nth(place).drag_to(target, timeout=10_000)
    dialog = page.locator("#zd-confirm[open] [data-zd-ok]")
    if dialog.count():
        dialog.click()
    page.wait_for_selector(".zd-alert__text")
    # Done, and the card stands in its new column; or refused with the name and the reason, and it stands where it was.
    said = page.locator(".zd-alert__text").first.inner_text()
    assert page.url.endswith("/production_task/board/")
    is_there = name in " ".join(page.locator(f"[data-state={state}] header").all_inner_texts())
    assert is_there if said.startswith("已完成") else said.startswith(name), said
    # Where no step leads, the board says so and nothing is sent.
    last = page.locator("[data-state] .zd-board__card").last
    closed = page.locator("[data-state]").first
    if last.evaluate("(card, to) => !(to in JSON.parse(card.dataset.moves))", closed.get_attribute("data-state")):
        last.drag_to(closed)
        assert page.locator(".zd-board__said").inner_text() == "当前状态不能直接到该状态。"


def test_lists_when_on_a_telephone_then_cards_menu_board_and_calendar_fit(sit_down: Callable[..., Desk]) -> None:
    liu = sit_down("lg_liu", width=390, height=844)
    for path in ("/shipment/list/", "/shipment/board/", "/shipment/calendar/", "/shipment/calendar/?show=week"):
        page = opened(liu, path)
        assert (path, page.evaluate(SIDEWAYS)) == (path, 0)
    page = opened(liu, "/shipment/list/?state=in_transit")
    page.locator("[data-zd-row-menu]").first.click()
    page.wait_for_selector("#zd-row-menu [data-step=deliver]")
    box = page.locator("#zd-row-menu").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.locator("#zd-row-menu [data-step=deliver]").bounding_box()["height"] >= 44  # type: ignore[index]
