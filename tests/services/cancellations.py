"""Cancellations as far as a test needs them, by firing their steps."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.consequences import cancelling
from models.cancellation import Cancellation
from models.order import Order
from models.payment import PaymentAllocation
from tests.services.company import Company

D = Decimal
ASKED, COSTED, CHECKED, OFFERED = "2026-11-26 09:00", "2026-11-26 11:00", "2026-11-26 14:00", "2026-11-26 15:00"
ACCEPTED = "2026-11-27 10:00"
SHEET = (("material", "1260.00"), ("labour", "420.00"), ("design", "150.00"), ("salvage", "130.00"))


def ask(company: Company, order: Order, **values: Any) -> Cancellation:
    """The customer asks to cancel B."""
    with company.act("oc_li", ASKED) as ctx:
        given = {"cancel_kind": "customer", "cancel_reason": "design", "note": "客户电话：书柜不要了"}
        lines = [{"order_line_id": order.lines[1].id, "qty": D(1)}]
        return cancelling.open_cancellation(ctx, {"order_id": order.id, "lines": lines, **given, **values})


def cost(company: Company, request: Cancellation, sheet: tuple[tuple[str, str], ...] = SHEET) -> Cancellation:
    """Production enters the costs and says that they are all."""
    with company.act("pd_chen", COSTED) as ctx:
        for kind, amount in sheet:
            cancelling.add_cost(ctx, {"cancellation_id": request.id, "kind": kind, "amount": D(amount)})
    company.fire("pd_chen", COSTED, request, "cost")
    return request


def offer(company: Company, order: Order, sheet: tuple[tuple[str, str], ...] = SHEET, **data: Any) -> Cancellation:
    """As far as the offer."""
    request = cost(company, ask(company, order), sheet)
    company.fire("fi_zhou", CHECKED, request, "check")
    company.fire("oc_li", OFFERED, request, "offer", **data)
    return request


def accept(company: Company, request: Cancellation, **data: Any) -> Cancellation:
    """The customer's yes."""
    return company.fire("oc_li", ACCEPTED, request, "accept", accepted_how="微信确认", **data)


def money_of(company: Company, order: Order) -> dict[str, Decimal]:
    """Nature → what is allocated to it."""
    statement = (
        sa.select(PaymentAllocation.nature, sa.func.sum(PaymentAllocation.amount))
        .where(PaymentAllocation.order_id == order.id)
        .group_by(PaymentAllocation.nature)
    )
    return {str(nature): amount for nature, amount in company.session.execute(statement)}
