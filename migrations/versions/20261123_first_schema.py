"""The first schema: accounts of the framework and everything an order goes through.

Journal and allocations are append-only in the database itself. Names are searched by trigrams where the server has
them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("journal", "payment_allocation")
TRIGRAM = ("customer", "product")
TABLES = (
    "ab_group",
    "ab_permission",
    "ab_register_user",
    "ab_role",
    "ab_user",
    "ab_view_menu",
    "ab_api_key",
    "ab_group_role",
    "ab_permission_view",
    "ab_user_group",
    "ab_user_role",
    "ab_permission_view_role",
    "customer",
    "consent",
    "customer_address",
    "product",
    "stock",
    "sales_order",
    "inbox_item",
    "order_fee",
    "order_line",
    "reservation",
    "approval",
    "confirmation_letter",
    "order_review",
    "approval_vote",
    "production_task",
    "inspection",
    "production_report",
    "inspection_defect",
    "shipment",
    "delivery_receipt",
    "installation",
    "package",
    "shipment_line",
    "acceptance",
    "acceptance_line",
    "service_ticket",
    "invoice",
    "payment",
    "payment_schedule",
    "payment_allocation",
    "refund",
    "idempotency_key",
    "number_counter",
    "calendar_day",
    "journal",
    "policy_parameter",
    "import_mapping",
    "import_batch",
    "imported_customer",
    "import_row",
)


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


def is_postgresql() -> bool:
    """What only one of the two databases can do."""
    return op.get_bind().dialect.name == "postgresql"


def upgrade() -> None:
    create_accounts()
    create_customers()
    create_products()
    create_orders()
    create_decisions()
    create_production()
    create_delivery()
    create_service()
    create_money()
    create_machinery()
    create_imports()
    if is_postgresql():
        refuse_changes_on_postgresql()
        index_trigrams()
    else:
        refuse_changes_on_sqlite()


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
    if is_postgresql():
        op.execute("DROP FUNCTION refuse_change()")


def refuse_changes_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';"
        " END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def refuse_changes_on_sqlite() -> None:
    for table in APPEND_ONLY:
        for act in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def index_trigrams() -> None:
    """Part of the contrib package, which a server may lack: the search then reads the table, and still answers."""
    found = sa.text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'")
    if not op.get_bind().execute(found).scalar_one():
        return
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for table in TRIGRAM:
        op.execute(f"CREATE INDEX ix_{table}_search_text_trgm ON {table} USING gin (search_text gin_trgm_ops)")


def create_accounts() -> None:
    op.create_table(
        "ab_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("label", sa.String(length=150), nullable=True),
        sa.Column("description", sa.String(length=512), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_group")),
        sa.UniqueConstraint("name", name=op.f("uq_ab_group_name")),
    )
    op.create_table(
        "ab_permission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_permission")),
        sa.UniqueConstraint("name", name=op.f("uq_ab_permission_name")),
    )
    op.create_table(
        "ab_register_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("registration_date", sa.DateTime(), nullable=True),
        sa.Column("registration_hash", sa.String(length=256), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_register_user")),
        sa.UniqueConstraint("email", name=op.f("uq_ab_register_user_email")),
        sa.UniqueConstraint("username", name=op.f("uq_ab_register_user_username")),
    )
    op.create_table(
        "ab_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_role")),
        sa.UniqueConstraint("name", name=op.f("uq_ab_role_name")),
    )
    op.create_table(
        "ab_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("last_login", sa.DateTime(), nullable=True),
        sa.Column("login_count", sa.Integer(), nullable=True),
        sa.Column("fail_login_count", sa.Integer(), nullable=True),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("changed_on", sa.DateTime(), nullable=True),
        sa.Column("created_by_fk", sa.Integer(), nullable=True),
        sa.Column("changed_by_fk", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_fk"], ["ab_user.id"], name=op.f("fk_ab_user_changed_by_fk")),
        sa.ForeignKeyConstraint(["created_by_fk"], ["ab_user.id"], name=op.f("fk_ab_user_created_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_user")),
        sa.UniqueConstraint("email", name=op.f("uq_ab_user_email")),
        sa.UniqueConstraint("username", name=op.f("uq_ab_user_username")),
    )
    op.create_table(
        "ab_view_menu",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_view_menu")),
        sa.UniqueConstraint("name", name=op.f("uq_ab_view_menu_name")),
    )
    op.create_table(
        "ab_api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("key_hash", sa.String(length=256), nullable=False),
        sa.Column("lookup_hash", sa.String(length=256), nullable=True),
        sa.Column("key_prefix", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("expires_on", sa.DateTime(), nullable=True),
        sa.Column("revoked_on", sa.DateTime(), nullable=True),
        sa.Column("last_used_on", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_ab_api_key_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_api_key")),
        sa.UniqueConstraint("lookup_hash", name=op.f("uq_ab_api_key_lookup_hash")),
        sa.UniqueConstraint("uuid", name=op.f("uq_ab_api_key_uuid")),
    )
    op.create_index("idx_api_key_lookup_hash", "ab_api_key", ["lookup_hash"], unique=True)
    op.create_index("idx_api_key_prefix", "ab_api_key", ["key_prefix"], unique=False)
    op.create_index("idx_api_key_user_id", "ab_api_key", ["user_id"], unique=False)
    op.create_table(
        "ab_group_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["ab_group.id"], name=op.f("fk_ab_group_role_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], name=op.f("fk_ab_group_role_role_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_group_role")),
        sa.UniqueConstraint("group_id", "role_id", name=op.f("uq_ab_group_role_group_id_role_id")),
    )
    op.create_index("idx_group_id", "ab_group_role", ["group_id"], unique=False)
    op.create_index("idx_group_role_id", "ab_group_role", ["role_id"], unique=False)
    op.create_table(
        "ab_permission_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("permission_id", sa.Integer(), nullable=False),
        sa.Column("view_menu_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["permission_id"], ["ab_permission.id"], name=op.f("fk_ab_permission_view_permission_id")
        ),
        sa.ForeignKeyConstraint(["view_menu_id"], ["ab_view_menu.id"], name=op.f("fk_ab_permission_view_view_menu_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_permission_view")),
        sa.UniqueConstraint(
            "permission_id", "view_menu_id", name=op.f("uq_ab_permission_view_permission_id_view_menu_id")
        ),
    )
    op.create_index("idx_permission_id", "ab_permission_view", ["permission_id"], unique=False)
    op.create_index("idx_view_menu_id", "ab_permission_view", ["view_menu_id"], unique=False)
    op.create_table(
        "ab_user_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["ab_group.id"], name=op.f("fk_ab_user_group_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_ab_user_group_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_user_group")),
        sa.UniqueConstraint("user_id", "group_id", name=op.f("uq_ab_user_group_user_id_group_id")),
    )
    op.create_index("idx_user_group_id", "ab_user_group", ["group_id"], unique=False)
    op.create_index("idx_user_id", "ab_user_group", ["user_id"], unique=False)
    op.create_table(
        "ab_user_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], name=op.f("fk_ab_user_role_role_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_ab_user_role_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_user_role")),
        sa.UniqueConstraint("user_id", "role_id", name=op.f("uq_ab_user_role_user_id_role_id")),
    )
    op.create_table(
        "ab_permission_view_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("permission_view_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["permission_view_id"],
            ["ab_permission_view.id"],
            name=op.f("fk_ab_permission_view_role_permission_view_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["ab_role.id"], name=op.f("fk_ab_permission_view_role_role_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_permission_view_role")),
        sa.UniqueConstraint(
            "permission_view_id", "role_id", name=op.f("uq_ab_permission_view_role_permission_view_id_role_id")
        ),
    )
    op.create_index("idx_permission_view_id", "ab_permission_view_role", ["permission_view_id"], unique=False)
    op.create_index("idx_role_id", "ab_permission_view_role", ["role_id"], unique=False)


def create_customers() -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("kind", words("kind", "person", "company", "government", "institution", "other"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("email", sa.String(length=120), nullable=True),
        sa.Column("wechat", sa.String(length=60), nullable=True),
        sa.Column("province", sa.String(length=40), nullable=True),
        sa.Column("city", sa.String(length=40), nullable=True),
        sa.Column("level", words("level", "new", "a", "b", "c"), nullable=False),
        sa.Column("credit_limit_amount", fixed(14, 2), nullable=False),
        sa.Column("credit_days", sa.Integer(), nullable=False),
        sa.Column("is_dealer", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_blacklisted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("blacklist_reason", sa.String(length=200), nullable=True),
        sa.Column(
            "source_channel",
            words("source_channel", "online_mall", "phone", "onsite", "email", "post", "wechat", "tender", "other"),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("search_text", sa.String(length=400), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "NOT is_blacklisted OR blacklist_reason IS NOT NULL", name=op.f("ck_customer_blacklist_reason")
        ),
        sa.CheckConstraint(
            "credit_limit_amount >= 0 AND credit_days >= 0", name=op.f("ck_customer_credit_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_customer_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_customer_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("code", name=op.f("uq_customer_code")),
    )
    op.create_index(op.f("ix_customer_created_at_id"), "customer", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_customer_name_id"), "customer", ["name", "id"], unique=False)
    op.create_index(op.f("ix_customer_phone_id"), "customer", ["phone", "id"], unique=False)
    op.create_index(
        "uq_customer_person_phone",
        "customer",
        ["phone"],
        unique=True,
        sqlite_where=sa.text("kind = 'person' AND phone IS NOT NULL"),
        postgresql_where=sa.text("kind = 'person' AND phone IS NOT NULL"),
    )
    op.create_index(
        "uq_customer_uscc",
        "customer",
        ["uscc"],
        unique=True,
        sqlite_where=sa.text("uscc IS NOT NULL"),
        postgresql_where=sa.text("uscc IS NOT NULL"),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            words("purpose", "order", "delivery_share", "marketing", "photo", "survey", "recording"),
            nullable=False,
        ),
        sa.Column("is_granted", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("text_version", sa.String(length=20), nullable=False),
        sa.Column(
            "channel",
            words("channel", "online_mall", "phone", "onsite", "email", "post", "wechat", "tender", "other"),
            nullable=False,
        ),
        sa.Column("given_at", moment(), nullable=False),
        sa.Column("withdrawn_at", moment(), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR withdrawn_at >= given_at", name=op.f("ck_consent_withdrawn_after_given")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_consent_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_consent_customer_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_consent_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_customer_id"), "consent", ["customer_id"], unique=False)
    op.create_index(op.f("ix_consent_given_at_id"), "consent", ["given_at", "id"], unique=False)
    op.create_table(
        "customer_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("contact_name", sa.String(length=60), nullable=False),
        sa.Column("contact_phone", sa.String(length=20), nullable=False),
        sa.Column("province", sa.String(length=40), nullable=False),
        sa.Column("city", sa.String(length=40), nullable=False),
        sa.Column("district", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("elevator", words("elevator", "none", "passenger", "freight"), nullable=False),
        sa.Column("door_code", sa.String(length=40), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_customer_address_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_address_customer_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_customer_address_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_address")),
    )
    op.create_index(op.f("ix_customer_address_customer_id"), "customer_address", ["customer_id"], unique=False)


def create_products() -> None:
    op.create_table(
        "product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sku_code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("series", sa.String(length=60), nullable=True),
        sa.Column(
            "category",
            words(
                "category",
                "sofa",
                "bed",
                "wardrobe",
                "cabinet",
                "bookcase",
                "table",
                "chair",
                "desk",
                "accessory",
                "school",
                "hotel",
                "steel_cabinet",
                "children",
                "other",
            ),
            nullable=False,
        ),
        sa.Column("supply_mode", words("supply_mode", "stock", "make_to_order", "custom"), nullable=False),
        sa.Column("material", sa.String(length=100), nullable=True),
        sa.Column("finish", sa.String(length=60), nullable=True),
        sa.Column("colour", sa.String(length=60), nullable=True),
        sa.Column("env_grade", words("env_grade", "enf", "e0", "e1"), nullable=True),
        sa.Column("length_mm", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("pieces_per_pack", sa.Integer(), nullable=False),
        sa.Column("packs_per_set", sa.Integer(), nullable=False),
        sa.Column("pack_volume", fixed(10, 3), nullable=False),
        sa.Column("pack_weight_kg", fixed(8, 1), nullable=False),
        sa.Column("needs_install", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("warranty_months", sa.Integer(), nullable=False),
        sa.Column("list_price", fixed(14, 4), nullable=False),
        sa.Column("standard_cost", fixed(14, 4), nullable=False),
        sa.Column("tax_rate", fixed(7, 3), nullable=False),
        sa.Column("is_children", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("search_text", sa.String(length=400), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("lead_days >= 0 AND warranty_months >= 0", name=op.f("ck_product_terms_not_negative")),
        sa.CheckConstraint(
            "length_mm >= 0 AND width_mm >= 0 AND height_mm >= 0 AND pack_volume >= 0",
            name=op.f("ck_product_size_not_negative"),
        ),
        sa.CheckConstraint(
            "list_price >= 0 AND standard_cost >= 0 AND tax_rate >= 0", name=op.f("ck_product_prices_not_negative")
        ),
        sa.CheckConstraint("pieces_per_pack > 0 AND packs_per_set > 0", name=op.f("ck_product_packs_positive")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_product_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_product_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("sku_code", name=op.f("uq_product_sku_code")),
    )
    op.create_index(op.f("ix_product_category_sku_code_id"), "product", ["category", "sku_code", "id"], unique=False)
    op.create_index(op.f("ix_product_created_at_id"), "product", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_product_list_price_id"), "product", ["list_price", "id"], unique=False)
    op.create_index(op.f("ix_product_name_id"), "product", ["name", "id"], unique=False)
    op.create_table(
        "stock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("warehouse", sa.String(length=40), nullable=False),
        sa.Column("qty_on_hand", fixed(12, 3), nullable=False),
        sa.Column("qty_soft", fixed(12, 3), nullable=False),
        sa.Column("qty_hard", fixed(12, 3), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty_on_hand >= 0 AND qty_soft >= 0 AND qty_hard >= 0", name=op.f("ck_stock_not_negative")),
        sa.CheckConstraint("qty_soft + qty_hard <= qty_on_hand", name=op.f("ck_stock_reserved_on_hand")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_stock_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_stock_product_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_stock_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock")),
        sa.UniqueConstraint("product_id", "warehouse", name=op.f("uq_stock_product_id_warehouse")),
    )


def create_orders() -> None:
    op.create_table(
        "sales_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_no", sa.String(length=30), nullable=False),
        sa.Column(
            "order_type", words("order_type", "retail", "project", "government", "bulk", "other"), nullable=False
        ),
        sa.Column(
            "channel",
            words("channel", "online_mall", "phone", "onsite", "email", "post", "wechat", "tender", "other"),
            nullable=False,
        ),
        sa.Column("external_no", sa.String(length=60), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("address_id", sa.Integer(), nullable=True),
        sa.Column("project_name", sa.String(length=120), nullable=True),
        sa.Column("contract_no", sa.String(length=60), nullable=True),
        sa.Column("received_at", moment(), nullable=False),
        sa.Column("entered_at", moment(), nullable=True),
        sa.Column("requested_on", sa.Date(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("promise_rule", sa.String(length=200), nullable=True),
        sa.Column(
            "delivery_mode", words("delivery_mode", "own_fleet", "line", "ltl", "express", "pickup"), nullable=False
        ),
        sa.Column("install_required", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("receiver_name", sa.String(length=60), nullable=True),
        sa.Column("receiver_phone", sa.String(length=20), nullable=True),
        sa.Column("ship_province", sa.String(length=40), nullable=True),
        sa.Column("ship_city", sa.String(length=40), nullable=True),
        sa.Column("ship_district", sa.String(length=40), nullable=True),
        sa.Column("ship_address", sa.String(length=200), nullable=True),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("elevator", words("elevator", "none", "passenger", "freight"), nullable=False),
        sa.Column(
            "payment_method",
            words("payment_method", "wechat", "alipay", "unionpay", "bank_transfer", "pos", "cash", "bill"),
            nullable=True,
        ),
        sa.Column("goods_amount", fixed(14, 2), nullable=False),
        sa.Column("fee_amount", fixed(14, 2), nullable=False),
        sa.Column("total_amount", fixed(14, 2), nullable=False),
        sa.Column("tax_amount", fixed(14, 2), nullable=False),
        sa.Column("net_amount", fixed(14, 2), nullable=False),
        sa.Column("paid_amount", fixed(14, 2), nullable=False),
        sa.Column("refunded_amount", fixed(14, 2), nullable=False),
        sa.Column("deposit_amount", fixed(14, 2), nullable=False),
        sa.Column("is_large", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("special_flags", json(), nullable=False),
        sa.Column("is_on_hold", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("hold_reason", sa.String(length=200), nullable=True),
        sa.Column(
            "cancel_kind", words("cancel_kind", "customer", "company", "force_majeure", "rejected"), nullable=True
        ),
        sa.Column(
            "cancel_reason",
            words(
                "cancel_reason",
                "price",
                "lead_time",
                "design",
                "house",
                "duplicate",
                "fund",
                "quality",
                "company",
                "other",
            ),
            nullable=True,
        ),
        sa.Column(
            "late_reason",
            words(
                "late_reason",
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
            ),
            nullable=True,
        ),
        sa.Column("skip_reason", sa.String(length=100), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("completed_at", moment(), nullable=True),
        sa.Column("origin", words("origin", "entered", "imported"), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "state",
            words(
                "state",
                "draft",
                "pending_review",
                "pending_approval",
                "approved",
                "confirmed",
                "in_production",
                "ready_to_ship",
                "partly_shipped",
                "shipped",
                "delivered",
                "pending_acceptance",
                "completed",
                "closed",
                "cancelled",
                "rejected",
            ),
            nullable=False,
        ),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state NOT IN ('cancelled', 'rejected') OR cancel_kind IS NOT NULL",
            name=op.f("ck_sales_order_cancelled_has_kind"),
        ),
        sa.CheckConstraint("NOT is_on_hold OR hold_reason IS NOT NULL", name=op.f("ck_sales_order_hold_has_reason")),
        sa.CheckConstraint(
            "goods_amount >= 0 AND fee_amount >= 0 AND tax_amount >= 0 AND deposit_amount >= 0",
            name=op.f("ck_sales_order_money_not_negative"),
        ),
        sa.CheckConstraint(
            "paid_amount >= 0 AND refunded_amount >= 0 AND refunded_amount <= paid_amount",
            name=op.f("ck_sales_order_paid_not_negative"),
        ),
        sa.CheckConstraint(
            "total_amount = goods_amount + fee_amount", name=op.f("ck_sales_order_total_is_goods_and_fees")
        ),
        sa.CheckConstraint("total_amount = net_amount + tax_amount", name=op.f("ck_sales_order_total_is_net_and_tax")),
        sa.ForeignKeyConstraint(
            ["address_id"], ["customer_address.id"], name=op.f("fk_sales_order_address_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_sales_order_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_sales_order_customer_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_sales_order_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_order")),
        sa.UniqueConstraint("order_no", name=op.f("uq_sales_order_order_no")),
    )
    op.create_index(op.f("ix_sales_order_address_id"), "sales_order", ["address_id"], unique=False)
    op.create_index(
        op.f("ix_sales_order_channel_received_at_id"), "sales_order", ["channel", "received_at", "id"], unique=False
    )
    op.create_index(op.f("ix_sales_order_created_at_id"), "sales_order", ["created_at", "id"], unique=False)
    op.create_index(
        op.f("ix_sales_order_customer_id_received_at_id"),
        "sales_order",
        ["customer_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sales_order_order_type_received_at_id"),
        "sales_order",
        ["order_type", "received_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_sales_order_promised_on_id"), "sales_order", ["promised_on", "id"], unique=False)
    op.create_index(op.f("ix_sales_order_received_at_id"), "sales_order", ["received_at", "id"], unique=False)
    op.create_index(
        op.f("ix_sales_order_state_received_at_id"), "sales_order", ["state", "received_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_sales_order_state_state_since_id"), "sales_order", ["state", "state_since", "id"], unique=False
    )
    op.create_index(op.f("ix_sales_order_total_amount_id"), "sales_order", ["total_amount", "id"], unique=False)
    op.create_index(
        "uq_sales_order_external_no",
        "sales_order",
        ["channel", "external_no"],
        unique=True,
        sqlite_where=sa.text("external_no IS NOT NULL"),
        postgresql_where=sa.text("external_no IS NOT NULL"),
    )
    op.create_table(
        "inbox_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inbox_no", sa.String(length=30), nullable=False),
        sa.Column(
            "channel",
            words("channel", "online_mall", "phone", "onsite", "email", "post", "wechat", "tender", "other"),
            nullable=False,
        ),
        sa.Column("external_no", sa.String(length=60), nullable=True),
        sa.Column("received_at", moment(), nullable=False),
        sa.Column("customer_name", sa.String(length=100), nullable=False),
        sa.Column("customer_phone", sa.String(length=20), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("state", words("state", "open", "entered", "void"), nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_inbox_item_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_inbox_item_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_inbox_item_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_item")),
        sa.UniqueConstraint("inbox_no", name=op.f("uq_inbox_item_inbox_no")),
    )
    op.create_index(op.f("ix_inbox_item_order_id"), "inbox_item", ["order_id"], unique=False)
    op.create_index(op.f("ix_inbox_item_received_at_id"), "inbox_item", ["received_at", "id"], unique=False)
    op.create_index(
        op.f("ix_inbox_item_state_state_since_id"), "inbox_item", ["state", "state_since", "id"], unique=False
    )
    op.create_index(
        "uq_inbox_item_external_no",
        "inbox_item",
        ["channel", "external_no"],
        unique=True,
        sqlite_where=sa.text("external_no IS NOT NULL"),
        postgresql_where=sa.text("external_no IS NOT NULL"),
    )
    op.create_table(
        "order_fee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            words("kind", "delivery", "upstairs", "install", "second_trip", "storage", "measure", "rush", "other"),
            nullable=False,
        ),
        sa.Column("description", sa.String(length=200), nullable=True),
        sa.Column("amount", fixed(14, 2), nullable=False),
        sa.Column("tax_rate", fixed(7, 3), nullable=False),
        sa.Column("tax_amount", fixed(14, 2), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "amount >= 0 AND tax_amount >= 0 AND tax_amount <= amount", name=op.f("ck_order_fee_amount_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_order_fee_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_order_fee_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_order_fee_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_fee")),
        sa.UniqueConstraint("order_id", "kind", name=op.f("uq_order_fee_order_id_kind")),
    )
    op.create_table(
        "order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=True),
        sa.Column("length_mm", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("material", sa.String(length=100), nullable=True),
        sa.Column("finish", sa.String(length=60), nullable=True),
        sa.Column("colour", sa.String(length=60), nullable=True),
        sa.Column("qty_ordered", fixed(12, 3), nullable=False),
        sa.Column("qty_cancelled", fixed(12, 3), nullable=False),
        sa.Column("qty_produced", fixed(12, 3), nullable=False),
        sa.Column("qty_qc_passed", fixed(12, 3), nullable=False),
        sa.Column("qty_reserved", fixed(12, 3), nullable=False),
        sa.Column("qty_shipped", fixed(12, 3), nullable=False),
        sa.Column("qty_back", fixed(12, 3), nullable=False),
        sa.Column("qty_delivered", fixed(12, 3), nullable=False),
        sa.Column("qty_installed", fixed(12, 3), nullable=False),
        sa.Column("qty_accepted", fixed(12, 3), nullable=False),
        sa.Column("qty_returned", fixed(12, 3), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("list_price", fixed(14, 4), nullable=False),
        sa.Column("discount_pct", fixed(7, 3), nullable=False),
        sa.Column("unit_price", fixed(14, 4), nullable=False),
        sa.Column("line_amount", fixed(14, 2), nullable=False),
        sa.Column("tax_rate", fixed(7, 3), nullable=False),
        sa.Column("tax_amount", fixed(14, 2), nullable=False),
        sa.Column("supply_mode", words("supply_mode", "stock", "make_to_order", "custom"), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("line_promised_on", sa.Date(), nullable=True),
        sa.Column("needs_install", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("pack_count", sa.Integer(), nullable=False),
        sa.Column("volume", fixed(10, 3), nullable=False),
        sa.Column("warranty_months", sa.Integer(), nullable=False),
        sa.Column("warranty_from_on", sa.Date(), nullable=True),
        sa.Column("warranty_to_on", sa.Date(), nullable=True),
        sa.Column("return_deadline_at", moment(), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "supply_mode = 'stock' OR qty_qc_passed <= qty_produced",
            name=op.f("ck_order_line_qc_passed_within_produced"),
        ),
        sa.CheckConstraint(
            "NOT needs_install OR qty_accepted <= qty_installed", name=op.f("ck_order_line_accepted_within_installed")
        ),
        sa.CheckConstraint(
            "list_price >= 0 AND unit_price >= 0 AND line_amount >= 0 AND tax_amount >= 0",
            name=op.f("ck_order_line_money_not_negative"),
        ),
        sa.CheckConstraint("qty_accepted <= qty_delivered", name=op.f("ck_order_line_accepted_within_delivered")),
        sa.CheckConstraint("qty_back <= qty_shipped", name=op.f("ck_order_line_back_within_shipped")),
        sa.CheckConstraint(
            "qty_cancelled >= 0 AND qty_produced >= 0 AND qty_qc_passed >= 0 AND qty_reserved >= 0"
            " AND qty_shipped >= 0 AND qty_back >= 0 AND qty_delivered >= 0 AND qty_installed >= 0"
            " AND qty_accepted >= 0 AND qty_returned >= 0",
            name=op.f("ck_order_line_quantities_not_negative"),
        ),
        sa.CheckConstraint(
            "qty_delivered <= qty_shipped - qty_back", name=op.f("ck_order_line_delivered_within_shipped")
        ),
        sa.CheckConstraint("qty_installed <= qty_delivered", name=op.f("ck_order_line_installed_within_delivered")),
        sa.CheckConstraint("qty_ordered > 0", name=op.f("ck_order_line_ordered_positive")),
        sa.CheckConstraint("qty_returned <= qty_delivered", name=op.f("ck_order_line_returned_within_delivered")),
        sa.CheckConstraint(
            "qty_shipped - qty_back + qty_cancelled <= qty_ordered",
            name=op.f("ck_order_line_shipped_and_cancelled_within_ordered"),
        ),
        sa.CheckConstraint("qty_shipped <= qty_qc_passed", name=op.f("ck_order_line_shipped_within_qc_passed")),
        sa.CheckConstraint("tax_amount <= line_amount", name=op.f("ck_order_line_tax_within_line")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_order_line_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_order_line_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_order_line_product_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_order_line_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("order_id", "line_no", name=op.f("uq_order_line_order_id_line_no")),
    )
    op.create_index(op.f("ix_order_line_product_id"), "order_line", ["product_id"], unique=False)
    op.create_table(
        "reservation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("stock_id", sa.Integer(), nullable=False),
        sa.Column("qty", fixed(12, 3), nullable=False),
        sa.Column("kind", words("kind", "soft", "hard"), nullable=False),
        sa.Column("expires_at", moment(), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty >= 0", name=op.f("ck_reservation_qty_not_negative")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_reservation_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_reservation_order_line_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["stock_id"], ["stock.id"], name=op.f("fk_reservation_stock_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_reservation_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
        sa.UniqueConstraint("order_line_id", "stock_id", name=op.f("uq_reservation_order_line_id_stock_id")),
    )
    op.create_index(op.f("ix_reservation_stock_id"), "reservation", ["stock_id"], unique=False)


def create_decisions() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("approval_no", sa.String(length=30), nullable=False),
        sa.Column("kind", words("kind", "order_special", "order_large", "refund"), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("amount", fixed(14, 2), nullable=False),
        sa.Column("triggers", json(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("submitted_by_id", sa.Integer(), nullable=True),
        sa.Column("submitted_at", moment(), nullable=False),
        sa.Column("due_at", moment(), nullable=False),
        sa.Column("decided_at", moment(), nullable=True),
        sa.Column("state", words("state", "pending", "approved", "rejected", "withdrawn", "expired"), nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_approval_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_approval_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_approval_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["ab_user.id"], name=op.f("fk_approval_submitted_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_approval_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.UniqueConstraint("approval_no", name=op.f("uq_approval_approval_no")),
    )
    op.create_index(op.f("ix_approval_due_at_id"), "approval", ["due_at", "id"], unique=False)
    op.create_index(op.f("ix_approval_order_id"), "approval", ["order_id"], unique=False)
    op.create_index(op.f("ix_approval_state_state_since_id"), "approval", ["state", "state_since", "id"], unique=False)
    op.create_index(op.f("ix_approval_submitted_at_id"), "approval", ["submitted_at", "id"], unique=False)
    op.create_index(op.f("ix_approval_submitted_by_id"), "approval", ["submitted_by_id"], unique=False)
    op.create_table(
        "confirmation_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_no", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("letter_version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("content", json(), nullable=False),
        sa.Column("total_amount", fixed(14, 2), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("promise_rule", sa.String(length=200), nullable=True),
        sa.Column("channel", words("channel", "sms", "email", "wechat", "paper"), nullable=False),
        sa.Column("sent_at", moment(), nullable=False),
        sa.Column("answered_at", moment(), nullable=True),
        sa.Column("state", words("state", "sent", "acknowledged", "disputed", "superseded"), nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("letter_version > 0", name=op.f("ck_confirmation_letter_version_positive")),
        sa.CheckConstraint(
            "promised_on IS NOT NULL OR promise_rule IS NOT NULL", name=op.f("ck_confirmation_letter_has_promise")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_confirmation_letter_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_confirmation_letter_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_confirmation_letter_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation_letter")),
        sa.UniqueConstraint("letter_no", name=op.f("uq_confirmation_letter_letter_no")),
        sa.UniqueConstraint("order_id", "letter_version", name=op.f("uq_confirmation_letter_order_id_letter_version")),
    )
    op.create_index(op.f("ix_confirmation_letter_sent_at_id"), "confirmation_letter", ["sent_at", "id"], unique=False)
    op.create_index(
        op.f("ix_confirmation_letter_state_state_since_id"),
        "confirmation_letter",
        ["state", "state_since", "id"],
        unique=False,
    )
    op.create_table(
        "order_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "check_name",
            words("check_name", "stock", "price", "lead_time", "credit", "compliance", "technical"),
            nullable=False,
        ),
        sa.Column("result", words("result", "passed", "failed", "conditional"), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=True),
        sa.Column("comment", sa.String(length=400), nullable=True),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("reviewed_at", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "result <> 'failed' OR comment IS NOT NULL", name=op.f("ck_order_review_failed_has_comment")
        ),
        sa.CheckConstraint("round > 0", name=op.f("ck_order_review_round_positive")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_order_review_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_order_review_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["ab_user.id"], name=op.f("fk_order_review_reviewer_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_order_review_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_review")),
        sa.UniqueConstraint("order_id", "round", "check_name", name=op.f("uq_order_review_order_id_round_check_name")),
    )
    op.create_index(op.f("ix_order_review_reviewed_at_id"), "order_review", ["reviewed_at", "id"], unique=False)
    op.create_index(op.f("ix_order_review_reviewer_id"), "order_review", ["reviewer_id"], unique=False)
    op.create_table(
        "approval_vote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("approval_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("decision", words("decision", "approve", "reject", "abstain"), nullable=False),
        sa.Column("comment", sa.String(length=400), nullable=True),
        sa.Column("voted_at", moment(), nullable=False),
        sa.Column("is_chair", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "decision <> 'reject' OR comment IS NOT NULL", name=op.f("ck_approval_vote_reject_has_comment")
        ),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approval.id"], name=op.f("fk_approval_vote_approval_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_approval_vote_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["ab_user.id"], name=op.f("fk_approval_vote_member_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_approval_vote_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_vote")),
        sa.UniqueConstraint("approval_id", "member_id", name=op.f("uq_approval_vote_approval_id_member_id")),
    )
    op.create_index(op.f("ix_approval_vote_member_id"), "approval_vote", ["member_id"], unique=False)


def create_production() -> None:
    op.create_table(
        "production_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_no", sa.String(length=30), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("qty", fixed(12, 3), nullable=False),
        sa.Column("qty_done", fixed(12, 3), nullable=False),
        sa.Column("priority", words("priority", "normal", "high", "rush"), nullable=False),
        sa.Column("spec", json(), nullable=False),
        sa.Column("work_centre", sa.String(length=60), nullable=True),
        sa.Column("material_ready_on", sa.Date(), nullable=True),
        sa.Column("planned_start_on", sa.Date(), nullable=True),
        sa.Column("planned_end_on", sa.Date(), nullable=True),
        sa.Column("started_at", moment(), nullable=True),
        sa.Column("finished_at", moment(), nullable=True),
        sa.Column("planner_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            words("state", "planned", "released", "in_progress", "paused", "completed", "cancelled"),
            nullable=False,
        ),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "planned_start_on IS NULL OR planned_end_on IS NULL OR planned_end_on >= planned_start_on",
            name=op.f("ck_production_task_plan_in_order"),
        ),
        sa.CheckConstraint("qty > 0", name=op.f("ck_production_task_qty_positive")),
        sa.CheckConstraint("qty_done >= 0 AND qty_done <= qty", name=op.f("ck_production_task_done_within_qty")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_production_task_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_production_task_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_production_task_order_line_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["planner_id"], ["ab_user.id"], name=op.f("fk_production_task_planner_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_production_task_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_task")),
        sa.UniqueConstraint("task_no", name=op.f("uq_production_task_task_no")),
    )
    op.create_index(op.f("ix_production_task_created_at_id"), "production_task", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_production_task_order_id"), "production_task", ["order_id"], unique=False)
    op.create_index(op.f("ix_production_task_order_line_id"), "production_task", ["order_line_id"], unique=False)
    op.create_index(
        op.f("ix_production_task_planned_end_on_id"), "production_task", ["planned_end_on", "id"], unique=False
    )
    op.create_index(op.f("ix_production_task_planner_id"), "production_task", ["planner_id"], unique=False)
    op.create_index(
        op.f("ix_production_task_state_planned_end_on_id"),
        "production_task",
        ["state", "planned_end_on", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_production_task_state_state_since_id"), "production_task", ["state", "state_since", "id"], unique=False
    )
    op.create_table(
        "inspection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inspection_no", sa.String(length=30), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("kind", words("kind", "incoming", "in_process", "final", "outgoing", "returned"), nullable=False),
        sa.Column("standard", sa.String(length=120), nullable=True),
        sa.Column("qty_submitted", fixed(12, 3), nullable=False),
        sa.Column("qty_passed", fixed(12, 3), nullable=False),
        sa.Column("qty_failed", fixed(12, 3), nullable=False),
        sa.Column("previous_id", sa.Integer(), nullable=True),
        sa.Column("reported_by_id", sa.Integer(), nullable=True),
        sa.Column("inspector_id", sa.Integer(), nullable=True),
        sa.Column("inspected_at", moment(), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("state", words("state", "pending", "passed", "failed"), nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state = 'pending' OR inspected_at IS NOT NULL", name=op.f("ck_inspection_decided_has_inspector")
        ),
        sa.CheckConstraint(
            "qty_passed + qty_failed <= qty_submitted", name=op.f("ck_inspection_results_within_submitted")
        ),
        sa.CheckConstraint("qty_passed >= 0 AND qty_failed >= 0", name=op.f("ck_inspection_results_not_negative")),
        sa.CheckConstraint("qty_submitted > 0", name=op.f("ck_inspection_submitted_positive")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_inspection_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["inspector_id"], ["ab_user.id"], name=op.f("fk_inspection_inspector_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_inspection_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_inspection_order_line_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"], ["inspection.id"], name=op.f("fk_inspection_previous_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["reported_by_id"], ["ab_user.id"], name=op.f("fk_inspection_reported_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["production_task.id"], name=op.f("fk_inspection_task_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_inspection_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
        sa.UniqueConstraint("inspection_no", name=op.f("uq_inspection_inspection_no")),
    )
    op.create_index(op.f("ix_inspection_created_at_id"), "inspection", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_inspection_inspector_id"), "inspection", ["inspector_id"], unique=False)
    op.create_index(op.f("ix_inspection_order_id"), "inspection", ["order_id"], unique=False)
    op.create_index(op.f("ix_inspection_order_line_id"), "inspection", ["order_line_id"], unique=False)
    op.create_index(op.f("ix_inspection_previous_id"), "inspection", ["previous_id"], unique=False)
    op.create_index(op.f("ix_inspection_reported_by_id"), "inspection", ["reported_by_id"], unique=False)
    op.create_index(
        op.f("ix_inspection_state_state_since_id"), "inspection", ["state", "state_since", "id"], unique=False
    )
    op.create_index(op.f("ix_inspection_task_id"), "inspection", ["task_id"], unique=False)
    op.create_table(
        "production_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column(
            "operation",
            words(
                "operation",
                "order_splitting",
                "material",
                "cutting",
                "edge_banding",
                "drilling",
                "woodwork",
                "sanding",
                "finishing",
                "upholstery",
                "assembly",
                "packing",
            ),
            nullable=False,
        ),
        sa.Column("qty_done", fixed(12, 3), nullable=False),
        sa.Column("percent", fixed(7, 3), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("reported_at", moment(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty_done >= 0 AND percent >= 0", name=op.f("ck_production_report_progress_not_negative")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_production_report_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["ab_user.id"], name=op.f("fk_production_report_reporter_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["production_task.id"], name=op.f("fk_production_report_task_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_production_report_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_report")),
    )
    op.create_index(
        op.f("ix_production_report_reported_at_id"), "production_report", ["reported_at", "id"], unique=False
    )
    op.create_index(op.f("ix_production_report_reporter_id"), "production_report", ["reporter_id"], unique=False)
    op.create_index(op.f("ix_production_report_task_id"), "production_report", ["task_id"], unique=False)
    op.create_table(
        "inspection_defect",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inspection_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("defect_class", words("defect_class", "critical", "major", "minor"), nullable=False),
        sa.Column("qty", fixed(12, 3), nullable=False),
        sa.Column("cause", words("cause", "material", "process", "design", "handling"), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty > 0", name=op.f("ck_inspection_defect_qty_positive")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_inspection_defect_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_defect_inspection_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_inspection_defect_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_defect")),
    )
    op.create_index(op.f("ix_inspection_defect_inspection_id"), "inspection_defect", ["inspection_id"], unique=False)


def create_delivery() -> None:
    op.create_table(
        "shipment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shipment_no", sa.String(length=30), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("mode", words("mode", "own_fleet", "line", "ltl", "express", "pickup"), nullable=False),
        sa.Column("carrier", sa.String(length=100), nullable=True),
        sa.Column("vehicle_plate", sa.String(length=20), nullable=True),
        sa.Column("driver_name", sa.String(length=60), nullable=True),
        sa.Column("driver_phone", sa.String(length=20), nullable=True),
        sa.Column("slot_from", moment(), nullable=True),
        sa.Column("slot_to", moment(), nullable=True),
        sa.Column("appointment_confirmed_at", moment(), nullable=True),
        sa.Column("departed_at", moment(), nullable=True),
        sa.Column("delivered_at", moment(), nullable=True),
        sa.Column("freight_cost_amount", fixed(14, 2), nullable=False),
        sa.Column("insured_amount", fixed(14, 2), nullable=False),
        sa.Column(
            "state", words("state", "planned", "scheduled", "in_transit", "delivered", "cancelled"), nullable=False
        ),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "delivered_at IS NULL OR delivered_at >= departed_at", name=op.f("ck_shipment_delivered_after_departed")
        ),
        sa.CheckConstraint(
            "freight_cost_amount >= 0 AND insured_amount >= 0", name=op.f("ck_shipment_money_not_negative")
        ),
        sa.CheckConstraint(
            "slot_from IS NULL OR slot_to IS NULL OR slot_to >= slot_from", name=op.f("ck_shipment_slot_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_shipment_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_shipment_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_shipment_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("shipment_no", name=op.f("uq_shipment_shipment_no")),
    )
    op.create_index(op.f("ix_shipment_created_at_id"), "shipment", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_shipment_delivered_at_id"), "shipment", ["delivered_at", "id"], unique=False)
    op.create_index(op.f("ix_shipment_order_id"), "shipment", ["order_id"], unique=False)
    op.create_index(op.f("ix_shipment_slot_from_id"), "shipment", ["slot_from", "id"], unique=False)
    op.create_index(op.f("ix_shipment_state_slot_from_id"), "shipment", ["state", "slot_from", "id"], unique=False)
    op.create_index(op.f("ix_shipment_state_state_since_id"), "shipment", ["state", "state_since", "id"], unique=False)
    op.create_table(
        "delivery_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receipt_no", sa.String(length=30), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("receiver_name", sa.String(length=60), nullable=False),
        sa.Column("signed_at", moment(), nullable=False),
        sa.Column("packages_received", sa.Integer(), nullable=False),
        sa.Column("packages_short", sa.Integer(), nullable=False),
        sa.Column("packages_damaged", sa.Integer(), nullable=False),
        sa.Column("remarks", sa.String(length=400), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "packages_damaged <= packages_received", name=op.f("ck_delivery_receipt_damaged_within_received")
        ),
        sa.CheckConstraint(
            "packages_received >= 0 AND packages_short >= 0 AND packages_damaged >= 0",
            name=op.f("ck_delivery_receipt_packages_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_delivery_receipt_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("fk_delivery_receipt_shipment_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_delivery_receipt_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_receipt")),
        sa.UniqueConstraint("receipt_no", name=op.f("uq_delivery_receipt_receipt_no")),
        sa.UniqueConstraint("shipment_id", name=op.f("uq_delivery_receipt_shipment_id")),
    )
    op.create_index(op.f("ix_delivery_receipt_signed_at_id"), "delivery_receipt", ["signed_at", "id"], unique=False)
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("installation_no", sa.String(length=30), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=True),
        sa.Column("installer_id", sa.Integer(), nullable=True),
        sa.Column("crew", sa.String(length=100), nullable=True),
        sa.Column("slot_from", moment(), nullable=True),
        sa.Column("slot_to", moment(), nullable=True),
        sa.Column("started_at", moment(), nullable=True),
        sa.Column("finished_at", moment(), nullable=True),
        sa.Column("checklist_pct", sa.Integer(), nullable=False),
        sa.Column("photo_count", sa.Integer(), nullable=False),
        sa.Column("missing_parts", sa.String(length=400), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("state", words("state", "planned", "scheduled", "in_progress", "done", "cancelled"), nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "checklist_pct >= 0 AND checklist_pct <= 100 AND photo_count >= 0",
            name=op.f("ck_installation_checklist_percent"),
        ),
        sa.CheckConstraint(
            "finished_at IS NULL OR finished_at >= started_at", name=op.f("ck_installation_finished_after_started")
        ),
        sa.CheckConstraint(
            "slot_from IS NULL OR slot_to IS NULL OR slot_to >= slot_from", name=op.f("ck_installation_slot_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_installation_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["installer_id"], ["ab_user.id"], name=op.f("fk_installation_installer_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_installation_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("fk_installation_shipment_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_installation_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
        sa.UniqueConstraint("installation_no", name=op.f("uq_installation_installation_no")),
    )
    op.create_index(op.f("ix_installation_created_at_id"), "installation", ["created_at", "id"], unique=False)
    op.create_index(
        op.f("ix_installation_installer_id_slot_from_id"),
        "installation",
        ["installer_id", "slot_from", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_installation_order_id"), "installation", ["order_id"], unique=False)
    op.create_index(op.f("ix_installation_shipment_id"), "installation", ["shipment_id"], unique=False)
    op.create_index(op.f("ix_installation_slot_from_id"), "installation", ["slot_from", "id"], unique=False)
    op.create_index(
        op.f("ix_installation_state_state_since_id"), "installation", ["state", "state_since", "id"], unique=False
    )
    op.create_table(
        "package",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("package_no", sa.String(length=40), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("volume", fixed(10, 3), nullable=False),
        sa.Column("weight_kg", fixed(8, 1), nullable=False),
        sa.Column("packing", words("packing", "carton", "wood_frame", "blanket", "pallet"), nullable=False),
        sa.Column("loaded_at", moment(), nullable=True),
        sa.Column("loaded_by_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            words("state", "packed", "loaded", "delivered", "damaged", "lost", "returned", "cancelled"),
            nullable=False,
        ),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("seq > 0 AND seq <= total", name=op.f("ck_package_seq_within_total")),
        sa.CheckConstraint("volume >= 0 AND weight_kg >= 0", name=op.f("ck_package_size_not_negative")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_package_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["loaded_by_id"], ["ab_user.id"], name=op.f("fk_package_loaded_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_package_order_line_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("fk_package_shipment_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_package_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package")),
        sa.UniqueConstraint("package_no", name=op.f("uq_package_package_no")),
        sa.UniqueConstraint("shipment_id", "seq", name=op.f("uq_package_shipment_id_seq")),
    )
    op.create_index(op.f("ix_package_created_at_id"), "package", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_package_loaded_by_id"), "package", ["loaded_by_id"], unique=False)
    op.create_index(op.f("ix_package_order_line_id"), "package", ["order_line_id"], unique=False)
    op.create_index(op.f("ix_package_state_state_since_id"), "package", ["state", "state_since", "id"], unique=False)
    op.create_table(
        "shipment_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("qty", fixed(12, 3), nullable=False),
        sa.Column("qty_received", fixed(12, 3), nullable=False),
        sa.Column("qty_back", fixed(12, 3), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty > 0", name=op.f("ck_shipment_line_qty_positive")),
        sa.CheckConstraint(
            "qty_received >= 0 AND qty_back >= 0 AND qty_received + qty_back <= qty",
            name=op.f("ck_shipment_line_arrived_within_qty"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_shipment_line_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_shipment_line_order_line_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("fk_shipment_line_shipment_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_shipment_line_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment_line")),
        sa.UniqueConstraint("shipment_id", "order_line_id", name=op.f("uq_shipment_line_shipment_id_order_line_id")),
    )
    op.create_index(op.f("ix_shipment_line_order_line_id"), "shipment_line", ["order_line_id"], unique=False)
    op.create_table(
        "acceptance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("acceptance_no", sa.String(length=30), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("installation_id", sa.Integer(), nullable=True),
        sa.Column("shipment_id", sa.Integer(), nullable=True),
        sa.Column("signed_by", sa.String(length=60), nullable=True),
        sa.Column("signed_at", moment(), nullable=True),
        sa.Column("rejection_reason", sa.String(length=400), nullable=True),
        sa.Column("state", words("state", "pending", "accepted", "rejected"), nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state <> 'accepted' OR signed_at IS NOT NULL", name=op.f("ck_acceptance_accepted_is_signed")
        ),
        sa.CheckConstraint(
            "state <> 'rejected' OR rejection_reason IS NOT NULL", name=op.f("ck_acceptance_rejection_has_reason")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_acceptance_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name=op.f("fk_acceptance_installation_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_acceptance_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("fk_acceptance_shipment_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_acceptance_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance")),
        sa.UniqueConstraint("acceptance_no", name=op.f("uq_acceptance_acceptance_no")),
    )
    op.create_index(op.f("ix_acceptance_created_at_id"), "acceptance", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_acceptance_installation_id"), "acceptance", ["installation_id"], unique=False)
    op.create_index(op.f("ix_acceptance_order_id"), "acceptance", ["order_id"], unique=False)
    op.create_index(op.f("ix_acceptance_shipment_id"), "acceptance", ["shipment_id"], unique=False)
    op.create_index(
        op.f("ix_acceptance_state_state_since_id"), "acceptance", ["state", "state_since", "id"], unique=False
    )
    op.create_table(
        "acceptance_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("acceptance_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("qty", fixed(12, 3), nullable=False),
        sa.Column("qty_accepted", fixed(12, 3), nullable=False),
        sa.Column("qty_rejected", fixed(12, 3), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty > 0", name=op.f("ck_acceptance_line_qty_positive")),
        sa.CheckConstraint(
            "qty_accepted >= 0 AND qty_rejected >= 0 AND qty_accepted + qty_rejected <= qty",
            name=op.f("ck_acceptance_line_decided_within_qty"),
        ),
        sa.CheckConstraint(
            "qty_rejected = 0 OR reason IS NOT NULL", name=op.f("ck_acceptance_line_rejected_has_reason")
        ),
        sa.ForeignKeyConstraint(
            ["acceptance_id"], ["acceptance.id"], name=op.f("fk_acceptance_line_acceptance_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_acceptance_line_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_acceptance_line_order_line_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_acceptance_line_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance_line")),
        sa.UniqueConstraint(
            "acceptance_id", "order_line_id", name=op.f("uq_acceptance_line_acceptance_id_order_line_id")
        ),
    )
    op.create_index(op.f("ix_acceptance_line_order_line_id"), "acceptance_line", ["order_line_id"], unique=False)


def create_service() -> None:
    op.create_table(
        "service_ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_no", sa.String(length=30), nullable=False),
        sa.Column("kind", words("kind", "complaint", "repair", "parts", "goods_return", "consult"), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("order_line_id", sa.Integer(), nullable=True),
        sa.Column(
            "source_channel",
            words("source_channel", "phone", "mall", "wechat", "hotline_12315", "visit", "other"),
            nullable=False,
        ),
        sa.Column("level", words("level", "l1", "l2", "l3"), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("cause", sa.String(length=400), nullable=True),
        sa.Column(
            "liable_party",
            words(
                "liable_party",
                "order_center",
                "production",
                "logistics",
                "customer_service",
                "finance",
                "carrier",
                "supplier",
                "customer",
                "force_majeure",
            ),
            nullable=True,
        ),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("is_in_warranty", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("cost_amount", fixed(14, 2), nullable=False),
        sa.Column("first_response_at", moment(), nullable=True),
        sa.Column("planned_at", moment(), nullable=True),
        sa.Column("closed_at", moment(), nullable=True),
        sa.Column("reopened_count", sa.Integer(), nullable=False),
        sa.Column("state", words("state", "open", "responded", "planned", "closed"), nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state <> 'closed' OR resolution IS NOT NULL", name=op.f("ck_service_ticket_closed_has_resolution")
        ),
        sa.CheckConstraint(
            "reopened_count >= 0 AND cost_amount >= 0", name=op.f("ck_service_ticket_reopened_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_service_ticket_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_service_ticket_customer_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_service_ticket_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_service_ticket_order_line_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_service_ticket_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_ticket")),
        sa.UniqueConstraint("ticket_no", name=op.f("uq_service_ticket_ticket_no")),
    )
    op.create_index(op.f("ix_service_ticket_created_at_id"), "service_ticket", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_service_ticket_customer_id"), "service_ticket", ["customer_id"], unique=False)
    op.create_index(
        op.f("ix_service_ticket_kind_created_at_id"), "service_ticket", ["kind", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_service_ticket_order_id"), "service_ticket", ["order_id"], unique=False)
    op.create_index(op.f("ix_service_ticket_order_line_id"), "service_ticket", ["order_line_id"], unique=False)
    op.create_index(
        op.f("ix_service_ticket_state_state_since_id"), "service_ticket", ["state", "state_since", "id"], unique=False
    )


def create_money() -> None:
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_no", sa.String(length=30), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("tax_no", sa.String(length=20), nullable=True),
        sa.Column("kind", words("kind", "ordinary", "special"), nullable=False),
        sa.Column("gross_amount", fixed(14, 2), nullable=False),
        sa.Column("tax_amount", fixed(14, 2), nullable=False),
        sa.Column("net_amount", fixed(14, 2), nullable=False),
        sa.Column("tax_invoice_no", sa.String(length=20), nullable=True),
        sa.Column("issued_at", moment(), nullable=True),
        sa.Column("state", words("state", "applied", "issued", "void"), nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind <> 'special' OR tax_no IS NOT NULL", name=op.f("ck_invoice_special_has_tax_no")),
        sa.CheckConstraint("state <> 'issued' OR issued_at IS NOT NULL", name=op.f("ck_invoice_issued_is_dated")),
        sa.CheckConstraint("gross_amount = net_amount + tax_amount", name=op.f("ck_invoice_gross_is_net_and_tax")),
        sa.CheckConstraint("gross_amount > 0 AND tax_amount >= 0", name=op.f("ck_invoice_gross_positive")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_invoice_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_invoice_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_invoice_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("invoice_no", name=op.f("uq_invoice_invoice_no")),
    )
    op.create_index(op.f("ix_invoice_created_at_id"), "invoice", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_invoice_order_id"), "invoice", ["order_id"], unique=False)
    op.create_index(op.f("ix_invoice_state_state_since_id"), "invoice", ["state", "state_since", "id"], unique=False)
    op.create_index(
        "uq_invoice_tax_invoice_no",
        "invoice",
        ["tax_invoice_no"],
        unique=True,
        sqlite_where=sa.text("tax_invoice_no IS NOT NULL"),
        postgresql_where=sa.text("tax_invoice_no IS NOT NULL"),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_no", sa.String(length=30), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column(
            "method",
            words("method", "wechat", "alipay", "unionpay", "bank_transfer", "pos", "cash", "bill"),
            nullable=False,
        ),
        sa.Column("channel_txn_no", sa.String(length=64), nullable=True),
        sa.Column("external_order_no", sa.String(length=60), nullable=True),
        sa.Column("payer_name", sa.String(length=100), nullable=True),
        sa.Column("payer_account", sa.String(length=40), nullable=True),
        sa.Column("amount", fixed(14, 2), nullable=False),
        sa.Column("allocated_amount", fixed(14, 2), nullable=False),
        sa.Column("received_at", moment(), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("origin", words("origin", "entered", "imported"), nullable=False),
        sa.Column("state", words("state", "unallocated", "partly", "allocated"), nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "allocated_amount >= 0 AND allocated_amount <= amount", name=op.f("ck_payment_allocated_within_amount")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_amount_positive")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_payment_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_payment_customer_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_payment_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_payment_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("payment_no", name=op.f("uq_payment_payment_no")),
    )
    op.create_index(op.f("ix_payment_amount_id"), "payment", ["amount", "id"], unique=False)
    op.create_index(op.f("ix_payment_created_at_id"), "payment", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_payment_customer_id"), "payment", ["customer_id"], unique=False)
    op.create_index(op.f("ix_payment_order_id"), "payment", ["order_id"], unique=False)
    op.create_index(op.f("ix_payment_received_at_id"), "payment", ["received_at", "id"], unique=False)
    op.create_index(op.f("ix_payment_state_state_since_id"), "payment", ["state", "state_since", "id"], unique=False)
    op.create_index(
        "uq_payment_channel_txn_no",
        "payment",
        ["method", "channel_txn_no"],
        unique=True,
        sqlite_where=sa.text("channel_txn_no IS NOT NULL"),
        postgresql_where=sa.text("channel_txn_no IS NOT NULL"),
    )
    op.create_table(
        "payment_schedule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            words(
                "kind",
                "deposit",
                "prepay",
                "progress",
                "delivery",
                "acceptance",
                "balance",
                "retention",
                "fee",
                "compensation",
                "other",
            ),
            nullable=False,
        ),
        sa.Column(
            "trigger",
            words(
                "trigger",
                "on_confirm",
                "before_production",
                "before_ship",
                "on_delivery",
                "on_accept",
                "after_days",
                "on_date",
            ),
            nullable=False,
        ),
        sa.Column("percent", fixed(7, 3), nullable=False),
        sa.Column("amount", fixed(14, 2), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("paid_amount", fixed(14, 2), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "paid_amount >= 0 AND paid_amount <= amount", name=op.f("ck_payment_schedule_paid_within_amount")
        ),
        sa.CheckConstraint("percent >= 0", name=op.f("ck_payment_schedule_percent_not_negative")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_payment_schedule_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_payment_schedule_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_payment_schedule_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_schedule")),
        sa.UniqueConstraint("order_id", "seq", name=op.f("uq_payment_schedule_order_id_seq")),
    )
    op.create_index(op.f("ix_payment_schedule_created_at_id"), "payment_schedule", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_payment_schedule_due_on_id"), "payment_schedule", ["due_on", "id"], unique=False)
    op.create_table(
        "payment_allocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "nature",
            words(
                "nature",
                "deposit",
                "prepay",
                "progress",
                "delivery",
                "acceptance",
                "balance",
                "retention",
                "fee",
                "compensation",
                "other",
            ),
            nullable=False,
        ),
        sa.Column("amount", fixed(14, 2), nullable=False),
        sa.Column("allocated_at", moment(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_payment_allocation_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_payment_allocation_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_payment_allocation_payment_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["payment_schedule.id"],
            name=op.f("fk_payment_allocation_schedule_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_allocation")),
    )
    op.create_index(
        op.f("ix_payment_allocation_allocated_at_id"), "payment_allocation", ["allocated_at", "id"], unique=False
    )
    op.create_index(op.f("ix_payment_allocation_order_id"), "payment_allocation", ["order_id"], unique=False)
    op.create_index(op.f("ix_payment_allocation_payment_id"), "payment_allocation", ["payment_id"], unique=False)
    op.create_index(op.f("ix_payment_allocation_schedule_id"), "payment_allocation", ["schedule_id"], unique=False)
    op.create_table(
        "refund",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("refund_no", sa.String(length=30), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=True),
        sa.Column(
            "reason",
            words(
                "reason",
                "cancel",
                "no_reason_return",
                "quality_return",
                "overpay",
                "duplicate",
                "price_adjust",
                "compensation",
                "other",
            ),
            nullable=False,
        ),
        sa.Column("amount", fixed(14, 2), nullable=False),
        sa.Column("compensation_amount", fixed(14, 2), nullable=False),
        sa.Column("payee_name", sa.String(length=100), nullable=False),
        sa.Column("payee_account", sa.String(length=40), nullable=True),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("executed_by_id", sa.Integer(), nullable=True),
        sa.Column("legal_due_on", sa.Date(), nullable=True),
        sa.Column("executed_at", moment(), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("state", words("state", "draft", "approved", "executed", "rejected"), nullable=False),
        sa.Column("state_since", moment(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state <> 'executed' OR executed_at IS NOT NULL", name=op.f("ck_refund_executed_is_complete")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refund_amount_positive")),
        sa.CheckConstraint("compensation_amount >= 0", name=op.f("ck_refund_compensation_not_negative")),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["ab_user.id"], name=op.f("fk_refund_approved_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_refund_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["executed_by_id"], ["ab_user.id"], name=op.f("fk_refund_executed_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_refund_order_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_refund_payment_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["ab_user.id"], name=op.f("fk_refund_recorded_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_refund_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("refund_no", name=op.f("uq_refund_refund_no")),
    )
    op.create_index(op.f("ix_refund_approved_by_id"), "refund", ["approved_by_id"], unique=False)
    op.create_index(op.f("ix_refund_created_at_id"), "refund", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_refund_executed_by_id"), "refund", ["executed_by_id"], unique=False)
    op.create_index(op.f("ix_refund_legal_due_on_id"), "refund", ["legal_due_on", "id"], unique=False)
    op.create_index(op.f("ix_refund_order_id"), "refund", ["order_id"], unique=False)
    op.create_index(op.f("ix_refund_payment_id"), "refund", ["payment_id"], unique=False)
    op.create_index(op.f("ix_refund_recorded_by_id"), "refund", ["recorded_by_id"], unique=False)
    op.create_index(op.f("ix_refund_state_state_since_id"), "refund", ["state", "state_since", "id"], unique=False)


def create_machinery() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=160), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=True),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("scope", "key", name=op.f("uq_idempotency_key_scope_key")),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "number_counter",
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", "day", name=op.f("pk_number_counter")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_workday", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("note", sa.String(length=100), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_calendar_day_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_calendar_day_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_day")),
        sa.UniqueConstraint("day", name=op.f("uq_calendar_day_day")),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("recorded_at", moment(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=130), nullable=False),
        sa.Column("origin", words("origin", "screen", "api", "cli", "importer", "system"), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("from_state", sa.String(length=32), nullable=True),
        sa.Column("to_state", sa.String(length=32), nullable=True),
        sa.Column("changes", json(), nullable=False),
        sa.Column("data", json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["ab_user.id"], name=op.f("fk_journal_actor_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_action_at"), "journal", ["action", "at"], unique=False)
    op.create_index(op.f("ix_journal_actor_id"), "journal", ["actor_id"], unique=False)
    op.create_index(op.f("ix_journal_at_id"), "journal", ["at", "id"], unique=False)
    op.create_index(op.f("ix_journal_entity_entity_id_id"), "journal", ["entity", "entity_id", "id"], unique=False)
    op.create_index(op.f("ix_journal_order_id_id"), "journal", ["order_id", "id"], unique=False)
    op.create_table(
        "policy_parameter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("clause", sa.String(length=40), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("value <> ''", name=op.f("ck_policy_parameter_value_not_empty")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_policy_parameter_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_policy_parameter_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_parameter")),
        sa.UniqueConstraint("code", name=op.f("uq_policy_parameter_code")),
    )


def create_imports() -> None:
    op.create_table(
        "import_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("columns", json(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_import_mapping_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_import_mapping_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mapping")),
        sa.UniqueConstraint("target", "signature", name=op.f("uq_import_mapping_target_signature")),
    )
    op.create_table(
        "import_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_no", sa.String(length=30), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_digest", sa.String(length=64), nullable=False),
        sa.Column("mapping_id", sa.Integer(), nullable=True),
        sa.Column("is_dry_run", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("rows_ok", sa.Integer(), nullable=False),
        sa.Column("rows_rejected", sa.Integer(), nullable=False),
        sa.Column("started_at", moment(), nullable=False),
        sa.Column("finished_at", moment(), nullable=True),
        sa.Column("report", json(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "rows_ok >= 0 AND rows_rejected >= 0 AND rows_ok + rows_rejected <= rows_total",
            name=op.f("ck_import_batch_rows_within_total"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name=op.f("fk_import_batch_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["mapping_id"], ["import_mapping.id"], name=op.f("fk_import_batch_mapping_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["ab_user.id"], name=op.f("fk_import_batch_updated_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
        sa.UniqueConstraint("batch_no", name=op.f("uq_import_batch_batch_no")),
    )
    op.create_index(op.f("ix_import_batch_file_digest"), "import_batch", ["file_digest"], unique=False)
    op.create_index(op.f("ix_import_batch_mapping_id"), "import_batch", ["mapping_id"], unique=False)
    op.create_index(op.f("ix_import_batch_started_at_id"), "import_batch", ["started_at", "id"], unique=False)
    op.create_table(
        "imported_customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_imported_customer_customer_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_customer")),
        sa.UniqueConstraint("source_key", name=op.f("uq_imported_customer_source_key")),
    )
    op.create_index(op.f("ix_imported_customer_customer_id"), "imported_customer", ["customer_id"], unique=False)
    op.create_table(
        "import_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.String(length=80), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("outcome", words("outcome", "accepted", "rejected", "duplicate"), nullable=False),
        sa.Column("column_name", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=True),
        sa.Column("raw", json(), nullable=False),
        sa.Column("source_amount", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "outcome <> 'rejected' OR reason IS NOT NULL", name=op.f("ck_import_row_rejected_has_reason")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_import_row_batch_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_import_row_order_line_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_row")),
        sa.UniqueConstraint("batch_id", "sheet", "row_no", name=op.f("uq_import_row_batch_id_sheet_row_no")),
    )
    op.create_index(op.f("ix_import_row_order_line_id"), "import_row", ["order_line_id"], unique=False)
    op.create_index(op.f("ix_import_row_source_key_outcome"), "import_row", ["source_key", "outcome"], unique=False)
