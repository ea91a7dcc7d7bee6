"""Scenario S10 on screen: a rush order before the committee, decided at the one desk, changed, and decided again."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from models.customer import Customer
from models.labels import CustomerKind, SupplyMode
from tests.browser.conftest import Clock
from tests.browser.desk import Desk
from tests.browser.walk import Walk
from tests.browsing import ARTIFACTS, picture_book
from tests.databases import KINDS
from tests.services.company import found, product
from tests.sweeps.depth import FULL

D = Decimal
ORDER, DAY = "SO-20261210-0001", "2026-12-10"
ENGINES = KINDS if FULL else KINDS[:1]
pytestmark = [pytest.mark.stage("people"), pytest.mark.parametrize("database", ENGINES, indirect=True)]


@pytest.fixture
def walk(session: Session, clock: Clock, sit_down: Callable[..., Desk]) -> Walk:
    """The bookcase and the training centre."""
    company = found(session)
    with company.act("oc_li", "2026-12-09 09:00"):
        product(
            session, "BKC-CUST-01", name="定制书柜", supply_mode=SupplyMode.custom, list_price=D(1200),
            standard_cost=D(700), lead_days=30,
        )  # fmt: skip
        session.add(
            Customer(
                code="CUS-TRAIN",
                kind=CustomerKind.institution,
                name="启航培训中心",
                phone="057188880000",
                search_text="启航培训中心",
            )
        )
    session.close()
    return Walk(clock, sit_down, picture_book(ARTIFACTS / "s10"))


def test_s10_when_walked_on_screen_then_approved_lapsed_and_approved_again(walk: Walk) -> None:
    enter(walk)
    escalate(walk)
    decide(walk, heard="14:00", voted="16:40", page="first")
    assert state_of(walk, "16:45") == "审核通过待发函"
    change(walk, "16:50", "44", "57,600.00")
    change(walk, "16:52", "40", "52,800.00")
    decide(walk, heard="16:55", voted="17:00", page="second")
    confirm(walk)


def enter(walk: Walk) -> None:
    """Step 1: 40 x 1,200 and the rush surcharge of 10 %, from a message of 09:00."""
    li = walk.act("oc_li", f"{DAY} 09:00")
    li.open("/inbox_item/add")
    li.pick(channel="电话")
    li.fill(external_no="T-1", customer_name="启航培训中心", content="书柜 40 个，12-25 前要")
    li.save()
    # Who was away for half an hour signs in again.
    li = walk.again("oc_li", f"{DAY} 10:20")
    li.take("IN-")
    li.press("enter")
    li.choose("customer_id", "启航培训中心")
    li.pick(order_type="企事业批量")
    li.fill(requested_on="2026-12-25")
    li.save()
    li.follow(ORDER)
    li.follow("编辑")
    li.fill(receiver_name="周老师", receiver_phone="13800001234", ship_city="杭州", ship_address="文一路 1 号")
    li.save()
    li.add_in_tab("order_line")
    li.choose("product_id", "BKC-CUST-01")
    li.fill(qty_ordered="40")
    li.save()
    li.add_in_tab("order_fee")
    li.pick(kind="加急费")
    li.fill(amount="4800")
    li.save()
    li.add_in_tab("order_contract")
    li.fill(purchase_no="PO-77", invoice_title="启航培训中心", batch_plan="一批")
    li.save()
    li.press("submit")
    li.save()
    assert (li.state, li.value("总额"), li.value("特殊标记")) == ("待审核", "52,800.00", "加急订单")


def escalate(walk: Walk) -> None:
    """Step 2: not without the committee; what the program found is on the form."""
    wang = walk.act("oc_wang", f"{DAY} 11:00")
    wang.find("order", ORDER)
    assert wang.why_closed("review") == "这是大额或特殊订单：请提交委员会审批。"
    wang = walk.again("oc_wang", f"{DAY} 11:30")
    wang.find("order", ORDER)
    wang.press("escalate")
    assert wang.value("加急订单") == "要求 15 天，标准交期 30 天：0.50，低于 0.80"
    walk.keep(wang.page, "review")
    wang.save()
    assert (wang.state, wang.flags) == ("待审批", ["委员会审批 2026-12-10 23:30 到期"])


def decide(walk: Walk, *, heard: str, voted: str, page: str) -> None:
    """Steps 3 and 4: the opinion of production, then the three of the urgent path, each at the desk."""
    he = walk.act("pd_he", f"{DAY} {heard}")
    he.open("/waiting/")
    form = he.page.locator(".zd-decide:has(form)", has_text=ORDER)
    form.locator("textarea[name=text]").fill("产能：12-19/20 加班，材料有库存")
    walk.keep(he.page, f"{page}-opinion")
    with he.page.expect_navigation():
        form.get_by_role("button", name="提出意见").click()
    for who in ("cm_zhang", "pd_he", "fi_sun"):
        member = walk.act(who, f"{DAY} {voted}")
        member.open("/waiting/")
        card = member.page.locator(".zd-decide:has(form)", has_text=ORDER)
        assert "要求 15 天，标准交期 30 天：0.50，低于 0.80" in card.inner_text()
        assert "产能：12-19/20 加班，材料有库存" in card.inner_text()
        walk.keep(member.page, f"{page}-{who}")
        with member.page.expect_navigation():
            card.get_by_role("button", name="批准").click()
        assert member.page.locator(".zd-decide .zd-decide__form", has_text=ORDER).count() == 0


def state_of(walk: Walk, when: str) -> str:
    """What the order centre reads."""
    li = walk.act("oc_li", f"{DAY} {when}")
    li.find("order", ORDER)
    return li.state


def change(walk: Walk, when: str, qty: str, total: str) -> None:
    """Step 5: another quantity, and the approval lapses."""
    walk.clock.at(f"{DAY} {when}")
    li = walk.desk
    assert li is not None
    li.find("order", ORDER)
    li.first_in_tab("order_line")
    li.follow("编辑")
    li.fill(qty_ordered=qty)
    li.save()
    li.find("order", ORDER)
    assert (li.state, li.value("总额")) == ("待审批", total)
    walk.keep(li.page, f"changed-{qty}")


def confirm(walk: Walk) -> None:
    """Step 6: the letter promises 12-25; the minutes of the urgent path are still to be written."""
    li = walk.act("oc_li", f"{DAY} 17:05")
    li.find("order", ORDER)
    assert li.state == "审核通过待发函"
    li.press("confirm")
    li.fill(promised_on="2026-12-25")
    li.pick(channel="纸质")
    li.save()
    assert (li.state, li.value("承诺日期")) == ("已确认", "2026-12-25")
    zhang = walk.act("cm_zhang", f"{DAY} 17:10")
    zhang.open("/waiting/")
    assert zhang.page.get_by_role("link", name="补写纪要").count() == 2
    walk.keep(zhang.page, "minutes")
