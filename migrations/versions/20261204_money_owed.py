"""What the company owes for its own fault: refunds of a kind of their own, and interest of a cancellation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BEFORE = (
    "cancel", "no_reason_return", "quality_return", "overpay", "duplicate", "price_adjust", "compensation", "other",
)  # fmt: skip
OWED = ("rush_surcharge", "late_delivery", "double_deposit", "interest")


def fixed(precision: int, scale: int) -> sa.types.TypeEngine:
    """An exact number: NUMERIC, on SQLite a scaled integer."""
    return sa.Numeric(precision, scale).with_variant(sa.BigInteger(), "sqlite")


def allow(*reasons: str) -> None:
    """The reasons that the table takes."""
    listed = ", ".join(f"'{reason}'" for reason in reasons)
    with op.batch_alter_table("refund") as batch:
        batch.drop_constraint(op.f("ck_refund_reason"), type_="check")
        batch.create_check_constraint(op.f("ck_refund_reason"), f"reason IN ({listed})")


def upgrade() -> None:
    allow(*BEFORE[:-1], *OWED, BEFORE[-1])
    with op.batch_alter_table("cancellation") as batch:
        batch.add_column(sa.Column("interest_amount", fixed(14, 2), nullable=False, server_default="0"))
        batch.create_check_constraint(op.f("ck_cancellation_interest_not_negative"), "interest_amount >= 0")
    # Until now penalties were settled outside of the program: nothing is to be paid for what is over.
    cancellation = sa.table("cancellation", sa.column("state", sa.String()), sa.column("penalty_amount", sa.Integer()))
    op.execute(cancellation.update().where(cancellation.c.state == "effective").values(penalty_amount=0))


def downgrade() -> None:
    with op.batch_alter_table("cancellation") as batch:
        batch.drop_constraint(op.f("ck_cancellation_interest_not_negative"), type_="check")
        batch.drop_column("interest_amount")
    refund = sa.table("refund", sa.column("reason", sa.String()))
    op.execute(refund.update().where(refund.c.reason.in_(OWED)).values(reason="compensation"))
    allow(*BEFORE)
