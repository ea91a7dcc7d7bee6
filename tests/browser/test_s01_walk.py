"""Scenario S01 on screen: each department at its own browser, from the mall's order to 已完成."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from models.labels import ProductCategory
from tests.browser.conftest import Clock
from tests.browser.desk import Desk
from tests.browser.walk import Walk
from tests.browsing import ARTIFACTS, picture_book
from tests.databases import KINDS, Database
from tests.services.company import found, product
from tests.sweeps.depth import FULL

D = Decimal
ORDER, SHIPMENT = "SO-20261124-0001", "SH-20261125-0001"
# The screens are the same on both; `make sweeps` walks on PostgreSQL too, the API walk always does.
ENGINES = KINDS if FULL else KINDS[:1]
pytestmark = [pytest.mark.stage("people"), pytest.mark.parametrize("database", ENGINES, indirect=True)]


@pytest.fixture
def catalogue(session: Session) -> None:
    """The sofa and the chairs of the scenario, in stock: 5 and 40."""
    company = found(session)
    with company.act("oc_li", "2026-11-20 09:00"):
        product(
            session, "SOF-OSLO-3S-GRY", name="奥斯陆三人位布艺沙发", category=ProductCategory.sofa,
            list_price=D(6800), pack_volume=D("1.705"), warranty_months=24, on_hand=5,
        )  # fmt: skip
        product(
            session, "CHR-NORD-01", name="北欧餐椅", category=ProductCategory.chair,
            list_price=D(680), pieces_per_pack=2, pack_volume=D("0.240"), on_hand=40,
        )  # fmt: skip
    session.close()


@pytest.fixture
def walk(catalogue: None, clock: Clock, sit_down: Callable[..., Desk], database: Database) -> Walk:
    folder = ARTIFACTS / ("s01" if database.kind == "sqlite" else f"s01-{database.kind}")
    return Walk(clock, sit_down, picture_book(folder))


def test_s01_when_walked_on_screen_then_completed_with_its_numbers(walk: Walk) -> None:
    receive(walk)
    enter(walk)
    submit(walk)
    review(walk)
    confirm(walk)
    inspect(walk)
    plan_delivery(walk)
    depart(walk)
    deliver(walk)
    install(walk)
    accept(walk)
    invoice(walk)


def receive(walk: Walk) -> None:
    """Step 1: the mall's order and its payment."""
    li = walk.act("oc_li", "2026-11-23 20:15")
    li.open("/customer/add")
    li.pick(kind="个人")
    li.fill(name="林晓雯", phone="13800005621", city="杭州")
    li.save()
    li.add_in_tab("customer_address")
    li.fill(
        label="家", contact_name="林晓雯", contact_phone="13800005621", province="浙江省", city="杭州",
        district="西湖区", detail="文三路 100 号 3 幢 501", floor="5",
    )  # fmt: skip
    li.pick(elevator="无电梯")
    li.tick("is_default")
    li.save()
    # What she ticked at the mall; without it everybody who enters the order is reminded.
    for purpose in ("订单处理", "提供给承运商和安装人员"):
        li.add_in_tab("consent")
        li.pick(purpose=purpose)
        li.fill(text_version="2026-1", given_at="2026-11-23T20:15")
        li.tick("is_granted")
        li.save()
    walk.keep(li.page, "customer")
    li.open("/inbox_item/add")
    li.pick(channel="线上商城")
    li.fill(external_no="MALL-77120931", customer_name="林晓雯", content="沙发×1 餐椅×4，5 楼无电梯")
    li.save()
    assert (li.state, li.flags) == ("待处理", ["录入 2026-11-24 20:15 到期"])
    assert li.value("接收时间") == "2026-11-23 20:15"
    walk.keep(li.page, "received")

    qian = walk.act("fi_qian", "2026-11-23 20:16")
    qian.open("/payment/add")
    qian.pick(method="微信支付")
    qian.fill(amount="9894.80", channel_txn_no="WX-20261123-1", external_order_no="MALL-77120931")
    qian.choose("customer_id", "林晓雯")
    qian.save()
    assert (qian.state, qian.value("金额"), qian.value("接收时间")) == ("未核销", "9,894.80", "2026-11-23 20:16")
    walk.keep(qian.page, "paid")


