"""Service tickets: the open ones by kind and age, all of them by month, kind and cause (domain/08 K20, K21)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.charts.axes import time_axis, word_axis
from app.charts.definition import Asked, Axis, Chart, Figure, Format, Kind, Measure, Pairs, Period, Rate
from app.charts.moments import Grain
from models.labels import TicketState
from models.ticket import ServiceTicket

OPEN_STATES = tuple(state for state in TicketState if state is not TicketState.closed)


class Age(StrEnum):
    """How long a ticket has been open, in days of 24 hours; the upper end belongs to the bucket."""

    day = "d1"
    days_3 = "d3"
    week = "d7"
    days_15 = "d15"
    older = "older"


UPPER_DAYS = {Age.day: 1, Age.days_3: 3, Age.week: 7, Age.days_15: 15}
AGE_LABELS = {
    Age.day: _l("Up to 1 day"),
    Age.days_3: _l("1 to 3 days"),
    Age.week: _l("3 to 7 days"),
    Age.days_15: _l("7 to 15 days"),
    Age.older: _l("Over 15 days"),
}


def _age(asked: Asked) -> Any:
    return sa.case(
        *(
            (ServiceTicket.created_at >= asked.now - timedelta(days=days), sa.literal_column(f"'{age.value}'"))
            for age, days in UPPER_DAYS.items()
        ),
        else_=sa.literal_column(f"'{Age.older.value}'"),
    )


def _opened(key: Age, asked: Asked) -> Pairs:
    """The moments of opening that make this age now."""
    ages = list(Age)
    place = ages.index(key)
    found = []
    if key in UPPER_DAYS:
        found.append(("created_at__ge", (asked.now - timedelta(days=UPPER_DAYS[key])).isoformat()))
    if place:
        found.append(("created_at__lt", (asked.now - timedelta(days=UPPER_DAYS[ages[place - 1]])).isoformat()))
    return found


TICKETS = Measure("tickets", _l("Tickets"), sa.func.count())
MORE_AXES = (
    word_axis(ServiceTicket.liable_party),
    word_axis(ServiceTicket.source_channel),
    word_axis(ServiceTicket.state),
)

TICKETS_BY_AGE = Chart(
    name="tickets_by_age",
    label=_l("Open tickets by age"),
    department="customer_service",
    subject=ServiceTicket,
    axes=(
        Axis(
            "age",
            _l("Age"),
            _age,
            words=tuple(Age),
            fold=Age,
            text=AGE_LABELS.__getitem__,
            drill=_opened,
            column=(ServiceTicket, "created_at"),
        ),
    ),
    split=word_axis(ServiceTicket.kind),
    more_axes=MORE_AXES,
    measures=(TICKETS,),
    figures=(Figure("tickets", _l("Open tickets by kind and age"), Kind.stacked, ("tickets",)),),
    choices=("kind", "level"),
    where=(ServiceTicket.state.in_(OPEN_STATES),),
    drill=(("state", ",".join(state.value for state in OPEN_STATES)),),
    note=_l("Time since the ticket was opened; closed tickets are left out."),
)

TICKETS_BY_MONTH = Chart(
    name="tickets_by_month",
    label=_l("Tickets by month"),
    department="customer_service",
    subject=ServiceTicket,
    axes=(time_axis(ServiceTicket.created_at, Grain.month),),
    split=word_axis(ServiceTicket.kind),
    more_axes=MORE_AXES,
    measures=(
        TICKETS,
        Measure(
            "cost",
            _l("Cost"),
            sa.func.sum(ServiceTicket.cost_amount),
            Format.money,
            (ServiceTicket, "cost_amount"),
        ),
        Measure(
            "customers",
            _l("Different customers"),
            sa.func.count(ServiceTicket.customer_id.distinct()),
            is_additive=False,
        ),
    ),
    rates=(Rate("average", _l("Average cost of a ticket"), "cost", ("tickets",), Format.money),),
    figures=(Figure("tickets", _l("Tickets by month and kind"), Kind.stacked, ("tickets",)),),
    period=Period("created_at", _l("Created at")),
    choices=("kind", "level"),
    note=_l("By the month in which the ticket was opened; the cross table also knows the liable party."),
)
