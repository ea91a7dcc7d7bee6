"""How far a sweep goes: short in ``make test``, long in ``make sweeps`` (ZHIDAN_SWEEPS=full)."""

from __future__ import annotations

import os

FULL = os.environ.get("ZHIDAN_SWEEPS") == "full"


def records_a_role() -> int:
    """How many records of each entity every role asks for."""
    return 8 if FULL else 1