def enter(walk: Walk) -> None:
    """Step 2: from the message to a draft with its sums."""
    li = walk.act("oc_li", "2026-11-24 09:30")
    li.take("IN-")
    li.press("enter")
    assert li.choose("customer_id", "林晓雯").endswith("林晓雯")
    li.pick(order_type="零售")
    li.fill(requested_on="2026-11-30")
    li.save()
    assert li.state == "已录入"
    li.follow(ORDER)
    li.follow("编辑")
    li.tick("install_required")
    li.save()
    for sku, qty in (("SOF-OSLO-3S-GRY", "1"), ("CHR-NORD-01", "4")):
        li.add_in_tab("order_line")
        li.choose("product_id", sku)
        li.fill(qty_ordered=qty)
        li.save()
    li.add_in_tab("order_fee")
    li.pick(kind="配送")
    li.fill(amount="200")
    li.save()
    walk.keep(li.page, "entered")
    assert (li.number, li.state, li.flags) == (ORDER, "草稿", ["录入 2026-11-24 20:15 到期"])
    sums = {label: li.value(label) for label in ("货款", "费用", "总额", "不含税金额", "税额")}
    assert sums == {
        "货款": "9,520.00",
        "费用": "374.80",
        "总额": "9,894.80",
        "不含税金额": "8,756.46",
        "税额": "1,138.34",
    }
    assert [li.row("order_line", sku)["行金额"] for sku in ("SOF-OSLO", "CHR-NORD")] == ["6,800.00", "2,720.00"]
    li.tab("order_fee")
    fees = {kind: li.row("order_fee", kind) for kind in ("配送", "上楼搬运")}
    assert {kind: (row["金额"], row["税额"]) for kind, row in fees.items()} == {
        "配送": ("200.00", "23.01"),
        "上楼搬运": ("174.80", "20.11"),
    }
    walk.keep(li.page, "fees")


def submit(walk: Walk) -> None:
    """Steps 2 and 3: entered in time and paid; the clerk may not review his own order."""
    li = walk.act("oc_li", "2026-11-24 09:40")
    li.find("order", ORDER)
    li.press("submit")
    li.save()
    assert (li.state, li.flags) == ("待审核", ["审核 2026-11-25 09:40 到期"])
    assert (li.value("已付"), li.value("制度状态"), li.value("录入时间")) == (
        "9,894.80",
        "待审核",
        "2026-11-24 09:40",
    )
    li.tab("payment_schedule")
    plan = li.row("payment_schedule", "预付款")
    assert (plan["金额"], plan["已付"], plan["未结金额"]) == ("9,894.80", "9,894.80", "0.00")
    walk.clock.at("2026-11-24 09:45")
    li.page.reload()
    why = "录入订单任何内容的人不得审核该订单。请由同事办理；如无人可办，待委员会主任指定代理人。"
    assert li.why_closed("review") == why
    li.page.hover(".zd-page-header [data-step=review]")
    walk.keep(li.page, "own-review-refused")


def review(walk: Walk) -> None:
    """Step 4: a colleague passes the review; the stock is held softly."""
    wang = walk.act("oc_wang", "2026-11-24 10:30")
    wang.open("/stock/list/")
    assert wang.column("可用量") == ["5", "40"]
    wang.find("order", ORDER)
    wang.press("review")
    for check in ("stock", "price", "lead_time", "credit", "compliance", "technical"):
        wang.pick(**{check: "通过"})
    walk.keep(wang.page, "review-form")
    wang.save()
    assert (wang.state, wang.flags) == ("审核通过待发函", ["确认函 2026-11-26 10:30 到期"])
    assert (wang.value("大额订单"), wang.value("特殊标记")) == ("否", "–")
    wang.tab("order_review")
    assert wang.page.locator("#panel-order_review tbody tr").count() == 6
    walk.keep(wang.page, "reviewed")
    wang.open("/stock/list/")
    assert (wang.column("软预留量"), wang.column("可用量")) == (["1", "4"], ["4", "36"])


