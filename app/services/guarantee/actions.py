"""Enters guarantees and says what of them is with the buyer. How much is allowed, the order's rules say."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import DomainError, ValidationFailedError
from app.kernel.numbering import next_number
from models.guarantee import Guarantee, GuaranteeForm, GuaranteeKind, GuaranteeState
from models.labels import OrderType
from models.order import Order

ZERO = Decimal(0)
WITH_GUARANTEE = frozenset({OrderType.government, OrderType.project})
# What still binds the company, or will.
OPEN = (GuaranteeState.due, GuaranteeState.held, GuaranteeState.to_return)
ENTERED_ONCE = ("order_id", "kind")


def enter(ctx: Context, order: Order, values: Mapping[str, Any]) -> Guarantee:
    """A guarantee that has to be given; without an amount it is the bond that the order names. Clause 11(5).

    Raises:
        DomainError: ``no_guarantee`` for an order of another type.
        ValidationFailedError: no amount, cash without its reason, validity that ends before it begins.
    """
    if order.order_type not in WITH_GUARANTEE:
        raise DomainError(
            _l("Guarantees are given for government and project orders only: choose such an order."),
            code="no_guarantee",
        )
    given = {key: value for key, value in values.items() if value is not None}
    if not given.get("amount"):
        given["amount"] = order.bond_amount
    guarantee = Guarantee(guarantee_no=next_number(ctx, "BH"), **given)
    check(order, guarantee)
    ctx.session.add(guarantee)
    ctx.session.flush()
    return guarantee


def change(ctx: Context, guarantee: Guarantee, values: Mapping[str, Any]) -> Guarantee:
    """Corrects a guarantee that is not given yet. Raises DomainError ``given_already``; see ``enter``."""
    if guarantee.state is not GuaranteeState.due:
        raise DomainError(
            _l("The buyer has this guarantee already: it is changed no more, enter another one."), code="given_already"
        )
    for name, value in values.items():
        setattr(guarantee, name, value)
    check(guarantee.order, guarantee)
    ctx.session.flush()
    return guarantee


def check(order: Order, guarantee: Guarantee) -> None:
    """Raises ValidationFailedError: see ``enter``."""
    wrong: dict[str, list[str]] = {}
    if guarantee.amount <= ZERO:
        wrong["amount"] = [str(_l("A guarantee is above zero: enter its amount."))]
    is_public = order.order_type is OrderType.government
    if is_public and guarantee.form is GuaranteeForm.cash and not guarantee.cash_reason:
        text = _l("A public buyer may not ask for cash: give a bank guarantee or insurance, or say why cash is given.")
        wrong["cash_reason"] = [str(text)]
    begins = guarantee.given_on or guarantee.due_on
    if guarantee.valid_until_on and begins and guarantee.valid_until_on < begins:
        wrong["valid_until_on"] = [str(_l("It would end before it is given: correct the day."))]
    if wrong:
        raise ValidationFailedError(wrong)


def performance_total(ctx: Context, order: Order, without: Guarantee | None = None) -> Decimal:
    """What the open performance bonds of an order add up to, beside one of them."""
    statement = sa.select(sa.func.sum(Guarantee.amount)).where(
        Guarantee.order_id == order.id,
        Guarantee.kind == GuaranteeKind.performance,
        Guarantee.state.in_(OPEN),
        *([Guarantee.id != without.id] if without is not None else []),
    )
    return ctx.session.scalar(statement) or ZERO


def open_ones(ctx: Context, order_id: int) -> list[Guarantee]:
    """The guarantees of an order that are not over, except those that wait to be returned already."""
    statement = sa.select(Guarantee).where(
        Guarantee.order_id == order_id, Guarantee.state.in_((GuaranteeState.due, GuaranteeState.held))
    )
    return list(ctx.session.scalars(statement.order_by(Guarantee.id)))
