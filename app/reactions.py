"""The one table: journal action -> what else happens in the same transaction.

The slices know nothing of one another; whoever asks what follows from a step finds it here. Importing this module
declares every workflow of the services.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

import app.services
from app.consequences import cancelling, changing, clocks, exceptions, guarantee, lateness, merging, promise, supply
from app.kernel.context import Context, local_day
from app.kernel.engine import fire, observe, react
from app.kernel.errors import DomainError
from app.services.approval import actions as approvals
from app.services.export import actions as exports
from app.services.installation import actions as installations
from app.services.letter import actions as letters
from app.services.letter import links
from app.services.order import actions as orders
from app.services.order import flags, pricing, progress
from app.services.payment import actions as payments
from app.services.payment import queries as money
from app.services.payment import terms
from app.services.product import actions as products
from app.services.product import queries as stock
from app.services.production import actions as production
from app.services.quality import actions as quality
from app.services.talk import notices
from models.approval import Approval
from models.cancellation import Cancellation
from models.change import ChangeRequest
from models.exception import ExceptionCase
from models.inbox import InboxItem
from models.installation import Acceptance, Installation
from models.labels import ApprovalState, OrderState, ReviewResult
from models.labels_goods import ReservationKind, SupplyMode
from models.labels_work import InspectionKind
from models.order import Order
from models.payment import Payment, PaymentAllocation, Refund
from models.production import ProductionTask
from models.quality import Inspection
from models.shipment import Shipment

Values = Mapping[str, Any]
ZERO = Decimal(0)


def enter_order(ctx: Context, item: InboxItem, values: Values) -> None:
    """A message becomes a draft order that keeps its moment of receipt."""
    order = orders.create_order(
        ctx,
        {
            "channel": item.channel,
            "external_no": item.external_no,
            "received_at": item.received_at,
            "customer_id": values["customer_id"],
            "order_type": values["order_type"],
            "requested_on": values.get("requested_on"),
            "note": item.content,
        },
    )
    item.order_id = order.id


def plan_money(ctx: Context, order: Order, _values: Values) -> None:
    """The payment plan of the order type, and money that came in before the order was entered."""
    payments.plan_schedule(ctx, order)
    payments.match(ctx, order)
    progress.recount_money(ctx, order)
    # Credit and first payment are read off the plan (F05, F06).
    ctx.session.expire(order, ["schedules"])
    flags.judge(ctx, order)


def reserve_stock(ctx: Context, order: Order, values: Values) -> None:
    """Review passed: stock is held softly, as far as there is any where it passed with a condition. Clause 13(1)."""
    if values.get("stock") is ReviewResult.conditional:
        hold_what_there_is(ctx, order, values)
        return
    for line in stock_lines(order):
        products.reserve(ctx, line, line.qty_ordered - line.qty_cancelled, ReservationKind.soft)


def hold_what_there_is(ctx: Context, order: Order, _values: Values) -> None:
    """The committee has decided: stock is held as far as there is any, the letter needs the rest. Clause 13(2)."""
    for line in stock_lines(order):
        free = stock.available(ctx, line.product_id)
        products.reserve(ctx, line, min(line.qty_ordered - line.qty_cancelled, free), ReservationKind.soft)


def ask_committee(ctx: Context, order: Order, _values: Values) -> None:
    """A large or special order goes before the committee, with the numbers that make it so. Clause 13(2)."""
    approvals.request_approval(ctx, order, flags.findings(ctx, order))


def void_review(ctx: Context, order: Order, values: Values) -> None:
    """The review does not hold any more: neither do the approvals, and the stock goes back. Clause 13(1)."""
    approvals.void(ctx, "order", order.id)
    let_go(ctx, order, values)


def let_go(ctx: Context, order: Order, _values: Values) -> None:
    """What the review held in stock goes back until the next one."""
    for line in stock_lines(order):
        products.release(ctx, line)


def count_votes(ctx: Context, approval: Approval, _values: Values) -> None:
    """The vote may be the one that decides."""
    approvals.decide(ctx, approval)


def remind_members(ctx: Context, approval: Approval, _values: Values) -> None:
    """Most of the time for the decision is over: whose vote is missing is told. Clause 13(2)."""
    notices.tell_people(ctx, approval, "approval.remind", approvals.waited_for(ctx, approval))


def pass_decision_on(ctx: Context, approval: Approval, _values: Values) -> None:
    """The record that was decided on goes on or back, where it has steps for that."""
    model = SUBJECTS.get(approval.entity)
    if model is not None:
        fire(ctx.as_system(), ctx.session.get_one(model, approval.entity_id), DECISIONS[approval.state])


def send_letter(ctx: Context, order: Order, values: Values) -> None:
    """The letter says what was reviewed. Clause 13(3)."""
    letters.send_letter(ctx, order, values, pricing.content_of(order))


def settle_promise(ctx: Context, order: Order, _values: Values) -> None:
    """Drawing and money may have been there before the letter."""
    ctx.session.expire(order, ["letters"])
    promise.settle(ctx, order)


def start_supply(ctx: Context, order: Order, _values: Values) -> None:
    """Confirmed: stock is held hard and checked on the way out, everything else becomes a production task."""
    for line in order.lines:
        if line.supply_mode is SupplyMode.stock:
            products.harden(ctx, line)
            net = line.qty_ordered - line.qty_cancelled
            quality.request_inspection(ctx, line, InspectionKind.outgoing, net)
        else:
            production.plan_task(ctx, line)


def stop_supply(ctx: Context, order: Order, _values: Values) -> None:
    """Cancelled before the letter: what was held in stock goes back."""
    for line in stock_lines(order):
        products.release(ctx, line)


def end_letters(ctx: Context, order: Order, _values: Values) -> None:
    """The customer answers no letter of an order that has ended."""
    letters.withdraw_open(ctx, order)


def follow_order(ctx: Context, record: Any, _values: Values) -> None:
    """The order's state follows from what has just begun."""
    progress.follow(ctx, ctx.session.get_one(Order, record.order_id))


