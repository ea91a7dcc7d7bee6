"""What left the system as a file, and who allowed the large ones. Clause 25, domain/09 9.3."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    Base,
    Json,
    Sensitivity,
    Stamped,
    Stateful,
    UtcDateTime,
    check,
    column,
    flag,
    reference,
    sort_index,
    state_words,
    words,
)
from models.labels import ExportFormat, ExportOutcome, ExportRequestState

if TYPE_CHECKING:
    from flask_appbuilder.security.sqla.models import User


class ExportRequest(Stateful, Base):
    """A request for more rows than anybody may take without asking; it holds for one filter and one file."""

    __tablename__ = "export_request"
    __label__ = _l("Export request")
    __label_plural__ = _l("Export requests")
    __table_args__ = (
        check("rows_positive", "row_count > 0"),
        check("approved_has_end", "state <> 'approved' OR valid_until IS NOT NULL"),
        sort_index("state", "state_since"),
        sort_index("requested_at"),
    )
    journal_order_attribute: ClassVar[str | None] = None

    request_no: Mapped[str] = column(sa.String(30), _l("Request number"), nullable=False, unique=True)
    entity: Mapped[str] = column(sa.String(40), _l("List"), nullable=False)
    filter_text: Mapped[str] = column(sa.Text, _l("Filter"), nullable=False, default="")
    # As the list takes them; they may hold names, which whoever decides sees masked in ``filter_text`` only. Emptied
    # when the request ends: a phone that was searched for belongs to somebody who may be anonymised later.
    arguments: Mapped[list[list[str]]] = column(
        Json, _l("Arguments"), nullable=False, default=list, sensitivity=Sensitivity.ADDRESS
    )
    columns: Mapped[list[str]] = column(Json, _l("Columns"), nullable=False, default=list)
    # The columns of a field group that stood in full when it was asked: no other may stand so in the file.
    in_full: Mapped[list[str]] = column(Json, _l("Columns in full"), nullable=False, default=list)
    file_format: Mapped[ExportFormat] = column(
        words(ExportFormat, name="file_format"), _l("Format"), nullable=False, default=ExportFormat.xlsx
    )
    row_count: Mapped[int] = column(sa.Integer, _l("Rows"), nullable=False)
    is_personal: Mapped[bool] = flag(
        _l("Personal data"), help_text=_l("Names, phones, addresses or accounts stand in it in full.")
    )
    reason: Mapped[str] = column(
        sa.String(400), _l("Reason"), nullable=False, help_text=_l("What the rows are needed for, and by whom.")
    )
    requested_by_id: Mapped[int] = reference("ab_user.id", _l("Requested by"), nullable=False)
    requested_at: Mapped[datetime] = column(UtcDateTime, _l("Requested at"), nullable=False)
    decided_by_id: Mapped[int | None] = reference("ab_user.id", _l("Decided by"))
    decided_at: Mapped[datetime | None] = column(UtcDateTime, _l("Decided at"))
    valid_until: Mapped[datetime | None] = column(UtcDateTime, _l("Valid until"))
    state: Mapped[ExportRequestState] = column(
        state_words(ExportRequestState), _l("State"), nullable=False, default=ExportRequestState.requested
    )

    requested_by: Mapped[User] = relationship("User", foreign_keys="ExportRequest.requested_by_id")
    decided_by: Mapped[User | None] = relationship("User", foreign_keys="ExportRequest.decided_by_id")

    def __str__(self) -> str:
        return self.request_no


class ExportLog(Stamped, Base):
    """One file that was made: who took which rows, and the mark of what was in it."""

    __tablename__ = "export_log"
    __label__ = _l("Export")
    __label_plural__ = _l("Exports")
    __table_args__ = (
        check("rows_not_negative", "row_count >= 0"),
        check("done_has_digest", "outcome <> 'done' OR digest IS NOT NULL"),
        sort_index("made_at"),
        sort_index("entity"),
    )
    # The journal has ``<entity>.export`` for it; its progress is no act of a person.
    is_journalled: ClassVar[bool] = False
    journal_order_attribute: ClassVar[str | None] = None

    export_no: Mapped[str] = column(sa.String(30), _l("Export number"), nullable=False, unique=True)
    entity: Mapped[str] = column(sa.String(40), _l("List"), nullable=False)
    made_by_id: Mapped[int] = reference("ab_user.id", _l("Exported by"), nullable=False)
    made_at: Mapped[datetime] = column(UtcDateTime, _l("Exported at"), nullable=False)
    filter_text: Mapped[str] = column(sa.Text, _l("Filter"), nullable=False, default="")
    columns: Mapped[list[str]] = column(Json, _l("Columns"), nullable=False, default=list)
    row_count: Mapped[int] = column(sa.Integer, _l("Rows"), nullable=False, default=0)
    is_personal: Mapped[bool] = flag(_l("Personal data"))
    file_format: Mapped[ExportFormat] = column(words(ExportFormat, name="file_format"), _l("Format"), nullable=False)
    digest: Mapped[str | None] = column(sa.String(64), _l("File mark"), help_text=_l("SHA-256 of the file."))
    outcome: Mapped[ExportOutcome] = column(
        words(ExportOutcome, name="outcome"), _l("Outcome"), nullable=False, default=ExportOutcome.running
    )
    request_id: Mapped[int | None] = reference("export_request.id", _l("Export request"))
    finished_at: Mapped[datetime | None] = column(UtcDateTime, _l("Finished at"))
    fetched_at: Mapped[datetime | None] = column(UtcDateTime, _l("Downloaded at"))
    rows_expected: Mapped[int] = column(sa.Integer, _l("Rows expected"), nullable=False, default=0)
    # The name of the kept file: random, told to nobody, None when it is gone.
    file_key: Mapped[str | None] = column(sa.String(64), _l("Kept file"))

    made_by: Mapped[User] = relationship("User", foreign_keys="ExportLog.made_by_id")
    request: Mapped[ExportRequest | None] = relationship()

    def __str__(self) -> str:
        return self.export_no
