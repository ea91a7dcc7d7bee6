"""The report of a person's data as one workbook: a sheet a section, every cell text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import xlsxwriter

from app.exchange.errors import MAX_TEXT, OPTIONS, harmless

WIDTH = 22


def subject_workbook(sections: Mapping[str, tuple[Sequence[str], Sequence[Sequence[str]]]]) -> bytes:
    """The bytes of an xlsx file. ``sections``: title of the sheet to its header and rows."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, OPTIONS)
    bold = book.add_format({"bold": True, "bg_color": "#EEF1F5", "bottom": 1})
    for title, (header, rows) in sections.items():
        sheet: Any = book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(header) - 1, 0), WIDTH)
        for place, text in enumerate(header):
            sheet.write_string(0, place, harmless(text), bold)
        for line, row in enumerate(rows, 1):
            for place, text in enumerate(row):
                sheet.write_string(line, place, harmless(text)[:MAX_TEXT])
    book.close()
    return target.getvalue()
