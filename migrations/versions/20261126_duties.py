"""Separation of duties: when a refund's account was changed, and whose department an approval judges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refund", sa.Column("account_changed_at", moment(), nullable=True))
    op.add_column("approval", sa.Column("judged_department", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("approval", "judged_department")
    op.drop_column("refund", "account_changed_at")


def moment() -> sa.types.TypeEngine[object]:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
