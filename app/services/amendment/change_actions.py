"""Opens change requests and keeps their lines, as long as they are only asked for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import DomainError, NotFoundError, ValidationFailedError
from app.kernel.numbering import next_number
from app.services.amendment import rules
from app.services.amendment.actions import lock_order, require_none_open, set_asked_at
from models.change import ChangeLine, ChangeRequest
from models.labels import ChangeState, OrderState
from models.letter import ConfirmationLetter
from models.order import Order, OrderLine

ZERO = Decimal(0)
OVER = (ChangeState.applied, ChangeState.refused, ChangeState.withdrawn)
# Goods on their way may still go to another address.
CHANGEABLE = rules.AMENDABLE | {OrderState.shipped}
MAKE = ("description", "length_mm", "width_mm", "height_mm", "material", "finish", "colour")
PRICE = ("list_price", "discount_pct")
OF_LINE = ("qty_ordered", *MAKE, *PRICE)
PLACE = ("receiver_name", "receiver_phone", "ship_province", "ship_city", "ship_district", "ship_address", "floor")
OF_ORDER = (*PLACE, "promised_on")


def open_change(ctx: Context, values: Mapping[str, Any]) -> ChangeRequest:
    """A request to change a confirmed order. Clause 15. ``lines`` may be given as lists of their own values.

    Raises:
        DomainError: ``not_changeable``; ``change_open`` where one is being decided already.
        ValidationFailedError: it was asked for in the future.
    """
    given = {key: value for key, value in values.items() if value is not None and key != "lines"}
    order = lock_order(ctx, given["order_id"])
    require_changeable(order)
    set_asked_at(ctx, given)
    is_open = (ChangeRequest.order_id == order.id, ChangeRequest.state.not_in(OVER))
    require_none_open(ctx, sa.select(ChangeRequest.change_no).where(*is_open), "change_open")
    request = ChangeRequest(change_no=next_number(ctx, "CR"), **given)
    ctx.session.add(request)
    ctx.session.flush()
    for line in values.get("lines") or ():
        row = _row(ctx, request, line)
        # A form that begins with the lines of the order sends those as well that stay as they are.
        if says_something(row):
            _take(ctx, request, row)
    return request


def require_changeable(order: Order) -> None:
    """Raises DomainError ``not_changeable``: a draft is edited, what was delivered is returned."""
    if order.state not in CHANGEABLE:
        raise DomainError(
            _l("Only a confirmed order that has not arrived is changed by a request: edit a draft directly."),
            code="not_changeable",
        )


def change_request(ctx: Context, request: ChangeRequest, values: Mapping[str, Any]) -> ChangeRequest:
    """Edits a request that is only asked for. Raises DomainError ``not_asked``."""
    require_asked(request)
    if any(name in values and values[name] != getattr(request, name) for name in OF_ORDER):
        _unsay(request)
    for name, value in values.items():
        setattr(request, name, value)
    ctx.session.flush()
    return request


def require_asked(request: ChangeRequest) -> None:
    """Raises DomainError ``not_asked``: the customer was offered this and nothing else."""
    if request.state is not ChangeState.asked:
        raise DomainError(_l("The change was offered already: take it back to the request first."), code="not_asked")


def add_row(ctx: Context, values: Mapping[str, Any]) -> ChangeLine:
    """What becomes of one line, or a further article.

    Raises:
        DomainError: ``not_asked``; ``other_order``; ``line_twice``.
        ValidationFailedError: neither a line nor an article with its quantity; a line that stays as it is.
    """
    request = _asked(ctx, values["change_request_id"])
    row = _row(ctx, request, values)
    _require_wish(row)
    return _take(ctx, request, row)


def _row(ctx: Context, request: ChangeRequest, values: Mapping[str, Any]) -> ChangeLine:
    given = {key: value for key, value in values.items() if value is not None and key != "change_request_id"}
    line = None
    if "order_line_id" in given:
        line = ctx.session.get(OrderLine, given["order_line_id"])
        if line is None:
            raise NotFoundError
        if line.order_id != request.order_id:
            raise DomainError(_l("The line belongs to another order: choose one of this order."), code="other_order")
        if any(row.order_line_id == line.id for row in request.lines):
            raise DomainError(_l("This line is in the request already: change its quantity."), code="line_twice")
        given.pop("product_id", None)
    row = ChangeLine(**given)
    row.order_line = line
    check_row(row)
    return row


def _take(ctx: Context, request: ChangeRequest, row: ChangeLine) -> ChangeLine:
    _unsay(request)
    request.lines.append(row)
    ctx.session.flush()
    return row


def change_row(ctx: Context, row: ChangeLine, values: Mapping[str, Any]) -> ChangeLine:
    """Another wish for the same line. Raises as :func:`add_row`."""
    _unsay(_asked(ctx, row.change_request_id))
    for name, value in values.items():
        setattr(row, name, value)
    with ctx.session.no_autoflush:
        check_row(row)
        _require_wish(row)
    ctx.session.flush()
    return row


def remove_row(ctx: Context, row: ChangeLine) -> None:
    """The line stays as it is. Raises DomainError ``not_asked``."""
    request = _asked(ctx, row.change_request_id)
    _unsay(request)
    request.lines.remove(row)
    ctx.session.delete(row)
    ctx.session.flush()


def _unsay(request: ChangeRequest) -> None:
    """Another wish: what the departments said was about the one before."""
    request.production_opinion = request.finance_opinion = request.logistics_opinion = None


def check_row(row: ChangeLine) -> None:
    """Raises ValidationFailedError for an article without quantity, quantities that are none, discounts above 100 %."""
    wrong = {}
    if row.order_line_id is None and row.order_line is None:
        for name in ("product_id", "qty_ordered"):
            if getattr(row, name) is None:
                wrong[name] = [str(_l("A further article needs its product and quantity."))]
    if row.qty_ordered is not None and row.qty_ordered <= ZERO:
        wrong["qty_ordered"] = [str(_l("The quantity must be above zero."))]
    if row.discount_pct is not None and not ZERO <= row.discount_pct <= rules.HUNDRED:
        wrong["discount_pct"] = [str(_l("A discount lies between 0 and 100."))]
    if wrong:
        raise ValidationFailedError(wrong)


def _require_wish(row: ChangeLine) -> None:
    if not says_something(row):
        text = str(_l("This is what the line is already: type what becomes otherwise, or leave the line out."))
        raise ValidationFailedError({"qty_ordered": [text]})


def says_something(row: ChangeLine) -> bool:
    """Whether a row is a further article, or changes its line."""
    return row.order_line is None or bool(wishes(row))


def wishes(row: ChangeLine) -> dict[str, Any]:
    """What a row changes: a value that the line has already is no change."""
    given = {name: getattr(row, name) for name in OF_LINE if getattr(row, name) is not None}
    line = row.order_line
    return given if line is None else {name: value for name, value in given.items() if getattr(line, name) != value}


def in_order(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a row keeps of before or after, in the order of the columns; PostgreSQL has an order of its own."""
    return {name: values[name] for name in (*OF_LINE, "said") if name in values} if values else {}


