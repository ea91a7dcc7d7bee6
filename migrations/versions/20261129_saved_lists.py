"""Saved filters, and how each person has arranged a list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def json() -> sa.types.TypeEngine:
    """JSON, on PostgreSQL binary."""
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def stamps() -> list[sa.Column]:
    """Who and when."""
    return [
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    ]


def keys(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    """Foreign keys that refuse to lose what they point at."""
    return [
        sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_{table}_{name}"), ondelete="RESTRICT")
        for name, target in sorted(targets.items())
    ]


def upgrade() -> None:
    user = "ab_user.id"
    op.create_table(
        "saved_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=True),
        sa.Column("arguments", json(), nullable=False),
        sa.Column("columns", json(), nullable=False),
        *stamps(),
        *keys("saved_list", owner_id=user, created_by_id=user, updated_by_id=user),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_list")),
        sa.UniqueConstraint("owner_id", "entity", "name", name=op.f("uq_saved_list_owner_id_entity_name")),
    )
    op.create_index(op.f("ix_saved_list_entity_id"), "saved_list", ["entity", "id"], unique=False)
    op.create_table(
        "list_setting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("columns", json(), nullable=False),
        sa.Column("default_id", sa.Integer(), nullable=True),
        *stamps(),
        *keys("list_setting", owner_id=user, default_id="saved_list.id", created_by_id=user, updated_by_id=user),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_setting")),
        sa.UniqueConstraint("owner_id", "entity", name=op.f("uq_list_setting_owner_id_entity")),
    )
    op.create_index(op.f("ix_list_setting_default_id"), "list_setting", ["default_id"], unique=False)


def downgrade() -> None:
    op.drop_table("list_setting")
    op.drop_table("saved_list")
