"""The workflow of a service ticket (clause 10(3))."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import Reason, ValidationFailedError
from app.kernel.schema import REQUIRED, EntityInput, ReasonInput, field_for
from app.kernel.workflow import Clock, Step, Workflow
from app.services.ticket import rules
from models.labels import TicketLevel
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


class AuthorityInput(EntityInput):
    """What the authority was told, and under which number."""

    authority_no = field_for(ServiceTicket, "authority_no", required=False)
    authority_answer = field_for(ServiceTicket, "authority_answer", required=True)


def is_of_authority(ticket: ServiceTicket) -> bool:
    """Whether it came through 12315."""
    return rules.is_of_authority(ticket.source_channel)


def is_authority_waiting(_ctx: Context, ticket: ServiceTicket) -> Reason | None:
    """The authority is answered once, and only where it has asked."""
    if is_of_authority(ticket) and ticket.authority_answered_at is None:
        return None
    return Reason("authority_answered", _l("No authority waits for an answer: it was answered, or has not asked."))


def is_authority_answered(_ctx: Context, ticket: ServiceTicket) -> Reason | None:
    """What the authority asked about is not closed behind its back."""
    if not is_of_authority(ticket) or ticket.authority_answered_at is not None:
        return None
    return Reason("authority_waits", _l("The complaint came through 12315: answer the authority first."))


def answer_authority(ctx: Context, ticket: ServiceTicket, values: Mapping[str, Any]) -> None:
    """The answer, for the file. Raises ValidationFailedError without a number."""
    number = values.get("authority_no") or ticket.authority_no
    if not number:
        raise ValidationFailedError({"authority_no": [str(REQUIRED)]})
    ticket.authority_no = number
    ticket.authority_answer = values["authority_answer"]
    ticket.authority_answered_at = ctx.now


def of_level(level: TicketLevel) -> Callable[[Any], bool]:
    """Whether a ticket is of a level."""
    return lambda ticket: ticket.level is level


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
# By level: 3, 7 and 15 days.
ENDS = ("sla.T3.limit", "sla.T3.l2.limit", "sla.T3.l3.limit")

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
            guards=(is_authority_answered,),
            asks=CloseInput,
            effect=close,
            tone="success",
            clause="10(3)",
        ),
        Step(
            "answer_authority",
            _l("Answer the authority"),
            (S.open, S.responded, S.planned),
            None,
            permission="respond",
            guards=(is_authority_waiting,),
            asks=AuthorityInput,
            effect=answer_authority,
            concerns=is_of_authority,
            clause="22",
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
        *(
            Clock(
                "T3",
                _l("Settlement"),
                start=OPENED,
                stop=("service_ticket.close",),
                limit=limit,
                clause="10(3)",
                when=of_level(level),
            )
            for level, limit in zip(TicketLevel, ENDS, strict=True)
        ),
        Clock(
            "T6",
            _l("Answer to the authority"),
            start=("service_ticket.add",),
            stop=("service_ticket.answer_authority",),
            limit="sla.T6.limit",
            clause="22",
            calendar="office",
            when=is_of_authority,
        ),
    ),
)
