"""Which rows an actor may know of, for each table: one condition for lists, steps, API, exports and charts.

Domain/09 9.2. Each table offers named scopes; which of them a role has stands in the database (``role_scope``), and
``app.security.scope_defaults`` is what is delivered. A scope is a function from the actor to a boolean clause: the
OR over the names the actor holds. Without a name there are no rows. The clauses are answered from indexes (EXISTS
over a foreign key).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Actor
from app.security import departments as role
from app.security.delegations import is_mine, is_of_my_department
from app.security.slots import in_slot, moment_of_act
from models.approval import Approval, ApprovalOpinion, ApprovalVote
from models.cancellation import Cancellation, CancellationLine, CostItem
from models.change import ChangeLine, ChangeRequest
from models.clock_run import ClockRun
from models.contract import OrderContract
from models.coordination import CoordinationItem
from models.customer import Consent, Customer, CustomerAddress
from models.customer_link import CustomerLink
from models.customer_merge import CustomerMerge
from models.exception import ExceptionCase
from models.export import ExportRequest
from models.guarantee import Guarantee
from models.installation import Acceptance, AcceptanceLine, AcceptanceStandard, Installation
from models.journal import Journal
from models.labels import LiableParty, OpinionOf, OrderState, ShipmentState
from models.labels_exception import ClockOwner, Department
from models.late_claim import LateClaim
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

ALL = "all"
OWN_DEPARTMENT = "own_department"
OWN = "own"
OWN_TASKS = "own_tasks"
ACTIVE_SHIPMENTS = "active_shipments"
IN_PRODUCTION = "in_production"
INSPECTED = "inspected"
TECHNICAL = "technical"
ASKED = "asked"

LABELS: Mapping[str, Any] = {
    ALL: _l("All rows"),
    OWN_DEPARTMENT: _l("What concerns the own department"),
    OWN: _l("What concerns oneself"),
    OWN_TASKS: _l("Own tasks"),
    ACTIVE_SHIPMENTS: _l("Goods to ship, on their way, or delivered in the last 30 days"),
    IN_PRODUCTION: _l("What has a production task"),
    INSPECTED: _l("What has an inspection"),
    TECHNICAL: _l("Technical entries"),
    ASKED: _l("What one's opinion is asked for"),
}

AFTER_DELIVERY = timedelta(days=30)
ON_ITS_WAY = (ShipmentState.planned, ShipmentState.scheduled, ShipmentState.in_transit)
TO_SHIP = (OrderState.ready_to_ship, OrderState.partly_shipped)

# The names that a table offers beside ALL, with their rules. What is not here is seen whole by whoever has the right.
RULES: dict[str, Mapping[str, Rule]] = {}


def _within(actor: Actor, entity: str, clause: Clause) -> Clause:
    """A preview shows no row that the person who looks may not know of."""
    viewer = actor.within
    if viewer is None:
        return clause
    if not (viewer.may(f"{entity}.list") or viewer.may(f"{entity}.show")):
        return sa.false()
    return sa.and_(clause, scope_of(entity, viewer))


def every_row(entity: str) -> Scope:
    """All rows, for whoever has the right to the table at all."""

    def scope(actor: Actor) -> Clause:
        return _within(actor, entity, sa.true())

    return scope


def _scope(entity: str, rules: Mapping[str, Rule] | None = None) -> Scope:
    """The rows of a table by the names of scopes that the actor holds."""
    RULES[entity] = rules or {}

    def scope(actor: Actor) -> Clause:
        if actor.is_system:
            return sa.true()
        names = actor.scopes.get(entity, frozenset())
        if ALL in names:
            return _within(actor, entity, sa.true())
        clauses = [RULES[entity][name](actor) for name in sorted(names) if name in RULES[entity]]
        return _within(actor, entity, sa.or_(sa.false(), *clauses))

    return scope


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


order = _scope(
    "order",
    {
        IN_PRODUCTION: _is_made,
        INSPECTED: _is_inspected,
        ACTIVE_SHIPMENTS: _is_shipped,
        OWN_TASKS: _is_installed_by,
    },
)


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
cancellation = _of_order(Cancellation)
cancellation_line = _of(Cancellation, CancellationLine.cancellation_id, cancellation)
cost_item = _of(Cancellation, CostItem.cancellation_id, cancellation)
change_request = _of_order(ChangeRequest)
change_line = _of(ChangeRequest, ChangeLine.change_request_id, change_request)
customer_link = _of_order(CustomerLink)
order_contract = _of_order(OrderContract)
guarantee, late_claim = _of_order(Guarantee), _of_order(LateClaim)


def _has_goods_on_the_way(actor: Actor) -> Clause:
    return _exists(Order, Order.customer_id == Customer.id, _is_shipped(actor))


customer = _scope("customer", {ACTIVE_SHIPMENTS: _has_goods_on_the_way})
customer_address = _of(Customer, CustomerAddress.customer_id, customer)
consent = _of(Customer, Consent.customer_id, customer)

product, stock, reservation = every_row("product"), every_row("stock"), every_row("reservation")
test_report = every_row("test_report")
policy_parameter, calendar_day = every_row("policy_parameter"), every_row("calendar_day")
parameter_change, rights_change = every_row("parameter_change"), every_row("rights_change")

customer_merge = _of(Customer, CustomerMerge.target_id, customer)
privacy_request = _scope("privacy_request")
inbox_item = _scope("inbox_item")


def _is_asked(actor: Actor) -> Clause:
    """What the opinion of one of the actor's roles is asked for (domain/06 6.2)."""
    heard = [department for department in OpinionOf if department in actor.roles]
    return _exists(ApprovalOpinion, ApprovalOpinion.approval_id == Approval.id, ApprovalOpinion.asked_of.in_(heard))


