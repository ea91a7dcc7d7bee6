"""Which approvals wait for somebody, as conditions: the guards ask them of one approval, the desk of all."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context
from models.approval import Approval, ApprovalOpinion, ApprovalVote
from models.journal import Journal
from models.labels_order import ApprovalState, OpinionOf

Clause = sa.ColumnElement[bool]


def has_voted(approval_id: Any, persons: Collection[int]) -> Clause:
    """Whether one of the persons has a vote on the approval of this key or column, cast by or for him."""
    # A deputy's vote is kept under the giver's name: that he has cast one, the journal knows.
    cast = sa.select(Journal.id).where(
        Journal.entity == "approval",
        Journal.entity_id == approval_id,
        Journal.action.in_(("approval.vote", "approval.abstain")),
        Journal.actor_id.in_(persons) | Journal.on_behalf_of_id.in_(persons),
    )
    counted = sa.select(ApprovalVote.id).where(
        ApprovalVote.approval_id == approval_id, ApprovalVote.member_id.in_(persons)
    )
    return sa.exists(cast) | sa.exists(counted)


def waits_for(ctx: Context) -> Clause:
    """Pending, and the actor's opinion is asked for, or his vote still counts; what he did himself is not asked."""
    actor = ctx.actor
    asked = sa.select(ApprovalOpinion.id).where(
        ApprovalOpinion.approval_id == Approval.id,
        ApprovalOpinion.given_at.is_(None),
        ApprovalOpinion.asked_of.in_([department for department in OpinionOf if department in actor.roles]),
    )
    judges = actor.roles | {role.removesuffix("_lead") for role in actor.roles}
    ways: list[Clause] = []
    if actor.may("approval.opine"):
        ways.append(sa.exists(asked))
    if actor.may("approval.vote"):
        ways.append(
            sa.and_(
                Approval.due_at > ctx.now,
                # Nobody decides on what he has submitted: it would only stand before what he may decide on.
                Approval.submitted_by_id.is_(None) | Approval.submitted_by_id.not_in(actor.persons),
                Approval.judged_department.is_(None) | Approval.judged_department.not_in(sorted(judges)),
                sa.not_(has_voted(Approval.id, actor.persons)),
            )
        )
    return sa.and_(Approval.state == ApprovalState.pending, sa.or_(sa.false(), *ways))
