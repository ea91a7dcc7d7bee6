"""Scenario S04: part of an order is cancelled during production, with compensation; by the numbers of the scenario."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.consequences import cancelling
from app.kernel.clocks import readings
from app.kernel.errors import DomainError, ValidationFailedError
from app.services.order.pricing import content_of
from app.services.order.rules import content_hash
from app.services.payment.actions import record_payment
from app.services.payment.refunds import apply_invoice
from app.services.payment.statement import EntryKind, Period, statement_of
from models.approval import Approval
from models.cancellation import Cancellation
from models.labels import (
    ApprovalKind,
    ApprovalState,
    CancellationState,
    DepositMode,
    LetterState,
    LineStage,
    OrderState,
    PaymentMethod,
    PaymentNature,
    RefundReason,
    RefundState,
    RegulationState,
    SupplyMode,
    TaskState,
)
from models.order import Order
from models.payment import Refund
from tests.services.cancellations import ASKED, CHECKED, COSTED, OFFERED, SHEET, accept, ask, cost, money_of, offer
from tests.services.company import Company, found, moment
from tests.services.orders import Goods, confirmed, ready_to_make, refusal

D = Decimal
CUSTOM = SupplyMode.custom
pytestmark = pytest.mark.stage("people")


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def cut(company: Company, line: Any) -> None:
    """The task of a line is released and its boards are cut."""
    (task,) = line.tasks
    plan = {"planned_start_on": "2026-11-24", "planned_end_on": "2026-12-04"}
    company.fire("pd_chen", "2026-11-23 13:00", task, "plan", **plan)
    company.fire("pd_chen", "2026-11-23 13:10", task, "release")
    company.fire("pd_chen", "2026-11-24 08:00", task, "start")
    company.fire("pd_chen", "2026-11-25 17:00", task, "report", operation="cutting", qty_done="0", percent="100")


def approve(company: Company, order: Order, request: Cancellation) -> Approval:
    """The committee agrees to a cancellation."""
    company.fire("oc_li", OFFERED, request, "escalate")
    (approval,) = [each for each in order.approvals if each.kind is ApprovalKind.cancellation]
    for member in ("cm_zhang", "fi_sun"):
        company.fire(member, OFFERED, approval, "vote", decision="approve")
    company.session.refresh(request)
    return approval


@pytest.fixture
def order(company: Company) -> Order:
    """The order of the scenario: 18,000.00, half of it paid, the bookcase cut."""
    goods = (
        Goods("WRD-A", 1, 8000, CUSTOM),
        Goods("BKC-B", 1, 6000, CUSTOM),
        Goods("TVC-C", 1, 4000, CUSTOM),
    )
    made = confirmed(company, *goods, elevator="passenger")
    with company.act("fi_qian", "2026-11-24 10:00") as ctx:
        paid = {"method": PaymentMethod.bank_transfer, "amount": D(9000), "order_id": made.id}
        record_payment(ctx, {**paid, "payer_name": "周建国", "payer_account": "6222020000000001"})
    ready_to_make(company, made)
    cut(company, made.lines[1])
    company.session.refresh(made)
    return made


def test_s04_row_1_when_the_customer_asks_then_b_is_held_and_the_clock_runs(company: Company, order: Order) -> None:
    a, b, c = order.lines
    request = ask(company, order)
    assert request.cancellation_no == "QX-20261126-0001"
    assert (request.state, [row.stage for row in request.lines]) == (CancellationState.asked, [LineStage.s3_cut])
    assert [line.is_held for line in (a, b, c)] == [False, True, False]
    assert refusal(company, "pd_chen", COSTED, b.tasks[0], "report", operation="assembly", qty_done="0", percent="10")
    (clock,) = readings(company.context("oc_li", ASKED), request)
    # Two working days of eight hours: asked on Thursday at nine, due on Friday at six.
    assert (clock.clock.code, clock.due_at) == ("C3", moment("2026-11-27 18:00"))
    with pytest.raises(DomainError) as twice:
        ask(company, order)
    assert twice.value.reason_code == "cancellation_open"


def test_s04_rows_2_to_4_when_costs_are_checked_then_the_compensation_is_1700(company: Company, order: Order) -> None:
    request = cost(company, ask(company, order))
    assert refusal(company, "pd_chen", CHECKED, request, "check") == "permission_denied"
    company.fire("fi_zhou", CHECKED, request, "check")
    company.fire("oc_li", OFFERED, request, "offer")
    assert (request.released_amount, request.documented_amount, request.cap_amount) == (D(6000), D(1700), D(1800))
    assert request.compensation_amount == D("1700.00")
    assert (request.deposit_mode, request.deposit_share_amount, request.prepay_share_amount) == (
        DepositMode.offset,
        D("1200.00"),
        D("1800.00"),
    )
    # 1,200 of the deposit and 500 of the prepayment are kept.
    assert (request.kept_amount, request.refund_amount, request.claim_amount) == (D(1700), D("1300.00"), D(0))


def test_s04_row_3_when_who_made_the_sheet_would_check_it_then_refused(company: Company, order: Order) -> None:
    request = ask(company, order)
    both = company.people["pd_chen"]
    maker = type(both)(**{**both.__dict__, "permissions": both.permissions | {"cancellation.check"}})
    with company.act(maker, COSTED) as ctx:
        cancelling.add_cost(ctx, {"cancellation_id": request.id, "kind": "labour", "amount": D(420)})
    company.fire("pd_he", COSTED, request, "cost")
    assert refusal(company, maker, CHECKED, request, "check") == "separation_of_duties"


def test_s04_row_8_when_a_member_made_an_item_of_the_sheet_then_others_decide(company: Company, order: Order) -> None:
    request = ask(company, order)
    with company.act("pd_chen", COSTED) as ctx:
        item = cancelling.add_cost(ctx, {"cancellation_id": request.id, "kind": "material", "amount": D(1900)})
    with company.act("pd_he", COSTED) as ctx:
        cancelling.change_cost(ctx, item, {"evidence": "领料单 7"})
    cost(company, request, ())
    company.fire("fi_zhou", CHECKED, request, "check")
    company.fire("oc_li", OFFERED, request, "escalate")
    (approval,) = [each for each in order.approvals if each.kind is ApprovalKind.cancellation]
    assert refusal(company, "pd_he", OFFERED, approval, "vote", decision="approve") == "separation_of_duties"


def test_s04_row_3_when_an_item_was_taken_off_then_who_did_it_does_not_check(company: Company, order: Order) -> None:
    """Less salvage is more cost: what is not on the sheet was decided by somebody as well."""
    request = ask(company, order)
    both = company.people["pd_he"]
    maker = type(both)(**{**both.__dict__, "permissions": both.permissions | {"cancellation.check"}})
    with company.act("pd_chen", COSTED) as ctx:
        given = {"cancellation_id": request.id, "kind": "salvage", "amount": D(400)}
        item = cancelling.add_cost(ctx, given)
    with company.act(maker, COSTED) as ctx:
        cancelling.remove_cost(ctx, item)
    company.fire("pd_chen", COSTED, request, "cost")
    assert refusal(company, maker, CHECKED, request, "check") == "separation_of_duties"


def test_s04_row_5_when_accepted_then_order_plan_and_letter_follow(company: Company, order: Order) -> None:
    request = accept(company, offer(company, order))
    company.session.refresh(order)
    a, b, c = order.lines
    assert (request.state, order.total_amount, order.state) == (
        CancellationState.effective,
        D("12000.00"),
        OrderState.in_production,
    )
    assert order.regulation_state is RegulationState.in_production
    assert [(line.qty_cancelled, line.line_amount, line.is_held) for line in (a, b, c)] == [
        (D(0), D(8000), False),
        (D(1), D(0), False),
        (D(0), D(4000), False),
    ]
    assert [line.tasks[0].state for line in (a, b, c)] == [TaskState.planned, TaskState.cancelled, TaskState.planned]
    plan = [(row.kind, row.amount, row.paid_amount) for row in order.schedules]
    assert plan == [
        (PaymentNature.deposit, D("2400.00"), D("2400.00")),
        (PaymentNature.prepay, D("3600.00"), D("3600.00")),
        (PaymentNature.balance, D("6000.00"), D("0.00")),
    ]
    first, second = order.letters
    assert (first.state, second.letter_no, second.state) == (
        LetterState.superseded,
        f"CL-{order.order_no}-V2",
        LetterState.sent,
    )
    assert (second.total_amount, second.promised_on) == (D("12000.00"), first.promised_on)
    assert second.content_hash == order.content_hash == content_hash(content_of(order))
    assert (order.paid_amount, order.refunded_amount, order.special_flags) == (D(6000), D(0), [])


def test_s04_row_6_when_the_refund_is_paid_then_three_people_acted_and_6000_remain(
    company: Company, order: Order
) -> None:
    request = accept(company, offer(company, order))
    company.fire("fi_zhou", "2026-11-27 11:00", request, "refund")
    assert refusal(company, "fi_zhou", "2026-11-27 11:05", request, "refund") == "nothing_to_refund"
    (refund,) = company.session.scalars(sa.select(Refund)).all()
    assert (refund.amount, refund.compensation_amount, refund.reason, refund.payee_account) == (
        D("1300.00"),
        D("1700.00"),
        RefundReason.cancel,
        "6222020000000001",
    )
    recorder = company.people["fi_zhou"]
    approver = type(recorder)(**{**recorder.__dict__, "permissions": recorder.permissions | {"refund.approve"}})
    assert refusal(company, approver, "2026-11-27 11:10", refund, "approve") == "separation_of_duties"
    company.fire("fi_sun", "2026-11-27 11:20", refund, "approve")
    company.fire("fi_qian", "2026-11-27 11:30", refund, "execute")
    company.session.refresh(order)
    assert refund.state is RefundState.executed
    assert money_of(company, order) == {
        "deposit": D(2400),
        "prepay": D(3600),
        "compensation": D(1700),
        "other": D(1300),
    }
    paid = sum(payment.amount for payment in order.payments)
    assert paid - request.kept_amount - refund.amount == order.paid_amount == D("6000.00")
    assert paid - sum(money_of(company, order).values()) == 0


def test_s04_row_6_when_the_refund_is_paid_then_the_customers_account_asks_for_the_6000_that_remain(
    company: Company, order: Order
) -> None:
    request = accept(company, offer(company, order))
    company.fire("fi_zhou", "2026-11-27 11:00", request, "refund")
    (refund,) = company.session.scalars(sa.select(Refund)).all()
    company.fire("fi_sun", "2026-11-27 11:20", refund, "approve")
    company.fire("fi_qian", "2026-11-27 11:30", refund, "execute")
    period = Period(date(2026, 11, 1), date(2026, 11, 30))
    account = statement_of(company.context("fi_zhou", "2026-12-01 09:00"), order.customer_id, period)
    assert [(entry.kind, entry.amount, entry.balance) for entry in account.entries] == [
        (EntryKind.order, D(18000), D(18000)),
        (EntryKind.payment, D(-9000), D(9000)),
        (EntryKind.change, D(-6000), D(3000)),
        (EntryKind.withheld, D(1700), D(4700)),
        (EntryKind.refund, D(1300), D(6000)),
    ]


def test_s04_row_7_when_the_compensation_is_kept_then_no_invoice_names_it(company: Company, order: Order) -> None:
    accept(company, offer(company, order))
    with company.act("fi_zhou", "2026-11-28 09:00") as ctx:
        invoice = apply_invoice(ctx, {"order_id": order.id})
    assert invoice.gross_amount == D("12000.00")


DEARER = (*SHEET, ("outsourced", "700.00"))


def test_s04_row_8_when_the_costs_are_above_the_cap_then_the_cap_holds(company: Company, order: Order) -> None:
    request = offer(company, order, DEARER)
    assert (request.documented_amount, request.compensation_amount, request.refund_amount) == (
        D("2400.00"),
        D("1800.00"),
        D("1200.00"),
    )


def test_s04_row_8_when_the_committee_lifts_the_cap_then_only_with_the_customers_signature(
    company: Company, order: Order
) -> None:
    request = cost(company, ask(company, order), DEARER)
    company.fire("fi_zhou", CHECKED, request, "check")
    company.fire("oc_li", OFFERED, request, "escalate")
    (approval,) = [each for each in order.approvals if each.kind is ApprovalKind.cancellation]
    assert (approval.amount, approval.entity, approval.entity_id) == (D(2400), "cancellation", request.id)
    assert refusal(company, "oc_li", OFFERED, request, "offer") == "step_not_open"
    for member in ("cm_zhang", "fi_sun"):
        company.fire(member, OFFERED, approval, "vote", decision="approve")
    company.session.refresh(request)
    assert (request.state, request.is_above_cap) == (CancellationState.checked, True)
    company.fire("oc_li", OFFERED, request, "offer")
    assert (request.compensation_amount, request.kept_amount, request.refund_amount) == (D(2400), D(2400), D(600))
    with pytest.raises(ValidationFailedError) as unsigned:
        accept(company, request)
    assert list(unsigned.value.fields) == ["signed_by"]
    accept(company, request, signed_by="周建国")
    assert request.state is CancellationState.effective


def test_cancellation_when_it_is_sent_back_then_what_the_committee_said_does_not_hold(
    company: Company, order: Order
) -> None:
    """A company that cancels one line with the committee's word does not cancel another with it."""
    request = ask(company, order, cancel_kind="company", cancel_reason="other")
    approval = approve(company, order, request)
    company.fire("fi_zhou", OFFERED, request, "send_back", reason="补一行")
    with company.act("oc_li", OFFERED) as ctx:
        cancelling.add_line(ctx, {"cancellation_id": request.id, "order_line_id": order.lines[0].id})
    assert refusal(company, "oc_li", OFFERED, request, "offer") == "needs_committee"
    assert approval.state is ApprovalState.lapsed


