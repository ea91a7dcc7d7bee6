"""The figures of the charts, literally, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.charts.catalogue import CHARTS
from app.charts.query import run
from app.kernel.errors import PermissionDeniedError
from models.labels import Channel, OrderState, OrderType
from models.order import Order
from tests.services.chart_rows import (
    NOW,
    asked_of,
    delivery,
    figures_of,
    instalment,
    lifted_mask,
    line,
    missed,
    order,
    payment,
    person,
    result_of,
    statements,
    task,
    ticket,
)

pytestmark = pytest.mark.stage("migrated")
ALL_TIME = {"since": "", "until": ""}


def test_orders_by_state_when_asked_then_internal_states_count_as_those_of_the_regulation(session):
    for state in (OrderState.draft, OrderState.approved, OrderState.pending_review, OrderState.partly_shipped):
        order(session, NOW, state=state)
    order(session, NOW, state=OrderState.rejected)

    found = figures_of(result_of(session, "orders_by_state"), "orders")

    assert found == {
        "pending_review": {"None": 2},
        "shipped": {"None": 1},
        "cancelled": {"None": 1},
        "None": {"None": 1},
    }


def test_orders_by_state_when_grouped_by_internal_state_then_each_word_has_its_bucket(session):
    order(session, NOW, state=OrderState.approved)

    result = result_of(session, "orders_by_state", by="state")

    assert result.buckets == list(OrderState)
    assert figures_of(result, "orders") == {"approved": {"None": 1}}


def test_orders_by_month_when_received_after_four_in_the_afternoon_utc_then_the_local_month_counts(session):
    order(session, datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), "10.10")
    order(session, datetime(2026, 12, 31, 16, 30, tzinfo=UTC), "20.20", order_type=OrderType.project)
    order(session, datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "0.07")

    result = result_of(session, "orders_by_month", **ALL_TIME)

    assert figures_of(result, "amount") == {
        "2026-12-01": {"retail": Decimal("10.10")},
        "2027-01-01": {"retail": Decimal("0.07"), "project": Decimal("20.20")},
    }
    assert figures_of(result, "orders") == {"2026-12-01": {"retail": 1}, "2027-01-01": {"retail": 1, "project": 1}}


def test_orders_by_month_when_a_period_is_chosen_then_both_of_its_local_days_are_inside(session):
    order(session, datetime(2026, 9, 30, 16, 0, tzinfo=UTC), "1.00")
    order(session, datetime(2026, 10, 31, 15, 59, tzinfo=UTC), "2.00")
    order(session, datetime(2026, 9, 30, 15, 59, tzinfo=UTC), "4.00")
    order(session, datetime(2026, 10, 31, 16, 0, tzinfo=UTC), "8.00")

    result = result_of(session, "orders_by_month", since="2026-10-01", until="2026-10-31")

    assert figures_of(result, "amount") == {"2026-10-01": {"retail": Decimal("3.00")}}
    assert result.total("amount") == Decimal("3.00")


def test_orders_by_month_when_months_are_empty_then_they_stand_with_zero(session):
    order(session, NOW - timedelta(days=70), "5.00")
    order(session, NOW, "6.00")

    result = result_of(session, "orders_by_month")

    assert [result.bucket_text(key) for key in result.buckets] == [
        "2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09",
        "2026-10", "2026-11",
    ]  # fmt: skip
    assert [result.total("amount", bucket_key=key) for key in result.buckets[-3:]] == [
        Decimal("5.00"),
        Decimal(0),
        Decimal("6.00"),
    ]


def test_orders_by_month_when_many_tenths_are_summed_then_the_sum_is_exact(session):
    for _ in range(100):
        order(session, NOW, "0.10")

    assert result_of(session, "orders_by_month").total("amount") == Decimal("10.00")


def test_amount_by_channel_when_filtered_by_type_then_only_that_type_counts(session):
    order(session, NOW, "100.00", channel=Channel.phone, order_type=OrderType.bulk)
    order(session, NOW, "50.00", channel=Channel.phone)
    order(session, NOW, "7.00", channel=Channel.tender, order_type=OrderType.bulk)

    result = result_of(session, "amount_by_channel", order_type="bulk")

    assert figures_of(result, "amount") == {"phone": {"None": Decimal("100.00")}, "tender": {"None": Decimal("7.00")}}
    assert result.buckets == list(Channel)


def test_tasks_by_week_when_planned_from_monday_to_sunday_then_one_week_holds_them(session):
    task(session, date(2026, 11, 23), "released", "2.5")
    task(session, date(2026, 11, 29), "released", "1")
    task(session, date(2026, 11, 30), "planned")
    task(session, None, "planned")

    result = result_of(session, "tasks_by_week")

    assert figures_of(result, "pieces") == {
        "2026-11-23": {"released": Decimal("3.500")},
        "2026-11-30": {"planned": Decimal("1.000")},
        "None": {"planned": Decimal("1.000")},
    }
    assert result.bucket_text(date(2026, 11, 23)) == "2026-W48"
    assert len(result.buckets) == 18


def test_tasks_by_week_when_year_turns_then_the_week_keeps_its_monday(session):
    task(session, date(2027, 1, 3), "planned")

    result = result_of(session, "tasks_by_week", **ALL_TIME)

    assert [(key, result.bucket_text(key)) for key in result.buckets] == [(date(2026, 12, 28), "2026-W53")]


def test_deliveries_when_full_quantity_arrives_by_the_end_of_the_day_then_on_time(session):
    owner = order(session, NOW)
    late_evening = datetime(2026, 11, 10, 15, 59, tzinfo=UTC)  # 23:59 of the 10th in Shanghai
    for promised in (date(2026, 11, 10), date(2026, 11, 9)):
        found = line(session, owner, promised, 2, qty_delivered=2)
        delivery(session, owner, found, late_evening - timedelta(days=3), 1)
        delivery(session, owner, found, late_evening, 1)

    result = result_of(session, "deliveries_on_time")

    assert figures_of(result, "on_time") == {"2026-11-01": {"None": 1}}
    assert figures_of(result, "late") == {"2026-11-01": {"None": 1}}
    rate = result.figures()[0].rate
    assert rate is not None
    assert result.rate(rate, date(2026, 11, 1)) == Decimal("50.0")


def test_deliveries_when_open_past_the_day_then_late_and_before_it_not_due(session):
    owner = order(session, NOW)
    line(session, owner, date(2026, 11, 22))
    line(session, owner, date(2026, 11, 23))
    part = line(session, owner, date(2026, 11, 1), 2, qty_delivered=1)
    delivery(session, owner, part, NOW - timedelta(days=30), 1)

    result = result_of(session, "deliveries_on_time")

    assert figures_of(result, "late") == {"2026-11-01": {"None": 2}}
    assert figures_of(result, "not_due") == {"2026-11-01": {"None": 1}}


def test_deliveries_when_nothing_was_promised_then_counted_apart_and_never_on_time(session):
    owner = order(session, NOW, state=OrderState.completed)
    found = line(session, owner, None, 1, qty_delivered=1)
    delivery(session, owner, found, NOW - timedelta(days=1), 1)

    result = result_of(session, "deliveries_on_time")

    assert figures_of(result, "unpromised") == {"None": {"None": 1}}
    assert [figures_of(result, name) for name in ("on_time", "late", "not_due")] == [{}, {}, {}]
    assert result.drawn(result.figures()[0]) == [key for key in result.buckets if key is not None]


def test_deliveries_when_cancelled_or_not_confirmed_then_left_out(session):
    for state in (OrderState.cancelled, OrderState.draft, OrderState.approved):
        line(session, order(session, NOW, state=state), date(2026, 11, 1))
    line(session, order(session, NOW), date(2026, 11, 1), 2, qty_cancelled=Decimal(2))

    assert result_of(session, "deliveries_on_time").is_empty


def test_tickets_when_open_then_age_counts_from_creation_and_closed_ones_are_left_out(session):
    ages = [timedelta(hours=23), timedelta(days=1), timedelta(days=1, seconds=1), timedelta(days=7), timedelta(days=16)]
    for age in ages:
        ticket(session, NOW - age, "repair")
    ticket(session, NOW, "complaint", state="responded")
    ticket(session, NOW, "complaint", state="closed", resolution="已更换")

    found = figures_of(result_of(session, "tickets_by_age"), "tickets")

    assert found == {
        "d1": {"repair": 2, "complaint": 1},
        "d3": {"repair": 1},
        "d7": {"repair": 1},
        "older": {"repair": 1},
    }


def test_receipts_when_received_and_due_then_each_counts_in_its_own_month(session):
    payment(session, datetime(2026, 10, 31, 16, 0, tzinfo=UTC), "120.50")
    payment(session, NOW, "0.50")
    instalment(session, date(2026, 11, 30), "300.00", "100.00")
    instalment(session, date(2026, 12, 1), "80.00")
    instalment(session, None, "9.00")
    instalment(session, date(2026, 11, 30), "1000.00", state=OrderState.cancelled)

    result = result_of(session, "receipts_by_month")

    assert figures_of(result, "received") == {"2026-11-01": {"None": Decimal("121.00")}}
    assert figures_of(result, "due") == {
        "2026-11-01": {"None": Decimal("300.00")},
        "2026-12-01": {"None": Decimal("80.00")},
        "None": {"None": Decimal("9.00")},
    }
    assert figures_of(result, "open") == {
        "2026-11-01": {"None": Decimal("200.00")},
        "2026-12-01": {"None": Decimal("80.00")},
        "None": {"None": Decimal("9.00")},
    }
    assert figures_of(result, "receipts") == {"2026-11-01": {"None": 2}}


def test_chart_when_the_actor_sees_no_prices_then_no_amount_reaches_the_statement(session):
    order(session, NOW, "99.00")
    payment(session, NOW, "99.00")
    instalment(session, date(2026, 11, 30), "99.00")
    with statements(session) as seen:
        for price in ("masked", "hidden"):
            for name in ("orders_by_month", "amount_by_channel", "receipts_by_month"):
                result = result_of(session, name, person(price=price))
                assert not result.is_empty
                assert [figure.name for figure in result.figures()] in (["orders"], ["counts"])
    assert len(seen) == 6
    assert [text for text in seen if "amount" in text.lower()] == []


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_chart_when_no_row_is_open_to_the_actor_then_it_is_empty(session, name):
    order(session, NOW, "99.00")
    task(session, NOW.date(), "planned")
    ticket(session, NOW, "repair")
    payment(session, NOW, "99.00")
    instalment(session, date(2026, 11, 30), "99.00")
    line(session, order(session, NOW), date(2026, 11, 20))
    lifted_mask(session, NOW)
    missed(session, NOW, "production")

    assert not result_of(session, name).is_empty
    assert result_of(session, name, scope=lambda _model, _actor: sa.false()).is_empty


def test_chart_when_some_rows_are_open_then_only_those_are_counted(session):
    order(session, NOW, "1.00")
    seen = order(session, NOW, "2.00")

    result = result_of(session, "orders_by_month", scope=lambda _model, _actor: Order.id == seen)

    assert result.total("amount") == Decimal("2.00")


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_chart_when_the_right_is_missing_then_refused(session, name):
    with pytest.raises(PermissionDeniedError):
        run(asked_of(session, name, person(*(other for other in CHARTS if other != name))))


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_chart_when_run_on_more_rows_then_it_stays_one_statement(session, name):
    with statements(session) as seen:
        result_of(session, name)
    assert len(seen) == 1
    for _ in range(3):
        line(session, order(session, NOW, "1.00"), date(2026, 11, 20))
        task(session, NOW.date(), "planned")
        ticket(session, NOW, "repair")
        payment(session, NOW, "1.00")
        instalment(session, date(2026, 11, 30), "1.00")
    with statements(session) as seen:
        result_of(session, name)
    assert len(seen) == 1
