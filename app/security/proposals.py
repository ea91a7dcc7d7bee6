"""Dangerous changes of rights: one administrator proposes, another one decides (workflow of ``rights_change``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import Reason
from app.kernel.numbering import next_number
from app.kernel.schema import ReasonInput
from app.kernel.workflow import Step, Workflow
from app.security.departments import TECHNICAL_ROLES
from app.security.rights import Change, apply, changes, rights_of_role, with_changes
from models.access import RightsChange
from models.journal import Journal
from models.labels import RightsChangeKind
from models.labels import RightsChangeState as S

# Acts on an account after which somebody else could sign in with it.
PROOFS_MADE = ("user.password_changed", "user.second_factor_off", "user.way_linked")
RECENT = timedelta(days=7)


def propose(
    ctx: Context,
    kind: RightsChangeKind,
    found: Sequence[Change],
    reason: str,
    *,
    role_id: int | None = None,
    user_id: int | None = None,
) -> RightsChange:
    """Writes down what a second administrator is to decide."""
    proposal = RightsChange(
        change_no=next_number(ctx, "RC"),
        kind=kind,
        role_id=role_id,
        user_id=user_id,
        changes=[asdict(change) for change in found],
        reason=reason,
        proposed_by_id=ctx.actor.id,
        proposed_at=ctx.now,
    )
    ctx.session.add(proposal)
    ctx.session.flush()
    return proposal


def proposed(proposal: RightsChange) -> list[Change]:
    """The changes of a proposal."""
    return [Change(**change) for change in proposal.changes]


def is_not_own_proposal(ctx: Context, proposal: RightsChange) -> Reason | None:
    """A second administrator decides, and nobody about himself."""
    if proposal.proposed_by_id in ctx.actor.persons:
        return Reason("separation_of_duties", _l("You proposed this change: another administrator decides about it."))
    if proposal.user_id in ctx.actor.persons:
        return Reason("separation_of_duties", _l("This is about yourself: another administrator decides about it."))
    return None


def is_not_made_by_the_proposer(ctx: Context, proposal: RightsChange) -> Reason | None:
    """Who could just have signed in with somebody's account does not decide with it what he proposed himself."""
    statement = sa.select(sa.literal(1)).where(
        Journal.entity == "user",
        Journal.entity_id.in_(ctx.actor.persons),
        Journal.actor_id == proposal.proposed_by_id,
        Journal.action.in_(PROOFS_MADE),
        Journal.at >= ctx.now - RECENT,
    )
    if ctx.session.scalar(statement.limit(1)) is None:
        return None
    text = _l("Who proposed this has lately reset how you sign in: another administrator decides, or you after a week.")
    return Reason("separation_of_duties", text)


def is_own_proposal(ctx: Context, proposal: RightsChange) -> Reason | None:
    """Only who proposed a change takes it back."""
    if proposal.proposed_by_id in ctx.actor.persons:
        return None
    return Reason("not_own_proposal", _l("Only the person who proposed this change can take it back."))


def still_fits(ctx: Context, proposal: RightsChange) -> Reason | None:
    """What was proposed must still start from what is; a role or an account may have changed since."""
    stale = Reason("changed_meanwhile", _l("The rights have changed since this was proposed: propose it anew."))
    if proposal.kind is RightsChangeKind.user_roles:
        user = ctx.session.get(User, proposal.user_id)
        held = {role.name for role in user.roles} if user is not None else set()
        wanted = {change.what for change in proposed(proposal)}
        if user is None or wanted & held:
            return stale
        if (held | wanted) & set(TECHNICAL_ROLES) and len(held | wanted) > 1:
            return Reason(
                "technical_role", _l("A technical role stands alone: take the other roles from the account first.")
            )
        return None
    role = ctx.session.get(Role, proposal.role_id)
    if role is None:
        return stale
    now = rights_of_role(ctx.session, role.name)
    wanted_changes = [(c.kind, c.what, c.old, c.new) for c in proposed(proposal)]
    left = [(c.kind, c.what, c.old, c.new) for c in changes(now, with_changes(now, proposed(proposal)))]
    return None if sorted(left) == sorted(wanted_changes) else stale


def bring_into_force(ctx: Context, proposal: RightsChange, _values: Mapping[str, Any]) -> None:
    """Applies the change as it was proposed."""
    _decided(ctx, proposal, {})
    if proposal.kind is RightsChangeKind.role_rights:
        role = ctx.session.get_one(Role, proposal.role_id)
        apply(ctx, role.id, role.name, proposed(proposal), proposal.reason)
        return
    user = ctx.session.get_one(User, proposal.user_id)
    wanted = {change.what for change in proposed(proposal)}
    user.roles = [*user.roles, *ctx.session.scalars(sa.select(Role).where(Role.name.in_(wanted)))]


def _decided(ctx: Context, proposal: RightsChange, _values: Mapping[str, Any]) -> None:
    proposal.decided_by_id, proposal.decided_at = ctx.actor.id, ctx.now


RIGHTS_CHANGE = Workflow(
    name="rights_change",
    subject=RightsChange,
    states=S,
    initial=S.proposed,
    final=(S.applied, S.refused, S.withdrawn),
    steps=(
        Step(
            "approve",
            _l("Bring into force"),
            (S.proposed,),
            S.applied,
            permission="approve",
            guards=(is_not_own_proposal, is_not_made_by_the_proposer, still_fits),
            effect=bring_into_force,
            confirm=_l("The change takes effect at once for everybody it concerns."),
            clause="3(4)",
        ),
        Step(
            "refuse",
            _l("Refuse"),
            (S.proposed,),
            S.refused,
            permission="refuse",
            guards=(is_not_own_proposal,),
            asks=ReasonInput,
            effect=_decided,
            tone="danger",
            clause="3(4)",
        ),
        Step(
            "withdraw",
            _l("Withdraw"),
            (S.proposed,),
            S.withdrawn,
            permission="withdraw",
            guards=(is_own_proposal,),
            tone="neutral",
            clause="3(4)",
        ),
    ),
)
