"""Every chart by its name, and which ones stand on a department's first page."""

from __future__ import annotations

from collections.abc import Mapping

from app.charts.clock_run import LIMITS_MISSED
from app.charts.definition import Chart
from app.charts.orders import AMOUNT_BY_CHANNEL, ORDERS_BY_MONTH, ORDERS_BY_STATE
from app.charts.payment import RECEIPTS_BY_METHOD, RECEIPTS_BY_MONTH
from app.charts.privacy import MASKS_LIFTED
from app.charts.production import TASKS_BY_WEEK
from app.charts.shipment import DELIVERIES_ON_TIME
from app.charts.ticket import TICKETS_BY_AGE, TICKETS_BY_MONTH
from app.kernel.context import Actor

CHARTS: Mapping[str, Chart] = {
    chart.name: chart
    for chart in (
        ORDERS_BY_STATE,
        ORDERS_BY_MONTH,
        AMOUNT_BY_CHANNEL,
        TASKS_BY_WEEK,
        DELIVERIES_ON_TIME,
        TICKETS_BY_AGE,
        TICKETS_BY_MONTH,
        LIMITS_MISSED,
        RECEIPTS_BY_MONTH,
        RECEIPTS_BY_METHOD,
        MASKS_LIFTED,
    )
}
MOST_ON_HOME = 3

# By role code; a lead has the charts of the department.
HOME: Mapping[str, tuple[str, ...]] = {
    "committee": ("orders_by_month", "deliveries_on_time", "receipts_by_month"),
    "order_center": ("orders_by_state", "orders_by_month"),
    "production": ("tasks_by_week",),
    "logistics": ("deliveries_on_time",),
    "customer_service": ("tickets_by_age", "deliveries_on_time"),
    "finance": ("receipts_by_month", "orders_by_month"),
    "auditor": ("orders_by_state", "receipts_by_month", "masks_lifted"),
}


def charts_for_home(actor: Actor) -> list[Chart]:
    """The charts of the actor's departments that he may see, at most three."""
    names = [name for role, listed in HOME.items() if role in actor.roles for name in listed]
    charts = [CHARTS[name] for name in dict.fromkeys(names)]
    return [chart for chart in charts if actor.may(chart.permission)][:MOST_ON_HOME]
