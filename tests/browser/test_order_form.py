"""The order form as a clerk uses it: by keyboard, with a table from a spreadsheet, through a lost connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.customer import CustomerAddress
from models.order import Order
from tests.browser.desk import Desk
from tests.services.company import D, found, person, product

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Sit = Callable[..., Desk]
Keep = Callable[..., object]
pytestmark = [
    pytest.mark.stage("people"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
FIVE = (("SOF-1", "2"), ("CHR-1", "6"), ("TAB-1", "1"), ("BED-1", "3"), ("CAB-1", "12"))
MOST_KEYS = 60


@pytest.fixture
def shop(session: Session) -> None:
    """A customer with an address, and five products."""
    company = found(session)
    with company.act("oc_li", "2026-11-20 09:00"):
        customer = person(session, search_text="林晓雯 13800005621")
        session.add(
            CustomerAddress(
                customer_id=customer.id, label="家", contact_name="林晓雯", contact_phone="13800005621",
                province="浙江省", city="杭州", detail="文一路 1 号", is_default=True,
            )
        )  # fmt: skip
        for place, (sku, _qty) in enumerate(FIVE, 1):
            product(session, sku, name=f"家具{place}", list_price=D(100 * place))
    session.close()


class Hands:
    """Hands on a keyboard: what is data is typed, every other stroke is counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.strokes = 0

    def data(self, text: str) -> Hands:
        """What stands on the customer's paper."""
        self.page.keyboard.type(text)
        return self

    def press(self, *keys: str) -> Hands:
        """A stroke each; a chord counts its keys."""
        for key in keys:
            self.page.keyboard.press(key)
            self.strokes += len(key.split("+"))
        return self


def line(page: Page, number: int) -> Locator:
    """A row of the order's lines."""
    return page.locator("[data-zd-lines=order_line] [data-zd-line]").nth(number)


def said(page: Page) -> str:
    """The amounts below the form, once the last question has been answered."""
    page.wait_for_timeout(400)
    return page.locator("[data-total=total_amount] dd").inner_text()


def paste(page: Page, text: str) -> None:
    """What Ctrl+V does with a table in the clipboard."""
    page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            document.activeElement.dispatchEvent(
              new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        text,
    )


def orders(session: Session) -> list[Order]:
    """What was saved; the session is free for the next request afterwards."""
    return list(session.scalars(sa.select(Order).order_by(Order.id)))


@pytest.mark.usefixtures("shop")
def test_order_of_five_lines_when_entered_by_keyboard_then_it_takes_few_strokes(
    sit_down: Sit, session: Session, keep_picture: Keep
) -> None:
    li = sit_down("oc_li")
    li.open("/order/add")
    li.page.wait_for_selector("form[data-zd-drafts]")
    hands = Hands(li.page)
    # The first box has the focus; typing opens its search.
    hands.data("13800005621")
    li.page.wait_for_selector(".select2-results__option--highlighted:has-text('林晓雯')")
    hands.press("Enter", "Tab", "Tab", "Tab", "ArrowDown", "Tab").data("01102027")
    # The rest of the head keeps its defaults; the place of delivery comes from the customer.
    hands.press("Tab", "Tab", "Enter")
    assert line(li.page, 0).locator("[role=combobox]").evaluate("box => box === document.activeElement")
    for place, (sku, qty) in enumerate(FIVE):
        hands.data(sku).press("Enter").data(qty)
        if place + 1 < len(FIVE):
            hands.press("Enter")
    assert said(li.page) == "8,900.00"
    keep_picture(li.page, "five-lines")
    with li.page.expect_navigation():
        hands.press("Control+Enter")
    assert li.said() == ["已保存。"]
    assert hands.strokes < MOST_KEYS / 2
    (order,) = orders(session)
    assert [(row.product.sku_code, f"{row.qty_ordered:f}") for row in order.lines] == [
        (sku, f"{qty}.000") for sku, qty in FIVE
    ]
    assert (order.total_amount, order.receiver_name, str(order.channel)) == (D("8900.00"), "林晓雯", "phone")
    assert order.requested_on.isoformat() == "2027-01-10"


