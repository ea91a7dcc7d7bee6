"""Imports of customers and products as a person of the demo company does them, and taking them back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_babel import force_locale
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.cli.demo_people import actors
from app.exchange.entryrun import CHANGES, carry_out, shown_rows
from app.exchange.mapping import mapping_for
from app.exchange.reading import read_book
from app.exchange.running import open_batch, rejected_rows
from app.exchange.subjects import SUBJECTS
from app.exchange.undoing import plan_undo, take_back
from app.kernel.context import Context
from app.kernel.policy import read_policy
from app.kernel.unit_of_work import unit_of_work
from models.exchange import ImportBatch
from tests.order_books import NOW, unheard, xlsx
from views.importdoor import DOOR, asked_by

if TYPE_CHECKING:
    from tests.databases import Database

CUSTOMER_COLUMNS = ("类型", "名称", "手机", "统一社会信用代码", "城市", "地址：城市", "省份", "详细地址", "备注")
PRODUCT_COLUMNS = ("货号", "品名", "类别", "供货方式", "标价", "成本")


def table(columns: Sequence[str], *rows: Sequence[Any]) -> bytes:
    """A workbook of one sheet."""
    return xlsx({"表": [list(columns), *rows]})


@dataclass
class Importer:
    """One person who imports; every act is a minute later than the one before."""

    database: Database
    username: str
    now: datetime = NOW
    statements: list[str] = field(default_factory=list)

    @contextmanager
    def acting(self) -> Iterator[Context]:
        """The person's context with a session of its own."""
        self.now += timedelta(minutes=1)
        with self.database.app.app_context(), force_locale("en"), Session(self.database.engine) as session:
            actor = actors(session)[self.username]
            policy = read_policy(session)
            session.rollback()
            yield Context(session, actor, self.now, "screen", policy=policy)

    def brings(self, subject: str, data: bytes, *, is_dry_run: bool = False, name: str = "book.xlsx") -> ImportBatch:
        """The account of an import, read and let go of."""
        with self.acting() as ctx:
            book, asked = read_book(data, name), asked_by(ctx.actor, SUBJECTS[subject])
            mapped = mapping_for(ctx, book, asked)
            ctx.session.rollback()
            with unit_of_work(ctx):
                batch_id = open_batch(ctx, book, mapped, is_dry_run=is_dry_run, asked=asked).id
            with self._counted():
                carry_out(
                    ctx, batch_id, book, mapped, is_dry_run=is_dry_run, record=unit_of_work, progress=unheard,
                    asked=asked,
                )  # fmt: skip
            found = ctx.session.get_one(ImportBatch, batch_id, populate_existing=True)
            ctx.session.expunge(found)
            return found

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.statements = []

        def heard(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            self.statements.append(statement)

        event.listen(self.database.engine, "before_cursor_execute", heard)
        yield
        event.remove(self.database.engine, "before_cursor_execute", heard)

    def past_orders(self, data: bytes) -> ImportBatch:
        """The account of an import of an order book."""
        return self.brings("order", data)

    def figures(self, subject: str, data: bytes) -> tuple[int, int, int, int]:
        """New, changed, the same, rejected rows of an import."""
        report = self.brings(subject, data).report
        records = report["records"]
        return records["made"], records["changed"], records["same"], report["rejected"]

    def wrong(self, batch: ImportBatch) -> dict[int, list[tuple[str, str]]]:
        """Row → column and code of what is wrong with it."""
        with self.acting() as ctx:
            return {
                row.row_no: [(kept["column"], kept["code"]) for kept in row.raw["problems"]]
                for row in rejected_rows(ctx, batch.id)
            }

    def preview(self, batch: ImportBatch) -> dict[int, dict[str, list[Any]]]:
        """Row → what the dry run says would change."""
        with self.acting() as ctx:
            return {row.row_no: row.raw[CHANGES] for row in shown_rows(ctx, batch.id, 100)}

    def reasons(self, batch: ImportBatch) -> dict[str, list[str]]:
        """Each record that is not taken back yet → the codes of what stands against it."""
        with self.acting() as ctx:
            found = plan_undo(ctx, ctx.session.get_one(ImportBatch, batch.id), DOOR)
            return {
                f"{each.effect.entity} {each.effect.row_no}": [reason.code for reason in each.reasons] for each in found
            }

    def takes_back(self, batch: ImportBatch) -> tuple[int, int]:
        """Takes an import back: how many records were, how many were not."""
        with self.acting() as ctx, unit_of_work(ctx):
            return take_back(ctx, ctx.session.get_one(ImportBatch, batch.id), DOOR)


def one(session: Session, model: type[Any], **values: Any) -> Any:
    """The one record with these values, read afresh; the transaction is closed."""
    where = [getattr(model, name) == value for name, value in values.items()]
    found = session.scalars(sa.select(model).where(*where).execution_options(populate_existing=True)).unique().one()
    session.refresh(found)
    session.expunge(found)
    session.rollback()
    return found
