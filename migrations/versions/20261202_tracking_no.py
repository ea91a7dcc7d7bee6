"""The carrier's tracking number of a shipment, found by an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shipment", sa.Column("tracking_no", sa.String(length=60), nullable=True))
    op.create_index(op.f("ix_shipment_tracking_no"), "shipment", ["tracking_no"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_shipment_tracking_no"), table_name="shipment")
    op.drop_column("shipment", "tracking_no")
