"""Scenario S10: a rush order before the committee, changed after its approval, with its literal numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.clocks import Reading, readings
from app.kernel.context import Actor
from app.kernel.engine import offered
from app.kernel.errors import Reason
from app.services.order.actions import add_fee, add_line, change_line, create_order
from app.services.order.contract import add_terms
from app.services.shipment.actions import create_shipment
from models.approval import Approval
from models.base import Sensitivity
from models.customer import Customer
from models.labels import (
    ApprovalState,
    Channel,
    CustomerKind,
    FeeKind,
    OrderState,
    OrderType,
    RefundReason,
    RefundState,
    ReviewCheck,
    ReviewResult,
    SupplyMode,
)
from models.order import Order
from models.payment import Refund
from tests.services.company import Company, found, moment, product
from tests.services.orders import TERMS, fire_all, ready_to_make, refusal, settled

D = Decimal
pytestmark = pytest.mark.stage("people")
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
THREE = ("cm_zhang", "pd_he", "fi_sun")
OPINION = "产能：12-19/20 加班，材料有库存"


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def entered(company: Company) -> Order:
    """Step 1: 40 bookcases at 1,200 and the rush surcharge of 10 %, wanted in 15 of 30 days."""
    with company.act("oc_li", "2026-12-10 10:20") as ctx:
        bookcase = product(
            company.session, "BKC-CUST-01", name="定制书柜", supply_mode=SupplyMode.custom, list_price=D(1200),
            standard_cost=D(700), lead_days=30,
        )  # fmt: skip
        centre = Customer(code="CUS-TRAIN", kind=CustomerKind.institution, name="启航培训中心", phone="057188880000")
        company.session.add(centre)
        company.session.flush()
        order = create_order(
            ctx,
            {
                "customer_id": centre.id,
                "order_type": OrderType.bulk,
                "channel": Channel.phone,
                "received_at": moment("2026-12-10 09:00"),
                "requested_on": date(2026, 12, 25),
                "receiver_name": "周老师",
                "receiver_phone": "13800001234",
                "ship_city": "杭州",
                "ship_address": "文一路 1 号",
            },
        )
        add_line(ctx, {"order_id": order.id, "product_id": bookcase.id, "qty_ordered": D(40)})
        add_fee(ctx, {"order_id": order.id, "kind": FeeKind.rush, "amount": D(4800)})
        add_terms(ctx, {"order_id": order.id, **TERMS[OrderType.bulk]})
    company.fire("oc_li", "2026-12-10 10:20", order, "submit")
    return order


def clock(company: Company, record: Any, code: str, when: str) -> Reading:
    found_readings = {reading.clock.code: reading for reading in readings(company.context("system", when), record)}
    return found_readings[code]


def approvals(company: Company, order: Order) -> list[Approval]:
    return list(company.session.scalars(sa.select(Approval).where(Approval.order_id == order.id).order_by(Approval.id)))


def decided(company: Company, approval: Approval, heard: str, when: str) -> None:
    """Opinion and the three votes of the urgent path."""
    company.fire("pd_he", heard, approval, "opine", text=OPINION)
    for who in THREE:
        company.fire(who, when, approval, "vote", decision="approve")


def changed(company: Company, order: Order, qty: int, when: str) -> None:
    with company.act("oc_li", when) as ctx:
        change_line(ctx, order.lines[0], {"qty_ordered": D(qty)})


def test_s10_when_the_rush_order_goes_its_way_then_every_number_is_right(company: Company) -> None:
    order = entered(company)
    assert (order.goods_amount, order.fee_amount, order.total_amount) == (D(48000), D(4800), D(52800))
    assert (order.is_large, order.special_flags) == (False, ["F03"])

    # Step 2: not without the committee; the urgent path is due after twelve hours.
    assert refusal(company, "oc_wang", "2026-12-10 11:00", order, "review") == "needs_committee"
    company.fire("oc_wang", "2026-12-10 11:30", order, "escalate")
    (approval,) = approvals(company, order)
    assert (approval.is_rush, approval.due_at, approval.triggers) == (True, moment("2026-12-10 23:30"), ["F03"])
    assert approval.findings == {"F03": {"days": "15", "standard": "30", "ratio": "0.50", "limit": "0.80"}}
    for record in (order, approval):
        assert clock(company, record, "E3", "2026-12-10 11:31").due_at == moment("2026-12-10 23:30")
    results = {review.check_name: (review.computed_result, review.result, review.value) for review in order.reviews}
    assert results[ReviewCheck.lead_time] == (ReviewResult.conditional, ReviewResult.conditional, "15 / 30 (0.50)")
    assert refusal(company, "cm_zhang", "2026-12-10 13:00", approval, "vote", decision="approve") == "opinions_missing"

    # Steps 3 and 4.
    decided(company, approval, "2026-12-10 14:00", "2026-12-10 16:40")
    assert [said.text for said in approval.opinions] == [OPINION]
    assert (approval.state, order.state) == (ApprovalState.approved, OrderState.approved)
    assert approval.minutes_due_at == moment("2026-12-14 16:40")
    assert clock(company, order, "E4", "2026-12-10 16:41").due_at == moment("2026-12-12 16:40")

    # Step 5: another content, another decision; the old one does not come back with the old content.
    changed(company, order, 44, "2026-12-10 16:50")
    assert (order.total_amount, order.state) == (D(57600), OrderState.pending_approval)
    assert [held.state for held in approvals(company, order)] == [ApprovalState.lapsed, ApprovalState.pending]
    changed(company, order, 40, "2026-12-10 16:52")
    again = approvals(company, order)
    assert [held.state for held in again] == [ApprovalState.lapsed, ApprovalState.pending]
    assert (again[1].content_hash, again[1].amount) == (approval.content_hash, D(52800))
    assert order.state is OrderState.pending_approval
    decided(company, again[1], "2026-12-10 16:55", "2026-12-10 17:00")
    assert order.state is OrderState.approved
    assert clock(company, order, "E4", "2026-12-10 17:01").due_at == moment("2026-12-12 17:00")

    # Step 6.
    company.fire("oc_li", "2026-12-10 17:05", order, "confirm", promised_on="2026-12-25", channel="paper")
    assert (order.state, order.promised_on) == (OrderState.confirmed, date(2026, 12, 25))


def test_s10_when_a_vote_was_cast_on_the_old_content_then_it_counts_for_nothing(company: Company) -> None:
    order = entered(company)
    company.fire("oc_wang", "2026-12-10 11:30", order, "escalate")
    (approval,) = approvals(company, order)
    company.fire("pd_he", "2026-12-10 14:00", approval, "opine", text=OPINION)
    company.fire("cm_zhang", "2026-12-10 14:10", approval, "vote", decision="approve")
    changed(company, order, 44, "2026-12-10 14:20")
    first, second = approvals(company, order)
    assert (first.state, second.state, len(second.votes)) == (ApprovalState.lapsed, ApprovalState.pending, 0)
    assert refusal(company, "pd_he", "2026-12-10 14:30", first, "vote", decision="approve") == "step_not_open"


def test_order_when_its_review_is_taken_back_then_approvals_are_void_and_it_is_reviewed_anew(company: Company) -> None:
    order = entered(company)
    company.fire("oc_wang", "2026-12-10 11:30", order, "escalate")
    (approval,) = approvals(company, order)
    decided(company, approval, "2026-12-10 14:00", "2026-12-10 16:40")
    company.fire("oc_wang", "2026-12-10 16:45", order, "take_back", reason="图纸有误")
    assert (order.state, approval.state) == (OrderState.pending_review, ApprovalState.lapsed)
    assert refusal(company, "oc_wang", "2026-12-10 16:46", order, "review") == "needs_committee"


def test_s10_when_nothing_has_changed_then_the_approval_stays(company: Company) -> None:
    order = entered(company)
    company.fire("oc_wang", "2026-12-10 11:30", order, "escalate")
    (approval,) = approvals(company, order)
    decided(company, approval, "2026-12-10 14:00", "2026-12-10 16:40")
    changed(company, order, 40, "2026-12-10 16:50")
    assert (order.state, approval.state) == (OrderState.approved, ApprovalState.approved)
    assert refusal(company, "oc_li", "2026-12-10 16:51", order, "lapse") == "unchanged"


def delivered(company: Company, day: str, *, is_on_credit: bool = False) -> Order:
    """The order decided, confirmed for 12-25, made, paid for unless on credit, and delivered whole on a day."""
    order = entered(company)
    if is_on_credit:
        order.customer.credit_limit_amount = order.total_amount
        company.session.commit()
    company.fire("oc_wang", "2026-12-10 11:30", order, "escalate")
    (approval,) = approvals(company, order)
    decided(company, approval, "2026-12-10 14:00", "2026-12-10 16:40")
    company.fire("oc_li", "2026-12-10 17:05", order, "confirm", promised_on="2026-12-25", channel="paper")
    ready_to_make(company, order, "2026-12-10 18:00")
    if not is_on_credit:
        settled(company, order)
    (task,) = order.tasks
    plan = {"planned_start_on": "2026-12-12", "planned_end_on": "2026-12-22"}
    company.fire("pd_chen", "2026-12-11 09:00", task, "plan", **plan)
    company.fire("pd_chen", "2026-12-11 09:10", task, "release")
    company.fire("pd_chen", "2026-12-12 08:00", task, "start")
    company.fire("pd_chen", "2026-12-22 16:00", task, "report", operation="packing", qty_done=40, percent=100)
    (inspection,) = order.inspections
    company.fire("qc_sun", "2026-12-22 17:00", inspection, "accept")
    with company.act("lg_liu", "2026-12-22 18:00") as ctx:
        shipment = create_shipment(ctx, {"order_id": order.id})
    slot = {"mode": "own_fleet", "slot_from": f"{day}T09:00", "slot_to": f"{day}T11:00"}
    company.fire("lg_liu", "2026-12-22 18:10", shipment, "schedule", **slot)
    fire_all(company, "lg_xu", f"{day} 07:30", shipment.packages, "load")
    company.fire("lg_xu", f"{day} 08:00", shipment, "dispatch")
    company.fire("lg_liu", f"{day} 10:00", shipment, "deliver", receiver_name="周老师")
    return order


def refunds(company: Company, order: Order) -> list[Refund]:
    return list(company.session.scalars(sa.select(Refund).where(Refund.order_id == order.id).order_by(Refund.id)))


def test_s10_row_7_when_delivered_in_time_then_the_surcharge_is_kept(company: Company) -> None:
    order = delivered(company, "2026-12-24")
    assert (order.state, refunds(company, order)) == (OrderState.delivered, [])


def test_s10_row_8_when_delivered_a_day_late_then_the_surcharge_and_52_80_are_owed(company: Company) -> None:
    order = delivered(company, "2026-12-26")
    late, surcharge = refunds(company, order)
    assert (late.reason, late.amount, late.recorded_by_id) == (RefundReason.late_delivery, D("52.80"), None)
    assert (surcharge.reason, surcharge.amount, surcharge.state) == (
        RefundReason.rush_surcharge,
        D("4800.00"),
        RefundState.draft,
    )
    # 0.1 % of 52,800 for one day: the numbers stand on the slip.
    assert [each in (late.note or "") for each in ("52800.00", " 1 ", "0.1 %", "10 %")] == [True] * 4
    # Nobody on the way of the goods approves it; then two of finance, as every refund.
    assert refusal(company, "lg_liu", "2026-12-26 11:00", surcharge, "approve") == "permission_denied"
    for refund in (late, surcharge):
        company.fire("fi_sun", "2026-12-26 11:20", refund, "approve")
        company.fire("fi_qian", "2026-12-26 11:30", refund, "execute")
    company.session.refresh(order)
    # The price was paid and stays paid: what is owed is the company's own money.
    assert (order.total_amount, order.paid_amount, order.refunded_amount) == (D(52800), D(52800), D(0))


def test_late_delivery_when_the_policy_keeps_the_surcharge_then_only_the_compensation_is_owed(
    company: Company,
) -> None:
    kept = Company(company.session, company.people, {**company.policy, "rush.refund_if_late": D(0)})
    (late,) = refunds(kept, delivered(kept, "2026-12-26"))
    assert late.amount == D("52.80")


@ONE_ENGINE
def test_surcharge_when_the_order_is_unpaid_then_nothing_goes_back_before_the_money_has_come(company: Company) -> None:
    order = delivered(company, "2026-12-26", is_on_credit=True)
    _, surcharge = refunds(company, order)
    company.fire("fi_sun", "2026-12-26 11:20", surcharge, "approve")
    settled(company, order, "4799.99")
    assert refusal(company, "fi_qian", "2026-12-26 11:30", surcharge, "execute") == "surcharge_unpaid"
    payer = company.people["fi_qian"]
    blind = replace(payer, fields={**payer.fields, Sensitivity.PRICE: "hidden"})
    told = [[str(each) for each in why(company, who, surcharge)] for who in (payer, blind)]
    assert [["0.01" in text for text in each] for each in told] == [[True], [False]]
    settled(company, order, "0.01")
    company.fire("fi_qian", "2026-12-26 11:30", surcharge, "execute")


def why(company: Company, who: Actor, refund: Refund) -> list[Reason]:
    """What stands in the way of the payout."""
    ctx = company.context(who, "2026-12-26 11:30")
    return next(reasons for step, reasons in offered(ctx, refund) if step.name == "execute")


@ONE_ENGINE
def test_owed_money_when_rejected_by_mistake_then_finance_records_the_same_anew_once(company: Company) -> None:
    order = delivered(company, "2026-12-26")
    for refund in refunds(company, order):
        company.fire("fi_sun", "2026-12-26 11:20", refund, "reject", reason="误拒")
        company.fire("fi_zhou", "2026-12-27 09:00", refund, "record_anew")
        assert refusal(company, "fi_zhou", "2026-12-27 09:01", refund, "record_anew") == "recorded_already"
    late, surcharge, late_again, surcharge_again = refunds(company, order)
    for old, new in ((late, late_again), (surcharge, surcharge_again)):
        assert old.state is RefundState.rejected
        assert (new.reason, new.amount, new.note, new.payment_id) == (old.reason, old.amount, old.note, old.payment_id)
        assert (new.state, new.recorded_by_id) == (RefundState.draft, company.people["fi_zhou"].id)
    maker = company.people["fi_zhou"]
    almighty = replace(maker, permissions=maker.permissions | {"refund.approve"})
    assert refusal(company, almighty, "2026-12-27 10:00", late_again, "approve") == "separation_of_duties"
    company.fire("fi_sun", "2026-12-27 10:00", late_again, "approve")