def head_wishes(request: ChangeRequest) -> dict[str, Any]:
    """What a request changes in the order's head."""
    given = {name: getattr(request, name) for name in OF_ORDER if getattr(request, name) is not None}
    return {name: value for name, value in given.items() if getattr(request.order, name) != value}


def first_total(order: Order) -> sa.ScalarSelect[Decimal]:
    """What the first letter of an order said: the total that was reviewed, or awarded."""
    statement = sa.select(ConfirmationLetter.total_amount).where(ConfirmationLetter.order_id == order.id)
    return statement.order_by(ConfirmationLetter.letter_version).limit(1).scalar_subquery()


def approved_total(ctx: Context, order: Order) -> Decimal | None:
    """The total that was approved last: by the committee for a change, or with the first letter."""
    decided = (
        sa.select(ChangeRequest.total_after_amount)
        .where(
            ChangeRequest.order_id == order.id, ChangeRequest.state == ChangeState.applied, ChangeRequest.needs_approval
        )
        .order_by(ChangeRequest.applied_at.desc(), ChangeRequest.id.desc())
        .limit(1)
    )
    return ctx.session.scalar(sa.select(sa.func.coalesce(decided.scalar_subquery(), first_total(order))))


def _asked(ctx: Context, key: int) -> ChangeRequest:
    request = ctx.session.get(ChangeRequest, key)
    if request is None:
        raise NotFoundError
    ctx.session.flush()
    ctx.session.refresh(request, with_for_update=True)
    require_asked(request)
    return request
