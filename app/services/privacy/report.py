"""What is kept about one person, for that person: his own data, to whom it was given, and who saw it in full.

Nobody else's name is in it: staff appear as their department, other receivers and payers masked, drivers not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context
from app.kernel.engine import requires
from app.kernel.fields import mask
from app.kernel.journal import entity_name, note, plain
from app.services.privacy.anonymise import rows_about
from app.services.privacy.columns import DECISIONS, PERSONAL_GROUPS, Whom, class_of
from models.base import Base, Sensitivity
from models.customer import Consent, Customer
from models.installation import Installation
from models.journal import Journal
from models.order import Order
from models.privacy import PrivacyRequest
from models.shipment import Shipment

Row = dict[str, Any]
Report = dict[str, list[Row]]
Departments = Callable[[Iterable[int]], Mapping[int, str]]

HISTORY = ("order_no", "order_type", "channel", "received_at", "total_amount", "completed_at", "state")
CONSENTS = (
    "purpose",
    "is_granted",
    "text_version",
    "channel",
    "given_at",
    "state",
    "withdrawn_at",
    "withdrawn_channel",
)
REQUESTS = ("request_no", "kind", "channel", "received_at", "state", "answered_at")
SEEN = ("reveal", "report", "export")
# Rows whose values were written by staff about the case, not about the person; free text of a complaint is his.
NAMES = frozenset({Sensitivity.NAME})


def report_of(ctx: Context, customer: Customer, departments: Departments) -> Report:
    """The sections with their rows; values are JSON, moments UTC. Writes down that the report was given.

    Args:
        departments: says for user ids what their department is called.

    Raises PermissionDeniedError: the right ``customer.report`` is missing.
    """
    requires(ctx, "customer.report")
    orders = list(ctx.session.scalars(sa.select(Order).where(Order.customer_id == customer.id).order_by(Order.id)))
    found: Report = {
        "data": list(_data(ctx, customer)),
        "orders": [_picked(order, HISTORY) for order in orders],
        "consents": [_picked(row, CONSENTS) for row in _of(ctx, Consent, customer)],
        "requests": [_picked(row, REQUESTS) for row in _of(ctx, PrivacyRequest, customer)],
        "given_to": list(_given_to(ctx, orders)),
        "seen_by": _seen_by(ctx, customer, orders, departments),
    }
    note(
        ctx.acting("customer.report"),
        "customer.report",
        "customer",
        customer.id,
        data={"rows": {section: len(rows) for section, rows in found.items()}},
    )
    return found


def _data(ctx: Context, customer: Customer) -> Iterable[Row]:
    """Every personal value of every row about him: where it stands, its class, and what it says."""
    own = {_plain_text(customer.name)}
    for model, decisions in DECISIONS.items():
        names = [name for name, decision in decisions.items() if _is_reported(model, name, decision.whom)]
        for record in rows_about(ctx, model, customer):
            is_his = _is_his(record, names, own)
            for name in names:
                value = getattr(record, name)
                if value in (None, "", {}):
                    continue
                group = sensitivity(model, name)
                text = value if is_his or group is None else mask(group, str(value))
                yield {
                    "record_type": entity_name(model),
                    "record": str(record),
                    "field": name,
                    "class": class_of(model, name),
                    "value": plain(text),
                }


def _is_reported(model: type[Base], name: str, whom: Whom) -> bool:
    if model.__table__.columns[name].info.get("free_text"):
        return False
    return whom is Whom.subject and name != "search_text" and sensitivity(model, name) in PERSONAL_GROUPS


def sensitivity(model: type[Any], name: str) -> Sensitivity | None:
    """The group of a column."""
    found: Sensitivity | None = model.__table__.columns[name].info.get("sensitivity")
    return found


def _is_his(record: Base, names: Iterable[str], own: set[str]) -> bool:
    """A row that names another person is about that person: a neighbour who signed, a friend who paid."""
    said = {_plain_text(getattr(record, name) or "") for name in names if sensitivity(type(record), name) in NAMES} - {
        ""
    }
    return not said or said <= own


def _plain_text(text: str) -> str:
    return "".join(text.split())


def _picked(record: Any, names: Iterable[str]) -> Row:
    return {name: plain(getattr(record, name)) for name in names}


def _of(ctx: Context, model: type[Any], customer: Customer) -> Iterable[Any]:
    return ctx.session.scalars(sa.select(model).where(model.customer_id == customer.id).order_by(model.id))


def _given_to(ctx: Context, orders: list[Order]) -> Iterable[Row]:
    """Carriers and crews that were given name, phone and address (网络数据安全管理条例 12)."""
    ids = [order.id for order in orders]
    numbers = {order.id: order.order_no for order in orders}
    for shipment in ctx.session.scalars(sa.select(Shipment).where(Shipment.order_id.in_(ids)).order_by(Shipment.id)):
        yield {
            "order_no": numbers[shipment.order_id],
            "record": shipment.shipment_no,
            "what_for": "delivery",
            "recipient": shipment.carrier or str(shipment.mode),
            "given": "name phone address",
            "at": plain(shipment.created_at),
        }
    visits = sa.select(Installation).where(Installation.order_id.in_(ids)).order_by(Installation.id)
    for visit in ctx.session.scalars(visits):
        yield {
            "order_no": numbers[visit.order_id],
            "record": visit.installation_no,
            "what_for": "installation",
            "recipient": visit.crew or "customer_service",
            "given": "name phone address door",
            "at": plain(visit.created_at),
        }


def _seen_by(ctx: Context, customer: Customer, orders: list[Order], departments: Departments) -> list[Row]:
    """Lifted masks, exports and reports of his records; who it was is said by department."""
    mine = sa.or_(
        sa.and_(Journal.entity == "customer", Journal.entity_id == customer.id),
        Journal.order_id.in_([order.id for order in orders]),
    )
    acts = sa.or_(*(Journal.action.endswith(f".{word}", autoescape=True) for word in SEEN))
    rows = list(ctx.session.scalars(sa.select(Journal).where(mine, acts).order_by(Journal.id)))
    named = departments({row.actor_id for row in rows if row.actor_id is not None})
    return [
        {
            "at": plain(row.at),
            "act": row.action,
            "department": named.get(row.actor_id, "") if row.actor_id is not None else "system",
            "groups": " ".join(row.data.get("groups", ())),
        }
        for row in rows
    ]
