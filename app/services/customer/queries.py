"""Finds customers who may be on file already while somebody is typing (clause 10(5))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context
from app.kernel.fields import Access, access
from app.services.customer import rules
from models.customer import Customer, CustomerAddress

MOST = 3


def alike(
    ctx: Context, values: Mapping[str, str], known: sa.ColumnElement[bool], pk: int | None
) -> list[tuple[str, Customer]]:
    """Files that look like what is typed, each with the field that says so: phone, credit code, or name and place.

    Args:
        values: phone, uscc, name, city, detail as typed.
        known: the rows the actor may know of.
        pk: the file that is being edited.
    """
    name, city, detail = (values.get(key, "").strip() for key in ("name", "city", "detail"))
    # A place counts where the actor may see it: else name and street typed on trial would tell where somebody lives.
    place = [Customer.city == city] if city and _sees(ctx, Customer, "city") else []
    if detail and _sees(ctx, CustomerAddress, "detail"):
        at = sa.exists().where(CustomerAddress.customer_id == Customer.id, CustomerAddress.detail == detail)
        place.append(at)
    tests: dict[str, sa.ColumnElement[bool]] = {}
    if phone := rules.plain_phone(values.get("phone")):
        tests["phone"] = Customer.phone == phone
    if uscc := values.get("uscc", "").strip().upper():
        tests["uscc"] = Customer.uscc == uscc
    if name and place:
        tests["name"] = sa.and_(Customer.name == name, sa.or_(*place))
    found = []
    for field, clause in tests.items():
        # Nobody finds out by trying what he may not see.
        if not _sees(ctx, Customer, field):
            continue
        statement = sa.select(Customer).where(clause, known, Customer.id != (pk or 0)).order_by(Customer.id).limit(MOST)
        found += [(field, customer) for customer in ctx.session.scalars(statement)]
    return found


def _sees(ctx: Context, model: type[Any], name: str) -> bool:
    return access(ctx.actor, model, name) is Access.full
