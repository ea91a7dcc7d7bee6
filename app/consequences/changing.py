"""What a change would do to an order, and what becomes of order, goods and money when it is applied. Clause 15."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.consequences.cancelling import send_next_letter
from app.consequences.supply import NOT_DEPARTED, cancel_shipments, fetch_more, give_back
from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.errors import DomainError
from app.kernel.journal import plain
from app.services.amendment import actions, rules
from app.services.amendment import change_actions as wanted
from app.services.approval import actions as approvals
from app.services.order import amend, drawing, flags, pricing, progress
from app.services.order.actions import new_line
from app.services.order.rules import content_hash
from app.services.payment import queries as money
from app.services.payment import refunds, replan, reversal
from app.services.product import queries as stock
from app.services.production import actions as production
from models.change import ChangeLine, ChangeRequest
from models.labels import (
    ApprovalKind,
    ChangeSide,
    ChangeState,
    LineStage,
    OrderType,
    RedReason,
    RefundReason,
    SupplyMode,
    TaskState,
)
from models.order import Order, OrderLine
from models.product import Product
from models.production import ProductionTask
from models.shipment import Shipment

Values = Mapping[str, Any]
ZERO = Decimal(0)
MOVING = (
    "qty_ordered", "qty_cancelled", "qty_produced", "qty_qc_passed", "qty_shipped", "qty_back", "is_held", "line_no",
)  # fmt: skip
DONE = (TaskState.completed, TaskState.cancelled)
# Whether something may still be made otherwise: afterwards only place and date, or more of the same.
TOO_FAR = (LineStage.s4, LineStage.s5)


def open_change(ctx: Context, values: Values) -> ChangeRequest:
    """A request with its preview."""
    request = wanted.open_change(ctx, values)
    preview(ctx, request)
    return request


def change_request(ctx: Context, request: ChangeRequest, values: Values) -> ChangeRequest:
    """Another wish, another preview."""
    wanted.change_request(ctx, request, values)
    preview(ctx, request)
    return request


def add_row(ctx: Context, values: Values) -> ChangeLine:
    """A line more."""
    row = wanted.add_row(ctx, values)
    preview(ctx, row.change_request)
    return row


def change_row(ctx: Context, row: ChangeLine, values: Values) -> ChangeLine:
    """The same line otherwise."""
    wanted.change_row(ctx, row, values)
    preview(ctx, row.change_request)
    return row


def remove_row(ctx: Context, row: ChangeLine) -> None:
    """A line less."""
    request = row.change_request
    wanted.remove_row(ctx, row)
    preview(ctx, request)


def preview(ctx: Context, request: ChangeRequest) -> None:
    """Stages, stock, tasks, shipments, money and whether the committee decides: before anybody commits."""
    order = request.order
    stages = actions.stages(ctx, order)
    for row in request.lines:
        row.stage = stages.get(row.order_line_id or 0, LineStage.s1)
        row.before, row.after = told(row)
    said = [row for row in request.lines if wanted.says_something(row)]
    reached = [row.stage for row in said] or list(stages.values())
    request.stage = max(reached, key=rules.RANK.__getitem__)
    request.fee_amount = _fee(ctx, request)
    after = _as_if(ctx, request)
    request.total_before_amount, request.total_after_amount = order.total_amount, after.total_amount
    request.refund_amount = replan.surplus(ctx, order, order.total_amount, after.total_amount)
    request.promised_before_on = order.promised_on
    request.tasks_affected, request.shipments_affected = _affected(ctx, request, said)
    request.stock_short = _short(ctx, request)
    request.needs_approval = rules.needs_committee(
        order.total_amount,
        after.total_amount,
        amend.new_findings(ctx, order, after),
        ctx.policy,
        approved=wanted.approved_total(ctx, order),
    )
    request.order_mark = mark(request, stages)
    ctx.session.flush()


def told(row: ChangeLine) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of a row before and after, by column; prices are told by the totals."""
    changed = {name: value for name, value in wanted.wishes(row).items() if name not in wanted.PRICE}
    line = row.order_line
    before = {} if line is None else {name: _plain(getattr(line, name)) for name in changed}
    return before, {name: _plain(value) for name, value in changed.items()}


def told_summary(request: ChangeRequest) -> str:
    """The rows of a request as the committee is asked about them: article, before, after; worded when read."""
    rows = [[_product(row).name, *map(wanted.in_order, (row.before, row.after))] for row in request.lines]
    return json.dumps({"change": rows}, ensure_ascii=False)


def _product(row: ChangeLine) -> Product:
    product = row.product if row.order_line is None else row.order_line.product
    assert product is not None  # the table asks for one of the two
    return product


def _plain(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value if value is not None else "–")


def _fee(ctx: Context, request: ChangeRequest) -> Decimal:
    if request.side is not ChangeSide.customer:
        return ZERO
    earlier = sa.select(sa.func.count()).where(
        ChangeRequest.order_id == request.order_id,
        ChangeRequest.side == ChangeSide.customer,
        ChangeRequest.state == ChangeState.applied,
    )
    return rules.change_fee(ctx.session.scalar(earlier) or 0, ctx.policy)


