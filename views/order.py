"""Orders with their lines, fees and reviews. Clauses 12 to 15."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.security import scopes
from app.services.inbox.actions import receive
from app.services.order.actions import (
    BEFORE_LETTER,
    add_fee,
    add_line,
    change_fee,
    change_line,
    change_order,
    create_order,
    remove_fee,
    remove_line,
)
from app.services.order.contract import add_terms, change_terms
from app.services.order.quote import quote_order
from models.contract import OrderContract
from models.inbox import InboxItem
from models.labels import FeeKind, OrderState, OrderType, RegulationState, label_of
from models.order import Order
from models.order_line import OrderFee, OrderLine
from models.review import OrderReview
from views.approval import ApprovalView, ConfirmationLetterView
from views.base import EntityInterface
from views.cancellation import CancellationView
from views.change import ChangeRequestView
from views.claim import LateClaimView
from views.customerlink import CustomerLinkView, Linked
from views.entity import EntityView
from views.exception import CoordinationItemView, ExceptionCaseView
from views.findings import review_beside
from views.guarantee import GuaranteeView
from views.inline import Inline
from views.installation import AcceptanceView, InstallationView
from views.orderpage import order_buttons, order_figures
from views.payment import InvoiceView, PaymentScheduleView, PaymentView, RefundView
from views.privacy import missing_consent_hints
from views.production import ProductionTaskView
from views.quality import InspectionView
from views.reveal import Revealable
from views.shipment import ShipmentView
from views.talk import Talked
from views.ticket import ServiceTicketView
from views.twins import Warned, order_twins

# What is still owed: a promise that lies behind us was missed.
UNDELIVERED = "confirmed,in_production,ready_to_ship,partly_shipped"

LINE_QUANTITIES = [
    "qty_ordered", "qty_cancelled", "qty_reserved", "qty_produced", "qty_qc_passed", "qty_shipped", "qty_back",
    "qty_delivered", "qty_installed", "qty_accepted", "qty_returned", "is_held",
]  # fmt: skip
ORDER_HEAD = [
    "order_no", "customer", "order_type", "channel", "received_at", "requested_on",
    "regulation_state", "is_on_hold", "hold_reason", "note",
]  # fmt: skip
ORDER_MONEY = [
    "goods_amount", "fee_amount", "total_amount", "net_amount", "tax_amount", "deposit_amount", "paid_amount",
    "refunded_amount", "payment_method",
]  # fmt: skip
ORDER_DELIVERY = [
    "receiver_name", "receiver_phone", "ship_province", "ship_city", "ship_district", "ship_address", "floor",
    "elevator", "delivery_mode", "install_required",
]  # fmt: skip
DELIVERY_FORM = [
    "delivery_mode", "install_required", "receiver_name", "receiver_phone", "ship_province", "ship_city",
    "ship_district", "ship_address", "floor", "elevator",
]  # fmt: skip
ORDER_TERMS = [
    "award_amount", "bond_amount", "delivery_cost_amount", "penalty_pct_daily", "penalty_cap_pct", "retention_pct",
    "has_special_terms", "is_exclusive", "is_outside_area",
]  # fmt: skip
ORDER_FURTHER = [
    "external_no", "project_name", "contract_no", "entered_at", "promise_rule", "drawing_version",
    "drawing_signed_at", "drawing_signed_name", "gate_reason", "is_large", "special_flags",
    "late_reason", "skip_reason", "origin",
]  # fmt: skip


CONTRACT_GENERAL = [
    "contract_no", "signed_on", "purchase_no", "invoice_title", "price_valid_on", "batch_plan",
]  # fmt: skip
CONTRACT_SITE = ["site_contact", "payer_name", "unloading"]
CONTRACT_PUBLIC = [
    "procurement_method", "plan_no", "award_no", "award_on", "budget_unit", "acceptance_unit", "fund_source",
    "is_small_firm", "bond_due_on", "inspection_days",
]  # fmt: skip
CONTRACT_AFTER = ["published_on", "filed_on"]
CONTRACT_DUTIES = ["publish_by_on", "published_on", "file_by_on", "filed_on"]
CONTRACT_INTERNAL = ["occasion", "cost_centre", "approval_no"]


def is_open(order: Order) -> bool:
    """Edited directly until the letter, but not while somebody reviews it; then by change requests. Clause 4(4)."""
    return order.state in BEFORE_LETTER


def is_draft(order: Order) -> bool:
    """The terms of the contract are typed before the review."""
    return order.state is OrderState.draft


def is_of_open(row: OrderLine | OrderFee | OrderContract) -> bool:
    """Lines and fees follow their order."""
    return is_open(row.order)


def is_kept_up(terms: OrderContract) -> bool:
    """What a public buyer did with the signed contract is noted after the letter too.

    By the signature and not by the buyer's days: contracts signed before those were reckoned get them at the edit.
    """
    is_public = terms.order.order_type is OrderType.government
    return is_of_open(terms) or (is_public and terms.signed_on is not None)


def is_kept_by_server(fee: OrderFee) -> bool:
    """Carrying upstairs follows floor, lift and volume; nobody types it."""
    return fee.kind is FeeKind.upstairs


def stations(order: Order) -> list[dict[str, object]]:
    """The way through the states of the regulation; stock goods skip production, what was cancelled has none."""
    left_out = {RegulationState.cancelled} | ({RegulationState.in_production} if order.skip_reason else set())
    road = [state for state in RegulationState if state not in left_out]
    here = order.regulation_state
    if here is RegulationState.cancelled:
        return []
    place = road.index(here) if here in road else -1
    return [
        {"label": str(label_of(state)), "done": number < place or place == len(road) - 1, "current": number == place}
        for number, state in enumerate(road)
    ]


class InboxItemView(EntityView):
    """What customers sent, before it is an order: the clock of entry starts here. Clause 12(1)."""

    datamodel = EntityInterface(InboxItem)
    list_columns = ["inbox_no", "channel", "customer_name", "received_at", "order", "state"]
    search_columns = ["state", "channel", "received_at", "external_no", "order"]
    add_columns = ["channel", "external_no", "received_at", "customer_name", "customer_phone", "content"]
    show_fieldsets = [
        (_l("Received order"), {"fields": ["inbox_no", "channel", "external_no", "received_at", "order"]}),
        (_l("Customer"), {"fields": ["customer_name", "customer_phone"]}),
        (_l("Message"), {"fields": ["content"]}),
    ]
    base_order = ("received_at", "desc")
    scope = scopes.inbox_item
    quick_search = ("inbox_no", "external_no")
    creates = receive
    optional_columns = ("received_at",)


class OrderLineView(EntityView):
    """What is ordered, and how far each piece has come."""

    datamodel = EntityInterface(OrderLine)
    list_columns = [
        "line_no", "order", "product", "qty_ordered", "unit", "unit_price", "discount_pct", "line_amount",
        "qty_qc_passed", "qty_shipped", "qty_delivered", "qty_accepted",
    ]  # fmt: skip
    search_columns = ["order", "product", "supply_mode", "needs_install"]
    add_columns = [
        "order", "product", "qty_ordered", "discount_pct", "list_price", "description", "length_mm", "width_mm",
        "height_mm", "material", "finish", "colour",
    ]  # fmt: skip
    edit_columns = add_columns[2:]
    show_fieldsets = [
        (_l("Order line"), {"fields": ["order", "line_no", "product", "description", "supply_mode", "unit"]}),
        (_l("Make"), {"fields": ["length_mm", "width_mm", "height_mm", "material", "finish", "colour"]}),
        (
            _l("Price"),
            {"fields": ["list_price", "discount_pct", "unit_price", "line_amount", "tax_rate", "tax_amount"]},
        ),
        (_l("Quantities"), {"fields": LINE_QUANTITIES}),
        (_l("Terms"), {"fields": ["lead_days", "line_promised_on", "needs_install", "pack_count", "volume"]}),
        (
            _l("Warranty"),
            {"fields": ["warranty_months", "warranty_from_on", "warranty_to_on", "return_deadline_at"]},
        ),
    ]
    base_order = ("id", "asc")
    totals = ("line_amount",)
    scope = scopes.order_line
    shares = dict.fromkeys(("qty_qc_passed", "qty_shipped", "qty_delivered", "qty_accepted"), "qty_ordered")
    parent_allows = is_open
    creates = add_line
    changes = change_line
    can_be_edited = is_of_open
    optional_columns = ("list_price", "discount_pct", "length_mm", "width_mm", "height_mm")


class OrderFeeView(EntityView):
    """Price-marked services of an order."""

    datamodel = EntityInterface(OrderFee)
    list_columns = ["order", "kind", "description", "amount", "tax_rate", "tax_amount"]
    search_columns = ["order", "kind"]
    add_columns = ["order", "kind", "amount", "description", "tax_rate"]
    edit_columns = ["amount", "description", "tax_rate"]
    show_fieldsets = [(_l("Fee"), {"fields": list_columns})]
    base_order = ("id", "asc")
    totals = ("amount",)
    scope = scopes.order_fee
    parent_allows = is_open
    creates = add_fee
    changes = change_fee
    can_be_edited = is_of_open


class OrderContractView(EntityView):
    """What an organisation's order rests on; what its type asks for, the submission says."""

    datamodel = EntityInterface(OrderContract)
    list_columns = ["order", "contract_no", "signed_on", "purchase_no", "award_no", "budget_unit"]
    search_columns = ["order", "contract_no", "purchase_no", "award_no", "procurement_method"]
    add_columns = ["order", *CONTRACT_GENERAL, *CONTRACT_SITE, *CONTRACT_PUBLIC, *CONTRACT_INTERNAL]
    edit_columns = [*add_columns[1:], *CONTRACT_AFTER]
    add_fieldsets = [
        (_l("Contract"), {"fields": ["order", *CONTRACT_GENERAL]}),
        (_l("Site and payer"), {"fields": CONTRACT_SITE}),
        (_l("Government purchase"), {"fields": CONTRACT_PUBLIC}),
        (_l("Other orders"), {"fields": CONTRACT_INTERNAL}),
    ]
    edit_fieldsets = [*add_fieldsets, (_l("What the buyer does with it"), {"fields": CONTRACT_AFTER})]
    show_fieldsets = [*add_fieldsets, (_l("What the buyer does with it"), {"fields": CONTRACT_DUTIES})]
    base_order = ("id", "desc")
    scope = scopes.order_contract
    parent_allows = is_draft
    creates = add_terms
    changes = change_terms
    can_be_edited = is_kept_up


