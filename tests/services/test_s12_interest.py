"""Scenario S12, row 9: interest on money that came late, claimed beside the price. Domain/02 article 18."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.errors import DomainError
from app.services.claim.actions import claim
from app.services.payment.statement import EntryKind, Known, Period, statement_of
from app.services.payment.terms import move_due_date
from models.labels import (
    LateClaimState,
    PaymentNature,
    PaymentState,
    ScheduleTrigger,
)
from models.late_claim import LateClaim
from models.order import Order
from tests.services.company import Company, found, moment
from tests.services.orders import refusal
from tests.services.tenders import accepted, awarded, delivered, pays

D = Decimal
YEAR = Period(date(2026, 11, 1), date(2027, 12, 31))


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def claims(company: Company, order: Order, when: str, who: str = "fi_zhou") -> LateClaim:
    with company.act(who, when) as ctx:
        return claim(ctx, {"order_id": order.id})


def nothing_to_claim(company: Company, order: Order, when: str) -> str:
    with pytest.raises(DomainError) as refused, company.act("fi_zhou", when) as ctx:
        claim(ctx, {"order_id": order.id})
    return refused.value.reason_code


def test_s12_row_9_when_the_money_is_thirty_days_late_then_4347_is_claimed_and_paid_beside_the_price(
    company: Company,
) -> None:
    order = delivered(company, awarded(company))
    assert nothing_to_claim(company, order, "2026-12-22 09:00") == "nothing_late"
    accepted(company, order)
    # The due date itself is in time.
    assert nothing_to_claim(company, order, "2027-01-25 09:00") == "nothing_late"
    pays(company, order, "289800.00", "2027-02-24 10:00")
    made = claims(company, order, "2027-03-01 09:00")
    assert (made.overdue_amount, made.due_on, made.until_on, made.days_late, made.daily_pct, made.interest_amount) == (
        D("289800.00"), date(2027, 1, 25), date(2027, 2, 24), 30, D("0.050"), D("4347.00"),
    )  # fmt: skip
    assert nothing_to_claim(company, order, "2027-03-02 09:00") == "nothing_late"
    pays(company, order, "4000.00", "2027-03-03 10:00", "T2")
    assert (made.state, made.paid_amount) == (LateClaimState.claimed, D("4000.00"))
    rest = pays(company, order, "347.00", "2027-03-04 10:00", "T3")
    assert (made.state, made.paid_amount, rest.state) == (LateClaimState.paid, D("4347.00"), PaymentState.allocated)
    company.session.refresh(order)
    assert (order.paid_amount, order.total_amount) == (D("289800.00"), D("289800.00"))
    parts = [(part.nature, part.amount) for part in order.allocations]
    interest = PaymentNature.interest
    assert parts == [(PaymentNature.acceptance, D(289800)), (interest, D(4000)), (interest, D(347))]
    account = statement_of(company.context("fi_zhou", "2027-03-05 09:00"), order.customer_id, YEAR)
    told = [(entry.kind, entry.amount) for entry in account.entries if entry.at > moment("2027-02-28 00:00")]
    assert told == [
        (EntryKind.interest, D(4347)), (EntryKind.payment, D(-4000)), (EntryKind.payment, D(-347)),
    ]  # fmt: skip
    assert account.closing == D("0.00")
    unclaimed = Known(claims=sa.false())
    account = statement_of(company.context("fi_zhou", "2027-03-05 09:00"), order.customer_id, YEAR, unclaimed)
    assert (unclaimed.is_whole, EntryKind.interest in {entry.kind for entry in account.entries}) == (False, False)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_s12_row_9_when_the_buyer_has_not_accepted_then_no_interest_by_the_day_of_the_plan(company: Company) -> None:
    order = delivered(company, awarded(company))
    (acceptance,) = order.acceptances
    company.fire("cs_ma", "2026-12-28 10:00", acceptance, "reject", reason="桌面划痕")
    assert nothing_to_claim(company, order, "2027-02-19 09:00") == "nothing_late"
    # A day agreed with him does count.
    with company.act("fi_zhou", "2027-02-19 09:00") as ctx:
        move_due_date(ctx, order.schedules[0], {"due_on": date(2027, 2, 9)})
    assert claims(company, order, "2027-02-19 09:00").days_late == 10


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_late_of_when_we_delivered_late_then_money_due_on_delivery_is_late_from_the_delivery(company: Company) -> None:
    order = delivered(company, awarded(company))
    (row,) = order.schedules
    row.trigger, row.due_on = ScheduleTrigger.on_delivery, date(2026, 12, 1)
    company.session.commit()
    assert nothing_to_claim(company, order, "2026-12-21 12:00") == "nothing_late"
    made = claims(company, order, "2026-12-31 09:00")
    assert (made.due_on, made.days_late, made.interest_amount) == (date(2026, 12, 21), 10, D("1449.00"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_s12_row_9_when_paid_in_parts_then_each_part_by_its_own_days_and_only_once(company: Company) -> None:
    order = accepted(company, delivered(company, awarded(company)))
    pays(company, order, "100000.00", "2027-02-04 10:00")
    # 100,000 ten days, 189,800 twenty days: 500.00 + 1,898.00.
    first = claims(company, order, "2027-02-14 09:00")
    assert (first.overdue_amount, first.days_late, first.interest_amount) == (D("289800.00"), 20, D("2398.00"))
    pays(company, order, "189800.00", "2027-02-24 10:00", "T2")
    # The 2,398.00 are not claimed again: 500.00 + 2,847.00 less them.
    second = claims(company, order, "2027-03-01 09:00")
    assert (second.until_on, second.interest_amount) == (date(2027, 2, 24), D("949.00"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_s12_row_9_when_the_interest_is_waived_then_by_another_with_a_reason(company: Company) -> None:
    order = accepted(company, delivered(company, awarded(company)))
    own = claims(company, order, "2027-02-14 09:00", "fi_sun")
    of_clerk = claims(company, order, "2027-02-24 09:00")
    because = {"reason": "校方财政困难，委员会同意"}
    when = "2027-03-02 09:00"
    assert refusal(company, "fi_zhou", when, of_clerk, "waive", **because) == "permission_denied"
    assert refusal(company, "fi_sun", when, own, "waive", **because) == "separation_of_duties"
    assert refusal(company, "fi_sun", when, of_clerk, "waive") == "invalid"
    company.fire("fi_sun", when, of_clerk, "waive", **because)
    assert (own.interest_amount, of_clerk.interest_amount, of_clerk.state) == (
        D("2898.00"), D("1449.00"), LateClaimState.waived,
    )  # fmt: skip
    # What was waived is not claimed anew, and money beyond the price and the other claim is left.
    pays(company, order, "289800.00", "2027-02-24 10:00")
    assert nothing_to_claim(company, order, when) == "nothing_late"
    assert pays(company, order, "2900.00", when, "T2").allocated_amount == D("2898.00")
    # What is left of the money is his: the waived interest is owed no more.
    account = statement_of(company.context("fi_zhou", "2027-03-05 09:00"), order.customer_id, YEAR)
    assert (account.entries[-1].kind, account.closing) == (EntryKind.waiver, D("-2.00"))
