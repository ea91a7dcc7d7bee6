"""Rows for charts, written past the services: a chart sums up whatever stands in the tables, at any date."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.charts.catalogue import CHARTS
from app.charts.choice import parse
from app.charts.cross import crossed, own_pairs
from app.charts.definition import Asked
from app.charts.query import Result, run
from app.kernel.context import Actor, Context
from app.kernel.journal import note
from models.base import Sensitivity
from models.clock_run import ClockRun
from models.customer import Customer
from models.labels import OrderState
from models.order import Order, OrderLine
from models.payment import Payment, PaymentSchedule
from models.product import Product
from models.production import ProductionTask
from models.shipment import Shipment, ShipmentLine
from models.ticket import ServiceTicket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

# Monday, 12:00 in Shanghai.
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
# Above every number of the demo company.
_number = count(90_001)


def put(session: Session, model: type[Any], **values: Any) -> int:
    """One row with the defaults of its columns; its id."""
    table = model.__table__
    stamps = {"created_at": NOW, "updated_at": NOW, "state_since": NOW, "version": 1}
    row = {name: value for name, value in stamps.items() if name in table.columns} | values
    result = session.execute(sa.insert(table).values(**row))
    return int(result.inserted_primary_key[0])


def order(session: Session, received_at: datetime, total: str = "0.00", **values: Any) -> int:
    """An order; no tax, no fees."""
    number = next(_number)
    customer = values.pop("customer_id", None) or put(
        session, Customer, code=f"CUS-{number:08d}", name="陈伟", search_text=""
    )
    amounts = dict.fromkeys(("goods_amount", "total_amount", "net_amount"), Decimal(total))
    state = values.setdefault("state", OrderState.confirmed)
    if state in {OrderState.cancelled, OrderState.rejected}:
        values["cancel_kind"] = "customer"
    return put(
        session,
        Order,
        order_no=f"SO-{number:05d}",
        customer_id=customer,
        received_at=received_at,
        **{**amounts, **values},
    )


def line(session: Session, order_id: int, promised_on: date | None, net: int = 1, **values: Any) -> int:
    """A line of an order, delivered as far as ``qty_delivered`` says."""
    number = next(_number)
    product = put(session, Product, sku_code=f"SKU-{number}", name="餐椅", search_text="")
    delivered = Decimal(values.get("qty_delivered", 0))
    done = dict.fromkeys(("qty_produced", "qty_qc_passed", "qty_shipped"), delivered)
    return put(
        session,
        OrderLine,
        order_id=order_id,
        line_no=number,
        product_id=product,
        qty_ordered=Decimal(net),
        line_promised_on=promised_on,
        **{**done, **values},
    )


def delivery(session: Session, order_id: int, line_id: int, at: datetime, qty: int) -> None:
    """Goods that arrived."""
    shipment = put(
        session, Shipment, shipment_no=f"SH-{next(_number)}", order_id=order_id, departed_at=at, delivered_at=at,
        state="delivered",
    )  # fmt: skip
    put(session, ShipmentLine, shipment_id=shipment, order_line_id=line_id, qty=Decimal(qty), qty_received=Decimal(qty))


def task(session: Session, planned_end_on: date | None, state: str, qty: str = "1") -> None:
    """A production task of an order of its own."""
    owner = order(session, NOW)
    made = line(session, owner, None)
    put(
        session, ProductionTask, task_no=f"MO-{next(_number)}", order_id=owner, order_line_id=made,
        planned_end_on=planned_end_on, state=state, qty=Decimal(qty), spec={},
    )  # fmt: skip


def ticket(session: Session, created_at: datetime, kind: str, **values: Any) -> None:
    """A service ticket."""
    number = next(_number)
    customer = put(session, Customer, code=f"CUS-{number:08d}", name="王芳", search_text="")
    put(
        session, ServiceTicket, ticket_no=f"SV-{number}", customer_id=customer, kind=kind, created_at=created_at,
        description="门板划伤", **values,
    )  # fmt: skip


def missed(session: Session, due_at: datetime, department: str, reason: str | None = None) -> None:
    """A time limit that ran out."""
    put(
        session, ClockRun, entity="order", entity_id=next(_number), record_no="SO-1", code="E1",
        owner_department=department, started_at=due_at, due_at=due_at, reason=reason,
        state="explained" if reason else "breached",
    )  # fmt: skip


def payment(session: Session, received_at: datetime, amount: str) -> None:
    """Money that came in."""
    put(
        session, Payment, payment_no=f"PM-{next(_number)}", received_at=received_at, amount=Decimal(amount),
        method="bank_transfer",
    )  # fmt: skip


def instalment(session: Session, due_on: date | None, amount: str, paid: str = "0.00", **values: Any) -> None:
    """An instalment of an order of its own."""
    owner = order(session, NOW, **values)
    put(session, PaymentSchedule, order_id=owner, due_on=due_on, amount=Decimal(amount), paid_amount=Decimal(paid))


def lifted_mask(session: Session, at: datetime) -> None:
    """The journal's entry of a lifted mask, by the auditor."""
    auditor = Actor(id=None, name="林审计")
    note(Context(session, auditor, at, "screen"), "customer.reveal", "customer", 1, reason="asked by the customer")


