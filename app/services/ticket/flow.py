"""The workflow of a service ticket (clause 10(3))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.schema import EntityInput, ReasonInput, field_for
from app.kernel.workflow import Clock, Step, Workflow
from models.labels import TicketState as S
from models.ticket import ServiceTicket


class PlanInput(EntityInput):
    """What will be done, and who answers for the fault."""

    plan = field_for(ServiceTicket, "plan", required=True)
    cause = field_for(ServiceTicket, "cause", required=False)
    liable_party = field_for(ServiceTicket, "liable_party", required=False)


class CloseInput(EntityInput):
    """What was done, and what the customer said to it."""

    resolution = field_for(ServiceTicket, "resolution", required=True)


def respond(ctx: Context, ticket: ServiceTicket, _values: Mapping[str, Any]) -> None:
    """A person has answered; the first answer counts."""
    if ticket.first_response_at is None:
        ticket.first_response_at = ctx.now


def plan(ctx: Context, ticket: ServiceTicket, values: Mapping[str, Any]) -> None:
    """A plan was offered to the customer."""
    for name, value in values.items():
        setattr(ticket, name, value)
    ticket.planned_at = ctx.now


def close(ctx: Context, ticket: ServiceTicket, values: Mapping[str, Any]) -> None:
    """The case is settled."""
    ticket.resolution = values["resolution"]
    ticket.closed_at = ctx.now


def reopen(_ctx: Context, ticket: ServiceTicket, _values: Mapping[str, Any]) -> None:
    """The case begins anew, and is counted."""
    ticket.closed_at = None
    ticket.reopened_count += 1


OPENED = ("service_ticket.add", "service_ticket.reopen")

TICKET = Workflow(
    name="service_ticket",
    is_followed=True,
    subject=ServiceTicket,
    states=S,
    initial=S.open,
    final=(S.closed,),
    steps=(
        Step(
            "respond",
            _l("Customer answered"),
            (S.open,),
            S.responded,
            permission="respond",
            effect=respond,
            clause="10(3)",
        ),
        Step(
            "plan",
            _l("Offer a plan"),
            (S.responded,),
            S.planned,
            permission="plan",
            asks=PlanInput,
            effect=plan,
            clause="10(3)",
        ),
        Step(
            "close",
            _l("Close ticket"),
            (S.responded, S.planned),
            S.closed,
            permission="close",
            asks=CloseInput,
            effect=close,
            tone="success",
            clause="10(3)",
        ),
        Step(
            "reopen",
            _l("Reopen"),
            (S.closed,),
            S.open,
            permission="reopen",
            asks=ReasonInput,
            effect=reopen,
            tone="neutral",
            clause="10(3)",
        ),
    ),
    clocks=(
        Clock(
            "T1",
            _l("First answer"),
            start=OPENED,
            stop=("service_ticket.respond",),
            limit="sla.T1.limit",
            clause="10(3)",
            calendar="service",
        ),
        Clock(
            "T2",
            _l("Solution"),
            start=OPENED,
            stop=("service_ticket.plan", "service_ticket.close"),
            limit="sla.T2.limit",
            clause="10(3)",
        ),
        Clock(
            "T3",
            _l("Settlement"),
            start=OPENED,
            stop=("service_ticket.close",),
            limit="sla.T3.limit",
            clause="10(3)",
        ),
    ),
)
