"""Two files of one customer become one, by two people, and can be taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

STATES = ("requested", "merged", "refused", "withdrawn", "undone")
OPEN = sa.text("state IN ('requested', 'merged')")


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def json() -> sa.types.TypeEngine:
    """A value of several parts."""
    return sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("customer") as batch:
        batch.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_customer_merged_into_id"), "customer", ["merged_into_id"], ["id"], ondelete="RESTRICT"
        )
        batch.create_index(op.f("ix_customer_merged_into_id"), ["merged_into_id"])
    states = sa.Enum(*STATES, name="state", native_enum=False, create_constraint=True, length=32)
    keys = {
        "source_id": "customer.id",
        "target_id": "customer.id",
        "created_by_id": "ab_user.id",
        "updated_by_id": "ab_user.id",
    }
    op.create_table(
        "customer_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merge_no", sa.String(length=30), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("choices", json(), nullable=False),
        sa.Column("moved", json(), nullable=False),
        sa.Column("before", json(), nullable=False),
        sa.Column("decided_at", moment(), nullable=True),
        sa.Column("state", states, nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_customer_merge_two_files")),
        *(
            sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_customer_merge_{name}"), ondelete="RESTRICT")
            for name, target in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_merge")),
        sa.UniqueConstraint("merge_no", name=op.f("uq_customer_merge_merge_no")),
    )
    op.create_index(
        "uq_customer_merge_source", "customer_merge", ["source_id"],
        unique=True, sqlite_where=OPEN, postgresql_where=OPEN,
    )  # fmt: skip
    for name, columns in {
        "source_id": ["source_id"],
        "target_id": ["target_id"],
        "created_at_id": ["created_at", "id"],
        "state_state_since_id": ["state", "state_since", "id"],
    }.items():
        op.create_index(op.f(f"ix_customer_merge_{name}"), "customer_merge", columns)


def downgrade() -> None:
    op.drop_table("customer_merge")
    with op.batch_alter_table("customer") as batch:
        batch.drop_index(op.f("ix_customer_merged_into_id"))
        batch.drop_constraint(op.f("fk_customer_merged_into_id"), type_="foreignkey")
        batch.drop_column("merged_into_id")
