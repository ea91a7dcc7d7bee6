"""Red invoices: what was invoiced above an order's worth is reversed (发票管理办法; domain/03, clause 11(2))."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.numbering import next_number
from app.services.payment import queries, refunds, rules
from models.labels import InvoiceState, RedReason
from models.order import Order
from models.payment import Invoice


def reverse_excess(ctx: Context, order: Order, reason: RedReason, why: str) -> None:
    """Brings what is invoiced down to what the order is worth now; the newest invoices first.

    Applications are voided, and made anew for what stays of them. What the tax platform has issued stays: a red
    invoice waits for finance to issue it. ``why`` names the cancellation or the change.
    """
    gross, _ = queries.invoiced(ctx, order)
    excess = gross - order.total_amount
    if excess <= rules.ZERO:
        return
    system = ctx.as_system()
    for invoice in _blue(ctx, order, InvoiceState.applied):
        if excess <= rules.ZERO:
            break
        fire(system, invoice, "void", {"reason": why})
        stays = max(invoice.gross_amount - excess, rules.ZERO)
        excess -= invoice.gross_amount - stays
        if stays > rules.ZERO:
            told = {name: getattr(invoice, name) for name in ("order_id", "title", "tax_no", "kind")}
            refunds.apply_invoice(system, {**told, "gross_amount": stays})
    _reverse(system, order, excess, reason)


def _reverse(ctx: Context, order: Order, excess: Decimal, reason: RedReason) -> None:
    _, tax = queries.invoiced(ctx, order)
    tax_excess = tax - order.tax_amount
    reversed_by = _reversed(ctx, order)
    for invoice in _blue(ctx, order, InvoiceState.issued) if excess > rules.ZERO else ():
        back, tax_back = reversed_by.get(invoice.id, (rules.ZERO, rules.ZERO))
        left, tax_left = invoice.gross_amount + back, invoice.tax_amount + tax_back
        part = min(excess, left)
        if part <= rules.ZERO:
            continue
        # Of the last one only so much tax goes that the order's own remains.
        tax_part = tax_left if part == left else min(max(tax_excess, rules.ZERO), tax_left, part)
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
    statement = sa.select(Invoice).where(
        Invoice.order_id == order.id, Invoice.state == state, Invoice.reverses_id.is_(None)
    )
    return ctx.session.scalars(statement.order_by(Invoice.id.desc())).all()


def _reversed(ctx: Context, order: Order) -> dict[int | None, tuple[Decimal, Decimal]]:
    """Gross and tax, below zero, that red invoices take from each one."""
    statement = (
        sa.select(Invoice.reverses_id, sa.func.sum(Invoice.gross_amount), sa.func.sum(Invoice.tax_amount))
        .where(Invoice.order_id == order.id, Invoice.reverses_id.is_not(None), Invoice.state != InvoiceState.void)
        .group_by(Invoice.reverses_id)
    )
    return {key: (gross, tax) for key, gross, tax in ctx.session.execute(statement)}
