"""Consents are withdrawn by a step, people ask about their data, and their values in the journal have keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CHANNELS = ("online_mall", "phone", "onsite", "email", "post", "wechat", "tender", "other")


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def words(name: str, *values: str) -> sa.Enum:
    """A vocabulary: text with a CHECK."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.add_column("customer", sa.Column("hold_reason", sa.String(length=200), nullable=True))
    op.add_column("customer", sa.Column("anonymised_at", moment(), nullable=True))
    change_consents()
    create_requests()
    op.create_table(
        "subject_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_key")),
        sa.UniqueConstraint("entity", "entity_id", name=op.f("uq_subject_key_entity_entity_id")),
    )


def change_consents() -> None:
    """What was withdrawn so far is in the new state, since the moment of the withdrawal."""
    with op.batch_alter_table("consent") as batch:
        batch.add_column(sa.Column("withdrawn_channel", sa.String(length=32), nullable=True))
        batch.add_column(sa.Column("state", sa.String(length=32), nullable=True))
        batch.add_column(sa.Column("state_since", moment(), nullable=True))
    op.execute(
        "UPDATE consent SET state_since = coalesce(withdrawn_at, given_at),"
        " state = CASE WHEN withdrawn_at IS NULL THEN 'given' ELSE 'withdrawn' END"
    )
    listed = ", ".join(f"'{word}'" for word in CHANNELS)
    with op.batch_alter_table("consent") as batch:
        batch.alter_column("state", existing_type=sa.String(length=32), nullable=False)
        batch.alter_column("state_since", existing_type=moment(), nullable=False)
        batch.alter_column("is_granted", existing_type=sa.Boolean(), existing_nullable=False, server_default=sa.false())
        batch.create_check_constraint(op.f("ck_consent_withdrawn_channel"), f"withdrawn_channel IN ({listed})")
        batch.create_check_constraint(op.f("ck_consent_state"), "state IN ('given', 'withdrawn')")
        batch.create_check_constraint(
            op.f("ck_consent_withdrawn_is_dated"), "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)"
        )
    op.create_index(op.f("ix_consent_state_state_since_id"), "consent", ["state", "state_since", "id"])


def create_requests() -> None:
    op.create_table(
        "privacy_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_no", sa.String(length=30), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("kind", words("kind", "copy", "correct", "delete", "withdraw", "restrict"), nullable=False),
        sa.Column("channel", words("channel", *CHANNELS), nullable=False),
        sa.Column("received_at", moment(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("identity_check", sa.String(length=200), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("refusal_reason", sa.String(length=400), nullable=True),
        sa.Column("answered_at", moment(), nullable=True),
        sa.Column("state", words("state", "received", "answered", "refused"), nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state = 'received' OR answered_at IS NOT NULL", name=op.f("ck_privacy_request_answered_is_dated")
        ),
        sa.CheckConstraint(
            "state = 'received' OR identity_check IS NOT NULL", name=op.f("ck_privacy_request_identity_was_checked")
        ),
        sa.CheckConstraint(
            "state <> 'answered' OR answer IS NOT NULL", name=op.f("ck_privacy_request_answered_has_answer")
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR refusal_reason IS NOT NULL", name=op.f("ck_privacy_request_refused_has_reason")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_privacy_request_customer_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_privacy_request_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_privacy_request_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_request")),
        sa.UniqueConstraint("request_no", name=op.f("uq_privacy_request_request_no")),
    )
    op.create_index(op.f("ix_privacy_request_customer_id"), "privacy_request", ["customer_id"])
    op.create_index(op.f("ix_privacy_request_state_state_since_id"), "privacy_request", ["state", "state_since", "id"])
    op.create_index(op.f("ix_privacy_request_received_at_id"), "privacy_request", ["received_at", "id"])


def downgrade() -> None:
    op.drop_table("subject_key")
    op.drop_table("privacy_request")
    op.drop_index(op.f("ix_consent_state_state_since_id"), table_name="consent")
    with op.batch_alter_table("consent") as batch:
        for name in ("withdrawn_is_dated", "state", "withdrawn_channel"):
            batch.drop_constraint(op.f(f"ck_consent_{name}"), type_="check")
        for name in ("state_since", "state", "withdrawn_channel"):
            batch.drop_column(name)
        batch.alter_column("is_granted", existing_type=sa.Boolean(), existing_nullable=False, server_default=sa.true())
    op.drop_column("customer", "anonymised_at")
    op.drop_column("customer", "hold_reason")
