"""A complaint that came through 12315: its number there, and what the authority was answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

CHECK = "ck_service_ticket_answered_authority_has_number"


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("service_ticket") as batch:
        batch.add_column(sa.Column("authority_no", sa.String(length=60), nullable=True))
        batch.add_column(sa.Column("authority_answer", sa.Text(), nullable=True))
        batch.add_column(sa.Column("authority_answered_at", moment(), nullable=True))
        batch.create_check_constraint(
            op.f(CHECK),
            "authority_answered_at IS NULL OR (authority_no IS NOT NULL AND authority_answer IS NOT NULL)",
        )
    # From now on what came through 12315 is of level 3.
    op.execute(
        "UPDATE service_ticket SET level = 'l3' WHERE source_channel = 'hotline_12315' AND state <> 'closed' "
        "AND level <> 'l3'"
    )


def downgrade() -> None:
    with op.batch_alter_table("service_ticket") as batch:
        batch.drop_constraint(op.f(CHECK), type_="check")
        for name in ("authority_answered_at", "authority_answer", "authority_no"):
            batch.drop_column(name)
