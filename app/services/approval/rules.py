"""When the votes of the committee decide (domain/06 6.3)."""

from __future__ import annotations

from collections.abc import Iterable

from models.labels_order import ApprovalState, VoteDecision

APPROVALS_NEEDED = 2


def decision(votes: Iterable[tuple[VoteDecision, bool]], *, needs_chair: bool) -> ApprovalState | None:
    """The decision of votes given as (decision, is chair); None while it is open.

    Two approvals decide, with the chair's among them for a large order. One rejection ends it: "no reject
    outstanding".
    """
    cast = list(votes)
    if any(vote is VoteDecision.reject for vote, _ in cast):
        return ApprovalState.rejected
    approvals = [is_chair for vote, is_chair in cast if vote is VoteDecision.approve]
    if len(approvals) >= APPROVALS_NEEDED and (any(approvals) or not needs_chair):
        return ApprovalState.approved
    return None
