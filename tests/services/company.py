"""The company of the acceptance scenarios for tests of services: its people, products and a clock that is told.

States are reached by firing steps, never by setting them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

import app.reactions
from app.cli.demo_people import actors, add_people
from app.kernel.context import LOCAL_ZONE, SYSTEM, Actor, Context
from app.kernel.engine import fire
from app.kernel.policy import read_policy
from app.kernel.unit_of_work import unit_of_work
from models.customer import Customer
from models.labels import CustomerKind, ProductCategory, SupplyMode
from models.product import Product, Stock

assert app.reactions.REACTIONS  # importing it registers what follows from the steps

D = Decimal


def moment(text: str) -> datetime:
    """A Shanghai moment such as ``2026-11-24 09:40``."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL_ZONE)


@dataclass
class Company:
    """People by user name; every act is one transaction at a told moment."""

    session: Session
    people: Mapping[str, Actor]
    policy: Mapping[str, Decimal]

    def context(self, who: str | Actor, when: str, *, origin: str = "screen") -> Context:
        """The context of an act; ``system`` is the system."""
        actor = who if isinstance(who, Actor) else SYSTEM if who == "system" else self.people[who]
        return Context(self.session, actor, moment(when), origin, policy=self.policy)

    @contextmanager
    def act(self, who: str | Actor, when: str, *, origin: str = "screen") -> Iterator[Context]:
        """One act, one commit."""
        with unit_of_work(self.context(who, when, origin=origin)) as ctx:
            yield ctx

    def fire(self, who: str | Actor, when: str, record: Any, step: str, **data: Any) -> Any:
        """One step as one act; the data are raw, as a form sends them."""
        with self.act(who, when) as ctx:
            return fire(ctx, record, step, data)


def found(session: Session) -> Company:
    """The company on a database that is migrated and initialised."""
    add_people(session)
    session.commit()
    return Company(session, actors(session), read_policy(session))


def product(session: Session, sku: str, *, on_hand: int | None = None, **values: Any) -> Product:
    """A product of the scenarios; with stock in the main warehouse where ``on_hand`` is given."""
    defaults = {
        "name": sku,
        "category": ProductCategory.other,
        "supply_mode": SupplyMode.stock,
        "material": "白橡实木",
        "list_price": D("100"),
        "standard_cost": D("50"),
        "lead_days": 7,
        "warranty_months": 12,
        "needs_install": True,
    }
    made = Product(sku_code=sku, **{**defaults, **values})
    session.add(made)
    session.flush()
    if on_hand is not None:
        session.add(Stock(product_id=made.id, warehouse="main", qty_on_hand=D(on_hand)))
        session.flush()
    return made


def person(session: Session, name: str = "林晓雯", phone: str = "13800005621", **values: Any) -> Customer:
    """A private customer."""
    customer = Customer(
        code=f"CUS-{phone[-8:]}", kind=CustomerKind.person, name=name, phone=phone, city="杭州", **values
    )
    session.add(customer)
    session.flush()
    return customer
