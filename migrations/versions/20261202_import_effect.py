"""Imports of more than orders, and what each of them did to which record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def upgrade() -> None:
    target = sa.Column("target", sa.String(length=40), server_default="order", nullable=False)
    op.add_column("import_batch", target)
    op.drop_index(op.f("ix_import_batch_started_at_id"), table_name="import_batch")
    op.create_index(
        op.f("ix_import_batch_target_started_at_id"), "import_batch", ["target", "started_at", "id"], unique=False
    )
    op.create_table(
        "import_effect",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.String(length=80), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column(
            "did",
            sa.Enum("made", "changed", name="did", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("undone_at", moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_import_effect_batch_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_effect")),
        sa.UniqueConstraint("batch_id", "entity", "entity_id", name=op.f("uq_import_effect_batch_id_entity_entity_id")),
    )
    op.create_index(
        op.f("ix_import_effect_entity_entity_id_batch_id"),
        "import_effect",
        ["entity", "entity_id", "batch_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("import_effect")
    op.drop_index(op.f("ix_import_batch_target_started_at_id"), table_name="import_batch")
    op.create_index(op.f("ix_import_batch_started_at_id"), "import_batch", ["started_at", "id"], unique=False)
    op.drop_column("import_batch", "target")
