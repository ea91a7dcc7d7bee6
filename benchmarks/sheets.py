"""The tables that a load fills, with the columns that differ from row to row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.copying import Sheet
from models.approval import Approval
from models.installation import Acceptance, Installation
from models.journal import Journal
from models.letter import ConfirmationLetter
from models.order import Order, OrderFee, OrderLine
from models.payment import Payment, PaymentAllocation, PaymentSchedule
from models.production import ProductionTask
from models.quality import Inspection
from models.review import OrderReview
from models.shipment import DeliveryReceipt, Package, Shipment, ShipmentLine
from models.ticket import ServiceTicket

if TYPE_CHECKING:
    import psycopg

# Every table whose scaffold is taken down for a load, parents first.
TABLES = (
    "customer",
    "customer_address",
    "product",
    "stock",
    "sales_order",
    "order_line",
    "order_fee",
    "order_review",
    "approval",
    "confirmation_letter",
    "production_task",
    "inspection",
    "shipment",
    "shipment_line",
    "package",
    "delivery_receipt",
    "installation",
    "acceptance",
    "service_ticket",
    "payment_schedule",
    "payment",
    "payment_allocation",
    "journal",
)


WHEN = "created_at updated_at"
STATES = f"state state_since {WHEN}"


class OrderSheets:
    """One sheet a table, sent in the order of the declarations."""

    def __init__(self, user_id: int) -> None:
        by = {"created_by_id": str(user_id), "updated_by_id": str(user_id)}
        self._orders(str(user_id), by)
        self._goods(str(user_id), by)
        self._money(str(user_id), by)

    def _orders(self, user_id: str, by: dict[str, str]) -> None:
        self.order = Sheet(
            Order.__table__,
            "order_no order_type channel external_no customer_id address_id received_at entered_at requested_on"
            " promised_on install_required receiver_name receiver_phone ship_province ship_city ship_district"
            " ship_address payment_method goods_amount fee_amount total_amount tax_amount net_amount paid_amount"
            f" is_large cancel_kind completed_at origin {STATES}",
            **by,
        )
        self.line = Sheet(
            OrderLine.__table__,
            "order_id line_no product_id material qty_ordered qty_cancelled qty_produced qty_qc_passed qty_shipped"
            " qty_delivered qty_installed qty_accepted list_price unit_price line_amount tax_amount supply_mode"
            f" line_promised_on needs_install {WHEN}",
            volume="0.800",
            **by,
        )
        self.fee = Sheet(OrderFee.__table__, f"order_id amount tax_amount {WHEN}", kind="delivery", **by)
        self.review = Sheet(
            OrderReview.__table__, f"order_id check_name reviewed_at {WHEN}", result="passed",
            reviewer_id=user_id, **by,
        )  # fmt: skip
        self.approval = Sheet(
            Approval.__table__,
            f"approval_no order_id entity_id amount submitted_at due_at decided_at {STATES}",
            kind="order_large",
            entity="order",
            triggers='["large"]',
            summary="大额订单",
            submitted_by_id=user_id,
            **by,
        )
        self.letter = Sheet(
            ConfirmationLetter.__table__,
            f"letter_no order_id total_amount promised_on sent_at {STATES}",
            promise_rule="按合同约定",
            content_hash="0" * 64,
            **by,
        )

    def _goods(self, user_id: str, by: dict[str, str]) -> None:
        self.task = Sheet(
            ProductionTask.__table__,
            "task_no order_id order_line_id qty qty_done priority planned_start_on planned_end_on started_at"
            f" finished_at {STATES}",
            work_centre="一车间",
            planner_id=user_id,
            **by,
        )
        self.inspection = Sheet(
            Inspection.__table__,
            f"inspection_no order_id order_line_id task_id qty_submitted qty_passed inspector_id inspected_at {STATES}",
            standard="GB/T 3324",
            **by,
        )
        self.shipment = Sheet(
            Shipment.__table__,
            f"shipment_no order_id slot_from slot_to departed_at delivered_at {STATES}",
            vehicle_plate="粤E·A1234",
            **by,
        )
        self.shipment_line = Sheet(ShipmentLine.__table__, f"shipment_id order_line_id qty qty_received {WHEN}", **by)
        self.package = Sheet(Package.__table__, f"package_no shipment_id order_line_id seq total {STATES}", **by)
        self.receipt = Sheet(
            DeliveryReceipt.__table__, f"receipt_no shipment_id receiver_name signed_at packages_received {WHEN}", **by
        )
        self.installation = Sheet(
            Installation.__table__,
            f"installation_no order_id shipment_id slot_from slot_to started_at finished_at {STATES}",
            installer_id=user_id,
            **by,
        )
        self.acceptance = Sheet(
            Acceptance.__table__,
            f"acceptance_no order_id installation_id shipment_id signed_by signed_at {STATES}",
            **by,
        )
        self.ticket = Sheet(
            ServiceTicket.__table__,
            f"ticket_no kind customer_id order_id level liable_party resolution closed_at {STATES}",
            description="客户来电反映门板有划痕，请尽快处理。",
            **by,
        )

    def _money(self, user_id: str, by: dict[str, str]) -> None:
        self.schedule = Sheet(
            PaymentSchedule.__table__,
            f"order_id seq kind trigger percent amount due_on paid_amount {WHEN}",
            **by,
        )
        self.payment = Sheet(
            Payment.__table__,
            "payment_no order_id customer_id method channel_txn_no payer_name amount allocated_amount received_at"
            f" {STATES}",
            **by,
        )
        self.allocation = Sheet(
            PaymentAllocation.__table__, "payment_id schedule_id order_id nature amount allocated_at"
        )
        self.journal = Sheet(
            Journal.__table__,
            "at recorded_at entity_id order_id action from_state to_state changes",
            actor_id=user_id,
            actor_name="李静",
            origin="screen",
            entity="order",
        )

    def send(self, cursor: psycopg.Cursor) -> None:
        """COPY what has gathered, parents first."""
        for sheet in vars(self).values():
            sheet.send(cursor)
