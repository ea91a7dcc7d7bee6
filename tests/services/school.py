"""The school furniture of S12 on its way: made, loaded, delivered, and accepted by a certificate."""

from __future__ import annotations

from app.services.installation.certificate import judge_standard
from app.services.order.contract import add_terms
from app.services.shipment.actions import plan_shipment
from app.services.talk.actions import Kept, put
from models.conformity import Standard, Verdict
from models.installation import Acceptance
from models.labels import OrderType
from models.order import Order
from models.shipment import Shipment
from tests.services.company import Company
from tests.services.orders import TERMS, fire_all, ready_to_make, school_furniture

APPOINTMENT = {"mode": "own_fleet", "slot_from": "2026-12-21T09:00", "slot_to": "2026-12-21T17:00"}
KEPT = Kept("验收单盖章.pdf", "application/pdf", 10, "0" * 64, is_picture=False)


def ready_to_ship(company: Company) -> Order:
    """The order of S12, decided by the committee, signed, made and inspected by 2026-12-18."""
    order = school_furniture(company)
    with company.act("oc_li", "2026-11-25 09:10") as ctx:
        add_terms(ctx, {"order_id": order.id, **TERMS[OrderType.government], "invoice_title": "杭州市某区教育局"})
    company.fire("oc_li", "2026-11-25 09:20", order, "submit")
    company.fire("oc_wang", "2026-11-25 10:00", order, "escalate")
    (approval,) = order.approvals
    company.fire("fi_zhou", "2026-11-25 11:00", approval, "opine", text="可行")
    for who in ("lg_gao", "pd_he"):
        company.fire(who, "2026-11-25 12:00", approval, "vote", decision="approve")
    company.fire("oc_li", "2026-12-04 10:20", order, "confirm", promised_on="2026-12-21", channel="paper")
    ready_to_make(company, order, "2026-12-04 11:00")
    for task in order.tasks:
        plan = {"planned_start_on": "2026-12-05", "planned_end_on": "2026-12-18"}
        company.fire("pd_chen", "2026-12-04 12:00", task, "plan", **plan)
        for step in ("release", "start"):
            company.fire("pd_chen", "2026-12-05 09:00", task, step)
        data = {"operation": "packing", "qty_done": f"{task.qty:f}", "percent": 100}
        company.fire("pd_chen", "2026-12-18 09:00", task, "report", **data)
    fire_all(company, "qc_sun", "2026-12-18 15:00", order.inspections, "accept")
    return order


def loaded(company: Company, order: Order) -> Shipment:
    """The shipment of it all, loaded on the day of its delivery."""
    with company.act("lg_liu", "2026-12-19 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    company.fire("lg_liu", "2026-12-19 10:00", shipment, "schedule", **APPOINTMENT)
    fire_all(company, "lg_xu", "2026-12-21 08:00", shipment.packages, "load")
    return shipment


def delivered(company: Company) -> Acceptance:
    """All 680 items at the school on 2026-12-21; the acceptance waits."""
    order = ready_to_ship(company)
    shipment = loaded(company, order)
    company.fire("lg_xu", "2026-12-21 09:00", shipment, "dispatch")
    company.fire("lg_xu", "2026-12-21 15:00", shipment, "deliver", receiver_name="李老师")
    (acceptance,) = order.acceptances
    return acceptance


def certificate(company: Company, acceptance: Acceptance, when: str, *failed: Standard) -> None:
    """Every row judged and both further signatures under it."""
    with company.act("cs_ma", when) as ctx:
        for row in acceptance.standards:
            verdict = {"verdict": Verdict.failed, "remark": "桌角锐利"} if row.standard in failed else {}
            judge_standard(ctx, row, verdict or {"verdict": Verdict.passed, "remark": None})
        acceptance.unit_signed_by, acceptance.seller_signed_by = "陈校长", "马丽"


def sealed(company: Company, acceptance: Acceptance, when: str) -> None:
    """The sealed sheet lies beside it."""
    with company.act("cs_ma", when) as ctx:
        put(ctx, acceptance, KEPT)
