"""The workflow of a change request: asked, offered, accepted, applied (domain/02, article 15)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from app.kernel import approved
from app.kernel.context import Context
from app.kernel.errors import Reason
from app.kernel.schema import EntityInput, ReasonInput, field_for
from app.kernel.workflow import Clock, Effect, Step, Workflow
from app.services.amendment import change_actions, rules
from models.change import ChangeRequest
from models.labels import ChangeState as S
from models.labels import RefundState
from models.payment import Refund


class OpinionInput(EntityInput):
    """What a department says to the change."""

    opinion = fields.String(required=True, validate=validate.Length(max=400), metadata={"label": _l("Opinion")})


class OfferChangeInput(EntityInput):
    """What the change costs beside the new prices."""

    extra_amount = fields.Decimal(
        places=2,
        allow_none=True,
        allow_nan=False,
        validate=validate.Range(min=0),
        metadata={
            "label": _l("Rework and material"),
            "help": _l("What the change costs beside the new price of the goods."),
        },
    )


class AgreeInput(EntityInput):
    """What the customer said, and how we know."""

    accepted_how = field_for(ChangeRequest, "accepted_how", required=True)


def has_wishes(_ctx: Context, request: ChangeRequest) -> Reason | None:
    """Something must become otherwise."""
    if change_actions.head_wishes(request) or any(map(change_actions.says_something, request.lines)):
        return None
    return Reason("nothing_changes", _l("Nothing would change: say what is to be otherwise first."))


def needs_logistics(request: ChangeRequest) -> bool:
    """Logistics is heard where goods have left or a delivery is planned."""
    is_gone = any(line.qty_shipped > line.qty_back for line in request.order.lines)
    return is_gone or request.shipments_affected > 0


def has_opinions(_ctx: Context, request: ChangeRequest) -> Reason | None:
    """The departments concerned are heard before anybody commits. Domain/02, article 15(1)."""
    wanted = [(request.production_opinion, _l("Production coordination")), (request.finance_opinion, _l("Finance"))]
    if needs_logistics(request):
        wanted.append((request.logistics_opinion, _l("Logistics and delivery")))
    missing = [str(label) for text, label in wanted if not text]
    if not missing:
        return None
    return Reason("no_opinion", _l("Still to be heard: %(departments)s."), {"departments": "、".join(missing)})


def is_for_committee(ctx: Context, request: ChangeRequest) -> Reason | None:
    """Only what is much dearer or newly special goes before the committee."""
    if request.needs_approval and not _is_approved(ctx, request):
        return None
    return Reason("not_for_committee", _l("The committee need not decide on this change, or it has."))


def is_approved(ctx: Context, request: ChangeRequest) -> Reason | None:
    """A tenth more, or a criterion that is newly met, is approved anew. Domain/02, article 15(6)."""
    if not request.needs_approval or _is_approved(ctx, request):
        return None
    return Reason("needs_committee", _l("The change needs the committee's approval: submit it first."))


def _is_approved(ctx: Context, request: ChangeRequest) -> bool:
    return approved.is_approved(ctx, "change_request", request.id, request.order_mark)


def has_refund_left(ctx: Context, request: ChangeRequest) -> Reason | None:
    """What was paid above the new total goes back once."""
    recorded = sa.select(sa.func.sum(Refund.amount)).where(
        Refund.change_request_id == request.id, Refund.state != RefundState.rejected
    )
    if request.refund_amount > (ctx.session.scalar(recorded) or rules.ZERO):
        return None
    return Reason("nothing_to_refund", _l("Nothing is left to refund."))


def _says(column: str) -> Effect:
    def say(_ctx: Context, request: ChangeRequest, values: Mapping[str, Any]) -> None:
        setattr(request, column, values["opinion"])

    return say


def offer(ctx: Context, request: ChangeRequest, values: Mapping[str, Any]) -> None:
    """What it costs; rows that change nothing are left out."""
    request.extra_amount = values.get("extra_amount") or Decimal("0.00")
    for row in [row for row in request.lines if not change_actions.says_something(row)]:
        request.lines.remove(row)
        ctx.session.delete(row)


def accept(_ctx: Context, request: ChangeRequest, values: Mapping[str, Any]) -> None:
    """The customer's word."""
    request.accepted_how = values["accepted_how"]