def test_s04_row_3_when_the_numbers_follow_a_step_then_who_took_it_has_not_made_the_sheet(
    company: Company, order: Order
) -> None:
    request = cost(company, ask(company, order), DEARER)
    company.fire("fi_zhou", CHECKED, request, "check")
    approve(company, order, request)
    company.fire("fi_zhou", OFFERED, request, "send_back", reason="单据不全")
    assert request.compensation_amount == D(1800)
    company.fire("fi_zhou", OFFERED, cost(company, request, ()), "check")
    assert request.state is CancellationState.checked


def test_s04_row_8_when_the_committee_rejects_then_the_cap_holds(company: Company, order: Order) -> None:
    request = cost(company, ask(company, order), DEARER)
    company.fire("fi_zhou", CHECKED, request, "check")
    company.fire("oc_li", OFFERED, request, "escalate")
    (approval,) = [each for each in order.approvals if each.kind is ApprovalKind.cancellation]
    company.fire("cm_zhang", OFFERED, approval, "vote", decision="reject", comment="太高")
    company.session.refresh(request)
    assert (approval.state, request.state) == (ApprovalState.rejected, CancellationState.checked)
    company.fire("oc_li", OFFERED, request, "offer")
    assert request.compensation_amount == D("1800.00")


def test_s04_row_9_when_the_deposit_is_forfeited_then_1200_are_kept_and_500_claimed(
    company: Company, order: Order
) -> None:
    request = offer(company, order, deposit_mode="forfeit")
    assert (request.deposit_kept_amount, request.compensation_amount) == (D("1200.00"), D("1700.00"))
    assert request.compensation_amount - request.deposit_kept_amount == D("500.00")
    assert (request.kept_amount, request.refund_amount) == (D("1700.00"), D("1300.00"))


