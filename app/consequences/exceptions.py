"""What opens an exception case by itself, whom that concerns, and how its plan comes before the committee.

Clauses 4(5), 6(3), 8(4), 9(4), 10(3), 11(3); domain/02 article 22. Each source opens one case.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context, entered
from app.kernel.engine import fire
from app.kernel.holders import holders
from app.services.approval import actions as approvals
from app.services.exception import actions as exceptions
from app.services.exception import flow
from app.services.talk import notices
from app.services.ticket import actions as tickets
from app.services.ticket.rules import is_of_authority
from models.exception import ExceptionCase
from models.labels import PackageState, TicketKind, TicketLevel, TicketState
from models.labels_exception import Department, ExceptionKind, ExceptionLevel
from models.labels_order import ApprovalKind
from models.labels_talk import NoticeKind
from models.labels_work import LiableParty
from models.payment import Payment
from models.quality import Inspection
from models.shipment import Shipment, ShipmentLine
from models.ticket import ServiceTicket

Values = Mapping[str, Any]
ZERO = Decimal(0)


def tell_owner(ctx: Context, case: ExceptionCase, _values: Values) -> None:
    """Whoever owns a new case is told: the person, or the department; the lead in any case. Article 22."""
    department = str(case.owner_department)
    roles = {f"{department}_lead"} | ({department} if case.owner_id is None else set())
    if case.level is ExceptionLevel.l3:
        roles.add("committee_lead")
    people = holders(ctx.session, *roles) | ({case.owner_id} if case.owner_id is not None else set())
    notices.tell(ctx, case, people, NoticeKind.assigned, "exception_case.add")


def submit_plan(ctx: Context, case: ExceptionCase, _values: Values) -> None:
    """The plan of a major exception goes before the committee; who made it does not vote. Clause 6(3)."""
    if case.level is not ExceptionLevel.l3:
        return
    approval = approvals.ask(
        ctx,
        approvals.Matter(
            ApprovalKind.exception_plan,
            "exception_case",
            case.id,
            content_hash=flow.content_hash(case),
            amount=case.cost_amount + case.compensation_amount,
            summary=f"{case.description}\n\n{case.plan}",
            order_id=case.order_id,
            judged_department=flow.judged(case),
        ),
    )
    approval.due_at = ctx.now + timedelta(hours=float(ctx.policy["sla.X4.limit"]))
    fire(ctx.as_system(), case, "submit")


def open_second_failure(ctx: Context, inspection: Inspection, _values: Values) -> None:
    """The same pieces failed again after their rework: level 2. A third failure adds nothing new. Clause 8(4)."""
    previous = inspection.previous
    if previous is None or previous.previous_id is not None:
        return
    exceptions.open_once(
        ctx,
        f"inspection:{inspection.id}",
        {
            "kind": ExceptionKind.quality,
            "inspection_id": inspection.id,
            "task_id": inspection.task_id,
            "owner_department": Department.production,
            "liable_party": LiableParty.production,
            "is_repeated": True,
            "description": str(
                _l(
                    "%(pieces)s pieces failed their inspection again after rework.",
                    pieces=f"{inspection.qty_failed.normalize():f}",
                )
            ),
        },
    )


def open_bad_delivery(ctx: Context, shipment: Shipment, _values: Values) -> None:
    """Missing packages and damaged ones are two cases; each is as grave as the goods were worth. Clause 9(4)."""
    lost = {package.order_line_id for package in shipment.packages if package.state is PackageState.lost}
    damaged = [package for package in shipment.packages if package.state is PackageState.damaged]
    back = [line for line in shipment.lines if line.qty_back > ZERO]
    short = [line for line in back if line.order_line_id in lost]
    broken = [line for line in back if line.order_line_id not in lost]
    if damaged:
        told = _l("%(damaged)s of %(all)s packages arrived damaged.", damaged=len(damaged), all=len(shipment.packages))
        _open_delivery(ctx, shipment, ExceptionKind.damage, str(told), broken)
    elif broken:
        told = _l("%(pieces)s pieces were not received.", pieces=_pieces(broken))
        _open_delivery(ctx, shipment, ExceptionKind.qty_mismatch, str(told), back)
    if short and (damaged or not broken):
        told = _l("Packages are missing: %(pieces)s pieces were not received.", pieces=_pieces(short))
        _open_delivery(ctx, shipment, ExceptionKind.qty_mismatch, str(told), short)


def _pieces(lines: list[ShipmentLine]) -> str:
    return f"{sum((line.qty_back for line in lines), ZERO).normalize():f}"


def _open_delivery(
    ctx: Context, shipment: Shipment, kind: ExceptionKind, description: str, lines: list[ShipmentLine]
) -> None:
    worth = (line.order_line.line_amount / line.order_line.qty_ordered * line.qty_back for line in lines)
    exceptions.open_once(
        ctx,
        f"shipment:{shipment.id}:{kind}",
        {
            "kind": kind,
            "shipment_id": shipment.id,
            "order_line_id": lines[0].order_line_id if len(lines) == 1 else None,
            "owner_department": Department.logistics,
            "loss_amount": sum(worth, ZERO).quantize(Decimal("0.01")),
            "description": description,
        },
    )


def open_complaint(ctx: Context, ticket: ServiceTicket, _values: Values) -> None:
    """A complaint is an exception; what comes through 12315 is a major one, whatever its kind. Clause 10(3)."""
    if _is_exception(ticket):
        _open_complaint(ctx, ticket, f"service_ticket:{ticket.id}", is_repeated=False)


def open_complaint_again(ctx: Context, ticket: ServiceTicket, _values: Values) -> None:
    """A reopened complaint is of level 2: its running case is raised, or a new one begins. Article 22."""
    if _is_exception(ticket) and not exceptions.reopened(ctx, ticket):
        _open_complaint(ctx, ticket, f"service_ticket:{ticket.id}:{ticket.reopened_count}", is_repeated=True)


def change_ticket(ctx: Context, ticket: ServiceTicket, values: Values) -> ServiceTicket:
    """A ticket that turns out to be a complaint has its case. See :func:`app.services.ticket.actions.change_ticket`."""
    was_exception = _is_exception(ticket)
    tickets.change_ticket(ctx, ticket, values)
    # A ticket from before the rule may have none.
    is_asked = is_of_authority(ticket.source_channel) and ticket.state is not TicketState.closed
    if is_asked or not was_exception:
        open_complaint(ctx, ticket, values)
    if "authority_no" in values:
        pass_number_on(ctx, ticket, values)
    return ticket


def pass_number_on(ctx: Context, ticket: ServiceTicket, _values: Values) -> None:
    """The authority's number, known later, stands in the case as well; it is the ticket's word, nobody's entry."""
    if ticket.authority_no is None:
        return
    with entered(ctx.as_system()):
        exceptions.number(ctx, ticket)


