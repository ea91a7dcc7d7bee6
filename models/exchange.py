"""What was imported: saved column mappings, runs, and what became of every row of a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import Base, Json, Sensitivity, Stamped, UtcDateTime, check, column, flag, reference, sort_index, words
from models.labels import ImportDid, ImportOutcome


class ImportMapping(Stamped, Base):
    """Which column of a workbook is which field; found again by the header row."""

    __tablename__ = "import_mapping"
    __label__ = _l("Import mapping")
    __label_plural__ = _l("Import mappings")
    __table_args__ = (sa.UniqueConstraint("target", "signature"),)

    name: Mapped[str] = column(sa.String(80), _l("Mapping name"), nullable=False)
    signature: Mapped[str] = column(sa.String(64), _l("Header mark"), nullable=False)
    target: Mapped[str] = column(sa.String(40), _l("Target"), nullable=False, default="order")
    columns: Mapped[dict[str, Any]] = column(Json, _l("Columns"), nullable=False, default=dict)

    def __str__(self) -> str:
        return self.name


class ImportBatch(Stamped, Base):
    """One run over a file, dry or real."""

    __tablename__ = "import_batch"
    __label__ = _l("Import")
    __label_plural__ = _l("Imports")
    __table_args__ = (
        check("rows_within_total", "rows_ok >= 0 AND rows_rejected >= 0 AND rows_ok + rows_rejected <= rows_total"),
        sort_index("target", "started_at"),
        sa.Index(None, "file_digest"),
    )

    target: Mapped[str] = column(sa.String(40), _l("Target"), nullable=False, default="order", server_default="order")
    batch_no: Mapped[str] = column(sa.String(30), _l("Import number"), nullable=False, unique=True)
    file_name: Mapped[str] = column(sa.String(200), _l("File"), nullable=False)
    file_digest: Mapped[str] = column(sa.String(64), _l("File mark"), nullable=False)
    mapping_id: Mapped[int | None] = reference("import_mapping.id", _l("Import mapping"))
    is_dry_run: Mapped[bool] = flag(_l("Dry run"))
    rows_total: Mapped[int] = column(sa.Integer, _l("Rows"), nullable=False, default=0)
    rows_ok: Mapped[int] = column(sa.Integer, _l("Rows taken"), nullable=False, default=0)
    rows_rejected: Mapped[int] = column(sa.Integer, _l("Rows rejected"), nullable=False, default=0)
    started_at: Mapped[datetime] = column(UtcDateTime, _l("Started at"), nullable=False)
    finished_at: Mapped[datetime | None] = column(UtcDateTime, _l("Finished at"))
    report: Mapped[dict[str, Any]] = column(Json, _l("Report"), nullable=False, default=dict)

    mapping: Mapped[ImportMapping | None] = relationship()
    rows: Mapped[list[ImportRow]] = relationship(
        back_populates="batch", order_by="ImportRow.id", info={"label": _l("Imported rows")}
    )

    def __str__(self) -> str:
        return self.batch_no


class ImportRow(Base):
    """What became of one row of a file; ``source_key`` finds it again when the file comes a second time."""

    __tablename__ = "import_row"
    __label__ = _l("Imported row")
    __label_plural__ = _l("Imported rows")
    __table_args__ = (
        sa.UniqueConstraint("batch_id", "sheet", "row_no"),
        check("rejected_has_reason", "outcome <> 'rejected' OR reason IS NOT NULL"),
        sa.Index(None, "source_key", "outcome"),
    )
    is_journalled: ClassVar[bool] = False

    batch_id: Mapped[int] = reference("import_batch.id", _l("Import"), nullable=False, index=False)
    sheet: Mapped[str] = column(sa.String(80), _l("Sheet"), nullable=False, default="")
    row_no: Mapped[int] = column(sa.Integer, _l("Row"), nullable=False)
    outcome: Mapped[ImportOutcome] = column(words(ImportOutcome, name="outcome"), _l("Outcome"), nullable=False)
    column_name: Mapped[str | None] = column(sa.String(80), _l("Column"))
    reason: Mapped[str | None] = column(sa.String(400), _l("Reason"))
    source_key: Mapped[str] = column(sa.String(120), _l("Source key"), nullable=False, default="")
    order_line_id: Mapped[int | None] = reference("order_line.id", _l("Order line"))
    # The row as it came holds names and prices.
    raw: Mapped[dict[str, Any]] = column(
        Json, _l("Row as it came"), nullable=False, default=dict, sensitivity=Sensitivity.ADDRESS
    )
    source_amount: Mapped[str | None] = column(
        sa.String(40), _l("Amount in the file"), sensitivity=Sensitivity.PRICE, help_text=_l("Before rounding.")
    )

    batch: Mapped[ImportBatch] = relationship(back_populates="rows")

    def __str__(self) -> str:
        return f"{self.row_no}"


class ImportEffect(Base):
    """What an import did to one record: it is taken back from here, with the old values of the journal."""

    __tablename__ = "import_effect"
    __label__ = _l("Effect of an import")
    __label_plural__ = _l("Effects of imports")
    __table_args__ = (
        sa.UniqueConstraint("batch_id", "entity", "entity_id"),
        sa.Index(None, "entity", "entity_id", "batch_id"),
    )
    is_journalled: ClassVar[bool] = False

    batch_id: Mapped[int] = reference("import_batch.id", _l("Import"), nullable=False, index=False)
    sheet: Mapped[str] = column(sa.String(80), _l("Sheet"), nullable=False, default="")
    row_no: Mapped[int] = column(sa.Integer, _l("Row"), nullable=False)
    entity: Mapped[str] = column(sa.String(40), _l("Kind of record"), nullable=False)
    entity_id: Mapped[int] = column(sa.Integer, _l("Record"), nullable=False)
    did: Mapped[ImportDid] = column(words(ImportDid, name="did"), _l("What it did"), nullable=False)
    undone_at: Mapped[datetime | None] = column(UtcDateTime, _l("Taken back at"))

    def __str__(self) -> str:
        return f"{self.row_no}"


class ImportedCustomer(Base):
    """Which customer of ours stands for a customer of a file, so that a later file finds the same one."""

    __tablename__ = "imported_customer"
    __label__ = _l("Imported customer")
    __label_plural__ = _l("Imported customers")
    is_journalled: ClassVar[bool] = False

    # A digest: codes of foreign systems contain names.
    source_key: Mapped[str] = column(sa.String(64), _l("Source key"), nullable=False, unique=True)
    customer_id: Mapped[int] = reference("customer.id", _l("Customer"), nullable=False)

    def __str__(self) -> str:
        return f"{self.id}"
