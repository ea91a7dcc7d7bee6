"""Scenario S02 on screen: a call becomes a custom order; the customer agrees, confirms and signs on his own phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import BrowserContext, Page
from sqlalchemy.orm import Session

from models.labels import SupplyMode
from tests.browser.conftest import Clock
from tests.browser.desk import Desk
from tests.browser.walk import Walk
from tests.browsing import ARTIFACTS, picture_book
from tests.services.company import found, person, product

D = Decimal
ORDER, NAME = "SO-20261124-0001", "周建国"
CHECKS = ("stock", "price", "lead_time", "credit", "compliance", "technical")
pytestmark = [pytest.mark.stage("people"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


@pytest.fixture
def catalogue(session: Session) -> None:
    """Wardrobes by the square metre, and the customer who calls."""
    company = found(session)
    with company.act("oc_li", "2026-11-20 09:00"):
        product(
            session, "WRD-CUST-M2", name="定制衣柜", supply_mode=SupplyMode.custom, list_price=D(1280), unit="m²"
        )  # fmt: skip
        person(session, NAME, "13900006688", search_text="周建国 13900006688")
    session.close()


@pytest.fixture
def walk(catalogue: None, clock: Clock, sit_down: Callable[..., Desk]) -> Walk:
    return Walk(clock, sit_down, picture_book(ARTIFACTS / "s02"))


@pytest.fixture
def phone(new_context: Callable[..., BrowserContext]) -> Page:
    """The customer's own browser: nobody is signed in there."""
    return new_context(width=390, height=844).new_page()


def link(desk: Desk) -> str:
    """The address that the office sends to the customer."""
    desk.press("link")
    return desk.page.input_value("#zd-secret")


