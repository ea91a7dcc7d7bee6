"""The agreed days of inspection of a contract, and what the due date of an instalment was counted from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

BASES = ("acceptance", "inspection_end", "agreed")


def upgrade() -> None:
    with op.batch_alter_table("order_contract") as batch:
        batch.add_column(sa.Column("inspection_days", sa.Integer(), nullable=True))
        batch.create_check_constraint(
            op.f("ck_order_contract_inspection_days_within_year"), "inspection_days BETWEEN 1 AND 365"
        )
        batch.create_index(op.f("ix_order_contract_inspection_days_id"), ["inspection_days", "id"])
    with op.batch_alter_table("payment_schedule") as batch:
        batch.add_column(sa.Column("due_basis", sa.String(length=32), nullable=True))
        batch.create_check_constraint(op.f("ck_payment_schedule_due_basis"), f"due_basis IN {BASES}")


def downgrade() -> None:
    with op.batch_alter_table("payment_schedule") as batch:
        batch.drop_constraint(op.f("ck_payment_schedule_due_basis"), type_="check")
        batch.drop_column("due_basis")
    with op.batch_alter_table("order_contract") as batch:
        batch.drop_index(op.f("ix_order_contract_inspection_days_id"))
        batch.drop_constraint(op.f("ck_order_contract_inspection_days_within_year"), type_="check")
        batch.drop_column("inspection_days")
