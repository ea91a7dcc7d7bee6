"""Scenario S04 on screen: a bookcase that is cut already is cancelled, and what is left of its money goes back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from app.services.payment.actions import record_payment
from models.labels import PaymentMethod, SupplyMode
from tests.browser.conftest import Clock
from tests.browser.desk import Desk
from tests.browser.walk import Walk
from tests.browsing import ARTIFACTS, picture_book
from tests.databases import KINDS, Database
from tests.services.company import found
from tests.services.orders import Goods, confirmed, ready_to_make
from tests.sweeps.depth import FULL

D = Decimal
ORDER, REQUEST, REFUND = "SO-TEST-0001", "QX-20261126-0001", "RF-20261127-0001"
ENGINES = KINDS if FULL else KINDS[:1]
SHEET = (
    ("不可再用材料", "1260.00"), ("人工", "420.00"), ("设计测量", "150.00"), ("残值（扣减）", "130.00"),
)  # fmt: skip
pytestmark = [pytest.mark.stage("people"), pytest.mark.parametrize("database", ENGINES, indirect=True)]


@pytest.fixture
def half_paid(session: Session) -> None:
    """18,000.00 confirmed, 9,000.00 paid, the boards of the bookcase cut."""
    company = found(session)
    prices = (("A-衣柜", 8000), ("B-书柜", 6000), ("C-电视柜", 4000))
    goods = [Goods(sku, 1, price, SupplyMode.custom) for sku, price in prices]
    order = ready_to_make(company, confirmed(company, *goods, elevator="passenger"))
    with company.act("fi_qian", "2026-11-24 10:00") as ctx:
        paid = {"method": PaymentMethod.bank_transfer, "amount": D(9000), "order_id": order.id}
        record_payment(ctx, {**paid, "payer_name": "周建国", "payer_account": "6222020000000001"})
    (task,) = order.lines[1].tasks
    plan = {"planned_start_on": "2026-11-24", "planned_end_on": "2026-12-04"}
    company.fire("pd_chen", "2026-11-23 13:00", task, "plan", **plan)
    company.fire("pd_chen", "2026-11-23 13:10", task, "release")
    company.fire("pd_chen", "2026-11-24 08:00", task, "start")
    company.fire("pd_chen", "2026-11-25 17:00", task, "report", operation="cutting", qty_done="0", percent="100")
    session.close()


@pytest.fixture
def walk(half_paid: None, clock: Clock, sit_down: Callable[..., Desk], database: Database) -> Walk:
    folder = ARTIFACTS / ("s04" if database.kind == "sqlite" else f"s04-{database.kind}")
    return Walk(clock, sit_down, picture_book(folder))


def test_s04_when_walked_on_screen_then_settled_with_its_numbers(walk: Walk) -> None:
    ask(walk)
    cost(walk)
    check(walk)
    offer(walk)
    accept(walk)
    refund(walk)
    receipt(walk)


def ask(walk: Walk) -> None:
    """Row 1: the form knows the order and its lines; those that stay are taken out."""
    li = walk.act("oc_li", "2026-11-26 09:00")
    li.find("order", ORDER)
    assert li.state == "生产中"
    walk.keep(li.page, "order")
    li.press("cancellation")
    li.pick(cancel_reason="设计")
    li.fill(note="客户来电：书柜不要了，已回电确认")
    rows = li.page.locator("tbody[data-zd-line]")
    for text in ("A-衣柜", "C-电视柜"):
        rows.filter(has=li.page.locator(f"input[value*='{text}']")).locator("[data-zd-remove]").first.click()
    walk.keep(li.page, "cancellation-form")
    li.save()
    assert (li.number, li.state, li.flags) == (REQUEST, "已提出", ["取消答复 2026-11-27 18:00 到期"])
    assert (li.value("取消货值"), li.value("赔偿上限")) == ("6,000.00", "1,800.00")
    assert li.row("cancellation_line", "B-书柜")["阶段"] == "S3 已开料"
    walk.keep(li.page, "asked")


def cost(walk: Walk) -> None:
    """Row 2: the cost sheet, item by item in one form; the task stands still."""
    chen = walk.act("pd_chen", "2026-11-26 11:00")
    chen.find("cancellation", REQUEST)
    assert not chen.page.locator(".zd-strip").count()
    chen.follow("编辑")
    for number, (kind, amount) in enumerate(SHEET):
        line = chen.page.locator("tbody[data-zd-line]:not([hidden])").nth(number)
        line.locator("select").select_option(label=kind)
        line.locator("input[name$=-amount]").fill(amount)
        if number < len(SHEET) - 1:
            chen.page.locator("[data-zd-add]").first.click()
    walk.keep(chen.page, "cost-sheet")
    chen.save()
    chen.press("cost")
    assert chen.state == "成本已核算"
    walk.keep(chen.page, "costed")


def check(walk: Walk) -> None:
    """Row 3: finance checks, and the compensation is there."""
    zhou = walk.act("fi_zhou", "2026-11-26 14:00")
    zhou.find("cancellation", REQUEST)
    zhou.press("check")
    assert zhou.state == "成本已复核"
    money = {
        name: zhou.value(name) for name in ("核实成本", "赔偿上限", "赔偿款", "定金份额", "其他已付款份额", "应退款")
    }
    assert money == {
        "核实成本": "1,700.00",
        "赔偿上限": "1,800.00",
        "赔偿款": "1,700.00",
        "定金份额": "1,200.00",
        "其他已付款份额": "1,800.00",
        "应退款": "1,300.00",
    }
    walk.keep(zhou.page, "checked")


def offer(walk: Walk) -> None:
    """Rows 4 and 9: keeping the whole deposit is refused; set off, 1,300 go back."""
    li = walk.act("oc_li", "2026-11-26 15:00")
    li.find("cancellation", REQUEST)
    li.press("offer")
    li.pick(deposit_mode="公司没收")
    li.fill(deposit_kept_amount="3600")
    li.save()
    assert li.said() == ["取消部分对应的定金最多 1200.00，不能多留。"]
    walk.keep(li.page, "whole-deposit-refused")
    li.press("offer")
    li.pick(deposit_mode="抵作赔偿")
    li.save()
    assert (li.state, li.flags) == ("已报客户", [])
    walk.keep(li.page, "offered")


def accept(walk: Walk) -> None:
    """Row 5: the order is another one, and has its second letter."""
    li = walk.act("oc_li", "2026-11-27 10:00")
    li.find("cancellation", REQUEST)
    li.press("accept")
    li.fill(accepted_how="微信确认，选择退款")
    li.save()
    assert li.state == "已生效"
    li.find("order", ORDER)
    assert (li.state, li.value("总额"), li.value("已付"), li.value("未收")) == (
        "生产中",
        "12,000.00",
        "6,000.00",
        "6,000.00",
    )
    li.tab("payment_schedule")
    rows = [li.row("payment_schedule", kind) for kind in ("定金", "预付款", "尾款")]
    plan = [(row["金额"], row["已付"]) for row in rows]
    assert plan == [("2,400.00", "2,400.00"), ("3,600.00", "3,600.00"), ("6,000.00", "0.00")]
    walk.keep(li.page, "order-after")
    li.open_row("confirmation_letter", f"CL-{ORDER}-V2")
    assert (li.value("总额"), li.state) == ("12,000.00", "已发出")


def refund(walk: Walk) -> None:
    """Row 6: recorded, approved and paid by three people."""
    zhou = walk.act("fi_zhou", "2026-11-27 11:00")
    zhou.find("cancellation", REQUEST)
    zhou.press("refund")
    zhou.find("refund", REFUND)
    assert zhou.value("金额") == "1,300.00"
    sun = walk.act("fi_sun", "2026-11-27 11:20")
    sun.find("refund", REFUND)
    sun.press("approve")
    qian = walk.act("fi_qian", "2026-11-27 11:30")
    qian.find("refund", REFUND)
    qian.page.click(".zd-page-header [data-step=execute]")
    with qian.page.expect_navigation():
        qian.page.click("#zd-confirm[open] [data-zd-ok]")
    assert qian.state == "已退款"
    walk.keep(qian.page, "refunded")


def receipt(walk: Walk) -> None:
    """Row 7: a receipt for the compensation, which is no invoice."""
    li = walk.act("oc_li", "2026-11-27 12:00")
    li.find("cancellation", REQUEST)
    li.press("compensation")
    text = li.page.inner_text("body")
    assert "赔偿款收据" in text
    assert "1,700.00" in text
    assert "壹仟柒佰元整" in text
    assert "本收据不是发票" in text
    walk.keep(li.page, "receipt")
