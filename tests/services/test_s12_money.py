"""Scenario S12, rows 3, 4, 7, 9 and 10: bond, due date, reminders and the return of the guarantee."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.consequences.guarantee import change, enter
from app.jobs.terms import sweep_inspections, tell_of_buyers
from app.kernel.clocks import readings
from app.kernel.errors import DomainError, ValidationFailedError
from app.services.order.actions import change_order
from app.services.order.contract import change_terms
from app.services.payment.refunds import record_refund
from app.services.payment.statement import Period
from app.services.payment.terms import move_due_date, newly_overdue
from models.clock_run import ClockRun
from models.contract import OrderContract
from models.exception import ExceptionCase
from models.guarantee import Guarantee, GuaranteeForm, GuaranteeKind, GuaranteeState
from models.labels import (
    DueBasis,
    OrderType,
    RefundReason,
)
from models.labels_talk import NoticeKind
from models.order import Order
from models.talk import Notification
from tests.services.company import Company, found, moment
from tests.services.orders import Goods, draft, refusal
from tests.services.school import certificate, sealed
from tests.services.tenders import DOCUMENT, SETS, SIGNED, accepted, awarded, delivered, pays, priced
from views.order import is_kept_up

D = Decimal
YEAR = Period(date(2026, 11, 1), date(2027, 12, 31))


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def fault(refused: pytest.ExceptionInfo[ValidationFailedError], field: str) -> str:
    (text,) = refused.value.fields[field]
    return str(text)


def test_s12_row_4_when_the_bond_is_above_a_tenth_then_refused_with_the_sum_on_the_order_and_the_guarantee(
    company: Company,
) -> None:
    order = awarded(company, bond_due_on=date(2026, 12, 10))
    (bond,) = order.guarantees
    assert (bond.amount, bond.due_on, bond.state) == (D("14490.00"), date(2026, 12, 10), GuaranteeState.due)
    told = "By law a performance bond is at most 10 % of the contract: here 28,980.00. Lower it."
    with pytest.raises(ValidationFailedError) as refused, company.act("fi_zhou", SIGNED) as ctx:
        enter(ctx, {"order_id": order.id, "amount": D(30000)})
    assert fault(refused, "amount") == told
    # Two bonds are one bond: with the 14,490.00 that wait this is 28,980.01.
    with pytest.raises(ValidationFailedError) as refused, company.act("fi_zhou", SIGNED) as ctx:
        enter(ctx, {"order_id": order.id, "amount": D("14490.01")})
    assert fault(refused, "amount") == told
    values = {"order_type": OrderType.government, "customer": order.customer, "order_no": "SO-TEST-0002"}
    other = draft(company, Goods("DSK-2", 1), **values)
    with pytest.raises(ValidationFailedError) as refused, company.act("oc_li", SIGNED) as ctx:
        change_order(ctx, other, {"award_amount": D(289800), "bond_amount": D(30000)})
    assert fault(refused, "bond_amount") == told


def test_s12_row_4_when_given_in_cash_then_a_reason_is_asked_and_given_in_time_the_clock_stops(
    company: Company,
) -> None:
    order = awarded(company, bond_due_on=date(2026, 12, 10))
    cash = {"order_id": order.id, "amount": D(1000), "form": GuaranteeForm.cash}
    with pytest.raises(ValidationFailedError) as refused, company.act("fi_zhou", SIGNED) as ctx:
        enter(ctx, cash)
    assert list(refused.value.fields) == ["cash_reason"]
    with company.act("fi_zhou", SIGNED) as ctx:
        enter(ctx, {**cash, "cash_reason": "招标文件要求，已提异议"})
    bond, _cash = company.session.query(Guarantee).order_by(Guarantee.id).all()
    assert refusal(company, "fi_zhou", "2026-12-08 10:00", bond, "give", given_on="2026-12-08") == "incomplete"
    with company.act("fi_zhou", "2026-12-08 10:00") as ctx:
        change(ctx, bond, DOCUMENT)
    company.fire("fi_zhou", "2026-12-08 10:00", bond, "give", given_on="2026-12-08")
    (g3,) = readings(company.context("system", "2026-12-09 09:00"), bond)
    assert (g3.clock.code, g3.started_at, g3.due_at) == ("G3", moment(SIGNED), moment("2026-12-10 23:59:59"))
    assert (bond.state, g3.stopped_at) == (GuaranteeState.held, moment("2026-12-08 10:00"))
    with pytest.raises(DomainError) as given, company.act("fi_zhou", "2026-12-08 11:00") as ctx:
        change(ctx, bond, {"amount": D(1)})
    assert given.value.reason_code == "given_already"


def test_s12_row_9_when_accepted_and_paid_then_the_guarantee_is_finances_task_until_returned(company: Company) -> None:
    order = awarded(company)
    (bond,) = order.guarantees
    # No day in the contract, no clock.
    assert readings(company.context("system", SIGNED), bond) == []
    with company.act("fi_zhou", SIGNED) as ctx:
        change(ctx, bond, DOCUMENT)
    company.fire("fi_zhou", SIGNED, bond, "give", given_on="2026-12-04")
    accepted(company, delivered(company, order))
    pays(company, order, "289799.99", "2027-02-24 10:00")
    assert bond.state is GuaranteeState.held
    pays(company, order, "0.01", "2027-02-24 10:30", "T2")
    assert (order.paid_amount, bond.state) == (D("289800.00"), GuaranteeState.to_return)
    (g6,) = readings(company.context("system", "2027-02-24 11:00"), bond)
    # Five working days, the plain week.
    assert (g6.clock.code, g6.due_at) == ("G6", moment("2027-03-03 10:30"))
    company.fire("fi_zhou", "2027-03-02 09:00", bond, "take_back", returned_on="2027-03-01")
    assert (bond.state, bond.returned_on) == (GuaranteeState.returned, date(2027, 3, 1))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_guarantee_when_a_reduction_went_back_then_released_all_the_same(company: Company) -> None:
    """500.00 conceded is no debt: the order may be closed, and its bond comes back."""
    order = awarded(company)
    (bond,) = order.guarantees
    with company.act("fi_zhou", SIGNED) as ctx:
        change(ctx, bond, DOCUMENT)
    company.fire("fi_zhou", SIGNED, bond, "give", given_on="2026-12-04")
    accepted(company, delivered(company, order))
    part = pays(company, order, "100000.00", "2027-01-10 10:00")
    with company.act("fi_zhou", "2027-01-11 10:00") as ctx:
        reduction = {"reason": RefundReason.price_adjust, "amount": D(500)}
        refund = record_refund(ctx, {"order_id": order.id, "payment_id": part.id, **reduction})
    company.fire("fi_sun", "2027-01-11 11:00", refund, "approve")
    company.fire("fi_qian", "2027-01-11 12:00", refund, "execute")
    assert bond.state is GuaranteeState.held
    pays(company, order, "189800.00", "2027-01-20 10:00", "T2")
    assert (order.refunded_amount, bond.state) == (D("500.00"), GuaranteeState.to_return)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_guarantee_when_its_settled_order_closes_then_none_is_left_to_give(company: Company) -> None:
    order = accepted(company, delivered(company, awarded(company)))
    pays(company, order, "289800.00", "2027-01-20 10:00")
    with company.act("fi_zhou", "2027-01-21 09:00") as ctx:
        late = enter(ctx, {"order_id": order.id, "amount": D(1000)})
    assert late.state is GuaranteeState.due
    company.fire("oc_li", "2027-01-21 10:00", order, "close")
    assert late.state is GuaranteeState.dropped


def test_order_when_cancelled_before_its_bond_is_given_then_nothing_has_to_be_given(company: Company) -> None:
    order = draft(company, SETS, order_type=OrderType.government, bond_amount=D(100))
    priced(company, order)
    with company.act("fi_zhou", "2026-11-23 10:00") as ctx:
        bid = enter(ctx, {"order_id": order.id, "kind": GuaranteeKind.bid, "amount": D(500), **DOCUMENT})
        bond = enter(ctx, {"order_id": order.id})
    assert bond.amount == D("100.00")
    company.fire("fi_zhou", "2026-11-23 10:00", bid, "give", given_on="2026-11-23")
    company.fire("oc_li", "2026-11-23 11:00", order, "cancel", cancel_kind="customer", cancel_reason="fund")
    assert (bid.state, bond.state) == (GuaranteeState.to_return, GuaranteeState.dropped)


def due_of(order: Order) -> tuple[date | None, DueBasis | None]:
    (row,) = order.schedules
    return row.due_on, row.due_basis


def test_s12_row_7_when_accepted_then_thirty_days_and_the_next_working_day(company: Company) -> None:
    order = accepted(company, delivered(company, awarded(company, inspection_days=10)))
    # 2027-01-24 is a Sunday.
    assert due_of(order) == (date(2027, 1, 25), DueBasis.acceptance)
    (row,) = order.schedules
    with company.act("fi_zhou", "2026-12-28 09:00") as ctx:
        move_due_date(ctx, row, {"due_on": date(2027, 2, 1)})
    assert due_of(order) == (date(2027, 2, 1), DueBasis.agreed)
    # The agreed day is told of as the reckoned one.
    context = company.context("system", "2027-02-02 09:00")
    assert (newly_overdue(context), newly_overdue(context)) == ([row], [])
    # Orders accepted before their instalments said what they count from are not forgotten.
    row.due_basis = row.overdue_told_on = None
    assert newly_overdue(context) == [row]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_s12_row_7_when_a_day_is_agreed_then_neither_silence_nor_acceptance_moves_it_until_it_is_emptied(
    company: Company,
) -> None:
    order = delivered(company, awarded(company, inspection_days=10))
    (row,) = order.schedules
    agreed = date(2027, 6, 1)
    with company.act("fi_zhou", "2026-12-28 09:00") as ctx:
        move_due_date(ctx, row, {"due_on": row.due_on})
    assert row.due_basis is None
    with company.act("fi_zhou", "2026-12-28 09:00") as ctx:
        move_due_date(ctx, row, {"due_on": agreed})
    assert sweep_inspections(company.context("system", "2027-01-01 00:10")) == 0
    assert due_of(accepted(company, order, "2027-01-15 10:00")) == (agreed, DueBasis.agreed)
    with company.act("fi_zhou", "2027-01-16 09:00") as ctx:
        move_due_date(ctx, row, {"due_on": None})
    assert due_of(order) == (None, None)


def test_s12_row_10_when_the_buyer_lets_the_inspection_pass_then_thirty_days_from_its_end_by_itself(
    company: Company,
) -> None:
    order = delivered(company, awarded(company, inspection_days=10))
    planned = due_of(order)
    assert planned == (date(2027, 1, 20), None)
    # Ten days after 12-21 is 12-31: that day is still his.
    assert sweep_inspections(company.context("system", "2026-12-31 23:00")) == 0
    assert sweep_inspections(company.context("system", "2027-01-01 00:10")) == 1
    company.session.refresh(order)
    # 2027-01-30 is a Saturday.
    assert due_of(order) == (date(2027, 2, 1), DueBasis.inspection_end)
    assert sweep_inspections(company.context("system", "2027-01-01 00:20")) == 0
    # A late acceptance does not move it.
    assert due_of(accepted(company, order, "2027-01-15 10:00")) == (date(2027, 2, 1), DueBasis.inspection_end)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_s12_row_10_when_signed_in_time_and_recorded_after_the_sweep_then_it_counts_from_the_signature(
    company: Company,
) -> None:
    order = delivered(company, awarded(company, inspection_days=10))
    assert sweep_inspections(company.context("system", "2027-01-01 00:10")) == 1
    (acceptance,) = order.acceptances
    when = "2027-01-05 10:00"
    certificate(company, acceptance, when)
    sealed(company, acceptance, when)
    company.fire("cs_ma", when, acceptance, "sign", signed_by="李老师", signed_at="2026-12-25T15:00:00+08:00")
    company.session.refresh(order)
    assert due_of(order) == (date(2027, 1, 25), DueBasis.acceptance)


@pytest.mark.parametrize("days", [0, 366, 20261231])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_terms_when_the_inspection_has_no_day_or_more_than_a_year_then_refused_in_words(
    company: Company, days: int
) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        awarded(company, inspection_days=days)
    assert fault(refused, "inspection_days") == "An inspection takes 1 to 365 days: enter a whole number in between."


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_s12_row_10_when_the_buyer_refuses_in_time_then_the_term_waits_for_his_acceptance(company: Company) -> None:
    order = delivered(company, awarded(company, inspection_days=10))
    (acceptance,) = order.acceptances
    company.fire("cs_ma", "2026-12-28 10:00", acceptance, "reject", reason="桌面划痕")
    assert sweep_inspections(company.context("system", "2027-01-02 00:10")) == 0
    company.fire("cs_ma", "2027-01-04 10:00", acceptance, "reopen", reason="已补漆")
    assert sweep_inspections(company.context("system", "2027-01-05 00:10")) == 0
    # 30 days after 2027-01-05 is 2027-02-04, a Thursday.
    assert due_of(accepted(company, order, "2027-01-05 10:00")) == (date(2027, 2, 4), DueBasis.acceptance)


def told(company: Company) -> list[tuple[str, str]]:
    """Action and reader of every reminder of a day, in order."""
    people = {actor.id: name for name, actor in company.people.items()}
    rows = company.session.scalars(sa.select(Notification).where(Notification.kind == NoticeKind.clock))
    return sorted((row.action, people[row.user_id]) for row in rows)


def sweeps(company: Company, when: str) -> list[tuple[str, str]]:
    """What a sweep at this time tells anew."""
    before = told(company)
    with company.act("system", when) as ctx:
        tell_of_buyers(ctx)
    return [line for line in told(company) if line not in before]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_s12_row_3_when_signed_then_the_buyers_duties_are_remembered_and_are_no_breach_of_ours(
    company: Company,
) -> None:
    order = awarded(company)
    (terms,) = order.contracts
    assert (terms.publish_by_on, terms.file_by_on) == (date(2026, 12, 8), date(2026, 12, 15))
    assert sweeps(company, "2026-12-07 23:00") == []
    centre = [name for name, actor in sorted(company.people.items()) if "order_center" in actor.roles]
    assert sweeps(company, "2026-12-08 09:00") == [("order.publish_contract", name) for name in centre]
    assert sweeps(company, "2026-12-08 10:00") == []
    with pytest.raises(ValidationFailedError) as refused, company.act("oc_li", "2026-12-09 09:00") as ctx:
        change_terms(ctx, terms, {"published_on": date(2026, 12, 3)})
    assert list(refused.value.fields) == ["published_on"]
    with company.act("oc_li", "2026-12-09 09:00") as ctx:
        change_terms(ctx, terms, {"published_on": date(2026, 12, 8)})
    assert sweeps(company, "2026-12-15 09:00") == [("order.file_contract", name) for name in centre]
    with company.act("oc_li", "2026-12-16 09:00") as ctx:
        change_terms(ctx, terms, {"filed_on": date(2026, 12, 16)})
    assert sweeps(company, "2026-12-17 09:00") == []
    for model in (ClockRun, ExceptionCase):
        assert company.session.scalar(sa.select(sa.func.count()).select_from(model)) == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_contract_when_signed_before_the_buyers_days_were_reckoned_then_the_next_note_brings_them(
    company: Company,
) -> None:
    (terms,) = awarded(company).contracts
    company.session.execute(sa.update(OrderContract).values(publish_by_on=None, file_by_on=None))
    company.session.commit()
    assert (terms.publish_by_on, is_kept_up(terms)) == (None, True)
    with company.act("oc_li", "2026-12-09 09:00") as ctx:
        change_terms(ctx, terms, {"published_on": date(2026, 12, 8)})
    assert (terms.publish_by_on, terms.file_by_on) == (date(2026, 12, 8), date(2026, 12, 15))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_s12_row_9_when_the_due_date_has_passed_then_finance_and_the_committee_are_told_once(company: Company) -> None:
    order = accepted(company, delivered(company, awarded(company)))
    with company.act("oc_li", "2026-12-26 09:00") as ctx:
        change_terms(ctx, order.contracts[0], {"published_on": date(2026, 12, 8), "filed_on": date(2026, 12, 15)})
    assert sweeps(company, "2027-01-25 20:00") == []
    roles = {"finance", "finance_lead", "committee"}
    people = [name for name, actor in sorted(company.people.items()) if roles & set(actor.roles)]
    assert sweeps(company, "2027-01-26 09:00") == [("order.buyer_late", name) for name in people]
    assert sweeps(company, "2027-01-27 09:00") == []
