"""What a cancellation costs, and what becomes of the order, its goods and its money when it takes effect. Clause 15."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.consequences.supply import cancel_shipments, give_back
from app.kernel.context import Context, entered
from app.kernel.engine import fire
from app.kernel.errors import DomainError
from app.kernel.journal import plain
from app.services.amendment import actions, rules
from app.services.approval import actions as approvals
from app.services.letter import actions as letters
from app.services.order import amend, pricing, progress
from app.services.order.rules import content_hash
from app.services.payment import queries as money
from app.services.payment import refunds, replan, reversal
from models.cancellation import Cancellation, CancellationLine, CostItem
from models.labels import ApprovalKind, CancelKind, CostKind, CustomerKind, LetterState, RedReason, RefundReason
from models.letter import ConfirmationLetter
from models.order import Order

Values = Mapping[str, Any]
ZERO = Decimal(0)
OFFERED = (
    "released_amount", "documented_amount", "cap_amount", "handling_amount", "compensation_amount",
    "deposit_share_amount", "prepay_share_amount", "deposit_kept_amount", "kept_amount", "refund_amount",
    "claim_amount", "penalty_amount",
)  # fmt: skip


def open_cancellation(ctx: Context, values: Values) -> Cancellation:
    """A request with its numbers. See :func:`app.services.amendment.actions.open_cancellation`."""
    cancellation = actions.open_cancellation(ctx, values)
    reckon(ctx, cancellation)
    return cancellation


def change_cancellation(ctx: Context, cancellation: Cancellation, values: Values) -> Cancellation:
    """Who asked decides what it costs."""
    actions.change_cancellation(ctx, cancellation, values)
    reckon(ctx, cancellation)
    return cancellation


def add_line(ctx: Context, values: Values) -> CancellationLine:
    """A line more."""
    row = actions.add_line(ctx, values)
    reckon(ctx, row.cancellation)
    return row


def change_line(ctx: Context, row: CancellationLine, values: Values) -> CancellationLine:
    """Another quantity."""
    actions.change_line(ctx, row, values)
    reckon(ctx, row.cancellation)
    return row


def remove_line(ctx: Context, row: CancellationLine) -> None:
    """A line less."""
    cancellation = row.cancellation
    actions.remove_line(ctx, row)
    reckon(ctx, cancellation)


def add_cost(ctx: Context, values: Values) -> CostItem:
    """An item more on the cost sheet."""
    item = actions.add_cost(ctx, values)
    reckon(ctx, item.cancellation)
    return item


def change_cost(ctx: Context, item: CostItem, values: Values) -> CostItem:
    """An item corrected."""
    actions.change_cost(ctx, item, values)
    reckon(ctx, item.cancellation)
    return item


def remove_cost(ctx: Context, item: CostItem) -> None:
    """An item less."""
    cancellation = item.cancellation
    actions.remove_cost(ctx, item)
    reckon(ctx, cancellation)


def reckon(ctx: Context, cancellation: Cancellation) -> None:
    """Sets every number of a request from its lines, its cost sheet, and what was paid until now."""
    order = cancellation.order
    found = []
    for row in cancellation.lines:
        row.amount = rules.value_of(row.order_line.line_amount, row.order_line.qty_net, row.qty)
        found.append(rules.Cancelled(row.amount, row.order_line.supply_mode, row.stage))
    documented = rules.documented_cost((item.kind is CostKind.salvage, item.amount) for item in cancellation.costs)
    kind = cancellation.cancel_kind
    charge = rules.charge(found, documented, ctx.policy, kind=kind, is_above_cap=cancellation.is_above_cap)
    after = amend.as_if(ctx, order, _cancelled(order, cancellation.lines)).total_amount
    paid = replan.paid_shares(ctx, order, order.total_amount, after)
    settled = rules.settle(
        charge.compensation,
        paid.deposit,
        paid.other,
        mode=cancellation.deposit_mode,
        kind=kind,
        deposit_kept=cancellation.deposit_kept_amount,
    )
    cancellation.released_amount = sum((each.amount for each in found), ZERO)
    cancellation.documented_amount = max(documented, ZERO)
    cancellation.cap_amount, cancellation.handling_amount = charge.cap, charge.handling
    cancellation.compensation_amount = charge.compensation
    cancellation.deposit_share_amount, cancellation.prepay_share_amount = paid.deposit, paid.other
    cancellation.deposit_kept_amount = settled.deposit_kept
    cancellation.kept_amount, cancellation.refund_amount = settled.kept, settled.refund
    cancellation.claim_amount, cancellation.penalty_amount = settled.claim, settled.penalty
    # It grows until the customer accepts, so it is no part of what must not have moved since the offer.
    is_owed = kind is CancelKind.company and order.customer.kind is CustomerKind.person
    cancellation.interest_amount = money.interest(ctx, order, paid.other) if is_owed else ZERO
    ctx.session.flush()


def _cancelled(order: Order, rows: Iterable[CancellationLine]) -> dict[int, Values]:
    held = {line.id: line.qty_cancelled for line in order.lines}
    return {row.order_line_id: {"qty_cancelled": held[row.order_line_id] + row.qty} for row in rows}


def reckon_again(ctx: Context, cancellation: Cancellation, _values: Values) -> None:
    """The numbers as they are at this step; the system sets them, whoever took the step has not made the cost sheet."""
    actions.lock_order(ctx, cancellation.order_id)
    with entered(ctx.as_system()):
        reckon(ctx, cancellation)


def ask_committee(ctx: Context, cancellation: Cancellation, _values: Values) -> None:
    """More than the cap, or the company's own cancellation, goes before the committee. Clause 15."""
    reckon_again(ctx, cancellation, {})
    content = {
        "kind": cancellation.cancel_kind,
        "lines": [[row.order_line_id, row.qty, row.stage] for row in cancellation.lines],
        "costs": [[item.kind, item.amount] for item in cancellation.costs],
    }
    approvals.ask(
        ctx,
        approvals.Matter(
            ApprovalKind.cancellation,
            "cancellation",
            cancellation.id,
            content_hash=content_hash(plain(content)),
            amount=max(cancellation.documented_amount, cancellation.penalty_amount + cancellation.interest_amount),
            triggers=["company" if cancellation.cancel_kind is CancelKind.company else "above_cap"],
            summary=cancellation.note or "",
            order_id=cancellation.order_id,
        ),
    )


