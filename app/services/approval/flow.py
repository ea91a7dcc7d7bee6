"""The workflow of an approval by the committee."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, validate, validates_schema

from app.kernel.context import Context
from app.kernel.duties import OF_ORDER, Duty, plain_acts
from app.kernel.errors import Reason
from app.kernel.schema import EntityInput, ReasonInput
from app.kernel.workflow import Clock, Step, Workflow
from models.approval import Approval, ApprovalVote
from models.journal import Journal
from models.labels_order import ApprovalState as S
from models.labels_order import VoteDecision


class VoteInput(EntityInput):
    """One member's vote."""

    decision = fields.Enum(VoteDecision, by_value=True, required=True, metadata={"label": _l("Decision")})
    comment = fields.String(allow_none=True, validate=validate.Length(max=400), metadata={"label": _l("Comment")})

    @validates_schema
    def _reject_needs_a_reason(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("decision") is VoteDecision.reject and not data.get("comment"):
            raise ValidationError({"comment": [str(_l("Say why you reject."))]})


# Domain/09 9.4, rule 2 and domain/06 6.4: who submitted the request, and who entered the order, do not vote.
_NOT_ONES_OWN = _l("Whoever entered or submitted it does not vote on it.")
NOT_BY_SUBMITTER = (
    Duty(2, ("approval.add",), _NOT_ONES_OWN),
    Duty(
        2,
        plain_acts("order", "order_line", "order_fee"),
        _NOT_ONES_OWN,
        OF_ORDER,
        since=("order.send_back",),
        ends=("order.submit",),
    ),
    Duty(2, ("order.submit",), _NOT_ONES_OWN, OF_ORDER, since=("order.send_back",)),
)
CHAIR = "committee_lead"


def has_not_voted(ctx: Context, approval: Approval) -> Reason | None:
    """A vote is final, and nobody has two: not for himself and for whom he stands in (domain/06 6.4)."""
    persons = ctx.actor.persons
    # A deputy's vote is kept under the giver's name: that he has cast one, the journal knows.
    cast = sa.select(Journal.id).where(
        Journal.entity == "approval",
        Journal.entity_id == approval.id,
        Journal.action == "approval.vote",
        Journal.actor_id.in_(persons) | Journal.on_behalf_of_id.in_(persons),
    )
    counted = sa.select(ApprovalVote.id).where(
        ApprovalVote.approval_id == approval.id, ApprovalVote.member_id.in_(persons)
    )
    if ctx.session.execute(sa.select(sa.exists(cast) | sa.exists(counted))).scalar_one():
        return Reason("voted_already", _l("You have voted already; a vote is final."))
    return None


def is_not_judged(ctx: Context, approval: Approval) -> Reason | None:
    """The member whose department is judged abstains (domain/06 6.4)."""
    judged = approval.judged_department
    if judged is None or not ctx.actor.roles & {judged, f"{judged}_lead"}:
        return None
    return Reason("own_department", _l("Your own department's case is judged: you abstain, the other members decide."))


def vote(ctx: Context, approval: Approval, values: Mapping[str, Any]) -> None:
    """Records the vote of the acting member; a deputy's counts for the member he stands in for."""
    actor = ctx.actor
    used = [held for held in actor.deputyships if held.giver_id in actor.acts_for]
    approval.votes.append(
        ApprovalVote(
            member_id=used[0].giver_id if used else actor.id,
            is_chair=CHAIR in (used[0].roles if used else actor.roles),
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
            guards=(is_not_judged, has_not_voted),
            not_by=NOT_BY_SUBMITTER,
            prefers=CHAIR,
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
