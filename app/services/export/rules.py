"""How many rows may leave without asking, and what an approval holds for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from models.base import Sensitivity
from models.export import ExportRequest
from models.labels import ExportFormat, ExportRequestState

ROWS = "export.rows"
PERSONAL_ROWS = "export.pii_rows"
VALID_HOURS = "export.valid_hours"
PERSONAL = frozenset(
    {
        Sensitivity.NAME,
        Sensitivity.PHONE,
        Sensitivity.CONTACT,
        Sensitivity.ADDRESS,
        Sensitivity.DOOR,
        Sensitivity.BANK,
    }
)
# A list grows between the approval and the file: so many per cent more are still what was approved.
GROWTH_PCT = 10


def limit_of(policy: Mapping[str, Decimal], *, is_personal: bool) -> int:
    """The rows that need no approval."""
    rows = int(policy[ROWS])
    return min(rows, int(policy[PERSONAL_ROWS])) if is_personal else rows


def approved_rows(request: ExportRequest) -> int:
    """The most rows of a file that was approved."""
    return request.row_count * (100 + GROWTH_PCT) // 100


def covers(
    request: ExportRequest,
    *,
    entity: str,
    arguments: Sequence[Sequence[str]],
    columns: Sequence[str],
    in_full: Collection[str],
    file_format: ExportFormat,
    now: datetime,
) -> bool:
    """Whether an approval still holds, and for exactly this file, with nothing in full that was masked then."""
    return (
        request.state is ExportRequestState.approved
        and request.valid_until is not None
        and now <= request.valid_until
        and request.entity == entity
        and [list(pair) for pair in request.arguments] == [list(pair) for pair in arguments]
        and list(request.columns) == list(columns)
        and set(in_full) <= set(request.in_full)
        and request.file_format is file_format
    )
