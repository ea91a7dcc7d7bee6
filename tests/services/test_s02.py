"""Scenario S02: a custom wardrobe by telephone with its literal numbers: deposit cap, consent, letter, drawing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.clocks import Reading, readings
from app.kernel.engine import fire
from app.kernel.errors import DomainError, StepBlockedError, ValidationFailedError
from app.services.inbox.actions import receive
from app.services.letter import links
from app.services.letter.links import FormExpiredError, Keys, LinkClosedError
from app.services.order.actions import add_line, change_line, change_order
from app.services.payment.actions import record_payment
from models.customer import Consent
from models.journal import Journal
from models.labels import (
    Channel,
    ConsentPurpose,
    ContractKind,
    LetterState,
    Origin,
    PaymentMethod,
    PaymentNature,
    ScheduleTrigger,
    SupplyMode,
    TaskState,
)
from models.letter import ConfirmationLetter
from models.order import Order
from models.payment import PaymentAllocation
from tests.services.company import Company, found, moment, person, product
from tests.services.orders import CHECKS, refusal

D = Decimal
KEYS = Keys("a key of at least thirty-two signs")
NAME = "周建国"
pytestmark = pytest.mark.stage("people")


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def entered(company: Company) -> Order:
    """Row 1 up to the discount: the call of 10:05, two wardrobes of 10.080 m² at 1,280."""
    with company.act("oc_li", "2026-11-24 10:05") as ctx:
        wardrobe = product(
            company.session, "WRD-CUSTOM", name="定制衣柜", supply_mode=SupplyMode.custom, list_price=D(1280), unit="m²"
        )
        customer = person(company.session, NAME, "13900006688")
        item = receive(
            ctx,
            {
                "channel": Channel.phone,
                "customer_name": NAME,
                "customer_phone": "13900006688",
                "content": "来电：主卧、次卧衣柜各一组，上门量尺后出图",
            },
        )
    asked = {"customer_id": customer.id, "order_type": "retail", "requested_on": "2027-01-10"}
    company.fire("oc_li", "2026-11-24 10:10", item, "enter", **asked)
    order = company.session.get_one(Order, item.order_id)
    with company.act("oc_li", "2026-11-24 10:30") as ctx:
        change_order(
            ctx,
            order,
            {
                "receiver_name": NAME,
                "receiver_phone": "13900006688",
                "ship_city": "杭州",
                "ship_address": "莫干山路 8 号",
            },
        )
        for width, area in ((2400, "5.760"), (1800, "4.320")):
            line = {"qty_ordered": D(area), "discount_pct": D(5), "unit": "m²"}
            size = {"length_mm": width, "width_mm": 600, "height_mm": 2400}
            add_line(ctx, {"order_id": order.id, "product_id": wardrobe.id, **line, **size})
    return order


def submitted(company: Company) -> Order:
    """Rows 1 to 3."""
    order = entered(company)
    with company.act("oc_li", "2026-11-24 13:50") as ctx:
        change_order(ctx, order, {"deposit_amount": D("2451.45")})
    company.fire("oc_li", "2026-11-24 14:00", order, "submit")
    return order


def address(company: Company, when: str, order: Order, letter: ConfirmationLetter | None = None) -> str:
    with company.act("oc_li", when) as ctx:
        return links.issue(ctx, KEYS, order, letter)[1]


def answer(company: Company, when: str, token: str, act: str, **values: str) -> None:
    """What the customer sends, from a form that was made for him just before."""
    ctx = links.as_customer(company.context("system", when))
    mark = KEYS.form(links.find(ctx, KEYS, token))
    company.session.rollback()
    with company.act(links.CUSTOMER, when, origin=links.ORIGIN) as act_ctx:
        links.answer(act_ctx, KEYS, token, act, {"form": mark, **values})


def confirmed(company: Company) -> Order:
    """Rows 4 to 6: consent, review, letter V1 by a rule."""
    order = submitted(company)
    answer(
        company, "2026-11-24 14:20", address(company, "2026-11-24 14:10", order), "consent", order="1", custom_goods="1"
    )
    company.fire("oc_wang", "2026-11-25 09:00", order, "review", **dict.fromkeys(CHECKS, "passed"), comment="已核对")
    company.fire("oc_li", "2026-11-26 17:00", order, "confirm", promise_days=30, channel="sms")
    company.session.refresh(order)
    return order


def paid(company: Company, order: Order) -> None:
    """Row 7."""
    with company.act("fi_qian", "2026-11-27 10:00") as ctx:
        record_payment(
            ctx,
            {
                "method": PaymentMethod.bank_transfer,
                "channel_txn_no": "B-2",
                "amount": D("6128.64"),
                "order_id": order.id,
            },
        )


def clock(company: Company, record: object, code: str, when: str) -> Reading:
    return {each.clock.code: each for each in readings(company.context("system", when), record)}[code]


def test_order_when_entered_then_the_sums_are_those_of_the_scenario(company: Company) -> None:
    order = submitted(company)
    assert (order.total_amount, order.net_amount, order.tax_amount) == (D("12257.28"), D("10847.15"), D("1410.13"))
    assert (order.is_large, order.special_flags, order.is_remote) == (False, [], True)
    assert order.contract_kind is ContractKind.work
    assert (order.received_at, order.late_reason) == (moment("2026-11-24 10:05"), None)


def test_deposit_when_a_cent_above_a_fifth_then_refused_and_kept_at_the_cap(company: Company) -> None:
    order = entered(company)
    with (
        pytest.raises(ValidationFailedError) as refused,
        company.act("oc_li", "2026-11-24 13:40") as ctx,
    ):
        change_order(ctx, order, {"deposit_amount": D("2451.46")})
    assert list(refused.value.fields) == ["deposit_amount"]
    assert "2,451.45" in str(refused.value.fields["deposit_amount"])
    company.session.refresh(order)
    assert order.deposit_amount == D("0.00")
    with company.act("oc_li", "2026-11-24 13:50") as ctx:
        change_order(ctx, order, {"deposit_amount": D("2451.45")})
    assert order.deposit_amount == D("2451.45")


def test_deposit_when_the_goods_shrink_afterwards_then_the_submission_is_refused(company: Company) -> None:
    order = entered(company)
    with company.act("oc_li", "2026-11-24 13:50") as ctx:
        change_order(ctx, order, {"deposit_amount": D("2451.45")})
        company.session.refresh(order.lines[0])

        change_line(ctx, order.lines[0], {"discount_pct": D("5.1")})
    with pytest.raises(StepBlockedError) as refused:
        company.fire("oc_li", "2026-11-24 14:00", order, "submit")
    assert [reason.code for reason in refused.value.reasons()] == ["deposit_over_cap"]


def test_plan_when_made_then_deposit_and_advance_are_half_and_all_add_up(company: Company) -> None:
    order = submitted(company)
    company.session.refresh(order)
    assert [(row.kind, row.trigger, row.amount) for row in order.schedules] == [
        (PaymentNature.deposit, ScheduleTrigger.on_confirm, D("2451.45")),
        (PaymentNature.prepay, ScheduleTrigger.on_confirm, D("3677.19")),
        (PaymentNature.balance, ScheduleTrigger.before_ship, D("6128.64")),
    ]
    assert sum(row.amount for row in order.schedules) == D("12257.28")


def test_consent_when_ticked_by_the_customer_then_kept_with_text_moment_and_evidence(company: Company) -> None:
    order = submitted(company)
    token = address(company, "2026-11-24 14:10", order)
    ctx = company.context("system", "2026-11-24 14:15")
    assert links.open_consents(ctx, order) == [ConsentPurpose.order, ConsentPurpose.custom_goods]
    answer(company, "2026-11-24 14:20", token, "consent", order="1", custom_goods="1")
    rows = company.session.scalars(sa.select(Consent).order_by(Consent.id)).all()
    assert [(row.purpose, row.is_granted, row.text_version, row.given_at, row.order_id) for row in rows] == [
        (ConsentPurpose.order, True, "privacy-2026-1", moment("2026-11-24 14:20"), order.id),
        (ConsentPurpose.custom_goods, True, "custom-2026-1", moment("2026-11-24 14:20"), order.id),
    ]
    assert [len(row.evidence or "") for row in rows] == [64, 64]
    assert links.open_consents(ctx, order) == []
    who = sa.select(Journal.actor_id, Journal.actor_name, Journal.origin).where(Journal.action == "consent.add")
    assert company.session.execute(who).all() == [(None, "customer", Origin.customer_link)] * 2


def test_return_right_when_the_customer_has_agreed_then_none_for_what_is_made_to_order(company: Company) -> None:
    order = submitted(company)
    quantities = {line.id: line.qty_ordered for line in order.lines}
    ctx = company.context("system", "2026-11-24 14:15")
    assert links.returnable(ctx, order, quantities) == quantities
    token = address(company, "2026-11-24 14:10", order)
    answer(company, "2026-11-24 14:20", token, "consent", custom_goods="1")
    assert links.returnable(ctx, order, quantities) == {}


def test_letter_when_without_date_and_rule_then_refused_and_on_time_with_a_rule(company: Company) -> None:
    order = submitted(company)
    company.fire("oc_wang", "2026-11-25 09:00", order, "review", **dict.fromkeys(CHECKS, "passed"), comment="已核对")
    assert clock(company, order, "E4", "2026-11-25 09:00").due_at == moment("2026-11-27 09:00")
    with pytest.raises(ValidationFailedError):
        company.fire("oc_li", "2026-11-26 16:00", order, "confirm", channel="sms")
    company.fire("oc_li", "2026-11-26 17:00", order, "confirm", promise_days=30, channel="sms")
    sent = clock(company, order, "E4", "2026-11-26 17:00")
    assert (sent.is_breached(moment("2026-11-26 17:00")), sent.used) == (False, timedelta(hours=32))
    company.session.refresh(order)
    (letter,) = order.letters
    assert (letter.letter_no[-3:], letter.promised_on, letter.promise_days) == ("-V1", None, 30)
    assert "30" in (letter.promise_rule or "")


def test_money_when_it_comes_in_one_sum_then_split_into_both_natures(company: Company) -> None:
    order = confirmed(company)
    paid(company, order)
    rows = company.session.execute(
        sa.select(PaymentAllocation.nature, PaymentAllocation.amount).order_by(PaymentAllocation.id)
    ).all()
    assert rows == [(PaymentNature.deposit, D("2451.45")), (PaymentNature.prepay, D("3677.19"))]


def test_task_when_the_gate_is_closed_then_each_missing_thing_is_named(company: Company) -> None:
    order = confirmed(company)
    task, _second = order.tasks
    plan = {"planned_start_on": "2026-12-01", "planned_end_on": "2026-12-20"}
    company.fire("pd_chen", "2026-11-27 09:00", task, "plan", **plan)

    def missing(when: str) -> list[str]:
        with pytest.raises(StepBlockedError) as refused:
            company.fire("pd_chen", when, task, "release")
        return [reason.code for reason in refused.value.reasons()]

    assert missing("2026-11-27 09:30") == ["letter_not_answered", "drawing_not_signed", "first_payment_missing"]
    paid(company, order)
    assert missing("2026-11-27 11:00") == ["letter_not_answered", "drawing_not_signed"]
    token = address(company, "2026-11-27 12:00", order, order.letters[0])
    answer(company, "2026-11-27 13:00", token, "confirm", name=NAME)
    assert missing("2026-11-27 14:00") == ["drawing_not_signed"]
    assert task.state is TaskState.planned


def test_drawing_when_the_customer_signs_it_then_day_letter_and_gate_follow(company: Company) -> None:
    order = confirmed(company)
    paid(company, order)
    token = address(company, "2026-11-27 12:00", order, order.letters[0])
    answer(company, "2026-11-27 13:00", token, "confirm", name=NAME)
    for version in (1, 2):
        company.fire("oc_li", f"2026-11-28 1{version}:00", order, "issue_drawing", drawing_version=version)
    answer(company, "2026-11-28 15:00", token, "sign", name=NAME, drawing="2")
    company.session.refresh(order)
    assert (order.promised_on, order.drawing_signed_name) == (date(2026, 12, 28), NAME)
    first, second = sorted(order.letters, key=lambda letter: letter.letter_version)
    assert (first.state, second.state, second.letter_no[-3:]) == (LetterState.superseded, LetterState.sent, "-V2")
    assert (second.promised_on, second.sent_at) == (date(2026, 12, 28), moment("2026-11-28 15:00"))
    assert clock(company, second, "E5", "2026-11-28 15:00").due_at == moment("2026-12-01 15:00")
    for task in order.tasks:
        company.session.refresh(task)
        company.fire(
            "pd_chen", "2026-11-28 16:00", task, "plan", planned_start_on="2026-12-01", planned_end_on="2026-12-20"
        )
        company.fire("pd_chen", "2026-11-28 16:10", task, "release")
    assert [task.state for task in order.tasks] == [TaskState.released] * 2
    assert [(task.spec["drawing"], task.spec["customer"], task.spec["city"]) for task in order.tasks] == [
        (2, order.customer.code, "杭州")
    ] * 2
    assert [name for name in order.tasks[0].spec if "price" in name or "phone" in name] == []


def test_gate_when_a_lead_opens_it_then_production_begins_and_the_order_says_why(company: Company) -> None:
    order = confirmed(company)
    task = order.tasks[0]
    company.fire(
        "pd_chen", "2026-11-27 09:00", task, "plan", planned_start_on="2026-12-01", planned_end_on="2026-12-20"
    )
    assert refusal(company, "oc_li", "2026-11-27 09:10", order, "open_gate", reason="急") == "permission_denied"
    company.fire("oc_zhao", "2026-11-27 09:20", order, "open_gate", reason="样品同款，先备料")
    company.fire("pd_chen", "2026-11-27 09:30", task, "release")
    assert (task.state, order.gate_reason) == (TaskState.released, "样品同款，先备料")


def test_link_when_used_twice_then_the_second_form_is_refused_and_nothing_changes(company: Company) -> None:
    order = confirmed(company)
    token = address(company, "2026-11-27 12:00", order, order.letters[0])
    ctx = company.context("system", "2026-11-27 12:30")
    mark = KEYS.form(links.find(ctx, KEYS, token))
    company.session.rollback()
    with company.act(links.CUSTOMER, "2026-11-27 13:00", origin=links.ORIGIN) as act:
        links.answer(act, KEYS, token, "confirm", {"form": mark, "name": NAME})
    with (
        pytest.raises(FormExpiredError),
        company.act(links.CUSTOMER, "2026-11-27 13:01", origin=links.ORIGIN) as act,
    ):
        links.answer(act, KEYS, token, "dispute", {"form": mark, "text": "价格不对"})
    (letter,) = order.letters
    company.session.refresh(letter)
    assert (letter.state, letter.signed_name, letter.objection) == (LetterState.acknowledged, NAME, None)
    assert letter.acknowledged_at == moment("2026-11-27 13:00")


@pytest.mark.parametrize("fault", ["forged", "late", "revoked", "replaced", "unknown"])
def test_link_when_it_opens_nothing_then_one_and_the_same_refusal(company: Company, fault: str) -> None:
    order = confirmed(company)
    token = address(company, "2026-11-27 12:00", order, order.letters[0])
    when = "2026-11-28 12:00"
    if fault == "forged":
        # Not the last sign: two of its bits say nothing.
        token = token[:-5] + ("A" if token[-5] != "A" else "B") + token[-4:]
    elif fault == "unknown":
        token = KEYS.sign("x" * 24)
    elif fault == "late":
        when = "2026-12-11 12:00"
    elif fault == "replaced":
        address(company, "2026-11-27 13:00", order, order.letters[0])
    else:
        with company.act("oc_li", "2026-11-27 13:00") as ctx:
            fire(ctx, links.find(ctx, KEYS, token), "revoke")
    with pytest.raises(LinkClosedError) as refused:
        links.find(company.context("system", when), KEYS, token)
    assert (refused.value.status, str(refused.value), refused.value.data) == (404, str(LinkClosedError()), {})


def test_link_when_the_letter_is_superseded_then_an_answer_is_a_conflict(company: Company) -> None:
    order = confirmed(company)
    token = address(company, "2026-11-27 12:00", order, order.letters[0])
    company.fire("system", "2026-11-27 12:30", order.letters[0], "supersede")
    with pytest.raises(DomainError) as refused:
        answer(company, "2026-11-27 13:00", token, "confirm", name=NAME)
    assert refused.value.code == "changed_meanwhile"
