"""Field groups and rows that a role sees, and dangerous changes of rights that wait for a second administrator."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("rights_change", "role_scope", "role_field", "role_profile")


def moment() -> sa.types.TypeEngine:
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    role_parts("role_profile", sa.Column("department", sa.String(length=32), nullable=True))
    role_parts(
        "role_field",
        sa.Column("field_group", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
    )
    role_parts(
        "role_scope",
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
    )
    create_rights_change()


UNIQUE = {
    "role_profile": ("role_id",),
    "role_field": ("role_id", "field_group"),
    "role_scope": ("role_id", "entity", "scope"),
}


def role_parts(table: str, *columns: sa.Column) -> None:
    """A table of what belongs to a role and goes with it."""
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], name=op.f(f"fk_{table}_role_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(*UNIQUE[table], name=op.f(f"uq_{table}_{'_'.join(UNIQUE[table])}")),
    )


def create_rights_change() -> None:
    people = ("user_id", "proposed_by_id", "decided_by_id", "created_by_id", "updated_by_id")
    op.create_table(
        "rights_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change_no", sa.String(length=30), nullable=False),
        sa.Column("kind", words("kind", "role_rights", "user_roles"), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("changes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("proposed_at", moment(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", moment(), nullable=True),
        sa.Column("state", words("state", "proposed", "applied", "refused", "withdrawn"), nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["ab_role.id"], name=op.f("fk_rights_change_role_id"), ondelete="RESTRICT"
        ),
        *(
            sa.ForeignKeyConstraint([name], ["ab_user.id"], name=op.f(f"fk_rights_change_{name}"), ondelete="RESTRICT")
            for name in people
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_change")),
        sa.UniqueConstraint("change_no", name=op.f("uq_rights_change_change_no")),
    )
    for columns in (
        ("state", "state_since", "id"),
        ("proposed_at", "id"),
        ("role_id",),
        ("user_id",),
        ("proposed_by_id",),
        ("decided_by_id",),
    ):
        op.create_index(op.f(f"ix_rights_change_{'_'.join(columns)}"), "rights_change", list(columns))


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
