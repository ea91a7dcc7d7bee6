"""The journal is sealed by a chain of hashes, and lists of it by person, act, record type and address have an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

HEAD = """
CREATE FUNCTION journal_head() RETURNS TABLE (number bigint, hash text, total bigint) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(5916746);
  RETURN QUERY SELECT s.id, s.hash::text, s.total_count FROM journal_seal s ORDER BY s.id DESC LIMIT 1;
END $$
"""
NO_REPLACE = """
CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
INDEXES = (("entity", "id"), ("action", "id"), ("actor_id", "id"), ("address", "id"))


def upgrade() -> None:
    for columns in INDEXES:
        op.create_index(f"ix_journal_{'_'.join(columns)}", "journal", columns)
    op.drop_index("ix_journal_actor_id", "journal")
    create_seals()
    if op.get_bind().dialect.name == "postgresql":
        refuse_changes_on_postgresql()
    else:
        refuse_changes_on_sqlite()


def create_seals() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = sa.DateTime(timezone=op.get_bind().dialect.name != "sqlite")
    op.create_table(
        "journal_seal",
        sa.Column("id", whole, autoincrement=False, nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("sealed_at", moment, nullable=False),
        sa.Column("first_id", whole, nullable=False),
        sa.Column("last_id", whole, nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("total_count", whole, nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal_seal"),
    )
    op.create_index("ix_journal_seal_last_id_first_id", "journal_seal", ["last_id", "first_id"])


def refuse_changes_on_postgresql() -> None:
    op.execute(
        "CREATE TRIGGER journal_seal_append_only BEFORE UPDATE OR DELETE ON journal_seal"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER journal_seal_no_truncate BEFORE TRUNCATE ON journal_seal"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    # Lock and head in one statement: a volatile function looks again after it has waited.
    op.execute(HEAD)


def refuse_changes_on_sqlite() -> None:
    for act in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER journal_seal_no_{act} BEFORE {act.upper()} ON journal_seal"
            " BEGIN SELECT RAISE(ABORT, 'journal_seal is append-only'); END"
        )
    # INSERT OR REPLACE takes a row away without asking the triggers above.
    for table in ("journal", "journal_seal"):
        op.execute(NO_REPLACE.format(table=table))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION journal_head()")
    else:
        op.execute("DROP TRIGGER journal_no_replace")
    op.drop_table("journal_seal")
    op.create_index("ix_journal_actor_id", "journal", ["actor_id"])
    for columns in INDEXES:
        op.drop_index(f"ix_journal_{'_'.join(columns)}", "journal")
