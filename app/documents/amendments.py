"""The papers of changes and cancellations of confirmed orders (domain/10). Clause 15."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.documents.paper import At, Facts, Notes, Paper, Rows
from models.cancellation import Cancellation
from models.change import ChangeRequest
from models.labels import CancellationState, ChangeState


def _no_offer_yet(cancellation: Cancellation) -> Any:
    """What is not offered is not shown to the customer."""
    if cancellation.state in (CancellationState.offered, CancellationState.effective):
        return None
    return _l("Nothing is offered yet. Do not send it.")


def _no_change_offered(request: ChangeRequest) -> Any:
    """What is not offered is not shown to the customer."""
    if request.state in (ChangeState.asked, ChangeState.refused, ChangeState.withdrawn):
        return _l("Nothing is offered yet. Do not send it.")
    return None


def _not_effective(cancellation: Cancellation) -> Any:
    """A receipt is for money that is kept."""
    if cancellation.state is CancellationState.effective and cancellation.kept_amount > 0:
        return None
    return _l("No compensation is kept yet. Do not hand it out.")


CANCELLATION = Paper(
    name="cancellation",
    code="QX",
    title=_l("Cancellation sheet"),
    subject=Cancellation,
    number="cancellation_no",
    parts=(
        Facts(
            _l("Order"),
            ("order.order_no", At("order.customer.name", _l("Customer")), "cancel_kind", "cancel_reason", "asked_at"),
        ),
        Rows(
            _l("Lines to cancel"),
            "lines",
            ("order_line.product.name", "order_line.product.sku_code", "qty", "order_line.unit", "stage", "amount"),
        ),
        Rows(_l("Cost sheet"), "costs", ("kind", "amount", "evidence")),
        Facts(
            _l("Compensation"),
            ("released_amount", "documented_amount", "cap_amount", "handling_amount", "compensation_amount",
             "deposit_mode", "deposit_share_amount", "prepay_share_amount", "kept_amount", "refund_amount",
             "claim_amount", "penalty_amount", "interest_amount"),
            capitals=("compensation_amount", "refund_amount"),
        ),
        Notes(
            (
                _l("Above the cap only what the customer signs for is charged."),
                _l("The order stays as it is until this offer is accepted."),
            )
        ),
    ),
    signs=(_l("Customer (signature or seal)"), _l("Order centre (seal)")),
    warning=_no_offer_yet,
)  # fmt: skip

COMPENSATION = Paper(
    name="compensation",
    code="QX",
    title=_l("Receipt for compensation"),
    subject=Cancellation,
    number="cancellation_no",
    parts=(
        Facts(
            _l("Compensation"),
            (At("order.customer.name", _l("Customer")), "order.order_no", "effective_at", "kept_amount"),
            capitals=("kept_amount",),
        ),
        Notes((_l("Compensation for cancelled goods, kept of what was paid. This receipt is no invoice."),)),
    ),
    signs=(_l("Cashier"), _l("Seal")),
    warning=_not_effective,
)

CHANGE = Paper(
    name="change",
    code="CR",
    title=_l("Change sheet"),
    subject=ChangeRequest,
    number="change_no",
    parts=(
        Facts(
            _l("Order"),
            ("order.order_no", At("order.customer.name", _l("Customer")), "side", "kind", "asked_at"),
        ),
        Rows(
            _l("Changed lines"),
            "lines",
            ("order_line.line_no", "order_line.product.name", "product.name", "before", "after", "stage"),
        ),
        Facts(
            _l("Place and date"),
            ("receiver_name", "receiver_phone", "ship_city", "ship_district", "ship_address", "floor",
             "promised_before_on", "promised_on"),
        ),
        Facts(
            _l("Money"),
            ("total_before_amount", "extra_amount", "fee_amount", "total_after_amount", "refund_amount"),
            capitals=("total_after_amount",),
        ),
        Notes((_l("The order stays as it is until this offer is accepted."),)),
    ),
    signs=(_l("Customer (signature or seal)"), _l("Order centre (seal)")),
    warning=_no_change_offered,
)  # fmt: skip