def confirm(walk: Walk) -> None:
    """Steps 5 and 6: the confirmation letter, and the customer's answer."""
    li = walk.act("oc_li", "2026-11-24 11:00")
    li.find("order", ORDER)
    li.press("confirm")
    li.fill(promised_on="2026-11-28")
    li.pick(channel="短信")
    li.save()
    assert (li.state, li.flags, li.value("承诺日期")) == ("已确认", [], "2026-11-28")
    walk.keep(li.page, "confirmed")
    li.first_in_tab("confirmation_letter")
    assert (li.number, li.value("总额")) == (f"CL-{ORDER}-V1", "9,894.80")
    assert (li.state, li.flags) == ("已发出", ["客户答复 2026-11-27 11:00 到期"])
    walk.clock.at("2026-11-24 11:20")
    li.page.reload()
    li.press("acknowledge")
    li.fill(reason="短信链接点了确认")
    li.save()
    assert (li.state, li.value("答复时间")) == ("客户已确认", "2026-11-24 11:20")
    walk.keep(li.page, "acknowledged")
    li.open("/stock/list/")
    assert (li.column("软预留量"), li.column("硬预留量")) == (["0", "0"], ["1", "4"])


def inspect(walk: Walk) -> None:
    """Step 7: the outgoing check of five pieces, both lines at once from the list."""
    sun = walk.act("qc_sun", "2026-11-25 10:00")
    walk.keep(sun.page, "inspector")
    sun.open("/inspection/list/?state=pending")
    assert sun.column("送检数") == ["4", "1"]
    sun.page.check("[data-zd-check-all]")
    with sun.page.expect_navigation():
        sun.page.click("#zd-bulk [data-step=accept]")
    assert sun.page.locator(".zd-bulk-page .zd-row-item").count() == 2
    sun.save()
    assert sun.said() == ["已处理 2 条记录。"]
    sun.find("order", ORDER)
    assert sun.state == "待发货"
    assert not sun.page.locator("dt", has_text="总额").count()
    walk.keep(sun.page, "inspected")


def plan_delivery(walk: Walk) -> None:
    """Step 8: own vehicle, appointment more than 24 hours ahead."""
    liu = walk.act("lg_liu", "2026-11-25 16:00")
    walk.keep(liu.page, "logistics")
    liu.find("order", ORDER)
    assert liu.value("免生产原因") == "现货"
    liu.add_in_tab("shipment")
    liu.save()
    liu.first_in_tab("shipment")
    liu.tab("package")
    assert liu.column("包件号") == [f"PK-{ORDER}-03", f"PK-{ORDER}-02", f"PK-{ORDER}-01"]
    liu.press("schedule")
    liu.pick(mode="自有车")
    liu.fill(driver_name="周师傅", vehicle_plate="浙A12345", slot_from="2026-11-27T14:00", slot_to="2026-11-27T16:00")
    liu.save()
    assert (liu.state, liu.value("送货时间（起）")) == ("已预约", "2026-11-27 14:00")
    walk.keep(liu.page, "scheduled")


def depart(walk: Walk) -> None:
    """Step 9: two of three packages are not enough."""
    xu = walk.act("lg_xu", "2026-11-27 12:50")
    xu.find("shipment", SHIPMENT)
    for seq in (1, 2):
        load(xu, seq)
    assert xu.why_closed("dispatch") == "共 3 个包件，还有 1 个未装车：请先扫码装车。"
    xu.page.hover(".zd-page-header [data-step=dispatch]")
    walk.keep(xu.page, "two-of-three")
    load(xu, 3)
    walk.clock.at("2026-11-27 13:00")
    xu.press("dispatch")
    assert (xu.state, xu.value("发车时间")) == ("运输中", "2026-11-27 13:00")
    walk.keep(xu.page, "departed")
    xu.find("order", ORDER)
    assert (xu.state, xu.value("制度状态")) == ("已发货", "已发货")


def load(desk: Desk, seq: int) -> None:
    """A package of the shown shipment, and back to it."""
    desk.follow(f"PK-{ORDER}-0{seq}")
    desk.press("load")
    assert desk.state == "已装车"
    desk.follow(SHIPMENT)


