"""Anonymises people after their time: the books stay, the person becomes “已匿名 #code” (clauses 25, 26).

What changes is planned first; the dry run shows the plan, the run carries the same plan out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import DomainError
from app.kernel.journal import Act, entity_name, name_act
from app.kernel.sealing import Subject, forget
from app.services.privacy.columns import DECISIONS, replacement
from app.services.privacy.queries import blockers, candidates, old_inquiries, past_of, terms
from app.services.privacy.retention import kept_until
from models.base import Base
from models.customer import Customer
from models.exchange import ImportedCustomer, ImportRow
from models.inbox import InboxItem
from models.order import Order
from models.order_line import OrderLine
from models.talk import Attachment, Comment

LABEL = "已匿名 #"
# What is said and kept about a record of any table.
TALK = (Comment, Attachment)
# By what a row is about an order that does not name it itself.
PARENTS = ("shipment", "approval", "inspection")


@dataclass(frozen=True)
class Change:
    """One value that goes. ``after`` is what stands there then."""

    record: Any
    column: str
    after: Any

    @property
    def entity(self) -> str:
        """The table's word."""
        return entity_name(type(self.record))


@dataclass
class Plan:
    """What anonymising one person, or one message of a stranger, changes."""

    record: Any
    changes: list[Change] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many values, by table and column."""
        found = Counter(f"{change.entity}.{change.column}" for change in self.changes)
        return dict(sorted(found.items()))


def due(ctx: Context, limit: int | None = None) -> Iterator[Customer]:
    """People whose time is over and whom nothing keeps, at most ``limit`` of them."""
    left = limit
    for pk in candidates(ctx):
        if left is not None and left <= 0:
            return
        customer = ctx.session.get_one(Customer, pk)
        if kept_until(past_of(ctx, customer), terms(ctx)) < ctx.today and not blockers(ctx, customer):
            if left is not None:
                left -= 1
            yield customer


def plan_of(ctx: Context, customer: Customer) -> Plan:
    """Every value of a person that goes, in every table."""
    label = f"{LABEL}{customer.code}"
    plan = Plan(customer)
    for model in DECISIONS:
        for record in rows_about(ctx, model, customer):
            plan.changes += _changes(record, label)
            plan.subjects.append((entity_name(model), record.id))
    return plan


def plan_of_message(message: InboxItem) -> Plan:
    """A message that never became an order."""
    label = f"{LABEL}{message.inbox_no}"
    return Plan(message, list(_changes(message, label)), [("inbox_item", message.id)])


def anonymise(ctx: Context, customer: Customer) -> Plan:
    """Anonymises one person, whole or not at all; the caller's transaction decides.

    Raises:
        DomainError: ``still_needed``; something came up since he was found to be due.
    """
    ctx.session.refresh(customer, with_for_update=True)
    is_over = kept_until(past_of(ctx, customer), terms(ctx)) < ctx.today
    if customer.anonymised_at is not None or not is_over or blockers(ctx, customer):
        raise DomainError(_l("This person's data is still needed."), code="still_needed")
    plan = plan_of(ctx, customer)
    with ctx.session.no_autoflush:
        _apply(ctx, plan)
        customer.anonymised_at = ctx.now
        customer.is_active = False
        name_act(ctx.session, customer, Act("customer.anonymise", data={"values": plan.counts}))
    ctx.session.flush()
    ctx.session.execute(sa.delete(ImportedCustomer).where(ImportedCustomer.customer_id == customer.id))
    # Last: the entries of this very act are locked with the key, and go with it.
    forget(ctx.session, [("customer", customer.id), *plan.subjects])
    return plan


def anonymise_message(ctx: Context, message: InboxItem) -> Plan:
    """Anonymises a message of a stranger."""
    plan = plan_of_message(message)
    _apply(ctx, plan)
    ctx.session.flush()
    forget(ctx.session, plan.subjects)
    return plan


def messages_due(ctx: Context) -> list[InboxItem]:
    """Messages past their time."""
    return old_inquiries(ctx)


def _apply(ctx: Context, plan: Plan) -> None:
    for change in plan.changes:
        setattr(change.record, change.column, change.after)
        if change.record.is_journalled:
            name_act(ctx.session, change.record, Act(f"{change.entity}.anonymise"))


def _changes(record: Base, label: str) -> Iterator[Change]:
    columns = type(record).__table__.columns
    for name, decision in DECISIONS[type(record)].items():
        value = getattr(record, name)
        after = replacement(decision.fate, columns[name], value, label)
        if after != value:
            yield Change(record, name, after)


def rows_about(ctx: Context, model: type[Any], customer: Customer) -> Sequence[Any]:
    """The rows of a table that are about a person."""
    if model is Customer:
        return [customer]
    orders = sa.select(Order.id).where(Order.customer_id == customer.id)
    return ctx.session.scalars(sa.select(model).where(_is_about(model, customer, orders)).order_by(model.id)).all()


def _is_about(model: type[Any], customer: Customer, orders: Any) -> Any:
    if model is ImportRow:
        return model.order_line_id.in_(sa.select(OrderLine.id).where(OrderLine.order_id.in_(orders)))
    ways = []
    if hasattr(model, "customer_id"):
        ways.append(model.customer_id == customer.id)
    if hasattr(model, "order_id"):
        ways.append(model.order_id.in_(orders))
    for name in PARENTS:
        if hasattr(model, f"{name}_id") and not ways:
            parent = sa.inspect(model).relationships[name].mapper.class_
            of_orders = sa.select(parent.id).where(parent.order_id.in_(orders))
            ways.append(getattr(model, f"{name}_id").in_(of_orders))
    if model in TALK:
        # Talk about a record without an order (a question to the service) is about the record's person.
        ways += [_is_beside(model, other, customer) for other in DECISIONS if _belongs_to_a_customer(other)]
    # What belongs to no one person (the filter of an export) is about none.
    return sa.or_(sa.false(), *ways)


def _belongs_to_a_customer(model: type[Any]) -> bool:
    return hasattr(model, "customer_id") and model is not Order


def _is_beside(talk: type[Any], model: type[Any], customer: Customer) -> Any:
    own = sa.select(model.id).where(model.customer_id == customer.id)
    return sa.and_(talk.entity == entity_name(model), talk.entity_id.in_(own))
