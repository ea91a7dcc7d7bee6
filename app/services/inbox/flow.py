"""The workflow of an inbox item (clause 12(1))."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from marshmallow import fields

from app.kernel.schema import EntityInput, ReasonInput, Related
from app.kernel.workflow import Clock, Step, Workflow
from models.inbox import InboxItem
from models.labels_order import InboxState as S
from models.labels_order import OrderType


class EnterInput(EntityInput):
    """What turns a message into a draft order."""

    customer_id = Related("customer", required=True, metadata={"label": _l("Customer")})
    order_type = fields.Enum(OrderType, by_value=True, required=True, metadata={"label": _l("Order type")})
    requested_on = fields.Date(allow_none=True, metadata={"label": _l("Requested delivery date")})


INBOX = Workflow(
    name="inbox_item",
    subject=InboxItem,
    states=S,
    initial=S.open,
    final=(S.entered, S.void),
    steps=(
        Step("enter", _l("Enter as order"), (S.open,), S.entered, permission="enter", asks=EnterInput, clause="12(2)"),
        Step("discard", _l("Not an order"), (S.open,), S.void, permission="enter", asks=ReasonInput, tone="neutral"),
    ),
    clocks=(
        Clock(
            "E1",
            _l("Entry"),
            start=(),
            stop=("inbox_item.enter", "inbox_item.discard"),
            limit="sla.E1.limit",
            clause="12(2)",
            start_field="received_at",
            # Entered, the order carries it on.
            when=lambda item: item.order_id is None,
        ),
    ),
)
