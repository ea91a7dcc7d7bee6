"""Words of exports: their files, and the approval of large ones, with their labels."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from models.vocabulary import Labels


class ExportFormat(StrEnum):
    """What kind of file is made."""

    xlsx = "xlsx"
    csv = "csv"


class ExportOutcome(StrEnum):
    """What became of an export: being made, made, or broken off."""

    running = "running"
    done = "done"
    failed = "failed"


class ExportRequestState(StrEnum):
    """Where the request for a large export stands."""

    requested = "requested"
    approved = "approved"
    done = "done"
    refused = "refused"
    withdrawn = "withdrawn"
    expired = "expired"


EXPORT_LABELS: Labels = {
    ExportFormat: {
        ExportFormat.xlsx: _l("Excel workbook (.xlsx)"),
        ExportFormat.csv: _l("Text table (.csv)"),
    },
    ExportOutcome: {
        ExportOutcome.running: _l("Running"),
        ExportOutcome.done: _l("Done"),
        ExportOutcome.failed: _l("Broken off"),
    },
    ExportRequestState: {
        ExportRequestState.requested: _l("Waits for approval"),
        ExportRequestState.approved: _l("Approved"),
        ExportRequestState.done: _l("File made"),
        ExportRequestState.refused: _l("Refused"),
        ExportRequestState.withdrawn: _l("Withdrawn"),
        ExportRequestState.expired: _l("Expired"),
    },
}
