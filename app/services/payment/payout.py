"""What stands in the way of paying a refund out."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import LOCAL_ZONE, Context
from app.kernel.errors import Reason
from app.kernel.fields import Access, access
from models.labels import InvoiceKind
from models.labels import InvoiceState as I
from models.labels_money import OWED_REASONS, RefundReason
from models.order import Order
from models.payment import Invoice, Refund
from models.policy import DEFAULTS

COOLING = "duty.account_cooling_hours"


def is_cooled(ctx: Context, refund: Refund) -> Reason | None:
    """Money does not follow a new account at once (domain/09 9.4, rule 15)."""
    if refund.account_changed_at is None:
        return None
    hours = ctx.policy.get(COOLING, Decimal(DEFAULTS[COOLING]))
    free = refund.account_changed_at + timedelta(hours=float(hours))
    if free <= ctx.now:
        return None
    data = {"hours": f"{hours.normalize():f}", "until": f"{free.astimezone(LOCAL_ZONE):%Y-%m-%d %H:%M}"}
    text = _l("The payee's account was changed: %(hours)s hours must pass first, until %(until)s.")
    return Reason("account_cooling", text, data)


def is_reversed_first(ctx: Context, refund: Refund) -> Reason | None:
    """W05: after a special invoice the red letter comes before the money (domain/03)."""
    if refund.cancellation_id is None and refund.change_request_id is None:
        return None
    waiting = sa.select(Invoice.invoice_no).where(
        Invoice.order_id == refund.order_id,
        Invoice.kind == InvoiceKind.special,
        Invoice.state == I.applied,
        Invoice.reverses_id.is_not(None),
        Invoice.red_letter_no.is_(None),
    )
    number = ctx.session.scalar(waiting.order_by(Invoice.id).limit(1))
    if number is None or refund.reason in OWED_REASONS:
        return None
    text = _l("A special invoice was issued: the red letter of %(invoice)s must be confirmed before the refund.")
    return Reason("red_letter_first", text, {"invoice": number})


def is_surcharge_paid(ctx: Context, refund: Refund) -> Reason | None:
    """A surcharge is returned out of what the customer has paid: on credit he owes it still."""
    if refund.reason is not RefundReason.rush_surcharge:
        return None
    order = ctx.session.get_one(Order, refund.order_id)
    missing = refund.amount - (order.paid_amount - order.refunded_amount)
    if missing <= 0:
        return None
    if access(ctx.actor, Order, "paid_amount") is not Access.full:
        return Reason("surcharge_unpaid", _l("The order is not paid as far as this surcharge: wait for the money."))
    text = _l("The order is not paid as far as this surcharge: %(missing)s must come in first.")
    return Reason("surcharge_unpaid", text, {"missing": f"{missing:.2f}"})
