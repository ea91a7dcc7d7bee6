"""What the committee decides of a change, who is heard before, and what an old signature or opinion is worth."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from app.consequences import changing
from models.labels import (
    ApprovalKind,
    ApprovalState,
    ChangeState,
    SupplyMode,
)
from models.order import Order
from tests.services.changes import (
    APPLIED,
    ASKED,
    HEARD,
    MADE,
    OFFERED,
    accepted,
    applied,
    approved_by_committee,
    ask,
    ask_at,
    heard,
    line_of,
)
from tests.services.company import Company, found
from tests.services.orders import (
    CONFIRMED,
    Goods,
    confirmed,
    draft,
    ready_to_make,
    refusal,
    settled,
)  # fmt: skip

D = Decimal
pytestmark = pytest.mark.stage("people")


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def order(company: Company) -> Order:
    """Ten beds to be made at 1,000.00, and four chairs in stock at 500.00: 12,000.00."""
    return confirmed(company, Goods("BED-1", 10, 1000, MADE), Goods("CHR-1", 4, 500), elevator="passenger")


def test_change_when_it_adds_a_tenth_then_only_with_the_committee(company: Company, order: Order) -> None:
    request = accepted(company, ask(company, order, line_of(order, 0, qty_ordered=D(12))))
    assert refusal(company, "oc_li", APPLIED, request, "apply") == "needs_committee"
    company.fire("oc_li", APPLIED, request, "escalate")
    (approval,) = [each for each in order.approvals if each.kind is ApprovalKind.change]
    for member in ("cm_zhang", "fi_sun"):
        company.fire(member, APPLIED, approval, "vote", decision="approve")
    company.session.refresh(request)
    company.fire("oc_li", APPLIED, request, "apply")
    company.session.refresh(order)
    assert order.total_amount == D(14000)


def test_change_when_small_ones_add_up_to_a_tenth_then_the_committee_decides(company: Company, order: Order) -> None:
    """12,000 was confirmed: a bed more is 8.3 % of it, and the next is not measured by the bed before."""
    applied(company, order, line_of(order, 0, qty_ordered=D(11)))
    request = accepted(company, ask(company, order, line_of(order, 0, qty_ordered=D(12))))
    # 13,000 + 1,000 + the fee of a second change.
    assert (request.total_after_amount, request.needs_approval) == (D(14200), True)
    company.fire("oc_li", APPLIED, request, "escalate")
    (approval,) = [each for each in order.approvals if each.kind is ApprovalKind.change]
    for member in ("cm_zhang", "fi_sun"):
        company.fire(member, APPLIED, approval, "vote", decision="approve")
    company.session.refresh(request)
    company.fire("oc_li", APPLIED, request, "apply")
    # From here on 14,200 is what the committee knows.
    assert ask(company, order, line_of(order, 0, qty_ordered=D(13))).needs_approval is False


def test_change_when_the_committee_rejects_then_it_is_asked_for_again(company: Company, order: Order) -> None:
    request = accepted(company, ask(company, order, line_of(order, 0, qty_ordered=D(12))))
    company.fire("oc_li", APPLIED, request, "escalate")
    (approval,) = [each for each in order.approvals if each.kind is ApprovalKind.change]
    company.fire("cm_zhang", APPLIED, approval, "vote", decision="reject", comment="产能不足")
    company.session.refresh(request)
    assert request.state is ChangeState.asked


def test_change_when_it_meets_a_criterion_anew_then_who_must_be_heard_is_and_its_vote_counts(
    company: Company, order: Order
) -> None:
    """A discount of 11 % is F01: the committee decides as on a new order, finance is heard and among the votes."""
    request = accepted(company, ask(company, order, line_of(order, 0, discount_pct=D(11)), kind="price"))
    assert (request.total_after_amount, request.needs_approval) == (D(10900), True)
    company.fire("oc_li", APPLIED, request, "escalate")
    (approval,) = [each for each in order.approvals if each.kind is ApprovalKind.change]
    assert (approval.triggers, [str(each.asked_of) for each in approval.opinions]) == (["change", "F01"], ["finance"])
    assert refusal(company, "cm_zhang", APPLIED, approval, "vote", decision="approve") == "opinions_missing"
    company.fire("fi_zhou", APPLIED, approval, "opine", text="毛利仍为正")
    for member in ("cm_zhang", "pd_he"):
        company.fire(member, APPLIED, approval, "vote", decision="approve")
    assert approval.state is ApprovalState.pending
    company.fire("fi_sun", APPLIED, approval, "vote", decision="approve")
    company.session.refresh(request)
    company.fire("oc_li", APPLIED, request, "apply")
    company.session.refresh(order)
    assert (order.total_amount, order.special_flags) == (D(10900), ["F01"])


def test_change_when_a_custom_line_passes_its_limit_then_the_committee_decides(company: Company) -> None:
    """F04 from 50,000 on: 48,000 becomes 51,000, which is less than a tenth more."""
    order = confirmed(company, Goods("WRD-1", 16, 3000, SupplyMode.custom), elevator="passenger")
    request = ask(company, order, line_of(order, 0, qty_ordered=D(17)))
    assert (order.special_flags, request.total_after_amount, request.needs_approval) == ([], D(51000), True)


def test_change_when_the_order_was_special_before_then_it_stays_so(company: Company) -> None:
    order = approved_by_committee(company, draft(company, Goods("BED-1", 2, 1000, MADE), is_exclusive=True))
    assert order.special_flags == ["F11"]
    company.fire("oc_li", APPLIED, order, "confirm", promised_on="2026-12-18", channel="sms")
    request = ask_at(company, order, "2026-11-27 12:00", line_of(order, 0, colour="胡桃"))
    assert request.needs_approval is False
    for step, who in (("say_production", "pd_he"), ("say_finance", "fi_zhou")):
        company.fire(who, "2026-11-27 13:00", request, step, opinion="可行")
    company.fire("oc_li", "2026-11-27 14:00", request, "offer")
    company.fire("oc_li", "2026-11-27 15:00", request, "accept", accepted_how="微信确认")
    company.fire("oc_li", "2026-11-27 16:00", request, "apply")
    company.session.refresh(order)
    assert (order.special_flags, order.lines[0].colour) == (["F11"], "胡桃")


def test_change_when_the_order_cost_nothing_before_then_its_price_is_planned(company: Company) -> None:
    """A free sample (F02) that becomes a sale is paid like one."""
    order = approved_by_committee(company, draft(company, Goods("BED-1", 2, 0, MADE)))
    company.fire("oc_li", CONFIRMED, order, "confirm", promised_on="2026-12-18", channel="sms")
    assert list(order.schedules) == []
    request = accepted(company, ask(company, order, line_of(order, 0, list_price=D(1000)), kind="price"))
    company.fire("oc_li", APPLIED, request, "escalate")
    (approval,) = [each for each in order.approvals if each.kind is ApprovalKind.change]
    for member in ("cm_zhang", "fi_sun"):
        company.fire(member, APPLIED, approval, "vote", decision="approve")
    company.session.refresh(request)
    company.fire("oc_li", APPLIED, request, "apply")
    company.session.refresh(order)
    assert (order.total_amount, sum(row.amount for row in order.schedules)) == (D(2000), D(2000))


def test_change_when_made_goods_become_others_then_the_drawing_is_signed_anew(company: Company) -> None:
    goods = (Goods("WRD-1", 1, 8000, SupplyMode.custom), Goods("WRD-2", 1, 4000, SupplyMode.custom))
    order = settled(company, ready_to_make(company, confirmed(company, *goods, elevator="passenger")))
    first, second = (line.tasks[0] for line in order.lines)
    plan = {"planned_start_on": "2026-11-30", "planned_end_on": "2026-12-04"}
    for task in (first, second):
        company.fire("pd_chen", "2026-11-24 13:00", task, "plan", **plan)
    company.fire("pd_chen", "2026-11-24 13:10", second, "release")
    assert refusal(company, "oc_li", ASKED, order, "issue_drawing", drawing_version=2) == "drawing_in_use"
    applied(company, order, line_of(order, 0, width_mm=700), kind="specification")
    company.fire("oc_li", APPLIED, order.letters[-1], "acknowledge", reason="电话确认")
    assert refusal(company, "pd_chen", APPLIED, first, "release") == "drawing_not_signed"
    company.fire("oc_li", APPLIED, order, "issue_drawing", drawing_version=2)
    company.fire("oc_li", APPLIED, order, "sign_drawing", drawing_version=2, signed_name="林晓雯")
    company.fire("pd_chen", APPLIED, first, "release")
    company.session.refresh(first)
    assert (first.spec["drawing"], first.spec["size_mm"][1]) == (2, 700)


def test_change_when_the_wish_becomes_another_then_the_departments_are_heard_again(
    company: Company, order: Order
) -> None:
    request = heard(company, ask(company, order, line_of(order, 0, qty_ordered=D(11))))
    with company.act("oc_li", HEARD) as ctx:
        changing.change_row(ctx, request.lines[0], {"qty_ordered": D(500)})
    assert refusal(company, "oc_li", OFFERED, request, "offer") == "no_opinion"


def test_vote_when_a_member_asked_for_the_change_then_another_decides(company: Company, order: Order) -> None:
    """The head of the order centre is a member: her own request she does not vote on, whoever submits it."""
    with company.act("oc_zhao", ASKED) as ctx:
        rows = [line_of(order, 0, qty_ordered=D(12))]
        request = changing.open_change(ctx, {"kind": "quantity", "order_id": order.id, "lines": rows})
    company.fire("oc_li", APPLIED, accepted(company, request), "escalate")
    (approval,) = [each for each in order.approvals if each.kind is ApprovalKind.change]
    assert refusal(company, "oc_zhao", APPLIED, approval, "vote", decision="approve") == "separation_of_duties"
