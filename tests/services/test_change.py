"""Change requests of confirmed orders: preview, opinions, consent, all or nothing. Domain/02, article 15; S02, S12."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.consequences import changing
from app.kernel.clocks import readings
from app.kernel.errors import DomainError, ValidationFailedError
from app.services.order.pricing import content_of
from app.services.order.rules import content_hash
from app.services.payment.actions import record_payment
from app.services.shipment.actions import plan_shipment
from models.labels import (
    ChangeState,
    FeeKind,
    LetterState,
    LineStage,
    OrderState,
    OrderType,
    PaymentMethod,
    ShipmentState,
)
from models.order import Order
from models.payment import Refund
from tests.services.changes import (
    ACCEPTED,
    APPLIED,
    ASKED,
    HEARD,
    MADE,
    OFFERED,
    accepted,
    applied,
    approved_by_committee,
    ask,
    heard,
    line_of,
)
from tests.services.company import Company, found, moment
from tests.services.orders import (
    CONFIRMED,
    Goods,
    confirmed,
    draft,
    inspected,
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


def test_preview_when_a_change_is_asked_for_then_it_tells_all_before_anybody_commits(
    company: Company, order: Order
) -> None:
    request = ask(company, order, line_of(order, 0, qty_ordered=D(11)), line_of(order, 1, qty_ordered=D(60)))
    assert request.change_no == "CR-20261126-0001"
    assert (request.total_before_amount, request.total_after_amount) == (D(12000), D(41000))
    assert (request.stage, request.tasks_affected, request.stock_short) == (LineStage.s1, 1, "CHR-1 46/56")
    assert (request.fee_amount, request.needs_approval) == (D(0), True)
    assert [(row.before, row.after) for row in request.lines] == [
        ({"qty_ordered": "10"}, {"qty_ordered": "11"}),
        ({"qty_ordered": "4"}, {"qty_ordered": "60"}),
    ]
    assert (order.total_amount, order.lines[0].qty_ordered, len(order.letters)) == (D(12000), D(10), 1)
    (clock,) = readings(company.context("oc_li", ASKED), request)
    assert (clock.clock.code, clock.due_at) == ("C1", moment("2026-11-26 18:00"))


def test_change_when_lines_stay_as_they_are_then_no_rows_and_nothing_is_affected(
    company: Company, order: Order
) -> None:
    request = ask(company, order, line_of(order, 0, qty_ordered=D(10)), line_of(order, 1, qty_ordered=D(5)))
    assert [row.order_line.line_no for row in request.lines] == [2]
    assert (request.tasks_affected, request.total_after_amount) == (0, D(12500))
    with pytest.raises(ValidationFailedError) as nothing, company.act("oc_li", HEARD) as ctx:
        changing.add_row(ctx, line_of(order, 0, qty_ordered=D(10), change_request_id=request.id))
    assert list(nothing.value.fields) == ["qty_ordered"]


def test_offer_when_departments_are_not_heard_then_refused(company: Company, order: Order) -> None:
    request = ask(company, order, line_of(order, 0, qty_ordered=D(11)))
    assert refusal(company, "oc_li", OFFERED, request, "offer") == "no_opinion"
    assert refusal(company, "pd_he", OFFERED, request, "say_finance", opinion="x") == "permission_denied"


def test_change_when_more_is_ordered_then_order_task_plan_and_letter_follow(company: Company, order: Order) -> None:
    request = applied(company, order, line_of(order, 0, qty_ordered=D(11)))
    assert (request.state, order.total_amount, order.state) == (ChangeState.applied, D(13000), OrderState.confirmed)
    assert [task.qty for task in order.lines[0].tasks] == [D(10), D(1)]
    assert sum(row.amount for row in order.schedules) == D(13000)
    first, second = order.letters
    assert (first.state, second.letter_version, second.total_amount) == (LetterState.superseded, 2, D(13000))
    assert second.content_hash == order.content_hash == content_hash(content_of(order))


def test_change_when_it_is_the_second_then_it_costs_200(company: Company, order: Order) -> None:
    applied(company, order, line_of(order, 0, colour="胡桃"), kind="specification")
    request = applied(company, order, line_of(order, 0, colour="白橡"), kind="specification")
    (fee,) = [fee for fee in order.fees if fee.kind is FeeKind.other]
    assert (request.fee_amount, fee.amount, fee.description) == (D(200), D("200.00"), request.change_no)
    assert (order.total_amount, order.lines[0].colour, order.lines[0].tasks[0].spec["colour"]) == (
        D(12200),
        "白橡",
        "白橡",
    )


def test_change_when_an_article_is_added_then_it_is_supplied(company: Company, order: Order) -> None:
    product = order.lines[1].product_id
    applied(company, order, {"product_id": product, "qty_ordered": D(2)})
    line = order.lines[2]
    assert (line.line_no, line.line_amount, order.total_amount) == (3, D(1000), D(13000))
    assert [held.qty for held in line.reservations] == [D(2)]


def test_change_when_pieces_are_left_out_in_time_then_stock_task_and_money_follow(
    company: Company, order: Order
) -> None:
    settled(company, order)
    request = applied(company, order, line_of(order, 0, qty_ordered=D(8)), line_of(order, 1, qty_ordered=D(1)))
    assert (order.total_amount, order.paid_amount, request.refund_amount) == (D(8500), D(8500), D(3500))
    assert ([task.qty for task in order.lines[0].tasks], [held.qty for held in order.lines[1].reservations]) == (
        [D(8)],
        [D(1)],
    )
    assert [inspection.qty_submitted for inspection in order.inspections] == [D(1)]
    company.fire("fi_zhou", APPLIED, request, "refund")
    (refund,) = company.session.scalars(sa.select(Refund)).all()
    company.fire("fi_sun", APPLIED, refund, "approve")
    company.fire("fi_qian", APPLIED, refund, "execute")
    company.session.refresh(order)
    assert (refund.amount, order.paid_amount, order.refunded_amount) == (D(3500), D(8500), D(0))


def test_change_when_the_world_moved_since_the_offer_then_nothing_is_changed(company: Company, order: Order) -> None:
    request = accepted(company, ask(company, order, line_of(order, 0, qty_ordered=D(11))))
    for inspection in order.inspections:
        company.fire("qc_sun", ACCEPTED, inspection, "accept")
    assert refusal(company, "oc_li", APPLIED, request, "apply") == "world_moved"
    company.session.refresh(order)
    assert (order.total_amount, order.lines[0].qty_ordered, len(order.letters)) == (D(12000), D(10), 1)
    company.fire("oc_li", APPLIED, request, "revise", reason="已变动")
    company.fire("oc_li", APPLIED, request, "offer")
    company.fire("oc_li", APPLIED, request, "accept", accepted_how="再次确认")
    company.fire("oc_li", APPLIED, request, "apply")
    assert request.state is ChangeState.applied


def test_change_when_it_would_go_below_what_was_shipped_then_refused(company: Company) -> None:
    order = inspected(company, Goods("CHR-1", 4, 500), elevator="passenger")
    settled(company, order)
    with company.act("lg_liu", "2026-11-24 13:00") as ctx:
        shipment = plan_shipment(ctx, order, {order.lines[0].id: D(3)}, {})
    slot = {"slot_from": "2026-11-26T14:00", "slot_to": "2026-11-26T16:00", "driver_name": "周师傅"}
    company.fire("lg_liu", "2026-11-24 13:30", shipment, "schedule", mode="own_fleet", **slot)
    for package in list(shipment.packages):
        company.fire("lg_xu", "2026-11-25 16:00", package, "load")
    company.fire("lg_xu", "2026-11-25 17:00", shipment, "dispatch")
    company.session.refresh(order)
    request = ask(company, order, line_of(order, 0, qty_ordered=D(2)))
    heard(company, request)
    assert refusal(company, "oc_li", OFFERED, request, "offer") == "no_opinion"
    company.fire("lg_gao", HEARD, request, "say_logistics", opinion="三件在途")
    assert refusal(company, "oc_li", OFFERED, request, "offer") == "below_shipped"


def test_change_when_the_place_is_another_then_planned_shipments_are_planned_anew(company: Company) -> None:
    order = inspected(company, Goods("CHR-1", 4, 500), elevator="passenger")
    with company.act("lg_liu", "2026-11-25 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    request = heard(
        company,
        ask(company, order, kind="place", ship_address="莫干山路 8 号", promised_on=moment("2026-12-20").date()),
    )
    company.fire("lg_gao", HEARD, request, "say_logistics", opinion="可以")
    company.fire("oc_li", OFFERED, request, "offer")
    company.fire("oc_li", ACCEPTED, request, "accept", accepted_how="短信")
    company.fire("oc_li", APPLIED, request, "apply")
    company.session.refresh(order)
    later = moment("2026-12-20").date()
    assert (order.ship_address, order.promised_on, order.letters[1].promised_on) == (
        "莫干山路 8 号",
        later,
        later,
    )
    assert shipment.state is ShipmentState.cancelled


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"qty_ordered": D(9)}, "fewer_is_cancellation"),
        ({"colour": "胡桃"}, None),
    ],
)
def test_change_when_material_is_prepared_then_fewer_pieces_are_a_cancellation(
    company: Company, order: Order, wish: dict[str, Any], code: str | None
) -> None:
    (task,) = order.lines[0].tasks
    company.fire(
        "pd_chen", "2026-11-24 09:00", task, "plan", planned_start_on="2026-11-25", planned_end_on="2026-12-05"
    )
    company.fire("pd_chen", "2026-11-24 09:10", task, "release")
    request = heard(company, ask(company, order, line_of(order, 0, **wish)))
    if code is None:
        company.fire("oc_li", OFFERED, request, "offer", extra_amount="320")
        assert (request.stage, request.total_after_amount) == (LineStage.s2, D(12320))
    else:
        assert refusal(company, "oc_li", OFFERED, request, "offer") == code


def test_change_when_one_is_open_or_the_order_is_a_draft_then_refused(company: Company, order: Order) -> None:
    ask(company, order, line_of(order, 0, qty_ordered=D(11)))
    with pytest.raises(DomainError) as twice:
        ask(company, order, line_of(order, 0, qty_ordered=D(12)))
    early = draft(company, Goods("SOF-9", 1), order_no="SO-TEST-0002", customer=order.customer)
    with pytest.raises(DomainError) as too_early:
        ask(company, early)
    assert (twice.value.reason_code, too_early.value.reason_code) == ("change_open", "not_changeable")


def awarded(company: Company) -> Order:
    """The school furniture of S12: 289,800.00, decided on by the committee."""
    goods = (Goods("DSK-STU-SET", 600, 385, MADE), Goods("DSK-TCH", 40, 1150, MADE), Goods("CHR-TCH", 40, 320, MADE))
    order = draft(company, *goods, order_type=OrderType.government, elevator="passenger")
    approved_by_committee(company, order)
    return company.fire("oc_li", CONFIRMED, order, "confirm", promised_on="2026-12-08", channel="sms")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"qty_ordered": D(680)}, "over_award"),
        ({"list_price": D(390)}, "award_locked"),
        ({"colour": "红"}, "award_locked"),
        ({"qty_ordered": D(500)}, "award_locked"),
    ],
)
def test_s12_row_5_when_a_government_order_would_leave_its_award_then_refused(
    company: Company, wish: dict[str, Any], code: str
) -> None:
    order = awarded(company)
    assert order.total_amount == D("289800.00")
    request = heard(company, ask(company, order, line_of(order, 0, **wish)))
    assert refusal(company, "oc_li", OFFERED, request, "offer") == code


def test_s12_row_5_when_75_more_sets_are_wanted_then_allowed_once(company: Company) -> None:
    order = awarded(company)
    applied(company, order, line_of(order, 0, qty_ordered=D(675)))
    assert order.total_amount == D(289800) + D(28875)
    request = heard(company, ask(company, order, line_of(order, 0, qty_ordered=D(676))))
    # A tenth in total, not a tenth each time.
    assert refusal(company, "oc_li", OFFERED, request, "offer") == "over_award"


def test_payment_when_the_total_has_risen_then_the_rest_is_due(company: Company, order: Order) -> None:
    settled(company, order)
    applied(company, order, line_of(order, 0, qty_ordered=D(11)))
    assert (order.total_amount, order.paid_amount) == (D(13000), D(12000))
    with company.act("fi_qian", "2026-11-28 09:00") as ctx:
        record_payment(ctx, {"method": PaymentMethod.pos, "amount": D(1000), "order_id": order.id})
    assert (order.paid_amount, sum(row.open_amount for row in order.schedules)) == (D(13000), D(0))
