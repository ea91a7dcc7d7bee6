"""Words of money and of the machinery (journal, policy, import), with their labels."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from models.vocabulary import Labels


class PaymentNature(StrEnum):
    """What a payment is in law."""

    deposit = "deposit"
    prepay = "prepay"
    progress = "progress"
    delivery = "delivery"
    acceptance = "acceptance"
    balance = "balance"
    retention = "retention"
    fee = "fee"
    compensation = "compensation"
    interest = "interest"
    other = "other"


class ScheduleTrigger(StrEnum):
    """What makes an instalment due."""

    on_confirm = "on_confirm"
    before_production = "before_production"
    before_ship = "before_ship"
    on_delivery = "on_delivery"
    on_accept = "on_accept"
    after_days = "after_days"
    on_date = "on_date"


class DueBasis(StrEnum):
    """What the due date of an instalment was counted from; ``agreed`` was set by hand, and nothing counts it anew."""

    acceptance = "acceptance"
    inspection_end = "inspection_end"
    agreed = "agreed"


class PaymentMethod(StrEnum):
    """How money arrives."""

    wechat = "wechat"
    alipay = "alipay"
    unionpay = "unionpay"
    bank_transfer = "bank_transfer"
    pos = "pos"
    cash = "cash"
    bill = "bill"


class PaymentState(StrEnum):
    """How far a receipt is allocated."""

    unallocated = "unallocated"
    partly = "partly"
    allocated = "allocated"


class InstalmentState(StrEnum):
    """How far an instalment is paid: follows from its amounts, no step leads there."""

    unpaid = "unpaid"
    partly_paid = "partly_paid"
    paid = "paid"


class RefundReason(StrEnum):
    """Why money goes back."""

    cancel = "cancel"
    no_reason_return = "no_reason_return"
    quality_return = "quality_return"
    overpay = "overpay"
    duplicate = "duplicate"
    price_adjust = "price_adjust"
    compensation = "compensation"
    rush_surcharge = "rush_surcharge"
    late_delivery = "late_delivery"
    double_deposit = "double_deposit"
    interest = "interest"
    other = "other"


class RefundState(StrEnum):
    """Where a refund stands."""

    draft = "draft"
    approved = "approved"
    executed = "executed"
    rejected = "rejected"


# Until the acceptance, the due dates of these are guesses of the plan.
AFTER_ACCEPTANCE = (ScheduleTrigger.on_accept, ScheduleTrigger.after_days)
# Refunds of money that was never allocated to an order: they take nothing from what the order was paid.
UNALLOCATED_REASONS = frozenset({RefundReason.overpay, RefundReason.duplicate})
# What the company owes for its own fault: reckoned by the program, paid out of its own money, whatever was paid.
OWED_REASONS = frozenset(
    {RefundReason.rush_surcharge, RefundReason.late_delivery, RefundReason.double_deposit, RefundReason.interest}
)
# Of these, what follows from a late delivery.
LATENESS_REASONS = frozenset({RefundReason.rush_surcharge, RefundReason.late_delivery})


class InvoiceKind(StrEnum):
    """Kind of value-added tax invoice."""

    ordinary = "ordinary"
    special = "special"


class InvoiceState(StrEnum):
    """Where an invoice stands."""

    applied = "applied"
    issued = "issued"
    void = "void"


class RedReason(StrEnum):
    """Why an issued invoice is reversed, as the tax platform asks (01 to 04)."""

    wrong = "wrong"
    returned = "returned"
    stopped = "stopped"
    allowance = "allowance"


class Origin(StrEnum):
    """Where an act came from."""

    screen = "screen"
    api = "api"
    cli = "cli"
    importer = "importer"
    customer_link = "customer_link"
    system = "system"


class ImportOutcome(StrEnum):
    """What became of an imported row."""

    accepted = "accepted"
    rejected = "rejected"
    duplicate = "duplicate"


class ImportDid(StrEnum):
    """What an import did to a record."""

    made = "made"
    changed = "changed"


MONEY_LABELS: Labels = {
    PaymentNature: {
        PaymentNature.deposit: _l("Deposit (earnest money)"),
        PaymentNature.prepay: _l("Prepayment"),
        PaymentNature.progress: _l("Progress payment"),
        PaymentNature.delivery: _l("Payment on delivery"),
        PaymentNature.acceptance: _l("Payment on acceptance"),
        PaymentNature.balance: _l("Balance"),
        PaymentNature.retention: _l("Retention money"),
        PaymentNature.fee: _l("Service fee"),
        PaymentNature.compensation: _l("Compensation"),
        PaymentNature.interest: _l("Late interest"),
        PaymentNature.other: _l("Other"),
    },
    ScheduleTrigger: {
        ScheduleTrigger.on_confirm: _l("On confirmation"),
        ScheduleTrigger.before_production: _l("Before production"),
        ScheduleTrigger.before_ship: _l("Before shipping"),
        ScheduleTrigger.on_delivery: _l("On delivery"),
        ScheduleTrigger.on_accept: _l("On acceptance"),
        ScheduleTrigger.after_days: _l("Days after acceptance"),
        ScheduleTrigger.on_date: _l("On a date"),
    },
    DueBasis: {
        DueBasis.acceptance: _l("Acceptance"),
        DueBasis.inspection_end: _l("End of the inspection period"),
        DueBasis.agreed: _l("Agreed"),
    },
    PaymentMethod: {
        PaymentMethod.wechat: _l("WeChat Pay"),
        PaymentMethod.alipay: _l("Alipay"),
        PaymentMethod.unionpay: _l("UnionPay"),
        PaymentMethod.bank_transfer: _l("Bank transfer"),
        PaymentMethod.pos: _l("Card terminal"),
        PaymentMethod.cash: _l("Cash"),
        PaymentMethod.bill: _l("Bill of exchange"),
    },
    PaymentState: {
        PaymentState.unallocated: _l("Unallocated"),
        PaymentState.partly: _l("Partly allocated"),
        PaymentState.allocated: _l("Allocated"),
    },
    InstalmentState: {
        InstalmentState.unpaid: _l("Unpaid"),
        InstalmentState.partly_paid: _l("Partly paid"),
        InstalmentState.paid: _l("Paid in full"),
    },
    RefundReason: {
        RefundReason.cancel: _l("Cancellation"),
        RefundReason.no_reason_return: _l("Return without reason"),
        RefundReason.quality_return: _l("Return for quality"),
        RefundReason.overpay: _l("Overpayment"),
        RefundReason.duplicate: _l("Paid twice"),
        RefundReason.price_adjust: _l("Price adjustment"),
        RefundReason.compensation: _l("Compensation"),
        RefundReason.rush_surcharge: _l("Rush surcharge returned"),
        RefundReason.late_delivery: _l("Late delivery"),
        RefundReason.double_deposit: _l("Deposit returned twice"),
        RefundReason.interest: _l("Interest on prepayments"),
        RefundReason.other: _l("Other"),
    },
    RefundState: {
        RefundState.draft: _l("Draft"),
        RefundState.approved: _l("Approved"),
        RefundState.executed: _l("Executed"),
        RefundState.rejected: _l("Rejected"),
    },
    InvoiceKind: {
        InvoiceKind.ordinary: _l("Ordinary invoice"),
        InvoiceKind.special: _l("Special VAT invoice"),
    },
    InvoiceState: {
        InvoiceState.applied: _l("Applied for"),
        InvoiceState.issued: _l("Issued"),
        InvoiceState.void: _l("Void"),
    },
    RedReason: {
        RedReason.wrong: _l("01 Issued wrongly"),
        RedReason.returned: _l("02 Goods returned or cancelled"),
        RedReason.stopped: _l("03 Service stopped"),
        RedReason.allowance: _l("04 Sales allowance"),
    },
    Origin: {
        Origin.screen: _l("Screen"),
        Origin.api: _l("API"),
        Origin.cli: _l("Command line"),
        Origin.importer: _l("Import"),
        Origin.customer_link: _l("Customer's link"),
        Origin.system: _l("System"),
    },
    ImportOutcome: {
        ImportOutcome.accepted: _l("Accepted"),
        ImportOutcome.rejected: _l("Rejected"),
        ImportOutcome.duplicate: _l("Already there"),
    },
    ImportDid: {
        ImportDid.made: _l("New record"),
        ImportDid.changed: _l("Changed"),
    },
}
