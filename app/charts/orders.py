"""Charts of orders: by state, by month and type, by channel (domain/08 K01)."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.charts.axes import plain_axis, time_axis, word_axis
from app.charts.definition import Asked, Axis, Chart, Figure, Format, Kind, Measure, Pairs, Period, Rate
from app.charts.moments import Grain
from models.labels import OrderState, RegulationState, label_of
from models.order import REGULATION_STATES, Order

COUNT = Measure("orders", _l("Orders"), sa.func.count())
AMOUNT = Measure("amount", _l("Amount"), sa.func.sum(Order.total_amount), Format.money, (Order, "total_amount"))
NET = Measure("net", _l("Net amount"), sa.func.sum(Order.net_amount), Format.money, (Order, "net_amount"))
CUSTOMERS = Measure(
    "customers", _l("Different customers"), sa.func.count(Order.customer_id.distinct()), is_additive=False
)
MEASURES = (AMOUNT, COUNT, NET, CUSTOMERS)
AVERAGE = Rate("average", _l("Average amount of an order"), "amount", ("orders",), Format.money)
RECEIVED = Period("received_at", _l("Received"))


def _states_of(key: RegulationState | None, _asked: Asked) -> Pairs:
    return [("state", ",".join(state.value for state, counts_as in REGULATION_STATES.items() if counts_as is key))]


REGULATION = Axis(
    "regulation",
    _l("State of the regulation"),
    Order.state,
    words=tuple(RegulationState),
    fold=REGULATION_STATES.__getitem__,
    text=label_of,
    drill=_states_of,
    nothing=label_of(OrderState.draft),
    column=(Order, "state"),
)
# Slower than by the column itself, but different customers of two states cannot be folded into one afterwards.
REGULATION_BY_SQL = replace(
    REGULATION,
    key=sa.case(
        *(
            (Order.state == state, sa.literal(counts_as.value))
            for state, counts_as in REGULATION_STATES.items()
            if counts_as is not None
        )
    ),
    fold=lambda raw: raw and RegulationState(raw),
)

ORDERS_BY_STATE = Chart(
    name="orders_by_state",
    label=_l("Orders by state"),
    department="order_center",
    subject=Order,
    axes=(REGULATION, word_axis(Order.state)),
    measures=(COUNT,),
    figures=(Figure("orders", _l("Orders by state"), Kind.bar, ("orders",)),),
    period=Period("received_at", _l("Received"), back=None),
    choices=("order_type", "channel"),
)

ORDERS_BY_MONTH = Chart(
    name="orders_by_month",
    label=_l("Orders by month"),
    department="order_center",
    subject=Order,
    axes=(time_axis(Order.received_at, Grain.month),),
    split=word_axis(Order.order_type),
    more_axes=(REGULATION_BY_SQL, plain_axis(Order.ship_city)),
    measures=MEASURES,
    rates=(AVERAGE,),
    figures=(
        Figure("amount", _l("Amount by month and type"), Kind.stacked, ("amount",)),
        Figure("orders", _l("Orders by month and type"), Kind.stacked, ("orders",)),
    ),
    period=RECEIVED,
    choices=("order_type", "channel"),
    note=_l("By the month of receipt in Shanghai; cancelled orders are counted as received."),
)

AMOUNT_BY_CHANNEL = Chart(
    name="amount_by_channel",
    label=_l("Amount by channel"),
    department="order_center",
    subject=Order,
    axes=(word_axis(Order.channel),),
    more_axes=(REGULATION_BY_SQL, plain_axis(Order.ship_city)),
    measures=MEASURES,
    rates=(AVERAGE,),
    figures=(
        Figure("amount", _l("Amount by channel"), Kind.bar, ("amount",)),
        Figure("orders", _l("Orders by channel"), Kind.bar, ("orders",)),
    ),
    period=RECEIVED,
    choices=("order_type",),
)