def test_s04_row_9_when_the_whole_deposit_would_be_kept_then_refused(company: Company, order: Order) -> None:
    request = cost(company, ask(company, order))
    company.fire("fi_zhou", CHECKED, request, "check")
    whole = {"deposit_mode": "forfeit", "deposit_kept_amount": "3600"}
    assert refusal(company, "oc_li", OFFERED, request, "offer", **whole) == "over_pro_rata"


def called_off_by_us(company: Company, order: Order, lines: tuple[int, ...]) -> Cancellation:
    """The company cancels lines, the committee agrees, the customer accepts on 2026-11-27."""
    request = ask(
        company, order, cancel_kind="company", cancel_reason="other",
        lines=[{"order_line_id": order.lines[place].id, "qty": D(1)} for place in lines],
    )  # fmt: skip
    assert approve(company, order, request).triggers == ["company"]
    company.fire("oc_li", OFFERED, request, "offer")
    return accept(company, request)


def test_cancellation_when_the_company_cancels_then_double_deposit_and_interest_are_paid_as_refunds(
    company: Company, order: Order
) -> None:
    """民法典 587, 消法 53: the 1,200 twice; on the 1,800 three days' interest of 0.05 % since the payment."""
    request = called_off_by_us(company, order, (1,))
    assert (request.refund_amount, request.penalty_amount, request.interest_amount) == (D(3000), D(1200), D("2.70"))
    company.fire("fi_zhou", "2026-11-27 11:00", request, "refund")
    assert refusal(company, "fi_zhou", "2026-11-27 11:05", request, "refund") == "nothing_to_refund"
    found = company.session.scalars(sa.select(Refund).order_by(Refund.id)).all()
    assert [(each.reason, each.amount, each.payee_account) for each in found] == [
        (RefundReason.cancel, D(3000), "6222020000000001"),
        (RefundReason.double_deposit, D(1200), "6222020000000001"),
        (RefundReason.interest, D("2.70"), "6222020000000001"),
    ]
    for refund in found:
        assert refusal(company, "fi_zhou", "2026-11-27 11:10", refund, "approve") == "permission_denied"
        company.fire("fi_sun", "2026-11-27 11:20", refund, "approve")
        company.fire("fi_qian", "2026-11-27 11:30", refund, "execute")
    company.session.refresh(order)
    assert (order.total_amount, order.paid_amount, order.refunded_amount) == (D(12000), D(6000), D(0))
    period = Period(date(2026, 11, 1), date(2026, 11, 30))
    account = statement_of(company.context("fi_zhou", "2026-12-01 09:00"), order.customer_id, period)
    owed = [(entry.amount, entry.detail) for entry in account.entries if entry.kind is EntryKind.owed]
    assert owed == [(D(-1200), "double_deposit"), (D("-2.70"), "interest")]
    assert account.closing == D(6000)


