"""Records refunds and applies for invoices."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import DomainError, NotFoundError
from app.kernel.numbering import next_number
from app.services.payment import queries, rules
from models.cancellation import Cancellation
from models.change import ChangeRequest
from models.labels import CustomerKind, InvoiceKind, OrderState, OrderType
from models.labels_money import OWED_REASONS, UNALLOCATED_REASONS, RefundReason
from models.order import Order
from models.payment import Invoice, Payment, Refund

NOT_INVOICEABLE = frozenset(
    {
        OrderState.draft,
        OrderState.pending_review,
        OrderState.pending_approval,
        OrderState.approved,
        OrderState.cancelled,
        OrderState.rejected,
    }
)
REFUND_DAYS = Decimal(7)


def record_refund(ctx: Context, values: Mapping[str, Any]) -> Refund:
    """A draft of money that goes back. Clause 11(2).

    Overpayments and double payments come out of what their payment left unallocated, everything else out of what the
    order was paid.

    Raises:
        DomainError: ``amount_not_positive``, ``payment_needed``, ``other_order``, ``over_refundable``,
            ``other_payee``, ``reckoned`` for what only the program records.
    """
    given = {key: value for key, value in values.items() if value is not None}
    order = _locked(ctx, Order, given["order_id"])
    if given.get("reason") in OWED_REASONS:
        raise DomainError(
            _l("The program records this by itself, with the amount it reckons: choose another reason."),
            code="reckoned",
        )
    if given.setdefault("amount", rules.ZERO) <= rules.ZERO:
        raise DomainError(_l("A refund is above zero: correct the amount."), code="amount_not_positive")
    payment = _locked(ctx, Payment, given["payment_id"]) if "payment_id" in given else None
    if payment is not None:
        _check_payment(payment, order, given)
    else:
        _check_account(queries.payer_accounts(ctx, order.id), given.get("payee_account"))
    most = _most(ctx, order, payment, Refund(**given))
    if given["amount"] > most:
        raise DomainError(
            _l("At most %(most)s can be refunded: reduce the amount."), code="over_refundable", most=f"{most:.2f}"
        )
    return _record(ctx, order, payment, given)


def record_owed(
    ctx: Context, order: Order, reason: RefundReason, amount: Decimal, note: str | None, **origin: int
) -> Refund:
    """A draft of what the company owes for its own fault: it goes the way of every refund. Clause 11(2).

    It takes nothing from what the order was paid, so that the rest of the price stays due. ``reason`` is one of
    OWED_REASONS, ``origin`` the key of the cancellation it follows from.
    """
    key = queries.way_back(ctx, order.id)
    payment = ctx.session.get_one(Payment, key) if key is not None else None
    given = {"order_id": order.id, "payment_id": key, "reason": reason, "amount": amount, "note": note, **origin}
    return _record(ctx, order, payment, given)


def _record(ctx: Context, order: Order, payment: Payment | None, given: dict[str, Any]) -> Refund:
    if payment is not None:
        given.setdefault("payee_name", payment.payer_name or order.customer.name)
        given.setdefault("payee_account", payment.payer_account)
    given.setdefault("payee_name", order.customer.name)
    days = ctx.policy.get("refund.days", REFUND_DAYS)
    given.setdefault("legal_due_on", ctx.today + timedelta(days=int(days)))
    refund = Refund(**{**given, "refund_no": next_number(ctx, "RF"), "recorded_by_id": ctx.actor.id})
    ctx.session.add(refund)
    ctx.session.flush()
    return refund


def _check_payment(payment: Payment, order: Order, given: Mapping[str, Any]) -> None:
    if payment.order_id not in {None, order.id}:
        raise DomainError(_l("The payment belongs to another order: choose one of this order."), code="other_order")
    _check_account({payment.payer_account}, given.get("payee_account"))


def check_payee(ctx: Context, refund: Refund, given: Mapping[str, Any]) -> None:
    """Raises DomainError ``other_payee`` where the money came from accounts that are known, and this is none of them.

    Without a payment of its own every account counts from which the order was paid.
    """
    if refund.payment_id is not None:
        _check_account({ctx.session.get_one(Payment, refund.payment_id).payer_account}, given.get("payee_account"))
    else:
        _check_account(queries.payer_accounts(ctx, refund.order_id), given.get("payee_account"))


def _check_account(known: Collection[str | None], account: str | None) -> None:
    if account and any(known) and account not in known:
        raise DomainError(
            _l("Money goes back to the account it came from; another one needs a written mandate and the committee."),
            code="other_payee",
        )


def _most(ctx: Context, order: Order, payment: Payment | None, refund: Refund) -> Decimal:
    for model, key in ((Cancellation, refund.cancellation_id), (ChangeRequest, refund.change_request_id)):
        if key is not None:
            return queries.set_aside(ctx, _locked(ctx, model, key))
    if refund.reason not in UNALLOCATED_REASONS:
        return queries.refundable(ctx, order)
    if payment is None:
        raise DomainError(_l("Choose the payment of which too much came in."), code="payment_needed")
    return queries.unallocated(ctx, payment)


def apply_invoice(ctx: Context, values: Mapping[str, Any]) -> Invoice:
    """An application for an invoice; what is not given is the rest of the order and the customer's title. Clause 11(2).

    Raises:
        DomainError: ``not_invoiceable`` before the confirmation letter and after the end, ``title_not_full``,
            ``special_for_person`` (W04), ``tax_no_needed``, ``over_invoiced``, ``amount_not_positive``.
    """
    given = {key: value for key, value in values.items() if value is not None}
    order = _locked(ctx, Order, given["order_id"])
    if order.state in NOT_INVOICEABLE:
        raise DomainError(
            _l("Only a confirmed order is invoiced: this one is not confirmed yet, or it has ended."),
            code="not_invoiceable",
        )
    customer = order.customer
    full_title = _title_of(order)
    given.setdefault("title", full_title)
    if order.order_type is OrderType.government and given["title"] not in {customer.name, full_title}:
        raise DomainError(
            _l("A government order is invoiced to the full name of the customer or of its contract: leave it empty."),
            code="title_not_full",
        )
    # The number names one taxpayer: under another title it would be a stranger's.
    if customer.uscc and given["title"] == customer.name:
        given.setdefault("tax_no", customer.uscc)
    if given.get("kind") is InvoiceKind.special:
        if customer.kind is CustomerKind.person:
            raise DomainError(
                _l("A person gets an ordinary invoice, not a special one: choose the ordinary kind."),
                code="special_for_person",
            )
        if not given.get("tax_no"):
            raise DomainError(_l("A special invoice needs the buyer's tax number: enter it."), code="tax_no_needed")
    gross_before, tax_before = queries.invoiced(ctx, order)
    left = order.total_amount - gross_before
    gross = given.setdefault("gross_amount", left)
    if gross > left:
        raise DomainError(
            _l("Only %(left)s of this order is not invoiced yet: reduce the amount."),
            code="over_invoiced",
            left=f"{left:.2f}",
        )
    if gross <= rules.ZERO:
        raise DomainError(
            _l("The order is invoiced in full, or the amount is not above zero."), code="amount_not_positive"
        )
    tax = rules.tax_share(gross, order.total_amount, order.tax_amount, left, order.tax_amount - tax_before)
    invoice = Invoice(**{**given, "invoice_no": next_number(ctx, "IV"), "tax_amount": tax, "net_amount": gross - tax})
    ctx.session.add(invoice)
    ctx.session.flush()
    return invoice


def _title_of(order: Order) -> str:
    """To whom an order is invoiced: the title a public buyer's contract names, else the customer."""
    named = (terms.invoice_title for terms in order.contracts if order.order_type is OrderType.government)
    return next((title for title in named if title), order.customer.name)


def _locked(ctx: Context, model: type[Any], key: int) -> Any:
    """The row, locked, so that what is left of its money is decided one by one."""
    record = ctx.session.get(model, key)
    if record is None:
        raise NotFoundError
    ctx.session.flush()
    ctx.session.refresh(record, with_for_update=True)
    return record
