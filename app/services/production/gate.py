"""The production gate: what must be there before goods are made after a customer's wish (domain/05 5.3, clause 14(1)).

A lead opens it early with a reason (``order.open_gate``), which stands on the order.
"""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import Reason
from models.labels import ScheduleTrigger, SupplyMode
from models.labels_order import LetterState
from models.letter import ConfirmationLetter
from models.order import Order
from models.payment import PaymentSchedule
from models.policy import DEFAULTS
from models.production import ProductionTask

ZERO = Decimal(0)
FIRST = (ScheduleTrigger.on_confirm, ScheduleTrigger.before_production)


def is_letter_answered(ctx: Context, task: ProductionTask) -> Reason | None:
    """The customer has confirmed what is made, where the rule asks for it; a version may only have added the date."""
    order = task.order
    if order.gate_reason or not _asks_answer(ctx, task) or is_acknowledged(ctx, order):
        return None
    return Reason("letter_not_answered", _l("The customer has not confirmed the letter yet."))


def is_drawing_signed(_ctx: Context, task: ProductionTask) -> Reason | None:
    """Made goods follow a drawing that the customer has signed."""
    order = task.order
    is_custom = task.order_line.supply_mode is SupplyMode.custom
    if order.gate_reason or not is_custom or order.drawing_signed_at is not None:
        return None
    return Reason("drawing_not_signed", _l("The customer has not signed the drawing yet."))


def is_first_payment_in(ctx: Context, task: ProductionTask) -> Reason | None:
    """Made goods are begun with money, or within the credit that finance gave."""
    order = task.order
    is_custom = task.order_line.supply_mode is SupplyMode.custom
    if order.gate_reason or not is_custom or first_payment_open(ctx, order) <= order.customer.credit_limit_amount:
        return None
    return Reason("first_payment_missing", _l("The first payment has not come in yet."))


def is_acknowledged(ctx: Context, order: Order) -> bool:
    """Whether some version with the present content was confirmed, and the newest is not disputed."""
    statement = sa.select(ConfirmationLetter.state, ConfirmationLetter.acknowledged_at).where(
        ConfirmationLetter.order_id == order.id, ConfirmationLetter.content_hash == order.content_hash
    )
    found = ctx.session.execute(statement).all()
    is_disputed = any(state is LetterState.disputed for state, _at in found)
    return not is_disputed and any(at is not None for _state, at in found)


def first_payment_open(ctx: Context, order: Order) -> Decimal:
    """What is still missing of the instalments that fall due before production."""
    missing = sa.func.sum(PaymentSchedule.amount - PaymentSchedule.paid_amount)
    statement = sa.select(missing).where(PaymentSchedule.order_id == order.id, PaymentSchedule.trigger.in_(FIRST))
    return ctx.session.scalar(statement) or ZERO


def _asks_answer(ctx: Context, task: ProductionTask) -> bool:
    kinds = {str(task.order.order_type.value)}
    if task.order_line.supply_mode is SupplyMode.custom:
        kinds.add("custom")
    codes = [f"confirm.ack_required.{kind}" for kind in kinds]
    return any(ctx.policy.get(code, Decimal(DEFAULTS[code])) > ZERO for code in codes)


GATE = (is_letter_answered, is_drawing_signed, is_first_payment_in)
