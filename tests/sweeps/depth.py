"""How far a sweep goes: short in ``make test``, long in ``make sweeps`` (ZHIDAN_SWEEPS=full)."""

from __future__ import annotations

import os
from zlib import crc32

FULL = os.environ.get("ZHIDAN_SWEEPS") == "full"


def is_asked_by(who: str, what: str, *, among: int = 2) -> bool:
    """Whether one of several askers asks for this in the short form: one in ``among`` things, always the same ones."""
    return FULL or crc32(f"{who} {what}".encode()) % among == 0
