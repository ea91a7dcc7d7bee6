"""What the tests of exports share: asking for a file as a person does, and reading it as Excel does."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from models.policy import PolicyParameter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from typing import Protocol

    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from tests.web.person import Person

    class Act(Protocol):
        """The act of a company."""

        def __call__(self, who: str, when: str) -> AbstractContextManager[Any]: ...


def ask(person: Person, entity: str, query: str = "", **form: str) -> TestResponse:
    """Sends the export form of a list as it stands on the page."""
    url = f"/{entity}/export" + (f"?{query}" if query else "")
    columns = {"columns": form.pop("columns")} if "columns" in form else {}
    return person.client.post(url, data={**person.hidden(url), **columns, **form})


def csv_of(response: TestResponse) -> list[list[str]]:
    """The lines of a text table: the mark, the header, the rows."""
    assert response.status_code == 200, response.get_data(as_text=True)[:2000]
    return csv_rows(response.get_data())


def csv_rows(data: bytes) -> list[list[str]]:
    """The same of bytes; the mark of UTF-8 comes first."""
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(data.decode("utf-8-sig"), newline="")))


def sheet_of(data: bytes) -> list[list[Any]]:
    """The cells of a workbook, typed."""
    return CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python(skip_empty_area=False)


def set_parameters(session: Session, **values: int) -> None:
    """Sets limits of exports (``rows``, ``pii_rows``) as the committee would have."""
    for name, value in values.items():
        session.execute(
            sa.update(PolicyParameter).where(PolicyParameter.code == f"export.{name}").values(value=str(value))
        )
    session.commit()


def column(rows: list[list[str]], label: str) -> Iterator[str]:
    """The cells below a label."""
    place = rows[1].index(label)
    return (row[place] for row in rows[2:])
