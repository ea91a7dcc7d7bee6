"""Opens cancellations and keeps their lines and cost sheet, as long as they are only asked for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import DomainError, NotFoundError, ValidationFailedError
from app.kernel.numbering import next_number
from app.services.amendment import rules
from models.cancellation import Cancellation, CancellationLine, CostItem
from models.labels import CancelKind, CancellationState, CostKind, LineStage, TaskState
from models.order import Order, OrderLine
from models.production import ProductionReport, ProductionTask

Row = TypeVar("Row")
ZERO = Decimal(0)
OVER = (CancellationState.effective, CancellationState.refused, CancellationState.withdrawn)


def lock_order(ctx: Context, order_id: int) -> Order:
    """The order, locked: cancellations, changes and departures of one order come one after the other."""
    order = _get(ctx, Order, order_id)
    ctx.session.flush()
    ctx.session.refresh(order, with_for_update=True)
    return order


def require_amendable(order: Order) -> None:
    """Raises DomainError ``not_confirmed`` before the letter, ``nothing_left`` where everything has left or ended."""
    if order.state in rules.UNCONFIRMED:
        raise DomainError(
            _l("The order is not confirmed yet: send it back to entry, or cancel it as a whole."), code="not_confirmed"
        )
    if order.state not in rules.AMENDABLE:
        raise DomainError(
            _l("Nothing of this order is left in the house: what was shipped comes back as a return."),
            code="nothing_left",
        )


def stages(ctx: Context, order: Order) -> dict[int, LineStage]:
    """How far each line of an order has come, read afresh: two statements."""
    reports = (
        sa.select(ProductionTask, ProductionReport.operation)
        .outerjoin(ProductionReport, ProductionReport.task_id == ProductionTask.id)
        .where(ProductionTask.order_id == order.id, ProductionTask.state != TaskState.cancelled)
    )
    found: dict[int, dict[int, tuple[ProductionTask, set[Any]]]] = {}
    for task, operation in ctx.session.execute(reports):
        found.setdefault(task.order_line_id, {}).setdefault(task.id, (task, set()))[1].add(operation)
    statement = sa.select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.line_no)
    return {
        line.id: rules.stage_of(
            rules.LineFacts(
                order.state,
                line.supply_mode,
                line.qty_net,
                line.qty_produced,
                line.qty_qc_passed,
                line.qty_shipped - line.qty_back,
                [_work(ctx, task, operations) for task, operations in found.get(line.id, {}).values()],
            )
        )
        for line in ctx.session.scalars(statement.execution_options(populate_existing=True))
    }


def _work(ctx: Context, task: ProductionTask, operations: set[Any]) -> rules.Work:
    is_ready = task.material_ready_on is not None and task.material_ready_on <= ctx.today
    return rules.Work(task.state, is_ready, frozenset(operations - {None}))


def open_cancellation(ctx: Context, values: Mapping[str, Any]) -> Cancellation:
    """A request to cancel lines of a confirmed order; its lines are held until it is decided. Clause 15.

    ``lines`` may be given as lists of their own values.

    Raises:
        DomainError: ``not_confirmed``, ``nothing_left``, ``cancellation_open`` where one is being decided already.
        ValidationFailedError: it was asked for in the future.
    """
    given = {key: value for key, value in values.items() if value is not None and key != "lines"}
    order = lock_order(ctx, given["order_id"])
    require_amendable(order)
    set_asked_at(ctx, given)
    if given.get("cancel_kind") is CancelKind.rejected:
        raise ValidationFailedError({"cancel_kind": [str(_l("A confirmed order is not rejected any more."))]})
    is_open = (Cancellation.order_id == order.id, Cancellation.state.not_in(OVER))
    require_none_open(ctx, sa.select(Cancellation.cancellation_no).where(*is_open), "cancellation_open")
    cancellation = Cancellation(cancellation_no=next_number(ctx, "QX"), **given)
    ctx.session.add(cancellation)
    ctx.session.flush()
    for line in values.get("lines") or ():
        add_line(ctx, {**line, "cancellation_id": cancellation.id})
    return cancellation


def set_asked_at(ctx: Context, given: dict[str, Any]) -> None:
    """Asked for now unless told. Raises ValidationFailedError for the future."""
    if given.setdefault("asked_at", ctx.now) > ctx.now:
        raise ValidationFailedError({"asked_at": [str(_l("This lies in the future."))]})


def require_none_open(ctx: Context, numbers: sa.Select[Any], code: str) -> None:
    """One request of a kind at a time. Raises DomainError with this code and the number of the first that is found."""
    if number := ctx.session.scalar(numbers.limit(1)):
        raise DomainError(
            _l("%(number)s of this order is being decided already: settle it first."), code=code, number=number
        )


def change_cancellation(ctx: Context, cancellation: Cancellation, values: Mapping[str, Any]) -> Cancellation:
    """Edits who asked, why and how. Raises DomainError ``not_asked`` once costs were entered."""
    require_asked(cancellation)
    for name, value in values.items():
        setattr(cancellation, name, value)
    ctx.session.flush()
    return cancellation


def require_asked(cancellation: Cancellation) -> None:
    """Raises DomainError ``not_asked``: what was costed, checked or offered is not changed below it."""
    if cancellation.state is not CancellationState.asked:
        raise DomainError(
            _l("The costs of this request are entered already: have it sent back before you change it."),
            code="not_asked",
        )


def add_line(ctx: Context, values: Mapping[str, Any]) -> CancellationLine:
    """A line, or part of one, that is to be cancelled; it is held from now.

    Raises:
        DomainError: ``not_asked``; ``other_order``; ``line_twice``; ``already_shipped`` where more is to be cancelled
            than is left in the house.
    """
    cancellation = _asked(ctx, values["cancellation_id"])
    order = lock_order(ctx, cancellation.order_id)
    line = _get(ctx, OrderLine, values["order_line_id"])
    ctx.session.refresh(line)
    if line.order_id != order.id:
        raise DomainError(_l("The line belongs to another order: choose one of this order."), code="other_order")
    if any(held.order_line_id == line.id for held in cancellation.lines):
        raise DomainError(_l("This line is in the request already: change its quantity."), code="line_twice")
    qty = values.get("qty")
    qty = line.qty_net - (line.qty_shipped - line.qty_back) if qty is None else qty
    check_quantity(line, qty)
    found = CancellationLine(order_line_id=line.id, qty=qty, stage=stages(ctx, order)[line.id])
    found.order_line = line
    cancellation.lines.append(found)
    line.is_held = True
    ctx.session.flush()
    return found


def change_line(ctx: Context, row: CancellationLine, values: Mapping[str, Any]) -> CancellationLine:
    """Another quantity. Raises DomainError as :func:`add_line`."""
    cancellation = _asked(ctx, row.cancellation_id)
    lock_order(ctx, cancellation.order_id)
    ctx.session.refresh(row.order_line)
    check_quantity(row.order_line, values.get("qty", row.qty))
    row.qty = values.get("qty", row.qty)
    ctx.session.flush()
    return row


def remove_line(ctx: Context, row: CancellationLine) -> None:
    """The line is not cancelled after all. Raises DomainError ``not_asked``."""
    cancellation = _asked(ctx, row.cancellation_id)
    row.order_line.is_held = False
    cancellation.lines.remove(row)
    ctx.session.delete(row)
    ctx.session.flush()


def check_quantity(line: OrderLine, qty: Decimal) -> None:
    """Raises ValidationFailedError for nothing, DomainError ``already_shipped`` for more than is in the house."""
    if qty <= ZERO and line.qty_net > line.qty_shipped - line.qty_back:
        raise ValidationFailedError({"qty": [str(_l("The quantity must be above zero."))]})
    left = line.qty_net - (line.qty_shipped - line.qty_back)
    if qty > left or qty <= ZERO:
        raise DomainError(
            _l("Line %(line)s: only %(left)s are still in the house; what was shipped comes back as a return."),
            code="already_shipped",
            line=line.line_no,
            left=f"{max(left, ZERO).normalize():f}",
        )


def add_cost(ctx: Context, values: Mapping[str, Any]) -> CostItem:
    """An item of the cost sheet. Raises DomainError ``not_asked``, ValidationFailedError for no amount."""
    cancellation = _asked(ctx, values["cancellation_id"])
    item = CostItem(kind=values.get("kind") or CostKind.material, amount=values["amount"])
    item.evidence = values.get("evidence")
    _check_cost(item)
    cancellation.costs.append(item)
    ctx.session.flush()
    return item


def change_cost(ctx: Context, item: CostItem, values: Mapping[str, Any]) -> CostItem:
    """Corrects an item. Raises DomainError ``not_asked``."""
    _asked(ctx, item.cancellation_id)
    for name, value in values.items():
        setattr(item, name, value)
    with ctx.session.no_autoflush:
        _check_cost(item)
    ctx.session.flush()
    return item


def remove_cost(ctx: Context, item: CostItem) -> None:
    """Takes an item off the sheet. Raises DomainError ``not_asked``."""
    cancellation = _asked(ctx, item.cancellation_id)
    cancellation.costs.remove(item)
    ctx.session.delete(item)
    ctx.session.flush()


def _check_cost(item: CostItem) -> None:
    if item.amount is None or item.amount <= ZERO:
        raise ValidationFailedError(
            {"amount": [str(_l("An amount above zero; salvage is taken off by its kind, not by a minus."))]}
        )


def let_go(ctx: Context, cancellation: Cancellation) -> None:
    """Its lines are held no more."""
    for row in cancellation.lines:
        row.order_line.is_held = False
    ctx.session.flush()


def _asked(ctx: Context, key: int) -> Cancellation:
    cancellation = _get(ctx, Cancellation, key)
    ctx.session.flush()
    ctx.session.refresh(cancellation, with_for_update=True)
    require_asked(cancellation)
    return cancellation


def _get(ctx: Context, model: type[Row], pk: int) -> Row:
    found = ctx.session.get(model, pk)
    if found is None:
        raise NotFoundError
    return found
