"""Charts of the workshop: tasks by the week in which they are to end. No amounts."""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.charts.axes import time_axis, word_axis
from app.charts.definition import Chart, Figure, Format, Kind, Measure, Period
from app.charts.moments import Grain
from models.production import ProductionTask

TASKS_BY_WEEK = Chart(
    name="tasks_by_week",
    label=_l("Tasks by week"),
    department="production",
    subject=ProductionTask,
    axes=(time_axis(ProductionTask.planned_end_on, Grain.week, nothing=_l("Not planned")),),
    split=word_axis(ProductionTask.state),
    measures=(
        Measure("tasks", _l("Tasks"), sa.func.count()),
        Measure("pieces", _l("Pieces"), sa.func.sum(ProductionTask.qty), Format.quantity, (ProductionTask, "qty")),
    ),
    figures=(
        Figure("tasks", _l("Tasks by state and week"), Kind.stacked, ("tasks",)),
        Figure("pieces", _l("Pieces by state and week"), Kind.stacked, ("pieces",)),
    ),
    period=Period("planned_end_on", _l("Planned end"), Grain.week, back=8, ahead=8),
    choices=("priority",),
    note=_l("By the week in which the plan ends; tasks without a plan stand apart."),
)
