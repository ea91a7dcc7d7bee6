"""The pages that are measured, and what is asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.charts.catalogue import CHARTS
from app.kernel.context import SYSTEM, Context, local_midnight
from app.kernel.listing import ListRequest, page
from models.customer import Customer
from models.order import Order
from views.order import OrderView

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from benchmarks.databases import Prepared

LIST: Final = "/order/list/"
API: Final = "/api/v1/order/"


@dataclass(frozen=True)
class Page:
    """One page. ``aim_ms`` and ``aim_statements`` hold at every size; ``of_first`` is a multiple of the first page."""

    name: str
    label: str
    path: str
    who: str = "order_center"
    by_token: bool = False
    aim_ms: float | None = None
    aim_statements: int | None = None
    of_first: float | None = None
    is_chart: bool = False


def pages_of(prepared: Prepared, today: date) -> list[Page]:
    """The pages of one database: keys and names are looked up in it."""
    found = samples(prepared, today)
    charts = [
        Page(f"chart {name}", f"chart {name}", f"/chart/{name}/", who="committee", is_chart=True) for name in CHARTS
    ]
    whole = urlencode({"from": "", "to": ""})
    return [
        Page("list", "list, first page", LIST, aim_ms=15, aim_statements=6),
        Page("last", "last page", f"{LIST}?last=1", of_first=1.3),
        Page("middle", "page in the middle, by key", f"{LIST}?{urlencode(found['middle'])}", of_first=1.3),
        Page("by amount", "sorted by amount", f"{LIST}?sort=-total_amount", of_first=1.3),
        Page("by amount, last", "sorted by amount, last page", f"{LIST}?sort=-total_amount&last=1", of_first=1.3),
        Page("by promise", "sorted by promised day", f"{LIST}?sort=promised_on", of_first=1.3),
        Page("state", "filter: state", f"{LIST}?state=cancelled"),
        Page("state, type", "filter: state and type", f"{LIST}?state=completed&order_type=government"),
        Page("period", "filter: 150 days and channel", f"{LIST}?{urlencode(found['period'])}"),
        Page("name", "search: full name", f"{LIST}?{urlencode({'q': found['name']['q']})}", aim_ms=40),
        Page("given name", "search: given name (2 characters)", f"{LIST}?{urlencode(found['given'])}", aim_ms=40),
        Page("phone", "search: end of a phone number", f"{LIST}?{urlencode(found['phone'])}", aim_ms=40),
        Page("number", "search: order number", f"{LIST}?{urlencode(found['number'])}", aim_ms=40),
        Page("show", "show", f"/order/show/{found['show']['id']}"),
        Page("tab", "related tab (lines)", f"/order/{found['show']['id']}/tab/order_line"),
        Page("add", "add form", "/order/add", aim_ms=10),
        Page("home", "first page of the order centre", "/"),
        Page("customers", "customers, first page", "/customer/list/"),
        Page("api list", "API list", API, by_token=True),
        Page("api show", "API show", f"{API}{found['show']['id']}", by_token=True),
        *charts,
        Page(
            "chart orders_by_month, all", "chart orders_by_month, all years", f"/chart/orders_by_month/?{whole}",
            who="committee", is_chart=True,
        ),
    ]  # fmt: skip


def samples(prepared: Prepared, today: date) -> dict[str, Mapping[str, str]]:
    """What is searched and shown in one database: things of its middle order and a recent completed one."""
    from app.extensions import db

    with prepared.app.app_context(), Session(db.engine) as session:
        ctx = Context(session, SYSTEM, local_midnight(today))
        middle = session.scalars(sa.select(Order).where(Order.id == prepared.orders // 2)).one()
        person = session.scalars(
            sa.select(Customer)
            .join(Order, Order.customer_id == Customer.id)
            .where(Customer.kind == "person", Order.id >= prepared.orders // 2)
            .order_by(Order.id)
            .limit(1)
        ).one()
        recent = session.scalars(
            sa.select(Order).where(Order.state == "completed").order_by(Order.received_at.desc()).limit(1)
        ).one()
        asked = ListRequest(sort="received_at", descending=True, cursor=(middle.received_at, middle.id))
        after = page(ctx, OrderView.spec(), asked).next or {}
        day = middle.received_at.date()
        end = day + timedelta(days=150)
        return {
            "middle": after,
            "period": {
                "received_at__ge": day.isoformat(),
                "received_at__le": end.isoformat(),
                "channel": "online_mall",
            },
            "name": {"q": person.name},
            "given": {"q": person.name[1:]},
            "phone": {"q": str(person.phone)[-6:]},
            "number": {"q": middle.order_no},
            "show": {"id": str(recent.id)},
        }
