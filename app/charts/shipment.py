"""Deliveries on time (domain/08 K11): the line rule."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.charts.axes import time_axis
from app.charts.definition import Asked, Chart, Details, Figure, Kind, Measure, Period, Rate
from app.charts.moments import Grain, local_day
from app.charts.query import period_clauses
from models.labels import OrderState
from models.order import Order, OrderLine
from models.shipment import Shipment, ShipmentLine

# A promise binds from the confirmation letter on; what was cancelled owes nothing.
BINDING_STATES = (
    OrderState.confirmed,
    OrderState.in_production,
    OrderState.ready_to_ship,
    OrderState.partly_shipped,
    OrderState.shipped,
    OrderState.delivered,
    OrderState.pending_acceptance,
    OrderState.completed,
    OrderState.closed,
)
PROMISED = OrderLine.line_promised_on
NET = OrderLine.qty_ordered - OrderLine.qty_cancelled
COLUMNS = (
    OrderLine.id,
    OrderLine.order_id,
    Order.order_no,
    Order.state,
    Order.order_type,
    Order.channel,
    OrderLine.line_no,
    PROMISED.label("promised_on"),
    NET.label("qty_net"),
    OrderLine.qty_delivered,
)


def judged_lines(asked: Asked) -> sa.Subquery:
    """Every line that is owed, with the day promised and whether it was, is or will be late.

    On time is a line whose full net quantity had arrived by the end of the promised day in Shanghai. A line that is
    open past its day is late. A line without a promise is neither, and belongs to the period in which its order came.
    """
    owed = [
        asked.scope(Order, asked.actor),
        Order.state.in_(BINDING_STATES),
        OrderLine.qty_ordered > OrderLine.qty_cancelled,
        *(getattr(Order, name).in_(words) for name, words in asked.choice.words.items()),
    ]
    in_time = sa.func.sum(ShipmentLine.qty_received).filter(local_day(Shipment.delivered_at) <= PROMISED)
    outcome = sa.case(
        (in_time >= NET, "on_time"),
        (sa.and_(asked.context.today <= PROMISED, OrderLine.qty_delivered < NET), "not_due"),
        else_="late",
    )
    promised = (
        sa.select(*COLUMNS, outcome.label("outcome"))
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
        .outerjoin(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .where(*owed, PROMISED.is_not(None), *period_clauses(asked, PROMISED))
        .group_by(OrderLine.id, Order.id)
    )
    unpromised = (
        sa.select(*COLUMNS, sa.literal("unpromised").label("outcome"))
        .join(Order, Order.id == OrderLine.order_id)
        .where(*owed, PROMISED.is_(None), *period_clauses(asked, Order.received_at))
    )
    return sa.union_all(promised, unpromised).subquery("judged")


def _count(outcome: str) -> Any:
    return sa.func.count().filter(sa.literal_column("judged.outcome") == outcome)


def _rows(asked: Asked, outcome: str, is_undated: bool) -> sa.Select[Any]:  # noqa: FBT001 - as Details declares it
    """The lines behind a figure."""
    judged = judged_lines(asked)
    dated = judged.c.promised_on.is_(None) if is_undated else sa.true()
    return sa.select(judged).where(judged.c.outcome == outcome, dated).order_by(judged.c.id)


LINES = Details(
    columns=(
        ("order_no", _l("Order number"), "link"),
        ("line_no", _l("Line"), "number"),
        ("promised_on", _l("Promised on"), "date"),
        ("qty_net", _l("Ordered"), "number"),
        ("qty_delivered", _l("Delivered"), "number"),
        ("state", _l("State of the order"), "badge"),
    ),
    statement=_rows,
    subject=Order,
    record="order_id",
)

ON_TIME = Rate("on_time_rate", _l("On time (%)"), "on_time", ("on_time", "late"))

DELIVERIES_ON_TIME = Chart(
    name="deliveries_on_time",
    label=_l("Deliveries on time"),
    department="logistics",
    subject=Order,
    axes=(time_axis(sa.column("promised_on", PROMISED.type), Grain.month, nothing=_l("Without a promised date")),),
    source=judged_lines,
    measures=(
        Measure("on_time", _l("On time"), _count("on_time"), details=LINES),
        Measure("late", _l("Late"), _count("late"), details=LINES),
        Measure("not_due", _l("Not due yet"), _count("not_due"), details=LINES),
        Measure("unpromised", _l("Without a promised date"), _count("unpromised"), details=LINES, is_drawn=False),
    ),
    figures=(
        Figure(
            "lines",
            _l("Order lines by promised month"),
            Kind.stacked,
            ("on_time", "late", "not_due", "unpromised"),
            rate=ON_TIME,
        ),
    ),
    period=Period("promised_on", _l("Promised on")),
    rates=(ON_TIME,),
    choices=("order_type", "channel"),
    note=_l(
        "A line is on time when its full quantity has arrived by the end of the promised day. "
        "Open lines past their day are late; lines without a promised date stand apart."
    ),
)
