"""What an order of an organisation rests on: contract, award, purchase order, accepting and paying units. Clause 12."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import FREE_TEXT, Base, Sensitivity, Stamped, check, column, flag, reference, sort_index, words
from models.vocabulary import Labels

if TYPE_CHECKING:
    from models.order import Order
# The longest inspection that anybody agrees on.
MOST_DAYS = 365


class ProcurementMethod(StrEnum):
    """How a public buyer chose the seller (政府采购法 26)."""

    open_tender = "open_tender"
    invited_tender = "invited_tender"
    negotiation = "negotiation"
    consultation = "consultation"
    inquiry = "inquiry"
    single_source = "single_source"
    framework = "framework"


CONTRACT_LABELS: Labels = {
    ProcurementMethod: {
        ProcurementMethod.open_tender: _l("Open tender"),
        ProcurementMethod.invited_tender: _l("Invited tender"),
        ProcurementMethod.negotiation: _l("Competitive negotiation"),
        ProcurementMethod.consultation: _l("Competitive consultation"),
        ProcurementMethod.inquiry: _l("Inquiry of prices"),
        ProcurementMethod.single_source: _l("Single source"),
        ProcurementMethod.framework: _l("Framework e-shop"),
    },
}


class OrderContract(Stamped, Base):
    """What one order rests on, one row each; which of it must be there depends on the order type.

    What it costs (retention, penalty, bond) stands at the order: the committee is asked because of it.
    """

    __tablename__ = "order_contract"
    __label__ = _l("Contract terms")
    __label_plural__ = _l("Contract terms")
    __table_args__ = (
        sa.UniqueConstraint("order_id"),
        check("inspection_days_within_year", f"inspection_days BETWEEN 1 AND {MOST_DAYS}"),
        sort_index("contract_no"),
        # Buyers who let an agreed inspection pass are looked for among the few contracts that have one.
        sort_index("inspection_days"),
        # And the duties of public buyers by their days.
        sort_index("publish_by_on"),
        sort_index("file_by_on"),
    )

    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False, index=False)
    contract_no: Mapped[str | None] = column(sa.String(60), _l("Contract number"))
    signed_on: Mapped[date | None] = column(sa.Date, _l("Contract signed on"))
    purchase_no: Mapped[str | None] = column(sa.String(60), _l("Customer's purchase order"))
    invoice_title: Mapped[str | None] = column(sa.String(100), _l("Invoice title"), sensitivity=Sensitivity.NAME)
    batch_plan: Mapped[str | None] = column(sa.String(400), _l("Batches or stages with dates"))
    price_valid_on: Mapped[date | None] = column(sa.Date, _l("Prices valid until"))
    site_contact: Mapped[str | None] = column(sa.String(60), _l("Contact on the site"), sensitivity=Sensitivity.NAME)
    unloading: Mapped[str | None] = column(sa.String(200), _l("Unloading conditions"), info=FREE_TEXT)
    payer_name: Mapped[str | None] = column(sa.String(100), _l("Payer"), sensitivity=Sensitivity.NAME)
    procurement_method: Mapped[ProcurementMethod | None] = column(
        words(ProcurementMethod, name="procurement_method"), _l("Procurement method")
    )
    plan_no: Mapped[str | None] = column(sa.String(60), _l("Procurement plan or project number"))
    award_no: Mapped[str | None] = column(sa.String(60), _l("Award notice number"))
    award_on: Mapped[date | None] = column(sa.Date, _l("Award notice of"))
    budget_unit: Mapped[str | None] = column(sa.String(100), _l("Budget unit"))
    acceptance_unit: Mapped[str | None] = column(sa.String(100), _l("Accepting unit"))
    fund_source: Mapped[str | None] = column(sa.String(100), _l("Source of the funds"))
    bond_due_on: Mapped[date | None] = column(
        sa.Date, _l("Performance bond by"), help_text=_l("As the tender says; finance has the time until then.")
    )
    inspection_days: Mapped[int | None] = column(
        sa.Integer,
        _l("Days of inspection"),
        help_text=_l("Where the buyer neither accepts nor refuses within them, the time to pay runs from their end."),
    )
    publish_by_on: Mapped[date | None] = column(sa.Date, _l("Buyer publishes the contract by"))
    published_on: Mapped[date | None] = column(sa.Date, _l("Published on"))
    file_by_on: Mapped[date | None] = column(sa.Date, _l("Buyer files the contract by"))
    filed_on: Mapped[date | None] = column(sa.Date, _l("Filed on"))
    # A reminder is sent once for each of the two days.
    reminded_on: Mapped[date | None] = column(sa.Date, _l("Last reminder on"))
    is_small_firm: Mapped[bool] = flag(_l("Reserved for small firms"))
    cost_centre: Mapped[str | None] = column(sa.String(60), _l("Cost centre"))
    occasion: Mapped[str | None] = column(sa.String(200), _l("Reason of the order"), info=FREE_TEXT)
    approval_no: Mapped[str | None] = column(sa.String(60), _l("Number of the approval"))

    order: Mapped[Order] = relationship(back_populates="contracts")

    def __str__(self) -> str:
        return self.contract_no or self.purchase_no or f"#{self.id}"
