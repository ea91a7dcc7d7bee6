"""Exports: which columns a request was to hold in full; what ended requests searched for is forgotten.

Approvals of before name no column in full: one that held personal data does not hold any more and is asked for anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def json() -> sa.types.TypeEngine:
    """JSON, on PostgreSQL binary."""
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    table = sa.table("export_request", sa.column("id"), sa.column("state"), sa.column("arguments", json()))
    keys = sa.table("subject_key", sa.column("entity"), sa.column("entity_id"))
    with op.batch_alter_table("export_request") as batch:
        batch.add_column(sa.Column("in_full", json(), nullable=False, server_default="[]"))
    with op.batch_alter_table("export_request") as batch:
        batch.alter_column("in_full", server_default=None, existing_type=json(), existing_nullable=False)
    ended = table.c.state.not_in(("requested", "approved"))
    op.execute(sa.update(table).where(ended).values(arguments=[]))
    op.execute(
        sa.delete(keys).where(
            keys.c.entity == "export_request", keys.c.entity_id.in_(sa.select(table.c.id).where(ended))
        )
    )


def downgrade() -> None:
    with op.batch_alter_table("export_request") as batch:
        batch.drop_column("in_full")
