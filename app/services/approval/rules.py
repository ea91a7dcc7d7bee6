"""Who decides what, who is heard first, and when the votes decide (domain/06 6.2 to 6.4).

One declaration for every kind of approval. Amounts are CNY; the limits are policy parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from models.labels_order import ApprovalKind, ApprovalState, OpinionOf, VoteDecision

COMMITTEE, CHAIR = "committee", "committee_lead"
FINANCE, FINANCE_LEAD = "finance", "finance_lead"
ORDER_LEAD, PRODUCTION_LEAD = "order_center_lead", "production_lead"
SERVICE, SERVICE_LEAD = "customer_service", "customer_service_lead"

LARGE, RUSH = "large", "F03"
MEGA = "appr.mega"
# A special order with one of these needs an approval from finance among its votes.
OF_FINANCE = frozenset({"F01", "F02", "F05", "F06", "F07", "F09"})
ORDERS = frozenset({ApprovalKind.order_special, ApprovalKind.order_large, ApprovalKind.change})


@dataclass(frozen=True)
class Tier:
    """Up to an amount (``up_to`` is its parameter, None: any) every one of these roles decides."""

    roles: tuple[str, ...]
    up_to: str | None = None


BY_COMMITTEE = (Tier((COMMITTEE,)),)
TIERS: Mapping[ApprovalKind, tuple[Tier, ...]] = {
    **dict.fromkeys(ORDERS, BY_COMMITTEE),
    ApprovalKind.refund: (
        Tier((FINANCE,), "appr.refund.staff2"),
        Tier((FINANCE_LEAD,), "appr.refund.lead"),
        *BY_COMMITTEE,
    ),
    ApprovalKind.goodwill: (
        Tier((SERVICE,), "appr.goodwill.staff"),
        Tier((SERVICE_LEAD,), "appr.goodwill.lead"),
        Tier((ORDER_LEAD, FINANCE), "appr.goodwill.order_lead"),
        *BY_COMMITTEE,
    ),
    # The amount is what lies above the cap; the cost sheet itself is checked by both.
    ApprovalKind.cancellation: (Tier((ORDER_LEAD, FINANCE), "appr.cancel.above_cap"), *BY_COMMITTEE),
    ApprovalKind.exception_plan: BY_COMMITTEE,
    # With the customer's written consent; what touches safety is never conceded.
    ApprovalKind.concession: (Tier((PRODUCTION_LEAD,)),),
    ApprovalKind.write_off: BY_COMMITTEE,
    ApprovalKind.parameter: BY_COMMITTEE,
    ApprovalKind.customer_merge: (Tier((SERVICE_LEAD,)),),
    ApprovalKind.data_export: (Tier((CHAIR,)),),
}

HEARD: Mapping[str, tuple[OpinionOf, ...]] = {
    "F01": (OpinionOf.finance,),
    "F02": (OpinionOf.finance,),
    "F03": (OpinionOf.production,),
    "F04": (OpinionOf.production, OpinionOf.inspector),
    "F05": (OpinionOf.finance,),
    "F06": (OpinionOf.finance,),
    "F07": (OpinionOf.finance, OpinionOf.order_center_lead),
    "F08": (OpinionOf.finance,),
    "F09": (OpinionOf.finance,),
    "F10": (OpinionOf.logistics,),
    "F11": (OpinionOf.order_center_lead,),
    "F12": (OpinionOf.order_center_lead,),
}


@dataclass(frozen=True)
class Ballot:
    """One vote with the roles its member had when casting it."""

    decision: VoteDecision
    roles: frozenset[str]


@dataclass(frozen=True)
class Quorum:
    """What an approval takes: so many votes, some of certain roles; ``of_all`` is a majority of all members."""

    approvals: int = 2
    roles: frozenset[str] = frozenset()
    of_all: bool = False


def who_decides(kind: ApprovalKind, amount: Decimal, policy: Mapping[str, Decimal]) -> tuple[str, ...]:
    """The roles that decide a matter of an amount, all of them; ``committee`` means its votes (domain/06 6.3)."""
    return next(tier.roles for tier in TIERS[kind] if tier.up_to is None or amount <= policy[tier.up_to])


def opinions(triggers: Iterable[str]) -> list[OpinionOf]:
    """Who must be heard before the members vote."""
    found = {department for code in triggers for department in HEARD.get(code, ())}
    return [department for department in OpinionOf if department in found]


def is_mega(kind: ApprovalKind, amount: Decimal, policy: Mapping[str, Decimal]) -> bool:
    """Whether all members vote."""
    return kind in ORDERS and amount >= policy[MEGA]


def is_rush(kind: ApprovalKind, amount: Decimal, triggers: Iterable[str], policy: Mapping[str, Decimal]) -> bool:
    """Whether the urgent path is open: chair, head of production and head of finance decide within hours."""
    return kind in ORDERS and RUSH in triggers and not is_mega(kind, amount, policy)


def quorum(kind: ApprovalKind, amount: Decimal, triggers: Iterable[str], policy: Mapping[str, Decimal]) -> Quorum:
    """What it takes to approve a matter that is before the committee (domain/06 6.3, 6.4)."""
    named = frozenset(triggers)
    if kind is ApprovalKind.data_export:
        return Quorum(1, frozenset({CHAIR}))
    if is_mega(kind, amount, policy):
        return Quorum(roles=frozenset({CHAIR}), of_all=True)
    if is_rush(kind, amount, named, policy):
        return Quorum(3, frozenset({CHAIR, PRODUCTION_LEAD, FINANCE_LEAD}))
    needs_chair = kind is ApprovalKind.order_large or LARGE in named
    roles = {CHAIR} if needs_chair else set()
    return Quorum(roles=frozenset(roles | ({FINANCE} if named & OF_FINANCE else set())))


def decision(votes: Iterable[Ballot], needed: Quorum, members: int) -> ApprovalState | None:
    """What the votes add up to; None while it is open.

    One rejection ends a matter. Where all members vote, the chair's does, or so many that no majority is left: who
    abstains is one of all members, and agrees with nobody.

    Args:
        members: of the committee, whether they may vote on this or not.
    """
    cast = list(votes)
    against = [vote for vote in cast if vote.decision is VoteDecision.reject]
    ayes = [vote for vote in cast if vote.decision is VoteDecision.approve]
    neither = [vote for vote in cast if vote.decision is VoteDecision.abstain]
    held = frozenset().union(*(vote.roles for vote in ayes))
    if needed.of_all:
        if any(CHAIR in vote.roles for vote in against) or 2 * (len(against) + len(neither)) >= members:
            return ApprovalState.rejected
        is_enough = 2 * len(ayes) > members
    else:
        if against:
            return ApprovalState.rejected
        is_enough = len(ayes) >= needed.approvals
    return ApprovalState.approved if is_enough and needed.roles <= held else None


def is_out_of_reach(votes: Iterable[Ballot], needed: Quorum, left: Iterable[frozenset[str]]) -> bool:
    """Whether nothing that may still be said makes it an approval: a role it takes has no vote left, or too few have.

    Args:
        left: the roles of each member who has neither voted nor abstained.
    """
    waiting = list(left)
    ayes = [vote for vote in votes if vote.decision is VoteDecision.approve]
    reachable = frozenset().union(*(vote.roles for vote in ayes), *waiting)
    is_too_few = not needed.of_all and len(ayes) + len(waiting) < needed.approvals
    return is_too_few or not needed.roles <= reachable
