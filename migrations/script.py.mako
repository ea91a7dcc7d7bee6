"""${message}.

Revision ${up_revision}, after ${down_revision | comma,n}, of ${create_date}.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def fixed(precision: int, scale: int) -> sa.types.TypeEngine:
    """An exact number: NUMERIC, on SQLite a scaled integer."""
    return sa.Numeric(precision, scale).with_variant(sa.BigInteger(), "sqlite")


def moment() -> sa.types.TypeEngine:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def json() -> sa.types.TypeEngine:
    """JSON, on PostgreSQL binary."""
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def words(name: str, *values: str) -> sa.Enum:
    """A vocabulary: text with a CHECK."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
