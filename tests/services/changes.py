"""Change requests as far as a test needs them, by firing their steps."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.consequences import changing
from models.change import ChangeRequest
from models.labels import (
    SupplyMode,
)
from models.order import Order
from tests.services.company import Company
from tests.services.orders import (
    CHECKS,
    ENTERED,
    REVIEWED,
)  # fmt: skip

D = Decimal
MADE = SupplyMode.make_to_order
ASKED, HEARD, OFFERED = "2026-11-26 09:00", "2026-11-26 11:00", "2026-11-26 15:00"
ACCEPTED, APPLIED = "2026-11-27 10:00", "2026-11-27 11:00"


def ask(company: Company, order: Order, *rows: dict[str, Any], **values: Any) -> ChangeRequest:
    return ask_at(company, order, ASKED, *rows, **values)


def ask_at(company: Company, order: Order, when: str, *rows: dict[str, Any], **values: Any) -> ChangeRequest:
    with company.act("oc_li", when) as ctx:
        given = {"kind": "quantity", "note": "客户电话", "order_id": order.id}
        return changing.open_change(ctx, {**given, **values, "lines": rows})


def heard(company: Company, request: ChangeRequest) -> ChangeRequest:
    """Production and finance have said what they think."""
    company.fire("pd_he", HEARD, request, "say_production", opinion="可行")
    company.fire("fi_zhou", HEARD, request, "say_finance", opinion="价格无误")
    return request


def accepted(company: Company, request: ChangeRequest, **data: Any) -> ChangeRequest:
    company.fire("oc_li", OFFERED, heard(company, request), "offer", **data)
    company.fire("oc_li", ACCEPTED, request, "accept", accepted_how="微信确认")
    return request


def applied(company: Company, order: Order, *rows: dict[str, Any], **values: Any) -> ChangeRequest:
    request = accepted(company, ask(company, order, *rows, **values))
    company.fire("oc_li", APPLIED, request, "apply")
    company.session.refresh(order)
    return request


def line_of(order: Order, number: int, **values: Any) -> dict[str, Any]:
    return {"order_line_id": order.lines[number].id, **values}


def approved_by_committee(company: Company, order: Order) -> Order:
    """A special order that was submitted, reviewed, heard and voted on."""
    company.fire("oc_li", ENTERED, order, "submit")
    company.fire("oc_wang", REVIEWED, order, "escalate", **dict.fromkeys(CHECKS, "passed"), comment="已核对")
    (approval,) = order.approvals
    company.fire("system", REVIEWED, approval, "opine", text="同意")
    for member in ("cm_zhang", "fi_sun"):
        company.fire(member, REVIEWED, approval, "vote", decision="approve")
    company.session.refresh(order)
    return order
