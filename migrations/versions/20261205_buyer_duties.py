"""What a public buyer does with its contract, and when finance was told that it has not paid."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

DAYS = ("publish_by_on", "published_on", "file_by_on", "filed_on", "reminded_on")
SOUGHT = ("publish_by_on", "file_by_on")


def upgrade() -> None:
    for name in DAYS:
        op.add_column("order_contract", sa.Column(name, sa.Date(), nullable=True))
    for name in SOUGHT:
        op.create_index(op.f(f"ix_order_contract_{name}_id"), "order_contract", [name, "id"])
    op.add_column("payment_schedule", sa.Column("overdue_told_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("payment_schedule", "overdue_told_on")
    for name in SOUGHT:
        op.drop_index(op.f(f"ix_order_contract_{name}_id"), "order_contract")
    for name in reversed(DAYS):
        op.drop_column("order_contract", name)