def _as_if(ctx: Context, request: ChangeRequest) -> Order:
    rows = [row for row in request.lines if row.order_line_id is not None]
    changed = {row.order_line_id: _priced(wanted.wishes(row)) for row in rows if row.order_line_id}
    further = [_new_values(row) for row in request.lines if row.order_line_id is None]
    head = {"floor": request.floor} if request.floor is not None else {}
    fee = request.fee_amount + request.extra_amount
    return amend.as_if(ctx, request.order, changed, further=further, head=head, fee=fee)


def _priced(values: Values) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in {"qty_ordered", *wanted.PRICE}}


def _new_values(row: ChangeLine) -> dict[str, Any]:
    return {"product_id": row.product_id, **wanted.wishes(row)}


def _affected(ctx: Context, request: ChangeRequest, said: list[ChangeLine]) -> tuple[int, int]:
    ids = [row.order_line_id for row in said if row.order_line_id is not None]
    tasks = sa.select(sa.func.count()).where(ProductionTask.order_line_id.in_(ids), ProductionTask.state.not_in(DONE))
    shipments = sa.select(sa.func.count()).where(
        Shipment.order_id == request.order_id, Shipment.state.in_(NOT_DEPARTED)
    )
    return ctx.session.scalar(tasks) or 0, ctx.session.scalar(shipments) or 0


def _short(ctx: Context, request: ChangeRequest) -> str | None:
    found = []
    for row in request.lines:
        line, product = row.order_line, _product(row)
        supply = line.supply_mode if line is not None else product.supply_mode
        more = (row.qty_ordered or ZERO) - (line.qty_ordered if line is not None else ZERO)
        if supply is not SupplyMode.stock or more <= ZERO:
            continue
        free = stock.available(ctx, product.id)
        if free < more:
            found.append(f"{product.sku_code} {_plain(free)}/{_plain(more)}")
    return "；".join(found)[:200] or None


def mark(request: ChangeRequest, stages: Mapping[int, LineStage]) -> str:
    """A mark of the order and of what is wanted: with another one the preview tells of another world."""
    order = request.order
    facts = {
        "order": pricing.content_of(order),
        "head": [getattr(order, name) for name in wanted.OF_ORDER],
        "lines": [
            [line.id, *(_plain(getattr(line, name)) for name in MOVING), stages.get(line.id)] for line in order.lines
        ],
        "wishes": [
            [row.order_line_id, row.product_id, *(_plain(getattr(row, name)) for name in wanted.OF_LINE)]
            for row in request.lines
        ],
        "wish": [getattr(request, name) for name in wanted.OF_ORDER],
        "extra": [_plain(request.extra_amount), _plain(request.fee_amount)],
    }
    return content_hash(plain(facts))


def offer(ctx: Context, request: ChangeRequest, _values: Values) -> None:
    """The preview as it is now, of a change that is possible."""
    order = actions.lock_order(ctx, request.order_id)
    preview(ctx, request)
    require_possible(ctx, request, order)


def require_possible(ctx: Context, request: ChangeRequest, order: Order) -> None:
    """Raises DomainError for what no change can do.

    ``below_shipped``, ``fewer_is_cancellation``, ``too_far``, ``line_held``, ``award_locked``, ``over_award``.
    """
    wanted.require_changeable(order)
    is_government = order.order_type is OrderType.government
    for row in request.lines:
        if row.order_line is not None:
            _require_line_possible(row, row.order_line)
        changed = set(wanted.wishes(row)) - {"qty_ordered"}
        if is_government and (row.order_line is None or changed or _is_less(row)):
            raise DomainError(
                _l("A government order keeps its goods and prices as awarded: only more of the same may be agreed."),
                code="award_locked",
            )
    if is_government:
        award = ctx.session.scalars(sa.select(wanted.first_total(order))).one()
        if not rules.is_within_award(award, request.total_after_amount, ctx.policy):
            raise DomainError(
                _l("Additional goods of a government order are at most a tenth of the contract, in total."),
                code="over_award",
            )


def _is_less(row: ChangeLine) -> bool:
    return row.order_line is not None and row.qty_ordered is not None and row.qty_ordered < row.order_line.qty_ordered


def _require_line_possible(row: ChangeLine, line: OrderLine) -> None:
    changed = wanted.wishes(row)
    qty = changed.get("qty_ordered", line.qty_ordered)
    gone = line.qty_shipped - line.qty_back + line.qty_cancelled
    words = {"line": line.line_no}
    if not changed:
        return
    if qty < gone:
        text = _l("Line %(line)s: %(gone)s were shipped or cancelled already: it cannot become less than that.")
        raise DomainError(text, code="below_shipped", gone=_plain(gone), **words)
    if line.is_held:
        text = _l("Line %(line)s: its cancellation is being decided. Wait for that, or ship without it.")
        raise DomainError(text, code="line_held", **words)
    if qty < line.qty_ordered and row.stage is not LineStage.s1:
        text = _l("Line %(line)s: fewer pieces are a cancellation by now, with its cost sheet. Ask for that.")
        raise DomainError(text, code="fewer_is_cancellation", **words)
    if row.stage in TOO_FAR and set(changed) != {"qty_ordered"}:
        text = _l("Line %(line)s: its goods are finished: only place and date can change, or more of them be ordered.")
        raise DomainError(text, code="too_far", **words)


