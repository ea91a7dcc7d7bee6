"""Opens service tickets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.engine import began
from app.kernel.errors import DomainError, NotFoundError, ValidationFailedError
from app.kernel.numbering import next_number
from app.kernel.schema import REQUIRED
from app.services.ticket import rules
from models.labels import TicketLevel, TicketSource
from models.order import Order, OrderLine
from models.ticket import ServiceTicket


def open_ticket(ctx: Context, values: Mapping[str, Any]) -> ServiceTicket:
    """A case of a customer; line and order fill in what they know. Clause 10(3).

    What came through 12315 is of level 3 (article 22).

    Raises:
        DomainError: ``other_order`` where the line is not in the order, ``other_customer`` where the order is not
            the customer's.
        ValidationFailedError: neither customer nor order is given.
    """
    given = {key: value for key, value in values.items() if value is not None}
    line = _found(ctx, OrderLine, given.get("order_line_id"))
    if line is not None and given.setdefault("order_id", line.order_id) != line.order_id:
        raise DomainError(_l("The line belongs to another order: choose one of this order."), code="other_order")
    order = _found(ctx, Order, given.get("order_id"))
    if order is not None and given.setdefault("customer_id", order.customer_id) != order.customer_id:
        raise DomainError(
            _l("The order belongs to another customer: choose one of this customer."), code="other_customer"
        )
    if "customer_id" not in given:
        raise ValidationFailedError({"customer_id": [str(REQUIRED)]})
    if line is not None and line.warranty_from_on is not None:
        given["is_in_warranty"] = rules.is_in_warranty(ctx.today, line.warranty_from_on, line.warranty_to_on)
    if rules.is_of_authority(given.get("source_channel", TicketSource.phone)):
        given["level"] = TicketLevel.l3
    ticket = ServiceTicket(ticket_no=next_number(ctx, "SV"), **given)
    ctx.session.add(ticket)
    ctx.session.flush()
    began(ctx, ticket)
    return ticket


def change_ticket(ctx: Context, ticket: ServiceTicket, values: Mapping[str, Any]) -> ServiceTicket:
    """Other words, another level.

    Raises:
        DomainError: ``authority_is_major`` where what came through 12315 would leave level 3, ``authority_answered``
            where the number changes under which the authority was answered.
    """
    level = values.get("level", ticket.level)
    is_other = level is not ticket.level and level is not TicketLevel.l3
    if rules.is_of_authority(ticket.source_channel) and is_other:
        raise DomainError(
            _l("What came through 12315 is of level 3 and stays so: leave the level."), code="authority_is_major"
        )
    number = values.get("authority_no", ticket.authority_no)
    if ticket.authority_answered_at is not None and number != ticket.authority_no:
        raise DomainError(
            _l("The authority was answered under this number: it can be neither changed nor emptied any more."),
            code="authority_answered",
        )
    for name, value in values.items():
        setattr(ticket, name, value)
    ctx.session.flush()
    return ticket


def _found(ctx: Context, model: type[Any], key: int | None) -> Any:
    if key is None:
        return None
    record = ctx.session.get(model, key)
    if record is None:
        raise NotFoundError
    return record
