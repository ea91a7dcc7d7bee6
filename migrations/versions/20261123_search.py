"""Searches: external numbers by an index of their own, two-sign pieces of names in the search texts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LENGTH = 400
MANY = 5_000
TABLES = ("customer", "product")


def upgrade() -> None:
    op.create_index("ix_sales_order_external_no_id", "sales_order", ["external_no", "id"], unique=False)
    for name in TABLES:
        rewrite(name, lambda text, found: f"{text} {' '.join(found)}"[:LENGTH])


def downgrade() -> None:
    for name in TABLES:
        rewrite(name, lambda text, found: text.removesuffix(f" {' '.join(found)}"))
    op.drop_index("ix_sales_order_external_no_id", table_name="sales_order")


def rewrite(name: str, change: Callable[[str, list[str]], str]) -> None:
    table = sa.table(name, sa.column("id"), sa.column("name"), sa.column("search_text"))
    connection, last = op.get_bind(), 0
    statement = table.update().where(table.c.id == sa.bindparam("key")).values(search_text=sa.bindparam("text"))
    while rows := connection.execute(sa.select(table).where(table.c.id > last).order_by(table.c.id).limit(MANY)).all():
        last = rows[-1].id
        changed = [
            {"key": row.id, "text": change(row.search_text, found)} for row in rows if (found := pieces(row.name))
        ]
        if changed:
            connection.execute(statement, changed)


def pieces(text: str) -> list[str]:
    return list(dict.fromkeys(a + b for a, b in pairwise(text) if is_sign(a) and is_sign(b)))


def is_sign(character: str) -> bool:
    return not character.isascii() and character.isalpha()