def ask_committee(ctx: Context, request: ChangeRequest, _values: Values) -> None:
    """A change that is much dearer or newly special is decided on as a new order would be. Clause 15, domain/06 6.3."""
    found = flags.findings(ctx, _as_if(ctx, request))
    approvals.ask(
        ctx,
        approvals.Matter(
            ApprovalKind.change,
            "change_request",
            request.id,
            content_hash=request.order_mark,
            amount=request.total_after_amount,
            triggers=["change", *found],
            findings=found,
            summary=told_summary(request),
            order_id=request.order_id,
        ),
    )


def apply_change(ctx: Context, request: ChangeRequest, _values: Values) -> None:
    """Goods, place, date, prices, stock, tasks, shipments, payment plan and letter follow together, or nothing does.

    Raises:
        DomainError: ``world_moved`` where the order is not the one of the preview any more.
    """
    order = actions.lock_order(ctx, request.order_id)
    for line in order.lines:
        ctx.session.refresh(line)
    if request.order_mark != mark(request, actions.stages(ctx, order)):
        raise DomainError(
            _l("The order has moved since the offer: take the request back, look at the preview, and offer anew."),
            code="world_moved",
        )
    require_possible(ctx, request, order)
    before = order.total_amount
    is_drawn_anew = any(_is_drawn_anew(row) for row in request.lines)
    touched = _change_lines(ctx, request, order)
    head = wanted.head_wishes(request)
    for name, value in head.items():
        setattr(order, name, value)
    for line in order.lines if "promised_on" in head else ():
        line.line_promised_on = order.promised_on
    amend.charge(order, request.fee_amount + request.extra_amount, request.change_no)
    amend.renew(ctx, order)
    if is_drawn_anew:
        drawing.take_signature_back(order)
    for line, more in touched:
        _supply(ctx, line, more)
    if head:
        cancel_shipments(ctx, order, None, request.change_no)
    elif touched:
        cancel_shipments(ctx, order, [line.id for line, _ in touched], request.change_no)
    request.refund_amount = replan.surplus(ctx, order, before, order.total_amount)
    replan.replan(ctx, order, before, is_pro_rata=False)
    is_less = any(more < ZERO for _, more in touched)
    reason = RedReason.returned if is_less else RedReason.allowance
    reversal.reverse_excess(ctx, order, before, reason, request.change_no)
    amend.judge(ctx, order)
    send_next_letter(ctx, order)
    progress.recount_money(ctx, order)


def _is_drawn_anew(row: ChangeLine) -> bool:
    """Whether made goods become others, or further ones come: the signed drawing does not show them."""
    if row.order_line is None:
        return row.product is not None and row.product.supply_mode is SupplyMode.custom
    return row.order_line.supply_mode is SupplyMode.custom and any(name in wanted.wishes(row) for name in wanted.MAKE)


def _change_lines(ctx: Context, request: ChangeRequest, order: Order) -> list[tuple[OrderLine, Decimal]]:
    """Lines that have become others, each with how many pieces more."""
    touched = []
    for row in request.lines:
        changed = wanted.wishes(row)
        line = row.order_line
        if line is None:
            product = ctx.session.get_one(Product, row.product_id)
            line = new_line(product, _new_values(row))
            line.line_no = max(other.line_no for other in order.lines) + 1
            line.line_promised_on = order.promised_on
            order.lines.append(line)
            ctx.session.flush()
            touched.append((line, line.qty_ordered))
        elif changed:
            more = changed.get("qty_ordered", line.qty_ordered) - line.qty_ordered
            for name, value in changed.items():
                setattr(line, name, value)
            touched.append((line, more))
    return touched


def _supply(ctx: Context, line: OrderLine, more: Decimal) -> None:
    if more < ZERO:
        give_back(ctx, line)
    elif more > ZERO:
        fetch_more(ctx, line, more)
    production.renew_specs(ctx, line)


def end_open(ctx: Context, order: Order, _values: Values) -> None:
    """Nothing is left to change: a request that is open ends, and what the committee was asked."""
    is_open = (ChangeRequest.order_id == order.id, ChangeRequest.state.not_in(wanted.OVER))
    for request in ctx.session.scalars(sa.select(ChangeRequest).where(*is_open)).all():
        approvals.void(ctx, "change_request", request.id)
        fire(ctx.as_system(), request, "end")


def record_refund(ctx: Context, request: ChangeRequest, _values: Values) -> None:
    """What was paid above the new total becomes a refund, for others to approve and to pay out. Clause 11(2)."""
    refunds.record_refund(
        ctx,
        {
            "order_id": request.order_id,
            "change_request_id": request.id,
            "payment_id": money.way_back(ctx, request.order_id),
            "reason": RefundReason.price_adjust,
            "amount": money.set_aside(ctx, request),
        },
    )
