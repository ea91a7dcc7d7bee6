"""The urgent path, the opinions that are heard before a vote, the roles of a vote, and approvals that lapse."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BEFORE = ("pending", "approved", "rejected", "withdrawn", "expired")
NOW = (*BEFORE, "lapsed")
OF = ("finance", "production", "inspector", "logistics", "order_center_lead")


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def json() -> sa.types.TypeEngine:
    """A value of several parts."""
    return sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def words(name: str, *values: str) -> sa.Enum:
    """A vocabulary: text with a CHECK."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def allow(states: tuple[str, ...]) -> None:
    """The states that the table takes."""
    listed = ", ".join(f"'{state}'" for state in states)
    with op.batch_alter_table("approval") as batch:
        batch.drop_constraint(op.f("ck_approval_state"), type_="check")
        batch.create_check_constraint(op.f("ck_approval_state"), f"state IN ({listed})")


def upgrade() -> None:
    allow(NOW)
    with op.batch_alter_table("approval") as batch:
        batch.add_column(sa.Column("findings", json(), nullable=False, server_default="{}"))
        batch.add_column(sa.Column("is_rush", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("reminded_at", moment(), nullable=True))
        batch.add_column(sa.Column("minutes_due_at", moment(), nullable=True))
        batch.add_column(sa.Column("minutes_at", moment(), nullable=True))
        batch.add_column(sa.Column("minutes", sa.Text(), nullable=True))
    with op.batch_alter_table("approval_vote") as batch:
        batch.add_column(sa.Column("roles", json(), nullable=False, server_default="[]"))
    op.execute("""UPDATE approval_vote SET roles = '["committee", "committee_lead"]' WHERE is_chair""")
    op.create_table(
        "approval_opinion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("approval_id", sa.Integer(), nullable=False),
        sa.Column(
            "asked_of",
            sa.Enum(*OF, name="asked_of", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("given_by_id", sa.Integer(), nullable=True),
        sa.Column("given_at", moment(), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(text IS NULL) = (given_at IS NULL)", name=op.f("ck_approval_opinion_given_is_dated")),
        *(
            sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_approval_opinion_{name}"), ondelete="RESTRICT")
            for name, target in (
                ("approval_id", "approval.id"),
                ("given_by_id", "ab_user.id"),
                ("created_by_id", "ab_user.id"),
                ("updated_by_id", "ab_user.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_opinion")),
        sa.UniqueConstraint("approval_id", "asked_of", name=op.f("uq_approval_opinion_approval_id_asked_of")),
    )
    op.create_index(op.f("ix_approval_opinion_given_at_id"), "approval_opinion", ["given_at", "id"])
    op.create_index(op.f("ix_approval_opinion_given_by_id"), "approval_opinion", ["given_by_id"])


def downgrade() -> None:
    op.drop_table("approval_opinion")
    with op.batch_alter_table("approval_vote") as batch:
        batch.drop_column("roles")
    with op.batch_alter_table("approval") as batch:
        for name in ("minutes", "minutes_at", "minutes_due_at", "reminded_at", "is_rush", "findings"):
            batch.drop_column(name)
    op.execute(sa.text("UPDATE approval SET state = 'withdrawn' WHERE state = 'lapsed'"))
    allow(BEFORE)
