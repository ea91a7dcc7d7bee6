"""Charts of orders: by state, by month and type, by channel (domain/08 K01)."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.charts.definition import Asked, Axis, Chart, Figure, Format, Kind, Measure, Pairs, Period
from app.charts.moments import Grain
from app.charts.query import time_axis
from models.labels import Channel, OrderState, OrderType, RegulationState, label_of
from models.order import REGULATION_STATES, Order

COUNT = Measure("orders", _l("Orders"), sa.func.count())
AMOUNT = Measure("amount", _l("Amount"), sa.func.sum(Order.total_amount), Format.money, (Order, "total_amount"))
RECEIVED = Period("received_at", _l("Received"))


def word_axis(name: str, column: Any, words: type[StrEnum], label: Any) -> Axis:
    """The axis of a vocabulary: every word in its order."""
    text: Callable[[Any], Any] = label_of
    return Axis(name, label, column, words=tuple(words), text=text)


def _states_of(key: RegulationState | None, _asked: Asked) -> Pairs:
    return [("state", ",".join(state.value for state, counts_as in REGULATION_STATES.items() if counts_as is key))]


ORDERS_BY_STATE = Chart(
    name="orders_by_state",
    label=_l("Orders by state"),
    department="order_center",
    subject=Order,
    axes=(
        Axis(
            "regulation",
            _l("State of the regulation"),
            Order.state,
            words=tuple(RegulationState),
            fold=REGULATION_STATES.__getitem__,
            text=label_of,
            drill=_states_of,
            nothing=label_of(OrderState.draft),
        ),
        word_axis("state", Order.state, OrderState, _l("State")),
    ),
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
    axes=(time_axis(Order.received_at, Grain.month, _l("Month")),),
    split=word_axis("order_type", Order.order_type, OrderType, _l("Order type")),
    measures=(AMOUNT, COUNT),
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
    axes=(word_axis("channel", Order.channel, Channel, _l("Channel")),),
    measures=(AMOUNT, COUNT),
    figures=(
        Figure("amount", _l("Amount by channel"), Kind.bar, ("amount",)),
        Figure("orders", _l("Orders by channel"), Kind.bar, ("orders",)),
    ),
    period=RECEIVED,
    choices=("order_type",),
)
