"""The day's main thing of each role at a desk, from the card on the first page to the done state, by keyboard alone.

The clerk of the order centre has a form of his own: tests/browser/test_order_form.py.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.cli.init import add_parameters
from app.security import departments as role
from app.security.rolechanges import propose_roles
from app.services.payment.actions import record_payment
from app.services.payment.refunds import record_refund
from app.services.policy.actions import propose
from app.services.shipment.actions import plan_shipment
from app.services.ticket.actions import open_ticket
from models.labels import PaymentMethod, RefundReason, SupplyMode, TicketKind
from models.policy import PolicyParameter
from tests.browser.keyboard import Keyboard
from tests.services.company import Company, found
from tests.services.orders import CHECKS, ENTERED, REVIEWED, Goods, confirmed, draft, inspected, settled

if TYPE_CHECKING:
    from tests.browser.conftest import Clock

pytestmark = [pytest.mark.stage("people"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
D = Decimal
SIT = Callable[[str, str], Keyboard]
CHAIRS = Goods("CHR-NORD-01", 4, 680)
ORDER = "SO-TEST-0001"


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def sit(new_context: Callable[..., object], clock: Clock, company: Company) -> SIT:
    """What was prepared is closed; the person comes to the desk at that moment."""

    def sit_down(username: str, when: str) -> Keyboard:
        company.session.close()
        clock.at(when)
        return Keyboard(new_context(), username)  # type: ignore[arg-type]

    return sit_down


def test_reviewer_when_an_order_waits_then_passes_it(company: Company, sit: SIT) -> None:
    company.fire("oc_li", ENTERED, draft(company, CHAIRS), "submit")
    wang = sit("oc_wang", "2026-11-23 11:00")
    wang.take(ORDER)
    wang.press("review")
    wang.pick(**dict.fromkeys(CHECKS, "通过"))
    wang.save()
    assert (wang.number, wang.state) == (ORDER, "审核通过待发函")
    assert wang.focus()["text"].startswith("已完成")


def test_planner_when_a_task_waits_then_plans_releases_and_starts_it(company: Company, sit: SIT) -> None:
    confirmed(company, Goods("WRD-CUST-M2", 2, 1280, SupplyMode.make_to_order))
    chen = sit("pd_chen", "2026-11-23 14:00")
    chen.take("MO-")
    chen.press("plan")
    chen.fill(work_centre="一车间", planned_start_on="2026-11-25", planned_end_on="2026-12-04")
    chen.save()
    assert (chen.state, chen.value("计划开工"), chen.value("计划完工")) == ("已计划", "2026-11-25", "2026-12-04")
    chen.press("release")
    chen.press("start")
    assert chen.state == "进行中"


def test_inspector_when_goods_wait_then_passes_them_together_from_the_list(company: Company, sit: SIT) -> None:
    confirmed(company, CHAIRS, Goods("TBL-NORD-1600", 1, 4200))
    sun = sit("qc_sun", "2026-11-24 09:00")
    sun.reach(".zd-work__foot")
    sun.go("Enter")
    sun.strokes("j", "x", "j", "x")
    sun.reach("#zd-bulk [data-step=accept]")
    sun.go("Enter")
    sun.save()
    assert sun.said() == ["已处理 2 条记录。"]
    assert sun.column("状态") == []


def test_dispatcher_when_an_order_is_ready_then_plans_a_delivery_with_its_appointment(
    company: Company, sit: SIT
) -> None:
    settled(company, inspected(company, CHAIRS))
    liu = sit("lg_liu", "2026-11-25 09:00")
    liu.take(ORDER)
    liu.tab("shipment")
    liu.reach("#panel-shipment .zd-panel__bar a[href*='/add']")
    liu.go("Enter")
    liu.save()
    liu.find("shipment", "SH-20261125-0001")
    liu.press("schedule")
    liu.pick(mode="自有车")
    liu.fill(driver_name="周师傅", slot_from="2026-11-27T14:00", slot_to="2026-11-27T16:00")
    liu.save()
    assert (liu.state, liu.value("送货时间（起）")) == ("已预约", "2026-11-27 14:00")


def test_dispatcher_when_the_load_has_arrived_then_records_the_delivery(company: Company, sit: SIT) -> None:
    order = settled(company, inspected(company, CHAIRS))
    with company.act("lg_liu", "2026-11-25 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    slot = {"mode": "own_fleet", "slot_from": "2026-11-27T14:00", "slot_to": "2026-11-27T16:00"}
    company.fire("lg_liu", "2026-11-25 16:00", shipment, "schedule", **slot)
    for package in list(shipment.packages):
        company.fire("lg_xu", "2026-11-27 12:00", package, "load")
    company.fire("lg_xu", "2026-11-27 13:00", shipment, "dispatch")
    liu = sit("lg_liu", "2026-11-27 14:30")
    liu.take("SH-")
    liu.press("deliver")
    liu.fill(receiver_name="林晓雯")
    liu.save()
    assert (liu.state, liu.value("送达时间")) == ("已送达", "2026-11-27 14:30")


def test_finance_clerk_when_money_has_no_order_then_allocates_it(company: Company, sit: SIT) -> None:
    order = confirmed(company, CHAIRS)
    with company.act("fi_qian", "2026-11-24 10:00") as ctx:
        money = {"method": PaymentMethod.bank_transfer, "amount": D("2720.00"), "customer_id": order.customer_id}
        record_payment(ctx, {**money, "payer_name": "林晓雯", "channel_txn_no": "B-1"})
    zhou = sit("fi_zhou", "2026-11-24 11:00")
    zhou.take("PM-")
    zhou.press("allocate")
    zhou.choose("order_id", ORDER)
    zhou.save()
    assert zhou.state == "已核销"


def test_cashier_when_money_has_come_then_records_it_and_pays_a_refund(company: Company, sit: SIT) -> None:
    order = settled(company, confirmed(company, CHAIRS))
    with company.act("fi_zhou", "2026-11-25 10:00") as ctx:
        refund = record_refund(ctx, {"order_id": order.id, "amount": D(100), "reason": RefundReason.price_adjust})
    company.fire("fi_sun", "2026-11-25 11:00", refund, "approve")
    qian = sit("fi_qian", "2026-11-25 12:00")
    qian.take("RF-")
    qian.press("execute")
    assert qian.state == "已退款"
    qian.command("新增收款单")
    qian.pick(method="刷卡")
    qian.fill(amount="88.00")
    qian.save()
    assert (qian.state, qian.value("金额")) == ("未核销", "88.00")


def test_agent_when_a_ticket_is_open_then_answers_plans_and_closes_it(company: Company, sit: SIT) -> None:
    order = confirmed(company, CHAIRS)
    with company.act("cs_ma", "2026-11-27 10:00") as ctx:
        open_ticket(ctx, {"kind": TicketKind.complaint, "description": "柜门开裂", "order_id": order.id})
    ma = sit("cs_ma", "2026-11-27 10:20")
    ma.take("SV-")
    ma.press("respond")
    ma.press("plan")
    ma.fill(plan="周六上门换门")
    ma.save()
    ma.press("close")
    ma.fill(resolution="已更换")
    ma.save()
    assert (ma.state, ma.value("处理结果")) == ("已关闭", "已更换")


@pytest.mark.parametrize("username", ["cm_zhang", "fi_sun"])
def test_committee_when_a_large_order_waits_then_member_and_chair_vote(
    company: Company, sit: SIT, username: str
) -> None:
    order = draft(company, Goods("TBL-MEET-24", 200, 3600))
    company.fire("oc_li", ENTERED, order, "submit")
    company.fire("oc_wang", REVIEWED, order, "escalate", **dict.fromkeys(CHECKS, "passed"), comment="已核对")
    voter = sit(username, "2026-11-23 14:00")
    voter.take("AP-")
    voter.press("vote")
    voter.pick(decision="批准")
    voter.fill(comment="价格合适")
    voter.save()
    voter.tab("approval_vote")
    assert voter.row("approval_vote", "价格合适")["表决"] == "批准"


def test_lead_when_a_colleague_proposes_a_parameter_then_decides(company: Company, sit: SIT) -> None:
    with company.act("oc_zhao", "2026-11-23 10:00") as ctx:
        add_parameters(ctx)
        limit = ctx.session.scalars(sa.select(PolicyParameter).where(PolicyParameter.code == "sla.P1.limit")).one()
        propose(ctx, {"parameter_id": limit.id, "new_value": "6", "reason": "旺季"})
    he = sit("pd_he", "2026-11-23 14:00")
    he.take("PC-")
    he.press("approve")
    assert he.state == "已批准"


def test_administrator_when_the_other_one_proposes_then_decides(company: Company, sit: SIT) -> None:
    with company.act("ad_sec", "2026-11-24 09:00") as ctx:
        user = ctx.session.scalars(sa.select(User).where(User.username == "pd_chen")).one()
        propose_roles(ctx, user, {role.INSPECTOR}, "兼任质检")
    root = sit("ad_root", "2026-11-24 10:00")
    root.take("RC-")
    root.press("approve")
    assert root.state == "已生效"
    root.command("新增用户")
    assert root.page.url.endswith("/users/add")


def test_auditor_when_the_day_begins_then_checks_the_journal(company: Company, sit: SIT) -> None:
    confirmed(company, CHAIRS)
    lin = sit("au_lin", "2026-11-24 09:00")
    lin.command("日志完整性")
    lin.reach("main .zd-page-header button[type=submit]")
    lin.go("Enter")
    assert lin.said()[0].endswith("与写入时一致。")
