"""The import in a real browser: choose a file, wait for the dry run, look, import, wait, see the orders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.order_books import line, workbook

pytestmark = [
    pytest.mark.stage("people"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
ENOUGH = 60_000  # ms


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """More rows than a request waits for, in 31 orders; one of them contradicts itself."""
    lines = [line(number, **{"订单 ID": f"B-{number // 10}"}) for number in range(1, 311)]
    lines[-1]["数量"] = 0
    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook(lines))
    return path


def test_import_when_done_on_screen_then_the_orders_are_in_the_list(sit_down, book, keep_picture):
    desk = sit_down("oc_li")
    page = desk.page

    desk.open("/orderimport/")
    # The button speaks the language of the page, not the browser's, and the keyboard reaches it.
    assert [page.locator(".zd-file .zd-btn").inner_text(), page.locator(".zd-file__name").inner_text()] == [
        "选择文件",
        "未选择文件",
    ]
    page.locator("#f-file").focus()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(str(book))
    assert page.locator(".zd-file__name").inner_text() == book.name
    page.click(".zd-save-bar button")
    page.wait_for_selector(".zd-stats", timeout=ENOUGH)
    keep_picture(page, "preview")
    assert page.locator(".zd-stat__value").all_inner_texts()[:4] == ["310", "309", "0", "1"]

    with page.expect_download() as download:
        page.click("a[href$='errors.xlsx']")
    assert download.value.suggested_filename.endswith("-errors.xlsx")

    preview = page.url
    page.click(".zd-save-bar button")
    page.wait_for_url(lambda url: url != preview)
    page.wait_for_selector(".zd-stats", timeout=ENOUGH)
    keep_picture(page, "result")
    assert page.locator(".zd-stat__value").all_inner_texts()[:4] == ["310", "309", "0", "1"]

    page.click("a[href*='origin=imported']")
    page.wait_for_selector(".zd-table tbody tr")
    assert page.locator(".zd-table tbody tr").count() == 25
