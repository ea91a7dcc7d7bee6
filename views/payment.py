"""Money of orders: schedule, receipts, allocation, refunds, invoices. Clause 11."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.documents.catalogue import RECEIPT, REFUND
from app.security import scopes
from app.services.payment.actions import record_payment
from app.services.payment.refunds import apply_invoice, record_refund
from app.services.payment.terms import move_due_date
from models.payment import Invoice, Payment, PaymentAllocation, PaymentSchedule, Refund
from views.base import EntityInterface
from views.entity import EntityView
from views.exception import ExceptionCaseView
from views.paper import Printed


class PaymentAllocationView(EntityView):
    """Which payment settled what; append-only."""

    datamodel = EntityInterface(PaymentAllocation)
    list_columns = ["payment", "order", "schedule", "nature", "amount", "allocated_at"]
    search_columns = ["payment", "order", "schedule", "nature", "allocated_at"]
    show_fieldsets = [(_l("Allocation"), {"fields": list_columns})]
    base_order = ("id", "desc")
    totals = ("amount",)
    scope = scopes.payment_allocation


class PaymentScheduleView(EntityView):
    """What an order owes, and when."""

    datamodel = EntityInterface(PaymentSchedule)
    list_columns = [
        "order", "seq", "kind", "trigger", "percent", "amount", "due_on", "due_basis", "paid_amount",
        "open_amount", "paid_state",
    ]  # fmt: skip
    search_columns = ["order", "kind", "trigger", "due_on", "due_basis", "amount"]
    # The plan is made with the order and adds up to its total: no instalment is added to it by hand.
    edit_columns = ["due_on"]
    show_fieldsets = [(_l("Payment schedule"), {"fields": list_columns})]
    label_columns = {"open_amount": _l("Still open"), "paid_state": _l("Payment state")}
    base_order = ("id", "asc")
    cells = ("due_on",)
    changes = move_due_date
    totals = ("amount", "paid_amount")
    scope = scopes.payment_schedule


class PaymentView(Printed, EntityView):
    """Money received; corrections are refunds, never edits."""

    datamodel = EntityInterface(Payment)
    list_columns = ["payment_no", "customer", "order", "method", "amount", "allocated_amount", "received_at", "state"]
    search_columns = [
        "state", "method", "received_at", "order", "customer", "amount", "channel_txn_no", "external_order_no",
        "origin",
    ]  # fmt: skip
    add_columns = [
        "method", "amount", "received_at", "channel_txn_no", "external_order_no", "order", "customer", "payer_name",
        "payer_account", "note",
    ]  # fmt: skip
    show_fieldsets = [
        (
            _l("Payment"),
            {"fields": ["payment_no", "method", "amount", "allocated_amount", "open_amount", "received_at"]},
        ),
        (_l("Belongs to"), {"fields": ["order", "customer", "external_order_no", "channel_txn_no"]}),
        (_l("Payer"), {"fields": ["payer_name", "payer_account", "origin", "note"]}),
    ]
    label_columns = {"open_amount": _l("Still open")}
    papers = (RECEIPT,)
    base_order = ("received_at", "desc")
    scope = scopes.payment
    quick_search = ("payment_no", "channel_txn_no", "external_order_no", "order.order_no")
    totals = ("amount", "allocated_amount")
    creates = record_payment
    optional_columns = ("received_at",)
    related_views = [PaymentAllocationView, ExceptionCaseView]


class RefundView(Printed, EntityView):
    """Money given back: recorded, approved and executed by different persons."""

    datamodel = EntityInterface(Refund)
    list_columns = [
        "refund_no",
        "order",
        "reason",
        "amount",
        "compensation_amount",
        "legal_due_on",
        "executed_at",
        "state",
    ]
    search_columns = ["state", "reason", "order", "amount", "legal_due_on", "executed_at"]
    add_columns = ["order", "payment", "reason", "amount", "compensation_amount", "payee_name", "payee_account", "note"]
    show_fieldsets = [
        (_l("Refund"), {"fields": ["refund_no", "order", "payment", "reason", "amount", "compensation_amount"]}),
        (_l("Payee"), {"fields": ["payee_name", "payee_account", "account_changed_at", "legal_due_on", "note"]}),
        (_l("Course"), {"fields": ["recorded_by", "approved_by", "executed_by", "executed_at"]}),
    ]
    papers = (REFUND,)
    base_order = ("created_at", "desc")
    totals = ("amount", "compensation_amount")
    scope = scopes.refund
    quick_search = ("refund_no", "order.order_no")
    creates = record_refund
    optional_columns = ("compensation_amount",)


class InvoiceView(EntityView):
    """Invoices applied for and issued."""

    datamodel = EntityInterface(Invoice)
    list_columns = ["invoice_no", "order", "title", "kind", "gross_amount", "red_reason", "tax_invoice_no", "issued_at",
                    "state"]  # fmt: skip
    search_columns = ["state", "kind", "red_reason", "order", "title", "tax_no", "tax_invoice_no", "issued_at"]
    add_columns = ["order", "title", "tax_no", "kind", "gross_amount"]
    show_fieldsets = [
        (_l("Invoice"), {"fields": ["invoice_no", "order", "title", "tax_no", "kind"]}),
        (_l("Amounts"), {"fields": ["gross_amount", "net_amount", "tax_amount", "tax_invoice_no", "issued_at"]}),
        (_l("Red invoice"), {"fields": ["reverses", "red_reason", "red_letter_no"]}),
    ]
    base_order = ("created_at", "desc")
    totals = ("gross_amount",)
    scope = scopes.invoice
    quick_search = ("invoice_no", "tax_invoice_no", "order.order_no")
    creates = apply_invoice