def count_produced(ctx: Context, task: ProductionTask, values: Values) -> None:
    """Finished pieces wait for their inspection. Clause 8(4)."""
    done = values["qty_done"]
    if done <= ZERO:
        return
    order = ctx.session.get_one(Order, task.order_id)
    progress.count(ctx, order, "qty_produced", {task.order_line_id: done})
    quality.request_inspection(ctx, task.order_line, InspectionKind.final, done, reported_by_id=ctx.actor.id, task=task)
    progress.follow(ctx, order)


def count_inspected(ctx: Context, inspection: Inspection, _values: Values) -> None:
    """Only what passed may be shipped; what failed comes back to be inspected again. Clause 14(2)."""
    order = ctx.session.get_one(Order, inspection.order_id)
    progress.count(ctx, order, "qty_qc_passed", {inspection.order_line_id: inspection.qty_passed})
    if inspection.qty_failed > ZERO:
        quality.request_inspection(
            ctx,
            inspection.order_line,
            inspection.kind,
            inspection.qty_failed,
            reported_by_id=inspection.reported_by_id,
            task=inspection.task,
            previous=inspection,
        )
    progress.follow(ctx, order)


def require_payment(ctx: Context, shipment: Shipment, _values: Values) -> None:
    """Nothing leaves unpaid beyond the customer's credit: the shipping gate. Clause 14(3).

    Raises:
        DomainError: ``payment_missing``; ``line_held`` for goods whose cancellation is being decided.
    """
    order = ctx.session.get_one(Order, shipment.order_id)
    # Two batches that leave at once are added up one after the other.
    progress.lock_order(ctx, order)
    supply.refuse_held(ctx, shipment)
    missing = money.due_before_shipping(ctx, order, shipment) - order.customer.credit_limit_amount
    if missing > ZERO:
        raise DomainError(
            _l("The customer has not paid yet what is due before shipping: ask finance, then try again."),
            code="payment_missing",
        )


