"""Plans production tasks for order lines."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.errors import DomainError, NotFoundError, ValidationFailedError
from app.kernel.journal import plain
from app.kernel.numbering import next_number
from app.kernel.schema import REQUIRED
from app.services.production import rules
from models.labels import SupplyMode, TaskState
from models.order import OrderLine
from models.production import ProductionTask


def plan_task(ctx: Context, line: OrderLine) -> ProductionTask:
    """One planned task for everything of a line that no other task makes, with what came back. Clause 14(1).

    Raises:
        DomainError: ``from_stock`` for stock goods, ``nothing_to_make`` where tasks cover the line already.
    """
    if line.supply_mode is SupplyMode.stock:
        raise DomainError(_l("These goods come from stock: nothing is made for them."), code="from_stock")
    qty = line.qty_net + line.qty_back - _tasked(ctx, line)
    if qty <= rules.ZERO:
        raise DomainError(_l("Tasks for the whole quantity of this line exist already."), code="nothing_to_make")
    order = line.order
    task = ProductionTask(
        task_no=next_number(ctx, "MO"),
        order_id=order.id,
        order_line_id=line.id,
        qty=qty,
        spec=plain(rules.specification(line, order.customer.code)),
        planned_end_on=line.line_promised_on or order.promised_on,
    )
    ctx.session.add(task)
    ctx.session.flush()
    return task


def fit_tasks(ctx: Context, line: OrderLine) -> None:
    """Makes tasks of a line smaller, or ends them, until they make no more than it needs; what is finished stays.

    What has not begun goes first. A line of which nothing is wanted any more stops all of them.
    """
    ctx.session.flush()
    over = _tasked(ctx, line) - (line.qty_net + line.qty_back)
    statement = sa.select(ProductionTask).where(
        ProductionTask.order_line_id == line.id, ProductionTask.state.in_(list(rules.ENDED_BY))
    )
    tasks = sorted(ctx.session.scalars(statement), key=lambda task: (rules.BEGUN.index(task.state), -task.id))
    for task in tasks:
        part = min(over, task.qty - task.qty_done)
        if line.qty_net == rules.ZERO or part == task.qty:
            fire(ctx.as_system(), task, rules.ENDED_BY[task.state], {"reason": str(_l("Cancelled by the customer"))})
        elif part > rules.ZERO:
            task.qty -= part
        over -= max(part, rules.ZERO)
    ctx.session.flush()


def renew_specs(ctx: Context, line: OrderLine) -> None:
    """Tasks that are not finished are made as the line says now."""
    statement = sa.select(ProductionTask).where(
        ProductionTask.order_line_id == line.id, ProductionTask.state.in_(list(rules.ENDED_BY))
    )
    for task in ctx.session.scalars(statement):
        task.spec = plain(rules.specification(line, line.order.customer.code))
        task.planned_end_on = task.planned_end_on or line.line_promised_on
    ctx.session.flush()


def create_task(ctx: Context, values: Mapping[str, Any]) -> ProductionTask:
    """The task a planner adds by hand, after one was cancelled; ``order_line_id`` names the line.

    Raises:
        ValidationFailedError: no line is given.
        DomainError: as :func:`plan_task`, or ``not_confirmed`` before the confirmation letter is sent.
    """
    if values.get("order_line_id") is None:
        raise ValidationFailedError({"order_line_id": [str(REQUIRED)]})
    line = ctx.session.get(OrderLine, values["order_line_id"])
    if line is None:
        raise NotFoundError
    ctx.session.refresh(line.order, with_for_update=True)
    if line.order.state not in rules.MAKEABLE:
        raise DomainError(
            _l("Nothing is made before the confirmation letter: have the order confirmed first."), code="not_confirmed"
        )
    task = plan_task(ctx, line)
    for name in ("priority", "work_centre", "material_ready_on", "planned_start_on", "planned_end_on"):
        if values.get(name) is not None:
            setattr(task, name, values[name])
    ctx.session.flush()
    return task


def _tasked(ctx: Context, line: OrderLine) -> Decimal:
    statement = sa.select(sa.func.sum(ProductionTask.qty)).where(
        ProductionTask.order_line_id == line.id, ProductionTask.state != TaskState.cancelled
    )
    return ctx.session.scalar(statement) or rules.ZERO
