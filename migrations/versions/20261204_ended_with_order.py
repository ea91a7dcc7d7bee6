"""Inspections and letters that end with their order, or with the pieces they were for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

STATES = {
    "inspection": ("pending", "passed", "failed"),
    "confirmation_letter": ("sent", "acknowledged", "disputed", "superseded"),
}
ENDED = {"inspection": "cancelled", "confirmation_letter": "withdrawn"}


def allow(table: str, states: tuple[str, ...]) -> None:
    """The states that the table takes."""
    listed = ", ".join(f"'{state}'" for state in states)
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(f"ck_{table}_state"), type_="check")
        batch.create_check_constraint(op.f(f"ck_{table}_state"), f"state IN ({listed})")


def allow_undecided(condition: str) -> None:
    """Which inspections have no inspector."""
    with op.batch_alter_table("inspection") as batch:
        batch.drop_constraint(op.f("ck_inspection_decided_has_inspector"), type_="check")
        batch.create_check_constraint(
            op.f("ck_inspection_decided_has_inspector"), f"{condition} OR inspected_at IS NOT NULL"
        )


def upgrade() -> None:
    for table, states in STATES.items():
        allow(table, (*states, ENDED[table]))
    allow_undecided("state IN ('pending', 'cancelled')")
    op.execute(
        sa.text(
            "UPDATE confirmation_letter SET state = 'withdrawn' WHERE state IN ('sent', 'disputed') AND order_id IN"
            " (SELECT id FROM sales_order WHERE state = 'cancelled')"
        )
    )
    op.execute(
        sa.text(
            "UPDATE inspection SET state = 'cancelled' WHERE state = 'pending' AND order_line_id IN"
            " (SELECT id FROM order_line WHERE qty_cancelled >= qty_ordered)"
        )
    )


def downgrade() -> None:
    op.execute(sa.text("UPDATE confirmation_letter SET state = 'sent' WHERE state = 'withdrawn'"))
    op.execute(sa.text("UPDATE inspection SET state = 'pending' WHERE state = 'cancelled'"))
    allow_undecided("state = 'pending'")
    for table, states in STATES.items():
        allow(table, states)
