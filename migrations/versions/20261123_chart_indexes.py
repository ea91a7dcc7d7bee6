"""Indexes that answer charts: by month, by week, by promised day."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_sales_order_received_at_order_type_channel_total_amount": (
        "sales_order",
        ["received_at", "order_type", "channel", "total_amount"],
    ),
    "ix_order_line_line_promised_on_id": ("order_line", ["line_promised_on", "id"]),
    "ix_production_task_planned_end_on_state_qty": ("production_task", ["planned_end_on", "state", "qty"]),
    "ix_payment_received_at_amount": ("payment", ["received_at", "amount"]),
}


def upgrade() -> None:
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, (table, _columns) in reversed(INDEXES.items()):
        op.drop_index(name, table_name=table)
