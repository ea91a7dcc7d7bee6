"""Service tickets from the first answer to the end. Clause 10(3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.consequences import exceptions
from app.kernel.clocks import readings
from app.kernel.errors import DomainError, NotFoundError, ValidationFailedError
from app.services.ticket.actions import change_ticket, open_ticket
from models.exception import ExceptionCase
from models.journal import Journal
from models.labels import LiableParty, TicketKind, TicketLevel, TicketSource, TicketState
from models.labels_exception import ExceptionLevel
from models.order import Order
from models.ticket import ServiceTicket
from tests.services.company import Company, found, moment, person
from tests.services.orders import Goods, confirmed, refusal

CRACK = {"kind": TicketKind.complaint, "description": "柜门开裂"}


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def order(company: Company) -> Order:
    return confirmed(company, Goods("CHR-NORD-01", 4))


@pytest.fixture
def ticket(company: Company, order: Order) -> ServiceTicket:
    with company.act("cs_ma", "2026-11-27 20:30") as ctx:
        return open_ticket(ctx, {**CRACK, "order_id": order.id})


def test_ticket_when_opened_then_knows_customer_and_number(ticket: ServiceTicket, order: Order) -> None:
    assert (ticket.ticket_no, ticket.customer_id, ticket.level) == (
        "SV-20261127-0001",
        order.customer_id,
        TicketLevel.l1,
    )
    assert (ticket.state, ticket.is_in_warranty, ticket.reopened_count) == (TicketState.open, False, 0)


def test_ticket_when_the_line_is_named_then_order_and_warranty_follow(company: Company, order: Order) -> None:
    line = order.lines[0]
    with company.act("system", "2026-11-27 09:00"):
        line.warranty_from_on, line.warranty_to_on = moment("2026-11-27").date(), moment("2027-11-27").date()
    with company.act("cs_ma", "2027-11-27 23:00") as ctx:
        covered = open_ticket(ctx, {**CRACK, "order_line_id": line.id})
    with company.act("cs_ma", "2027-11-28 00:00") as ctx:
        late = open_ticket(ctx, {**CRACK, "order_line_id": line.id})
    assert (covered.order_id, covered.is_in_warranty) == (order.id, True)
    assert late.is_in_warranty is False


def test_ticket_when_settled_and_reopened_then_counted(company: Company, ticket: ServiceTicket) -> None:
    company.fire("cs_ma", "2026-11-28 10:00", ticket, "respond")
    company.fire("cs_ma", "2026-11-28 11:00", ticket, "plan", plan="换门", cause="运输", liable_party="carrier")
    assert (ticket.liable_party, ticket.planned_at) == (LiableParty.carrier, moment("2026-11-28 11:00"))
    company.fire("cs_ma", "2026-11-29 11:00", ticket, "close", resolution="已更换")
    assert (ticket.state, ticket.closed_at) == (TicketState.closed, moment("2026-11-29 11:00"))
    company.fire("cs_ma", "2026-12-01 09:00", ticket, "reopen", reason="又裂了")
    assert (ticket.state, ticket.closed_at, ticket.reopened_count) == (TicketState.open, None, 1)
    company.fire("cs_ma", "2026-12-01 09:30", ticket, "respond")
    assert ticket.first_response_at == moment("2026-11-28 10:00")


def test_ticket_when_read_then_service_hours_and_natural_hours_run(company: Company, ticket: ServiceTicket) -> None:
    company.fire("cs_ma", "2026-11-28 10:00", ticket, "respond")
    found_readings = readings(company.context("system", "2026-11-28 21:00"), ticket)
    clocks = {r.clock.code: r for r in found_readings}
    # Half an hour is left on the day, so one and a half of the two service hours fall on the next from 09:00.
    assert (clocks["T1"].due_at, clocks["T1"].used) == (moment("2026-11-28 10:30"), timedelta(hours=1, minutes=30))
    assert clocks["T2"].due_at == moment("2026-11-28 20:30")
    assert clocks["T2"].is_breached(moment("2026-11-28 21:00"))
    assert clocks["T3"].due_at == moment("2026-11-30 20:30")


def test_ticket_when_nobody_answered_then_neither_planned_nor_closed(company: Company, ticket: ServiceTicket) -> None:
    assert refusal(company, "cs_ma", "2026-11-28 11:00", ticket, "plan", plan="换门") == "step_not_open"
    assert refusal(company, "cs_ma", "2026-11-28 11:00", ticket, "close", resolution="好") == "step_not_open"


@pytest.mark.parametrize(("step", "field"), [("plan", "plan"), ("close", "resolution")])
def test_ticket_when_a_step_says_nothing_then_the_field_is_named(
    company: Company, ticket: ServiceTicket, step: str, field: str
) -> None:
    company.fire("cs_ma", "2026-11-28 10:00", ticket, "respond")
    with pytest.raises(ValidationFailedError) as refused:
        company.fire("cs_ma", "2026-11-28 11:00", ticket, step, **{field: "  "})
    assert list(refused.value.fields) == [field]


def test_ticket_when_order_and_customer_disagree_then_refused(company: Company, order: Order) -> None:
    with company.act("oc_li", "2026-11-24 09:00"):
        other = person(company.session, "周建国", "13900001111")
    second = confirmed(company, Goods("TBL-NORD-1600", 1), customer=other, order_no="SO-TEST-0002")
    with pytest.raises(DomainError) as customer, company.act("cs_ma", "2026-11-27 09:00") as ctx:
        open_ticket(ctx, {**CRACK, "order_id": order.id, "customer_id": other.id})
    assert customer.value.reason_code == "other_customer"
    with pytest.raises(DomainError) as line, company.act("cs_ma", "2026-11-27 09:00") as ctx:
        open_ticket(ctx, {**CRACK, "order_id": order.id, "order_line_id": second.lines[0].id})
    assert line.value.reason_code == "other_order"


def test_ticket_when_it_names_nobody_or_the_unknown_then_refused(company: Company) -> None:
    with pytest.raises(ValidationFailedError) as nobody, company.act("cs_ma", "2026-11-27 09:00") as ctx:
        open_ticket(ctx, CRACK)
    assert list(nobody.value.fields) == ["customer_id"]
    with pytest.raises(NotFoundError), company.act("cs_ma", "2026-11-27 09:00") as ctx:
        open_ticket(ctx, {**CRACK, "order_id": 99999})


def test_ticket_when_it_came_through_12315_then_of_level_3_with_the_authoritys_own_clock(
    company: Company, order: Order
) -> None:
    """Friday 2026-11-27 10:00: seven working days of the office are over on Tuesday 12-08 at ten."""
    with company.act("cs_ma", "2026-11-27 10:00") as ctx:
        given = {**CRACK, "order_id": order.id, "source_channel": TicketSource.hotline_12315, "level": TicketLevel.l1}
        ticket = open_ticket(ctx, {**given, "authority_no": "12315-3301-77"})
    assert ticket.level is TicketLevel.l3
    clocks = {each.clock.code: each.due_at for each in readings(company.context("cs_ma", "2026-11-27 10:01"), ticket)}
    assert (clocks["T6"], clocks["T3"]) == (moment("2026-12-08 10:00"), moment("2026-12-12 10:00"))
    (case,) = company.session.scalars(sa.select(ExceptionCase)).all()
    assert (case.level, case.is_authority, case.authority_no) == (ExceptionLevel.l3, True, "12315-3301-77")
    with company.act("cs_ma", "2026-11-27 10:30") as ctx, pytest.raises(DomainError) as lowered:
        change_ticket(ctx, ticket, {"level": TicketLevel.l2})
    assert lowered.value.reason_code == "authority_is_major"
    company.fire("cs_ma", "2026-11-27 11:00", ticket, "respond")
    assert refusal(company, "cs_ma", "2026-11-28 09:00", ticket, "close", resolution="已换") == "authority_waits"
    company.fire("cs_ma", "2026-11-30 09:00", ticket, "answer_authority", authority_answer="已换门，消费者满意")
    assert (ticket.state, ticket.authority_answered_at) == (TicketState.responded, moment("2026-11-30 09:00"))
    (reading,) = [each for each in readings(company.context("cs_ma", "2026-12-20 09:00"), ticket)
                  if each.clock.code == "T6"]  # fmt: skip
    assert (reading.stopped_at, reading.is_breached(moment("2026-12-20 09:00"))) == (moment("2026-11-30 09:00"), False)
    again = refusal(company, "cs_ma", "2026-11-30 09:10", ticket, "answer_authority", authority_answer="再答")
    assert again == "authority_answered"
    company.fire("cs_ma", "2026-11-30 10:00", ticket, "close", resolution="已换")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_authority_when_no_number_is_known_then_the_field_is_named_and_others_have_no_such_clock(
    company: Company, order: Order, ticket: ServiceTicket
) -> None:
    assert {each.clock.code for each in readings(company.context("cs_ma", "2026-11-27 21:00"), ticket)} == {
        "T1", "T2", "T3",
    }  # fmt: skip
    answer = {"authority_answer": "已答复"}
    assert refusal(company, "cs_ma", "2026-11-27 20:40", ticket, "answer_authority", **answer) == "authority_answered"
    with company.act("cs_ma", "2026-11-27 10:00") as ctx:
        asked = open_ticket(ctx, {**CRACK, "order_id": order.id, "source_channel": TicketSource.hotline_12315})
    with pytest.raises(ValidationFailedError) as unnamed:
        company.fire("cs_ma", "2026-11-27 11:00", asked, "answer_authority", **answer)
    assert list(unnamed.value.fields) == ["authority_no"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_authority_when_the_ticket_is_edited_then_only_another_level_is_refused_and_its_number_once_answered(
    company: Company, order: Order
) -> None:
    with company.act("cs_ma", "2026-11-27 10:00") as ctx:
        ticket = open_ticket(ctx, {**CRACK, "order_id": order.id, "source_channel": TicketSource.hotline_12315})
    # As it stood before the rule.
    with company.act("system", "2026-11-27 10:05"):
        ticket.level = TicketLevel.l1
    with company.act("cs_ma", "2026-11-27 10:10") as ctx:
        change_ticket(ctx, ticket, {"cause": "运输", "level": TicketLevel.l1, "authority_no": "12315-77"})
        change_ticket(ctx, ticket, {"level": TicketLevel.l3})
    assert (ticket.cause, ticket.level, ticket.authority_no) == ("运输", TicketLevel.l3, "12315-77")
    company.fire("cs_ma", "2026-11-27 11:00", ticket, "answer_authority", authority_answer="已换门")
    for number in ("12315-78", None):
        with company.act("cs_ma", "2026-11-27 11:10") as ctx, pytest.raises(DomainError) as answered:
            change_ticket(ctx, ticket, {"authority_no": number})
        assert answered.value.reason_code == "authority_answered"
    with company.act("cs_ma", "2026-11-27 11:20") as ctx:
        change_ticket(ctx, ticket, {"authority_no": "12315-77", "cause": "包装"})
    assert ticket.cause == "包装"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("level", "days"), [(TicketLevel.l1, 3), (TicketLevel.l2, 7), (TicketLevel.l3, 15)])
def test_ticket_when_of_a_level_then_its_end_is_due_in_so_many_days(
    company: Company, order: Order, level: TicketLevel, days: int
) -> None:
    with company.act("cs_ma", "2026-11-27 10:00") as ctx:
        ticket = open_ticket(ctx, {**CRACK, "order_id": order.id, "level": level})
    (due,) = [each.due_at for each in readings(company.context("cs_ma", "2026-11-27 10:01"), ticket)
              if each.clock.code == "T3"]  # fmt: skip
    assert due == moment("2026-11-27 10:00") + timedelta(days=days)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_ticket_of_12315_when_of_any_kind_then_one_major_case_that_learns_its_number(
    company: Company, order: Order
) -> None:
    given = {"kind": TicketKind.goods_return, "source_channel": TicketSource.hotline_12315}
    with company.act("cs_ma", "2026-11-27 10:00") as ctx:
        ticket = open_ticket(ctx, {**CRACK, **given, "order_id": order.id})
    (case,) = company.session.scalars(sa.select(ExceptionCase))
    assert (case.level, case.is_authority, case.authority_no) == (ExceptionLevel.l3, True, None)
    with company.act("cs_ma", "2026-11-27 11:00") as ctx:
        exceptions.change_ticket(ctx, ticket, {"kind": TicketKind.complaint, "authority_no": "12315-77"})
    assert case.authority_no == "12315-77"
    answer = {"authority_no": "12315-78", "authority_answer": "已退货"}
    company.fire("cs_ma", "2026-11-27 11:10", ticket, "answer_authority", **answer)
    (case,) = company.session.scalars(sa.select(ExceptionCase))
    assert case.authority_no == "12315-78"
    # The number is the program's entry: it binds nobody who plans or decides.
    edits = sa.select(Journal.actor_id).where(Journal.action == "exception_case.edit")
    assert list(company.session.scalars(edits)) == [None, None]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_ticket_when_it_turns_out_to_be_a_complaint_then_a_case_once(company: Company, order: Order) -> None:
    with company.act("cs_ma", "2026-11-27 10:00") as ctx:
        ticket = open_ticket(ctx, {**CRACK, "kind": TicketKind.repair, "order_id": order.id})
    for kind in (TicketKind.repair, TicketKind.complaint, TicketKind.repair, TicketKind.complaint):
        with company.act("cs_ma", "2026-11-27 11:00") as ctx:
            exceptions.change_ticket(ctx, ticket, {"kind": kind})
    assert [case.level for case in company.session.scalars(sa.select(ExceptionCase))] == [ExceptionLevel.l1]
