"""The workflow of an approval by the committee."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, validate, validates_schema

from app.kernel.context import Context
from app.kernel.engine import last_actor
from app.kernel.errors import Reason
from app.kernel.schema import EntityInput, ReasonInput
from app.kernel.workflow import Clock, Step, Workflow
from models.approval import Approval, ApprovalVote
from models.labels_order import ApprovalState as S
from models.labels_order import VoteDecision
from models.order import Order


class VoteInput(EntityInput):
    """One member's vote."""

    decision = fields.Enum(VoteDecision, by_value=True, required=True, metadata={"label": _l("Decision")})
    comment = fields.String(allow_none=True, validate=validate.Length(max=400), metadata={"label": _l("Comment")})

    @validates_schema
    def _reject_needs_a_reason(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("decision") is VoteDecision.reject and not data.get("comment"):
            raise ValidationError({"comment": [str(_l("Say why you reject."))]})


def has_no_conflict(ctx: Context, approval: Approval) -> Reason | None:
    """Submitter and entry user do not vote (domain/06 6.4)."""
    involved = {approval.submitted_by_id}
    if approval.order_id is not None:
        involved.add(last_actor(ctx, ctx.session.get_one(Order, approval.order_id), "submit"))
    if ctx.actor.id is not None and ctx.actor.id in involved:
        return Reason("separation_of_duties", _l("Who entered or submitted the order does not vote on it."))
    return None


def has_not_voted(ctx: Context, approval: Approval) -> Reason | None:
    """A vote is final."""
    statement = sa.select(ApprovalVote.id).where(
        ApprovalVote.approval_id == approval.id, ApprovalVote.member_id == ctx.actor.id
    )
    if ctx.session.execute(statement).first():
        return Reason("voted_already", _l("You have voted already; a vote is final."))
    return None


def vote(ctx: Context, approval: Approval, values: Mapping[str, Any]) -> None:
    """Records the vote of the acting member."""
    approval.votes.append(
        ApprovalVote(
            member_id=ctx.actor.id,
            is_chair="committee_lead" in ctx.actor.roles,
            decision=values["decision"],
            comment=values.get("comment"),
            voted_at=ctx.now,
        )
    )


def decided(ctx: Context, approval: Approval, _values: Mapping[str, Any]) -> None:
    """The moment of the decision."""
    approval.decided_at = ctx.now


APPROVAL = Workflow(
    name="approval",
    subject=Approval,
    states=S,
    initial=S.pending,
    final=(S.approved, S.rejected, S.withdrawn, S.expired),
    steps=(
        Step(
            "vote",
            _l("Vote"),
            (S.pending,),
            None,
            permission="vote",
            guards=(has_no_conflict, has_not_voted),
            asks=VoteInput,
            effect=vote,
            clause="13(2)",
        ),
        Step(
            "withdraw",
            _l("Withdraw"),
            (S.pending,),
            S.withdrawn,
            permission="withdraw",
            asks=ReasonInput,
            effect=decided,
            tone="neutral",
        ),
        Step("approve", _l("Approved"), (S.pending,), S.approved, effect=decided, clause="13(2)"),
        Step("reject", _l("Rejected"), (S.pending,), S.rejected, effect=decided, clause="13(2)"),
        Step("expire", _l("Expired"), (S.pending,), S.expired, effect=decided),
    ),
    clocks=(
        Clock(
            "E3",
            _l("Committee approval"),
            start=("approval.add",),
            stop=("approval.approve", "approval.reject", "approval.withdraw", "approval.expire"),
            limit="sla.E3.limit",
            clause="13(2)",
        ),
    ),
)