@pytest.mark.usefixtures("shop")
def test_table_when_pasted_broken_then_everything_stays_and_the_first_fault_has_the_focus(
    sit_down: Sit, session: Session, keep_picture: Keep
) -> None:
    li = sit_down("oc_li")
    li.open("/order/add")
    li.choose("customer_id", "林晓雯")
    page = li.page
    long_name = "超长名称" * 50
    line(page, 0).locator("[role=combobox]").focus()
    rows = (
        "SOF-1\t2\t\t😀 \u202eعربي", "", '不存在"的\t\t"', f"CHR-1\tviele\t\t{long_name}\t1\t2\t3\t4\t5\t6\t7\t剩余",
    )  # fmt: skip
    paste(page, "\r\n".join(rows))
    page.wait_for_selector("[data-zd-lines=order_line] .has-error")
    assert page.locator("[data-zd-said]").first.inner_text() == "已粘贴 3 行，其中 2 处需要您处理，已标出。"
    assert line(page, 1).locator("[role=combobox]").evaluate("box => box === document.activeElement")
    told = line(page, 1).locator("[data-cell=product_id] .zd-error:not([hidden])").inner_text()
    assert told == '没有名为“不存在"的”的记录，请从列表中选择。'
    assert line(page, 2).locator("[data-zd-told]").inner_text() == "没有对应的列：剩余"
    keep_picture(page, "pasted")
    li.save()
    marked = page.locator(".zd-cell.has-error")
    assert [marked.nth(place).get_attribute("data-cell") for place in range(marked.count())] == [
        "product_id", "discount_pct", "qty_ordered",
    ]  # fmt: skip
    assert line(page, 1).locator("[role=combobox]").evaluate("box => box === document.activeElement")
    assert line(page, 0).locator("textarea").first.input_value() == "😀 \u202eعربي"
    assert line(page, 2).locator("textarea").first.input_value() == long_name
    assert orders(session) == []
    session.rollback()
    # A row may go, and come back.
    page.keyboard.press("Control+Delete")
    assert page.locator("[data-zd-lines=order_line] [data-zd-line]").count() == 3
    page.keyboard.press("Control+z")
    assert line(page, 1).locator("[role=combobox]").input_value() == '不存在"的'


@pytest.mark.usefixtures("shop")
def test_form_when_the_connection_is_lost_and_the_browser_closed_then_it_is_offered_again_to_its_person_only(
    sit_down: Sit, session: Session, keep_picture: Keep
) -> None:
    li = sit_down("oc_li", width=390, height=800)
    li.open("/order/add")
    page = li.page
    li.choose("customer_id", "林晓雯")
    line(page, 0).locator("[role=combobox]").fill("SOF-1")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-zd-chosen]:not([value=''])", state="attached")
    li.context.set_offline(True)
    page.keyboard.type("5")
    page.wait_for_selector(".zd-totals__said")
    assert page.inner_text(".zd-totals__said").startswith("暂时无法连接服务器")
    keep_picture(page, "offline")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.wait_for_selector("form[data-zd-kept]")
    # Nothing of it can be read in the browser's store.
    kept = page.evaluate("JSON.stringify(Object.entries(localStorage))")
    assert "zd-draft" in kept
    assert "林晓雯" not in kept
    assert "SOF-1" not in kept
    page.close()
    li.context.set_offline(False)
    li.page = page = li.context.new_page()
    li.open("/order/add")
    page.wait_for_selector(".zd-draft")
    page.click(".zd-draft .zd-btn-primary")
    assert said(page) == "500.00"
    assert line(page, 0).locator("[role=combobox]").input_value() == "SOF-1 家具1"
    assert "林晓雯" in page.locator("select[name=customer_id] option:checked").inner_text()
    # A second tab of the same form is a form of its own.
    other = li.context.new_page()
    other.goto("/order/add")
    other.wait_for_selector("form[data-zd-drafts]")
    assert other.locator(".zd-draft").count() == 0
    other.close()
    li.save()
    assert li.said() == ["已保存。"]
    assert drafts_left(page) == 0
    assert len(orders(session)) == 1
    session.rollback()
    li.open("/customer/add")
    li.fill(name="半途")
    page.wait_for_selector("form[data-zd-kept]")
    assert drafts_left(page) == 1
    page.click(".zd-top .zd-user")
    page.click(".zd-top .zd-menu__body form button")
    with page.expect_navigation():
        page.click("#zd-confirm [data-zd-ok]")
    assert drafts_left(page) == 0


def drafts_left(page: Page) -> Any:
    """How many drafts the browser keeps."""
    return page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('zd-draft')).length")
