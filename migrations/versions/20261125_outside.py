"""API tokens of persons, and who a person is in the directory or in an office messenger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def moment() -> sa.types.TypeEngine:
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["ab_user.id"], name=op.f(f"fk_{table}_{column}"), ondelete="RESTRICT")


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("made_at", moment(), nullable=False),
        sa.Column("expires_at", moment(), nullable=False),
        sa.Column("last_used_at", moment(), nullable=True),
        sa.Column("last_address", sa.String(length=45), nullable=True),
        sa.Column("ended_at", moment(), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        person("api_token", "user_id"),
        person("api_token", "ended_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    op.create_index(op.f("ix_api_token_user_id_id"), "api_token", ["user_id", "id"], unique=False)
    way = sa.Enum(
        "ldap", "wecom", "feishu", "dingtalk", name="way", native_enum=False, create_constraint=True, length=32
    )
    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("way", way, nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("linked_at", moment(), nullable=False),
        sa.Column("linked_by_id", sa.Integer(), nullable=True),
        person("sign_in_link", "user_id"),
        person("sign_in_link", "linked_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("user_id", "way", name=op.f("uq_sign_in_link_user_id_way")),
        sa.UniqueConstraint("way", "subject", name=op.f("uq_sign_in_link_way_subject")),
    )


def downgrade() -> None:
    op.drop_table("sign_in_link")
    op.drop_table("api_token")
