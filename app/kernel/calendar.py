"""Working time: which hours count for clocks that do not run around the clock (domain/07).

Natural hours always count. Office hours are Monday to Friday 09:00-12:00 and 13:00-18:00, service hours every day
09:00-21:00; the editable calendar table turns single days into working days or days off.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from app.kernel.context import LOCAL_ZONE

SATURDAY = 5
OFFICE = ((time(9), time(12)), (time(13), time(18)))
SERVICE = ((time(9), time(21)),)

Exceptions = Mapping[date, bool]


def is_office_day(day: date, exceptions: Exceptions) -> bool:
    """Whether the office works on a day; ``exceptions`` are the rows of the calendar table."""
    return exceptions.get(day, day.weekday() < SATURDAY)


def next_office_day(day: date, exceptions: Exceptions) -> date:
    """The day itself where the office works on it, else the next one on which it does."""
    while not is_office_day(day, exceptions):
        day += timedelta(days=1)
    return day


def add_office_days(day: date, days: int, exceptions: Exceptions) -> date:
    """The last of so many working days after a day."""
    for _ in range(days):
        day = next_office_day(day + timedelta(days=1), exceptions)
    return day


def spans(calendar: str, day: date, exceptions: Exceptions) -> list[tuple[datetime, datetime]]:
    """The counted spans of one Shanghai day as aware moments."""
    hours = SERVICE if calendar == "service" else OFFICE
    if calendar == "office" and not is_office_day(day, exceptions):
        return []
    return [(datetime.combine(day, begin, LOCAL_ZONE), datetime.combine(day, end, LOCAL_ZONE)) for begin, end in hours]


def due_at(start: datetime, hours: float, calendar: str, exceptions: Exceptions) -> datetime:
    """The UTC moment at which ``hours`` counted from ``start`` are used up."""
    left = timedelta(hours=hours)
    if calendar == "natural":
        return start + left
    day = start.astimezone(LOCAL_ZONE).date()
    while True:
        for begin, end in spans(calendar, day, exceptions):
            opening = max(begin, start)
            if opening < end:
                if left <= end - opening:
                    return (opening + left).astimezone(UTC)
                left -= end - opening
        day += timedelta(days=1)


def elapsed(start: datetime, stop: datetime, calendar: str, exceptions: Exceptions) -> timedelta:
    """The counted time between two moments."""
    if calendar == "natural":
        return stop - start
    total = timedelta()
    day, last = start.astimezone(LOCAL_ZONE).date(), stop.astimezone(LOCAL_ZONE).date()
    while day <= last:
        for begin, end in spans(calendar, day, exceptions):
            total += max(min(end, stop) - max(begin, start), timedelta())
        day += timedelta(days=1)
    return total
