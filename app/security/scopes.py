"""Which rows a person sees of each table: one condition for lists, steps, API, exports and charts (domain/09 9.2).

A scope is a function from the actor to a boolean clause. It is the OR over the actor's roles; a role that is not
named sees nothing. The clauses are answered from indexes (EXISTS over a foreign key).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Actor
from app.security import departments as role
from app.security.slots import in_slot, moment_of_act
from models.approval import Approval, ApprovalVote
from models.customer import Consent, Customer, CustomerAddress
from models.installation import Acceptance, AcceptanceLine, Installation
from models.journal import Journal
from models.labels import LiableParty, OrderState, ShipmentState
from models.letter import ConfirmationLetter
from models.order import Order, OrderFee, OrderLine
from models.payment import PaymentAllocation, PaymentSchedule
from models.production import ProductionReport, ProductionTask
from models.quality import Inspection, InspectionDefect
from models.review import OrderReview
from models.shipment import DeliveryReceipt, Package, Shipment, ShipmentLine
from models.ticket import ServiceTicket

Clause = sa.ColumnElement[bool]
Rule = Callable[[Actor], Clause]
Scope = Callable[[Actor], Clause]

AFTER_DELIVERY = timedelta(days=30)
ON_ITS_WAY = (ShipmentState.planned, ShipmentState.scheduled, ShipmentState.in_transit)
TO_SHIP = (OrderState.ready_to_ship, OrderState.partly_shipped)


def every_row(_actor: Actor) -> Clause:
    """All rows, for whoever has the right to the table at all."""
    return sa.true()


def _scope(rules: Mapping[str, Rule]) -> Scope:
    def scope(actor: Actor) -> Clause:
        if actor.is_system:
            return sa.true()
        mine = {rules[code] for code in actor.roles if code in rules}
        if every_row in mine:
            return sa.true()
        return sa.or_(sa.false(), *(rule(actor) for rule in mine))

    return scope


def _all_for(*codes: str) -> dict[str, Rule]:
    """All rows for these roles and their leads."""
    leads = [name for name in role.ROLES if role.ROLES[name].is_lead and role.ROLES[name].department in codes]
    return dict.fromkeys((*codes, *leads), every_row)


def _exists(model: Any, *conditions: Clause) -> Clause:
    # The enclosing statement may join the same table for display: that one is not meant here.
    return sa.exists(sa.select(sa.literal(1)).select_from(model).where(*conditions).correlate_except(model))


def _is_made(_actor: Actor) -> Clause:
    return _exists(ProductionTask, ProductionTask.order_id == Order.id)


def _is_inspected(_actor: Actor) -> Clause:
    return _exists(Inspection, Inspection.order_id == Order.id)


def _is_shipped(_actor: Actor) -> Clause:
    """Goods to be shipped, on their way, or delivered less than 30 days ago."""
    now = moment_of_act()
    on_its_way: Clause = Shipment.state.in_(ON_ITS_WAY)
    if now is not None:
        on_its_way = sa.or_(on_its_way, Shipment.delivered_at >= now - AFTER_DELIVERY)
    return sa.or_(Order.state.in_(TO_SHIP), _exists(Shipment, Shipment.order_id == Order.id, on_its_way))


def _is_installed_by(actor: Actor) -> Clause:
    return _exists(Installation, Installation.order_id == Order.id, _is_my_task(actor))


_OFFICE = _all_for(role.COMMITTEE, role.ORDER_CENTER, role.CUSTOMER_SERVICE, role.FINANCE, role.AUDITOR)
_HOUSE = _OFFICE | _all_for(role.PRODUCTION, role.LOGISTICS, role.INSPECTOR)
_MONEY = _all_for(role.COMMITTEE, role.ORDER_CENTER, role.CUSTOMER_SERVICE, role.FINANCE, role.CASHIER, role.AUDITOR)

_ORDER_RULES: dict[str, Rule] = _OFFICE | {
    role.PRODUCTION: _is_made,
    role.PRODUCTION_LEAD: _is_made,
    role.INSPECTOR: _is_inspected,
    role.LOGISTICS: _is_shipped,
    role.LOGISTICS_LEAD: _is_shipped,
    role.INSTALLER: _is_installed_by,
}

order = _scope(_ORDER_RULES)


def _of_order(model: Any) -> Scope:
    """Rows that belong to an order are seen by whoever sees the order."""

    def scope(actor: Actor) -> Clause:
        clause = order(actor)
        if isinstance(clause, sa.True_):
            return clause
        return _exists(Order, Order.id == model.order_id, clause)

    return scope


def _of(parent: Any, key: Any, of_parent: Scope) -> Scope:
    """Rows that belong to a record are seen by whoever sees the record; ``key`` is the foreign key to it."""

    def scope(actor: Actor) -> Clause:
        clause = of_parent(actor)
        if isinstance(clause, sa.True_):
            return clause
        return _exists(parent, parent.id == key, clause)

    return scope


order_line = _of_order(OrderLine)
order_fee = _of_order(OrderFee)
order_review = _of_order(OrderReview)
confirmation_letter = _of_order(ConfirmationLetter)


def _has_goods_on_the_way(actor: Actor) -> Clause:
    return _exists(Order, Order.customer_id == Customer.id, _is_shipped(actor))


customer = _scope(_OFFICE | {role.LOGISTICS: _has_goods_on_the_way, role.LOGISTICS_LEAD: _has_goods_on_the_way})
customer_address = _of(Customer, CustomerAddress.customer_id, customer)
consent = _of(Customer, Consent.customer_id, customer)

product = stock = reservation = policy_parameter = calendar_day = every_row

privacy_request = _scope(_all_for(role.COMMITTEE, role.CUSTOMER_SERVICE, role.AUDITOR))
inbox_item = _scope(_all_for(role.COMMITTEE, role.ORDER_CENTER, role.CUSTOMER_SERVICE, role.AUDITOR))
approval = _scope(_all_for(role.COMMITTEE, role.ORDER_CENTER, role.AUDITOR))
approval_vote = _of(Approval, ApprovalVote.approval_id, approval)

production_task = _scope(_HOUSE)
production_report = _of(ProductionTask, ProductionReport.task_id, production_task)
inspection = _scope(_HOUSE)
inspection_defect = _of(Inspection, InspectionDefect.inspection_id, inspection)


def _is_my_delivery(actor: Actor) -> Clause:
    return _exists(Installation, Installation.shipment_id == Shipment.id, _is_my_task(actor))


def _is_my_task(actor: Actor) -> Clause:
    """Own visits in the days around their slot: not planned ones of next month, not those of last month."""
    return sa.and_(Installation.installer_id == actor.id, in_slot())


def _is_my_acceptance(actor: Actor) -> Clause:
    mine = _exists(Installation, Installation.id == Acceptance.installation_id, _is_my_task(actor))
    return sa.and_(Acceptance.installation_id.is_not(None), mine)


shipment = _scope(_HOUSE | {role.INSTALLER: _is_my_delivery})
shipment_line = _of(Shipment, ShipmentLine.shipment_id, shipment)
package = _of(Shipment, Package.shipment_id, shipment)
delivery_receipt = _of(Shipment, DeliveryReceipt.shipment_id, shipment)

installation = _scope(_HOUSE | {role.INSTALLER: _is_my_task})
acceptance = _scope(_HOUSE | {role.INSTALLER: _is_my_acceptance})
acceptance_line = _of(Acceptance, AcceptanceLine.acceptance_id, acceptance)


def _is_liable(party: LiableParty) -> Rule:
    def clause(_actor: Actor) -> Clause:
        return ServiceTicket.liable_party == party

    return clause


# Whoever caused it sees it: "own cause part" (domain/09 9.1).
service_ticket = _scope(
    _all_for(role.COMMITTEE, role.ORDER_CENTER, role.CUSTOMER_SERVICE, role.AUDITOR)
    | dict.fromkeys((role.PRODUCTION, role.PRODUCTION_LEAD), _is_liable(LiableParty.production))
    | dict.fromkeys((role.LOGISTICS, role.LOGISTICS_LEAD), _is_liable(LiableParty.logistics))
    | dict.fromkeys((role.FINANCE, role.FINANCE_LEAD), _is_liable(LiableParty.finance))
)

payment_schedule = payment = refund = invoice = _scope(_MONEY)
payment_allocation = _of(PaymentSchedule, PaymentAllocation.schedule_id, payment_schedule)


def _is_technical(_actor: Actor) -> Clause:
    return sa.and_(Journal.order_id.is_(None), Journal.entity.in_(("calendar_day", "policy_parameter", "user", "role")))


journal = _scope(_all_for(role.COMMITTEE, role.AUDITOR) | {role.ADMIN: _is_technical})

# Every table of ours that has screens, by the entity's name.
SCOPES: Mapping[str, Scope] = {
    "acceptance": acceptance,
    "acceptance_line": acceptance_line,
    "approval": approval,
    "approval_vote": approval_vote,
    "calendar_day": calendar_day,
    "confirmation_letter": confirmation_letter,
    "consent": consent,
    "customer": customer,
    "customer_address": customer_address,
    "delivery_receipt": delivery_receipt,
    "inbox_item": inbox_item,
    "inspection": inspection,
    "inspection_defect": inspection_defect,
    "installation": installation,
    "invoice": invoice,
    "journal": journal,
    "order": order,
    "order_fee": order_fee,
    "order_line": order_line,
    "order_review": order_review,
    "package": package,
    "payment": payment,
    "payment_allocation": payment_allocation,
    "payment_schedule": payment_schedule,
    "policy_parameter": policy_parameter,
    "privacy_request": privacy_request,
    "product": product,
    "production_report": production_report,
    "production_task": production_task,
    "refund": refund,
    "reservation": reservation,
    "service_ticket": service_ticket,
    "shipment": shipment,
    "shipment_line": shipment_line,
    "stock": stock,
}


def scope_of(entity: str, actor: Actor) -> Clause:
    """The condition on the rows of an entity; a table that is not named has no rows for anybody but the system."""
    found = SCOPES.get(entity)
    if found is None:
        return sa.true() if actor.is_system else sa.false()
    return found(actor)