def answer(page: Page, address: str, button: str) -> str:
    """Presses a button of the customer's page; what it says then."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()
    assert page.url.startswith(address)
    return page.inner_text("main")


def enter(walk: Walk) -> None:
    """Rows 1 to 3: the call, the goods, the deposit that the law allows."""
    li = walk.act("oc_li", "2026-11-24 10:05")
    li.open("/inbox_item/add")
    li.pick(channel="电话")
    li.fill(customer_name=NAME, customer_phone="13900006688", content="主卧、次卧衣柜各一组")
    li.save()
    li.press("enter")
    li.choose("customer_id", NAME)
    li.pick(order_type="零售")
    li.fill(requested_on="2027-01-10")
    li.save()
    li.follow(ORDER)
    for width, area in (("2400", "5.760"), ("1800", "4.320")):
        li.add_in_tab("order_line")
        li.choose("product_id", "WRD-CUST-M2")
        li.fill(qty_ordered=area, discount_pct="5", length_mm=width, width_mm="600", height_mm="2400")
        li.save()
    assert [li.value(label) for label in ("总额", "不含税金额", "税额")] == ["12,257.28", "10,847.15", "1,410.13"]
    assert li.value("合同性质") == "承揽"
    li.follow("编辑")
    li.page.locator("details:has([name=deposit_amount]) > summary").click()
    li.fill(receiver_name=NAME, receiver_phone="13900006688", ship_city="杭州", ship_address="莫干山路 8 号")
    li.fill(deposit_amount="2451.46")
    li.save()
    assert "2,451.45" in li.page.inner_text("#f-deposit_amount-error")
    walk.keep(li.page, "deposit-refused")
    li.fill(deposit_amount="2451.45")
    li.save()
    li = walk.act("oc_li", "2026-11-24 14:00")
    li.find("order", ORDER)
    li.press("submit")
    li.save()
    li.tab("payment_schedule")
    assert li.column("金额")[:3] == ["2,451.45", "3,677.19", "6,128.64"]


def agree(walk: Walk, page: Page) -> None:
    """Row 4: nothing is ticked beforehand; the customer ticks."""
    assert walk.desk is not None
    address = link(walk.desk)
    walk.keep(walk.desk.page, "link")
    walk.clock.at("2026-11-24 14:20")
    page.goto(address)
    boxes = page.locator("input[type=checkbox]")
    assert [box.is_checked() for box in boxes.all()] == [False, False]
    walk.keep(page, "consent")
    for box in boxes.all():
        box.check()
    assert "目前没有需要您办理的事项" in answer(page, address, "发送")


def review_and_confirm(walk: Walk) -> None:
    """Rows 5 and 6: the letter goes out with a rule; without date and rule it does not."""
    wang = walk.act("oc_wang", "2026-11-25 09:00")
    wang.find("order", ORDER)
    wang.press("review")
    for check in CHECKS:
        wang.pick(**{check: "通过"})
    # There is no drawing yet: who passes that check all the same says why.
    wang.fill(comment="图纸随后请客户签字")
    wang.save()
    assert wang.flags == ["确认函 2026-11-27 09:00 到期"]
    li = walk.act("oc_li", "2026-11-26 17:00")
    li.find("order", ORDER)
    li.press("confirm")
    li.pick(channel="短信")
    li.save()
    assert li.page.locator("#f-promised_on-error").is_visible()
    li.fill(promise_days="30")
    li.save()
    assert (li.state, li.value("承诺约定")) == ("已确认", "图纸签字且首笔款到账后 30 天")


def pay(walk: Walk) -> None:
    """Row 7: one transfer, two natures on the receipt."""
    qian = walk.act("fi_qian", "2026-11-27 10:00")
    qian.open("/payment/add")
    qian.pick(method="银行转账")
    qian.fill(amount="6128.64", channel_txn_no="B-20261127-1")
    qian.choose("order_id", ORDER)
    qian.save()
    qian.open(qian.page.url.replace("/show/", "/") + "/paper/receipt")
    said = qian.page.inner_text("main")
    assert [text in said for text in ("定金", "2,451.45", "预付款", "3,677.19")] == [True] * 4
    walk.keep(qian.page, "receipt")
    qian.open("/")


def refused(walk: Walk) -> None:
    """Row 8: production waits for the letter and the drawing."""
    chen = walk.act("pd_chen", "2026-11-27 11:00")
    chen.find("order", ORDER)
    chen.first_in_tab("production_task")
    chen.press("plan")
    chen.fill(planned_start_on="2026-12-01", planned_end_on="2026-12-20")
    chen.save()
    button = chen.page.locator(".zd-page-header [data-step=release]")
    assert button.get_attribute("aria-disabled") == "true"
    why = " ".join(button.locator("xpath=..").locator(".zd-tip__row").all_text_contents())
    assert ("客户尚未确认" in why, "尚未在图纸上签字" in why, "首笔款" in why) == (True, True, False)


def answer_letter(walk: Walk, page: Page) -> None:
    """The customer confirms the letter with his name; a second answer finds what he said."""
    li = walk.act("oc_li", "2026-11-27 12:00")
    li.find("order", ORDER)
    li.first_in_tab("confirmation_letter")
    address = link(li)
    page.goto(address)
    assert "¥12,257.28" in page.inner_text("main")
    walk.keep(page, "letter")
    page.fill("#name", NAME)
    assert "您已于" in answer(page, address, "我确认此订单")
    page.goto(f"{address}?language=en")
    assert "You confirmed this letter on" in page.inner_text("main")
    li.find("order", ORDER)
    for version in ("1", "2"):
        li.press("issue_drawing")
        li.fill(drawing_version=version)
        li.save()
    walk.clock.at("2026-11-28 15:00")
    page.goto(address)
    walk.keep(page, "drawing")
    page.fill("#name-drawing", NAME)
    assert "新版确认函" in answer(page, address, "我签字确认此图纸")
    walk.keep(page, "newer-letter")


def release(walk: Walk) -> None:
    """Rows 9 and 10: the day and letter V2 follow; the workshop sees the drawing, neither price nor phone."""
    li = walk.act("oc_li", "2026-11-28 15:30")
    li.find("order", ORDER)
    assert li.value("承诺日期") == "2026-12-28"
    li.tab("confirmation_letter")
    assert sorted(text[-2:] for text in li.column("确认函编号")[:2]) == ["V1", "V2"]
    walk.keep(li.page, "promised")
    chen = walk.act("pd_chen", "2026-11-28 16:00")
    chen.find("order", ORDER)
    chen.open_row("production_task", "2026-12-20")
    if chen.page.locator(".zd-page-header [data-step=release][aria-disabled=true]").count():
        pytest.fail(chen.why_closed("release"))
    chen.press("release")
    assert chen.state == "已下达"
    chen.open(chen.page.url.replace("/show/", "/") + "/paper/task")
    said = chen.page.inner_text("main")
    assert "杭州" in said
    assert re.search(r"图纸版本\s*2", said)
    assert [text for text in ("12,257.28", "13900006688", "7,004.16") if text in said] == []


def test_s02_when_walked_on_screen_then_made_after_the_signed_drawing(walk: Walk, phone: Page) -> None:
    enter(walk)
    agree(walk, phone)
    review_and_confirm(walk)
    pay(walk)
    refused(walk)
    answer_letter(walk, phone)
    release(walk)