def person(*charts: str, price: str = "full", city: str = "full") -> Actor:
    """Somebody with rights to these charts; to all of them when none is named."""
    rights = frozenset(f"chart.{name}" for name in charts or CHARTS)
    fields = {Sensitivity.PRICE: price, Sensitivity.CITY: city}
    return Actor(id=1, name="周敏", permissions=rights, fields=fields)


def asked_of(
    session: Session, name: str, actor: Actor | None = None, scope: Any = None, now: datetime = NOW, **args: str
) -> Asked:
    """A chart as somebody asks for it; ``since`` and ``until`` are the arguments ``from`` and ``to``."""
    names = {"since": "from", "until": "to"}
    context = Context(session, actor or person(), now)
    choice, problems = parse(CHARTS[name], [(names.get(key, key), value) for key, value in args.items()], context.today)
    assert problems == []
    return Asked(CHARTS[name], choice, context, scope or (lambda _model, _actor: sa.true()))


def crossed_of(session: Session, name: str, actor: Actor | None = None, scope: Any = None, **args: str) -> Asked:
    """A cross table as somebody asks for it; arguments that are wrong stay in it as they are left out."""
    context = Context(session, actor or person(), NOW)
    pairs = [({"since": "from", "until": "to"}.get(key, key), value) for key, value in args.items()]
    table, _problems = crossed(CHARTS[name], pairs, context.actor)
    choice, _others = parse(table, own_pairs(pairs), context.today)
    return Asked(table, choice, context, scope or (lambda _model, _actor: sa.true()), cross_of=CHARTS[name])


def result_of(session: Session, name: str, actor: Actor | None = None, **options: Any) -> Result:
    """The figures of a chart."""
    return run(asked_of(session, name, actor, **options))


# Sets or ends the limit of time (PostgreSQL).
LIMIT = re.compile("set_config|statement_timeout")


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """The statements that run inside, without the limit of time; the transaction has begun before."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_given: Any) -> None:
        if not LIMIT.search(statement):
            seen.append(statement)

    session.connection()
    sa.event.listen(session.get_bind(), "before_cursor_execute", note)
    yield seen
    sa.event.remove(session.get_bind(), "before_cursor_execute", note)


def figures_of(result: Result, measure: str) -> dict[str, dict[str, Any]]:
    """The figures that are not 0, by the texts of bucket and part."""
    found: dict[str, dict[str, Any]] = {}
    for key in result.buckets:
        for part in result.parts:
            if value := result.value(measure, key, part):
                part_key = str(getattr(part, "value", part))
                found.setdefault(str(getattr(key, "value", key)), {})[part_key] = value
    return found
