"""Inspections and the defects they find. Clause 14(2)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    FREE_TEXT,
    Base,
    Stamped,
    Stateful,
    UtcDateTime,
    check,
    column,
    quantity,
    reference,
    sort_index,
    state_words,
    words,
)
from models.labels import DefectCause, DefectClass, InspectionKind, InspectionState

if TYPE_CHECKING:
    from flask_appbuilder.security.sqla.models import User

    from models.order import Order, OrderLine
    from models.production import ProductionTask


class Inspection(Stateful, Base):
    """Goods of one order line before an inspector. Nothing ships that has not passed. Clause 14(2)."""

    __tablename__ = "inspection"
    __label__ = _l("Inspection")
    __label_plural__ = _l("Inspections")
    __table_args__ = (
        check("submitted_positive", "qty_submitted > 0"),
        check("results_not_negative", "qty_passed >= 0 AND qty_failed >= 0"),
        check("results_within_submitted", "qty_passed + qty_failed <= qty_submitted"),
        check("decided_has_inspector", "state IN ('pending', 'cancelled') OR inspected_at IS NOT NULL"),
        sort_index("state", "state_since"),
        sort_index("created_at"),
    )

    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    inspection_no: Mapped[str] = column(sa.String(30), _l("Inspection number"), nullable=False, unique=True)
    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False)
    order_line_id: Mapped[int] = reference("order_line.id", _l("Order line"), nullable=False)
    task_id: Mapped[int | None] = reference("production_task.id", _l("Production task"))
    kind: Mapped[InspectionKind] = column(
        words(InspectionKind, name="kind"), _l("Inspection kind"), nullable=False, default=InspectionKind.final
    )
    standard: Mapped[str | None] = column(
        sa.String(120), _l("Standard"), help_text=_l("The standard inspected against, as GB/T 3324.")
    )
    qty_submitted: Mapped[Decimal] = quantity(_l("Submitted"), default=Decimal("1.000"))
    qty_passed: Mapped[Decimal] = quantity(_l("Passed"))
    qty_failed: Mapped[Decimal] = quantity(_l("Failed"))
    previous_id: Mapped[int | None] = reference("inspection.id", _l("Inspected again after"))
    reported_by_id: Mapped[int | None] = reference("ab_user.id", _l("Goods reported by"))
    inspector_id: Mapped[int | None] = reference("ab_user.id", _l("Inspector"))
    inspected_at: Mapped[datetime | None] = column(UtcDateTime, _l("Inspected at"))
    note: Mapped[str | None] = column(sa.String(400), _l("Note"), info=FREE_TEXT)
    state: Mapped[InspectionState] = column(
        state_words(InspectionState), _l("State"), nullable=False, default=InspectionState.pending
    )

    order: Mapped[Order] = relationship(back_populates="inspections")
    order_line: Mapped[OrderLine] = relationship()
    task: Mapped[ProductionTask | None] = relationship(back_populates="inspections")
    previous: Mapped[Inspection | None] = relationship(remote_side="Inspection.id")
    reported_by: Mapped[User | None] = relationship("User", foreign_keys="Inspection.reported_by_id")
    inspector: Mapped[User | None] = relationship("User", foreign_keys="Inspection.inspector_id")
    defects: Mapped[list[InspectionDefect]] = relationship(
        back_populates="inspection", order_by="InspectionDefect.id", info={"label": _l("Defects")}
    )

    def __str__(self) -> str:
        return self.inspection_no


class InspectionDefect(Stamped, Base):
    """A fault that was found."""

    __tablename__ = "inspection_defect"
    __label__ = _l("Defect")
    __label_plural__ = _l("Defects")
    __table_args__ = (check("qty_positive", "qty > 0"),)

    subject_paths: ClassVar[tuple[str, ...]] = ("inspection.order.customer",)

    inspection_id: Mapped[int] = reference("inspection.id", _l("Inspection"), nullable=False)
    code: Mapped[str] = column(sa.String(40), _l("Defect code"), nullable=False)
    defect_class: Mapped[DefectClass] = column(
        words(DefectClass, name="defect_class"), _l("Defect class"), nullable=False, default=DefectClass.minor
    )
    qty: Mapped[Decimal] = quantity(_l("Quantity"), default=Decimal("1.000"))
    cause: Mapped[DefectCause | None] = column(words(DefectCause, name="cause"), _l("Cause"))
    note: Mapped[str | None] = column(sa.String(400), _l("Note"), info=FREE_TEXT)

    inspection: Mapped[Inspection] = relationship(back_populates="defects")

    def __str__(self) -> str:
        return self.code
