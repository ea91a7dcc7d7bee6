"""Scenario S15: a weekend order entered late and a silent customer, with its literal moments (E1, E4, E5)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.cli.sweep import remind_of_silence
from app.kernel.clocks import Reading, readings
from app.kernel.errors import DomainError, FixedValueError, StepBlockedError, ValidationFailedError
from app.services.inbox.actions import receive
from app.services.order.actions import add_line, change_order
from app.services.order.contract import add_terms, change_terms
from app.services.payment.actions import record_payment
from models.inbox import InboxItem
from models.labels import Channel, InspectionState, LateReason, OrderType, PaymentMethod, SupplyMode
from models.order import Order
from models.talk import Notification
from tests.services.company import Company, found, moment, person, product
from tests.services.orders import TERMS, Goods, confirmed, draft

D = Decimal
RECEIVED = "2026-11-27 18:30"
pytestmark = pytest.mark.stage("people")


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def received(company: Company) -> InboxItem:
    """The e-mail of Friday evening."""
    with company.act("oc_li", RECEIVED) as ctx:
        return receive(ctx, {"channel": Channel.email, "customer_name": "林晓雯", "content": "定制书柜一组"})


def entered(company: Company) -> Order:
    """Typed on Monday from 09:00, not submitted yet."""
    item = received(company)
    with company.act("oc_li", "2026-11-30 08:50"):
        customer = person(company.session)
        shelf = product(company.session, "BKC-1", supply_mode=SupplyMode.custom, list_price=D(6000))
    asked = {"customer_id": customer.id, "order_type": "retail", "requested_on": "2027-01-15"}
    company.fire("oc_li", "2026-11-30 09:00", item, "enter", **asked)
    order = company.session.get_one(Order, item.order_id)
    where = {"receiver_name": "林晓雯", "receiver_phone": "13800005621", "ship_city": "杭州", "ship_address": "文三路"}
    with company.act("oc_li", "2026-11-30 09:05") as ctx:
        change_order(ctx, order, where)
        add_line(ctx, {"order_id": order.id, "product_id": shelf.id, "qty_ordered": D(1)})
    return order


def sent(company: Company) -> Order:
    """Rows 4 and 5: submitted late, reviewed at 10:00, the letter on 12-01 at 16:00."""
    order = entered(company)
    company.fire("oc_li", "2026-11-30 09:10", order, "submit", late_reason="holiday")
    company.fire("oc_wang", "2026-11-30 10:00", order, "review")
    company.fire("oc_li", "2026-12-01 16:00", order, "confirm", promised_on="2027-01-10", channel="email")
    company.session.refresh(order)
    return order


def clock(company: Company, record: object, code: str, when: str) -> Reading:
    return {each.clock.code: each for each in readings(company.context("system", when), record)}[code]


def sweep(company: Company, when: str) -> int:
    with company.act("system", when) as ctx:
        return remind_of_silence(ctx)


def told(company: Company, who: str) -> list[tuple[str, str]]:
    statement = sa.select(Notification.entity, Notification.action).where(
        Notification.user_id == company.people[who].id, Notification.entity == "confirmation_letter"
    )
    return [tuple(row) for row in company.session.execute(statement)]


def test_message_when_it_lies_over_the_weekend_then_warned_and_breached_by_the_hour(company: Company) -> None:
    item = received(company)
    reading = clock(company, item, "E1", "2026-11-28 13:00")
    assert (reading.warn_at, reading.due_at) == (moment("2026-11-28 13:42"), moment("2026-11-28 18:30"))
    assert [reading.is_warning(moment(f"2026-11-28 {at}")) for at in ("13:41", "13:42", "18:30")] == [False, True, True]
    assert [reading.is_breached(moment(f"2026-11-28 {at}")) for at in ("18:30", "18:31")] == [False, True]


@pytest.mark.parametrize("reason", ["human", "holiday"])
def test_entry_when_late_then_submitted_with_a_reason_only(company: Company, reason: str) -> None:
    order = entered(company)
    with pytest.raises(ValidationFailedError) as refused:
        company.fire("oc_li", "2026-11-30 09:10", order, "submit")
    assert list(refused.value.fields) == ["late_reason"]
    company.fire("oc_li", "2026-11-30 09:10", order, "submit", late_reason=reason)
    assert order.entered_at is not None
    assert (order.entered_at - order.received_at, order.late_reason) == (
        timedelta(hours=62, minutes=40),
        LateReason(reason),
    )
    late = clock(company, order, "E1", "2026-11-30 09:10")
    assert moment("2026-11-30 09:10") - late.due_at == timedelta(hours=38, minutes=40)


def test_receipt_when_somebody_would_change_it_then_refused_on_every_way(company: Company) -> None:
    order = entered(company)
    item = order.inbox_items[0]
    later = moment("2026-11-29 18:30")
    with pytest.raises(FixedValueError), company.act("oc_li", "2026-11-30 09:06") as ctx:
        change_order(ctx, order, {"received_at": later})
    for record in (order, item):
        with pytest.raises(FixedValueError), company.act("oc_li", "2026-11-30 09:07"):
            record.received_at = later
        with pytest.raises(FixedValueError), company.act("oc_li", "2026-11-30 09:08"):
            company.session.execute(sa.update(type(record)).values(received_at=later))
        company.session.refresh(record)
        assert record.received_at == moment(RECEIVED)


def test_call_when_it_has_no_note_then_refused(company: Company) -> None:
    with pytest.raises(ValidationFailedError) as refused, company.act("oc_li", RECEIVED) as ctx:
        receive(ctx, {"channel": Channel.phone, "customer_name": "林晓雯", "content": "  "})
    assert list(refused.value.fields) == ["content"]


def test_letter_when_the_entry_was_late_then_its_own_clock_is_on_time(company: Company) -> None:
    order = sent(company)
    reading = clock(company, order, "E4", "2026-12-01 16:00")
    assert (reading.due_at, reading.used) == (moment("2026-12-02 10:00"), timedelta(hours=30))
    assert reading.is_breached(moment("2026-12-10 10:00")) is False


def test_customer_when_silent_then_the_desk_is_told_twice_and_the_head_when_it_is_late(company: Company) -> None:
    order = sent(company)
    (letter,) = order.letters
    assert [sweep(company, f"2026-12-0{day} 15:59") for day in (2,)] == [0]
    assert (sweep(company, "2026-12-02 16:00"), sweep(company, "2026-12-02 20:00"), letter.reminders) == (1, 0, 1)
    assert told(company, "oc_li") == [("confirmation_letter", "confirmation_letter.remind")]
    assert told(company, "oc_zhao") == []
    assert (sweep(company, "2026-12-03 16:00"), letter.reminders) == (1, 2)
    assert told(company, "oc_zhao") == []
    assert clock(company, letter, "E5", "2026-12-03 16:00").due_at == moment("2026-12-04 16:00")
    assert (sweep(company, "2026-12-04 16:00"), letter.reminders) == (1, 3)
    assert told(company, "oc_zhao") == [("confirmation_letter", "confirmation_letter.remind")]
    assert sweep(company, "2026-12-09 16:00") == 0
    company.fire("oc_li", "2026-12-09 17:00", letter, "acknowledge", reason="12-09 电话确认，通话 3 分钟")


def test_gate_when_the_customer_is_silent_then_custom_stands_and_stock_goes_on(company: Company) -> None:
    order = sent(company)
    with company.act("fi_qian", "2026-12-01 17:00") as ctx:
        record_payment(ctx, {"method": PaymentMethod.pos, "amount": order.total_amount, "order_id": order.id})
    for step, data in (("issue_drawing", {}), ("sign_drawing", {"signed_name": "林晓雯"})):
        company.fire("oc_li", "2026-12-01 17:10", order, step, drawing_version=1, **data)
    (task,) = order.tasks
    plan = {"planned_start_on": "2026-12-05", "planned_end_on": "2026-12-20"}
    company.fire("pd_chen", "2026-12-02 09:00", task, "plan", **plan)
    with pytest.raises(StepBlockedError) as refused:
        company.fire("pd_chen", "2026-12-02 09:10", task, "release")
    assert [reason.code for reason in refused.value.reasons()] == ["letter_not_answered"]
    stock = confirmed(company, Goods("CHR-1", 1), customer=order.customer)
    (check,) = stock.inspections
    company.fire("qc_sun", "2026-12-02 10:00", check, "accept")
    assert check.state is InspectionState.passed


@pytest.mark.parametrize(
    ("order_type", "asked"),
    [
        ("project", {"Project", "Contract number", "Contract signed on", "Payer"}),
        ("government", {"Procurement method", "Award notice number", "Budget unit", "Source of the funds"}),
        ("bulk", {"Customer's purchase order/Contract number", "Invoice title"}),
        ("other", {"Reason of the order", "Cost centre", "Number of the approval"}),
    ],
)
def test_entry_when_the_set_of_its_type_is_not_there_then_what_is_missing_is_named(
    company: Company, order_type: str, asked: set[str]
) -> None:
    order = draft(company, Goods("CHR-1", 1), order_type=OrderType(order_type))
    with company.act("oc_li", "2026-11-23 09:30"):
        order.project_name = None
        company.session.delete(order.contracts[0])
    company.session.refresh(order)
    with pytest.raises(StepBlockedError) as refused:
        company.fire("oc_li", "2026-11-23 10:00", order, "submit")
    (reason,) = refused.value.reasons()
    assert reason.code == "incomplete_by_type"
    assert [label for label in asked if label not in str(reason)] == []
    with company.act("oc_li", "2026-11-23 10:30") as ctx:
        change_order(ctx, order, {"project_name": "样板间"})
        add_terms(ctx, {"order_id": order.id, **TERMS[OrderType(order_type)]})
    company.session.refresh(order)
    company.fire("oc_li", "2026-11-23 11:00", order, "submit")
    with pytest.raises(DomainError) as late, company.act("oc_li", "2026-11-23 11:30") as ctx:
        change_terms(ctx, order.contracts[0], {"contract_no": "HT-2"})
    assert late.value.reason_code == "not_draft"
