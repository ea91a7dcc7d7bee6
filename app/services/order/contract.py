"""The mandatory set of an order type beyond what every order needs (domain/05 5.2, clause 12(3))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.calendar import add_office_days
from app.kernel.clocks import calendar_exceptions
from app.kernel.context import Context
from app.kernel.errors import DuplicateError, NotFoundError, Reason, ValidationFailedError
from app.services.order.actions import BEFORE_LETTER, require_draft, require_open
from models.contract import MOST_DAYS, OrderContract
from models.labels import CustomerKind, OrderState, OrderType
from models.order import Order

# A tuple is satisfied by any one of its columns.
Needed = str | tuple[str, ...]
NEEDED: Mapping[OrderType, tuple[Needed, ...]] = {
    OrderType.project: ("contract_no", "signed_on", "batch_plan", "site_contact", "unloading", "payer_name"),
    OrderType.government: (
        "procurement_method",
        "plan_no",
        "award_no",
        "award_on",
        "budget_unit",
        "acceptance_unit",
        "fund_source",
    ),
    OrderType.bulk: (("purchase_no", "contract_no"), "invoice_title", "batch_plan"),
    OrderType.other: ("occasion", "cost_centre", "approval_no"),
}
# What only the signed contract says may be entered until the letter.
UNTIL_LETTER = frozenset({"contract_no", "signed_on", "bond_due_on", "inspection_days"})
# What the buyer does with the signed contract is noted whenever it becomes known (clock G2: his duty, not ours).
AFTER_SIGNING = frozenset({"published_on", "filed_on"})
# A tender is entered at the award and signed within thirty days of it (clock G1): the letter waits for that.
SIGNED = ("contract_no", "signed_on")
NEEDED_FOR_LETTER: Mapping[OrderType, tuple[Needed, ...]] = {OrderType.government: SIGNED}


def _unnamed(order: Order, asked: Mapping[OrderType, tuple[Needed, ...]]) -> list[str]:
    terms = order.contracts[0] if order.contracts else None
    columns = OrderContract.__table__.columns
    found = []
    for needed in asked.get(order.order_type, ()):
        names = needed if isinstance(needed, tuple) else (needed,)
        # The order itself may carry the number of its contract.
        held = [getattr(terms, name, None) or (name == "contract_no" and order.contract_no) for name in names]
        if not any(held):
            found.append("/".join(str(columns[name].info["label"]) for name in names))
    return found


def missing(order: Order) -> list[str]:
    """The labels of what the order type asks for and nobody has entered."""
    found = _unnamed(order, NEEDED)
    if order.order_type is OrderType.project and not order.project_name:
        found.insert(0, str(Order.__table__.columns["project_name"].info["label"]))
    is_company = order.customer.kind is CustomerKind.company
    if order.order_type is OrderType.bulk and is_company and not order.customer.uscc:
        found.append(str(_l("Unified social credit code")))
    return found


def is_complete_by_type(_ctx: Context, order: Order) -> Reason | None:
    """What an organisation's order rests on is there before anybody reviews it."""
    return _reason(missing(order))


def is_signed(_ctx: Context, order: Order) -> Reason | None:
    """No letter before the contract that the order type asks for is signed."""
    return _reason(_unnamed(order, NEEDED_FOR_LETTER))


def _reason(names: list[str]) -> Reason | None:
    if not names:
        return None
    return Reason("incomplete_by_type", _l("Contract terms still missing: %(fields)s."), {"fields": "、".join(names)})


def add_terms(ctx: Context, values: Mapping[str, Any]) -> OrderContract:
    """The terms of a draft. Raises DomainError ``not_draft``; DuplicateError ``terms_exist``."""
    order = ctx.session.get(Order, values["order_id"])
    if order is None:
        raise NotFoundError
    ctx.session.refresh(order, with_for_update=True)
    require_draft(order)
    if ctx.session.scalar(sa.select(OrderContract.id).where(OrderContract.order_id == order.id)):
        raise DuplicateError(_l("This order has its contract terms already: change those."), code="terms_exist")
    terms = OrderContract(**values)
    ctx.session.add(terms)
    # The days of the buyer follow from the order's type, and are written with the row.
    with ctx.session.no_autoflush:
        terms.order = order
        _follow_signature(ctx, terms)
    ctx.session.flush()
    return terms


def change_terms(ctx: Context, terms: OrderContract, values: Mapping[str, Any]) -> OrderContract:
    """Edits the terms of a draft; what the signed contract says until the letter, what the buyer did with it later too.

    Raises:
        DomainError: ``not_draft``.
        ValidationFailedError: the buyer published or filed it before it was signed, or in the future; an inspection
            of no day or of more than a year.
    """
    changed = {name for name, value in values.items() if value != getattr(terms, name)}
    if not changed <= AFTER_SIGNING:
        require_open(terms.order, BEFORE_LETTER if changed <= UNTIL_LETTER | AFTER_SIGNING else (OrderState.draft,))
    for name, value in values.items():
        setattr(terms, name, value)
    _follow_signature(ctx, terms)
    ctx.session.flush()
    return terms


def _follow_signature(ctx: Context, terms: OrderContract) -> None:
    """A public buyer publishes within two working days of the signature and files within seven (87号令 71, G2)."""
    signed_on = terms.signed_on
    text = str(_l("It lies between the signature and today: correct the day."))
    wrong = {
        name: [text]
        for name in sorted(AFTER_SIGNING)
        if (day := getattr(terms, name)) is not None and not (signed_on and signed_on <= day <= ctx.today)
    }
    if terms.inspection_days is not None and not 1 <= terms.inspection_days <= MOST_DAYS:
        days = _l("An inspection takes 1 to %(most)s days: enter a whole number in between.", most=MOST_DAYS)
        wrong["inspection_days"] = [str(days)]
    if wrong:
        raise ValidationFailedError(wrong)
    is_public = terms.order.order_type is OrderType.government
    terms.publish_by_on = terms.file_by_on = None
    if is_public and signed_on is not None:
        exceptions = calendar_exceptions(ctx)
        terms.publish_by_on = add_office_days(signed_on, int(ctx.policy["gov.publish_days"]), exceptions)
        terms.file_by_on = add_office_days(signed_on, int(ctx.policy["gov.file_days"]), exceptions)


def remind_of_duties(ctx: Context) -> list[tuple[OrderContract, str]]:
    """Contracts whose buyer has a day today or had one, and has not done it; each is returned once a duty."""
    told_on = OrderContract.reminded_on
    duties = (
        (OrderContract.publish_by_on, OrderContract.published_on),
        (OrderContract.file_by_on, OrderContract.filed_on),
    )
    open_duty = [
        sa.and_(by <= ctx.today, done.is_(None), sa.or_(told_on.is_(None), told_on < by)) for by, done in duties
    ]
    statement = (
        sa.select(OrderContract)
        .join(Order, Order.id == OrderContract.order_id)
        .where(sa.or_(*open_duty), Order.state.not_in((OrderState.cancelled, OrderState.rejected)))
        .order_by(OrderContract.id)
    )
    found = []
    for terms in ctx.session.scalars(statement).unique():
        is_filing = terms.file_by_on is not None and terms.file_by_on <= ctx.today and terms.filed_on is None
        terms.reminded_on = ctx.today
        found.append((terms, "order.file_contract" if is_filing else "order.publish_contract"))
    return found
