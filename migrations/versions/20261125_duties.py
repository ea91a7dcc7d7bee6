"""Separation of duties: delegations, changes of parameters, and what a refund and an approval keep for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refund", sa.Column("account_changed_at", moment(), nullable=True))
    op.add_column("approval", sa.Column("judged_department", sa.String(length=32), nullable=True))
    create_delegation()
    create_parameter_change()


def downgrade() -> None:
    op.drop_table("parameter_change")
    op.drop_table("delegation")
    op.drop_column("approval", "judged_department")
    op.drop_column("refund", "account_changed_at")


def create_delegation() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delegation_no", sa.String(length=30), nullable=False),
        sa.Column("giver_id", sa.Integer(), nullable=False),
        sa.Column("deputy_id", sa.Integer(), nullable=False),
        sa.Column("role_code", sa.String(length=64), nullable=True),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("state", words("state", "proposed", "active", "ended", "withdrawn"), nullable=False),
        *stamps(),
        sa.CheckConstraint("ends_on >= begins_on", name=op.f("ck_delegation_ends_after_begin")),
        sa.CheckConstraint("giver_id <> deputy_id", name=op.f("ck_delegation_not_to_oneself")),
        *people("delegation", "giver_id", "deputy_id", "created_by_id", "updated_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
        sa.UniqueConstraint("delegation_no", name=op.f("uq_delegation_delegation_no")),
    )
    for columns in (["giver_id"], ["deputy_id"], ["begins_on", "id"], ["ends_on", "id"], STATE):
        op.create_index(op.f(f"ix_delegation_{'_'.join(columns)}"), "delegation", columns, unique=False)


def create_parameter_change() -> None:
    op.create_table(
        "parameter_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change_no", sa.String(length=30), nullable=False),
        sa.Column("parameter_id", sa.Integer(), nullable=False),
        sa.Column("old_value", sa.String(length=64), nullable=False),
        sa.Column("new_value", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("state", words("state", "proposed", "approved", "applied", "refused", "withdrawn"), nullable=False),
        *stamps(),
        sa.ForeignKeyConstraint(
            ["parameter_id"],
            ["policy_parameter.id"],
            name=op.f("fk_parameter_change_parameter_id"),
            ondelete="RESTRICT",
        ),
        *people("parameter_change", "proposed_by_id", "approved_by_id", "created_by_id", "updated_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parameter_change")),
        sa.UniqueConstraint("change_no", name=op.f("uq_parameter_change_change_no")),
    )
    singles = (["parameter_id"], ["proposed_by_id"], ["approved_by_id"])
    for columns in (*singles, ["effective_on", "id"], ["created_at", "id"], STATE):
        op.create_index(op.f(f"ix_parameter_change_{'_'.join(columns)}"), "parameter_change", columns, unique=False)


STATE = ["state", "state_since", "id"]


def stamps() -> tuple[sa.Column[object], ...]:
    """Who made and changed a row, and when."""
    return (
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def people(table: str, *columns: str) -> tuple[sa.ForeignKeyConstraint, ...]:
    """References to users."""
    return tuple(
        sa.ForeignKeyConstraint([name], ["ab_user.id"], name=op.f(f"fk_{table}_{name}"), ondelete="RESTRICT")
        for name in columns
    )


def words(name: str, *values: str) -> sa.Enum:
    """A vocabulary: text with a CHECK."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def moment() -> sa.types.TypeEngine[object]:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