def test_cancellation_when_the_company_cancels_all_then_the_customer_has_his_money_and_what_is_owed(
    company: Company, order: Order
) -> None:
    request = called_off_by_us(company, order, (0, 1, 2))
    assert (request.refund_amount, request.penalty_amount, request.interest_amount) == (D(9000), D(3600), D("8.10"))
    company.fire("fi_zhou", "2026-11-27 11:00", request, "refund")
    rejected, *others = company.session.scalars(sa.select(Refund).order_by(Refund.id.desc())).all()
    company.fire("fi_sun", "2026-11-27 11:10", rejected, "reject", reason="账户有误")
    company.fire("fi_zhou", "2026-11-27 11:20", request, "refund")
    (again,) = company.session.scalars(sa.select(Refund).where(Refund.id > rejected.id)).all()
    assert (again.reason, again.amount) == (RefundReason.interest, D("8.10"))
    for refund in (*others, again):
        company.fire("fi_sun", "2026-11-27 11:30", refund, "approve")
        company.fire("fi_qian", "2026-11-27 11:40", refund, "execute")
    company.session.refresh(order)
    assert (order.state, order.paid_amount, order.refunded_amount) == (OrderState.cancelled, D(0), D(0))
    period = Period(date(2026, 11, 1), date(2026, 11, 30))
    account = statement_of(company.context("fi_zhou", "2026-12-01 09:00"), order.customer_id, period)
    assert account.closing == D(0)
