"""Opens exception cases, each source once, and keeps their level with their facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.engine import began
from app.kernel.errors import DomainError, NotFoundError, StepBlockedError
from app.kernel.numbering import next_number
from app.services.exception import flow, rules
from models.exception import ExceptionCase
from models.labels_exception import ExceptionState
from models.order import Order, OrderLine
from models.production import ProductionTask
from models.quality import Inspection
from models.shipment import Shipment
from models.ticket import ServiceTicket

ENDED = (ExceptionState.closed, ExceptionState.void)
# Where a case may come from: the column, its table, and what that says about order and line.
SOURCES: tuple[tuple[str, type[Any]], ...] = (
    ("inspection_id", Inspection),
    ("task_id", ProductionTask),
    ("shipment_id", Shipment),
    ("ticket_id", ServiceTicket),
    ("order_line_id", OrderLine),
)


def open_case(ctx: Context, values: Mapping[str, Any]) -> ExceptionCase:
    """A new case; what it came from fills in order and line, the level follows from the facts. Clause 4(5).

    Raises:
        DomainError: ``other_order`` where the parts named belong to different orders.
        NotFoundError: a part that does not exist.
    """
    given = {key: value for key, value in values.items() if value is not None}
    for name, model in SOURCES:
        if name not in given:
            continue
        source = ctx.session.get(model, given[name])
        if source is None:
            raise NotFoundError
        for column in ("order_line_id", "order_id"):
            value = getattr(source, column, None)
            if value is not None and given.setdefault(column, value) != value:
                raise DomainError(
                    _l("The parts named belong to different orders: choose those of one order."), code="other_order"
                )
    if "order_id" in given and ctx.session.get(Order, given["order_id"]) is None:
        raise NotFoundError
    asked = given.pop("level", None)
    level = rules.level_of(rules.facts_of(given), ctx.policy)
    case = ExceptionCase(case_no=next_number(ctx, "EX"), level=rules.higher(level, asked) if asked else level, **given)
    ctx.session.add(case)
    ctx.session.flush()
    began(ctx, case)
    return case


def open_once(ctx: Context, source_key: str, values: Mapping[str, Any]) -> ExceptionCase | None:
    """The case of a source, opened by the system; None where it has one already."""
    known = sa.select(ExceptionCase.id).where(ExceptionCase.source_key == source_key)
    if ctx.session.execute(known).first() is not None:
        return None
    return open_case(ctx, {**values, "source_key": source_key})


def change_case(ctx: Context, case: ExceptionCase, values: Mapping[str, Any]) -> ExceptionCase:
    """New facts may raise the level; they never lower it. Raises StepBlockedError for another department's case."""
    if reason := flow.is_own(ctx, case):
        raise StepBlockedError([reason])
    before = level_now(ctx, case)
    for name, value in values.items():
        setattr(case, name, value)
    now = level_now(ctx, case)
    if rules.higher(now, before) is not before:
        case.level = rules.higher(case.level, now)
    ctx.session.flush()
    return case


def level_now(ctx: Context, case: ExceptionCase) -> Any:
    """The level that the facts of a case give."""
    return rules.level_of(rules.facts_of({name: getattr(case, name) for name in rules.FACTS}), ctx.policy)


def reopened(ctx: Context, ticket: ServiceTicket) -> bool:
    """A reopened complaint raises its running case to level 2; False where none runs."""
    statement = sa.select(ExceptionCase).where(ExceptionCase.ticket_id == ticket.id, ExceptionCase.state.not_in(ENDED))
    cases = ctx.session.scalars(statement.order_by(ExceptionCase.id)).all()
    for case in cases:
        change_case(ctx, case, {"is_repeated": True})
    return bool(cases)


def number(ctx: Context, ticket: ServiceTicket) -> None:
    """Writes the number at the authority into the cases of a ticket that the authority asks about."""
    statement = sa.select(ExceptionCase).where(ExceptionCase.ticket_id == ticket.id, ExceptionCase.is_authority)
    for case in ctx.session.scalars(statement.order_by(ExceptionCase.id)):
        case.authority_no = ticket.authority_no
    ctx.session.flush()
