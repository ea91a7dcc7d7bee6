"""Separation of duties by person (domain/09 9.4): the forbidden one is refused whatever his roles, and is told why."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.kernel.context import Actor, Deputyship
from app.kernel.engine import offered
from app.kernel.errors import DomainError, StepBlockedError
from app.kernel.sealing import FORGOTTEN, opened
from app.kernel.workflow import all_workflows
from app.security import departments as role
from app.security.grants import granted
from app.services.export.actions import Wanted, ask
from app.services.order.actions import change_line, change_order
from app.services.payment.actions import record_payment
from app.services.payment.refunds import apply_invoice, record_refund
from models.journal import Journal
from models.labels import ExportFormat, OrderState, PaymentMethod, RefundState, SupplyMode
from models.order import Order
from models.payment import Payment, Refund
from models.quality import Inspection
from tests.databases import Database
from tests.services.company import Company, found
from tests.services.orders import CHECKS, CONFIRMED, ENTERED, REVIEWED, Goods, confirmed, draft, refusal, settled
from tests.web.person import newest, statements

D = Decimal
pytestmark = pytest.mark.stage("people")
SOFA = Goods("SOF-OSLO-3S-GRY", 1, 6800)
BED = Goods("BED-LUNA-1800", 2, 5600, SupplyMode.make_to_order)
LARGE = Goods("TBL-MEET-24", 30, 5000)
PASSED = dict.fromkeys(CHECKS, "passed")
EVERY_RIGHT = frozenset(f"{entity}.{word}" for code in role.ROLES for entity, word in granted(code))
PAID_AT, RECORDED, APPROVED, EXECUTED = (f"2026-12-0{day} 10:00" for day in (3, 4, 5, 7))
SEPARATED = "separation_of_duties"


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def almighty(company: Company, who: str, **more: Any) -> Actor:
    """The person with every right there is, so that only the separation of duties stands in the way."""
    return replace(company.people[who], permissions=EVERY_RIGHT, **more)


def why(company: Company, who: str | Actor, when: str, record: Any, step: str) -> list[str]:
    """What the person is shown beside the button before the click."""
    steps = {found.name: reasons for found, reasons in offered(company.context(who, when), record)}
    return [str(reason) for reason in steps[step] if reason.code == SEPARATED]


def refund_of(company: Company, order: Order, amount: str, who: str = "fi_zhou", **values: Any) -> Refund:
    with company.act(who, RECORDED) as ctx:
        return record_refund(ctx, {"order_id": order.id, "amount": D(amount), **values})


def test_rule_1_when_a_colleague_submits_again_then_nobody_who_entered_is_free(company: Company) -> None:
    order = draft(company, SOFA)
    company.fire("oc_li", ENTERED, order, "submit")
    company.fire("oc_wang", ENTERED, order, "send_back", reason="缺图纸")
    with company.act("oc_zhao", ENTERED) as ctx:
        change_order(ctx, order, {"note": "补图纸"})
    company.fire("oc_zhao", ENTERED, order, "submit")
    for who in ("oc_li", "oc_zhao"):
        for step, data in (("review", PASSED), ("send_back", {"reason": "x"}), ("reject", {"reason": "x"})):
            assert refusal(company, who, REVIEWED, order, step, **data) == SEPARATED, (who, step)
        (text,) = why(company, who, REVIEWED, order, "review")
        assert text == (
            "Whoever entered any of an order does not review it. Ask a colleague; where nobody is left it waits for "
            "the committee chair, who names a deputy."
        )
    company.fire("oc_wang", REVIEWED, order, "review", **PASSED)


def test_rule_1_when_somebody_only_changed_a_line_then_he_does_not_review(company: Company) -> None:
    order = draft(company, SOFA)
    with company.act("oc_wang", ENTERED) as ctx:
        change_line(ctx, order.lines[0], {"qty_ordered": D(2)})
    company.fire("oc_li", ENTERED, order, "submit")
    assert refusal(company, "oc_wang", REVIEWED, order, "review", **PASSED) == SEPARATED


def test_rule_1_when_the_earlier_round_was_only_submitted_then_it_binds_no_more(company: Company) -> None:
    order = draft(company, SOFA)
    company.fire("oc_zhao", ENTERED, order, "submit")
    assert refusal(company, "oc_zhao", REVIEWED, order, "review", **PASSED) == SEPARATED
    company.fire("oc_wang", ENTERED, order, "send_back", reason="缺图纸")
    company.fire("oc_li", ENTERED, order, "submit")
    company.fire("oc_zhao", REVIEWED, order, "review", **PASSED)


def test_rule_1_when_money_changed_the_order_after_the_entry_then_that_is_no_entry(company: Company) -> None:
    order = draft(company, SOFA)
    company.fire("oc_li", ENTERED, order, "submit")
    with company.act("fi_qian", ENTERED) as ctx:
        record_payment(ctx, {"method": PaymentMethod.pos, "amount": D(100), "order_id": order.id})
    assert order.paid_amount == D(100)
    company.fire(almighty(company, "fi_qian"), REVIEWED, order, "review", **PASSED)


def test_rules_2_and_3_when_the_member_entered_discounted_or_submitted_then_he_does_not_vote(company: Company) -> None:
    order = draft(company, LARGE)
    with company.act("oc_zhao", ENTERED) as ctx:
        change_line(ctx, order.lines[0], {"discount_pct": D(8)})
    company.fire("oc_li", ENTERED, order, "submit")
    reviewer = almighty(company, "fi_sun")
    company.fire(reviewer, REVIEWED, order, "escalate")
    approval = order.approvals[0]
    # oc_zhao gave the discount, fi_sun put the request: both are members.
    for who in ("oc_zhao", "fi_sun"):
        assert refusal(company, who, REVIEWED, approval, "vote", decision="approve") == SEPARATED
    for who in ("cm_zhang", "pd_he"):
        company.fire(who, REVIEWED, approval, "vote", decision="approve")
    assert order.state is OrderState.approved


def test_approval_when_ones_department_is_judged_then_he_abstains_and_the_others_decide(company: Company) -> None:
    order = draft(company, LARGE)
    company.fire("oc_li", ENTERED, order, "submit")
    company.fire("oc_wang", REVIEWED, order, "escalate", **PASSED)
    approval = order.approvals[0]
    with company.act("system", REVIEWED):
        approval.judged_department = role.ORDER_CENTER
    assert refusal(company, "oc_zhao", REVIEWED, approval, "vote", decision="approve") == "own_department"
    company.fire("pd_he", REVIEWED, approval, "vote", decision="approve")


def produced(company: Company) -> Inspection:
    """Two beds: planned by pd_chen, released and started by pd_he, one reported by each of them."""
    order = confirmed(company, BED)
    (task,) = order.tasks
    plan = {"planned_start_on": "2026-11-24", "planned_end_on": "2026-11-26"}
    company.fire("pd_chen", "2026-11-23 13:00", task, "plan", **plan)
    company.fire("pd_he", "2026-11-23 13:10", task, "release")
    company.fire("pd_he", "2026-11-23 13:20", task, "start")
    for who in ("pd_he", "pd_chen"):
        company.fire(who, "2026-11-23 14:00", task, "report", operation="packing", qty_done="1", percent=100)
    company.session.refresh(order)
    return order.inspections[0]


def test_rule_4_when_somebody_had_any_part_in_the_task_then_he_inspects_no_piece_of_it(company: Company) -> None:
    inspection = produced(company)
    for who in ("pd_chen", "pd_he"):
        assert refusal(company, almighty(company, who), CONFIRMED, inspection, "accept") == SEPARATED
    company.fire("qc_sun", CONFIRMED, inspection, "accept")


@pytest.mark.parametrize(
    ("amount", "approver", "payer", "refused"),
    [
        ("5000", "fi_zhou", None, True),
        ("5000", "fi_sun", "fi_zhou", False),
        ("5000", "fi_sun", "fi_sun", True),
        ("5000.01", "fi_sun", "fi_zhou", True),
        ("5000.01", "fi_sun", "fi_sun", True),
        ("5000.01", "fi_sun", "fi_qian", False),
    ],
)
def test_rule_6_when_a_refund_is_handled_then_two_or_three_people_by_its_amount(
    company: Company, amount: str, approver: str, payer: str | None, refused: bool
) -> None:
    refund = refund_of(company, settled(company, confirmed(company, SOFA)), amount)
    if payer is None:
        assert refusal(company, almighty(company, approver), APPROVED, refund, "approve") == SEPARATED
        return
    company.fire(almighty(company, approver), APPROVED, refund, "approve")
    if refused:
        assert refusal(company, almighty(company, payer), EXECUTED, refund, "execute") == SEPARATED
    else:
        company.fire(almighty(company, payer), EXECUTED, refund, "execute")


def test_rule_6_when_the_parameter_is_lower_then_three_people_sooner(company: Company) -> None:
    refund = refund_of(company, settled(company, confirmed(company, SOFA)), "200")
    strict = Company(company.session, company.people, {**company.policy, "duty.refund_three": D(100)})
    strict.fire("fi_sun", APPROVED, refund, "approve")
    assert refusal(strict, almighty(company, "fi_zhou"), EXECUTED, refund, "execute") == SEPARATED


def paid(company: Company) -> tuple[Order, Payment]:
    """Money that names no order yet."""
    order = confirmed(company, SOFA)
    with company.act("fi_qian", PAID_AT) as ctx:
        given = {"method": PaymentMethod.pos, "amount": D(6800), "customer_id": order.customer_id}
        return order, record_payment(ctx, given)


def test_rule_7_when_the_cashier_recorded_it_then_the_accountant_allocates(company: Company) -> None:
    order, payment = paid(company)
    assert refusal(company, "fi_qian", PAID_AT, payment, "allocate", order_id=order.id) == SEPARATED
    company.fire("fi_zhou", PAID_AT, payment, "allocate", order_id=order.id)
    assert order.paid_amount == D(6800)


def test_rule_8_when_two_may_issue_then_not_who_applied_and_alone_he_may(company: Company) -> None:
    order = confirmed(company, SOFA)
    with company.act("fi_zhou", PAID_AT) as ctx:
        invoice = apply_invoice(ctx, {"order_id": order.id})
    number = {"tax_invoice_no": "25332000000012345678"}
    assert refusal(company, "fi_zhou", PAID_AT, invoice, "issue", **number) == SEPARATED
    users = Order.metadata.tables["ab_user"]
    others = users.update().where(users.c.username.in_(("fi_qian", "fi_sun"))).values(active=False)
    company.session.execute(others)
    company.session.commit()
    company.fire("fi_zhou", PAID_AT, invoice, "issue", **number)


def cooled(company: Company, **before: Any) -> Refund:
    """An approved refund whose account fi_zhou changes on the 5th at 10:00; approved anew at once."""
    order = settled(company, confirmed(company, SOFA))
    refund = refund_of(company, order, "6000", who="fi_qian", **before)
    company.fire("fi_sun", APPROVED, refund, "approve")
    changed = {"payee_account": "6222999900001111", "reason": "客户换卡"}
    company.fire("fi_zhou", APPROVED, refund, "change_account", **changed)
    assert (refund.state, refund.approved_by_id, refund.payee_account) == (RefundState.draft, None, "6222999900001111")
    return refund


def test_rule_15_when_the_account_changed_then_another_pays_after_a_day_and_it_is_approved_anew(
    company: Company,
) -> None:
    refund = cooled(company)
    assert refusal(company, almighty(company, "fi_zhou"), APPROVED, refund, "approve") == SEPARATED
    company.fire("fi_sun", "2026-12-05 11:00", refund, "approve")
    payer = almighty(company, "cm_zhang")
    assert refusal(company, payer, "2026-12-06 09:59", refund, "execute") == "account_cooling"
    assert refusal(company, almighty(company, "fi_zhou"), "2026-12-06 10:00", refund, "execute") == SEPARATED
    company.fire(payer, "2026-12-06 10:00", refund, "execute")


def test_rule_15_when_the_money_came_from_a_known_account_then_no_other_is_taken(company: Company) -> None:
    order = confirmed(company, SOFA)
    with company.act("fi_qian", PAID_AT) as ctx:
        given = {"method": PaymentMethod.bank_transfer, "amount": D(7000), "order_id": order.id, "payer_account": "62"}
        payment = record_payment(ctx, given)
    refund = refund_of(company, order, "200", payment_id=payment.id, reason="overpay")
    data = {"payee_account": "6222999900001111", "reason": "x"}
    assert refusal(company, "fi_zhou", APPROVED, refund, "change_account", **data) == "other_payee"


def test_rule_16_when_the_giver_took_the_earlier_act_then_his_deputy_is_bound_and_told_for_whom(
    company: Company,
) -> None:
    refund = refund_of(company, settled(company, confirmed(company, SOFA)), "200")
    held = Deputyship(company.people["fi_zhou"].id or 0, "周琳", frozenset({role.FINANCE}))
    deputy = almighty(company, "cs_ma", deputyships=(held,))
    assert refusal(company, deputy, APPROVED, refund, "approve") == SEPARATED
    (text,) = why(company, deputy, APPROVED, refund, "approve")
    assert text.startswith("Whoever recorded a refund does not approve it. This binds you and 周琳")
    company.fire(almighty(company, "cs_ma"), APPROVED, refund, "approve")


def test_rule_16_when_the_deputy_acted_for_him_then_the_giver_is_bound(company: Company) -> None:
    order = settled(company, confirmed(company, SOFA))
    giver = company.people["fi_zhou"]
    held = Deputyship(giver.id or 0, "周琳", frozenset({role.FINANCE}), frozenset({"refund.add"}))
    deputy = replace(company.people["cs_wu"], deputyships=(held,), received=frozenset({"refund.add"}))
    with company.act(deputy.acting("refund.add"), RECORDED) as ctx:
        refund = record_refund(ctx, {"order_id": order.id, "amount": D(200)})
    assert refusal(company, almighty(company, "fi_zhou"), APPROVED, refund, "approve") == SEPARATED
    assert refusal(company, almighty(company, "cs_wu"), APPROVED, refund, "approve") == SEPARATED


def test_rule_17_when_a_deputy_asks_with_the_chairs_right_then_neither_decides(company: Company) -> None:
    chair, rights = company.people["cm_zhang"], frozenset({"order.export", "export_request.approve"})
    held = Deputyship(chair.id or 0, chair.name, chair.roles, rights)
    maker = company.people["pd_chen"]
    deputy = replace(maker, permissions=maker.permissions | rights, deputyships=(held,), received=rights)
    with company.act(deputy, RECORDED) as ctx:
        wanted = Wanted("order", [("q", "林晓雯")], "", ("order_no",), ExportFormat.csv, 900, is_personal=False)
        request = ask(ctx, wanted, "旺季走访")
    for person in (chair, deputy):
        assert refusal(company, person, APPROVED, request, "approve") == SEPARATED
    entry = newest(company.session, Journal, Journal.action == "export_request.add")
    assert (entry.actor_id, entry.on_behalf_of_id) == (maker.id, chair.id)
    company.fire(almighty(company, "fi_sun"), APPROVED, request, "refuse", reason="范围过大")
    # Whom it searched for is gone from the row and from the journal: he may be anonymised later.
    assert request.arguments == []
    (first,) = opened(company.session, [entry.changes])
    assert first["arguments"][1] is FORGOTTEN


def test_every_rule_when_declared_then_its_acts_are_acts_of_the_product() -> None:
    workflows = {workflow.name: workflow for workflow in all_workflows()}
    tables = {mapper.class_.__name__ for mapper in Order.registry.mappers}
    for workflow in workflows.values():
        for step in workflow.steps:
            for act in [act for duty in step.not_by for act in (*duty.acts, *duty.since, *duty.ends)]:
                entity, _, word = act.partition(".")
                assert entity.title().replace("_", "") in tables, act
                named = entity in workflows and workflows[entity].step(word) is not None
                assert named or word in {"add", "edit", "delete"}, act


def test_buttons_when_many_rules_apply_then_the_journal_is_asked_once(company: Company, database: Database) -> None:
    order = draft(company, SOFA)
    company.fire("oc_li", ENTERED, order, "submit")
    ctx = company.context(almighty(company, "oc_wang"), REVIEWED)
    assert order.lines[0].qty_ordered == D(1)
    with statements(database.engine) as seen:
        offered(ctx, order)
    assert sum("FROM journal" in statement for statement in seen) == 1, seen


@pytest.mark.parametrize("step", ["submit", "review", "confirm", "cancel"])
def test_rule_13_when_the_administrator_tries_business_then_refused(company: Company, step: str) -> None:
    order = draft(company, SOFA)
    assert refusal(company, "ad_root", ENTERED, order, step) == "permission_denied"


def test_blocked_step_when_tried_then_every_reason_is_told(company: Company) -> None:
    refund = cooled(company)
    company.fire("fi_sun", "2026-12-05 11:00", refund, "approve")
    with pytest.raises(StepBlockedError) as refused:
        company.fire(almighty(company, "fi_zhou"), "2026-12-05 12:00", refund, "execute")
    assert [reason.code for reason in refused.value.reasons()] == [SEPARATED, SEPARATED, "account_cooling"]
    with pytest.raises(DomainError):
        company.fire("fi_qian", "2026-12-07 12:00", refund, "execute")
