"""The screens of rights in a real browser: by keyboard, on a phone, and what an assistive program finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.desk import Desk

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGES = (
    "/rights/",
    "/rights/?tab=fields",
    "/rights/?tab=rows",
    "/rights/?role=finance",
    "/rights/role/finance",
    "/rights/compare?a=finance&b=cashier",
    "/rights/why?right=order.confirm",
    "/rights/add",
)
# What a screen reader must find: one first heading, no skipped level, a name for every input, button and table.
NAMELESS = """() => {
  const named = (e) => e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.title
    || (e.labels && e.labels.length) || e.textContent.trim();
  const parts = "main input:not([type=hidden]), main select, main textarea, main button, main a";
  const isOwn = (e) => !e.closest("[hidden]") && !e.classList.contains("select2-hidden-accessible");
  const bad = [...document.querySelectorAll(parts)].filter((e) => isOwn(e) && !named(e));
  const tables = [...document.querySelectorAll("main table")].filter((t) => !t.caption);
  const levels = [...document.querySelectorAll("main h1, main h2, main h3")].map((h) => Number(h.tagName[1]));
  const skipped = levels.filter((level, place) => place > 0 && level - levels[place - 1] > 1);
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  const first = levels.filter((level) => level === 1);
  return [bad.map((e) => e.outerHTML.slice(0, 120)), tables.length, first.length, skipped.length,
    ids.filter((id, place) => ids.indexOf(id) !== place)];
}"""

pytestmark = pytest.mark.stage("people")


@ONE_ENGINE
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_page_of_rights_when_read_aloud_then_everything_has_a_name(
    new_context: Callable[..., BrowserContext], locale: str
) -> None:
    desk = Desk(new_context(locale=locale), "ad_sec")
    for path in PAGES:
        desk.open(path)
        assert (path, desk.page.evaluate(NAMELESS)) == (path, [[], 0, 1, 0, []])


@ONE_ENGINE
def test_page_of_rights_when_on_a_phone_then_fits(new_context: Callable[..., BrowserContext]) -> None:
    desk = Desk(new_context(width=390, height=844), "ad_sec")
    for path in PAGES:
        desk.open(path)
        assert (path, desk.page.evaluate("document.documentElement.scrollWidth")) == (path, 390)
    desk.open("/rights/")
    assert not desk.page.is_visible(".zd-mx")
    desk.page.click(".zd-role-cards a[href*='role=cashier']")
    desk.page.wait_for_url("**role=cashier**")
    assert desk.page.is_visible("#payment .zd-mx__sum")
    # One role is shown with its single actions.
    assert desk.page.is_visible("#payment tr:nth-child(2)")


@ONE_ENGINE
def test_record_when_opened_by_keyboard_then_shows_its_actions(page: Page) -> None:
    desk = Desk(page.context, "ad_sec")
    desk.open("/rights/")
    row = desk.page.locator("#order tr:nth-child(2)")
    assert not row.is_visible()
    desk.page.focus("#order .zd-mx__open input")
    desk.page.keyboard.press("Space")
    assert row.is_visible()
    drawn = row.locator("td").all_inner_texts()
    desk.page.keyboard.press("Space")
    assert not row.is_visible()
    # A count leads to its record on the form of its role.
    desk.page.click("#order .zd-mx__sum td:nth-child(2)")
    desk.page.wait_for_url("**/rights/role/committee#order")
    # What the browser has drawn is what the server draws where everything stands open.
    desk.open("/rights/?tab=all")
    assert "✓" in drawn
    assert desk.page.locator("#order tr:nth-child(2) td").all_inner_texts() == drawn


@ONE_ENGINE
def test_role_when_changed_by_keyboard_then_counted_guarded_and_saved(page: Page) -> None:
    desk = Desk(page.context, "ad_sec")
    desk.open("/rights/role/cashier")
    note = desk.page.locator("[data-zd-count]")
    nothing = note.inner_text()
    box = desk.page.locator("input[value='payment_schedule.list']")
    box.focus()
    desk.page.keyboard.press("Space")
    assert note.inner_text() != nothing
    everything = desk.page.locator("#invoice [data-zd-all]")
    everything.check()
    boxes = desk.page.locator("#invoice input[name=right]").count()
    assert desk.page.locator("#invoice input[name=right]:checked").count() == boxes > 1
    everything.uncheck()
    # Leaving asks; the person stays.
    asked: list[str] = []
    desk.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    desk.page.evaluate("window.location.href = '/rights/'")
    desk.page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    desk.page.locator("input[value='payment_schedule.list']").press("Enter")
    desk.page.wait_for_selector("textarea[name=reason]")
    assert desk.page.locator(".zd-review li").count() == 1
    desk.page.fill("textarea[name=reason]", "Kasse sieht die Zahlungspläne")
    desk.save()
    assert desk.page.locator(".zd-alert.zd-tone-success").count() == 1
    assert desk.page.is_checked("input[value='payment_schedule.list']")


@ONE_ENGINE
def test_form_when_without_scripts_then_saves_all_the_same(new_context: Callable[..., BrowserContext]) -> None:
    signed_in = Desk(new_context(), "ad_sec").context
    plain = signed_in.browser.new_context(  # type: ignore[union-attr]
        java_script_enabled=False,
        base_url=signed_in.pages[0].url,
        storage_state=signed_in.storage_state(),
    )
    page = plain.new_page()
    page.goto("/rights/role/cashier")
    page.check("input[value='payment_schedule.list']")
    page.click(".zd-rights-bar button[value=review]")
    page.fill("textarea[name=reason]", "without a script")
    page.click(".zd-save-bar button[type=submit]")
    assert page.locator(".zd-alert.zd-tone-success").count() == 1
    # The matrix leads to the page with all its cells.
    page.goto("/rights/")
    page.click("noscript a")
    assert page.locator("#order tr:nth-child(2) td").count() == page.locator("#order .zd-mx__sum td").count() > 1
    plain.close()


@ONE_ENGINE
def test_search_when_typed_on_a_role_then_only_fitting_records_stay(page: Page) -> None:
    desk = Desk(page.context, "ad_sec")
    desk.open("/rights/role/finance")
    desk.page.fill("#zd-search", "refund.approve")
    assert desk.page.locator(".zd-grants tr[data-zd-words]:visible").evaluate_all("rows => rows.map((r) => r.id)") == [
        "refund"
    ]
