"""A customer answers his letter and signs his drawing without an account; the journal says that it was he."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ORIGINS = ("screen", "api", "cli", "importer", "system")
PURPOSES = ("order", "delivery_share", "marketing", "photo", "survey", "recording")


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def columns() -> dict[str, list[sa.Column]]:
    """New columns by table."""
    return {
        "confirmation_letter": [
            sa.Column("promise_days", sa.Integer(), nullable=True),
            sa.Column("reminders", sa.Integer(), server_default="0", nullable=False),
            sa.Column("acknowledged_at", moment(), nullable=True),
            sa.Column("signed_name", sa.String(length=60), nullable=True),
            sa.Column("signature_hash", sa.String(length=64), nullable=True),
            sa.Column("objection", sa.String(length=500), nullable=True),
        ],
        "sales_order": [
            sa.Column("promise_days", sa.Integer(), nullable=True),
            sa.Column("drawing_version", sa.Integer(), nullable=True),
            sa.Column("drawing_signed_at", moment(), nullable=True),
            sa.Column("drawing_signed_name", sa.String(length=60), nullable=True),
            sa.Column("drawing_signature", sa.String(length=64), nullable=True),
            sa.Column("gate_reason", sa.String(length=200), nullable=True),
        ],
    }


def allow(table: str, column: str, words: tuple[str, ...]) -> None:
    """The words that a column takes. SQLite copies the table: its triggers are put back afterwards."""
    kept = []
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        triggers = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
        kept = list(connection.execute(triggers, {"table": table}).scalars())
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(f"ck_{table}_{column}"), type_="check")
        batch.create_check_constraint(op.f(f"ck_{table}_{column}"), f"{column} IN ({listed})")
    for trigger in kept:
        connection.exec_driver_sql(trigger)


def upgrade() -> None:
    allow("journal", "origin", (*ORIGINS, "customer_link"))
    allow("consent", "purpose", (*PURPOSES, "custom_goods"))
    with op.batch_alter_table("consent") as batch:
        batch.add_column(sa.Column("order_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("evidence", sa.String(length=64), nullable=True))
        batch.create_foreign_key(op.f("fk_consent_order_id"), "sales_order", ["order_id"], ["id"], ondelete="RESTRICT")
        batch.create_index(op.f("ix_consent_order_id"), ["order_id"])
    for table, added in columns().items():
        for column in added:
            op.add_column(table, column)
    # Who confirmed before this was kept apart has confirmed when he answered.
    op.execute("UPDATE confirmation_letter SET acknowledged_at = answered_at WHERE state = 'acknowledged'")
    create_customer_link()


def downgrade() -> None:
    op.drop_table("customer_link")
    for table, added in columns().items():
        with op.batch_alter_table(table) as batch:
            for column in added:
                batch.drop_column(column.name)
    with op.batch_alter_table("consent") as batch:
        batch.drop_index(op.f("ix_consent_order_id"))
        batch.drop_constraint(op.f("fk_consent_order_id"), type_="foreignkey")
        batch.drop_column("evidence")
        batch.drop_column("order_id")
    allow("consent", "purpose", PURPOSES)
    allow("journal", "origin", ORIGINS)


def create_customer_link() -> None:
    states = sa.Enum("active", "revoked", name="state", native_enum=False, create_constraint=True, length=32)
    keys = {
        "order_id": "sales_order.id",
        "letter_id": "confirmation_letter.id",
        "created_by_id": "ab_user.id",
        "updated_by_id": "ab_user.id",
    }
    op.create_table(
        "customer_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", moment(), nullable=False),
        sa.Column("opened_at", moment(), nullable=True),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_customer_link_{name}"), ondelete="RESTRICT")
            for name, target in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_customer_link_token_hash")),
    )
    for name, key in {
        "order_id": ["order_id"],
        "letter_id": ["letter_id"],
        "created_at_id": ["created_at", "id"],
        "state_state_since_id": ["state", "state_since", "id"],
    }.items():
        op.create_index(op.f(f"ix_customer_link_{name}"), "customer_link", key)