approval = _scope("approval", {ASKED: _is_asked})
approval_opinion = _of(Approval, ApprovalOpinion.approval_id, approval)
approval_vote = _of(Approval, ApprovalVote.approval_id, approval)

production_task = _scope("production_task")
production_report = _of(ProductionTask, ProductionReport.task_id, production_task)
inspection = _scope("inspection")
inspection_defect = _of(Inspection, InspectionDefect.inspection_id, inspection)


def _is_my_delivery(actor: Actor) -> Clause:
    return _exists(Installation, Installation.shipment_id == Shipment.id, _is_my_task(actor))


def _is_my_task(actor: Actor) -> Clause:
    """Own visits, and those of the installer one stands in for, in the days around their slot."""
    return sa.and_(Installation.installer_id.in_(actor.persons_as(role.INSTALLER)), in_slot())


def _is_my_acceptance(actor: Actor) -> Clause:
    mine = _exists(Installation, Installation.id == Acceptance.installation_id, _is_my_task(actor))
    return sa.and_(Acceptance.installation_id.is_not(None), mine)


shipment = _scope("shipment", {OWN_TASKS: _is_my_delivery})
shipment_line = _of(Shipment, ShipmentLine.shipment_id, shipment)
package = _of(Shipment, Package.shipment_id, shipment)
delivery_receipt = _of(Shipment, DeliveryReceipt.shipment_id, shipment)

installation = _scope("installation", {OWN_TASKS: _is_my_task})
acceptance = _scope("acceptance", {OWN_TASKS: _is_my_acceptance})
acceptance_line = _of(Acceptance, AcceptanceLine.acceptance_id, acceptance)
acceptance_standard = _of(Acceptance, AcceptanceStandard.acceptance_id, acceptance)


_PARTIES = {
    role.PRODUCTION: LiableParty.production,
    role.LOGISTICS: LiableParty.logistics,
    role.FINANCE: LiableParty.finance,
}


def _is_liable(actor: Actor) -> Clause:
    """Whoever caused it sees it: "own cause part" (domain/09 9.1)."""
    parties = [party for department, party in _PARTIES.items() if department in actor.departments]
    return ServiceTicket.liable_party.in_(parties)


service_ticket = _scope("service_ticket", {OWN_DEPARTMENT: _is_liable})


def _own(words: type[Any], actor: Actor) -> list[Any]:
    """The actor's departments in a vocabulary."""
    return [word for word in words if str(word) in actor.departments]


def _is_my_case(actor: Actor) -> Clause:
    """What a department owns or answers for, and what oneself reported (domain/09 9.1)."""
    return sa.or_(
        ExceptionCase.owner_department.in_(_own(Department, actor)),
        ExceptionCase.liable_party.in_(_own(LiableParty, actor)),
        ExceptionCase.created_by_id.in_(actor.persons),
        ExceptionCase.owner_id.in_(actor.persons),
    )


