"""The parameters of the regulation and the values they are delivered with. Domain/02 2.3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped

from models.base import Base, Stamped, check, column


class PolicyParameter(Stamped, Base):
    """A parameter that the company has set; what is not here has its delivered value."""

    __tablename__ = "policy_parameter"
    __label__ = _l("Policy parameter")
    __label_plural__ = _l("Policy parameters")
    __table_args__ = (check("value_not_empty", "value <> ''"),)
    journal_order_attribute: ClassVar[str | None] = None
    name_column: ClassVar[str] = "label"

    code: Mapped[str] = column(sa.String(60), _l("Parameter"), nullable=False, unique=True)
    value: Mapped[str] = column(sa.String(64), _l("Value"), nullable=False)
    unit: Mapped[str] = column(sa.String(20), _l("Unit"), nullable=False, default="")
    label: Mapped[str] = column(sa.String(120), _l("Meaning"), nullable=False, default="")
    clause: Mapped[str] = column(sa.String(40), _l("Clause"), nullable=False, default="")

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True)
class Parameter:
    """How a parameter is delivered. ``label`` is a lazy translation; ``clause`` what it implements."""

    value: str
    unit: str
    label: Any
    clause: str


PARAMETERS: Mapping[str, Parameter] = {
    "sla.warn_pct": Parameter("80", "%", _l("Share of the time after which the owner is warned"), ""),
    "sla.E1.limit": Parameter("24", "h", _l("Entry of a received order"), "12(2)"),
    "sla.E2.limit": Parameter("24", "h", _l("Review of an entered order"), "13(1)"),
    "sla.E3.limit": Parameter("48", "h", _l("Decision of the committee"), "13(2)"),
    "sla.E3.rush": Parameter("12", "h", _l("Decision of the committee on a rush order"), "13(2)"),
    "sla.E4.limit": Parameter("48", "h", _l("Confirmation letter after the review"), "13(3)"),
    "sla.E5.limit": Parameter("72", "h", _l("Answer of the customer to the letter"), "13(3)"),
    "sla.P1.limit": Parameter("8", "h", _l("Planning of production"), "8(1)"),
    "sla.P3.limit": Parameter("24", "h", _l("Report of progress during production"), "8(2)"),
    "sla.Q1.limit": Parameter("8", "h", _l("Inspection of finished goods"), "14(2)"),
    "sla.D1.limit": Parameter("24", "h", _l("Delivery plan"), "14(3)"),
    "sla.D4.limit": Parameter("24", "h", _l("Delivery receipt after the delivery"), "14(3)"),
    "sla.I1.limit": Parameter("48", "h", _l("Installation after the delivery"), "14(4)"),
    "sla.I2.limit": Parameter("24", "h", _l("Acceptance after the installation"), "14(4)"),
    "sla.I3.limit": Parameter("168", "h", _l("Rectification after a rejected acceptance"), "14(4)"),
    "sla.T1.limit": Parameter("2", "h", _l("First answer to a ticket"), "10(3)"),
    "sla.T2.limit": Parameter("24", "h", _l("Plan for a ticket"), "10(3)"),
    "sla.T3.limit": Parameter("72", "h", _l("End of a ticket of level 1"), "10(3)"),
    "sla.T3.l2.limit": Parameter("168", "h", _l("End of a ticket of level 2"), "10(3)"),
    "sla.T3.l3.limit": Parameter("360", "h", _l("End of a ticket of level 3"), "10(3)"),
    "sla.T6.limit": Parameter("56", "h", _l("Answer to the consumer authority: 7 working days of 8 hours"), "22"),
    "sla.X1.l1.limit": Parameter("4", "h", _l("First answer to an exception of level 1"), "22"),
    "sla.X1.l2.limit": Parameter("2", "h", _l("First answer to an exception of level 2"), "22"),
    "sla.X1.l3.limit": Parameter("1", "h", _l("First answer to an exception of level 3"), "22"),
    "sla.X2.l1.limit": Parameter("24", "h", _l("Plan for an exception of level 1"), "22"),
    "sla.X2.l2.limit": Parameter("24", "h", _l("Plan for an exception of level 2"), "22"),
    "sla.X2.l3.limit": Parameter("48", "h", _l("Plan for an exception of level 3"), "22"),
    "sla.X3.l1.limit": Parameter("72", "h", _l("End of an exception of level 1"), "22"),
    "sla.X3.l2.limit": Parameter("168", "h", _l("End of an exception of level 2"), "22"),
    "sla.X3.l3.limit": Parameter("360", "h", _l("End of an exception of level 3"), "22"),
    "sla.X4.limit": Parameter("24", "h", _l("Decision of the committee on a plan for an exception"), "6(3)"),
    "sla.M1.limit": Parameter("16", "h", _l("Decision on a matter between departments: 2 working days"), "6(2)"),
    "sla.B1.limit": Parameter("8", "h", _l("Reason of a missed time limit: 1 working day"), ""),
    "exception.l1_max": Parameter("5000", "CNY", _l("Loss up to which an exception is of level 1"), "22"),
    "exception.l2_max": Parameter("50000", "CNY", _l("Loss up to which an exception is of level 2"), "22"),
    "exception.l1_days": Parameter("3", "d", _l("Days late up to which an exception is of level 1"), "22"),
    "exception.l2_days": Parameter("10", "d", _l("Days late up to which an exception is of level 2"), "22"),
    "exception.orders": Parameter("5", "", _l("Orders with one cause from which an exception is of level 3"), "22"),
    "sla.R2.limit": Parameter("168", "h", _l("Refund of a return without reason"), "11(2)"),
    "sla.R3.limit": Parameter("168", "h", _l("Refund for another reason"), "11(2)"),
    "sla.F1.limit": Parameter("8", "h", _l("Posting and allocation of a payment"), "11(1)"),
    "sla.F2.limit": Parameter("24", "h", _l("Issue of an invoice"), "11(2)"),
    "sla.F3.limit": Parameter("72", "h", _l("Red invoice after its red letter"), "11(2)"),
    "sla.G6.limit": Parameter(
        "40", "h", _l("Return of a guarantee after acceptance and payment: 5 working days"), "11(5)"
    ),
    "sla.Z1.limit": Parameter("120", "h", _l("Answer to a data request: 15 working days of 8 hours"), "25"),
    "appr.large.retail": Parameter("100000", "CNY", _l("Large retail order from"), "13(2)"),
    "appr.large.bulk": Parameter("300000", "CNY", _l("Large bulk order from"), "13(2)"),
    "appr.large.project": Parameter("500000", "CNY", _l("Large project order from"), "13(2)"),
    "appr.large.government": Parameter("500000", "CNY", _l("Large government order from"), "13(2)"),
    "appr.large.other": Parameter("100000", "CNY", _l("Other large order from"), "13(2)"),
    "appr.discount.clerk": Parameter("5", "%", _l("Discount a clerk may give"), "13(1)"),
    "appr.discount.lead": Parameter("10", "%", _l("Discount a lead may give; above it the committee decides"), "13(2)"),
    "appr.rush_ratio": Parameter(
        "0.80", "", _l("Share of the standard lead time below which an order is a rush order"), "13(2)"
    ),
    "appr.custom_line": Parameter("50000", "CNY", _l("Custom line that makes an order special, from"), "13(2)"),
    "appr.split_window_days": Parameter(
        "7", "d", _l("Days in which orders of one customer are added together"), "13(2)"
    ),
    "appr.terms.penalty_pct": Parameter("0.1", "%", _l("Highest usual penalty a day"), "13(2)"),
    "appr.terms.penalty_cap_pct": Parameter("10", "%", _l("Highest usual penalty in all"), "13(2)"),
    "appr.terms.retention_pct": Parameter("5", "%", _l("Highest usual retention"), "13(2)"),
    "appr.delivery_pct": Parameter("8", "%", _l("Highest usual cost of delivery, of the goods"), "13(2)"),
    "bond.gov_pct": Parameter("10", "%", _l("Highest performance bond of a government purchase by law"), "13(1)"),
    "appr.mega": Parameter("2000000", "CNY", _l("From this amount all members of the committee vote"), "13(2)"),
    "appr.minutes_hours": Parameter("16", "h", _l("Minutes of a rush decision: 2 working days of 8 hours"), "6(3)"),
    "appr.refund.staff2": Parameter("5000", "CNY", _l("Refund that another finance clerk approves, up to"), "11(2)"),
    "appr.refund.lead": Parameter(
        "50000", "CNY", _l("Refund that the head of finance approves, up to; above it the committee"), "11(2)"
    ),
    "appr.goodwill.staff": Parameter("200", "CNY", _l("Goodwill of a customer service clerk, up to"), "10(3)"),
    "appr.goodwill.lead": Parameter("2000", "CNY", _l("Goodwill of the head of customer service, up to"), "10(3)"),
    "appr.goodwill.order_lead": Parameter(
        "20000",
        "CNY",
        _l("Goodwill of the head of the order centre with finance, up to; above it the committee"),
        "10(3)",
    ),
    "appr.cancel.above_cap": Parameter(
        "0", "CNY", _l("Compensation above the cap that needs no committee, up to"), "15"
    ),
    **{
        f"confirm.ack_required.{code}": Parameter(value, "", label, "13(3)")
        for code, value, label in (
            ("custom", "1", _l("Made to order begins after the customer's answer (1: yes)")),
            ("retail", "0", _l("Retail production begins after the customer's answer (1: yes)")),
            ("bulk", "1", _l("Bulk production begins after the customer's answer (1: yes)")),
            ("project", "1", _l("Project production begins after the customer's answer (1: yes)")),
            ("government", "1", _l("Government production begins after the customer's answer (1: yes)")),
            ("other", "0", _l("Other production begins after the customer's answer (1: yes)")),
        )
    },
    "confirm.remind_hours": Parameter("24", "h", _l("A silent customer is remembered every"), "13(3)"),
    "confirm.link_days": Parameter("14", "d", _l("Days that a link for the customer is open"), "13(3)"),
    "pay.deposit_cap_pct": Parameter("20", "%", _l("Highest deposit by law"), "11(1)"),
    "gov.publish_days": Parameter("2", "d", _l("Working days in which a public buyer publishes its contract"), ""),
    "gov.file_days": Parameter("7", "d", _l("Working days in which a public buyer files its contract"), ""),
    "gov.pay_days": Parameter("30", "d", _l("Days a public buyer has to pay after the acceptance"), "11(1)"),
    "pay.late_rate_daily": Parameter("0.05", "%", _l("Interest a day on late money of organisations"), "11(1)"),
    "sla.C1.limit": Parameter("8", "h", _l("Answer to a change request"), "15"),
    "sla.C2.limit": Parameter("48", "h", _l("New letter after an accepted change"), "15"),
    "sla.C3.limit": Parameter("16", "h", _l("Offer for a cancellation, its cost sheet included"), "15"),
    "chg.free_count": Parameter("1", "", _l("Changes by the customer that cost nothing"), "15"),
    "chg.admin_fee": Parameter("200.00", "CNY", _l("Fee of every further change"), "15"),
    "chg.reapprove_pct": Parameter("10", "%", _l("Rise of the total from which a change is approved anew"), "15"),
    "chg.government_pct": Parameter("10", "%", _l("Additional goods of a government order, at most"), "15"),
    "cancel.s1_cap_pct": Parameter("5", "%", _l("Cap of a cancellation: custom goods, confirmed"), "15"),
    "cancel.s2_cap_pct": Parameter("20", "%", _l("Cap of a cancellation: custom goods, material prepared"), "15"),
    "cancel.s3_cut_pct": Parameter("30", "%", _l("Cap of a cancellation: custom goods, cut"), "15"),
    "cancel.s3_assembled_pct": Parameter("50", "%", _l("Cap of a cancellation: custom goods, assembled"), "15"),
    "cancel.s3_finished_pct": Parameter("70", "%", _l("Cap of a cancellation: custom goods, coated"), "15"),
    "cancel.s3_packed_pct": Parameter("90", "%", _l("Cap of a cancellation: custom goods, packed"), "15"),
    "cancel.s3_stock_pct": Parameter("10", "%", _l("Handling of cancelled standard goods in production"), "15"),
    "cancel.s4_stock_pct": Parameter("10", "%", _l("Handling of cancelled standard goods in the warehouse"), "15"),
    "cancel.deposit_forfeit": Parameter("0", "", _l("Deposit of cancelled goods (1: kept, 0: set off)"), "15"),
    "pay.interest_daily_pct": Parameter("0.05", "%", _l("Interest a day on money that the company gives back"), "15"),
    "rush.refund_if_late": Parameter("1", "", _l("Rush surcharge of a late order (1: returned, 0: kept)"), "17"),
    "late.comp_daily_pct": Parameter("0.1", "%", _l("Compensation a day for late goods, of their value"), "20"),
    "late.comp_cap_pct": Parameter("10", "%", _l("Compensation for late goods, at most"), "20"),
    "fee.upstairs_cbm_floor": Parameter(
        "20.00", "CNY", _l("Carrying upstairs, each m³ and floor without lift"), "9(1)"
    ),
    "appointment.notice_hours": Parameter("24", "h", _l("Notice before a delivery"), "9(5)"),
    "return.window_days": Parameter("7", "d", _l("Days of return without reason"), "15"),
    "refund.days": Parameter("7", "d", _l("Days until a refund is paid"), "11(2)"),
    "refund.hard_days": Parameter("15", "d", _l("Latest refund by law"), "11(2)"),
    "auth.idle_minutes": Parameter("30", "min", _l("Minutes without activity after which a session ends"), ""),
    "auth.session_hours": Parameter("12", "h", _l("Hours after which a session ends in any case"), ""),
    "auth.lock_attempts": Parameter("5", "", _l("Wrong passwords or codes after which an account is locked"), ""),
    "auth.lock_minutes": Parameter("15", "min", _l("Minutes that a locked account stays locked"), ""),
    "auth.password_days": Parameter("180", "d", _l("Days after which a password must be changed; 0: never"), ""),
    "auth.unused_days": Parameter("90", "d", _l("Days after which an unused account is switched off; 0: never"), ""),
    "auth.second_factor.admin": Parameter("1", "", _l("Second factor for system administrators (1: required)"), ""),
    "auth.second_factor.security_admin": Parameter(
        "1", "", _l("Second factor for security administrators (1: required)"), ""
    ),
    "auth.second_factor.auditor": Parameter("0", "", _l("Second factor for auditors (1: required)"), ""),
    "auth.second_factor.committee": Parameter("1", "", _l("Second factor for the committee (1: required)"), ""),
    "auth.second_factor.order_center": Parameter(
        "0", "", _l("Second factor for the order management centre (1: required)"), ""
    ),
    "auth.second_factor.production": Parameter(
        "0", "", _l("Second factor for production coordination (1: required)"), ""
    ),
    "auth.second_factor.logistics": Parameter("0", "", _l("Second factor for logistics (1: required)"), ""),
    "auth.second_factor.customer_service": Parameter(
        "0", "", _l("Second factor for customer service (1: required)"), ""
    ),
    "auth.second_factor.finance": Parameter("1", "", _l("Second factor for finance (1: required)"), ""),
    "privacy.reveal_minutes": Parameter("10", "min", _l("Lifted masks last, at most 60 minutes"), "25"),
    "privacy.inquiry_months": Parameter("12", "months", _l("People without an order are kept"), "26"),
    "privacy.warranty_years": Parameter("3", "years", _l("Orders are kept after their warranty"), "26"),
    "privacy.completion_years": Parameter("5", "years", _l("Orders are kept after their completion, at least"), "26"),
    "privacy.proof_years": Parameter("3", "years", _l("Proof of a withdrawn consent is kept"), "26"),
    "privacy.answer_days": Parameter("7", "d", _l("Answers to submitted forms are kept"), "25"),
    "privacy.import_months": Parameter("12", "months", _l("Rows of imported files are kept as they came"), "25"),
    "privacy.upload_days": Parameter("1", "d", _l("Uploaded files are kept"), "25"),
    "duty.refund_three": Parameter("5000", "CNY", _l("Refund above which three people act"), "11(2)"),
    "duty.account_cooling_hours": Parameter("24", "h", _l("Wait after a refund's account was changed"), "11(2)"),
    "duty.delegation_days": Parameter("30", "d", _l("Longest delegation"), "6(3)"),
    "export.rows": Parameter("5000", "", _l("Rows that may be exported without approval"), "25"),
    "export.pii_rows": Parameter("500", "", _l("Rows with personal data that may be exported without approval"), "25"),
    "export.decision_hours": Parameter("24", "h", _l("Decision on a large export"), "25"),
    "export.valid_hours": Parameter("24", "h", _l("Time in which an approved export is made"), "25"),
    "auth.token_days": Parameter("90", "d", _l("Longest life of an API token; with 0 there are none"), ""),
}

# The delivered values by code, as the table keeps them.
DEFAULTS: Mapping[str, str] = {code: parameter.value for code, parameter in PARAMETERS.items()}