def count_shipped(ctx: Context, shipment: Shipment, _values: Values) -> None:
    """The goods have left: stock falls, reservations end. Clause 14(3)."""
    order = ctx.session.get_one(Order, shipment.order_id)
    quantities = {line.order_line_id: line.qty for line in shipment.lines}
    progress.count(ctx, order, "qty_shipped", quantities)
    for line in stock_lines(order):
        if qty := quantities.get(line.id):
            products.issue(ctx, line, qty)
    progress.follow(ctx, order)


def count_delivered(ctx: Context, shipment: Shipment, _values: Values) -> None:
    """Received goods start the right of return; they are installed, or wait for acceptance at once."""
    order = ctx.session.get_one(Order, shipment.order_id)
    back = {line.order_line_id: line.qty_back for line in shipment.lines}
    progress.count(ctx, order, "qty_back", back)
    received = {line.order_line_id: line.qty_received for line in shipment.lines}
    progress.count(ctx, order, "qty_delivered", received)
    # The receipt may be recorded days after the signature: the customer's terms run from that.
    delivered_at = shipment.delivered_at or ctx.now
    returnable = links.returnable(ctx, order, received)
    progress.start_return_right(order, returnable, ctx.policy["return.window_days"], delivered_at)
    if installations.plan_installation(ctx, shipment) is None:
        progress.start_warranty(order, received, delivered_at)
        installations.request_acceptance(ctx, order, received, shipment=shipment)
    supply_again(ctx, order, back)
    progress.follow(ctx, order)


def supply_again(ctx: Context, order: Order, back: Mapping[int, Decimal]) -> None:
    """What was lost or refused is replaced: held in stock as far as there is any, or made once more. Clause 9(4)."""
    for line in order.lines:
        qty = back.get(line.id, ZERO)
        if qty <= ZERO:
            continue
        if line.supply_mode is SupplyMode.stock:
            products.reserve(ctx, line, min(qty, stock.available(ctx, line.product_id)), ReservationKind.hard)
            quality.request_inspection(ctx, line, InspectionKind.outgoing, qty)
        else:
            production.plan_task(ctx, line)


def count_installed(ctx: Context, installation: Installation, _values: Values) -> None:
    """Installed goods are accepted next; their warranty runs from now (domain/00 0.3)."""
    order = ctx.session.get_one(Order, installation.order_id)
    shipment = installation.shipment
    received = {line.order_line_id: line.qty_received for line in shipment.lines} if shipment else {}
    installed = {line.id: received.get(line.id, ZERO) for line in order.lines if line.needs_install}
    progress.count(ctx, order, "qty_installed", installed)
    progress.start_warranty(order, received, installation.finished_at or ctx.now)
    installations.request_acceptance(ctx, order, received, installation=installation, shipment=shipment)
    progress.follow(ctx, order)


def count_accepted(ctx: Context, acceptance: Acceptance, _values: Values) -> None:
    """Accepted goods complete the order once they are all of it. Clause 14(4)."""
    order = ctx.session.get_one(Order, acceptance.order_id)
    accepted = {line.order_line_id: line.qty_accepted for line in acceptance.lines}
    progress.count(ctx, order, "qty_accepted", accepted)
    progress.follow(ctx, order)
    if order.state is OrderState.completed:
        terms.start_terms(ctx, order, local_day(acceptance.signed_at or ctx.now))


def recount_payment(ctx: Context, payment: Payment, _values: Values) -> None:
    """Every order that the payment was allocated to knows what it has been paid."""
    statement = sa.select(PaymentAllocation.order_id).where(PaymentAllocation.payment_id == payment.id).distinct()
    for order_id in ctx.session.scalars(statement).all():
        progress.recount_money(ctx, ctx.session.get_one(Order, order_id))


def recount_refund(ctx: Context, refund: Refund, _values: Values) -> None:
    """A refund that was paid out lowers what the customer has paid."""
    progress.recount_money(ctx, ctx.session.get_one(Order, refund.order_id))


def stock_lines(order: Order) -> list[Any]:
    """The lines that are taken from stock."""
    return [line for line in order.lines if line.supply_mode is SupplyMode.stock]


