"""Sessions on the server, failed sign-ins, former passwords, the second factor and its recovery codes.

Accounts that are there already start with the password they have: as of now for its age, and as the first of its
history.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("login_session", "account_security", "password_history", "recovery_code", "login_failure")


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def words(name: str, *values: str) -> sa.Enum:
    """A vocabulary: text with a CHECK."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f(f"fk_{table}_user_id"), ondelete="RESTRICT")


def upgrade() -> None:
    create_sessions()
    create_proofs()
    op.create_table(
        "login_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lock_hash", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", moment(), nullable=False),
        sa.Column("locked_until", moment(), nullable=True),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_login_failure_failures_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failure")),
        sa.UniqueConstraint("lock_hash", name=op.f("uq_login_failure_lock_hash")),
    )
    op.create_index(op.f("ix_login_failure_last_at"), "login_failure", ["last_at"], unique=False)
    op.execute(
        "INSERT INTO account_security (user_id, password_set_at, must_change_password)"
        " SELECT id, CURRENT_TIMESTAMP, false FROM ab_user"
    )
    op.execute(
        "INSERT INTO password_history (user_id, password_hash, set_at)"
        " SELECT id, password, CURRENT_TIMESTAMP FROM ab_user WHERE password IS NOT NULL"
    )


def create_sessions() -> None:
    op.create_table(
        "login_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", words("kind", "browser", "api"), nullable=False),
        sa.Column("how", sa.String(length=32), nullable=False),
        sa.Column("has_factor", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("due", words("due", "code", "password", "second_factor"), nullable=True),
        sa.Column("started_at", moment(), nullable=False),
        sa.Column("last_seen_at", moment(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.Column("agent", sa.String(length=200), nullable=True),
        sa.Column("ended_at", moment(), nullable=True),
        sa.Column(
            "end_reason",
            words(
                "end_reason",
                "signed_out",
                "password",
                "second_factor",
                "roles",
                "switched_off",
                "idle",
                "age",
                "by_hand",
                "administrator",
                "replaced",
                "code_failed",
            ),
            nullable=True,
        ),
        user("login_session"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
    )
    op.create_index(op.f("ix_login_session_user_id_ended_at"), "login_session", ["user_id", "ended_at"], unique=False)


def create_proofs() -> None:
    op.create_table(
        "account_security",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("password_set_at", moment(), nullable=True),
        sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("factor_secret", sa.String(length=255), nullable=True),
        sa.Column("factor_on_at", moment(), nullable=True),
        sa.Column("factor_step", sa.Integer(), nullable=True),
        user("account_security"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_security")),
        sa.UniqueConstraint("user_id", name=op.f("uq_account_security_user_id")),
    )
    op.create_table(
        "password_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("set_at", moment(), nullable=False),
        user("password_history"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_history")),
    )
    op.create_index(op.f("ix_password_history_user_id_id"), "password_history", ["user_id", "id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", moment(), nullable=True),
        user("recovery_code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("user_id", "code_hash", name=op.f("uq_recovery_code_user_id_code_hash")),
    )


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