class OrderReviewView(EntityView):
    """One result for each check of a review. Clause 13(1)."""

    datamodel = EntityInterface(OrderReview)
    list_columns = [
        "order", "round", "check_name", "result", "computed_result", "value", "comment", "reviewer", "reviewed_at",
    ]  # fmt: skip
    search_columns = ["order", "check_name", "result", "reviewed_at"]
    show_fieldsets = [(_l("Review"), {"fields": [*list_columns, "override_reason"]})]
    base_order = ("id", "desc")
    scope = scopes.order_review


class OrderView(Talked, Revealable, Linked, Warned, EntityView):
    """Direct orders from receipt to acceptance."""

    datamodel = EntityInterface(Order)
    list_columns = [
        "order_no",
        "customer",
        "order_type",
        "total_amount",
        "promised_on",
        "channel",
        "received_at",
        "state",
    ]
    search_columns = [
        "state", "order_type", "channel", "customer", "received_at", "promised_on", "total_amount", "ship_city",
        "is_large", "is_on_hold", "external_no", "project_name", "origin",
    ]  # fmt: skip
    add_columns = [
        "customer", "address", "order_type", "channel", "external_no", "received_at", "requested_on", "delivery_mode",
        "install_required", "payment_method", "deposit_amount", "project_name", "contract_no", "receiver_name",
        "receiver_phone", "ship_province", "ship_city", "ship_district", "ship_address", "floor", "elevator", "note",
        *ORDER_TERMS,
    ]  # fmt: skip
    edit_columns = add_columns
    add_fieldsets = edit_fieldsets = [
        (
            _l("Customer and receipt"),
            {"fields": ["customer", "address", "order_type", "channel", "requested_on", "external_no"]},
        ),
        (_l("Order lines"), {"fields": ["lines"]}),
        (
            _l("Delivery and installation"),
            {"fields": DELIVERY_FORM, "text": _l("What is left empty is copied from the customer's address.")},
        ),
        (_l("Fees"), {"fields": ["fees"], "expanded": False}),
        (
            _l("Payment, project and note"),
            {
                "fields": [
                    "payment_method", "deposit_amount", "project_name", "contract_no", "received_at", "note",
                ],
                "expanded": False,
            },
        ),
        (_l("Tender and contract terms"), {"fields": ORDER_TERMS, "expanded": False}),
    ]  # fmt: skip
    inlines = {
        "lines": Inline(
            OrderLineView,
            columns=["product", "qty_ordered", "discount_pct", "description"],
            more=["list_price", "length_mm", "width_mm", "height_mm", "material", "finish", "colour"],
            computed=["unit_price", "line_amount"],
            removes=remove_line,
        ),
        "fees": Inline(
            OrderFeeView,
            columns=["kind", "amount", "description", "tax_rate"],
            removes=remove_fee,
            leaves_out=is_kept_by_server,
        ),
    }
    quotes = quote_order
    quoted_columns = ("goods_amount", "fee_amount", "tax_amount", "total_amount")
    show_fieldsets = [
        (_l("Order"), {"fields": ORDER_HEAD}),
        (_l("Money"), {"fields": ORDER_MONEY}),
        (_l("Delivery"), {"fields": ORDER_DELIVERY}),
        (_l("Tender and contract terms"), {"fields": ORDER_TERMS, "quiet": True}),
        (_l("Further"), {"fields": ORDER_FURTHER}),
        (_l("End"), {"fields": ["completed_at", "cancel_kind", "cancel_reason"]}),
    ]
    label_columns = {"regulation_state": _l("State by the regulation")}
    base_order = ("received_at", "desc")
    scope = scopes.order
    quick_search = ("order_no", "external_no", "customer.search_text")
    quick_views = (
        (_l("Draft"), {"state": "draft"}),
        (_l("In review"), {"state": "pending_review,pending_approval,approved"}),
        (_l("Running"), {"state": "confirmed,in_production,ready_to_ship"}),
        (_l("On the way"), {"state": "partly_shipped,shipped,delivered,pending_acceptance"}),
        (_l("Completed"), {"state": "completed,closed"}),
        (_l("Promise missed"), {"promised_on__during": "past", "state": UNDELIVERED}),
    )
    totals = ("total_amount",)
    cells = ("requested_on", "external_no", "project_name", "contract_no", "note")
    facets = ("order_type",)
    way = stations
    awaits = {OrderState.ready_to_ship: "shipment.add"}
    creates = create_order
    changes = change_order
    can_be_edited = is_open
    optional_columns = ("received_at", "floor", "elevator", *ORDER_TERMS)
    related_views = [
        OrderLineView, OrderFeeView, OrderContractView, OrderReviewView, ApprovalView, ConfirmationLetterView,
        CustomerLinkView, ProductionTaskView, InspectionView, ShipmentView, InstallationView, AcceptanceView,
        PaymentScheduleView, PaymentView, InvoiceView, RefundView, GuaranteeView, LateClaimView,
        ServiceTicketView, ChangeRequestView, CancellationView, ExceptionCaseView, CoordinationItemView,
    ]  # fmt: skip
    extra_permissions = ("import", "take_back", "link")
    hints = missing_consent_hints
    twins = order_twins
    figures = order_figures
    beside = review_beside
    further = order_buttons
