"""Files on the form of a new order: chosen, dropped, refused, kept through a closed page, saved with the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from models.talk import Attachment
from tests.services.company import found, person, product
from tests.unit.test_talk_rules import jpeg

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from tests.browser.desk import Desk

pytestmark = [
    pytest.mark.stage("people"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
LISTED = ".zd-held__list .is-held"
DROP = """(bytes) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], '现场.jpg', {type: 'image/jpeg'}));
  const form = document.querySelector('form[data-zd-draft]');
  form.dispatchEvent(new DragEvent('drop', {dataTransfer: files, bubbles: true, cancelable: true}));
}"""


def test_files_when_chosen_on_a_phone_then_they_outlive_the_page_and_are_saved_with_the_order(
    sit_down: Callable[..., Desk], session: Session
) -> None:
    company = found(session)
    with company.act("oc_li", "2026-11-20 09:00"):
        customer = person(session, search_text="林晓雯 13800005621")
        article = product(session, "SOF-1", name="沙发")
        keys = {"customer_id": customer.id, "product_id": article.id}
    session.close()
    clerk = sit_down("oc_li", width=390, height=844)
    page = clerk.page
    clerk.open(f"/order/add?customer_id={keys['customer_id']}")
    chosen = {"name": "图纸.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    page.locator("[data-zd-held] input[type=file]").first.set_input_files(
        [chosen, {"name": "脚本.html", "mimeType": "text/html", "buffer": b"<script>"}]
    )
    page.wait_for_selector(LISTED)
    assert "脚本.html" in page.locator(".zd-held__list .is-error").inner_text()
    page.evaluate(DROP, list(jpeg(80, 30)))
    page.locator(LISTED).nth(1).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    # The page is left; its draft is given back with both files, and one is not wanted any more.
    page.wait_for_selector("form[data-zd-kept]")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.wait_for_selector("form[data-zd-drafts]")
    assert page.locator(LISTED).count() == 0
    page.click(".zd-draft .zd-btn-primary")
    assert [text.split(" · ")[0] for text in page.locator(f"{LISTED} span").all_inner_texts()] == [
        "图纸.jpg",
        "现场.jpg",
    ]
    page.locator(LISTED).last.get_by_role("button").click()
    page.locator("[data-zd-lines=order_line] [data-zd-combo] input[type=text]").first.fill("SOF-1")
    with page.expect_navigation(url=lambda url: "/order/show/" in url):
        page.keyboard.press("Control+Enter")
    saved = session.execute(sa.select(Attachment.name, Attachment.order_id)).all()
    session.rollback()
    assert [row.name for row in saved] == ["图纸.jpg"]
    clerk.open(f"/order/show/{saved[0].order_id}")
    assert page.locator(".zd-timeline").get_by_text("图纸.jpg").count() >= 1
