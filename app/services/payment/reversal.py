"""Red invoices: what was invoiced above an order's worth is reversed (发票管理办法; domain/03, clause 11(2))."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context, entered
from app.kernel.engine import fire, lock
from app.kernel.errors import Reason, StepBlockedError
from app.kernel.journal import Act, name_act
from app.kernel.money import rounded
from app.kernel.numbering import next_number
from app.services.payment import queries, rules
from models.labels import InvoiceState, RedReason
from models.order import Order
from models.payment import Invoice


def reverse_excess(ctx: Context, order: Order, before: Decimal, reason: RedReason, why: str) -> None:
    """Brings what is invoiced down to what the order is worth now; the newest invoices first.

    Applications are lowered, and voided where nothing stays of them. What the tax platform has issued stays: a red
    invoice waits for finance to issue it. The caller holds the order's lock.

    Args:
        before: what the order was worth; only where all of that was invoiced do red invoices take the tax it lost.
        why: names the cancellation or the change.
    """
    ctx.session.flush()
    applications = _blue(ctx, order, InvoiceState.applied)
    issued = _blue(ctx, order, InvoiceState.issued)
    gross, _ = queries.invoiced(ctx, order)
    excess, is_whole = gross - order.total_amount, gross == before
    if excess <= rules.ZERO:
        return
    # Whoever applied stays bound, and whoever took the step is not taken for the applicant.
    with entered(ctx.as_system()) as system:
        for invoice in applications:
            if excess <= rules.ZERO:
                break
            stays = max(invoice.gross_amount - excess, rules.ZERO)
            excess -= invoice.gross_amount - stays
            if stays > rules.ZERO:
                _lower(system, order, invoice, stays, why)
            else:
                fire(system, invoice, "void", {"reason": why})
    _reverse(ctx, order, issued, excess, reason, is_whole=is_whole)


def _lower(ctx: Context, order: Order, invoice: Invoice, stays: Decimal, why: str) -> None:
    # With what stays the order is invoiced in full, so that it takes the tax that the others leave.
    others = queries.invoiced(ctx, order)[1] - invoice.tax_amount
    tax = rules.tax_share(stays, order.total_amount, order.tax_amount, stays, order.tax_amount - others)
    name_act(ctx.session, invoice, Act("invoice.edit", reason=why))
    invoice.gross_amount, invoice.tax_amount, invoice.net_amount = stays, tax, stays - tax
    ctx.session.flush()


def _reverse(
    ctx: Context, order: Order, issued: Sequence[Invoice], excess: Decimal, reason: RedReason, *, is_whole: bool
) -> None:
    _, tax = queries.invoiced(ctx, order)
    tax_excess = tax - order.tax_amount
    reversed_by = _reversed(ctx, order)
    for invoice in issued if excess > rules.ZERO else ():
        back, tax_back = reversed_by.get(invoice.id, (rules.ZERO, rules.ZERO))
        left, tax_left = invoice.gross_amount + back, invoice.tax_amount + tax_back
        part = min(excess, left)
        if part <= rules.ZERO:
            continue
        tax_part = rounded(tax_left * part / left)
        if is_whole and part < left:
            # Of the last one only so much tax goes that the order's own remains.
            tax_part = min(max(tax_excess, rules.ZERO), tax_left, part)
        excess, tax_excess = excess - part, tax_excess - tax_part
        red = Invoice(
            invoice_no=next_number(ctx, "IV"),
            order_id=order.id,
            title=invoice.title,
            tax_no=invoice.tax_no,
            kind=invoice.kind,
            gross_amount=-part,
            tax_amount=-tax_part,
            net_amount=tax_part - part,
            reverses_id=invoice.id,
            red_reason=reason,
        )
        ctx.session.add(red)
        ctx.session.flush()


def _blue(ctx: Context, order: Order, state: InvoiceState) -> Sequence[Invoice]:
    """The newest first, each locked and read afresh: nobody issues or voids it meanwhile."""
    statement = sa.select(Invoice).where(
        Invoice.order_id == order.id, Invoice.state == state, Invoice.reverses_id.is_(None)
    )
    fresh = statement.order_by(Invoice.id.desc()).with_for_update().execution_options(populate_existing=True)
    return ctx.session.scalars(fresh).all()


def _reversed(ctx: Context, order: Order) -> dict[int | None, tuple[Decimal, Decimal]]:
    """Gross and tax, below zero, that red invoices take from each one."""
    statement = (
        sa.select(Invoice.reverses_id, sa.func.sum(Invoice.gross_amount), sa.func.sum(Invoice.tax_amount))
        .where(Invoice.order_id == order.id, Invoice.reverses_id.is_not(None), Invoice.state != InvoiceState.void)
        .group_by(Invoice.reverses_id)
    )
    return {key: (gross, tax) for key, gross, tax in ctx.session.execute(statement)}


def is_red(invoice: Invoice) -> bool:
    """Whether it reverses another one."""
    return invoice.reverses_id is not None


def is_reversal_over(ctx: Context, invoice: Invoice) -> Reason | None:
    """What reverses too much invoiced is not given up: the order would be invoiced above its worth."""
    if not is_red(invoice):
        return None
    order = ctx.session.get_one(Order, invoice.order_id)
    if queries.invoiced(ctx, order)[0] - invoice.gross_amount <= order.total_amount:
        return None
    return Reason("reversal_needed", _l("Without this red invoice more is invoiced than the order is worth."))


def void(ctx: Context, invoice: Invoice, _values: Mapping[str, Any]) -> None:
    """A red invoice is given up under the order's lock, as applications come: either sees what the other left.

    Raises:
        StepBlockedError: ``reversal_needed``.
    """
    if not is_red(invoice):
        return
    lock(ctx, ctx.session.get_one(Order, invoice.order_id))
    if reason := is_reversal_over(ctx, invoice):
        raise StepBlockedError([reason])
