"""The paper by which late money and its interest are claimed (domain/10, 催款函). Clause 11(1)."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.documents.paper import At, Facts, Notes, Paper, Rows
from models.labels import LateClaimState
from models.late_claim import LateClaim


def _is_over(claim: LateClaim) -> Any:
    """What is paid or waived is claimed no more."""
    return None if claim.state is LateClaimState.claimed else _l("This claim is settled. Do not send it.")


DEMAND = Paper(
    name="demand",
    code="CK",
    title=_l("Payment claim"),
    subject=LateClaim,
    number="claim_no",
    parts=(
        Facts(
            _l("Order"),
            (At("order.customer.name", _l("Customer")), "order.order_no", "order.project_name", "order.total_amount",
             "order.paid_amount"),
        ),
        Rows(
            _l("Contract"),
            "order.contracts",
            ("contract_no", "signed_on", "award_no", "acceptance_unit", "inspection_days"),
        ),
        Rows(_l("Deliveries"), "order.shipments", ("shipment_no", "delivered_at")),
        Rows(_l("Acceptances"), "order.acceptances", ("acceptance_no", "signed_by", "signed_at")),
        Rows(_l("Invoices"), "order.invoices", ("tax_invoice_no", "kind", "gross_amount", "issued_at")),
        Rows(
            _l("Payment schedule"),
            "order.schedules",
            ("seq", "kind", "amount", "due_on", "due_basis", "paid_amount"),
            has_own_numbers=True,
        ),
        Facts(
            _l("Late interest"),
            ("overdue_amount", "due_on", "until_on", "days_late", "daily_pct", "interest_amount"),
            capitals=("interest_amount",),
        ),
        Notes(
            (
                _l(
                    "The days are counted from the day after the due date to the day the money came in; each part that"
                    " was paid has its own days."
                ),
                _l("The interest is no part of the price. Please pay what is open and the interest within 7 days."),
            )
        ),
    ),
    signs=(_l("Finance (seal)"), _l("Received by (signature or seal, date)")),
    warning=_is_over,
)  # fmt: skip
