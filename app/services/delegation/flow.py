"""The workflow of a delegation (domain/06 6.4, domain/09 9.4 rule 16)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import Reason
from app.kernel.schema import ReasonInput
from app.kernel.workflow import Step, Workflow
from models.delegation import Delegation
from models.labels import DelegationState as S

# Whoever leads the giver's department, or the committee, gives and ends delegations of others: see the row scopes.
MANAGE = "delegation.manage"


def is_deputy(ctx: Context, delegation: Delegation) -> Reason | None:
    """The deputy says himself whether he takes it on."""
    if ctx.actor.is_system or ctx.actor.id == delegation.deputy_id:
        return None
    return Reason("not_the_deputy", _l("Only the deputy himself takes a delegation on or declines it."))


def is_not_over(ctx: Context, delegation: Delegation) -> Reason | None:
    """Nobody takes on days that have passed."""
    if delegation.ends_on >= ctx.today:
        return None
    return Reason("delegation_over", _l("The last day of this delegation has passed: propose a new one."))


def is_of_the_giver(ctx: Context, delegation: Delegation) -> Reason | None:
    """A proposal is taken back by whom it is about, or by who made it for him."""
    if ctx.actor.is_system or ctx.actor.may(MANAGE) or ctx.actor.id in {delegation.giver_id, delegation.created_by_id}:
        return None
    return Reason("not_the_giver", _l("Only who gave the delegation, or his head of department, withdraws it."))


def is_of_both(ctx: Context, delegation: Delegation) -> Reason | None:
    """Each side ends it at any time."""
    if ctx.actor.id == delegation.deputy_id:
        return None
    return is_of_the_giver(ctx, delegation)


DELEGATION = Workflow(
    name="delegation",
    is_followed=True,
    subject=Delegation,
    states=S,
    initial=S.proposed,
    final=(S.ended, S.withdrawn),
    steps=(
        Step(
            "accept",
            _l("Take on"),
            (S.proposed,),
            S.active,
            permission="accept",
            guards=(is_deputy, is_not_over),
            confirm=_l("You act in the giver's name on these days, and what binds the giver binds you."),
            clause="6(3)",
        ),
        Step(
            "decline",
            _l("Decline"),
            (S.proposed,),
            S.withdrawn,
            permission="accept",
            guards=(is_deputy,),
            asks=ReasonInput,
            tone="neutral",
        ),
        Step(
            "withdraw",
            _l("Withdraw"),
            (S.proposed,),
            S.withdrawn,
            permission="end",
            guards=(is_of_the_giver,),
            asks=ReasonInput,
            tone="neutral",
        ),
        Step(
            "end",
            _l("End now"),
            (S.active,),
            S.ended,
            permission="end",
            guards=(is_of_both,),
            asks=ReasonInput,
            tone="danger",
        ),
        Step("lapse", _l("Days have passed"), (S.proposed, S.active), S.ended),
    ),
)
