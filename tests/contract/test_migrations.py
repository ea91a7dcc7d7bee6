"""The schema: the revisions lead to the models, there and back, on both databases, and the database keeps its word."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import app.kernel.journal  # noqa: F401 - its listeners stamp the rows made here
from models.base import Base
from models.cancellation import Cancellation
from models.customer import Customer
from models.journal import Journal
from models.labels import CustomerKind, OrderState, PaymentMethod, SupplyMode
from models.order import Order, OrderLine
from models.payment import Payment, PaymentAllocation
from models.product import Product, Stock

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.databases import Database

pytestmark = pytest.mark.stage("migrated")

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"
NOW = datetime(2026, 11, 24, 1, 40, tzinfo=UTC)


def is_known(_item: Any, name: str | None, kind: str, is_reflected: bool, _other: Any) -> bool:
    return not (kind == "index" and is_reflected and name is not None and name.endswith("_trgm"))


def drift(connection: Connection) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": False, "include_object": is_known}
    return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)


def declared_checks() -> dict[str, set[str]]:
    found = {
        table.name: {str(item.name) for item in table.constraints if isinstance(item, sa.CheckConstraint)}
        for table in Base.metadata.sorted_tables
    }
    return {table: names for table, names in found.items() if names}


def stored_checks(connection: Connection) -> dict[str, set[str]]:
    inspector = sa.inspect(connection)
    found = {
        table: {str(item["name"]) for item in inspector.get_check_constraints(table)}
        for table in inspector.get_table_names()
    }
    return {table: names for table, names in found.items() if names}


def own_names(connection: Connection) -> set[str]:
    """All that a downgrade must take away again."""
    names = set(sa.inspect(connection).get_table_names())
    if connection.dialect.name == "postgresql":
        names |= set(sa.inspect(connection).get_sequence_names())
        statement = "SELECT proname FROM pg_proc WHERE proname = 'refuse_change'"
    else:
        statement = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    return names | set(connection.exec_driver_sql(statement).scalars())


def a_product(**values: Any) -> Product:
    return Product(**{"sku_code": "CHR-T-1", "name": "餐椅", **values})


def an_order(session: Session, **values: Any) -> Order:
    customer = Customer(code="CUS-00000001", kind=CustomerKind.company, name="直木家居有限公司")
    session.add(customer)
    session.flush()
    order = Order(order_no="SO-20261124-0001", customer_id=customer.id, received_at=NOW, **values)
    session.add(order)
    session.flush()
    return order


def a_line(session: Session, **values: Any) -> OrderLine:
    product = a_product()
    session.add(product)
    session.flush()
    line = OrderLine(order_id=an_order(session).id, product_id=product.id, **values)
    session.add(line)
    session.flush()
    return line


def test_schema_when_upgraded_then_equals_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        assert drift(connection) == []
        assert stored_checks(connection) == declared_checks()
        assert set(sa.inspect(connection).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_schema_when_taken_down_then_nothing_is_left_and_it_comes_up_again(database: Database) -> None:
    database.run("db", "downgrade", "base")
    with database.engine.connect() as connection:
        left = own_names(connection)
    assert left == {"alembic_version"}
    database.run("db", "upgrade")
    with database.engine.connect() as connection:
        assert drift(connection) == []


def test_schema_when_upgraded_twice_then_nothing_changes(database: Database) -> None:
    database.run("db", "upgrade")
    with database.engine.connect() as connection:
        assert drift(connection) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_penalty_when_settled_before_the_program_paid_any_then_nothing_of_it_is_owed(database: Database) -> None:
    table = Cancellation.metadata.tables["cancellation"]
    with Session(database.engine) as session:
        asked = {
            "order_id": an_order(session).id,
            "asked_at": NOW,
            "effective_at": NOW,
            "penalty_amount": Decimal(1200),
        }
        session.add(Cancellation(cancellation_no="QX-1", **asked))
        session.flush()
        session.execute(table.update().values(state="effective"))
        session.add(Cancellation(cancellation_no="QX-2", **asked))
        session.commit()
    database.run("db", "downgrade", "0029")
    database.run("db", "upgrade")
    with Session(database.engine) as session:
        found = session.scalars(sa.select(Cancellation.penalty_amount).order_by(Cancellation.id)).all()
    assert found == [Decimal(0), Decimal(1200)]


def test_revisions_when_listed_then_form_one_line() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_revision_when_read_then_imports_nothing_of_ours() -> None:
    """A revision must run when the models have long changed."""
    ours = {"app", "models", "views", "config"}
    found = {
        (path.name, module)
        for path in (MIGRATIONS / "versions").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for module in imported(node)
        if module.split(".")[0] in ours
    }
    assert found == set()


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


@pytest.mark.parametrize("table", ["journal", "payment_allocation"])
def test_append_only_row_when_changed_or_deleted_then_the_database_refuses(database: Database, table: str) -> None:
    with Session(database.engine) as session:
        order = an_order(session)
        payment = Payment(
            payment_no="PM-20261124-0001", method=PaymentMethod.wechat, amount=Decimal("9.90"), received_at=NOW
        )
        session.add_all([payment, a_journal_row()])
        session.flush()
        session.add(
            PaymentAllocation(payment_id=payment.id, order_id=order.id, amount=Decimal("9.90"), allocated_at=NOW)
        )
        session.commit()
    rows = Base.metadata.tables[table]
    with database.engine.connect() as connection:
        before = connection.execute(sa.select(rows).order_by(rows.c.id)).all()
        for change in (sa.update(rows).values(id=rows.c.id), sa.delete(rows)):
            with pytest.raises(IntegrityError, match="append-only"), connection.begin_nested():
                connection.execute(change)
        assert connection.execute(sa.select(rows).order_by(rows.c.id)).all() == before
        assert len(before) > 0


def a_journal_row() -> Journal:
    return Journal(
        at=NOW, recorded_at=NOW, actor_name="李静", origin="cli", entity="order", entity_id=1, action="order.note"
    )


CONTRADICTING_LINES: dict[str, dict[str, Any]] = {
    "ordered_positive": {"qty_ordered": 0},
    "quantities_not_negative": {"qty_cancelled": -1},
    "shipped_within_qc_passed": {"qty_qc_passed": 3, "qty_shipped": 4},
    "shipped_and_cancelled_within_ordered": {"qty_qc_passed": 5, "qty_shipped": 5},
    "delivered_within_shipped": {"qty_delivered": 1},
    "installed_within_delivered": {"qty_installed": 1},
    "accepted_within_delivered": {"qty_accepted": 1},
    "returned_within_delivered": {"qty_returned": 1},
    "qc_passed_within_produced": {"supply_mode": SupplyMode.custom, "qty_qc_passed": 1},
    "accepted_within_installed": {
        "needs_install": True,
        **dict.fromkeys(("qty_qc_passed", "qty_shipped", "qty_delivered", "qty_accepted"), 4),
    },
    "tax_within_line": {"line_amount": Decimal("1.00"), "tax_amount": Decimal("1.01")},
}
CONTRADICTING_ORDERS: dict[str, dict[str, Any]] = {
    "total_is_goods_and_fees": {"total_amount": Decimal("0.01"), "net_amount": Decimal("0.01")},
    "total_is_net_and_tax": {"tax_amount": Decimal("0.01")},
    "paid_not_negative": {"paid_amount": Decimal(1), "refunded_amount": Decimal(2)},
    "hold_has_reason": {"is_on_hold": True},
    "cancelled_has_kind": {"state": OrderState.cancelled},
    "state": {"state": "lost"},
}


def refused(connection: Connection, table: str, cases: dict[str, dict[str, Any]]) -> set[str]:
    """Which of the cases the constraint of that name refuses for the one row of the table."""
    names = set()
    target = sa.table(table, *(sa.column(c.name, plain_words(c.type)) for c in Base.metadata.tables[table].c))
    for name, values in cases.items():
        with pytest.raises(IntegrityError) as caught, connection.begin_nested():
            connection.execute(sa.update(target).values(**values))
        if f"ck_{table}_{name}" in str(caught.value.orig):
            names.add(name)
    return names


def plain_words(type_: Any) -> Any:
    """Vocabularies as mere text, so that a word they do not know reaches the database."""
    return sa.String() if isinstance(type_, sa.Enum) else type_


def test_line_when_quantities_contradict_then_the_database_refuses(database: Database) -> None:
    with Session(database.engine) as session:
        a_line(session, qty_ordered=Decimal(4))
        session.commit()
    with database.engine.connect() as connection:
        assert refused(connection, "order_line", CONTRADICTING_LINES) == set(CONTRADICTING_LINES)
        # What comes back beyond the shipped contradicts the delivered too; which is named is the database's choice.
        with pytest.raises(IntegrityError, match=r"ck_order_line_(back|delivered)_within_shipped"):
            connection.execute(sa.update(Base.metadata.tables["order_line"]).values(qty_back=1))


def test_order_when_it_contradicts_itself_then_the_database_refuses(database: Database) -> None:
    with Session(database.engine) as session:
        an_order(session)
        session.commit()
    with database.engine.connect() as connection:
        assert refused(connection, "sales_order", CONTRADICTING_ORDERS) == set(CONTRADICTING_ORDERS)


def test_line_when_lost_pieces_came_back_then_they_can_be_shipped_again(database: Database) -> None:
    with Session(database.engine) as session:
        line = a_line(
            session,
            qty_ordered=Decimal(4),
            qty_qc_passed=Decimal(5),
            qty_shipped=Decimal(5),
            qty_back=Decimal(1),
            qty_delivered=Decimal(4),
        )
        session.commit()
        assert line.qty_net == Decimal("4.000")


def test_order_when_its_external_number_comes_again_on_the_channel_then_the_database_refuses(
    database: Database,
) -> None:
    with Session(database.engine) as session:
        first = an_order(session, external_no="MALL-77120931")
        session.add(Order(order_no="SO-2", customer_id=first.customer_id, received_at=NOW, external_no="MALL-77120931"))
        with pytest.raises(IntegrityError):
            session.flush()


def test_orders_when_without_an_external_number_then_live_side_by_side(database: Database) -> None:
    with Session(database.engine) as session:
        first = an_order(session)
        session.add(Order(order_no="SO-2", customer_id=first.customer_id, received_at=NOW))
        session.commit()
        assert session.scalars(sa.select(Order.state)).all() == [OrderState.draft, OrderState.draft]


def test_stock_when_more_is_reserved_than_on_hand_then_the_database_refuses(database: Database) -> None:
    with Session(database.engine) as session:
        product = a_product()
        session.add(product)
        session.flush()
        session.add(Stock(product_id=product.id, qty_on_hand=Decimal(5), qty_soft=Decimal(3), qty_hard=Decimal(3)))
        with pytest.raises(IntegrityError, match="ck_stock_reserved_on_hand"):
            session.flush()


def test_customer_when_orders_refer_to_him_then_cannot_be_deleted(database: Database) -> None:
    with Session(database.engine) as session:
        customer_id = an_order(session).customer_id
        session.commit()
        with pytest.raises(IntegrityError):
            session.execute(sa.delete(Customer).where(Customer.id == customer_id))
