"""The import of a real, dirty order book that is not ours: every row is accounted for, and the sums add up.

The book stays where it is; ``ZHIDAN_SAMPLE_BOOK`` says where. The figures are those its keepers counted.
"""

from __future__ import annotations

import os
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.order import Order, OrderLine
from tests.databases import KINDS, Database, unavailable
from tests.order_books import carried_out, errors_of
from tests.sweeps.depth import FULL

D = Decimal
ROWS, AMOUNT, PIECES = 2252, D("5746821.605"), D(8516)
PARTS = ("file", "accepted", "rejected", "duplicate", "booked", "orders", "returns", "reasons")
WHERE = "ZHIDAN_SAMPLE_BOOK"
# Importing on both databases is tested with small books; this large one goes through both in `make sweeps`.
pytestmark = [
    pytest.mark.stage("migrated"),
    pytest.mark.parametrize("database", KINDS if FULL else ["sqlite"], indirect=True),
]


@pytest.fixture
def book() -> bytes:
    """The order book."""
    path = Path(os.environ.get(WHERE, ""))
    if not path.is_file():
        unavailable(f"There is no sample order book: set {WHERE} to its path.")
    return path.read_bytes()


def held(session: Session) -> tuple[int, Decimal, Decimal]:
    """Lines, pieces and money in the database."""
    statement = sa.select(
        sa.func.count(), sa.func.sum(OrderLine.qty_ordered), sa.func.sum(OrderLine.line_amount)
    ).select_from(OrderLine)
    lines, pieces, money = session.execute(statement).one()
    session.rollback()
    return lines, pieces or D(0), money or D(0)


def test_sample_book_when_imported_then_database_and_error_workbook_are_the_whole_book(
    database: Database, session: Session, book: bytes
) -> None:
    """The long form tries it first, which takes as long; that a trial says what the import does is tested with small
    books (tests/services/test_import.py).
    """
    tried = carried_out(database.engine, book, is_dry_run=True) if FULL else None
    assert held(session) == (0, D(0), D(0))

    done = carried_out(database.engine, book)
    for part in PARTS if tried else ():
        assert done[part] == tried[part], part
    lines, pieces, money = held(session)
    refused = pd.read_excel(BytesIO(errors_of(database.engine, done)), sheet_name="订单", engine="calamine")
    assert lines + len(refused) == ROWS
    assert pieces + int(refused["数量"].sum()) == PIECES
    assert D(done["accepted"]["amount"]) + D(done["rejected"]["amount"]) == AMOUNT
    assert money == D(done["booked"]) == D(done["accepted"]["amount"]) + D(done["rounding"])
    row_numbers, reasons = refused.iloc[:, 0], refused.iloc[:, 2]
    assert row_numbers.is_unique
    assert reasons.notna().all()

    states = session.execute(sa.select(Order.state, sa.func.count()).group_by(Order.state)).all()
    assert [(str(state), count) for state, count in states] == [("completed", done["orders"]["accepted"])]
    years = sorted({received.year for received in session.scalars(sa.select(Order.received_at))})
    assert len(years) == 4
    session.rollback()

    again = carried_out(database.engine, book)
    assert (again["accepted"]["rows"], again["duplicate"]["rows"]) == (0, lines)
    assert held(session) == (lines, pieces, money)
