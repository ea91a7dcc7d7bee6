"""The review: what the program finds, what a person decides otherwise, and what nobody may pass. Clause 13(1)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.kernel.errors import ValidationFailedError
from app.services.order.actions import change_line, change_order
from models.labels import OrderState, ReviewCheck, ReviewResult, SupplyMode
from models.order import Order
from tests.services.company import Company, found, moment
from tests.services.orders import ENTERED, RECEIVED, REVIEWED, Goods, draft, refusal

D = Decimal
pytestmark = pytest.mark.stage("people")
PASSED, FAILED, CONDITIONAL = ReviewResult.passed, ReviewResult.failed, ReviewResult.conditional


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def submitted(company: Company, *goods: Goods, line: dict[str, Any] | None = None, **values: Any) -> Order:
    order = draft(company, *goods)
    with company.act("oc_li", ENTERED) as ctx:
        if line:
            change_line(ctx, order.lines[0], line)
        change_order(ctx, order, values)
    company.fire("oc_li", ENTERED, order, "submit")
    return order


def of(order: Order, check: ReviewCheck) -> tuple[ReviewResult | None, ReviewResult, str | None, str | None]:
    row = next(review for review in reversed(order.reviews) if review.check_name is check)
    return row.computed_result, row.result, row.value, row.override_reason


def errors(company: Company, who: str, order: Order, **data: Any) -> dict[str, Any]:
    before = len(order.reviews)
    with pytest.raises(ValidationFailedError) as refused:
        company.fire(who, REVIEWED, order, "review", **data)
    company.session.refresh(order)
    assert (order.state, len(order.reviews)) == (OrderState.pending_review, before)
    return refused.value.fields


def test_review_when_nothing_is_said_then_the_computed_results_are_confirmed(company: Company) -> None:
    order = submitted(company, Goods("CHR", 4, 680, on_hand=40), line={"discount_pct": D(3)})
    company.fire("oc_wang", REVIEWED, order, "review")
    assert of(order, ReviewCheck.stock) == (PASSED, PASSED, "CHR: 40 / 4", None)
    assert of(order, ReviewCheck.price) == (PASSED, PASSED, "3% / 5%", None)
    assert of(order, ReviewCheck.lead_time) == (PASSED, PASSED, "17 / 7 (2.43)", None)
    assert of(order, ReviewCheck.credit) == (PASSED, PASSED, "0 / 0", None)
    assert order.state is OrderState.approved


def test_review_when_stock_is_short_then_it_passes_only_with_a_reason_and_holds_what_there_is(
    company: Company,
) -> None:
    order = submitted(company, Goods("CHR", 40, 680, on_hand=5))
    assert list(errors(company, "oc_wang", order)) == ["stock"]
    assert list(errors(company, "oc_wang", order, stock="conditional")) == ["comment"]
    company.fire("oc_wang", REVIEWED, order, "review", stock="conditional", comment="12-01 到货 60 件")
    assert of(order, ReviewCheck.stock) == (FAILED, CONDITIONAL, "CHR: 5 / 40", "12-01 到货 60 件")
    assert [held.qty for held in order.lines[0].reservations] == [D(5)]
    (row,) = [review for review in order.reviews if review.check_name is ReviewCheck.stock]
    assert (row.reviewer_id, row.reviewed_at) == (company.people["oc_wang"].id, moment(REVIEWED))


def test_review_when_the_discount_is_the_leads_then_a_clerk_does_not_pass_it_and_the_lead_does(
    company: Company,
) -> None:
    order = submitted(company, Goods("CHR", 4, 680), line={"discount_pct": D(8)})
    assert list(errors(company, "oc_wang", order)) == ["price"]
    assert list(errors(company, "oc_wang", order, price="passed", comment="老客户")) == ["price"]
    company.fire("oc_zhao", REVIEWED, order, "review")
    assert of(order, ReviewCheck.price) == (PASSED, PASSED, "8% / 5%", None)


def test_review_when_a_person_finds_a_fault_the_program_does_not_then_it_does_not_pass(company: Company) -> None:
    order = submitted(company, Goods("CHR", 4, 680))
    assert list(errors(company, "oc_wang", order, technical="failed", comment="尺寸不符")) == ["technical"]


def test_review_when_the_deposit_is_above_the_law_then_nobody_passes_it(company: Company) -> None:
    order = submitted(company, Goods("CHR", 2, 1000), deposit_amount=D(400))
    company.fire("oc_wang", REVIEWED, order, "review")
    # Half of the goods fall away: what was a fifth of the total is two fifths now.
    with company.act("oc_li", REVIEWED) as ctx:
        change_line(ctx, order.lines[0], {"qty_ordered": D(1)})
    assert list(errors(company, "oc_zhao", order, compliance="passed", comment="客户同意")) == ["compliance"]


def test_review_when_custom_goods_have_no_drawing_then_it_passes_with_a_condition(company: Company) -> None:
    order = submitted(company, Goods("WRD", 1, 1000, SupplyMode.custom))
    company.fire("oc_wang", REVIEWED, order, "review")
    assert of(order, ReviewCheck.technical) == (CONDITIONAL, CONDITIONAL, "0 / 1", None)


def test_review_when_wanted_a_little_early_then_it_passes_with_a_condition(company: Company) -> None:
    wanted = moment(RECEIVED).date() + timedelta(days=27)
    order = submitted(company, Goods("BKC", 1, 1000), line={"lead_days": 30}, requested_on=wanted)
    company.fire("oc_wang", REVIEWED, order, "review")
    assert of(order, ReviewCheck.lead_time) == (CONDITIONAL, CONDITIONAL, "27 / 30 (0.90)", None)


def test_order_when_changed_after_a_plain_review_then_it_is_reviewed_again_and_not_by_who_changed_it(
    company: Company,
) -> None:
    order = submitted(company, Goods("CHR", 4, 680))
    company.fire("oc_wang", REVIEWED, order, "review")
    with company.act("oc_zhao", "2026-11-23 11:30") as ctx:
        change_line(ctx, order.lines[0], {"qty_ordered": D(5)})
    assert (order.state, len(order.lines[0].reservations)) == (OrderState.pending_review, 0)
    assert refusal(company, "oc_zhao", "2026-11-23 11:40", order, "review") == "separation_of_duties"
    company.fire("oc_wang", "2026-11-23 11:40", order, "review")
    assert [held.qty for held in order.lines[0].reservations] == [D(5)]
    assert sorted({review.round for review in order.reviews}) == [1, 2]