def _is_exception(ticket: ServiceTicket) -> bool:
    return ticket.kind is TicketKind.complaint or is_of_authority(ticket.source_channel)


def _open_complaint(ctx: Context, ticket: ServiceTicket, source: str, *, is_repeated: bool) -> None:
    levels = dict(zip(TicketLevel, ExceptionLevel, strict=True))
    exceptions.open_once(
        ctx,
        source,
        {
            "kind": ExceptionKind.complaint,
            "level": levels[ticket.level],
            "ticket_id": ticket.id,
            "owner_department": Department.customer_service,
            "liable_party": ticket.liable_party,
            "is_authority": is_of_authority(ticket.source_channel),
            "authority_no": ticket.authority_no,
            "is_repeated": is_repeated,
            "description": ticket.description,
        },
    )


def open_overpayment(ctx: Context, payment: Payment, _values: Values) -> None:
    """More came in than the order takes: what is left belongs to the customer. Clause 11(3)."""
    exceptions.open_once(
        ctx,
        f"payment:{payment.id}",
        {
            "kind": ExceptionKind.payment,
            "payment_id": payment.id,
            "order_id": payment.order_id,
            "owner_department": Department.finance,
            "description": str(_l("More was paid than the order takes; the rest is not allocated.")),
        },
    )
