"""An index for what somebody has done since a day: the numbers of the week on the first page."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_journal_actor_id_at", "journal", ["actor_id", "at"])


def downgrade() -> None:
    op.drop_index("ix_journal_actor_id_at", "journal")
