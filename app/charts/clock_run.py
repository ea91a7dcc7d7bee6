"""Time limits that were missed: whose they were, and why (domain/08 K38)."""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.charts.axes import plain_axis, time_axis, word_axis
from app.charts.definition import Chart, Figure, Kind, Measure, Period
from app.charts.moments import Grain
from models.clock_run import ClockRun
from models.labels_exception import ClockRunState

MISSED_STATES = (ClockRunState.breached, ClockRunState.explained)

LIMITS_MISSED = Chart(
    name="limits_missed",
    label=_l("Missed time limits"),
    department="committee",
    subject=ClockRun,
    axes=(time_axis(ClockRun.due_at, Grain.month), plain_axis(ClockRun.code)),
    split=word_axis(ClockRun.owner_department),
    measures=(Measure("missed", _l("Missed"), sa.func.count()),),
    figures=(Figure("missed", _l("Missed time limits by department"), Kind.stacked, ("missed",)),),
    period=Period("due_at", _l("Due at")),
    choices=("owner_department", "reason"),
    where=(ClockRun.state.in_(MISSED_STATES),),
    drill=(("state", ",".join(state.value for state in MISSED_STATES)),),
    note=_l("By the month in which the time ran out; the cross table also knows the reason."),
)
