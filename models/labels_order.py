"""Words of orders, reviews, approvals and letters, with their labels."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from models.vocabulary import Labels


class InboxState(StrEnum):
    """What became of a received order message."""

    open = "open"
    entered = "entered"
    void = "void"


class OrderType(StrEnum):
    """The five kinds of direct order of clause 2."""

    retail = "retail"
    project = "project"
    government = "government"
    bulk = "bulk"
    other = "other"


class Channel(StrEnum):
    """Where an order came in. Clause 12(1)."""

    online_mall = "online_mall"
    phone = "phone"
    onsite = "onsite"
    email = "email"
    post = "post"
    wechat = "wechat"
    tender = "tender"
    other = "other"


class DeliveryMode(StrEnum):
    """How goods travel."""

    own_fleet = "own_fleet"
    line = "line"
    ltl = "ltl"
    express = "express"
    pickup = "pickup"


class OrderState(StrEnum):
    """The fifteen internal states of an order."""

    draft = "draft"
    pending_review = "pending_review"
    pending_approval = "pending_approval"
    approved = "approved"
    confirmed = "confirmed"
    in_production = "in_production"
    ready_to_ship = "ready_to_ship"
    partly_shipped = "partly_shipped"
    shipped = "shipped"
    delivered = "delivered"
    pending_acceptance = "pending_acceptance"
    completed = "completed"
    closed = "closed"
    cancelled = "cancelled"
    rejected = "rejected"


class RegulationState(StrEnum):
    """The seven states of the regulation. Clause 4(3)."""

    pending_review = "pending_review"
    confirmed = "confirmed"
    in_production = "in_production"
    ready_to_ship = "ready_to_ship"
    shipped = "shipped"
    completed = "completed"
    cancelled = "cancelled"


class OrderOrigin(StrEnum):
    """How an order got into the panel."""

    entered = "entered"
    imported = "imported"


class CancelKind(StrEnum):
    """Who ended the order."""

    customer = "customer"
    company = "company"
    force_majeure = "force_majeure"
    rejected = "rejected"


class CancelReason(StrEnum):
    """Why an order ended."""

    price = "price"
    lead_time = "lead_time"
    design = "design"
    house = "house"
    duplicate = "duplicate"
    fund = "fund"
    quality = "quality"
    company = "company"
    other = "other"


class LateReason(StrEnum):
    """Why something was late."""

    customer_info = "customer_info"
    customer_delay = "customer_delay"
    material = "material"
    capacity = "capacity"
    quality = "quality"
    transport = "transport"
    weather = "weather"
    system = "system"
    human = "human"
    holiday = "holiday"


class FeeKind(StrEnum):
    """Services charged beside the goods."""

    delivery = "delivery"
    upstairs = "upstairs"
    install = "install"
    second_trip = "second_trip"
    storage = "storage"
    measure = "measure"
    rush = "rush"
    other = "other"


class ReviewCheck(StrEnum):
    """What a review looks at. Clause 13(1)."""

    stock = "stock"
    price = "price"
    lead_time = "lead_time"
    credit = "credit"
    compliance = "compliance"
    technical = "technical"


class ReviewResult(StrEnum):
    """How one check came out."""

    passed = "passed"
    failed = "failed"
    conditional = "conditional"


class ApprovalKind(StrEnum):
    """What the committee decides on. Clause 13(2)."""

    order_special = "order_special"
    order_large = "order_large"
    refund = "refund"
    goodwill = "goodwill"
    change = "change"
    cancellation = "cancellation"
    exception_plan = "exception_plan"
    concession = "concession"
    write_off = "write_off"
    parameter = "parameter"
    customer_merge = "customer_merge"
    data_export = "data_export"


class ApprovalState(StrEnum):
    """Where an approval stands."""

    pending = "pending"
    approved = "approved"
    rejected = "rejected"
    withdrawn = "withdrawn"
    expired = "expired"
    lapsed = "lapsed"


class OpinionOf(StrEnum):
    """Who is heard before the members vote, by the code of the role (domain/06 6.2)."""

    finance = "finance"
    production = "production"
    inspector = "inspector"
    logistics = "logistics"
    order_center_lead = "order_center_lead"


class VoteDecision(StrEnum):
    """What a member said."""

    approve = "approve"
    reject = "reject"
    abstain = "abstain"


class LetterChannel(StrEnum):
    """How a letter was sent."""

    sms = "sms"
    email = "email"
    wechat = "wechat"
    paper = "paper"


class ContractKind(StrEnum):
    """What the contract of an order is by law."""

    sale = "sale"
    work = "work"


class LetterState(StrEnum):
    """Where a confirmation letter stands."""

    sent = "sent"
    acknowledged = "acknowledged"
    disputed = "disputed"
    superseded = "superseded"
    withdrawn = "withdrawn"


ORDER_LABELS: Labels = {
    InboxState: {
        InboxState.open: _l("Open"),
        InboxState.entered: _l("Entered"),
        InboxState.void: _l("Void"),
    },
    OrderType: {
        OrderType.retail: _l("Retail"),
        OrderType.project: _l("Project"),
        OrderType.government: _l("Government purchase"),
        OrderType.bulk: _l("Bulk purchase"),
        OrderType.other: _l("Other"),
    },
    Channel: {
        Channel.online_mall: _l("Online mall"),
        Channel.phone: _l("Phone"),
        Channel.onsite: _l("On site"),
        Channel.email: _l("E-mail"),
        Channel.post: _l("Post"),
        Channel.wechat: _l("WeChat"),
        Channel.tender: _l("Tender"),
        Channel.other: _l("Other"),
    },
    DeliveryMode: {
        DeliveryMode.own_fleet: _l("Own fleet"),
        DeliveryMode.line: _l("Full truck line"),
        DeliveryMode.ltl: _l("Part load"),
        DeliveryMode.express: _l("Parcel express"),
        DeliveryMode.pickup: _l("Pick-up by customer"),
    },
    OrderState: {
        OrderState.draft: _l("Draft"),
        OrderState.pending_review: _l("Pending review"),
        OrderState.pending_approval: _l("Pending approval"),
        OrderState.approved: _l("Approved, letter due"),
        OrderState.confirmed: _l("Confirmed"),
        OrderState.in_production: _l("In production"),
        OrderState.ready_to_ship: _l("Ready to ship"),
        OrderState.partly_shipped: _l("Partly shipped"),
        OrderState.shipped: _l("Shipped"),
        OrderState.delivered: _l("Delivered, to install"),
        OrderState.pending_acceptance: _l("Pending acceptance"),
        OrderState.completed: _l("Completed"),
        OrderState.closed: _l("Closed"),
        OrderState.cancelled: _l("Cancelled"),
        OrderState.rejected: _l("Rejected"),
    },
    RegulationState: {
        RegulationState.pending_review: _l("Pending review"),
        RegulationState.confirmed: _l("Confirmed"),
        RegulationState.in_production: _l("In production"),
        RegulationState.ready_to_ship: _l("Ready to ship"),
        RegulationState.shipped: _l("Shipped"),
        RegulationState.completed: _l("Completed"),
        RegulationState.cancelled: _l("Cancelled"),
    },
    OrderOrigin: {
        OrderOrigin.entered: _l("Entered here"),
        OrderOrigin.imported: _l("Imported history"),
    },
    CancelKind: {
        CancelKind.customer: _l("By the customer"),
        CancelKind.company: _l("By the company"),
        CancelKind.force_majeure: _l("Force majeure"),
        CancelKind.rejected: _l("Refused at review"),
    },
    CancelReason: {
        CancelReason.price: _l("Price"),
        CancelReason.lead_time: _l("Lead time"),
        CancelReason.design: _l("Design"),
        CancelReason.house: _l("House not ready"),
        CancelReason.duplicate: _l("Duplicate order"),
        CancelReason.fund: _l("Lack of funds"),
        CancelReason.quality: _l("Quality"),
        CancelReason.company: _l("Company reason"),
        CancelReason.other: _l("Other"),
    },
    LateReason: {
        LateReason.customer_info: _l("Customer's information incomplete"),
        LateReason.customer_delay: _l("Customer asked for it"),
        LateReason.material: _l("Material"),
        LateReason.capacity: _l("Capacity"),
        LateReason.quality: _l("Quality rework"),
        LateReason.transport: _l("Transport"),
        LateReason.weather: _l("Weather"),
        LateReason.system: _l("System"),
        LateReason.human: _l("Human error"),
        LateReason.holiday: _l("Holiday"),
    },
    FeeKind: {
        FeeKind.delivery: _l("Delivery"),
        FeeKind.upstairs: _l("Carrying upstairs"),
        FeeKind.install: _l("Installation"),
        FeeKind.second_trip: _l("Second trip"),
        FeeKind.storage: _l("Storage"),
        FeeKind.measure: _l("Measuring"),
        FeeKind.rush: _l("Rush surcharge"),
        FeeKind.other: _l("Other"),
    },
    ReviewCheck: {
        ReviewCheck.stock: _l("Stock"),
        ReviewCheck.price: _l("Price"),
        ReviewCheck.lead_time: _l("Lead time"),
        ReviewCheck.credit: _l("Credit"),
        ReviewCheck.compliance: _l("Compliance"),
        ReviewCheck.technical: _l("Technical"),
    },
    ReviewResult: {
        ReviewResult.passed: _l("Passed"),
        ReviewResult.failed: _l("Failed"),
        ReviewResult.conditional: _l("Passed with conditions"),
    },
    ApprovalKind: {
        ApprovalKind.order_special: _l("Special order"),
        ApprovalKind.order_large: _l("Large order"),
        ApprovalKind.refund: _l("Refund"),
        ApprovalKind.goodwill: _l("Goodwill"),
        ApprovalKind.change: _l("Change of an order"),
        ApprovalKind.cancellation: _l("Cancellation"),
        ApprovalKind.exception_plan: _l("Plan for an exception"),
        ApprovalKind.concession: _l("Concession"),
        ApprovalKind.write_off: _l("Write-off"),
        ApprovalKind.parameter: _l("Change of a parameter"),
        ApprovalKind.customer_merge: _l("Merge of customers"),
        ApprovalKind.data_export: _l("Export of data"),
    },
    ApprovalState: {
        ApprovalState.pending: _l("Pending"),
        ApprovalState.approved: _l("Approved"),
        ApprovalState.rejected: _l("Rejected"),
        ApprovalState.withdrawn: _l("Withdrawn"),
        ApprovalState.expired: _l("Expired"),
        ApprovalState.lapsed: _l("Lapsed: the content has changed"),
    },
    OpinionOf: {
        OpinionOf.finance: _l("Finance"),
        OpinionOf.production: _l("Production"),
        OpinionOf.inspector: _l("Quality inspection"),
        OpinionOf.logistics: _l("Logistics"),
        OpinionOf.order_center_lead: _l("Head of the order centre"),
    },
    VoteDecision: {
        VoteDecision.approve: _l("Approve"),
        VoteDecision.reject: _l("Reject"),
        VoteDecision.abstain: _l("Abstain"),
    },
    ContractKind: {
        ContractKind.sale: _l("Sale"),
        ContractKind.work: _l("Contract of work"),
    },
    LetterChannel: {
        LetterChannel.sms: _l("SMS"),
        LetterChannel.email: _l("E-mail"),
        LetterChannel.wechat: _l("WeChat"),
        LetterChannel.paper: _l("Paper"),
    },
    LetterState: {
        LetterState.sent: _l("Sent"),
        LetterState.acknowledged: _l("Acknowledged"),
        LetterState.disputed: _l("Disputed"),
        LetterState.superseded: _l("Superseded"),
        LetterState.withdrawn: _l("Withdrawn"),
    },
}
