"""Rules of service as functions of values: no session, no framework."""

from __future__ import annotations

from datetime import date

from models.labels import TicketSource


def is_in_warranty(day: date, begins: date | None, ends: date | None) -> bool:
    """Whether a day lies within the warranty, first and last day included; without dates it does not run yet."""
    return begins is not None and ends is not None and begins <= day <= ends


def is_of_authority(source: TicketSource) -> bool:
    """Whether the consumer authority asks: it answers the consumer within 7 working days (消法实施条例 46)."""
    return source is TicketSource.hotline_12315
