"""The school furniture of scenario S12: a tender of 289,800.00 from its award to its acceptance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from app.services.order.contract import change_terms
from app.services.order.pricing import reprice
from app.services.payment.actions import record_payment
from app.services.shipment.actions import plan_shipment
from models.conformity import Standard
from models.customer import Customer
from models.labels import CustomerKind, OrderState, OrderType, PaymentMethod
from models.order import Order
from models.payment import Payment
from tests.services.company import Company, moment
from tests.services.orders import Goods, draft, fire_all, with_reports
from tests.services.school import certificate, sealed

D = Decimal
SETS = Goods("DSK-STU-SET", 600, 385, on_hand=600, pieces_per_pack=600)
DESKS = Goods("DSK-TCH", 40, 1150, on_hand=40, pieces_per_pack=40)
CHAIRS = Goods("CHR-TCH", 40, 320, on_hand=40, pieces_per_pack=40)
SIGNED = "2026-12-04 10:00"
PROMISED = {"promised_on": "2026-12-21", "channel": "paper"}
DOCUMENT = {"issuer": "杭州银行", "document_no": "BH-2026-77", "valid_until_on": date(2027, 6, 30)}


def priced(company: Company, order: Order) -> None:
    """The typed lines add up."""
    with company.act("oc_li", "2026-11-25 09:10") as ctx:
        reprice(ctx, order)


def awarded(company: Company, **terms: Any) -> Order:
    """289,800.00 with a bond of 5 %, approved by the committee, signed on 2026-12-04 and confirmed."""
    with company.act("cs_ma", "2026-11-25 08:00") as ctx:
        bureau = Customer(code="CUS-EDU", kind=CustomerKind.government, name="区教育局", phone="057188886666")
        ctx.session.add(bureau)
    values = {
        "order_type": OrderType.government,
        "award_amount": D(289800),
        "bond_amount": D(14490),
        "customer": bureau,
    }
    requested = moment("2026-12-21").date()
    order = draft(
        company, SETS, DESKS, CHAIRS, received_at=moment("2026-11-25 09:00"), requested_on=requested, **values
    )
    for item in (SETS, DESKS, CHAIRS):
        with_reports(company, item.sku, Standard.gb_18584)
    priced(company, order)
    company.fire("oc_li", "2026-11-25 09:20", order, "submit")
    company.fire("oc_wang", "2026-11-25 10:00", order, "escalate")
    (approval,) = order.approvals
    company.fire("fi_zhou", "2026-11-25 11:00", approval, "opine", text="保函 5 %，账期 30 天")
    for who in ("lg_gao", "pd_he"):
        company.fire(who, "2026-11-25 12:00", approval, "vote", decision="approve")
    with company.act("oc_li", SIGNED) as ctx:
        change_terms(ctx, order.contracts[0], {"signed_on": date(2026, 12, 4), **terms})
    company.fire("oc_li", SIGNED, order, "confirm", **PROMISED)
    company.session.refresh(order)
    return order


def delivered(company: Company, order: Order) -> Order:
    """All 680 items arrive on 2026-12-21 at 10:00."""
    for inspection in list(order.inspections):
        company.fire("qc_sun", "2026-12-18 09:00", inspection, "accept")
    with company.act("lg_liu", "2026-12-18 10:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    slot = {"mode": "line", "slot_from": "2026-12-21T09:00", "slot_to": "2026-12-21T11:00"}
    company.fire("lg_liu", "2026-12-19 09:00", shipment, "schedule", **slot)
    fire_all(company, "lg_xu", "2026-12-21 07:00", shipment.packages, "load")
    company.fire("lg_xu", "2026-12-21 08:00", shipment, "dispatch")
    company.fire("lg_xu", "2026-12-21 10:00", shipment, "deliver", receiver_name="李老师")
    company.session.refresh(order)
    return order


def accepted(company: Company, order: Order, when: str = "2026-12-25 15:00") -> Order:
    """The acceptance certificate of the school."""
    for acceptance in order.acceptances:
        certificate(company, acceptance, when)
        sealed(company, acceptance, when)
        company.fire("cs_ma", when, acceptance, "sign", signed_by="李老师")
    assert order.state is OrderState.completed
    company.session.refresh(order)
    return order


def pays(company: Company, order: Order, amount: str, when: str, txn: str = "T1") -> Payment:
    with company.act("fi_qian", when) as ctx:
        given = {"method": PaymentMethod.bank_transfer, "channel_txn_no": txn, "amount": D(amount)}
        return record_payment(ctx, {**given, "order_id": order.id})