def apply(ctx: Context, request: ChangeRequest, _values: Mapping[str, Any]) -> None:
    """The moment from which the order is another one."""
    request.applied_at = ctx.now


def _opinion(name: str, label: Any) -> Step:
    return Step(
        f"say_{name}",
        label,
        (S.asked,),
        None,
        permission=f"say_{name}",
        asks=OpinionInput,
        effect=_says(f"{name}_opinion"),
        clause="15(1)",
    )


CHANGE = Workflow(
    name="change_request",
    subject=ChangeRequest,
    states=S,
    initial=S.asked,
    final=(S.applied, S.refused, S.withdrawn),
    steps=(
        _opinion("production", _l("Opinion of production")),
        _opinion("finance", _l("Opinion of finance")),
        _opinion("logistics", _l("Opinion of logistics")),
        Step(
            "offer",
            _l("Offer to the customer"),
            (S.asked, S.offered),
            S.offered,
            permission="offer",
            guards=(has_wishes, has_opinions),
            asks=OfferChangeInput,
            effect=offer,
            clause="15(1)",
        ),
        Step(
            "accept",
            _l("Customer agrees to the offer"),
            (S.offered,),
            S.accepted,
            permission="answer",
            asks=AgreeInput,
            effect=accept,
            clause="15(1)",
        ),
        Step(
            "escalate",
            _l("Submit to the committee"),
            (S.accepted,),
            S.pending_approval,
            permission="offer",
            guards=(is_for_committee,),
            tone="neutral",
            clause="15(6)",
        ),
        Step(
            "apply",
            _l("Apply to the order"),
            (S.accepted,),
            S.applied,
            permission="offer",
            guards=(is_approved,),
            effect=apply,
            confirm=_l("Change the order now and send the customer its next letter?"),
            clause="15(1)",
        ),
        Step(
            "revise",
            _l("Take back to the request"),
            (S.offered, S.accepted),
            S.asked,
            permission="offer",
            asks=ReasonInput,
            tone="neutral",
        ),
        Step(
            "refuse",
            _l("Customer declines"),
            (S.offered,),
            S.refused,
            permission="answer",
            asks=ReasonInput,
            tone="danger",
            clause="15(1)",
        ),
        Step(
            "withdraw",
            _l("Withdraw"),
            (S.asked, S.offered, S.accepted),
            S.withdrawn,
            permission="answer",
            asks=ReasonInput,
            tone="danger",
        ),
        Step(
            "refund",
            _l("Record the refund"),
            (S.applied,),
            None,
            permission="refund",
            guards=(has_refund_left,),
            clause="11(2)",
        ),
        Step("committee_approve", _l("Approved by the committee"), (S.pending_approval,), S.accepted, clause="15(6)"),
        Step("committee_return", _l("Returned by the committee"), (S.pending_approval,), S.asked, clause="15(6)"),
        Step(
            "end",
            _l("Ended with its order"),
            (S.asked, S.offered, S.accepted, S.pending_approval),
            S.withdrawn,
            clause="15(1)",
        ),
    ),
    clocks=(
        Clock(
            "C1",
            _l("Answer to a change"),
            start=("change_request.add",),
            stop=("change_request.offer", "change_request.withdraw", "change_request.end"),
            limit="sla.C1.limit",
            clause="15(1)",
            calendar="office",
        ),
        Clock(
            "C2",
            _l("Next letter after a change"),
            start=("change_request.accept",),
            stop=tuple(f"change_request.{step}" for step in ("apply", "revise", "withdraw", "end")),
            limit="sla.C2.limit",
            clause="15(1)",
        ),
    ),
)
