"""Production tasks and the reports of their progress. Clause 8."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    Base,
    Json,
    Percent,
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
from models.labels import Operation, TaskPriority, TaskState, label_of

if TYPE_CHECKING:
    from flask_appbuilder.security.sqla.models import User

    from models.order import Order, OrderLine
    from models.quality import Inspection


class ProductionTask(Stateful, Base):
    """What the workshop makes for one order line. It carries no price and no customer's phone. Clause 8(1)."""

    __tablename__ = "production_task"
    __label__ = _l("Production task")
    __label_plural__ = _l("Production tasks")
    __table_args__ = (
        check("qty_positive", "qty > 0"),
        check("done_within_qty", "qty_done >= 0 AND qty_done <= qty"),
        check(
            "plan_in_order",
            "planned_start_on IS NULL OR planned_end_on IS NULL OR planned_end_on >= planned_start_on",
        ),
        sort_index("state", "state_since"),
        sort_index("state", "planned_end_on"),
        sort_index("planned_end_on"),
        # The chart by week and state is answered from this index alone.
        sa.Index(None, "planned_end_on", "state", "qty"),
        sort_index("created_at"),
    )

    task_no: Mapped[str] = column(sa.String(30), _l("Task number"), nullable=False, unique=True)
    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False)
    order_line_id: Mapped[int] = reference("order_line.id", _l("Order line"), nullable=False)
    qty: Mapped[Decimal] = quantity(_l("Quantity"), default=Decimal("1.000"))
    qty_done: Mapped[Decimal] = quantity(_l("Done"))
    priority: Mapped[TaskPriority] = column(
        words(TaskPriority, name="priority"), _l("Priority"), nullable=False, default=TaskPriority.normal
    )
    spec: Mapped[dict[str, Any]] = column(
        Json,
        _l("Specification"),
        nullable=False,
        default=dict,
        help_text=_l("The line as it was when the task was planned."),
    )
    work_centre: Mapped[str | None] = column(sa.String(60), _l("Work centre"))
    material_ready_on: Mapped[date | None] = column(sa.Date, _l("Material ready on"))
    planned_start_on: Mapped[date | None] = column(sa.Date, _l("Planned start"))
    planned_end_on: Mapped[date | None] = column(sa.Date, _l("Planned end"))
    started_at: Mapped[datetime | None] = column(UtcDateTime, _l("Started at"))
    finished_at: Mapped[datetime | None] = column(UtcDateTime, _l("Finished at"))
    planner_id: Mapped[int | None] = reference("ab_user.id", _l("Planner"))
    state: Mapped[TaskState] = column(state_words(TaskState), _l("State"), nullable=False, default=TaskState.planned)

    order: Mapped[Order] = relationship(back_populates="tasks")
    order_line: Mapped[OrderLine] = relationship(back_populates="tasks")
    planner: Mapped[User | None] = relationship("User", foreign_keys="ProductionTask.planner_id")
    reports: Mapped[list[ProductionReport]] = relationship(
        back_populates="task", order_by="ProductionReport.id", info={"label": _l("Progress reports")}
    )
    inspections: Mapped[list[Inspection]] = relationship(
        back_populates="task", order_by="Inspection.id", info={"label": _l("Inspections")}
    )

    def __str__(self) -> str:
        return self.task_no


class ProductionReport(Stamped, Base):
    """How far an operation of a task has come. Clause 8(2), 8(5)."""

    __tablename__ = "production_report"
    __label__ = _l("Progress report")
    __label_plural__ = _l("Progress reports")
    __table_args__ = (check("progress_not_negative", "qty_done >= 0 AND percent >= 0"), sort_index("reported_at"))

    task_id: Mapped[int] = reference("production_task.id", _l("Production task"), nullable=False)
    operation: Mapped[Operation] = column(words(Operation, name="operation"), _l("Operation"), nullable=False)
    qty_done: Mapped[Decimal] = quantity(
        _l("Done"),
        help_text=_l("Pieces finished since the last report; only the last operation makes finished pieces."),
    )
    percent: Mapped[Decimal] = column(Percent(), _l("Progress (%)"), nullable=False, default=Decimal("0.000"))
    note: Mapped[str | None] = column(sa.String(400), _l("Note"))
    reported_at: Mapped[datetime] = column(UtcDateTime, _l("Reported at"), nullable=False)
    reporter_id: Mapped[int | None] = reference("ab_user.id", _l("Reported by"))

    task: Mapped[ProductionTask] = relationship(back_populates="reports")
    reporter: Mapped[User | None] = relationship("User", foreign_keys="ProductionReport.reporter_id")

    def __str__(self) -> str:
        return str(label_of(self.operation))
