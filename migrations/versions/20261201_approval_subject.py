"""An approval may be about any record, and each record waits for one decision at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BEFORE = ("order_special", "order_large", "refund")
NOW = (
    *BEFORE,
    "goodwill",
    "change",
    "cancellation",
    "exception_plan",
    "concession",
    "write_off",
    "parameter",
    "customer_merge",
    "data_export",
)


def allow(kinds: tuple[str, ...]) -> None:
    """The kinds that the table takes."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("approval") as batch:
        batch.drop_constraint(op.f("ck_approval_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_approval_kind"), f"kind IN ({listed})")


def upgrade() -> None:
    op.add_column("approval", sa.Column("entity", sa.String(length=40), nullable=True))
    op.add_column("approval", sa.Column("entity_id", sa.Integer(), nullable=True))
    op.execute("UPDATE approval SET entity = 'order', entity_id = order_id")
    with op.batch_alter_table("approval") as batch:
        batch.alter_column("entity", existing_type=sa.String(length=40), nullable=False)
        batch.alter_column("entity_id", existing_type=sa.Integer(), nullable=False)
    allow(NOW)
    op.create_index(op.f("ix_approval_entity_entity_id"), "approval", ["entity", "entity_id"])
    op.create_index(
        "uq_approval_pending",
        "approval",
        ["entity", "entity_id"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )


def downgrade() -> None:
    op.drop_index("uq_approval_pending", "approval")
    op.drop_index(op.f("ix_approval_entity_entity_id"), "approval")
    allow(BEFORE)
    with op.batch_alter_table("approval") as batch:
        batch.drop_column("entity_id")
        batch.drop_column("entity")
