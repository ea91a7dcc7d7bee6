"""Exception cases, matters between departments, clocks that ran out, and two more reasons to tell somebody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

DEPARTMENTS = ("order_center", "production", "logistics", "customer_service", "finance")
LIABLE = (*DEPARTMENTS, "carrier", "supplier", "customer", "force_majeure")
REASONS = (
    "customer_info",
    "customer_delay",
    "material",
    "capacity",
    "quality",
    "transport",
    "weather",
    "system",
    "human",
    "holiday",
)
NOTICES = ("mention", "comment", "step")


def upgrade() -> None:
    create_exception_case()
    create_coordination_item()
    create_clock_run()
    allow((*NOTICES, "assigned", "clock"))


def downgrade() -> None:
    op.execute("DELETE FROM notification WHERE kind IN ('assigned', 'clock')")
    allow(NOTICES)
    for table in ("clock_run", "coordination_item", "exception_case"):
        op.drop_table(table)


def create_exception_case() -> None:
    table = "exception_case"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_no", sa.String(length=30), nullable=False),
        sa.Column(
            "kind",
            words(
                "kind",
                "complaint",
                "quality",
                "delay",
                "qty_mismatch",
                "damage",
                "payment",
                "data",
                "safety",
                "other",
            ),
            nullable=False,
        ),
        sa.Column("level", words("level", "l1", "l2", "l3"), nullable=False),
        sa.Column("owner_department", words("owner_department", *DEPARTMENTS), nullable=False),
        *(sa.Column(f"{name}_id", sa.Integer(), nullable=True) for name in PARTS),
        sa.Column("source_key", sa.String(length=60), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("loss_amount", amount(), nullable=False),
        sa.Column("delay_days", sa.Integer(), nullable=False),
        sa.Column("affected_orders", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)
            for name in (
                "is_repeated",
                "is_disputed",
                "is_safety",
                "is_authority",
                "is_data_leak",
                "is_milestone_missed",
            )
        ),
        sa.Column("authority_no", sa.String(length=60), nullable=True),
        sa.Column("cause", sa.String(length=400), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("cost_amount", amount(), nullable=False),
        sa.Column("compensation_amount", amount(), nullable=False),
        sa.Column("liable_party", words("liable_party", *LIABLE), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("prevention", sa.Text(), nullable=True),
        *(sa.Column(f"{name}_at", moment(), nullable=True) for name in ("answered", "planned", "resolved", "closed")),
        sa.Column(
            "state",
            words(
                "state",
                "open",
                "answered",
                "planned",
                "pending_approval",
                "in_handling",
                "resolved",
                "closed",
                "void",
            ),
            nullable=False,
        ),
        *stamps(),
        check(table, "amounts_not_negative", "loss_amount >= 0 AND cost_amount >= 0 AND compensation_amount >= 0"),
        check(table, "counts_not_negative", "delay_days >= 0 AND affected_orders >= 1"),
        check(
            table,
            "handled_has_plan",
            "state NOT IN ('planned', 'pending_approval', 'in_handling') OR plan IS NOT NULL",
        ),
        check(table, "settled_has_resolution", "state NOT IN ('resolved', 'closed') OR resolution IS NOT NULL"),
        *keys(table, **{f"{name}_id": target for name, target in PARTS.items()}, **MAKERS),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("case_no", name=op.f(f"uq_{table}_case_no")),
        sa.UniqueConstraint("source_key", name=op.f(f"uq_{table}_source_key")),
    )
    for name in PARTS:
        index(table, f"{name}_id")
    index(table, "state", "state_since", "id")
    index(table, "kind", "level", "id")
    index(table, "level", "id")
    index(table, "owner_department", "created_at", "id")
    index(table, "liable_party", "created_at", "id")
    index(table, "created_at", "id")


def create_coordination_item() -> None:
    table = "coordination_item"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_no", sa.String(length=30), nullable=False),
        sa.Column("raised_department", words("raised_department", *DEPARTMENTS), nullable=False),
        sa.Column("against_department", words("against_department", *DEPARTMENTS), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("exception_id", sa.Integer(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("minutes_no", sa.String(length=60), nullable=True),
        sa.Column("decided_at", moment(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("overdue_told_at", moment(), nullable=True),
        sa.Column("state", words("state", "raised", "decided", "done", "withdrawn"), nullable=False),
        *stamps(),
        check(table, "against_another", "raised_department <> against_department"),
        check(
            table,
            "decided_has_owner",
            "state NOT IN ('decided', 'done') OR (owner_id IS NOT NULL AND due_on IS NOT NULL)",
        ),
        *keys(table, order_id="sales_order.id", exception_id="exception_case.id", owner_id="ab_user.id", **MAKERS),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("item_no", name=op.f(f"uq_{table}_item_no")),
    )
    for columns in (("order_id",), ("exception_id",), ("owner_id",)):
        index(table, *columns)
    index(table, "state", "state_since", "id")
    index(table, "due_on", "id")
    index(table, "created_at", "id")


def create_clock_run() -> None:
    table = "clock_run"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("record_no", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("owner_department", words("owner_department", "committee", *DEPARTMENTS), nullable=False),
        sa.Column("started_at", moment(), nullable=False),
        sa.Column("due_at", moment(), nullable=False),
        sa.Column("stopped_at", moment(), nullable=True),
        sa.Column("told_pct", sa.Integer(), nullable=False),
        sa.Column("reason", words("reason", *REASONS), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("explained_at", moment(), nullable=True),
        sa.Column("state", words("state", "warned", "kept", "breached", "explained"), nullable=False),
        *stamps(),
        check(table, "explained_has_reason", "state <> 'explained' OR reason IS NOT NULL"),
        *keys(table, order_id="sales_order.id", **MAKERS),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "entity", "entity_id", "code", "started_at", name=op.f(f"uq_{table}_entity_entity_id_code_started_at")
        ),
    )
    index(table, "order_id")
    index(table, "state", "state_since", "id")
    index(table, "due_at", "id")
    index(table, "code", "due_at", "id")
    index(table, "owner_department", "due_at", "id")


PARTS = {
    "owner": "ab_user.id",
    "order": "sales_order.id",
    "order_line": "order_line.id",
    "task": "production_task.id",
    "inspection": "inspection.id",
    "shipment": "shipment.id",
    "ticket": "service_ticket.id",
    "payment": "payment.id",
}
MAKERS = {"created_by_id": "ab_user.id", "updated_by_id": "ab_user.id"}


def allow(kinds: tuple[str, ...]) -> None:
    """The kinds of notices that the table takes."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("notification") as batch:
        batch.drop_constraint(op.f("ck_notification_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_notification_kind"), f"kind IN ({listed})")


def stamps() -> tuple[sa.Column[object], ...]:
    """Who made and changed a row, and when."""
    return (
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def keys(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    """Foreign keys by column."""
    return [
        sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_{table}_{name}"), ondelete="RESTRICT")
        for name, target in targets.items()
    ]


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    """A CHECK with its name."""
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def words(name: str, *values: str) -> sa.Enum:
    """A vocabulary: text with a CHECK."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def amount() -> sa.types.TypeEngine[object]:
    """CNY, exact on both engines."""
    return sa.Numeric(14, 2).with_variant(sa.BigInteger(), "sqlite")


def moment() -> sa.types.TypeEngine[object]:
    """A moment in UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