def void_approval(ctx: Context, cancellation: Cancellation, _values: Values) -> None:
    """Sent back: lines, costs and who cancels may become others, and what the committee said was of these."""
    approvals.void(ctx, "cancellation", cancellation.id)


def take_effect(ctx: Context, cancellation: Cancellation, _values: Values) -> None:
    """Lines, prices, goods, tasks, shipments, payment plan and letter follow together, or nothing does.

    Raises:
        DomainError: ``offer_outdated`` where the order, its goods or its money have moved since the offer.
    """
    order = actions.lock_order(ctx, cancellation.order_id)
    before = order.total_amount
    _require_unmoved(ctx, order, cancellation)
    actions.let_go(ctx, cancellation)
    quantities = {row.order_line_id: row.qty for row in cancellation.lines}
    amend.call_off(ctx, order, quantities)
    for line in order.lines:
        if line.id in quantities:
            give_back(ctx, line)
    cancel_shipments(ctx, order, quantities, cancellation.cancellation_no)
    replan.replan(ctx, order, before, is_pro_rata=True, kept=cancellation.kept_amount)
    reversal.reverse_excess(ctx, order, before, RedReason.returned, cancellation.cancellation_no)
    amend.judge(ctx, order)
    if all(line.qty_net == ZERO for line in order.lines):
        ended = {"cancel_kind": cancellation.cancel_kind, "cancel_reason": cancellation.cancel_reason}
        fire(ctx.as_system(), order, "call_off", {name: str(value) for name, value in ended.items()})
    else:
        send_next_letter(ctx, order)
    progress.recount_money(ctx, order)


def _require_unmoved(ctx: Context, order: Order, cancellation: Cancellation) -> None:
    stages = actions.stages(ctx, order)
    for row in cancellation.lines:
        actions.check_quantity(row.order_line, row.qty)
    told = [getattr(cancellation, name) for name in OFFERED]
    reckon(ctx, cancellation)
    same_stage = all(stages[row.order_line_id] is row.stage for row in cancellation.lines)
    if not same_stage or told != [getattr(cancellation, name) for name in OFFERED]:
        raise DomainError(
            _l("Money or goods of the order have moved since the offer: make the offer anew, then ask the customer."),
            code="offer_outdated",
        )


def send_next_letter(ctx: Context, order: Order) -> ConfirmationLetter:
    """The next version of the letter, with the promise that stands, sent as the last one was. Clause 13(3)."""
    statement = (
        sa.select(ConfirmationLetter)
        .where(ConfirmationLetter.order_id == order.id, ConfirmationLetter.state != LetterState.superseded)
        .order_by(ConfirmationLetter.letter_version.desc())
        .limit(1)
    )
    last = ctx.session.scalars(statement).one()
    values = {"promised_on": order.promised_on, "promise_rule": order.promise_rule, "channel": last.channel}
    return letters.send_letter(ctx, order, values, pricing.content_of(order))


def record_refund(ctx: Context, cancellation: Cancellation, _values: Values) -> None:
    """What goes back, and what the company owes besides, become refunds for others to approve and to pay out.

    Clause 11(2); 民法典 587, 消法 53.
    """
    if (amount := money.set_aside(ctx, cancellation)) > ZERO:
        refunds.record_refund(
            ctx,
            {
                "order_id": cancellation.order_id,
                "cancellation_id": cancellation.id,
                "payment_id": money.way_back(ctx, cancellation.order_id),
                "reason": RefundReason.cancel,
                "amount": amount,
                "compensation_amount": cancellation.kept_amount,
            },
        )
    for reason, amount in money.owed(ctx, cancellation).items():
        if amount > ZERO:
            refunds.record_owed(ctx, cancellation.order, reason, amount, None, cancellation_id=cancellation.id)
