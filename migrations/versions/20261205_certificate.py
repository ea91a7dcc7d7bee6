"""Government orders are accepted by a certificate: a row for each standard, and two signatures more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

STANDARDS = ("gb_18584", "gb_28007", "gb_28008", "gbt_3324", "gbt_3976")
SIGNATURES = ("unit_signed_by", "seller_signed_by")
# What waits for its acceptance gets the rows that a new one would get without reports.
WAITING = """
INSERT INTO acceptance_standard (acceptance_id, standard, created_at, updated_at, version)
SELECT acceptance.id, '{standard}', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1
FROM acceptance JOIN sales_order ON sales_order.id = acceptance.order_id
WHERE acceptance.state <> 'accepted' AND sales_order.order_type = 'government' AND EXISTS (
    SELECT 1 FROM acceptance_line
    JOIN order_line ON order_line.id = acceptance_line.order_line_id
    JOIN product ON product.id = order_line.product_id
    WHERE acceptance_line.acceptance_id = acceptance.id AND {goods}
)
"""
CHILDREN = "(product.is_children OR product.category = 'children')"


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def words(name: str, *values: str) -> sa.Enum:
    """A vocabulary: text with a CHECK."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    with op.batch_alter_table("acceptance") as batch:
        for name in SIGNATURES:
            batch.add_column(sa.Column(name, sa.String(length=60), nullable=True))
    keys = {"acceptance_id": "acceptance.id", "created_by_id": "ab_user.id", "updated_by_id": "ab_user.id"}
    op.create_table(
        "acceptance_standard",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("acceptance_id", sa.Integer(), nullable=False),
        sa.Column("standard", words("standard", *STANDARDS), nullable=False),
        sa.Column("verdict", words("verdict", "passed", "failed"), nullable=True),
        sa.Column("remark", sa.String(length=400), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "verdict <> 'failed' OR remark IS NOT NULL", name=op.f("ck_acceptance_standard_failed_has_remark")
        ),
        *(
            sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_acceptance_standard_{name}"), ondelete="RESTRICT")
            for name, target in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance_standard")),
        sa.UniqueConstraint("acceptance_id", "standard", name=op.f("uq_acceptance_standard_acceptance_id_standard")),
    )
    op.execute(WAITING.format(standard="gb_18584", goods=f"(product.category <> 'accessory' OR {CHILDREN})"))
    op.execute(WAITING.format(standard="gb_28007", goods=CHILDREN))


def downgrade() -> None:
    op.drop_table("acceptance_standard")
    with op.batch_alter_table("acceptance") as batch:
        for name in SIGNATURES:
            batch.drop_column(name)
