"""Rules of letters and of their links as functions of values: no session, no framework."""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal

HOUR = 3600
# Twice a reminder, then the head is told; after that it is a matter for a call.
MOST_REMINDERS = 3
# The wordings a customer agrees to; a changed wording gets a new version.
PRIVACY_TEXT, CUSTOM_TEXT = "privacy-2026-1", "custom-2026-1"


def mark(*parts: object) -> str:
    """SHA-256 over what was signed: number, content, name, moment; whoever has the parts can make it again."""
    texts = (part.isoformat() if isinstance(part, datetime) else str(part) for part in parts)
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()


def reminders_due(sent_at: datetime, now: datetime, every_hours: Decimal) -> int:
    """How many reminders a silent customer has earned: one each period since the letter."""
    if not every_hours:
        return 0
    passed = int((now - sent_at).total_seconds() // (float(every_hours) * HOUR))
    return min(max(passed, 0), MOST_REMINDERS)
