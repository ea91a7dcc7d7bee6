"""Opens approvals, lets the votes decide, and ends what waited too long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.holders import by_role, permitted
from app.kernel.numbering import next_number
from app.kernel.policy import limit_on
from app.services.approval import rules
from models.approval import Approval, ApprovalOpinion
from models.labels_order import ApprovalKind, ApprovalState
from models.order import Order

ZERO = Decimal(0)
NORMAL, RUSH = "sla.E3.limit", "sla.E3.rush"


@dataclass(frozen=True)
class Matter:
    """What is put before the committee: any record by its entity's word and key, bound to its content.

    ``amount`` is CNY, the reason it is large or small; ``judged_department`` abstains (domain/06 6.4). ``triggers``
    say who is heard and whose vote it takes; ``findings`` are their numbers by trigger.
    """

    kind: ApprovalKind
    entity: str
    entity_id: int
    content_hash: str | None = None
    amount: Decimal = ZERO
    triggers: Sequence[str] = ()
    summary: str = ""
    order_id: int | None = None
    judged_department: str | None = None
    findings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def ask(ctx: Context, matter: Matter) -> Approval:
    """Puts a matter before the committee, and asks the departments that must be heard. Clause 6(3), 13(2).

    Raises:
        DuplicateError: the record waits for a decision already (at the flush or the commit).
    """
    approval = Approval(approval_no=next_number(ctx, "AP"), entity=matter.entity, entity_id=matter.entity_id)
    _put(ctx, approval, matter)
    ctx.session.add(approval)
    ctx.session.flush()
    return approval


def ask_again(ctx: Context, matter: Matter) -> Approval:
    """Puts a record with another content before the committee: what was said about the old one does not count.

    A request on which nobody has said anything yet is put right instead of being asked twice.
    """
    pending = _of(ctx, matter.entity, matter.entity_id, ApprovalState.pending)
    untouched = [held for held in pending if not held.votes and all(said.text is None for said in held.opinions)]
    void(ctx, matter.entity, matter.entity_id, spare=untouched)
    if not untouched:
        return ask(ctx, matter)
    _put(ctx, untouched[0], matter)
    ctx.session.flush()
    return untouched[0]


def _put(ctx: Context, approval: Approval, matter: Matter) -> None:
    is_rush = rules.is_rush(matter.kind, matter.amount, matter.triggers, ctx.policy)
    approval.kind = matter.kind
    approval.order_id = matter.order_id
    approval.content_hash = matter.content_hash
    approval.amount = matter.amount
    approval.triggers = list(matter.triggers)
    approval.findings = {code: dict(found) for code, found in matter.findings.items()}
    approval.summary = matter.summary
    approval.judged_department = matter.judged_department
    approval.is_rush = is_rush
    approval.submitted_by_id = ctx.actor.id
    approval.submitted_at = ctx.now
    approval.due_at = ctx.now + timedelta(hours=float(ctx.policy[RUSH if is_rush else NORMAL]))
    wanted = rules.opinions(matter.triggers)
    for opinion in [asked for asked in approval.opinions if asked.asked_of not in wanted]:
        approval.opinions.remove(opinion)
        ctx.session.delete(opinion)
    held = {opinion.asked_of for opinion in approval.opinions}
    approval.opinions.extend(ApprovalOpinion(asked_of=department) for department in wanted if department not in held)


def request_approval(ctx: Context, order: Order, findings: Mapping[str, Mapping[str, str]]) -> Approval:
    """Puts a large or special order before the committee, bound to its content. Clause 13(2)."""
    return ask_again(
        ctx,
        Matter(
            ApprovalKind.order_large if order.is_large else ApprovalKind.order_special,
            "order",
            order.id,
            content_hash=order.content_hash,
            amount=order.total_amount,
            triggers=list(findings),
            order_id=order.id,
            findings=findings,
        ),
    )


def void(ctx: Context, entity: str, entity_id: int, spare: Sequence[Approval] = ()) -> None:
    """No approval of a record holds any more, decided or not: its content has changed, or its review is taken back."""
    for approval in _of(ctx, entity, entity_id, ApprovalState.pending, ApprovalState.approved):
        if approval not in spare:
            fire(ctx.as_system(), approval, "lapse")


def _of(ctx: Context, entity: str, entity_id: int, *states: ApprovalState) -> Sequence[Approval]:
    statement = sa.select(Approval).where(
        Approval.entity == entity, Approval.entity_id == entity_id, Approval.state.in_(states)
    )
    return ctx.session.scalars(statement.order_by(Approval.id)).all()


def decide(ctx: Context, approval: Approval) -> None:
    """Fires the decision when the votes add up to one, or can add up to none any more.

    The limits are those of the day of the request.
    """
    ctx.session.flush()
    policy = {rules.MEGA: limit_on(ctx.policy, rules.MEGA, approval.submitted_at)}
    needed = rules.quorum(approval.kind, approval.amount, approval.triggers, policy)
    votes = [rules.Ballot(vote.decision, frozenset(vote.roles)) for vote in approval.votes]
    members = permitted(ctx.session, "approval.vote")
    outcome = rules.decision(votes, needed, len(members))
    if outcome is ApprovalState.approved:
        fire(ctx.as_system(), approval, "approve")
    elif outcome is ApprovalState.rejected:
        fire(ctx.as_system(), approval, "reject")
    elif rules.is_out_of_reach(votes, needed, _left(ctx, approval, needed, members)):
        why = _l("Rejected: of those whose approval it takes nobody has a vote left, all have voted or abstained.")
        fire(ctx.as_system(), approval, "reject", reason=str(why))


def _left(ctx: Context, approval: Approval, needed: rules.Quorum, members: set[int]) -> list[frozenset[str]]:
    waiting = members - {vote.member_id for vote in approval.votes}
    held = by_role(ctx.session, needed.roles)
    return [frozenset(role for role, people in held.items() if member in people) for member in waiting]


def expire_due(ctx: Context) -> int:
    """Ends what waited longer than its time: it returns to who submitted it, never approved by silence."""
    due = sa.select(Approval).where(Approval.state == ApprovalState.pending, Approval.due_at <= ctx.now)
    found = ctx.session.scalars(due.order_by(Approval.id)).all()
    for approval in found:
        fire(ctx.as_system(), approval, "expire")
    return len(found)


def remind_due(ctx: Context) -> int:
    """Reminds once of what has used up the warning share of its time; returns of how many."""
    waiting = sa.select(Approval).where(
        Approval.state == ApprovalState.pending, Approval.reminded_at.is_(None), Approval.due_at > ctx.now
    )
    share = float(ctx.policy["sla.warn_pct"]) / 100
    found = [
        approval
        for approval in ctx.session.scalars(waiting.order_by(Approval.id))
        if approval.submitted_at + (approval.due_at - approval.submitted_at) * share <= ctx.now
    ]
    for approval in found:
        fire(ctx.as_system(), approval, "remind")
    return len(found)


def waited_for(ctx: Context, approval: Approval) -> set[int]:
    """The members who have not voted yet."""
    members = permitted(ctx.session, "approval.vote")
    return members - {vote.member_id for vote in approval.votes} - {approval.submitted_by_id or 0}
