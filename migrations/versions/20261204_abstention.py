"""A member of the committee who abstains says which conflict of interest keeps him from voting."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

KINDS = ("own_matter", "own_department", "related", "interest", "other")
CHECK = "ck_approval_vote_abstain_has_conflict"


def upgrade() -> None:
    kinds = sa.Enum(*KINDS, name="conflict", native_enum=False, create_constraint=True, length=32)
    with op.batch_alter_table("approval_vote") as batch:
        batch.add_column(sa.Column("conflict", kinds, nullable=True))
    op.execute("UPDATE approval_vote SET conflict = 'other' WHERE decision = 'abstain'")
    with op.batch_alter_table("approval_vote") as batch:
        batch.create_check_constraint(op.f(CHECK), "(decision = 'abstain') = (conflict IS NOT NULL)")


def downgrade() -> None:
    with op.batch_alter_table("approval_vote") as batch:
        batch.drop_constraint(op.f(CHECK), type_="check")
        batch.drop_constraint(op.f("ck_approval_vote_conflict"), type_="check")
        batch.drop_column("conflict")
