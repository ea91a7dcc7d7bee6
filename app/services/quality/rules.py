"""Rules of inspection as functions of values: no session, no framework."""

from __future__ import annotations

from decimal import Decimal

ZERO = Decimal(0)


def adds_up(submitted: Decimal, passed: Decimal, failed: Decimal) -> bool:
    """Whether every submitted piece has a result."""
    return passed + failed == submitted