def _is_between_us(actor: Actor) -> Clause:
    own = _own(Department, actor)
    return sa.or_(
        CoordinationItem.raised_department.in_(own),
        CoordinationItem.against_department.in_(own),
        CoordinationItem.owner_id.in_(actor.persons),
    )


def is_my_clock(actor: Actor) -> Clause:
    """The time limits that the actor's department has to keep, and explain when missed."""
    return ClockRun.owner_department.in_(_own(ClockOwner, actor))


exception_case = _scope("exception_case", {OWN_DEPARTMENT: _is_my_case})
coordination_item = _scope("coordination_item", {OWN_DEPARTMENT: _is_between_us})
clock_run = _scope("clock_run", {OWN_DEPARTMENT: is_my_clock})
delegation = _scope("delegation", {OWN: is_mine, OWN_DEPARTMENT: is_of_my_department})

payment_schedule, payment = _scope("payment_schedule"), _scope("payment")
refund, invoice = _scope("refund"), _scope("invoice")
payment_allocation = _of(PaymentSchedule, PaymentAllocation.schedule_id, payment_schedule)


TECHNICAL_ENTITIES = ("calendar_day", "parameter_change", "policy_parameter", "rights_change", "role", "user")


def _is_technical(_actor: Actor) -> Clause:
    return sa.and_(Journal.order_id.is_(None), Journal.entity.in_(TECHNICAL_ENTITIES))


journal = _scope("journal", {TECHNICAL: _is_technical})


def _is_my_request(actor: Actor) -> Clause:
    return ExportRequest.requested_by_id == actor.id


export_request = _scope("export_request", {OWN: _is_my_request})
export_log = _scope("export_log")

# Every table of ours that has screens, by the entity's name.
SCOPES: Mapping[str, Scope] = {
    "acceptance": acceptance,
    "acceptance_line": acceptance_line,
    "acceptance_standard": acceptance_standard,
    "approval": approval,
    "approval_opinion": approval_opinion,
    "approval_vote": approval_vote,
    "calendar_day": calendar_day,
    "cancellation": cancellation,
    "cancellation_line": cancellation_line,
    "change_line": change_line,
    "change_request": change_request,
    "clock_run": clock_run,
    "confirmation_letter": confirmation_letter,
    "consent": consent,
    "coordination_item": coordination_item,
    "cost_item": cost_item,
    "customer": customer,
    "customer_address": customer_address,
    "customer_link": customer_link,
    "customer_merge": customer_merge,
    "delegation": delegation,
    "delivery_receipt": delivery_receipt,
    "exception_case": exception_case,
    "export_log": export_log,
    "export_request": export_request,
    "guarantee": guarantee,
    "late_claim": late_claim,
    "inbox_item": inbox_item,
    "inspection": inspection,
    "inspection_defect": inspection_defect,
    "installation": installation,
    "invoice": invoice,
    "journal": journal,
    "order": order,
    "order_contract": order_contract,
    "order_fee": order_fee,
    "order_line": order_line,
    "order_review": order_review,
    "package": package,
    "payment": payment,
    "payment_allocation": payment_allocation,
    "payment_schedule": payment_schedule,
    "parameter_change": parameter_change,
    "policy_parameter": policy_parameter,
    "privacy_request": privacy_request,
    "product": product,
    "production_report": production_report,
    "production_task": production_task,
    "refund": refund,
    "reservation": reservation,
    "rights_change": rights_change,
    "service_ticket": service_ticket,
    "shipment": shipment,
    "shipment_line": shipment_line,
    "stock": stock,
    "test_report": test_report,
}


def scope_of(entity: str, actor: Actor) -> Clause:
    """The condition on the rows of an entity; a table that is not named has no rows for anybody but the system."""
    found = SCOPES.get(entity)
    if found is None:
        return sa.true() if actor.is_system else sa.false()
    return found(actor)


def names_of(entity: str) -> tuple[str, ...]:
    """The scopes that a table offers; empty where rows follow another table, or are open to whoever has the right."""
    return (ALL, *RULES[entity]) if entity in RULES else ()


def label_of_scope(name: str) -> Any:
    """What a scope lets in, in words."""
    return LABELS.get(name, name)
