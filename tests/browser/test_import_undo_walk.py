"""A price list in a real browser: template, filled in, looked at, imported, changed again, taken back; by keyboard."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.order_books import xlsx

pytestmark = [
    pytest.mark.stage("people"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
ENOUGH = 60_000  # ms


def filled(template: Path, target: Path, **values: str) -> Path:
    """The template with one row below its example."""
    frame = pd.read_excel(template, engine="calamine", dtype=str, na_filter=False)
    header = list(frame.columns)
    rows = [frame.iloc[0].tolist(), [values.get(name, "") for name in header]]
    target.write_bytes(xlsx({"产品": [header, *rows]}))
    return target


def bring(page, book: Path) -> None:
    """Chooses a file and has it checked, with the keyboard alone."""
    page.set_input_files("#f-file", str(book))
    page.keyboard.press("Control+s")
    page.wait_for_selector(".zd-stats", timeout=ENOUGH)


def confirm(page) -> None:
    """The one button of the page, by its key."""
    before = page.url
    page.keyboard.press("Control+s")
    page.wait_for_url(lambda url: url != before, timeout=ENOUGH)
    page.wait_for_selector(".zd-stats", timeout=ENOUGH)


def figures(page) -> list[str]:
    return page.locator(".zd-stat__value").all_inner_texts()


def test_price_list_when_imported_and_taken_back_then_the_old_name_is_there(sit_down, tmp_path, keep_picture):
    desk = sit_down("pd_chen")
    page = desk.page
    desk.open("/import/")
    with page.expect_download() as download:
        page.click("a[href='/productimport/template.xlsx']")
    template = tmp_path / "template.xlsx"
    download.value.save_as(template)
    first = filled(template, tmp_path / "a.xlsx", 货号="CH-1", 产品名称="餐椅", 品类="椅")

    page.click("a.zd-btn-primary[href='/productimport/']")
    bring(page, first)
    assert figures(page) == ["1", "1", "0", "0", "0"]
    confirm(page)

    desk.open("/productimport/")
    bring(page, filled(template, tmp_path / "b.xlsx", 货号="CH-1", 产品名称="拾光餐椅", 品类="椅"))
    assert "餐椅 → 拾光餐椅" in page.inner_text("main")
    keep_picture(page, "import-change")
    confirm(page)

    page.click("a[href$='/undo']")
    page.wait_for_selector(".zd-stats")
    assert "拾光餐椅 → 餐椅" in page.inner_text("main")
    keep_picture(page, "import-undo")
    confirm(page)
    page.click("td a[href*='/product/show/']")
    page.wait_for_selector(".zd-title")
    names = page.locator(".zd-kv dd").all_inner_texts()
    assert ("餐椅" in names, "拾光餐椅" in names) == (True, False)
