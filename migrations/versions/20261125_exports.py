"""Exports: what left as a file, and the requests for large ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def json() -> sa.types.TypeEngine:
    """JSON, on PostgreSQL binary."""
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def words(name: str, *values: str) -> sa.Enum:
    """A vocabulary: text with a CHECK."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


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


def index(table: str, *columns: str) -> None:
    """An index named as the models name it."""
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def upgrade() -> None:
    user = "ab_user.id"
    op.create_table(
        "export_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_no", sa.String(length=30), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("filter_text", sa.Text(), nullable=False),
        sa.Column("arguments", json(), nullable=False),
        sa.Column("columns", json(), nullable=False),
        sa.Column("file_format", words("file_format", "xlsx", "csv"), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("is_personal", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("requested_by_id", sa.Integer(), nullable=False),
        sa.Column("requested_at", moment(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", moment(), nullable=True),
        sa.Column("valid_until", moment(), nullable=True),
        sa.Column(
            "state",
            words("state", "requested", "approved", "done", "refused", "withdrawn", "expired"),
            nullable=False,
        ),
        sa.Column("state_since", moment(), nullable=False),
        *stamps(),
        sa.CheckConstraint("row_count > 0", name=op.f("ck_export_request_rows_positive")),
        sa.CheckConstraint(
            "state <> 'approved' OR valid_until IS NOT NULL", name=op.f("ck_export_request_approved_has_end")
        ),
        *keys("export_request", requested_by_id=user, decided_by_id=user, created_by_id=user, updated_by_id=user),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_request")),
        sa.UniqueConstraint("request_no", name=op.f("uq_export_request_request_no")),
    )
    index("export_request", "state", "state_since", "id")
    index("export_request", "requested_at", "id")
    index("export_request", "requested_by_id")
    index("export_request", "decided_by_id")
    op.create_table(
        "export_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("export_no", sa.String(length=30), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", moment(), nullable=False),
        sa.Column("filter_text", sa.Text(), nullable=False),
        sa.Column("columns", json(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("is_personal", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("file_format", words("file_format", "xlsx", "csv"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("outcome", words("outcome", "running", "done", "failed"), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("finished_at", moment(), nullable=True),
        sa.Column("fetched_at", moment(), nullable=True),
        sa.Column("rows_expected", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.String(length=64), nullable=True),
        *stamps(),
        sa.CheckConstraint("row_count >= 0", name=op.f("ck_export_log_rows_not_negative")),
        sa.CheckConstraint("outcome <> 'done' OR digest IS NOT NULL", name=op.f("ck_export_log_done_has_digest")),
        *keys(
            "export_log",
            made_by_id=user,
            request_id="export_request.id",
            created_by_id=user,
            updated_by_id=user,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_log")),
        sa.UniqueConstraint("export_no", name=op.f("uq_export_log_export_no")),
    )
    index("export_log", "made_at", "id")
    index("export_log", "entity", "id")
    index("export_log", "made_by_id")
    index("export_log", "request_id")


def downgrade() -> None:
    op.drop_table("export_log")
    op.drop_table("export_request")
