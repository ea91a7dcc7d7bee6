"""Claims of interest on late money, and payments that are allocated to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

STATES = ("claimed", "paid", "waived")
CHECKS = {
    "interest_positive": "interest_amount > 0",
    "paid_within_interest": "paid_amount >= 0 AND paid_amount <= interest_amount",
    "paid_is_paid": "state <> 'paid' OR paid_amount = interest_amount",
}
INDEXES = (("state", "state_since", "id"), ("created_at", "id"), ("order_id",))
BEFORE = (
    "deposit", "prepay", "progress", "delivery", "acceptance", "balance", "retention", "fee", "compensation", "other",
)  # fmt: skip
NATURES = (("payment_schedule", "kind"), ("payment_allocation", "nature"))


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def fixed(precision: int, scale: int) -> sa.types.TypeEngine:
    """An exact number: NUMERIC, on SQLite a scaled integer."""
    return sa.Numeric(precision, scale).with_variant(sa.BigInteger(), "sqlite")


def triggers() -> list[str]:
    """What keeps allocations append-only: SQLite loses it with a copy of the table, it is put back at the end."""
    if op.get_bind().dialect.name != "sqlite":
        return []
    statement = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'payment_allocation'")
    return list(op.get_bind().execute(statement).scalars())


def put_back(kept: list[str]) -> None:
    """The triggers again."""
    for trigger in kept:
        op.get_bind().exec_driver_sql(trigger)


def forget_nature() -> None:
    """Allocations to claims become compensation. On SQLite the triggers are gone at this moment."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    if is_postgres:
        op.execute("ALTER TABLE payment_allocation DISABLE TRIGGER USER")
    op.execute("UPDATE payment_allocation SET nature = 'compensation' WHERE nature = 'interest'")
    if is_postgres:
        op.execute("ALTER TABLE payment_allocation ENABLE TRIGGER USER")


def allow(*natures: str) -> None:
    """The natures of money that the tables take."""
    listed = ", ".join(f"'{nature}'" for nature in natures)
    for table, column in NATURES:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"ck_{table}_{column}"), type_="check")
            batch.create_check_constraint(op.f(f"ck_{table}_{column}"), f"{column} IN ({listed})")


def upgrade() -> None:
    keys = {"order_id": "sales_order.id", "created_by_id": "ab_user.id", "updated_by_id": "ab_user.id"}
    state = sa.Enum(*STATES, name="state", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "late_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_no", sa.String(length=30), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        *(
            sa.Column(name, fixed(14, 2), nullable=False)
            for name in ("overdue_amount", "interest_amount", "paid_amount")
        ),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("days_late", sa.Integer(), nullable=False),
        sa.Column("daily_pct", fixed(7, 3), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("state", state, nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(text, name=op.f(f"ck_late_claim_{name}")) for name, text in CHECKS.items()),
        *(
            sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_late_claim_{name}"), ondelete="RESTRICT")
            for name, target in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_claim")),
        sa.UniqueConstraint("claim_no", name=op.f("uq_late_claim_claim_no")),
    )
    for columns in INDEXES:
        op.create_index(op.f(f"ix_late_claim_{'_'.join(columns)}"), "late_claim", list(columns))
    kept = triggers()
    allow(*BEFORE[:-1], "interest", BEFORE[-1])
    with op.batch_alter_table("payment_allocation") as batch:
        batch.add_column(sa.Column("late_claim_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_payment_allocation_late_claim_id"), "late_claim", ["late_claim_id"], ["id"], ondelete="RESTRICT"
        )
        batch.create_check_constraint(
            op.f("ck_payment_allocation_one_purpose"), "schedule_id IS NULL OR late_claim_id IS NULL"
        )
        batch.create_index(op.f("ix_payment_allocation_late_claim_id"), ["late_claim_id"])
    put_back(kept)


def downgrade() -> None:
    kept = triggers()
    with op.batch_alter_table("payment_allocation") as batch:
        batch.drop_index(op.f("ix_payment_allocation_late_claim_id"))
        batch.drop_constraint(op.f("ck_payment_allocation_one_purpose"), type_="check")
        batch.drop_constraint(op.f("fk_payment_allocation_late_claim_id"), type_="foreignkey")
        batch.drop_column("late_claim_id")
    forget_nature()
    allow(*BEFORE)
    put_back(kept)
    op.drop_table("late_claim")