def deliver(walk: Walk) -> None:
    """Step 10: signed for, three packages whole; the right of return begins."""
    liu = walk.act("lg_liu", "2026-11-27 14:30")
    liu.find("shipment", SHIPMENT)
    liu.press("deliver")
    liu.fill(receiver_name="林晓雯")
    liu.save()
    assert (liu.state, liu.value("送达时间")) == ("已送达", "2026-11-27 14:30")
    liu.tab("delivery_receipt")
    # The goods are there: from now on logistics knows the person by a mask (domain/09 9.3).
    receipt = liu.row("delivery_receipt", "林*")
    assert (receipt["实收包件"], receipt["缺少包件"], receipt["破损包件"]) == ("3", "0", "0")
    walk.keep(liu.page, "delivered")
    liu.find("order", ORDER)
    assert liu.state == "已送达待安装"
    for sku in ("SOF-OSLO", "CHR-NORD"):
        liu.open_row("order_line", sku)
        assert liu.value("无理由退货截止") == "2026-12-04 23:59"
        liu.page.go_back()


def install(walk: Walk) -> None:
    """Step 11: appointment and work; the warranty begins."""
    ma = walk.act("cs_ma", "2026-11-27 14:35")
    ma.find("order", ORDER)
    ma.first_in_tab("installation")
    ma.press("schedule")
    ma.choose("installer_id", "吴师傅")
    ma.fill(slot_from="2026-11-27T15:00", slot_to="2026-11-27T17:00")
    ma.save()
    assert (ma.state, ma.flags) == ("已预约", ["安装 2026-11-29 14:30 到期"])
    walk.keep(ma.page, "installation-scheduled")

    wu = walk.act("cs_wu", "2026-11-27 15:00")
    walk.keep(wu.page, "installer")
    wu.take("AZ-")
    wu.press("start")
    # An hour with both hands full: the session has ended in the meantime.
    wu = walk.act("cs_wu", "2026-11-27 16:00")
    wu.take("AZ-")
    wu.press("finish")
    wu.fill(checklist_pct="100", photo_count="4")
    wu.save()
    assert (wu.state, wu.flags, wu.value("结束时间")) == ("已完成", [], "2026-11-27 16:00")
    walk.keep(wu.page, "installed")


def accept(walk: Walk) -> None:
    """Step 12: the customer signs, the order is 已完成."""
    wu = walk.act("cs_wu", "2026-11-27 16:10")
    wu.find("order", ORDER)
    assert wu.state == "已安装待验收"
    wu.first_in_tab("acceptance")
    assert (wu.state, wu.flags) == ("待处理", ["验收 2026-11-28 16:00 到期"])
    wu.press("sign")
    wu.fill(signed_by="林晓雯")
    wu.save()
    assert (wu.state, wu.value("签字时间")) == ("已验收", "2026-11-27 16:10")
    walk.keep(wu.page, "accepted")


def invoice(walk: Walk) -> None:
    """Steps 12 and 13: 已完成 with its dates; a special invoice for a person is refused."""
    zhou = walk.act("fi_zhou", "2026-11-28 10:00")
    zhou.find("order", ORDER)
    assert (zhou.state, zhou.value("制度状态"), zhou.value("完成时间")) == ("已完成", "已完成", "2026-11-27 16:10")
    assert [zhou.row("order_line", sku)["已验收"] for sku in ("SOF-OSLO", "CHR-NORD")] == ["1", "4"]
    walk.keep(zhou.page, "completed")
    for sku, until in (("SOF-OSLO", "2028-11-27"), ("CHR-NORD", "2027-11-27")):
        zhou.open_row("order_line", sku)
        assert (zhou.value("质保开始"), zhou.value("质保结束")) == ("2026-11-27", until)
        zhou.page.go_back()
    zhou.add_in_tab("invoice")
    zhou.fill(title="林晓雯", gross_amount="9894.80")
    zhou.pick(kind="增值税专用发票")
    zhou.save()
    assert zhou.said() == ["个人不能开具专用发票：请选择普通发票。"]
    walk.keep(zhou.page, "no-special-invoice")
    zhou.pick(kind="普通发票")
    zhou.save()
    zhou.tab("invoice")
    row = zhou.row("invoice", "林晓雯")
    assert (row["价税合计"], row["发票类型"], row["状态"]) == ("9,894.80", "普通发票", "已申请")
    walk.keep(zhou.page, "invoice")
