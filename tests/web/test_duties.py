"""Whom a rule forbids a step, by screen and API: told before the click, refused after it, nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
import time_machine
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy.orm import Session

from app.cli.init import add_parameters
from app.security import departments as role
from app.services.export.actions import Wanted, ask
from app.services.payment.actions import record_payment
from app.services.payment.refunds import apply_invoice, record_refund
from app.services.policy.actions import propose
from app.services.shipment.actions import plan_shipment
from models.labels import ExportFormat, PaymentMethod, SupplyMode
from models.policy import PolicyParameter
from tests.services.company import Company, found, moment
from tests.services.orders import ENTERED, Goods, confirmed, draft, inspected, settled
from tests.services.test_duties import LARGE, PASSED, SOFA
from tests.web.person import Person, text_of

if TYPE_CHECKING:
    from flask import Flask

D = Decimal
pytestmark = pytest.mark.stage("people")
AT = "2026-11-24 13:00"
# A changed account has cooled by then, and the time of an approval is not over.
LATER = "2026-11-25 14:00"
Made = tuple[Any, dict[str, Any]]


def own_entry(company: Company) -> Made:
    """Rule 1."""
    order = draft(company, SOFA)
    company.fire("oc_wang", ENTERED, order, "submit")
    return order, dict(PASSED)


def own_request(company: Company) -> Made:
    """Rule 2: the head of the order centre entered and is a member of the committee."""
    order = draft(company, LARGE)
    company.fire("oc_zhao", ENTERED, order, "submit")
    company.fire("oc_wang", AT, order, "escalate", **PASSED)
    return order.approvals[0], {"decision": "approve"}


def own_piece(company: Company) -> Made:
    """Rule 4: the inspector works in production as well."""
    order = confirmed(company, Goods("BED-1", 2, supply=SupplyMode.make_to_order))
    (task,) = order.tasks
    plan = {"planned_start_on": "2026-11-24", "planned_end_on": "2026-11-26"}
    company.fire("pd_chen", "2026-11-23 13:00", task, "plan", **plan)
    for step in ("release", "start"):
        company.fire("pd_chen", "2026-11-23 13:10", task, step)
    for who in ("qc_sun", "pd_chen"):
        company.fire(who, "2026-11-23 14:00", task, "report", operation="packing", qty_done="1", percent=100)
    company.session.refresh(order)
    return order.inspections[-1], {}


def refund_by(company: Company, who: str, amount: str = "6000") -> Any:
    order = settled(company, confirmed(company, SOFA))
    with company.act(who, AT) as ctx:
        return record_refund(ctx, {"order_id": order.id, "amount": D(amount)})


def own_refund(company: Company) -> Made:
    """Rule 6: the head of finance recorded it."""
    return refund_by(company, "fi_sun"), {}


def own_approval(company: Company) -> Made:
    """Rule 6: a head of finance who is the cashier too."""
    user = company.session.scalars(sa.select(User).where(User.username == "fi_sun")).one()
    user.roles = [*user.roles, company.session.scalars(sa.select(Role).where(Role.name == role.CASHIER)).one()]
    company.session.commit()
    refund = refund_by(company, "fi_zhou", "100")
    company.fire("fi_sun", AT, refund, "approve")
    return refund, {}


def own_account(company: Company) -> Made:
    """Rule 15: the cashier, who works in finance, changed the account."""
    refund = refund_by(company, "fi_zhou", "100")
    company.fire("fi_qian", AT, refund, "change_account", payee_account="6222999900001111", reason="换卡")
    company.fire("fi_sun", AT, refund, "approve")
    return refund, {}


def own_payment(company: Company) -> Made:
    """Rule 7."""
    order = confirmed(company, SOFA)
    with company.act("fi_qian", AT) as ctx:
        given = {"method": PaymentMethod.pos, "amount": D(6800), "customer_id": order.customer_id}
        return record_payment(ctx, given), {"order_id": order.id}


def own_application(company: Company) -> Made:
    """Rule 8."""
    order = confirmed(company, SOFA)
    with company.act("fi_zhou", AT) as ctx:
        return apply_invoice(ctx, {"order_id": order.id}), {"tax_invoice_no": "25332000000012345678"}


def own_load(company: Company) -> Made:
    """Rule 11."""
    order = settled(company, inspected(company, SOFA))
    with company.act("lg_liu", AT) as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    slot = {"mode": "line", "slot_from": "2026-11-27T09:00", "slot_to": "2026-11-27T11:00"}
    company.fire("lg_liu", AT, shipment, "schedule", **slot)
    for package in list(shipment.packages):
        company.fire("lg_xu", AT, package, "load")
    company.fire("lg_xu", AT, shipment, "dispatch")
    return shipment, {"receiver_name": "林晓雯", "packages_short": 1, "not_received": "1=1"}


def own_proposal(company: Company) -> Made:
    """Rule 12."""
    with company.act("system", AT) as ctx:
        add_parameters(ctx)
        parameter = ctx.session.scalars(sa.select(PolicyParameter).where(PolicyParameter.code == "sla.E2.limit")).one()
    with company.act("pd_he", AT) as ctx:
        return propose(ctx, {"parameter_id": parameter.id, "new_value": "12", "reason": "旺季"}), {}


def own_export(company: Company) -> Made:
    """Rule 17."""
    with company.act("cm_zhang", AT) as ctx:
        wanted = Wanted("order", (), "", ("order_no",), ExportFormat.csv, 900, is_personal=False)
        return ask(ctx, wanted, "季度抽查"), {}


@pytest.mark.parametrize(
    ("made", "who", "step", "says"),
    [
        (own_entry, "oc_li", "review", "Whoever entered any of an order does not review it."),
        (own_entry, "oc_wang", "review", "Whoever entered any of an order does not review it."),
        (own_request, "oc_zhao", "vote", "Whoever entered or submitted it does not vote on it."),
        (own_piece, "qc_sun", "accept", "Whoever planned, made or reported goods does not inspect them."),
        (own_refund, "fi_sun", "approve", "Whoever recorded a refund does not approve it."),
        (own_approval, "fi_sun", "execute", "Whoever approved a refund does not pay it out."),
        (own_account, "fi_qian", "execute", "Whoever changed the payee's account does not pay out to it."),
        (own_payment, "fi_qian", "allocate", "Whoever recorded a payment does not allocate it."),
        (own_application, "fi_zhou", "issue", "Whoever applied for an invoice does not issue it."),
        (own_load, "lg_xu", "deliver", "Whoever loaded a shipment does not record that packages of it are missing."),
        (own_proposal, "pd_he", "approve", "Whoever proposed the change of a parameter does not decide on it."),
        (own_export, "cm_zhang", "approve", "Whoever asked for an export does not decide on it."),
    ],
)
@time_machine.travel(moment(LATER), tick=False)
def test_forbidden_person_when_trying_by_screen_or_api_then_refused_and_told_before(
    app: Flask, session: Session, made: Callable[[Company], Made], who: str, step: str, says: str
) -> None:
    record, data = made(found(session))
    entity, pk, state = record.__class__, record.id, record.state
    session.close()
    person = Person(app, session, who)
    name = "".join(f"_{c.lower()}" if c.isupper() else c for c in entity.__name__).lstrip("_")
    before = text_of(person.page(f"/{name}/show/{pk}"))
    # What hangs on the input cannot be known before it is given.
    assert (says in before) is (made is not own_load)
    call = app.test_client().post(f"/api/v1/{name}/{pk}/{step}", json=data, headers=person.token())
    assert (call.status_code, call.json["error"]["code"]) == (409, "separation_of_duties")
    assert [reason["code"] for reason in call.json["error"]["reasons"]] == ["separation_of_duties"]
    # A browser's tools show the form all the same.
    answer = person.post(f"/{name}/{pk}/{step}", data)
    assert answer.status_code == 303
    (told,) = [text for text in person.messages(answer) if text.startswith(says)]
    assert "Ask a colleague" in told
    assert session.get_one(entity, pk).state is state
