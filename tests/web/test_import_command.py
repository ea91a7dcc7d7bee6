"""``flask orders import``: what the command says and leaves behind."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlalchemy as sa

from models.exchange import ImportBatch
from models.order import Order
from tests.order_books import line, workbook

pytestmark = [
    pytest.mark.stage("migrated"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook([line(), line(2, **{"订单 ID": "B-2", "数量": 0})], ["B-2024-1"]))
    return path


def test_command_when_run_then_imports_and_writes_the_rejected_rows(database, session, book, tmp_path):
    errors = tmp_path / "errors.xlsx"

    said = database.run("orders", "import", str(book), "--errors", str(errors))

    assert session.scalars(sa.select(Order.external_no)).all() == ["B-2024-1"]
    assert "¥129.696 · ×2" in said
    assert "¥259.392 · ×2" in said
    frame = pd.read_excel(errors, engine="calamine")
    assert (len(frame), frame.iloc[0, 0], frame.iloc[0, 1]) == (1, 3, "数量")


def test_command_when_dry_then_saves_no_order(database, session, book):
    database.run("orders", "import", str(book), "--dry-run")

    assert session.scalar(sa.select(sa.func.count(Order.id))) == 0
    batch = session.scalars(sa.select(ImportBatch)).one()
    assert (batch.is_dry_run, batch.rows_total, batch.rows_ok, batch.rows_rejected) == (True, 2, 1, 1)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 half a workbook", b"a;b\r\n1;2\r\n"], ids=["empty", "broken", "columns"]
)
def test_command_when_the_file_cannot_be_used_then_ends_with_1_and_changes_nothing(
    database, session, tmp_path, content
):
    path = tmp_path / "bad.xlsx"
    path.write_bytes(content)

    result = database.app.test_cli_runner().invoke(args=["orders", "import", str(path)])

    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert session.scalar(sa.select(sa.func.count(ImportBatch.id))) == 0
