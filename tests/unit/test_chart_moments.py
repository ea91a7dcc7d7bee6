"""Weeks to years at the end of the calendar: a date somebody mistyped breaks no chart."""

from __future__ import annotations

from datetime import date

import pytest

from app.charts.moments import Grain, end_of, span, start_of


@pytest.mark.parametrize("grain", list(Grain))
def test_bucket_when_it_is_the_last_there_is_then_it_ends_with_the_last_day(grain: Grain) -> None:
    last = start_of(date.max, grain)

    assert end_of(last, grain) == date.max
    assert span(last, last, grain, most=3) == [last]


def test_buckets_when_they_run_to_the_last_one_then_none_is_lost() -> None:
    assert span(date(9999, 10, 1), date(9999, 12, 1), Grain.month, most=3) == [date(9999, n, 1) for n in (10, 11, 12)]
    assert span(date(9999, 10, 1), date(9999, 12, 1), Grain.month, most=2) == []
