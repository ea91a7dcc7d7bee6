"""Which papers there are, and what stands on each (domain/10)."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.documents.amendments import CANCELLATION, CHANGE, COMPENSATION
from app.documents.demands import DEMAND
from app.documents.paper import At, Boxes, Facts, Notes, Paper, Rows, walk
from app.kernel.context import local_day
from app.services.order.pricing import content_of
from app.services.order.rules import content_hash
from models.conformity import TestReport
from models.installation import Acceptance
from models.labels_order import LetterState, OrderType
from models.letter import ConfirmationLetter
from models.payment import Payment, Refund
from models.production import ProductionTask
from models.quality import Inspection
from models.shipment import Shipment

ADDRESS = At(
    "order.ship_province",
    _l("Address"),
    ("order.ship_city", "order.ship_district", "order.ship_address"),
)
COUNTED = At("seq", _l("Package"), ("total",), " / ")
WHERE_TO = (ADDRESS, "order.floor", "order.elevator")
RECEIVER = ("order.receiver_name", "order.receiver_phone")


def size(owner: str = "") -> At:
    """Length, width and height in one place."""
    return At(f"{owner}length_mm", _l("L × W × H (mm)"), (f"{owner}width_mm", f"{owner}height_mm"), " × ", "–")


def make(owner: str = "") -> At:
    """What it is made of and how it looks, in one place."""
    return At(f"{owner}material", _l("Material, finish, colour"), (f"{owner}finish", f"{owner}colour"), " · ")


def _letter_warning(letter: ConfirmationLetter) -> Any:
    """A letter says what was approved: it is no longer good when a newer one or another content stands."""
    if letter.state is LetterState.superseded:
        return _l("Replaced by a newer version. Do not send it.")
    if letter.state is LetterState.withdrawn:
        return _l("The order was cancelled. Do not send it.")
    if letter.content_hash != content_hash(content_of(letter.order)):
        return _l("The order has changed since this letter. Do not send it.")
    return None


def _valid_on_the_way(shipment: Shipment, report: TestReport) -> bool:
    """Reports that hold on the day of the delivery."""
    leaves_at = shipment.departed_at or shipment.slot_from
    return leaves_at is None or report.issued_on <= local_day(leaves_at) <= report.valid_until


def _acceptance_signs(acceptance: Acceptance) -> tuple[Any, ...]:
    """Three signatures where a public buyer accepts."""
    if acceptance.order.order_type is OrderType.government:
        return (_l("Buyer"), _l("Accepting unit (seal)"), _l("Seller (seal)"))
    return (_l("Customer (signature or seal)"), _l("Installer"))


LETTER = Paper(
    name="letter",
    code="CL",
    title=_l("Order confirmation"),
    subject=ConfirmationLetter,
    number="letter_no",
    parts=(
        Facts(
            _l("Customer"),
            (
                At("order.customer.name", _l("Customer")),
                "order.order_no",
                "order.channel",
                "order.received_at",
                "letter_version",
                *RECEIVER,
                *WHERE_TO,
            ),
        ),
        Rows(
            _l("Articles"),
            "order.lines",
            ("product.name", "product.sku_code", size(), make(), At("qty_net", _l("Quantity")), "unit", "unit_price",
             "discount_pct", "line_amount", "warranty_months"),
        ),
        Rows(_l("Fees"), "order.fees", ("kind", "description", "amount")),
        Facts(
            _l("Total"),
            ("order.goods_amount", "order.fee_amount", "order.total_amount", "order.tax_amount"),
            capitals=("order.total_amount",),
        ),
        Rows(
            _l("Payment schedule"),
            "order.schedules",
            ("seq", "kind", "trigger", "percent", "amount", "due_on"),
            has_own_numbers=True,
        ),
        Facts(
            _l("Promise"),
            ("promised_on", "promise_rule", "order.delivery_mode", "order.install_required", "order.contract_no"),
        ),
        Notes(
            (
                _l("Earnest money is at most a fifth of the total; what is paid beyond it is an advance payment."),
                _l(
                    "Goods made to your order can be returned for their quality only; other goods bought at a distance"
                    " may be returned within seven days of the signature without a reason."
                ),
                _l("The signature at the door confirms the number of packages and their outside only."),
                _l("Please answer within 72 hours: confirm, or tell us what is not as agreed."),
            )
        ),
    ),
    signs=(_l("Customer (signature or seal)"), _l("Order centre (seal)")),
    warning=_letter_warning,
)  # fmt: skip

TASK = Paper(
    name="task",
    code="MO",
    title=_l("Production order"),
    subject=ProductionTask,
    number="task_no",
    parts=(
        Facts(
            _l("Task"),
            (
                "order.order_no",
                At("order.customer.code", _l("Customer code")),
                "order.ship_city",
                At("order.drawing_version", _l("Drawing version")),
                "priority",
                "work_centre",
                "material_ready_on",
                "planned_start_on",
                "planned_end_on",
            ),
        ),
        Facts(
            _l("Product"),
            (
                "order_line.product.name",
                "order_line.product.sku_code",
                "qty",
                "order_line.unit",
                size("order_line."),
                make("order_line."),
                "order_line.product.env_grade",
                "order_line.description",
            ),
        ),
        Boxes(
            _l("Operations"),
            (
                _l("Cutting"),
                _l("Edge banding and drilling"),
                _l("Joinery and assembly"),
                _l("Coating or upholstery"),
                _l("Cleaning and packing"),
            ),
        ),
        Rows(_l("Progress reports"), "reports", ("operation", "qty_done", "percent", "reported_at")),
    ),
    signs=(_l("Planner"), _l("Workshop"), _l("Inspector")),
)

INSPECTION = Paper(
    name="report",
    code="QC",
    title=_l("Inspection report"),
    subject=Inspection,
    number="inspection_no",
    parts=(
        Facts(
            _l("Inspection"),
            (
                "order.order_no",
                "task.task_no",
                "order_line.product.name",
                "order_line.product.sku_code",
                "kind",
                "standard",
                "qty_submitted",
                "qty_passed",
                "qty_failed",
                "inspected_at",
                "state",
                "note",
            ),
        ),
        Rows(_l("Defects"), "defects", ("code", "defect_class", "qty", "cause", "note")),
    ),
    signs=(_l("Inspector"), _l("Checked by")),
)

DELIVERY_NOTE = Paper(
    name="note",
    code="SH",
    title=_l("Delivery note"),
    subject=Shipment,
    number="shipment_no",
    parts=(
        Facts(
            _l("Delivery"),
            ("order.order_no", "mode", "carrier", "tracking_no", "vehicle_plate", "driver_name", "slot_from", "slot_to",
             *RECEIVER, *WHERE_TO),
        ),
        Rows(
            _l("Articles"),
            "lines",
            ("order_line.product.name", "order_line.product.sku_code", size("order_line."),
             "order_line.colour", "qty", "order_line.unit"),
        ),
        Rows(
            _l("Packages"),
            "packages",
            ("package_no", "order_line.product.name", COUNTED, "volume", "weight_kg"),
            blank=(_l("Received"), _l("Missing"), _l("Damaged")),
        ),
        Rows(
            _l("Test reports"),
            "reports",
            ("product.name", "product.sku_code", "standard", "report_no", "laboratory", "valid_until"),
            only=_valid_on_the_way,
        ),
        Notes((_l("The signature at the door confirms the number of packages and their outside only."),)),
    ),
    signs=(_l("Receiver (signature, date, time)"), _l("Driver")),
)  # fmt: skip

LABELS = Paper(
    name="labels",
    code="PK",
    title=_l("Package labels"),
    subject=Shipment,
    number="shipment_no",
    parts=(
        Rows(
            _l("Packages"),
            "packages",
            ("package_no", "shipment.order.order_no", "order_line.product.name", "order_line.product.sku_code",
             "order_line.colour", COUNTED, "volume", "weight_kg", "shipment.order.ship_city"),
        ),
    ),
    labels="packages",
    scan="package_no",
)  # fmt: skip

ACCEPTANCE = Paper(
    name="form",
    code="YS",
    title=_l("Installation and acceptance form"),
    subject=Acceptance,
    number="acceptance_no",
    parts=(
        Facts(
            _l("Visit"),
            (
                "order.order_no",
                "installation.installation_no",
                "installation.crew",
                "installation.started_at",
                "installation.finished_at",
                *RECEIVER,
                *WHERE_TO,
            ),
        ),
        Rows(
            _l("Articles"),
            "lines",
            ("order_line.product.name", "order_line.product.sku_code", "qty", "order_line.qty_delivered",
             "order_line.qty_installed", "qty_accepted", "qty_rejected", "reason"),
        ),
        Boxes(
            _l("Checked together"),
            (
                _l("Stands firm and level"),
                _l("Doors and drawers move freely"),
                _l("Hardware complete"),
                _l("Colour and surface as agreed"),
                _l("Room cleaned, packaging removed"),
                _l("To be put right, and until when"),
            ),
        ),
        Rows(
            _l("Contract"),
            "order.contracts",
            ("contract_no", "award_no", "budget_unit", "acceptance_unit"),
        ),
        Rows(_l("Accepted by standard"), "standards", ("standard", "verdict", "remark"), keeps_empty=True),
        Facts(
            _l("Result"),
            ("state", "signed_by", "unit_signed_by", "seller_signed_by", "signed_at", "rejection_reason"),
        ),
    ),
    signs=_acceptance_signs,
)  # fmt: skip

RECEIPT = Paper(
    name="receipt",
    code="PM",
    title=_l("Receipt"),
    subject=Payment,
    number="payment_no",
    parts=(
        Facts(
            _l("Payment"),
            ("payer_name", "method", "channel_txn_no", "received_at", "order.order_no", "amount"),
            capitals=("amount",),
        ),
        Rows(_l("Used for"), "allocations", ("order.order_no", "nature", "amount")),
        Notes((_l("This receipt is no invoice."),)),
    ),
    signs=(_l("Cashier"), _l("Seal")),
)

REFUND = Paper(
    name="slip",
    code="RF",
    title=_l("Refund slip"),
    subject=Refund,
    number="refund_no",
    parts=(
        Facts(
            _l("Order"),
            ("order.order_no", At("order.customer.name", _l("Customer")), "order.total_amount", "order.paid_amount",
             "order.refunded_amount"),
        ),
        Facts(
            _l("Refund"),
            ("reason", "payment.payment_no", "payment.method", "compensation_amount", "amount", "payee_name",
             "payee_account", "legal_due_on", "executed_at", "state", "note"),
            capitals=("amount",),
        ),
        Facts(_l("By"), ("recorded_by", "approved_by", "executed_by")),
    ),
    signs=(_l("Recorded by"), _l("Approved by"), _l("Paid by")),
)  # fmt: skip


PAPERS: tuple[Paper, ...] = (
    LETTER, TASK, INSPECTION, DELIVERY_NOTE, LABELS, ACCEPTANCE, RECEIPT, REFUND, CANCELLATION, COMPENSATION,
    CHANGE, DEMAND,
)  # fmt: skip

for _paper in PAPERS:
    for _path in _paper.paths():
        walk(_paper.subject, _path)
