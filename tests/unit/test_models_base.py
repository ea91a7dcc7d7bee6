"""Column types are exact on both databases, refuse what is not exact, and new objects are complete."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import configure_mappers

from models.base import Amount, Base, Fixed, Percent, Quantity, StateType, UnitPrice, UtcDateTime, Volume
from models.labels import LABELS, TONES, OrderState, RegulationState, Tone, label_of, tone_of
from models.order import Order, OrderLine, regulation_state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Dialect

    from tests.databases import Database

pytestmark = pytest.mark.stage("migrated")

TRIED = sa.Table(
    "tried_types",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("amount", Amount()),
    sa.Column("price", UnitPrice()),
    sa.Column("qty", Quantity()),
    sa.Column("volume", Volume()),
    sa.Column("percent", Percent()),
    sa.Column("at", UtcDateTime()),
)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.engine.connect() as opened:
        TRIED.create(opened)
        yield opened
        opened.rollback()


def stored(connection: Connection, **values: Any) -> Any:
    connection.execute(sa.insert(TRIED).values(**values))
    newest = sa.select(*(TRIED.c[name] for name in values)).order_by(TRIED.c.id.desc()).limit(1)
    return connection.execute(newest).one()


def test_amount_when_a_thousand_tenths_are_summed_then_the_sum_is_exact(connection: Connection) -> None:
    connection.execute(sa.insert(TRIED), [{"amount": Decimal("0.1")}] * 1000)
    total = connection.execute(sa.select(sa.func.sum(TRIED.c.amount))).scalar_one()
    assert (total, str(total)) == (Decimal("100.00"), "100.00")


def test_number_when_stored_then_comes_back_rounded_half_up(connection: Connection) -> None:
    tried = [
        ("amount", "0.005", "0.01"),
        ("amount", "-0.005", "-0.01"),
        ("amount", "9894.8", "9894.80"),
        ("amount", "999999999999.99", "999999999999.99"),
        ("price", "1.00005", "1.0001"),
        ("qty", "2.1845", "2.185"),
        ("volume", "1.7045", "1.705"),
        ("percent", "13", "13.000"),
    ]
    kept = [(column, given, str(stored(connection, **{column: Decimal(given)})[0])) for column, given, _ in tried]
    assert kept == tried


def test_amount_when_compared_and_sorted_then_by_value(connection: Connection) -> None:
    connection.execute(
        sa.insert(TRIED), [{"amount": Decimal(text)} for text in ("100000", "9999.99", "-1", "100000.01")]
    )
    large = sa.select(TRIED.c.amount).where(TRIED.c.amount >= Decimal(100000)).order_by(TRIED.c.amount.desc())
    assert connection.execute(large).scalars().all() == [Decimal("100000.01"), Decimal("100000.00")]


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=["sqlite", "postgresql"])
@pytest.mark.parametrize(
    ("type_", "value", "error", "message"),
    [
        (Amount(), 0.1, TypeError, "a float is not an exact number"),
        (Quantity(), 1.0, TypeError, "a float is not an exact number"),
        (Amount(), Decimal("1e12"), ValueError, "does not fit"),
        (Percent(), Decimal(10000), ValueError, "does not fit"),
        (Percent(), Decimal("9999.9995"), ValueError, "does not fit"),
        (Amount(), Decimal("NaN"), ValueError, "does not fit"),
        (UtcDateTime(), datetime(2026, 11, 24, 9, 40), ValueError, "a moment needs a time zone"),
    ],
)
def test_value_when_inexact_or_naive_or_too_large_then_refused(
    dialect: Dialect, type_: Any, value: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        type_.process_bind_param(value, dialect)


def test_float_when_it_reaches_the_database_then_refused(connection: Connection) -> None:
    with pytest.raises(StatementError, match="a float is not an exact number"):
        connection.execute(sa.insert(TRIED).values(amount=0.1))


def test_moment_when_given_in_shanghai_then_comes_back_in_utc(connection: Connection) -> None:
    given = datetime(2026, 11, 23, 20, 15, tzinfo=timezone(timedelta(hours=8)))
    kept = stored(connection, at=given)[0]
    assert (kept, kept.tzinfo) == (datetime(2026, 11, 23, 12, 15, tzinfo=UTC), UTC)


def test_moment_when_filtered_by_another_zone_then_found(connection: Connection) -> None:
    connection.execute(sa.insert(TRIED).values(at=datetime(2026, 11, 23, 12, 15, tzinfo=UTC)))
    shanghai = datetime(2026, 11, 23, 20, 15, tzinfo=timezone(timedelta(hours=8)))
    found = sa.select(sa.func.count()).where(TRIED.c.at == shanghai)
    assert connection.execute(found).scalar_one() == 1


def test_number_when_null_then_stays_null(connection: Connection) -> None:
    assert tuple(stored(connection, amount=None, at=None)) == (None, None)


def test_object_when_new_then_carries_its_defaults() -> None:
    order = Order(order_no="SO-20261124-0001")
    assert (order.state, order.total_amount, order.special_flags, order.is_large, order.floor) == (
        OrderState.draft,
        Decimal("0.00"),
        [],
        False,
        1,
    )
    assert Order().special_flags is not order.special_flags


def test_line_when_new_then_its_quantities_are_numbers() -> None:
    line = OrderLine(qty_ordered=Decimal(4))
    assert (line.qty_net, line.qty_accepted) == (Decimal(4), Decimal(0))


def test_table_when_claimed_by_a_second_class_then_refused(root: Path) -> None:
    """FAB's Model lets two classes claim one table silently (`extend_existing`); ours must not.

    In a process of its own: half a class would stay in the registry of this one.
    """
    code = 'import models; type("Second", (models.base.Base,), {"__tablename__": "sales_order"})'
    result = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "Table 'sales_order' is already defined" in result.stderr


@pytest.mark.parametrize(
    ("state", "of_the_regulation"),
    [
        (OrderState.draft, None),
        (OrderState.pending_review, RegulationState.pending_review),
        (OrderState.pending_approval, RegulationState.pending_review),
        (OrderState.approved, RegulationState.pending_review),
        (OrderState.confirmed, RegulationState.confirmed),
        (OrderState.in_production, RegulationState.in_production),
        (OrderState.ready_to_ship, RegulationState.ready_to_ship),
        (OrderState.partly_shipped, RegulationState.shipped),
        (OrderState.shipped, RegulationState.shipped),
        (OrderState.delivered, RegulationState.shipped),
        (OrderState.pending_acceptance, RegulationState.shipped),
        (OrderState.completed, RegulationState.completed),
        (OrderState.closed, RegulationState.completed),
        (OrderState.cancelled, RegulationState.cancelled),
        (OrderState.rejected, RegulationState.cancelled),
    ],
)
def test_order_state_when_read_by_the_regulation_then_is_one_of_seven(
    state: OrderState, of_the_regulation: RegulationState | None
) -> None:
    assert regulation_state(state) is of_the_regulation


def our_tables() -> list[type[Base]]:
    configure_mappers()
    found = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Base)]
    return sorted(found, key=lambda subject: subject.__name__)


def test_vocabulary_when_declared_then_every_word_has_a_label() -> None:
    assert {enum.__name__ for enum, labels in LABELS.items() if set(labels) != set(enum)} == set()


def test_vocabulary_when_used_by_a_column_then_has_labels_and_equal_names_and_values() -> None:
    used = {
        column.type.enum_class
        for subject in our_tables()
        for column in subject.__table__.columns
        if isinstance(column.type, sa.Enum)
    }
    assert used - set(LABELS) == set()
    assert {enum.__name__ for enum in used if any(member.name != member.value for member in enum)} == set()


def test_state_column_when_declared_then_its_words_have_tones_and_its_table_remembers_since() -> None:
    stateful = {
        subject: column.type.enum_class
        for subject in our_tables()
        for column in subject.__table__.columns
        if isinstance(column.type, StateType)
    }
    assert {enum for enum in stateful.values() if enum not in TONES} == set()
    assert {
        subject for subject in stateful if not {"state_since", "version"} <= set(subject.__table__.c.keys())
    } == set()


def test_label_when_two_vocabularies_share_a_word_then_each_keeps_its_own() -> None:
    shared = [enum for enum in LABELS if "other" in set(enum)]
    assert len(shared) > 1
    assert str(label_of(OrderState.delivered)) == "Delivered, to install"
    assert (tone_of(OrderState.rejected), tone_of(OrderState.draft)) == (Tone.danger, Tone.neutral)


def test_column_when_declared_then_has_a_label() -> None:
    technical = {"id", "version"}
    unlabelled = {
        f"{subject.__name__}.{column.name}"
        for subject in our_tables()
        for column in subject.__table__.columns
        if column.name not in technical and not column.info.get("label")
    }
    assert unlabelled == {"NumberCounter.prefix", "NumberCounter.day", "NumberCounter.value"}


def test_foreign_key_when_declared_then_restricts_and_begins_an_index() -> None:
    # Nobody asks who ended a token or made a link.
    without_index = {"created_by_id", "updated_by_id", "ended_by_id", "linked_by_id"}
    loose, slow = set(), set()
    for subject in our_tables():
        table = subject.__table__
        leading = {next(iter(item.columns)).name for item in table.indexes}
        leading |= {
            next(iter(item.columns)).name for item in table.constraints if isinstance(item, sa.UniqueConstraint)
        }
        for key in table.foreign_keys:
            name = f"{table.name}.{key.parent.name}"
            loose |= {name} if key.ondelete != "RESTRICT" else set()
            slow |= {name} if key.parent.name not in leading | without_index else set()
    assert (loose, slow) == (set(), set())


def test_number_column_when_declared_then_is_exact() -> None:
    inexact = {
        f"{subject.__name__}.{column.name}"
        for subject in our_tables()
        for column in subject.__table__.columns
        if isinstance(column.type, sa.Float)
        or (isinstance(column.type, sa.Numeric) and not isinstance(column.type, Fixed))
    }
    assert inexact == set()
