"""Guarantees of government and project orders, and the day by which a contract asks for the performance bond."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

WORDS = {
    "kind": ("bid", "performance", "quality"),
    "form": ("bank_guarantee", "insurance", "cash"),
    "state": ("due", "held", "to_return", "returned", "called", "dropped"),
}
CHECKS = {
    "amount_positive": "amount > 0",
    "given_is_dated": "state IN ('due', 'dropped') OR given_on IS NOT NULL",
    "returned_is_dated": "state <> 'returned' OR returned_on IS NOT NULL",
}
TEXTS = {"issuer": 100, "document_no": 60, "cash_reason": 200, "note": 400}
INDEXES = (("state", "state_since", "id"), ("valid_until_on", "id"), ("created_at", "id"), ("order_id",))


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def fixed(precision: int, scale: int) -> sa.types.TypeEngine:
    """An exact number: NUMERIC, on SQLite a scaled integer."""
    return sa.Numeric(precision, scale).with_variant(sa.BigInteger(), "sqlite")


def word(name: str) -> sa.Enum:
    """One of the words of a column."""
    return sa.Enum(*WORDS[name], name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    keys = {"order_id": "sales_order.id", "created_by_id": "ab_user.id", "updated_by_id": "ab_user.id"}
    op.create_table(
        "guarantee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guarantee_no", sa.String(length=30), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        *(sa.Column(name, word(name), nullable=False) for name in WORDS),
        sa.Column("amount", fixed(14, 2), nullable=False),
        *(sa.Column(name, sa.String(length=length), nullable=True) for name, length in TEXTS.items()),
        *(
            sa.Column(name, sa.Date(), nullable=True)
            for name in ("due_on", "given_on", "valid_until_on", "returned_on")
        ),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(text, name=op.f(f"ck_guarantee_{name}")) for name, text in CHECKS.items()),
        *(
            sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_guarantee_{name}"), ondelete="RESTRICT")
            for name, target in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee")),
        sa.UniqueConstraint("guarantee_no", name=op.f("uq_guarantee_guarantee_no")),
    )
    for columns in INDEXES:
        op.create_index(op.f(f"ix_guarantee_{'_'.join(columns)}"), "guarantee", list(columns))
    op.add_column("order_contract", sa.Column("bond_due_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("order_contract", "bond_due_on")
    op.drop_table("guarantee")
