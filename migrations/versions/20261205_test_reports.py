"""Test reports of products, by standard, and the day on which those that the law asks for run out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

STANDARDS = ("gb_18584", "gb_28007", "gb_28008", "gbt_3324", "gbt_3976")


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def upgrade() -> None:
    standards = sa.Enum(*STANDARDS, name="standard", native_enum=False, create_constraint=True, length=32)
    keys = {"product_id": "product.id", "created_by_id": "ab_user.id", "updated_by_id": "ab_user.id"}
    op.create_table(
        "test_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("standard", standards, nullable=False),
        sa.Column("report_no", sa.String(length=60), nullable=False),
        sa.Column("laboratory", sa.String(length=100), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("valid_until >= issued_on", name=op.f("ck_test_report_valid_after_issued")),
        *(
            sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_test_report_{name}"), ondelete="RESTRICT")
            for name, target in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_report")),
        sa.UniqueConstraint(
            "product_id", "standard", "report_no", name=op.f("uq_test_report_product_id_standard_report_no")
        ),
    )
    for name in ("valid_until", "report_no"):
        op.create_index(op.f(f"ix_test_report_{name}_id"), "test_report", [name, "id"])
    with op.batch_alter_table("product") as batch:
        batch.add_column(sa.Column("reports_until", sa.Date(), nullable=True))
    op.create_index(op.f("ix_product_reports_until_id"), "product", ["reports_until", "id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_product_reports_until_id"), "product")
    with op.batch_alter_table("product") as batch:
        batch.drop_column("reports_until")
    op.drop_table("test_report")
