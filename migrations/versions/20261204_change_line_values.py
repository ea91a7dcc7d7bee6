"""What a change line says before and after: values by column instead of a sentence in the writer's language."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

NAMES = ("before", "after")
LONGEST = 400


def json() -> sa.types.TypeEngine:
    """A value of several parts."""
    return sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def exchange(kind: sa.types.TypeEngine, value: str) -> None:
    """Each column as one of another kind, filled by an expression on the old one. SQLite casts no JSON in place."""
    with op.batch_alter_table("change_line") as batch:
        for name in NAMES:
            batch.add_column(sa.Column(f"new_{name}", kind, nullable=True))
    table = sa.table("change_line", *(sa.column(name) for column in NAMES for name in (column, f"new_{column}")))
    for name in NAMES:
        filled = sa.literal_column(value.format(name=f'"{name}"'))
        op.execute(sa.update(table).values({f"new_{name}": filled}).where(table.c[name].is_not(None)))
    with op.batch_alter_table("change_line") as batch:
        for name in NAMES:
            batch.drop_column(name)
    with op.batch_alter_table("change_line") as batch:
        for name in NAMES:
            batch.alter_column(f"new_{name}", new_column_name=name, existing_type=kind, existing_nullable=True)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    # An old sentence is kept as it was written.
    exchange(json(), "json_object('said', {name})" if is_sqlite else "jsonb_build_object('said', {name})")


def downgrade() -> None:
    exchange(sa.String(length=LONGEST), f"substr(CAST({{name}} AS TEXT), 1, {LONGEST})")
