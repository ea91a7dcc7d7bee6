"""Asks for inspections and records further defects."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.errors import DomainError, NotFoundError
from app.kernel.numbering import next_number
from app.services.quality import rules
from models.labels import InspectionKind, InspectionState
from models.order import OrderLine
from models.production import ProductionTask
from models.quality import Inspection, InspectionDefect


def request_inspection(
    ctx: Context,
    line: OrderLine,
    kind: InspectionKind,
    qty: Decimal,
    *,
    reported_by_id: int | None = None,
    task: ProductionTask | None = None,
    previous: Inspection | None = None,
) -> Inspection:
    """Pieces of a line wait for an inspection from now. Clause 8(4).

    Args:
        reported_by_id: who reported the pieces as produced; he may not inspect them.
        previous: the inspection at which the same pieces failed.

    Raises:
        DomainError: ``nothing_to_inspect`` for a quantity that is not above zero.
    """
    if qty <= rules.ZERO:
        raise DomainError(
            _l("There is nothing to inspect: the quantity must be above zero."), code="nothing_to_inspect"
        )
    inspection = Inspection(
        inspection_no=next_number(ctx, "QC"),
        order_id=line.order_id,
        order_line_id=line.id,
        task_id=task.id if task else None,
        kind=kind,
        qty_submitted=qty,
        previous_id=previous.id if previous else None,
        reported_by_id=reported_by_id,
    )
    ctx.session.add(inspection)
    ctx.session.flush()
    return inspection


def fit_inspections(ctx: Context, line: OrderLine) -> None:
    """Makes inspections that wait smaller, or ends them, until no more can pass than a line needs; the newest first."""
    statement = sa.select(Inspection).where(
        Inspection.order_line_id == line.id, Inspection.state == InspectionState.pending
    )
    waiting = ctx.session.scalars(statement.order_by(Inspection.id.desc()).with_for_update()).all()
    needed = max(line.qty_net + line.qty_back - line.qty_qc_passed, rules.ZERO)
    over = sum((inspection.qty_submitted for inspection in waiting), rules.ZERO) - needed
    for inspection in waiting:
        part = min(max(over, rules.ZERO), inspection.qty_submitted)
        if part == inspection.qty_submitted:
            fire(ctx.as_system(), inspection, "cancel")
        else:
            inspection.qty_submitted -= part
        over -= part
    ctx.session.flush()


def add_defect(ctx: Context, values: Mapping[str, Any]) -> InspectionDefect:
    """One more kind of defect found at a failed inspection.

    Raises:
        DomainError: ``not_failed`` where nothing failed, ``over_failed`` for more defective pieces than failed.
    """
    inspection = ctx.session.get(Inspection, values["inspection_id"])
    if inspection is None:
        raise NotFoundError
    ctx.session.refresh(inspection, with_for_update=True)
    if inspection.state is not InspectionState.failed:
        raise DomainError(_l("Defects belong to a failed inspection: record its result first."), code="not_failed")
    statement = sa.select(sa.func.sum(InspectionDefect.qty)).where(InspectionDefect.inspection_id == inspection.id)
    left = inspection.qty_failed - (ctx.session.scalar(statement) or rules.ZERO)
    if not rules.ZERO < values["qty"] <= left:
        raise DomainError(
            _l("%(left)s failed pieces have no defect yet: enter a quantity above zero and up to that."),
            code="over_failed",
            left=f"{left:f}",
        )
    defect = InspectionDefect(**values)
    ctx.session.add(defect)
    ctx.session.flush()
    return defect
