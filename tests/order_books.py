"""Order books of the project's own making: a clean one, and one for each way in which a book can be wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from io import BytesIO
from typing import Any

import xlsxwriter
from sqlalchemy import Engine
from sqlalchemy.orm import Session

import app.reactions
from app.exchange.entryrun import carry_out
from app.exchange.errors import error_workbook
from app.exchange.mapping import mapping_for
from app.exchange.reading import Book, read_book
from app.exchange.report import HEADERS
from app.exchange.running import open_batch, rejected_rows
from app.kernel.context import LOCAL_ZONE, SYSTEM, Context
from app.kernel.policy import read_policy
from app.kernel.unit_of_work import unit_of_work
from models.exchange import ImportBatch

assert app.reactions.REACTIONS  # importing it registers what follows from the steps

NOW = datetime(2026, 11, 24, 9, 40, tzinfo=LOCAL_ZONE)
COLUMNS = (
    "行 ID", "订单 ID", "订单日期", "发货日期", "邮寄方式", "客户 ID", "客户名称", "细分", "城市", "省/自治区",
    "产品 ID", "子类别", "产品名称", "销售额", "数量", "折扣", "利润",
)  # fmt: skip
FIRST: Mapping[str, Any] = {
    "行 ID": 1,
    "订单 ID": "B-2024-1",
    "订单日期": date(2024, 3, 1),
    "发货日期": date(2024, 3, 5),
    "邮寄方式": "标准级",
    "客户 ID": "林晓-1",
    "客户名称": "林晓",
    "细分": "消费者",
    "城市": "杭州",
    "省/自治区": "浙江",
    "产品 ID": "椅-01",
    "子类别": "椅子",
    "产品名称": "餐椅, 榉木",
    "销售额": 129.696,
    "数量": 2,
    "折扣": 0.4,
    "利润": 8.5,
}


def line(row_id: int = 1, **changes: Any) -> dict[str, Any]:
    """A line of the book; ``changes`` by column, None empties the cell."""
    return {**FIRST, "行 ID": row_id, **changes}


def workbook(
    lines: Sequence[Mapping[str, Any]], returns: Sequence[str] = (), *, columns: Sequence[str] = COLUMNS
) -> bytes:
    """An xlsx with the sheets 订单 and, where something came back, 退货."""
    sheets = {"订单": [list(columns), *([row.get(name) for name in columns] for row in lines)]}
    if returns:
        sheets["退货"] = [["订单 ID", "退回"], *([number, "是"] for number in returns)]
    return xlsx(sheets)


def xlsx(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """A workbook from bare tables."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(at, column, value)
    book.close()
    return target.getvalue()


def csv_text(lines: Sequence[Mapping[str, Any]], separator: str = ",") -> str:
    """The same book as text."""
    rows = [COLUMNS, *([str(row.get(name, "")) for name in COLUMNS] for row in lines)]
    return "\r\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows) + "\r\n"


@contextmanager
def acting(engine: Engine) -> Iterator[Context]:
    """The system at a told moment, with a session of its own."""
    with Session(engine) as session:
        policy = read_policy(session)
        session.rollback()
        yield Context(session, SYSTEM, NOW, "cli", policy=policy)


def unheard(_done: int, _total: int) -> None:
    """Nobody looks at the progress."""


def carried_out(
    engine: Engine,
    data: bytes,
    *,
    is_dry_run: bool = False,
    name: str = "book.xlsx",
    progress: Callable[[int, int], None] = unheard,
) -> dict[str, Any]:
    """The account of an import; what happens is what the command does."""
    with acting(engine) as ctx:
        book: Book = read_book(data, name)
        mapped = mapping_for(ctx, book)
        ctx.session.rollback()
        with unit_of_work(ctx):
            batch_id = open_batch(ctx, book, mapped, is_dry_run=is_dry_run).id
        carry_out(ctx, batch_id, book, mapped, is_dry_run=is_dry_run, record=unit_of_work, progress=progress)
        report = dict(ctx.session.get_one(ImportBatch, batch_id).report)
        ctx.session.rollback()
        return {**report, "batch_id": batch_id}


def refusals(engine: Engine, report: Mapping[str, Any]) -> dict[tuple[str, int], list[tuple[str, str]]]:
    """Sheet and row of each rejected row, with column and code of its problems."""
    with acting(engine) as ctx:
        return {
            (row.sheet, row.row_no): [(kept["column"], kept["code"]) for kept in row.raw["problems"]]
            for row in rejected_rows(ctx, report["batch_id"])
        }


def errors_of(engine: Engine, report: Mapping[str, Any]) -> bytes:
    """The error workbook of an import."""
    with acting(engine) as ctx:
        return error_workbook(rejected_rows(ctx, report["batch_id"]), report[HEADERS])
