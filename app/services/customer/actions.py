"""Creates and changes customer files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.engine import requires
from app.kernel.errors import DuplicateError, ValidationFailedError
from app.kernel.numbering import next_code
from app.services.customer import rules
from models.customer import Customer, CustomerAddress
from models.labels import CustomerKind

CODE_DIGITS = 8
# The shipping gate lets goods go unpaid up to the credit: it is finance that gives it (domain/09 9.1).
CREDIT = ("credit_limit_amount", "credit_days")


def create_customer(ctx: Context, values: Mapping[str, Any], *, is_history: bool = False) -> Customer:
    """A new file with its code. Clause 10(5).

    ``is_history``: taken over from an old system, where the phone of a person may not be known.

    Raises:
        DuplicateError: ``customer_exists``; phone (of a person) or credit code stand on another file.
        ValidationFailedError: the credit code is wrong, a person has no phone, or a blacklisting has no reason.
    """
    _check_credit(ctx, Customer(), values)
    customer = Customer(**_cleaned(values))
    _check(ctx, customer, needs_phone=not is_history)
    customer.code = next_code(ctx, "CUS", CODE_DIGITS)
    _index(customer)
    ctx.session.add(customer)
    ctx.session.flush()
    return customer


def change_customer(ctx: Context, customer: Customer, values: Mapping[str, Any]) -> Customer:
    """Changes a file. Raises as :func:`create_customer`."""
    _check_credit(ctx, customer, values)
    with ctx.session.no_autoflush:
        for name, value in _cleaned(values).items():
            setattr(customer, name, value)
        _check(ctx, customer)
    _index(customer)
    ctx.session.flush()
    return customer


def set_customer_active(ctx: Context, customer: Customer, *, is_active: bool) -> Customer:
    """Puts a file away, or takes it out again, whatever else is missing in it. Flushes."""
    customer.is_active = is_active
    ctx.session.flush()
    return customer


def remove_address(ctx: Context, address: CustomerAddress) -> None:
    """Takes an address away that nothing refers to. Flushes."""
    ctx.session.delete(address)
    ctx.session.flush()


def _cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(values)
    if "phone" in given:
        given["phone"] = rules.plain_phone(given["phone"])
    if given.get("uscc"):
        given["uscc"] = given["uscc"].upper()
    return given


def _check_credit(ctx: Context, customer: Customer, values: Mapping[str, Any]) -> None:
    """Raises PermissionDeniedError where somebody else than finance would change the credit."""
    if any(name in values and (values[name] or 0) != (getattr(customer, name) or 0) for name in CREDIT):
        requires(ctx, "customer.credit")


def _check(ctx: Context, customer: Customer, *, needs_phone: bool = True) -> None:
    wrong: dict[str, list[str]] = {}
    if customer.uscc and not rules.is_uscc(customer.uscc):
        wrong["uscc"] = [str(_l("This is not a valid unified social credit code: check each character."))]
    if needs_phone and customer.kind is CustomerKind.person and not customer.phone:
        wrong["phone"] = [str(_l("A person needs a phone number."))]
    if customer.is_blacklisted and not customer.blacklist_reason:
        wrong["blacklist_reason"] = [str(_l("Say why the customer is blacklisted."))]
    if wrong:
        raise ValidationFailedError(wrong)
    same = []
    if customer.kind is CustomerKind.person and customer.phone:
        same.append(sa.and_(Customer.kind == CustomerKind.person, Customer.phone == customer.phone))
    if customer.uscc:
        same.append(Customer.uscc == customer.uscc)
    if not same:
        return
    statement = sa.select(Customer.code).where(sa.or_(*same))
    if customer.id is not None:
        statement = statement.where(Customer.id != customer.id)
    if code := ctx.session.scalar(statement.limit(1)):
        raise DuplicateError(
            _l("This customer is on file already as %(other)s: use that file."), code="customer_exists", other=code
        )


def _index(customer: Customer) -> None:
    customer.search_text = rules.search_text(customer.name, customer.code, customer.phone, customer.uscc)
