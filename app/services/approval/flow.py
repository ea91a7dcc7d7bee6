"""The workflow of an approval by the committee."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, validate, validates_schema

from app.kernel.calendar import due_at
from app.kernel.clocks import calendar_exceptions
from app.kernel.context import Context
from app.kernel.duties import OF_ORDER, OF_SUBJECT, Duty, PartsOfSubject, plain_acts
from app.kernel.errors import Reason
from app.kernel.holders import role_names
from app.kernel.schema import EntityInput, ReasonInput, field_for
from app.kernel.workflow import Clock, Step, Workflow
from app.services.approval.actions import NORMAL, RUSH
from app.services.approval.queries import has_voted
from app.services.approval.rules import CHAIR
from models.approval import Approval, ApprovalOpinion, ApprovalVote
from models.cancellation import CostItem
from models.labels import label_of
from models.labels_order import ApprovalState as S
from models.labels_order import VoteDecision


class VoteInput(EntityInput):
    """One member's vote; to abstain is a step of its own, open to those who may not vote."""

    decision = fields.Enum(
        VoteDecision,
        by_value=True,
        required=True,
        validate=validate.OneOf(
            [VoteDecision.approve, VoteDecision.reject], error=_l("Approve or reject; to abstain, use “Abstain”.")
        ),
        metadata={"label": _l("Decision")},
    )
    comment = fields.String(allow_none=True, validate=validate.Length(max=400), metadata={"label": _l("Comment")})

    @validates_schema
    def _reject_needs_a_reason(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("decision") is VoteDecision.reject and not data.get("comment"):
            raise ValidationError({"comment": [str(_l("Say why you reject."))]})


class AbstainInput(EntityInput):
    """Why a member takes no part in the decision."""

    conflict = field_for(ApprovalVote, "conflict", required=True)
    comment = fields.String(allow_none=True, validate=validate.Length(max=400), metadata={"label": _l("Comment")})


# Domain/09 9.4, rule 2 and domain/06 6.4: who submitted the request, and who entered the order, do not vote.
_NOT_ONES_OWN = _l("Whoever entered or submitted it does not vote on it.")
NOT_BY_SUBMITTER = (
    Duty(2, ("approval.add",), _NOT_ONES_OWN),
    Duty(2, (*plain_acts("change_request", "cancellation"), "cancellation.cost"), _NOT_ONES_OWN, OF_SUBJECT),
    Duty(2, plain_acts("cost_item"), _NOT_ONES_OWN, PartsOfSubject(CostItem, "cancellation_id", "cancellation")),
    Duty(
        2,
        plain_acts("order", "order_line", "order_fee"),
        _NOT_ONES_OWN,
        OF_ORDER,
        since=("order.send_back",),
        ends=("order.submit",),
    ),
    Duty(
        2,
        ("order.submit", "order.lapse", "order.review_again"),
        _NOT_ONES_OWN,
        OF_ORDER,
        since=("order.send_back",),
    ),
)


class OpinionInput(EntityInput):
    """What a department says before the vote."""

    text = fields.String(required=True, validate=validate.Length(min=1, max=2000), metadata={"label": _l("Opinion")})


class MinutesInput(EntityInput):
    """What was decided on the urgent path, for those who were not asked."""

    minutes = fields.String(required=True, validate=validate.Length(min=1, max=4000), metadata={"label": _l("Minutes")})


def is_in_time(ctx: Context, approval: Approval) -> Reason | None:
    """What has expired is not decided any more; the sweep returns it (domain/06 6.4)."""
    if ctx.now < approval.due_at:
        return None
    return Reason("overdue", _l("The time for this decision is over: the request returns to who submitted it."))


def has_opinions(_ctx: Context, approval: Approval) -> Reason | None:
    """The members vote when the departments concerned were heard (domain/06 6.2)."""
    missing = [str(label_of(opinion.asked_of)) for opinion in approval.opinions if opinion.given_at is None]
    if not missing:
        return None
    return Reason(
        "opinions_missing",
        _l("Opinions are still missing: %(departments)s. Ask them first, then vote."),
        {"departments": "、".join(missing)},
    )


def is_asked(ctx: Context, approval: Approval) -> Reason | None:
    """Opinions are given by who was asked, once."""
    if _open_opinions(ctx, approval):
        return None
    return Reason("not_asked", _l("No opinion of your department is asked for, or it was given already."))


def _open_opinions(ctx: Context, approval: Approval) -> list[ApprovalOpinion]:
    return [
        opinion
        for opinion in approval.opinions
        if opinion.given_at is None and (ctx.actor.is_system or opinion.asked_of in ctx.actor.roles)
    ]


def owes_minutes(_ctx: Context, approval: Approval) -> Reason | None:
    """Minutes belong to the urgent path, once."""
    if approval.minutes_due_at is not None and approval.minutes_at is None:
        return None
    return Reason("no_minutes_due", _l("No minutes are due: they belong to the urgent path, and are written once."))


def has_not_voted(ctx: Context, approval: Approval) -> Reason | None:
    """A vote is final, and nobody has two: not for himself and for whom he stands in (domain/06 6.4)."""
    if ctx.session.execute(sa.select(has_voted(approval.id, ctx.actor.persons))).scalar_one():
        return Reason("voted_already", _l("You have voted already; a vote is final."))
    return None


def is_not_judged(ctx: Context, approval: Approval) -> Reason | None:
    """The member whose department is judged abstains (domain/06 6.4)."""
    judged = approval.judged_department
    if judged is None or not ctx.actor.roles & {judged, f"{judged}_lead"}:
        return None
    return Reason("own_department", _l("Your own department's case is judged: abstain, the other members decide."))


def vote(ctx: Context, approval: Approval, values: Mapping[str, Any]) -> None:
    """Records the vote of the acting member; a deputy's counts for the member he stands in for."""
    _cast(ctx, approval, decision=values["decision"], comment=values.get("comment"))


def abstain(ctx: Context, approval: Approval, values: Mapping[str, Any]) -> None:
    """Records that the member takes no part: he is one of all members, and never one of those who agree."""
    comment = values.get("comment")
    _cast(ctx, approval, decision=VoteDecision.abstain, conflict=values["conflict"], comment=comment)


def _cast(ctx: Context, approval: Approval, **said: Any) -> None:
    actor = ctx.actor
    used = [held for held in actor.deputyships if held.giver_id in actor.acts_for]
    member_id = used[0].giver_id if used else actor.id
    roles = role_names(ctx.session, member_id) if member_id is not None else frozenset()
    if used:
        # The chair's word is passed on by name only; of his department a member stays whoever votes for him.
        roles = (roles - {CHAIR}) | used[0].roles
    approval.votes.append(
        ApprovalVote(
            member_id=member_id,
            is_chair=CHAIR in roles,
            roles=sorted(roles),
            voted_at=ctx.now,
            **said,
        )
    )


def opine(ctx: Context, approval: Approval, values: Mapping[str, Any]) -> None:
    """Records what the department says, for each of the actor's departments that was asked."""
    for opinion in _open_opinions(ctx, approval):
        opinion.text = values["text"]
        opinion.given_by_id = ctx.actor.id
        opinion.given_at = ctx.now


def approved(ctx: Context, approval: Approval, values: Mapping[str, Any]) -> None:
    """The urgent path leaves its minutes to be written (domain/06 6.4)."""
    decided(ctx, approval, values)
    if approval.is_rush:
        hours = float(ctx.policy["appr.minutes_hours"])
        approval.minutes_due_at = due_at(ctx.now, hours, "office", calendar_exceptions(ctx))


def write_minutes(ctx: Context, approval: Approval, values: Mapping[str, Any]) -> None:
    """What was decided, for the file."""
    approval.minutes = values["minutes"]
    approval.minutes_at = ctx.now


def remind(ctx: Context, approval: Approval, _values: Mapping[str, Any]) -> None:
    """Once is enough."""
    approval.reminded_at = ctx.now


def decided(ctx: Context, approval: Approval, _values: Mapping[str, Any]) -> None:
    """The moment of the decision."""
    approval.decided_at = ctx.now


def limit_of(approval: Approval) -> str:
    """The urgent path has its own limit."""
    return RUSH if approval.is_rush else NORMAL


APPROVAL = Workflow(
    name="approval",
    subject=Approval,
    states=S,
    initial=S.pending,
    final=(S.approved, S.rejected, S.withdrawn, S.expired, S.lapsed),
    steps=(
        Step(
            "opine",
            _l("Give an opinion"),
            (S.pending,),
            None,
            permission="opine",
            guards=(is_asked,),
            asks=OpinionInput,
            effect=opine,
            clause="13(2)",
        ),
        Step(
            "vote",
            _l("Vote"),
            (S.pending,),
            None,
            permission="vote",
            guards=(is_in_time, has_opinions, is_not_judged, has_not_voted),
            not_by=NOT_BY_SUBMITTER,
            prefers=CHAIR,
            asks=VoteInput,
            effect=vote,
            clause="13(2)",
        ),
        # Without the separation of duties: who may not vote says so, and is not waited for (domain/06 6.4).
        Step(
            "abstain",
            _l("Abstain"),
            (S.pending,),
            None,
            permission="vote",
            guards=(is_in_time, has_not_voted),
            prefers=CHAIR,
            asks=AbstainInput,
            effect=abstain,
            tone="neutral",
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
        Step(
            "write_minutes",
            _l("Write the minutes"),
            (S.approved, S.lapsed),
            None,
            permission="minutes",
            guards=(owes_minutes,),
            asks=MinutesInput,
            effect=write_minutes,
            clause="6(3)",
        ),
        Step("remind", _l("Members reminded"), (S.pending,), None, effect=remind),
        Step("approve", _l("Approved"), (S.pending,), S.approved, effect=approved, clause="13(2)"),
        Step("reject", _l("Rejected"), (S.pending,), S.rejected, effect=decided, clause="13(2)"),
        Step("expire", _l("Expired"), (S.pending,), S.expired, effect=decided),
        Step("lapse", _l("Lapsed"), (S.pending, S.approved), S.lapsed, clause="13(2)"),
    ),
    clocks=(
        Clock(
            "E3",
            _l("Committee approval"),
            start=("approval.add",),
            stop=("approval.approve", "approval.reject", "approval.withdraw", "approval.expire", "approval.lapse"),
            limit="sla.E3.limit",
            limit_of=limit_of,
            clause="13(2)",
        ),
    ),
)
