"""Receipts and receivables by month, receipts by their method (domain/08 K24, K25)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.charts.axes import time_axis, word_axis
from app.charts.definition import Asked, Chart, Details, Figure, Format, Kind, Measure, Period
from app.charts.moments import Grain, bucket
from app.charts.query import period_clauses
from app.charts.shipment import BINDING_STATES
from models.order import Order
from models.payment import Payment, PaymentSchedule

PRICE = (PaymentSchedule, "amount")


def _receipts(asked: Asked) -> sa.Select[Any]:
    figures = [
        (sa.type_coerce(sa.null(), measure.expression.type) if measure.details else measure.expression).label(
            measure.name
        )
        for measure in asked.measures()
    ]
    return (
        sa.select(bucket(Payment.received_at, Grain.month).label("bucket"), *figures)
        .where(asked.scope(Payment, asked.actor), *period_clauses(asked, Payment.received_at))
        .group_by(sa.literal_column("1"))
    )


def _owed(asked: Asked) -> list[Any]:
    """Instalments of confirmed orders in the period, and those whose day is not known yet."""
    due_on = PaymentSchedule.due_on
    within = period_clauses(asked, due_on)
    return [
        asked.scope(PaymentSchedule, asked.actor),
        Order.state.in_(BINDING_STATES),
        *([sa.or_(sa.and_(*within), due_on.is_(None))] if within else []),
    ]


def _dues(asked: Asked) -> sa.Select[Any]:
    figures = [
        (measure.expression if measure.details else sa.null()).label(measure.name) for measure in asked.measures()
    ]
    return (
        sa.select(bucket(PaymentSchedule.due_on, Grain.month).label("bucket"), *figures)
        .join(Order, Order.id == PaymentSchedule.order_id)
        .where(*_owed(asked))
        .group_by(sa.literal_column("1"))
    )


def _rows(asked: Asked, name: str, is_undated: bool) -> sa.Select[Any]:  # noqa: FBT001 - as Details declares it
    """The instalments behind a figure; for what is still open, the open ones."""
    row: Any = PaymentSchedule
    dated = row.due_on.is_(None) if is_undated else sa.true()
    is_open = row.paid_amount < row.amount if name == "open" else sa.true()
    return (
        sa.select(row.id, row.order_id, Order.order_no, row.kind, row.due_on, row.amount, row.paid_amount, Order.state)
        .join(Order, Order.id == row.order_id)
        .where(*_owed(asked), dated, is_open)
        .order_by(row.id)
    )


def _statement(asked: Asked) -> sa.CompoundSelect[Any]:
    return sa.union_all(_receipts(asked), _dues(asked))


INSTALMENTS = Details(
    columns=(
        ("order_no", _l("Order number"), "link"),
        ("kind", _l("Kind"), "text"),
        ("due_on", _l("Due on"), "date"),
        ("amount", _l("Amount"), "money"),
        ("paid_amount", _l("Paid"), "money"),
        ("state", _l("State of the order"), "badge"),
    ),
    statement=_rows,
    subject=Order,
    record="order_id",
)


def _due(name: str, label: Any, expression: Any, form: Format = Format.integer) -> Measure:
    column = PRICE if form is Format.money else None
    return Measure(name, label, expression, form, column, details=INSTALMENTS)


RECEIVED = Measure("received", _l("Money received"), sa.func.sum(Payment.amount), Format.money, (Payment, "amount"))
RECEIPTS = Measure("receipts", _l("Receipts"), sa.func.count())

RECEIPTS_BY_MONTH = Chart(
    name="receipts_by_month",
    label=_l("Receipts and receivables"),
    department="finance",
    subject=Payment,
    axes=(time_axis(Payment.received_at, Grain.month, nothing=_l("No due date yet")),),
    measures=(
        RECEIVED,
        _due("due", _l("Due"), sa.func.sum(PaymentSchedule.amount), Format.money),
        _due(
            "open",
            _l("Of it still open"),
            sa.func.sum(PaymentSchedule.amount - PaymentSchedule.paid_amount),
            Format.money,
        ),
        RECEIPTS,
        _due("dues", _l("Instalments due"), sa.func.count()),
    ),
    figures=(
        Figure("amounts", _l("Received and due by month"), Kind.bar, ("received", "due", "open")),
        Figure("counts", _l("Receipts and instalments by month"), Kind.bar, ("receipts", "dues")),
    ),
    period=Period("received_at", _l("Period"), ahead=3),
    statement=_statement,
    note=_l(
        "Received is by the day the money came in, due is by the due date of the payment schedule of confirmed orders."
    ),
)

RECEIPTS_BY_METHOD = Chart(
    name="receipts_by_method",
    label=_l("Receipts by method"),
    department="finance",
    subject=Payment,
    axes=(word_axis(Payment.method),),
    more_axes=(word_axis(Payment.state),),
    measures=(RECEIVED, RECEIPTS),
    figures=(
        Figure("received", _l("Money received by method"), Kind.bar, ("received",)),
        Figure("receipts", _l("Number of receipts by method"), Kind.bar, ("receipts",)),
    ),
    period=Period("received_at", _l("Period")),
)
