"""Every column that holds something about a person: what for, for how long, and what is left of it at the end.

The one table behind anonymising, reports to people, and ``docs/personal-data.md``. A test fails when a column with a
sensitivity is missing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from models.approval import Approval, ApprovalOpinion, ApprovalVote
from models.base import Base, Sensitivity
from models.cancellation import Cancellation
from models.change import ChangeRequest
from models.clock_run import ClockRun
from models.contract import OrderContract
from models.coordination import CoordinationItem
from models.customer import Customer, CustomerAddress
from models.customer_merge import CustomerMerge
from models.exception import ExceptionCase
from models.exchange import ImportRow
from models.export import ExportRequest
from models.guarantee import Guarantee
from models.inbox import InboxItem
from models.installation import Acceptance, Installation
from models.late_claim import LateClaim
from models.letter import ConfirmationLetter
from models.order import Order
from models.payment import Invoice, Payment, Refund
from models.privacy import PrivacyRequest
from models.quality import Inspection, InspectionDefect
from models.review import OrderReview
from models.shipment import DeliveryReceipt, Shipment
from models.talk import Attachment, Comment
from models.ticket import ServiceTicket


class Fate(StrEnum):
    """What is left of a value when its person is anonymised."""

    label = "label"
    empty = "empty"
    dash = "dash"
    code = "code"
    keep = "keep"


class Term(StrEnum):
    """How long a value is kept; the numbers are parameters ``privacy.*`` (domain/02 2.4)."""

    person = "person"
    order = "order"
    rows = "rows"


class Whom(StrEnum):
    """Whose data a column holds. Of other people than the subject a report shows masks."""

    subject = "subject"
    carrier = "carrier"


PERSONAL_GROUPS = frozenset(Sensitivity) - {Sensitivity.PRICE, Sensitivity.COST}
SENSITIVE_GROUPS = frozenset({Sensitivity.DOOR, Sensitivity.BANK})


@dataclass(frozen=True)
class Decision:
    """``purpose`` is a sentence for the record of processing, in English as the documents are."""

    fate: Fate
    term: Term
    purpose: str
    whom: Whom = Whom.subject


def _decisions(term: Term, purpose: str, **fates: str) -> dict[str, Decision]:
    return {name: Decision(Fate(fate), term, purpose) for name, fate in fates.items()}


_DELIVERY = "delivery and installation at the right place"
_PROOF = "proof of what was agreed and delivered"
_CASE = "free text of a decision about an order"
_MONEY = "assigning money and giving it back to the right person"

DECISIONS: Mapping[type[Base], Mapping[str, Decision]] = {
    Customer: {
        **_decisions(Term.person, "contract with the customer", name="label", phone="empty"),
        **_decisions(Term.person, "reaching the customer", email="empty", wechat="empty"),
        **_decisions(Term.person, "statistics by city", city="keep"),
        **_decisions(Term.person, "finding the customer", search_text="code"),
        **_decisions(Term.person, "free text", note="empty", blacklist_reason="dash", hold_reason="empty"),
    },
    CustomerAddress: {
        **_decisions(Term.person, _DELIVERY, contact_name="label", contact_phone="empty", detail="empty"),
        **_decisions(Term.person, _DELIVERY, district="empty", door_code="empty", label="empty"),
        **_decisions(Term.person, "statistics by city", city="keep"),
    },
    Order: {
        **_decisions(Term.order, _DELIVERY, receiver_name="label", receiver_phone="empty"),
        **_decisions(Term.order, _DELIVERY, ship_district="empty", ship_address="empty"),
        **_decisions(Term.order, "statistics by city", ship_city="keep"),
        **_decisions(Term.order, "free text", note="empty", project_name="empty", gate_reason="empty"),
        **_decisions(Term.order, _PROOF, drawing_signed_name="label"),
    },
    OrderReview: _decisions(Term.order, _CASE, comment="dash", override_reason="dash"),
    Approval: _decisions(Term.order, _CASE, minutes="dash"),
    ApprovalOpinion: _decisions(Term.order, _CASE, text="dash"),
    CustomerMerge: _decisions(Term.person, "one file a person", reason="dash", before="empty"),
    OrderContract: {
        **_decisions(Term.order, "contract with the customer", invoice_title="label", payer_name="label"),
        **_decisions(Term.order, _DELIVERY, site_contact="label", unloading="empty"),
        **_decisions(Term.order, "free text", occasion="empty"),
    },
    ApprovalVote: _decisions(Term.order, _CASE, comment="dash"),
    Inspection: _decisions(Term.order, _CASE, note="empty"),
    InspectionDefect: _decisions(Term.order, _CASE, note="empty"),
    Cancellation: _decisions(Term.order, _PROOF, note="empty", accepted_how="empty", signed_by="label"),
    ChangeRequest: {
        **_decisions(Term.order, _DELIVERY, receiver_name="label", receiver_phone="empty"),
        **_decisions(Term.order, _DELIVERY, ship_district="empty", ship_address="empty"),
        **_decisions(Term.order, "statistics by city", ship_city="keep"),
        **_decisions(Term.order, _PROOF, note="empty", accepted_how="empty"),
        **_decisions(Term.order, _CASE, production_opinion="empty", finance_opinion="empty"),
        **_decisions(Term.order, _CASE, logistics_opinion="empty"),
    },
    ConfirmationLetter: _decisions(Term.order, _PROOF, content="empty", signed_name="label", objection="empty"),
    InboxItem: _decisions(
        Term.person, "entry of a received order", customer_name="label", customer_phone="empty", content="empty"
    ),
    Shipment: {
        name: Decision(Fate.empty, Term.order, "reaching the driver", Whom.carrier)
        for name in ("driver_name", "driver_phone")
    },
    DeliveryReceipt: _decisions(Term.order, _PROOF, receiver_name="label", remarks="empty"),
    Installation: _decisions(Term.order, "free text", note="empty", missing_parts="empty"),
    Acceptance: _decisions(
        Term.order,
        _PROOF,
        signed_by="label",
        unit_signed_by="label",
        seller_signed_by="label",
        rejection_reason="dash",
    ),
    Payment: _decisions(Term.order, _MONEY, payer_name="label", payer_account="empty", note="empty"),
    Refund: _decisions(Term.order, _MONEY, payee_name="label", payee_account="empty", note="empty"),
    Guarantee: _decisions(Term.order, "securing a contract with a public buyer", cash_reason="empty", note="empty"),
    LateClaim: _decisions(Term.order, "claiming interest on late money", note="empty"),
    Invoice: _decisions(Term.order, "invoice; the original is kept by the tax platform", title="label"),
    ServiceTicket: _decisions(
        Term.order,
        "free text of a complaint",
        description="dash",
        cause="empty",
        plan="empty",
        resolution="dash",
        authority_answer="dash",
    ),
    ExceptionCase: _decisions(
        Term.order, _CASE, description="dash", cause="empty", plan="empty", resolution="empty", prevention="empty"
    ),
    CoordinationItem: _decisions(
        Term.order, _CASE, subject="dash", description="dash", decision="empty", outcome="empty"
    ),
    ClockRun: _decisions(Term.order, _CASE, note="empty"),
    PrivacyRequest: _decisions(
        Term.person, "answering a request", content="empty", identity_check="dash", answer="dash", refusal_reason="dash"
    ),
    Comment: _decisions(Term.order, "free text", text="dash"),
    Attachment: _decisions(Term.order, _PROOF, name="dash", withdrawn_reason="dash", digest="dash"),
    ImportRow: _decisions(Term.rows, "explaining an import", raw="empty"),
    ExportRequest: _decisions(
        Term.order, "making the file that was asked for; emptied when the request ends", arguments="keep"
    ),
}


def class_of(model: type[Any], name: str) -> str:
    """P2 personal, P3 sensitive or a key to somebody's home or money (domain/04 4.1)."""
    return "P3" if model.__table__.columns[name].info.get("sensitivity") in SENSITIVE_GROUPS else "P2"


def replacement(fate: Fate, column: Any, value: Any, label: str) -> Any:
    """What stands in a column afterwards; what was empty stays empty.

    Args:
        label: what the person is called from now on, ``已匿名 #CUS-00000812``.
    """
    if fate is Fate.keep or value in (None, "", {}):
        return value
    if fate is Fate.label:
        return label[: column.type.length]
    if fate is Fate.dash:
        return "—"
    if fate is Fate.code:
        return label.rpartition("#")[2].lower()
    if column.nullable:
        return None
    return "" if isinstance(value, str) else {}
