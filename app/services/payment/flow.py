"""The workflows of payment, refund and invoice (clause 11)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from app.kernel.context import Context
from app.kernel.duties import Duty
from app.kernel.engine import fire
from app.kernel.errors import DomainError, DuplicateError, NotFoundError, Reason
from app.kernel.schema import EntityInput, ReasonInput, Related, field_for, reason_field
from app.kernel.workflow import Clock, Step, Workflow
from app.services.payment import actions, payout, queries, refunds, reversal, rules
from models.labels import InvoiceState as I
from models.labels import PaymentState as P
from models.labels import RefundState as R
from models.labels_money import LATENESS_REASONS, UNALLOCATED_REASONS
from models.order import Order
from models.payment import Invoice, Payment, Refund
from models.policy import DEFAULTS

THREE_PEOPLE = "duty.refund_three"
TAX_NUMBER = r"^\d{20}$"


class AllocateInput(EntityInput):
    """Which order the money is for."""

    order_id = Related("sales_order", required=True, metadata={"label": _l("Order")})


class AllocatedInput(EntityInput):
    """What was allocated; the program fills it in."""

    order_id = Related("sales_order", required=True, metadata={"label": _l("Order")})
    amount = fields.Decimal(places=2, required=True, allow_nan=False, metadata={"label": _l("Amount")})


class IssueInput(EntityInput):
    """The number the tax platform gave."""

    tax_invoice_no = fields.String(
        required=True,
        validate=validate.Regexp(TAX_NUMBER, error=_l("The number has 20 digits.")),
        metadata={"label": _l("Tax invoice number"), "help": _l("20 digits, as the tax platform gave it.")},
    )


class RedLetterInput(EntityInput):
    """The confirmation that a red invoice is issued by."""

    red_letter_no = field_for(Invoice, "red_letter_no", required=True)


class AccountInput(EntityInput):
    """Where the money goes instead, and why."""

    payee_account = field_for(Refund, "payee_account", required=True)
    payee_name = field_for(Refund, "payee_name", required=False)
    reason = reason_field()


def allocate(ctx: Context, payment: Payment, values: Mapping[str, Any]) -> None:
    """Brings a payment to an order. Raises DomainError ``other_customer``, ``order_ended``, ``nothing_due``."""
    order = ctx.session.get(Order, values["order_id"])
    if order is None:
        raise NotFoundError
    if order.state in actions.ENDED:
        raise DomainError(
            _l("The order has ended: its money goes back, or to another order of the customer."), code="order_ended"
        )
    if payment.customer_id is not None and payment.customer_id != order.customer_id:
        raise DomainError(
            _l("The order belongs to another customer than the payment: choose one of this customer."),
            code="other_customer",
        )
    # The step is journalled before the system steps it leads to.
    ctx.session.flush()
    if actions.allocate(ctx, payment, order) == rules.ZERO:
        raise DomainError(
            _l("The order has nothing left to pay, or the payment nothing left to give."), code="nothing_due"
        )


def book(ctx: Context, payment: Payment, values: Mapping[str, Any]) -> None:
    """The payment belongs to the order it was first allocated to."""
    payment.allocated_amount += values["amount"]
    if payment.order_id is None:
        payment.order_id = values["order_id"]
    if payment.customer_id is None:
        payment.customer_id = ctx.session.get_one(Order, values["order_id"]).customer_id


def is_above_two(ctx: Context, refund: Refund) -> bool:
    """Above the limit three people handle a refund, up to it two (domain/09 9.4, rule 6)."""
    return refund.amount > ctx.policy.get(THREE_PEOPLE, Decimal(DEFAULTS[THREE_PEOPLE]))


def change_account(ctx: Context, refund: Refund, values: Mapping[str, Any]) -> None:
    """Another account or payee; what was approved is approved anew. Raises DomainError ``other_payee``."""
    refunds.check_payee(ctx, refund, values)
    refund.payee_account = values["payee_account"]
    refund.payee_name = values.get("payee_name") or refund.payee_name
    refund.approved_by_id = None
    refund.account_changed_at = ctx.now


def approve_refund(ctx: Context, refund: Refund, _values: Mapping[str, Any]) -> None:
    """Who approved."""
    refund.approved_by_id = ctx.actor.id


def execute_refund(ctx: Context, refund: Refund, _values: Mapping[str, Any]) -> None:
    """The money has left; an overpayment that went back leaves nothing to allocate."""
    refund.executed_by_id = ctx.actor.id
    refund.executed_at = ctx.now
    if refund.payment_id is None or refund.reason not in UNALLOCATED_REASONS:
        return
    ctx.session.flush()
    payment = ctx.session.get_one(Payment, refund.payment_id)
    if queries.unallocated(ctx, payment) == rules.ZERO and payment.state is not P.allocated:
        data = {"order_id": refund.order_id, "amount": rules.ZERO}
        fire(ctx.as_system(), payment, "mark_allocated", data, reason=refund.refund_no)


def is_of_lateness(refund: Refund) -> bool:
    """Whether nothing else leads to its amount again: a cancellation records its own refunds anew."""
    return refund.reason in LATENESS_REASONS


def is_not_recorded_again(ctx: Context, refund: Refund) -> Reason | None:
    """What is owed once is recorded once, until that is rejected too."""
    if not is_of_lateness(refund):
        return Reason("not_reckoned", _l("Only what the program has reckoned for late goods is recorded anew here."))
    if not queries.is_recorded(ctx, refund):
        return None
    return Reason("recorded_already", _l("This is recorded already: go on with that refund."))


def record_anew(ctx: Context, refund: Refund, _values: Mapping[str, Any]) -> None:
    """The same money once more, recorded by this person: others approve it and pay it out."""
    refunds.record_owed(ctx, refund.order, refund.reason, refund.amount, refund.note)


def has_red_letter(_ctx: Context, invoice: Invoice) -> Reason | None:
    """A red invoice is issued by its confirmation (domain/03)."""
    if not reversal.is_red(invoice) or invoice.red_letter_no:
        return None
    return Reason("red_letter_needed", _l("Ask the tax platform for the red letter first, and enter its number."))


def enter_red_letter(_ctx: Context, invoice: Invoice, values: Mapping[str, Any]) -> None:
    """The platform gave a confirmation; one that lapsed is followed by another."""
    invoice.red_letter_no = values["red_letter_no"]


def issue(ctx: Context, invoice: Invoice, values: Mapping[str, Any]) -> None:
    """The tax platform has issued it. Raises DuplicateError where the number is taken."""
    number = values["tax_invoice_no"]
    if taken := ctx.session.scalar(sa.select(Invoice.invoice_no).where(Invoice.tax_invoice_no == number)):
        raise DuplicateError(
            _l("This tax number stands on %(invoice)s already: check it."), code="tax_number_taken", invoice=taken
        )
    invoice.tax_invoice_no = number
    invoice.issued_at = ctx.now


# Domain/09 9.4, rules 6, 7, 8 and 15.
RECORDED = ("refund.add", "refund.edit", "refund.change_account")
NOT_BY_RECORDER = (Duty(6, RECORDED, _l("Whoever recorded a refund does not approve it.")),)
NOT_BY_APPROVER = (
    Duty(6, ("refund.approve",), _l("Whoever approved a refund does not pay it out.")),
    Duty(
        6,
        RECORDED,
        _l("Three people handle a refund of this amount: whoever recorded it does not pay it out."),
        when=is_above_two,
    ),
    Duty(15, ("refund.change_account",), _l("Whoever changed the payee's account does not pay out to it.")),
)
NOT_BY_POSTER = (Duty(7, ("payment.add",), _l("Whoever recorded a payment does not allocate it.")),)
NOT_BY_APPLICANT = (
    Duty(
        8,
        ("invoice.add", "invoice.edit"),
        _l("Whoever applied for an invoice does not issue it."),
        spare="invoice.issue",
    ),
)

PAYMENT = Workflow(
    name="payment",
    subject=Payment,
    states=P,
    initial=P.unallocated,
    final=(P.allocated,),
    steps=(
        Step(
            "allocate",
            _l("Allocate to an order"),
            (P.unallocated, P.partly),
            None,
            permission="allocate",
            not_by=NOT_BY_POSTER,
            asks=AllocateInput,
            effect=allocate,
            clause="11(1)",
        ),
        # Fired by the allocation: the state says how much of the money has found its order.
        Step(
            "mark_partly", _l("Partly allocated"), (P.unallocated, P.partly), P.partly, asks=AllocatedInput, effect=book
        ),
        Step(
            "mark_allocated",
            _l("Allocated"),
            (P.unallocated, P.partly),
            P.allocated,
            asks=AllocatedInput,
            effect=book,
        ),
    ),
    clocks=(
        Clock(
            "F1",
            _l("Posting"),
            start=(),
            stop=("payment.allocate", "payment.mark_partly", "payment.mark_allocated"),
            limit="sla.F1.limit",
            clause="11(1)",
            calendar="office",
            start_field="received_at",
        ),
    ),
)

REFUND = Workflow(
    name="refund",
    subject=Refund,
    states=R,
    initial=R.draft,
    final=(R.executed, R.rejected),
    steps=(
        Step(
            "approve",
            _l("Approve"),
            (R.draft,),
            R.approved,
            permission="approve",
            not_by=NOT_BY_RECORDER,
            effect=approve_refund,
            clause="11(2)",
        ),
        Step(
            "execute",
            _l("Paid out"),
            (R.approved,),
            R.executed,
            permission="execute",
            guards=(payout.is_cooled, payout.is_reversed_first, payout.is_surcharge_paid),
            not_by=NOT_BY_APPROVER,
            effect=execute_refund,
            confirm=_l("Has the money been sent back?"),
            clause="11(2)",
        ),
        Step(
            "change_account",
            _l("Change the payee's account"),
            (R.draft, R.approved),
            R.draft,
            permission="account",
            asks=AccountInput,
            effect=change_account,
            tone="neutral",
            clause="11(2)",
        ),
        Step(
            "reject",
            _l("Reject"),
            (R.draft, R.approved),
            R.rejected,
            permission="reject",
            asks=ReasonInput,
            tone="danger",
            clause="11(2)",
        ),
        Step(
            "record_anew",
            _l("Record anew"),
            (R.rejected,),
            None,
            permission="record_anew",
            guards=(is_not_recorded_again,),
            effect=record_anew,
            confirm=_l("A copy of this refund is made as a new draft; others approve and pay it out. Go on?"),
            concerns=is_of_lateness,
            tone="neutral",
            clause="11(2)",
        ),
    ),
    clocks=(
        Clock(
            "R3",
            _l("Refund"),
            start=("refund.approve",),
            stop=("refund.execute", "refund.reject"),
            limit="sla.R3.limit",
            clause="11(2)",
        ),
    ),
)

INVOICE = Workflow(
    name="invoice",
    subject=Invoice,
    states=I,
    initial=I.applied,
    final=(I.issued, I.void),
    steps=(
        Step(
            "issue",
            _l("Issue"),
            (I.applied,),
            I.issued,
            permission="issue",
            guards=(has_red_letter,),
            not_by=NOT_BY_APPLICANT,
            asks=IssueInput,
            effect=issue,
            clause="11(2)",
        ),
        Step(
            "enter_red_letter",
            _l("Enter the red letter"),
            (I.applied,),
            None,
            permission="issue",
            asks=RedLetterInput,
            effect=enter_red_letter,
            concerns=reversal.is_red,
            tone="neutral",
            clause="11(2)",
        ),
        Step(
            "void",
            _l("Void"),
            (I.applied,),
            I.void,
            permission="void",
            guards=(reversal.is_reversal_over,),
            asks=ReasonInput,
            effect=reversal.void,
            tone="danger",
            clause="11(2)",
        ),
    ),
    clocks=(
        Clock(
            "F2",
            _l("Invoice"),
            start=("invoice.add",),
            stop=("invoice.issue", "invoice.void"),
            limit="sla.F2.limit",
            clause="11(2)",
            calendar="office",
        ),
        # Then the platform voids the confirmation.
        Clock(
            "F3",
            _l("Red letter"),
            start=("invoice.enter_red_letter",),
            # One that lapsed is followed by another, with its own hours.
            stop=("invoice.enter_red_letter", "invoice.issue", "invoice.void"),
            limit="sla.F3.limit",
            clause="11(2)",
            when=reversal.is_red,
        ),
    ),
)
