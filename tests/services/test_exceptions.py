"""Exception cases: levels, plans, who decides, what opens them by itself. Clauses 4(5), 6(3), article 22."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy.orm import Session

from app.kernel import holders
from app.kernel.clocks import readings
from app.kernel.errors import DomainError, NotFoundError
from app.services.exception.actions import change_case, open_case
from app.services.payment.actions import record_payment
from app.services.shipment.actions import plan_shipment
from app.services.ticket.actions import open_ticket
from models.approval import Approval
from models.exception import ExceptionCase
from models.labels import ApprovalKind, ApprovalState, PaymentMethod, SupplyMode, TicketKind, TicketSource
from models.labels_exception import Department, ExceptionKind, ExceptionLevel, ExceptionState
from models.labels_talk import NoticeKind
from models.labels_work import LiableParty
from models.order import Order
from models.talk import Notification
from tests.services.changes import approved_by_committee
from tests.services.company import Company, found, moment, person
from tests.services.orders import (
    CONFIRMED,
    Goods,
    confirmed,
    draft,
    fire_all,
    inspected,
    ready_to_make,
    refusal,
    settled,
)

D = Decimal
L1, L2, L3 = ExceptionLevel
PLAN = {"cause": "纸箱强度不足", "plan": "补发一件", "cost_amount": "300"}


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def order(company: Company) -> Order:
    return confirmed(company, Goods("CHR-NORD-01", 4))


def opened(company: Company, order: Order, who: str = "oc_li", when: str = "2026-11-25 10:00", **values: Any) -> Any:
    with company.act(who, when) as ctx:
        given = {"kind": ExceptionKind.other, "description": "问题", "owner_department": Department.production}
        return open_case(ctx, {**given, "order_id": order.id, **values})


def cases(company: Company) -> list[ExceptionCase]:
    return list(company.session.scalars(sa.select(ExceptionCase).order_by(ExceptionCase.id)))


def test_case_when_of_level_1_then_the_department_settles_it(company: Company, order: Order) -> None:
    case = opened(company, order, loss_amount=D("570.40"))
    assert (case.case_no, case.level, case.state) == ("EX-20261125-0001", L1, ExceptionState.open)
    company.fire("pd_chen", "2026-11-25 11:00", case, "answer")
    assert (case.owner_id, case.answered_at) == (company.people["pd_chen"].id, moment("2026-11-25 11:00"))
    company.fire("pd_chen", "2026-11-25 12:00", case, "plan", **PLAN)
    assert refusal(company, "pd_chen", "2026-11-25 12:10", case, "approve") == "permission_denied"
    company.fire("pd_he", "2026-11-25 12:20", case, "approve")
    company.fire("pd_chen", "2026-11-26 12:00", case, "resolve", resolution="已补发", prevention="加厚纸箱")
    assert refusal(company, "pd_chen", "2026-11-26 12:10", case, "close") == "permission_denied"
    company.fire("pd_he", "2026-11-26 13:00", case, "close")
    assert (case.state, case.cost_amount, case.prevention) == (ExceptionState.closed, D("300.00"), "加厚纸箱")


def test_case_when_of_level_2_then_the_order_centre_decides_and_not_who_planned(company: Company, order: Order) -> None:
    case = opened(company, order, loss_amount=D("5000.01"))
    company.fire("pd_he", "2026-11-25 11:00", case, "answer")
    company.fire("pd_he", "2026-11-25 11:30", case, "plan", **PLAN)
    assert refusal(company, "pd_he", "2026-11-25 11:40", case, "approve") == "separation_of_duties"
    assert refusal(company, "lg_gao", "2026-11-25 11:40", case, "approve") == "other_department"
    company.fire("oc_zhao", "2026-11-25 12:00", case, "approve")
    assert case.state is ExceptionState.in_handling
    company.fire("pd_he", "2026-11-25 13:00", case, "resolve", resolution="已完成")
    assert refusal(company, "pd_he", "2026-11-25 14:00", case, "close") == "level_above"
    company.fire("oc_zhao", "2026-11-25 14:00", case, "close")


def test_case_when_of_level_3_then_the_committee_decides_without_the_judged(company: Company, order: Order) -> None:
    """Scenario S16, row 10, and clause 6(3)."""
    case = opened(company, order, "cs_ma", owner_department=Department.order_center, is_safety=True)
    company.fire("oc_li", "2026-11-25 10:30", case, "answer")
    assert refusal(company, "oc_li", "2026-11-25 11:00", case, "plan", **PLAN) == "no_liable"
    company.fire("oc_zhao", "2026-11-25 11:00", case, "plan", **PLAN, liable_party="order_center")
    (approval,) = company.session.scalars(sa.select(Approval)).all()
    assert case.state is ExceptionState.pending_approval
    assert (approval.kind, approval.entity, approval.entity_id, approval.judged_department, approval.amount) == (
        ApprovalKind.exception_plan,
        "exception_case",
        case.id,
        "order_center",
        D("300.00"),
    )
    assert approval.due_at == moment("2026-11-26 11:00")
    vote = {"decision": "approve"}
    assert refusal(company, "oc_zhao", "2026-11-25 12:00", approval, "vote", **vote) in (
        "separation_of_duties",
        "own_department",
    )
    for member in ("pd_he", "cm_zhang"):
        company.fire(member, "2026-11-25 12:00", approval, "vote", **vote)
    assert (approval.state, case.state) == (ApprovalState.approved, ExceptionState.in_handling)
    company.fire("oc_li", "2026-11-25 13:00", case, "resolve", resolution="已处理")
    assert refusal(company, "oc_zhao", "2026-11-25 14:00", case, "close") == "no_lesson"
    with company.act("oc_li", "2026-11-25 14:10") as ctx:
        change_case(ctx, case, {"prevention": "两人复核"})
    company.fire("oc_zhao", "2026-11-25 14:20", case, "close")


def test_plan_when_made_then_its_proposer_does_not_vote_on_it(company: Company, order: Order) -> None:
    case = opened(company, order, is_safety=True)
    company.fire("pd_he", "2026-11-25 10:30", case, "answer")
    company.fire("pd_he", "2026-11-25 11:00", case, "plan", **PLAN, liable_party="carrier")
    (approval,) = company.session.scalars(sa.select(Approval)).all()
    assert approval.judged_department is None
    assert refusal(company, "pd_he", "2026-11-25 12:00", approval, "vote", decision="approve") == "separation_of_duties"


def test_plan_when_rejected_then_it_is_made_anew(company: Company, order: Order) -> None:
    case = opened(company, order, is_safety=True)
    company.fire("pd_chen", "2026-11-25 10:30", case, "answer")
    company.fire("pd_chen", "2026-11-25 11:00", case, "plan", **PLAN, liable_party="carrier")
    (approval,) = company.session.scalars(sa.select(Approval)).all()
    company.fire("cm_zhang", "2026-11-25 12:00", approval, "vote", decision="reject", comment="不足")
    assert case.state is ExceptionState.answered
    company.fire("pd_chen", "2026-11-25 13:00", case, "plan", **{**PLAN, "plan": "全部召回"})
    assert case.state is ExceptionState.pending_approval
    assert company.session.scalar(sa.select(sa.func.count()).select_from(Approval)) == 2


def test_case_when_it_gets_worse_in_handling_then_nothing_ends_without_the_committee(
    company: Company, order: Order
) -> None:
    case = opened(company, order)
    company.fire("pd_chen", "2026-11-25 10:30", case, "answer")
    company.fire("pd_chen", "2026-11-25 11:00", case, "plan", **PLAN)
    company.fire("pd_he", "2026-11-25 11:30", case, "approve")
    with company.act("pd_chen", "2026-11-25 12:00") as ctx:
        change_case(ctx, case, {"loss_amount": D("50000.01"), "liable_party": LiableParty.supplier})
    assert case.level is L3
    assert refusal(company, "pd_chen", "2026-11-25 12:30", case, "resolve", resolution="好") == "plan_not_approved"
    company.fire("pd_chen", "2026-11-25 12:30", case, "plan", **PLAN)
    assert case.state is ExceptionState.pending_approval


def test_level_when_raised_by_a_person_then_a_lead_may_take_it_back_but_not_the_facts(
    company: Company, order: Order
) -> None:
    case = opened(company, order, delay_days=4)
    assert case.level is L2
    assert refusal(company, "pd_chen", "2026-11-25 10:10", case, "raise_level", level="l2", reason="x") == "not_higher"
    company.fire("pd_chen", "2026-11-25 10:10", case, "raise_level", level="l3", reason="客户要求")
    assert case.level is L3
    lower = {"level": "l2", "reason": "已与客户谈妥"}
    assert refusal(company, "pd_chen", "2026-11-25 10:20", case, "lower_level", **lower) == "permission_denied"
    company.fire("pd_he", "2026-11-25 10:20", case, "lower_level", **lower)
    assert case.level is L2
    assert refusal(company, "pd_he", "2026-11-25 10:30", case, "lower_level", level="l2", reason="x") == "not_lower"
    refused = refusal(company, "pd_he", "2026-11-25 10:30", case, "lower_level", level="l1", reason="x")
    assert refused == "facts_say_more"
    with company.act("pd_chen", "2026-11-25 10:40") as ctx:
        change_case(ctx, case, {"delay_days": 2})
    assert case.level is L2


def test_case_when_another_department_writes_then_refused(company: Company, order: Order) -> None:
    case = opened(company, order)
    assert refusal(company, "lg_liu", "2026-11-25 10:10", case, "answer") == "other_department"
    with pytest.raises(DomainError) as refused, company.act("lg_liu", "2026-11-25 10:10") as ctx:
        change_case(ctx, case, {"loss_amount": D("1")})
    assert refused.value.reason_code == "other_department"


def test_case_when_parts_disagree_or_do_not_exist_then_refused(company: Company, order: Order) -> None:
    with company.act("oc_li", "2026-11-24 09:00"):
        other = person(company.session, "周建国", "13900001111")
    second = confirmed(company, Goods("TBL-NORD-1600", 1), customer=other, order_no="SO-TEST-0002")
    with pytest.raises(DomainError) as refused:
        opened(company, order, order_line_id=second.lines[0].id)
    assert refused.value.reason_code == "other_order"
    for name in ("order_id", "order_line_id", "shipment_id", "ticket_id", "inspection_id", "task_id"):
        with pytest.raises(NotFoundError):
            opened(company, order, **{name: 99999})


def test_clocks_when_read_then_they_differ_by_level(company: Company, order: Order) -> None:
    def due(case: ExceptionCase) -> dict[str, Any]:
        return {r.clock.code: r.due_at for r in readings(company.context("system", "2026-11-25 23:00"), case)}

    minor = opened(company, order, when="2026-11-25 20:00")
    # Four hours of service from 09:00 to 21:00: one is left today, three fall on the morning.
    assert due(minor) == {
        "X1": moment("2026-11-26 12:00"),
        "X2": moment("2026-11-26 20:00"),
        "X3": moment("2026-11-28 20:00"),
    }
    serious = opened(company, order, when="2026-11-25 20:00", is_disputed=True)
    assert due(serious) == {
        "X1": moment("2026-11-25 22:00"),
        "X2": moment("2026-11-26 20:00"),
        "X3": moment("2026-12-02 20:00"),
    }
    major = opened(company, order, when="2026-11-25 20:00", is_data_leak=True)
    assert due(major) == {
        "X1": moment("2026-11-25 21:00"),
        "X2": moment("2026-11-27 20:00"),
        "X3": moment("2026-12-10 20:00"),
    }
    company.fire("pd_chen", "2026-11-25 20:30", major, "answer")
    company.fire("pd_chen", "2026-11-25 20:40", major, "plan", **PLAN, liable_party="supplier")
    assert due(major)["X4"] == moment("2026-11-26 20:40")


def test_owner_when_a_case_opens_then_told_once(company: Company, order: Order) -> None:
    case = opened(company, order)
    told = company.session.scalars(
        sa.select(Notification.user_id).where(
            Notification.entity == "exception_case",
            Notification.entity_id == case.id,
            Notification.kind == NoticeKind.assigned,
        )
    ).all()
    assert sorted(told) == sorted(company.people[name].id for name in ("pd_chen", "qc_sun", "pd_he"))


def test_owner_when_a_role_is_held_by_a_group_then_its_members_are_told(company: Company, order: Order) -> None:
    session, member = company.session, company.people["lg_xu"].id
    (lead,) = session.scalars(sa.select(Role).where(Role.name == "production_lead")).all()
    user = session.get_one(User, member)
    session.add(Group(name="night", label="夜班", description="", roles=[lead], users=[user]))
    session.commit()
    opened(company, order)
    told = sa.select(Notification.user_id).where(Notification.action == "exception_case.add")
    assert member in set(session.scalars(told))
    assert "production_lead" in holders.role_names(session, user.id)
    # Who has left is told nothing.
    user.active = False
    session.commit()
    assert member not in holders.holders(session, "production_lead")


def test_inspection_when_the_same_pieces_fail_twice_then_one_case_of_level_2(company: Company) -> None:
    """Scenario S05, rows 2 and 3: 24 headboards, 21 pass, of 3 reworked pieces 2 pass and 1 fails again."""
    order = approved_by_committee(company, draft(company, Goods("HDB-HOTEL-18", 24, 2300, SupplyMode.custom)))
    company.fire("oc_li", CONFIRMED, order, "confirm", promised_on="2026-12-10", channel="sms")
    ready_to_make(company, settled(company, order))
    (task,) = order.tasks
    dates = {"planned_start_on": "2026-11-24", "planned_end_on": "2026-12-05"}
    company.fire("pd_chen", "2026-11-24 09:00", task, "plan", **dates)
    for step in ("release", "start"):
        company.fire("pd_chen", "2026-11-24 10:00", task, step)
    company.fire("pd_chen", "2026-12-05 16:00", task, "report", operation="packing", percent=100, qty_done=24)
    failed = {"defect_class": "critical", "defect_code": "晃动"}

    def latest() -> Any:
        company.session.refresh(order)
        return order.inspections[-1]

    company.fire("qc_sun", "2026-12-07 10:00", latest(), "reject", qty_passed=21, qty_failed=3, **failed)
    assert cases(company) == []
    company.fire("qc_sun", "2026-12-09 10:00", latest(), "reject", qty_passed=2, qty_failed=1, **failed)
    (case,) = cases(company)
    assert (case.kind, case.level, case.owner_department, case.liable_party) == (
        ExceptionKind.quality,
        L2,
        Department.production,
        LiableParty.production,
    )
    assert (case.order_id, case.order_line_id, case.task_id) == (order.id, order.lines[0].id, task.id)
    company.fire("qc_sun", "2026-12-10 10:00", latest(), "reject", qty_passed=0, qty_failed=1, **failed)
    assert cases(company) == [case]


TABLE = Goods("TBL-NORD-1600", 1, 4200, on_hand=8, packs_per_set=2, pack_volume=D("0.320"))
CHAIRS = Goods("CHR-NORD-01", 6, 680, on_hand=40, pieces_per_pack=2, pack_volume=D("0.240"))


def deliver(company: Company, order: Order, **receipt: Any) -> None:
    with company.act("lg_liu", "2026-11-29 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    slot = {"mode": "line", "slot_from": "2026-12-02T09:00", "slot_to": "2026-12-02T11:00"}
    company.fire("lg_liu", "2026-11-30 09:00", shipment, "schedule", **slot)
    fire_all(company, "lg_xu", "2026-12-02 07:00", shipment.packages, "load")
    company.fire("lg_xu", "2026-12-02 08:00", shipment, "dispatch")
    company.fire("lg_liu", "2026-12-02 10:00", shipment, "deliver", receiver_name="林晓雯", **receipt)


def test_delivery_when_the_table_is_crushed_then_level_1_answered_and_planned_in_time(company: Company) -> None:
    """Scenario S06, rows 1 and 2."""
    order = settled(company, inspected(company, TABLE, CHAIRS))
    table = order.lines[0]
    deliver(company, order, packages_damaged=1, damaged_numbers="02", back={str(table.id): 1})
    (case,) = cases(company)
    assert (case.kind, case.level, case.loss_amount, case.owner_department) == (
        ExceptionKind.damage,
        L1,
        D("4200.00"),
        Department.logistics,
    )
    assert (case.order_id, case.order_line_id) == (order.id, table.id)
    company.fire("lg_liu", "2026-12-02 11:30", case, "answer")
    company.fire(
        "lg_liu", "2026-12-02 12:00", case, "plan", cause="木架松动", plan="12-05 补发", liable_party="carrier"
    )
    used = {r.clock.code: r for r in readings(company.context("system", "2026-12-02 12:00"), case)}
    assert used["X1"].used.total_seconds() == 1.5 * 3600
    assert not used["X1"].is_breached(moment("2026-12-02 23:00"))
    assert used["X2"].stopped_at == moment("2026-12-02 12:00")


def test_delivery_when_short_and_damaged_then_two_cases(company: Company) -> None:
    order = settled(company, inspected(company, TABLE, CHAIRS))
    table, chairs = order.lines
    back = {str(table.id): 1, str(chairs.id): 2}
    deliver(company, order, packages_damaged=1, damaged_numbers="01", packages_short=1, short_numbers="05", back=back)
    assert [(case.kind, case.loss_amount) for case in cases(company)] == [
        (ExceptionKind.damage, D("4200.00")),
        (ExceptionKind.qty_mismatch, D("1360.00")),
    ]


def test_delivery_when_refused_without_damage_then_wrong_quantity(company: Company) -> None:
    order = settled(company, inspected(company, CHAIRS))
    deliver(company, order, back={str(order.lines[0].id): 1})
    assert [(case.kind, case.loss_amount) for case in cases(company)] == [(ExceptionKind.qty_mismatch, D("680.00"))]


def test_delivery_when_complete_then_no_case(company: Company) -> None:
    order = settled(company, inspected(company, CHAIRS))
    deliver(company, order)
    assert cases(company) == []


def ticket_of(company: Company, order: Order, **values: Any) -> Any:
    with company.act("cs_ma", "2026-11-27 10:00") as ctx:
        given = {"kind": TicketKind.complaint, "description": "柜门开裂", "order_id": order.id}
        return open_ticket(ctx, {**given, **values})


def test_complaint_when_opened_then_a_case_and_at_the_hotline_a_major_one(company: Company, order: Order) -> None:
    ticket_of(company, order)
    ticket_of(company, order, kind=TicketKind.consult)
    ticket_of(company, order, source_channel=TicketSource.hotline_12315)
    assert [(case.kind, case.level, case.owner_department) for case in cases(company)] == [
        (ExceptionKind.complaint, L1, Department.customer_service),
        (ExceptionKind.complaint, L3, Department.customer_service),
    ]


def test_complaint_when_reopened_then_its_case_is_raised_or_a_new_one_begins(company: Company, order: Order) -> None:
    ticket = ticket_of(company, order)

    def settle(when: str) -> None:
        company.fire("cs_ma", when, ticket, "respond")
        company.fire("cs_ma", when, ticket, "close", resolution="已换")

    settle("2026-11-27 11:00")
    company.fire("cs_ma", "2026-11-28 09:00", ticket, "reopen", reason="又裂")
    (case,) = cases(company)
    assert case.level is L2
    company.fire("cs_huang", "2026-11-28 10:00", case, "void", reason="并入工单")
    settle("2026-11-28 11:00")
    company.fire("cs_ma", "2026-11-29 09:00", ticket, "reopen", reason="又裂")
    assert [found.level for found in cases(company)] == [L2, L2]


def test_payment_when_more_than_the_order_takes_then_finance_has_a_case(company: Company, order: Order) -> None:
    """Scenario S08, row 1."""
    with company.act("fi_qian", "2026-11-25 10:00") as ctx:
        paid = record_payment(
            ctx, {"method": PaymentMethod.bank_transfer, "amount": order.total_amount + 1000, "order_id": order.id}
        )
    (case,) = cases(company)
    assert (case.kind, case.level, case.owner_department, case.payment_id, case.order_id) == (
        ExceptionKind.payment,
        L1,
        Department.finance,
        paid.id,
        order.id,
    )
    settled_one = settled(company, confirmed(company, Goods("TBL-2", 1), customer=order.customer, order_no="SO-T-2"))
    assert settled_one.paid_amount == settled_one.total_amount
    assert cases(company) == [case]
