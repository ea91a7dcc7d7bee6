"""Working time and clock readings as tables of moments."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from app.kernel.calendar import due_at, elapsed, is_office_day
from app.kernel.clocks import Event, read
from app.kernel.context import LOCAL_ZONE
from app.kernel.workflow import Clock

POLICY = {"sla.E1.limit": Decimal(24), "sla.warn_pct": Decimal(80)}
ENTRY = Clock("E1", "Entry", start=(), stop=("order.submit",), limit="sla.E1.limit", start_field="received_at")
REVIEW = Clock("E2", "Review", start=("order.submit",), stop=("order.review", "order.send_back"), limit="sla.E1.limit")


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """A Shanghai moment of 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=LOCAL_ZONE)


@pytest.mark.parametrize(
    ("start", "hours", "calendar", "due"),
    [
        (at(27, 18, 30), 24, "natural", at(28, 18, 30)),  # a Saturday counts
        (at(27, 17), 2, "office", at(30, 10)),  # Friday afternoon to Monday morning
        (at(27, 11, 30), 1, "office", at(27, 13, 30)),  # over the lunch break
        (at(28, 3), 8, "office", at(30, 18)),
        (at(27, 20, 30), 1, "service", at(28, 9, 30)),
    ],
)
def test_due_at_when_calendar_pauses_then_only_counted_hours_pass(
    start: datetime, hours: float, calendar: str, due: datetime
) -> None:
    assert due_at(start, hours, calendar, {}) == due
    assert elapsed(start, due, calendar, {}) == timedelta(hours=hours)


def test_office_day_when_the_table_says_otherwise_then_it_wins() -> None:
    saturday, monday = date(2026, 11, 28), date(2026, 11, 30)
    assert not is_office_day(saturday, {})
    assert is_office_day(saturday, {saturday: True})
    assert due_at(at(27, 17), 2, "office", {saturday: True}) == at(28, 10)
    assert due_at(at(27, 17), 2, "office", {monday: False}) == at(1, 10, month=12)


def _read(clock: Clock, events: list[Event], first: datetime | None, now: datetime):
    return read(clock, events, first=first, policy=POLICY, exceptions={}, now=now)


def test_entry_clock_when_submitted_next_morning_then_thirteen_hours_twenty_five_on_time() -> None:
    reading = _read(ENTRY, [Event("order.submit", at(24, 9, 40))], at(23, 20, 15), at(24, 12))
    assert reading is not None
    assert (reading.due_at, reading.warn_at) == (at(24, 20, 15), at(24, 15, 27))
    assert reading.used == timedelta(hours=13, minutes=25)
    assert not reading.is_breached(at(30, 0))


def test_entry_clock_when_still_open_after_a_day_then_breached() -> None:
    reading = _read(ENTRY, [], at(23, 20, 15), at(24, 20, 16))
    assert reading is not None
    assert reading.is_breached(at(24, 20, 16))
    assert not reading.is_breached(at(24, 20, 15))
    assert reading.is_warning(at(24, 15, 27))
    assert not reading.is_warning(at(24, 15, 26))


def test_review_clock_when_sent_back_and_submitted_again_then_the_latest_run_counts() -> None:
    events = [
        Event("order.submit", at(24, 9)),
        Event("order.send_back", at(24, 10)),
        Event("order.submit", at(24, 15)),
    ]
    reading = _read(REVIEW, events, None, at(24, 16))
    assert reading is not None
    assert (reading.started_at, reading.stopped_at) == (at(24, 15), None)


def test_clock_when_not_started_then_nothing() -> None:
    assert _read(REVIEW, [], None, at(24, 16)) is None
