"""What an order of an organisation rests on: contract, award, purchase order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

METHODS = (
    "open_tender", "invited_tender", "negotiation", "consultation", "inquiry", "single_source", "framework",
)  # fmt: skip
TEXTS = {
    "contract_no": 60, "purchase_no": 60, "invoice_title": 100, "batch_plan": 400, "site_contact": 60,
    "unloading": 200, "payer_name": 100, "plan_no": 60, "award_no": 60, "budget_unit": 100, "acceptance_unit": 100,
    "fund_source": 100, "cost_centre": 60, "occasion": 200, "approval_no": 60,
}  # fmt: skip


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def upgrade() -> None:
    methods = sa.Enum(*METHODS, name="procurement_method", native_enum=False, create_constraint=True, length=32)
    keys = {"order_id": "sales_order.id", "created_by_id": "ab_user.id", "updated_by_id": "ab_user.id"}
    op.create_table(
        "order_contract",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(length=length), nullable=True) for name, length in TEXTS.items()),
        *(sa.Column(name, sa.Date(), nullable=True) for name in ("signed_on", "price_valid_on", "award_on")),
        sa.Column("procurement_method", methods, nullable=True),
        sa.Column("is_small_firm", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_order_contract_{name}"), ondelete="RESTRICT")
            for name, target in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_contract")),
        sa.UniqueConstraint("order_id", name=op.f("uq_order_contract_order_id")),
    )
    op.create_index(op.f("ix_order_contract_contract_no_id"), "order_contract", ["contract_no", "id"])


def downgrade() -> None:
    op.drop_table("order_contract")
