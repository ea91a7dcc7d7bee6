"""Comments and files beside a record, who follows it, and what each is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

LONGEST_NAME = 200


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def json() -> sa.types.TypeEngine:
    """A value of several parts."""
    return sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def about() -> list[sa.Column]:
    """The record that a row is about."""
    return [
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
    ]


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
    """Foreign keys by column."""
    return [
        sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_{table}_{name}"), ondelete="RESTRICT")
        for name, target in targets.items()
    ]


def index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def upgrade() -> None:
    create_comment()
    create_attachment()
    create_follower()
    create_notification()


def downgrade() -> None:
    for table in ("notification", "follower", "attachment", "comment"):
        op.drop_table(table)


def create_comment() -> None:
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        *about(),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mentions", json(), nullable=False),
        sa.Column("edited_at", moment(), nullable=True),
        *stamps(),
        *keys("comment", order_id="sales_order.id", created_by_id="ab_user.id", updated_by_id="ab_user.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    index("comment", "entity", "entity_id", "id")
    index("comment", "order_id")


def create_attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        *about(),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=LONGEST_NAME), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("is_picture", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_personal", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("withdrawn_at", moment(), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=200), nullable=True),
        *stamps(),
        sa.CheckConstraint("size > 0", name=op.f("ck_attachment_size_positive")),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR withdrawn_reason IS NOT NULL", name=op.f("ck_attachment_withdrawn_has_reason")
        ),
        *keys("attachment", order_id="sales_order.id", created_by_id="ab_user.id", updated_by_id="ab_user.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    index("attachment", "entity", "entity_id", "id")
    index("attachment", "order_id")
    index("attachment", "digest")


def create_follower() -> None:
    op.create_table(
        "follower",
        sa.Column("id", sa.Integer(), nullable=False),
        *about(),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), server_default=sa.true(), nullable=False),
        *keys("follower", user_id="ab_user.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follower")),
        sa.UniqueConstraint("entity", "entity_id", "user_id", name=op.f("uq_follower_entity_entity_id_user_id")),
    )
    index("follower", "user_id")


def create_notification() -> None:
    kinds = sa.Enum("mention", "comment", "step", name="kind", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "notification",
        sa.Column("id", sa.Integer(), nullable=False),
        *about(),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("actor_name", sa.String(length=130), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("read_at", moment(), nullable=True),
        *keys("notification", user_id="ab_user.id", comment_id="comment.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
    )
    index("notification", "user_id", "id")
    index("notification", "user_id", "read_at", "entity", "entity_id")
    index("notification", "comment_id")
