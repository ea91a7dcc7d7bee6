"""Changes and cancellations of confirmed orders: requests, their lines, cost sheets, and refunds that follow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ORIGINS = {"cancellation_id": "cancellation", "change_request_id": "change_request"}
STAGES = ("s0", "s1", "s2", "s3_cut", "s3_assembled", "s3_finished", "s3_packed", "s4", "s5")


def fixed(precision: int, scale: int) -> sa.types.TypeEngine:
    """An exact number: NUMERIC, on SQLite a scaled integer."""
    return sa.Numeric(precision, scale).with_variant(sa.BigInteger(), "sqlite")


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def words(name: str, *values: str) -> sa.Enum:
    """A vocabulary: text with a CHECK."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def stamps() -> list[sa.Column]:
    """Who made and changed a row, when, and how often."""
    return [
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    ]


def keys(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    """Foreign keys by column, those of the stamps among them."""
    found = {**targets, "created_by_id": "ab_user.id", "updated_by_id": "ab_user.id"}
    return [
        sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_{table}_{name}"), ondelete="RESTRICT")
        for name, target in found.items()
    ]


def index(table: str, *columns: str) -> None:
    """An index named as the models name it."""
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def unique_where(name: str, table: str, columns: list[str], condition: str) -> None:
    """A unique index over the rows that meet a condition."""
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    create_cancellation()
    create_change_request()
    create_cancellation_line()
    create_change_line()
    create_cost_item()
    with op.batch_alter_table("order_line") as batch:
        batch.add_column(sa.Column("is_held", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("refund") as batch:
        for name, target in ORIGINS.items():
            batch.add_column(sa.Column(name, sa.Integer(), nullable=True))
            batch.create_foreign_key(batch.f(f"fk_refund_{name}"), target, [name], ["id"], ondelete="RESTRICT")
        batch.create_check_constraint(
            batch.f("ck_refund_one_origin"), "cancellation_id IS NULL OR change_request_id IS NULL"
        )
    for name in ORIGINS:
        index("refund", name)


def downgrade() -> None:
    for name in ORIGINS:
        op.drop_index(op.f(f"ix_refund_{name}"), "refund")
    with op.batch_alter_table("refund") as batch:
        batch.drop_constraint(batch.f("ck_refund_one_origin"), type_="check")
        for name in ORIGINS:
            batch.drop_constraint(batch.f(f"fk_refund_{name}"), type_="foreignkey")
            batch.drop_column(name)
    with op.batch_alter_table("order_line") as batch:
        batch.drop_column("is_held")
    for table in ("cost_item", "change_line", "cancellation_line", "change_request", "cancellation"):
        op.drop_table(table)


def create_cancellation() -> None:
    op.create_table(
        "cancellation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cancellation_no", sa.String(length=30), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "cancel_kind", words("cancel_kind", "customer", "company", "force_majeure", "rejected"), nullable=False
        ),
        sa.Column(
            "cancel_reason",
            words(
                "cancel_reason",
                "price",
                "lead_time",
                "design",
                "house",
                "duplicate",
                "fund",
                "quality",
                "company",
                "other",
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("asked_at", moment(), nullable=False),
        sa.Column("deposit_mode", words("deposit_mode", "offset", "forfeit"), nullable=False),
        sa.Column("is_above_cap", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("released_amount", fixed(14, 2), nullable=False),
        sa.Column("documented_amount", fixed(14, 2), nullable=False),
        sa.Column("cap_amount", fixed(14, 2), nullable=False),
        sa.Column("handling_amount", fixed(14, 2), nullable=False),
        sa.Column("compensation_amount", fixed(14, 2), nullable=False),
        sa.Column("deposit_share_amount", fixed(14, 2), nullable=False),
        sa.Column("prepay_share_amount", fixed(14, 2), nullable=False),
        sa.Column("deposit_kept_amount", fixed(14, 2), nullable=False),
        sa.Column("kept_amount", fixed(14, 2), nullable=False),
        sa.Column("refund_amount", fixed(14, 2), nullable=False),
        sa.Column("claim_amount", fixed(14, 2), nullable=False),
        sa.Column("penalty_amount", fixed(14, 2), nullable=False),
        sa.Column("accepted_how", sa.String(length=400), nullable=True),
        sa.Column("signed_by", sa.String(length=60), nullable=True),
        sa.Column("effective_at", moment(), nullable=True),
        sa.Column(
            "state",
            words(
                "state",
                "asked",
                "costed",
                "checked",
                "pending_approval",
                "offered",
                "effective",
                "refused",
                "withdrawn",
            ),
            nullable=False,
        ),
        sa.Column("state_since", moment(), nullable=False),
        *stamps(),
        sa.CheckConstraint(
            "state <> 'effective' OR NOT is_above_cap OR signed_by IS NOT NULL",
            name=op.f("ck_cancellation_above_cap_is_signed"),
        ),
        sa.CheckConstraint(
            "state <> 'effective' OR effective_at IS NOT NULL", name=op.f("ck_cancellation_effective_is_dated")
        ),
        sa.CheckConstraint(
            "deposit_kept_amount <= deposit_share_amount", name=op.f("ck_cancellation_deposit_kept_within_share")
        ),
        sa.CheckConstraint(
            "kept_amount + refund_amount = deposit_share_amount + prepay_share_amount",
            name=op.f("ck_cancellation_share_is_kept_or_refunded"),
        ),
        sa.CheckConstraint(
            (
                "released_amount >= 0 AND documented_amount >= 0 AND cap_amount >= 0"
                " AND handling_amount >= 0 AND compensation_amount >= 0 AND deposit_share_amount >= 0"
                " AND prepay_share_amount >= 0 AND deposit_kept_amount >= 0 AND kept_amount >= 0"
                " AND refund_amount >= 0 AND claim_amount >= 0 AND penalty_amount >= 0"
            ),
            name=op.f("ck_cancellation_money_not_negative"),
        ),
        *keys("cancellation", order_id="sales_order.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cancellation")),
        sa.UniqueConstraint("cancellation_no", name=op.f("uq_cancellation_cancellation_no")),
    )
    index("cancellation", "asked_at", "id")
    index("cancellation", "created_at", "id")
    index("cancellation", "order_id")
    index("cancellation", "state", "state_since", "id")
    unique_where(
        "uq_cancellation_open",
        "cancellation",
        ["order_id"],
        "state IN ('asked', 'costed', 'checked', 'pending_approval', 'offered')",
    )


def create_change_request() -> None:
    op.create_table(
        "change_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change_no", sa.String(length=30), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("side", words("side", "customer", "company"), nullable=False),
        sa.Column(
            "kind", words("kind", "specification", "quantity", "date", "place", "price", "other"), nullable=False
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("asked_at", moment(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("receiver_name", sa.String(length=60), nullable=True),
        sa.Column("receiver_phone", sa.String(length=20), nullable=True),
        sa.Column("ship_province", sa.String(length=40), nullable=True),
        sa.Column("ship_city", sa.String(length=40), nullable=True),
        sa.Column("ship_district", sa.String(length=40), nullable=True),
        sa.Column("ship_address", sa.String(length=200), nullable=True),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("extra_amount", fixed(14, 2), nullable=False),
        sa.Column("fee_amount", fixed(14, 2), nullable=False),
        sa.Column("stage", words("stage", *STAGES), nullable=False),
        sa.Column("total_before_amount", fixed(14, 2), nullable=False),
        sa.Column("total_after_amount", fixed(14, 2), nullable=False),
        sa.Column("refund_amount", fixed(14, 2), nullable=False),
        sa.Column("promised_before_on", sa.Date(), nullable=True),
        sa.Column("tasks_affected", sa.Integer(), nullable=False),
        sa.Column("shipments_affected", sa.Integer(), nullable=False),
        sa.Column("stock_short", sa.String(length=200), nullable=True),
        sa.Column("needs_approval", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("order_mark", sa.String(length=64), nullable=True),
        sa.Column("production_opinion", sa.String(length=400), nullable=True),
        sa.Column("finance_opinion", sa.String(length=400), nullable=True),
        sa.Column("logistics_opinion", sa.String(length=400), nullable=True),
        sa.Column("accepted_how", sa.String(length=400), nullable=True),
        sa.Column("applied_at", moment(), nullable=True),
        sa.Column(
            "state",
            words("state", "asked", "offered", "accepted", "pending_approval", "applied", "refused", "withdrawn"),
            nullable=False,
        ),
        sa.Column("state_since", moment(), nullable=False),
        *stamps(),
        sa.CheckConstraint(
            "state <> 'applied' OR applied_at IS NOT NULL", name=op.f("ck_change_request_applied_is_dated")
        ),
        sa.CheckConstraint(
            "fee_amount >= 0 AND extra_amount >= 0 AND refund_amount >= 0",
            name=op.f("ck_change_request_fee_not_negative"),
        ),
        *keys("change_request", order_id="sales_order.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_request")),
        sa.UniqueConstraint("change_no", name=op.f("uq_change_request_change_no")),
    )
    index("change_request", "asked_at", "id")
    index("change_request", "created_at", "id")
    index("change_request", "order_id")
    index("change_request", "state", "state_since", "id")
    unique_where(
        "uq_change_request_open",
        "change_request",
        ["order_id"],
        "state IN ('asked', 'offered', 'accepted', 'pending_approval')",
    )


def create_cancellation_line() -> None:
    op.create_table(
        "cancellation_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cancellation_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("qty", fixed(12, 3), nullable=False),
        sa.Column("stage", words("stage", *STAGES), nullable=False),
        sa.Column("amount", fixed(14, 2), nullable=False),
        *stamps(),
        sa.CheckConstraint("qty > 0", name=op.f("ck_cancellation_line_qty_positive")),
        *keys("cancellation_line", cancellation_id="cancellation.id", order_line_id="order_line.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cancellation_line")),
        sa.UniqueConstraint(
            "cancellation_id", "order_line_id", name=op.f("uq_cancellation_line_cancellation_id_order_line_id")
        ),
    )
    index("cancellation_line", "order_line_id")


def create_change_line() -> None:
    op.create_table(
        "change_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change_request_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=True),
        sa.Column("product_id", sa.Integer(), nullable=True),
        sa.Column("qty_ordered", fixed(12, 3), nullable=True),
        sa.Column("description", sa.String(length=200), nullable=True),
        sa.Column("length_mm", sa.Integer(), nullable=True),
        sa.Column("width_mm", sa.Integer(), nullable=True),
        sa.Column("height_mm", sa.Integer(), nullable=True),
        sa.Column("material", sa.String(length=100), nullable=True),
        sa.Column("finish", sa.String(length=60), nullable=True),
        sa.Column("colour", sa.String(length=60), nullable=True),
        sa.Column("list_price", fixed(14, 4), nullable=True),
        sa.Column("discount_pct", fixed(7, 3), nullable=True),
        sa.Column("stage", words("stage", *STAGES), nullable=False),
        sa.Column("before", sa.String(length=400), nullable=True),
        sa.Column("after", sa.String(length=400), nullable=True),
        *stamps(),
        sa.CheckConstraint("list_price IS NULL OR list_price >= 0", name=op.f("ck_change_line_price_not_negative")),
        sa.CheckConstraint(
            ("order_line_id IS NOT NULL OR (product_id IS NOT NULL AND qty_ordered IS NOT NULL)"),
            name=op.f("ck_change_line_line_or_product"),
        ),
        sa.CheckConstraint("qty_ordered IS NULL OR qty_ordered > 0", name=op.f("ck_change_line_qty_positive")),
        *keys(
            "change_line", change_request_id="change_request.id", order_line_id="order_line.id", product_id="product.id"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_line")),
    )
    index("change_line", "change_request_id")
    index("change_line", "order_line_id")
    index("change_line", "product_id")
    unique_where(
        "uq_change_line_line", "change_line", ["change_request_id", "order_line_id"], "order_line_id IS NOT NULL"
    )


def create_cost_item() -> None:
    op.create_table(
        "cost_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cancellation_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            words("kind", "material", "labour", "outsourced", "design", "packing", "freight", "salvage"),
            nullable=False,
        ),
        sa.Column("amount", fixed(14, 2), nullable=False),
        sa.Column("evidence", sa.String(length=200), nullable=True),
        *stamps(),
        sa.CheckConstraint("amount > 0", name=op.f("ck_cost_item_amount_positive")),
        *keys("cost_item", cancellation_id="cancellation.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_item")),
    )
    index("cost_item", "cancellation_id")
