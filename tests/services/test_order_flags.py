"""Why an order is special or large: each flag of domain/06 6.2 at its limit, and the splitting of orders."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.kernel.errors import DomainError
from app.services.order import flags
from app.services.order.actions import change_line, change_order
from app.services.order.contract import SIGNED, add_terms, change_terms
from app.services.order.flags import findings
from models.calendar import CalendarDay
from models.labels import (
    ApprovalState,
    OpinionOf,
    OrderState,
    OrderType,
    PaymentNature,
    ScheduleTrigger,
    SupplyMode,
)
from models.order import Order
from models.payment import PaymentSchedule
from tests.services.company import Company, found, moment
from tests.services.orders import (
    ENTERED,
    RECEIVED,
    REVIEWED,
    TERMS,
    Goods,
    confirmed,
    draft,
    refusal,
    school_furniture,
)

D = Decimal
pytestmark = pytest.mark.stage("people")


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def of(company: Company, order: Order, when: str = ENTERED) -> dict[str, dict[str, str]]:
    company.session.refresh(order)
    return findings(company.context("oc_li", when), order)


def edited(company: Company, order: Order, **values: Any) -> Order:
    with company.act("oc_li", ENTERED) as ctx:
        change_order(ctx, order, values)
    return order


def line_edited(company: Company, order: Order, **values: Any) -> Order:
    with company.act("oc_li", ENTERED) as ctx:
        change_line(ctx, order.lines[0], values)
    return order


def priced(company: Company, *goods: Goods, **values: Any) -> Order:
    return edited(company, draft(company, *goods, **values))


def test_order_when_nothing_is_special_then_no_flag(company: Company) -> None:
    assert of(company, priced(company, Goods("CHR", 4, 680))) == {}


@pytest.mark.parametrize(
    ("price", "discount", "numbers"),
    [
        (1000, "10", None),
        (1000, "10.5", {"discount": "10.5", "limit": "10"}),
        (52, "0", {"below_cost": "1"}),
        (53, "0", None),
    ],
)
def test_f01_when_the_discount_is_above_the_leads_or_the_price_below_cost_then_flagged(
    company: Company, price: int, discount: str, numbers: dict[str, str] | None
) -> None:
    """The product costs 50: 52 lies below 50 x 1.05 = 52.50."""
    order = draft(company, Goods("CHR", 1, price))
    with company.act("system", ENTERED):
        order.lines[0].product.standard_cost = D(50)
    assert of(company, line_edited(company, order, discount_pct=D(discount))).get("F01") == numbers


def test_f02_when_a_line_is_free_then_flagged(company: Company) -> None:
    order = line_edited(company, draft(company, Goods("CHR", 1, 1000)), discount_pct=D(100))
    assert of(company, order)["F02"] == {"lines": "1"}


@pytest.mark.parametrize(("days", "is_rush"), [(15, True), (23, True), (24, False), (30, False)])
def test_f03_when_wanted_below_four_fifths_of_the_lead_time_then_rush(
    company: Company, days: int, is_rush: bool
) -> None:
    wanted = moment(RECEIVED).date() + timedelta(days=days)
    order = line_edited(company, draft(company, Goods("BKC", 1, 1000), requested_on=wanted), lead_days=30)
    assert ("F03" in of(company, order)) is is_rush


def test_f03_when_the_house_stands_still_then_those_days_do_not_count(company: Company) -> None:
    wanted = moment(RECEIVED).date() + timedelta(days=24)
    order = line_edited(company, draft(company, Goods("BKC", 1, 1000), requested_on=wanted), lead_days=30)
    with company.act("system", ENTERED) as ctx:
        ctx.session.add(CalendarDay(day=date(2026, 12, 1), is_workday=False))
    assert of(company, order)["F03"] == {"days": "23", "standard": "30", "ratio": "0.77", "limit": "0.80"}


@pytest.mark.parametrize(("price", "is_special"), [(49999, False), (50000, True)])
def test_f04_when_a_custom_line_reaches_50000_then_flagged(company: Company, price: int, is_special: bool) -> None:
    order = priced(company, Goods("WRD", 1, price, SupplyMode.custom))
    assert ("F04" in of(company, order)) is is_special


def planned(company: Company, order: Order, *parts: tuple[ScheduleTrigger, int]) -> Order:
    with company.act("fi_zhou", ENTERED) as ctx:
        for seq, (trigger, amount) in enumerate(parts, 1):
            ctx.session.add(
                PaymentSchedule(
                    order_id=order.id, seq=seq, kind=PaymentNature.prepay, trigger=trigger, percent=D(0), amount=amount
                )
            )
    return order


T = ScheduleTrigger


@pytest.mark.parametrize(
    ("first", "later", "code", "numbers"),
    [
        (500, T.before_ship, "F06", None),
        (499, T.before_ship, "F06", {"share": "49.9", "plan": "50"}),
        (500, T.before_ship, "F05", None),
        (500, T.on_accept, "F05", {"missing": "500", "credit": "0"}),
    ],
)
def test_f05_and_f06_when_the_plan_asks_for_less_or_later_then_flagged(
    company: Company, first: int, later: ScheduleTrigger, code: str, numbers: dict[str, str] | None
) -> None:
    order = priced(company, Goods("WRD", 1, 1000, SupplyMode.custom))
    planned(company, order, (T.on_confirm, first), (later, 1000 - first))
    assert of(company, order).get(code) == numbers


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        ({"penalty_pct_daily": D("0.1"), "penalty_cap_pct": D(10), "retention_pct": D(5)}, None),
        ({"penalty_pct_daily": D("0.2")}, {"penalty": "0.2"}),
        ({"penalty_cap_pct": D(12)}, {"penalty_cap": "12"}),
        ({"retention_pct": D(10)}, {"retention": "10"}),
        ({"has_special_terms": True}, {"terms": "1"}),
    ],
)
def test_f07_when_terms_go_beyond_the_usual_then_flagged(
    company: Company, values: dict[str, Any], numbers: dict[str, str] | None
) -> None:
    assert of(company, edited(company, draft(company, Goods("CHR", 1, 1000)), **values)).get("F07") == numbers


def test_f07_when_the_warranty_is_longer_than_five_years_then_flagged(company: Company) -> None:
    order = line_edited(company, draft(company, Goods("CHR", 1, 1000)), warranty_months=72)
    assert of(company, order)["F07"] == {"warranty": "72"}


def test_f09_when_money_is_overdue_for_more_than_thirty_days_then_flagged(company: Company) -> None:
    first = confirmed(company, Goods("CHR", 1, 1000))
    second = priced(company, Goods("TBL", 1, 1000), customer=first.customer, order_no="SO-TEST-0002")
    # The deposit fell due on the day of the review, 2026-11-23.
    assert "F09" not in of(company, second, "2026-12-23 12:00")
    assert of(company, second, "2026-12-24 12:00")["F09"]["days"] == "31"


def test_f10_when_the_delivery_costs_more_than_eight_per_cent_or_goes_far_then_flagged(company: Company) -> None:
    order = edited(company, draft(company, Goods("CHR", 1, 1000)), delivery_cost_amount=D(80))
    assert "F10" not in of(company, order)
    edited(company, order, delivery_cost_amount=D("80.01"), is_outside_area=True)
    assert of(company, order)["F10"] == {"outside": "1", "cost": "80.01", "share": "8", "limit": "8"}


def test_f11_when_told_by_hand_then_flagged(company: Company) -> None:
    assert of(company, edited(company, draft(company, Goods("CHR", 1, 1000)), is_exclusive=True)) == {"F11": {}}


def two_halves(company: Company, second_received: str) -> tuple[Order, Order]:
    """S16 row 14: a retail order of 140,000 as two of 70,000."""
    half = Goods("TBL-MEET-24", 1, 70000)
    first = draft(company, half)
    company.fire("oc_li", ENTERED, first, "submit")
    second = draft(
        company, Goods("TBL-MEET-25", 1, 70000), customer=first.customer, order_no="SO-TEST-0002",
        received_at=moment(second_received), requested_on=date(2026, 12, 20),
    )  # fmt: skip
    company.fire("oc_li", second_received, second, "submit")
    return first, second


def test_s16_row_14_when_140000_is_split_within_seven_days_then_added_together_large_and_f12(
    company: Company,
) -> None:
    first, second = two_halves(company, "2026-11-30 09:00")
    assert (second.total_amount, second.is_large, second.special_flags) == (D(70000), True, ["F12"])
    assert of(company, second)["F12"] == {"amount": "140000", "limit": "100000", "orders": "2", "days": "7"}
    # The first one is told at its review: both wait for the committee.
    assert refusal(company, "oc_wang", "2026-11-30 10:00", first, "review") == "needs_committee"
    company.fire("oc_wang", "2026-11-30 10:00", second, "escalate")
    (approval,) = second.approvals
    assert (approval.triggers, [said.asked_of for said in approval.opinions]) == (
        ["large", "F12"], [OpinionOf.order_center_lead],
    )  # fmt: skip


def test_order_when_the_other_half_came_eight_days_before_then_not_added(company: Company) -> None:
    _first, second = two_halves(company, "2026-11-30 09:01")
    assert (second.is_large, second.special_flags) == (False, [])


def test_credit_when_the_order_is_reviewed_days_after_its_entry_then_its_own_first_payment_is_not_overdue(
    company: Company,
) -> None:
    order = draft(company, Goods("BED-1", 1, 5600, SupplyMode.make_to_order))
    company.fire("oc_li", ENTERED, order, "submit")
    assert order.schedules[0].due_on == date(2026, 11, 23)
    context = company.context("oc_wang", "2027-01-05 10:00")
    assert flags.look_around(context, order).overdue == D(0)
    assert "F09" not in findings(context, order)


def test_s12_rows_1_and_2_when_the_tender_is_entered_then_locked_and_f08(company: Company) -> None:
    order = school_furniture(company)
    # Tax is that of the lines: 256,460.17 net, a fen less than of the sum.
    assert (order.total_amount, order.net_amount, order.tax_amount) == (D(289800), D("256460.17"), D("33339.83"))
    for values in ({"list_price": D(390)}, {"product_id": order.lines[1].product_id}):
        with pytest.raises(DomainError) as refused, company.act("oc_li", "2026-11-25 09:10") as ctx:
            change_line(ctx, order.lines[0], values)
        assert refused.value.reason_code == "award_locked"
        company.session.refresh(order)
    terms = {name: value for name, value in TERMS[OrderType.government].items() if name not in SIGNED}
    with company.act("oc_li", "2026-11-25 09:15") as ctx:
        contract = add_terms(ctx, {"order_id": order.id, **terms})
    company.fire("oc_li", "2026-11-25 09:20", order, "submit")
    assert (order.is_large, order.special_flags) == (False, ["F08"])
    assert of(company, order, "2026-11-25 09:30")["F08"] == {"bond": "14490", "after": "289800"}
    company.fire("oc_wang", "2026-11-25 10:00", order, "escalate")
    (approval,) = order.approvals
    company.fire("fi_zhou", "2026-11-25 11:00", approval, "opine", text="保函 5 %，账期 30 天")
    for who in ("lg_gao", "pd_he"):
        company.fire(who, "2026-11-25 12:00", approval, "vote", decision="approve")
    assert (approval.state, order.state) == (ApprovalState.approved, OrderState.approved)
    # Row 3: the letter waits for the contract; its number and day are no other content.
    letter = {"promised_on": "2026-12-21", "channel": "paper"}
    assert refusal(company, "oc_li", "2026-12-04 09:00", order, "confirm", **letter) == "incomplete_by_type"
    with company.act("oc_li", "2026-12-04 10:00") as ctx:
        change_terms(ctx, contract, {"contract_no": "HT-2026-77", "signed_on": date(2026, 12, 4)})
    with pytest.raises(DomainError) as refused, company.act("oc_li", "2026-12-04 10:10") as ctx:
        change_terms(ctx, contract, {"acceptance_unit": "第二小学"})
    assert refused.value.reason_code == "not_draft"
    company.session.refresh(contract)
    company.fire("oc_li", "2026-12-04 10:20", order, "confirm", **letter)
    assert order.state is OrderState.confirmed


@pytest.mark.parametrize(
    "term",
    [
        {"retention_pct": D(10)},
        {"penalty_pct_daily": D("0.3")},
        {"has_special_terms": True},
        {"deposit_amount": D(30)},
    ],
)
def test_order_when_a_term_changes_after_the_review_then_reviewed_again(company: Company, term: dict[str, Any]) -> None:
    order = draft(company, Goods("SOF", 1, 1000))
    company.fire("oc_li", ENTERED, order, "submit")
    company.fire("oc_wang", REVIEWED, order, "review")
    assert order.state is OrderState.approved
    edited(company, order, **term)
    assert order.state is OrderState.pending_review


def test_tender_when_the_lines_do_not_add_up_to_the_award_then_not_submitted(company: Company) -> None:
    order = edited(company, draft(company, Goods("DSK", 10, 385)), award_amount=D(3850))
    edited(company, order, award_amount=D(3900))
    assert refusal(company, "oc_li", ENTERED, order, "submit") == "not_as_awarded"


def test_review_when_the_order_has_become_normal_then_it_passes_without_the_committee(company: Company) -> None:
    first, second = two_halves(company, "2026-11-24 09:00")
    company.fire("oc_li", REVIEWED, first, "cancel", cancel_kind="customer", cancel_reason="price")
    company.fire("oc_wang", "2026-11-24 10:00", second, "review")
    assert (second.state, second.is_large, second.special_flags) == (OrderState.approved, False, [])
