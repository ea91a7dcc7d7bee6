"""The account of an import in the words of the reader."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from app.exchange.reasons import REASONS

PLACE = re.compile(r"%\(\w+\)s")


@dataclass(frozen=True)
class Line:
    """One figure of the account; ``tone`` as in :class:`models.vocabulary.Tone`."""

    label: Any
    value: str
    tone: str = "neutral"
    hint: Any = None


def account(report: Mapping[str, Any]) -> list[Line]:
    """Rows, amounts and quantities of the file and of its parts: they add up. The first five are the headline."""
    rounding = Decimal(report["rounding"])
    orders, returns = report["orders"], report["returns"]
    return [
        Line(_l("Rows in the file"), count(report["file"], "rows"), hint=sums(report["file"])),
        Line(_l("Accepted rows"), count(report["accepted"], "rows"), "success", sums(report["accepted"])),
        Line(_l("Already there"), count(report["duplicate"], "rows"), hint=sums(report["duplicate"])),
        Line(
            _l("Rejected rows"),
            count(report["rejected"], "rows"),
            "danger" if report["rejected"]["rows"] else "neutral",
            sums(report["rejected"]),
        ),
        Line(
            _l("Booked amount"),
            f"¥{Decimal(report['booked']):,.2f}",
            "info",
            _l("Rounding each line half up to the cent: %(difference)s", difference=f"{rounding:+,}"),
        ),
        Line(_l("Amounts that cannot be read"), count(report["file"], "unreadable")),
        Line(_l("Orders in the file"), count(orders, "file")),
        Line(_l("Orders accepted"), count(orders, "accepted")),
        Line(_l("Of these returned"), count(orders, "returned")),
        Line(_l("Orders already there"), count(orders, "duplicate")),
        Line(_l("Orders rejected"), count(orders, "rejected")),
        Line(_l("Rows of returns"), count(returns, "file")),
        Line(_l("Returns accepted"), count(returns, "accepted")),
        Line(_l("Returns rejected"), count(returns, "rejected")),
        Line(_l("New customers"), f"{report['new_customers']:,}"),
        Line(_l("New products"), f"{report['new_products']:,}"),
        Line(_l("Columns that are not taken"), ", ".join(report["not_taken"]) or "–"),
    ]


HEADLINE = 5

NOTES = (
    _l(
        "Orders come in as completed history: received on the order date, completed on the ship date; the hour of the"
        " day is not known, so the journal shows 00:00."
    ),
    _l(
        "The file says no rate of tax: each line is booked as including the value-added tax of its day (17 %%, 16 %%"
        " from May 2018, 13 %% from April 2019)."
    ),
    _l("A returned order counts all its pieces as returned; when they came back is not known, so no ticket is opened."),
)


def notes() -> list[str]:
    """What was assumed because the file does not say it."""
    return [str(note).replace("%%", "%") for note in NOTES]


def sums(part: Mapping[str, Any]) -> str:
    """Amount and pieces of one part of the file, before rounding."""
    return f"¥{Decimal(part['amount']):,} · ×{Decimal(part['qty']):,}"


def count(numbers: Mapping[str, int], key: str) -> str:
    """A count; what never happened is 0."""
    return f"{numbers.get(key, 0):,}"


def reason_counts(report: Mapping[str, Any]) -> list[tuple[str, int]]:
    """How often each reason was the first one of a row, most frequent first; without what differs from row to row."""
    found = [
        (PLACE.sub("…", str(REASONS.get(code, code))).replace("%%", "%"), n) for code, n in report["reasons"].items()
    ]
    return sorted(found, key=lambda pair: -pair[1])
