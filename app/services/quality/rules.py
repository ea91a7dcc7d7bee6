"""Rules of inspection as functions of values: no session, no framework."""

from __future__ import annotations

from decimal import Decimal

ZERO = Decimal(0)


def adds_up(submitted: Decimal, passed: Decimal, failed: Decimal) -> bool:
    """Whether every submitted piece has a result."""
    return passed + failed == submitted


def is_own_work(actor_id: int | None, reporter_id: int | None, planner_id: int | None) -> bool:
    """Whether somebody would inspect what he made or planned himself (domain/09 9.4, rule 4)."""
    return actor_id is not None and actor_id in {reporter_id, planner_id}
