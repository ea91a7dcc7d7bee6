"""Reviews keep what was computed and why it was decided otherwise; orders keep the terms that make them special."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MONEY = ("award_amount", "bond_amount", "delivery_cost_amount")
PERCENT = ("penalty_pct_daily", "penalty_cap_pct", "retention_pct")
FLAGS = ("has_special_terms", "is_exclusive", "is_outside_area")


def fixed(precision: int, scale: int) -> sa.types.TypeEngine:
    """An exact number: NUMERIC, on SQLite a scaled integer."""
    return sa.Numeric(precision, scale).with_variant(sa.BigInteger(), "sqlite")


def words(name: str, *values: str) -> sa.Enum:
    """A vocabulary: text with a CHECK."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    with op.batch_alter_table("sales_order") as batch:
        for name in MONEY:
            batch.add_column(sa.Column(name, fixed(14, 2), nullable=False, server_default="0"))
        for name in PERCENT:
            batch.add_column(sa.Column(name, fixed(7, 3), nullable=False, server_default="0"))
        for name in FLAGS:
            batch.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.create_check_constraint(
            op.f("ck_sales_order_terms_not_negative"), " AND ".join(f"{name} >= 0" for name in (*MONEY, *PERCENT))
        )
    with op.batch_alter_table("order_review") as batch:
        batch.add_column(
            sa.Column("computed_result", words("computed_result", "passed", "failed", "conditional"), nullable=True)
        )
        batch.add_column(sa.Column("override_reason", sa.String(length=500), nullable=True))
        batch.create_check_constraint(
            op.f("ck_order_review_override_has_reason"),
            "computed_result IS NULL OR computed_result = result OR override_reason IS NOT NULL",
        )


def downgrade() -> None:
    with op.batch_alter_table("order_review") as batch:
        batch.drop_constraint(op.f("ck_order_review_override_has_reason"), type_="check")
        batch.drop_constraint(op.f("ck_order_review_computed_result"), type_="check")  # SQLite keeps it otherwise
        batch.drop_column("override_reason")
        batch.drop_column("computed_result")
    with op.batch_alter_table("sales_order") as batch:
        batch.drop_constraint(op.f("ck_sales_order_terms_not_negative"), type_="check")
        for name in (*FLAGS, *PERCENT, *MONEY):
            batch.drop_column(name)
