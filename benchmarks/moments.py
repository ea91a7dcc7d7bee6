"""Days and times as PostgreSQL reads them, made once and looked up by number."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

DAYS: Final = 4 * 365
# Promises and plans reach beyond the last order, customers' wishes too.
AHEAD: Final = 120
CLOCK: Final = [f"{minute // 60:02d}:{minute % 60:02d}:00+08" for minute in range(24 * 60)]


class Calendar:
    """Days by number: 0 is the first day with orders, ``DAYS`` is today."""

    def __init__(self, today: date) -> None:
        first = today - timedelta(days=DAYS)
        self.days = [(first + timedelta(days=number)).isoformat() for number in range(DAYS + AHEAD)]
        self.packed = [day.replace("-", "") for day in self.days]

    def moment(self, day: int, minute: int) -> str:
        """A moment in Shanghai; a day after today becomes today's first minute, for nothing has happened since."""
        if day >= DAYS:
            day, minute = DAYS, 0
        return f"{self.days[day]} {CLOCK[minute]}"

    def planned(self, day: int, minute: int) -> str:
        """A moment that may lie ahead."""
        return f"{self.days[day]} {CLOCK[minute]}"
