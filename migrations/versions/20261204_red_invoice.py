"""Red invoices: which invoice they reverse, why, and by which letter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

CHECKS = {
    "red_is_negative": (
        "(reverses_id IS NULL AND gross_amount > 0 AND tax_amount >= 0)"
        " OR (reverses_id IS NOT NULL AND gross_amount < 0 AND tax_amount <= 0)"
    ),
    "red_has_reason": "(reverses_id IS NULL) = (red_reason IS NULL)",
    "red_has_letter": "reverses_id IS NULL OR state <> 'issued' OR red_letter_no IS NOT NULL",
}
REASONS = ("wrong", "returned", "stopped", "allowance")
POSITIVE = "ck_invoice_gross_positive"


def upgrade() -> None:
    reasons = sa.Enum(*REASONS, name="red_reason", native_enum=False, create_constraint=True, length=32)
    with op.batch_alter_table("invoice") as batch:
        batch.drop_constraint(op.f(POSITIVE), type_="check")
        batch.add_column(sa.Column("reverses_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("red_reason", reasons, nullable=True))
        batch.add_column(sa.Column("red_letter_no", sa.String(length=20), nullable=True))
        batch.create_foreign_key(
            op.f("fk_invoice_reverses_id"), "invoice", ["reverses_id"], ["id"], ondelete="RESTRICT"
        )
        for name, rule in CHECKS.items():
            batch.create_check_constraint(op.f(f"ck_invoice_{name}"), rule)
    op.create_index(op.f("ix_invoice_reverses_id"), "invoice", ["reverses_id"])


def downgrade() -> None:
    # A schema that knows no red invoice keeps them as voided applications of what they reversed.
    op.drop_index(op.f("ix_invoice_reverses_id"), "invoice")
    with op.batch_alter_table("invoice") as batch:
        for name in (*CHECKS, "red_reason"):
            batch.drop_constraint(op.f(f"ck_invoice_{name}"), type_="check")
        batch.drop_constraint(op.f("fk_invoice_reverses_id"), type_="foreignkey")
    op.execute(
        "UPDATE invoice SET state = 'void', gross_amount = -gross_amount, tax_amount = -tax_amount,"
        " net_amount = -net_amount WHERE gross_amount < 0"
    )
    with op.batch_alter_table("invoice") as batch:
        for name in ("red_letter_no", "red_reason", "reverses_id"):
            batch.drop_column(name)
        batch.create_check_constraint(op.f(POSITIVE), "gross_amount > 0 AND tax_amount >= 0")
