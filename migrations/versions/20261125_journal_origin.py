"""The journal says from which address somebody acted, and for whom a deputy did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not as a batch: SQLite would copy the table and lose the triggers that keep it append-only.
    op.add_column("journal", sa.Column("on_behalf_of_id", sa.Integer(), nullable=True))
    op.add_column("journal", sa.Column("address", sa.String(length=45), nullable=True))


def downgrade() -> None:
    op.drop_column("journal", "address")
    op.drop_column("journal", "on_behalf_of_id")
