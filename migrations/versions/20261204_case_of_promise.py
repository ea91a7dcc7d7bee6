"""A case of a missed promise is of a line and a day: the next promise of the line may open another one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        sa.text(
            "UPDATE exception_case SET source_key = source_key || ':' ||"
            " (SELECT CAST(line_promised_on AS VARCHAR(10)) FROM order_line WHERE id = exception_case.order_line_id)"
            " WHERE source_key LIKE 'order_line:%' AND order_line_id IN"
            " (SELECT id FROM order_line WHERE line_promised_on IS NOT NULL)"
        )
    )


def downgrade() -> None:
    op.execute(
        sa.text(
            "UPDATE exception_case SET source_key = 'order_line:' || CAST(order_line_id AS VARCHAR(20)) WHERE id IN"
            " (SELECT MIN(id) FROM exception_case WHERE source_key LIKE 'order_line:%' GROUP BY order_line_id)"
        )
    )