# What may be before the committee, by the word of its entity, and the step that follows from the decision.
SUBJECTS: dict[str, type[Any]] = {
    "order": Order,
    "cancellation": Cancellation,
    "change_request": ChangeRequest,
    "exception_case": ExceptionCase,
}
DECISIONS: dict[ApprovalState, str] = {
    ApprovalState.approved: "committee_approve",
    **dict.fromkeys((ApprovalState.rejected, ApprovalState.withdrawn, ApprovalState.expired), "committee_return"),
}
REACTIONS: dict[str, tuple[Callable[[Context, Any, Values], None], ...]] = {
    "inbox_item.enter": (enter_order, clocks.hand_entry_on),
    "order.submit": (plan_money, clocks.explain_entry),
    "order.review": (reserve_stock,),
    "order.escalate": (ask_committee,),
    "order.lapse": (let_go, plan_money, ask_committee),
    "order.review_again": (void_review, plan_money),
    "order.take_back": (void_review,),
    "order.committee_approve": (hold_what_there_is,),
    "order.confirm": (send_letter, start_supply, settle_promise, guarantee.open_bond),
    **dict.fromkeys(("order.complete", "order.close"), (guarantee.release_when_settled,)),
    "order.sign_drawing": (promise.settle_signed,),
    "order.cancel": (stop_supply, guarantee.release_when_settled),
    "order.reject": (guarantee.release_when_settled,),
    "order.call_off": (end_letters, changing.end_open, guarantee.release_when_settled),
    **dict.fromkeys(("approval.vote", "approval.abstain"), (count_votes,)),
    "approval.remind": (remind_members,),
    **dict.fromkeys([f"approval.{step}" for step in ("approve", "reject", "withdraw", "expire")], (pass_decision_on,)),
    "production_task.release": (follow_order,),
    "production_task.report": (count_produced,),
    "inspection.accept": (count_inspected,),
    "inspection.reject": (count_inspected, exceptions.open_second_failure),
    "shipment.dispatch": (require_payment, count_shipped),
    "shipment.deliver": (count_delivered, exceptions.open_bad_delivery, lateness.settle),
    "installation.finish": (count_installed,),
    "acceptance.sign": (count_accepted,),
    "payment.allocate": (recount_payment, promise.settle_paid, guarantee.release_when_settled),
    "refund.execute": (recount_refund,),
    "payment.mark_partly": (exceptions.open_overpayment,),
    "service_ticket.add": (exceptions.open_complaint,),
    "service_ticket.reopen": (exceptions.open_complaint_again,),
    "service_ticket.answer_authority": (exceptions.pass_number_on,),
    "exception_case.add": (exceptions.tell_owner,),
    "exception_case.plan": (exceptions.submit_plan,),
    **dict.fromkeys(
        [f"cancellation.{step}" for step in ("cost", "check", "offer", "committee_approve")],
        (cancelling.reckon_again,),
    ),
    **dict.fromkeys(("customer_merge.merge", "customer_merge.undo"), (merging.keep_reviews,)),
    "cancellation.send_back": (cancelling.void_approval, cancelling.reckon_again),
    "cancellation.escalate": (cancelling.ask_committee,),
    "cancellation.accept": (cancelling.take_effect,),
    "cancellation.refund": (cancelling.record_refund,),
    "change_request.offer": (changing.offer,),
    "change_request.escalate": (changing.ask_committee,),
    "change_request.apply": (changing.apply_change,),
    "change_request.refund": (changing.record_refund,),
    **dict.fromkeys(
        [f"export_request.{step}" for step in ("refuse", "withdraw", "use", "expire")], (exports.forget_arguments,)
    ),
}


def declare_workflows() -> None:
    """A slice declares its workflow by having a module ``flow``."""
    for found in pkgutil.iter_modules(app.services.__path__):
        if find_spec(f"app.services.{found.name}.flow"):
            import_module(f"app.services.{found.name}.flow")


declare_workflows()
for _action, _list in REACTIONS.items():
    for _reaction in _list:
        react(_action, _reaction)
observe(notices.tell_step)
