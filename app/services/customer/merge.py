"""Merges two files of one customer, and takes it back as long as nothing has happened since. Clause 10(5).

Everything that names the file that goes names the other one afterwards, in one transaction; the journal of both stays
as it was. The file that goes is switched off and says where it went.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.engine import lock
from app.kernel.errors import DomainError, DuplicateError, NotFoundError, ValidationFailedError
from app.kernel.journal import plain
from app.kernel.numbering import next_number
from app.services.customer import rules
from models.customer import Consent, Customer, CustomerAddress
from models.customer_merge import CustomerMerge, MergeState
from models.exchange import ImportedCustomer
from models.order import Order
from models.payment import Payment
from models.privacy import PrivacyRequest
from models.ticket import ServiceTicket

# What a decision is asked about, column by column; credit and blacklisting always stay with the stricter file.
FIELDS = ("name", "phone", "uscc", "email", "wechat", "province", "city", "level", "note")
# A file of past orders names the customer by its own key: that must lead to the file that stays, too.
MOVED: tuple[type[Any], ...] = (
    Order, CustomerAddress, Consent, ServiceTicket, Payment, PrivacyRequest, ImportedCustomer,
)  # fmt: skip
OPEN = (MergeState.requested, MergeState.merged)


def request_merge(ctx: Context, values: Mapping[str, Any]) -> CustomerMerge:
    """Asks a colleague to merge. ``choices``: the columns to take from the file that goes.

    Raises:
        ValidationFailedError: one and the same file, different kinds, or one that is anonymised or merged already.
        DuplicateError: ``merge_open``, one of the two is in another merge that waits.
    """
    source, target = (_customer(ctx, values[name]) for name in ("source_id", "target_id"))
    wrong: dict[str, list[str]] = {}
    if source.id == target.id:
        wrong["source_id"] = [str(_l("Choose two different files."))]
    elif source.kind is not target.kind:
        wrong["source_id"] = [str(_l("A person and an organisation are never one customer."))]
    for name, customer in (("source_id", source), ("target_id", target)):
        if customer.anonymised_at is not None or customer.merged_into_id is not None:
            wrong[name] = [str(_l("This file is anonymised or merged already."))]
    if wrong:
        raise ValidationFailedError(wrong)
    both = (source.id, target.id)
    waiting = sa.select(CustomerMerge.merge_no).where(
        CustomerMerge.state == MergeState.requested,
        sa.or_(CustomerMerge.source_id.in_(both), CustomerMerge.target_id.in_(both)),
    )
    if number := ctx.session.scalar(waiting.limit(1)):
        raise DuplicateError(_l("%(number)s about one of these files waits already."), code="merge_open", number=number)
    made = CustomerMerge(
        merge_no=next_number(ctx, "KM"),
        source_id=source.id,
        target_id=target.id,
        reason=values["reason"],
        choices=[name for name in FIELDS if values.get(f"take_{name}")],
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made


def apply(ctx: Context, merge: CustomerMerge, _values: Mapping[str, Any]) -> None:
    """Both files become one. Raises DomainError ``file_changed`` where one of them has gone another way since."""
    source, target = merge.source, merge.target
    for customer in sorted((source, target), key=lambda each: each.id):
        lock(ctx, customer)
    gone = [customer for customer in (source, target) if customer.anonymised_at or customer.merged_into_id]
    if gone:
        raise DomainError(_l("One of the files is anonymised or merged already: refuse this."), code="file_changed")
    merge.before = plain({"source": _values_of(source), "target": _values_of(target)})
    taken = {name: getattr(source, name) for name in merge.choices}
    # Phone and credit code stand on one active file only: they leave the one before they come to the other.
    for name in {"phone", "uscc"}.intersection(taken):
        setattr(source, name, None)
    _switch_off(source, target)
    ctx.session.flush()
    for name, value in taken.items():
        setattr(target, name, value)
    _keep_strict(source, target)
    moved = {}
    for model in MOVED:
        rows = ctx.session.scalars(sa.select(model).where(model.customer_id == source.id).order_by(model.id)).all()
        for row in rows:
            row.customer_id = target.id
            if isinstance(row, CustomerAddress):
                row.is_default = False
        moved[model.__tablename__] = [row.id for row in rows]
    _index(source)
    _index(target)
    ctx.session.flush()
    merge.moved = {**moved, "_versions": [source.version, target.version]}
    merge.decided_at = ctx.now
    ctx.session.flush()
    ctx.session.expire_all()


def undo(ctx: Context, merge: CustomerMerge, _values: Mapping[str, Any]) -> None:
    """Both files as they were, with their records. Raises DomainError ``happened_since``."""
    source, target = merge.source, merge.target
    for customer in sorted((source, target), key=lambda each: each.id):
        lock(ctx, customer)
    records = _moved_back(ctx, merge)
    if [source.version, target.version] != merge.moved["_versions"] or _is_newer(ctx, merge, target):
        raise DomainError(
            _l("Something has happened with this customer since: correct the files by hand."), code="happened_since"
        )
    # Emptied first, for the same reason as above.
    target.phone = target.uscc = None
    ctx.session.flush()
    for side, customer in (("source", source), ("target", target)):
        for name, value in merge.before[side].items():
            setattr(customer, name, _typed(name, value))
        _index(customer)
    for row in records:
        row.customer_id = source.id
    source.merged_into_id = None
    ctx.session.flush()
    ctx.session.expire_all()


def _moved_back(ctx: Context, merge: CustomerMerge) -> list[Any]:
    found: list[Any] = []
    for model in MOVED:
        ids = merge.moved.get(model.__tablename__, ())
        found += ctx.session.scalars(sa.select(model).where(model.id.in_(ids))).all()
    return found


def _is_newer(ctx: Context, merge: CustomerMerge, target: Customer) -> bool:
    """Whether anything that names the customer was made or changed after the merge."""
    since: datetime = merge.state_since if merge.decided_at is None else merge.decided_at
    statements = (
        sa.select(model.id).where(model.customer_id == target.id, model.updated_at > since).limit(1)
        for model in MOVED
        if hasattr(model, "updated_at")
    )
    return any(ctx.session.scalar(statement) is not None for statement in statements)


def _switch_off(source: Customer, target: Customer) -> None:
    source.is_active = False
    source.merged_into_id = target.id


def _keep_strict(source: Customer, target: Customer) -> None:
    """A merge gives nobody credit and lifts no block."""
    if source.is_blacklisted and not target.is_blacklisted:
        target.is_blacklisted, target.blacklist_reason = True, source.blacklist_reason
    target.is_dealer = target.is_dealer or source.is_dealer
    target.hold_reason = target.hold_reason or source.hold_reason


def _values_of(customer: Customer) -> dict[str, Any]:
    names = (*FIELDS, "is_active", "is_blacklisted", "blacklist_reason", "is_dealer", "hold_reason")
    return {name: getattr(customer, name) for name in names}


def _typed(name: str, value: Any) -> Any:
    kind = Customer.__table__.columns[name].type
    if isinstance(kind, sa.Enum) and kind.enum_class is not None and value is not None:
        return kind.enum_class(value)
    return value


def _index(customer: Customer) -> None:
    customer.search_text = rules.search_text(customer.name, customer.code, customer.phone, customer.uscc)


def _customer(ctx: Context, pk: int) -> Customer:
    found = ctx.session.get(Customer, pk)
    if found is None:
        raise NotFoundError
    return found
