"""Cells and files of order books: exact, or refused with a stable code before anything grows."""

from __future__ import annotations

import resource
import zipfile
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from time import perf_counter

import pytest

from app.exchange.cells import CellError, date_of, number_of, shown, text_of
from app.exchange.mapping import missing, suggest
from app.exchange.reading import read_book
from app.kernel.errors import DomainError
from tests.order_books import csv_text, line, workbook, xlsx

D = Decimal


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (129.696, "129.696"),
        (398.9999999999999, "399"),
        (5040.315000000001, "5040.315"),
        (7, "7"),
        (0, "0"),
        (-88.2, "-88.2"),
        ("8,659.84", "8659.84"),
        ("¥1204.56", "1204.56"),
        ("１２．５", "12.5"),
    ],
)
def test_number_when_read_then_is_what_the_workbook_shows(cell, number):
    assert str(number_of(cell)) == number


@pytest.mark.parametrize("cell", ["", "1,2,3", "12a", "1e5", True, float("nan"), float("inf"), date(2024, 1, 1), "--1"])
def test_number_when_it_is_none_then_refused(cell):
    with pytest.raises(CellError) as refused:
        number_of(cell)
    assert refused.value.code == "not_a_number"


@pytest.mark.parametrize(
    "cell",
    [
        datetime(2024, 3, 1),
        date(2024, 3, 1),
        "2024-03-01",
        "2024/3/1",
        "2024年3月1日",
        "20240301",
        "2024-03-01 00:00:00",
    ],
)
def test_date_when_written_in_the_usual_ways_then_is_the_day(cell):
    assert date_of(cell) == date(2024, 3, 1)


@pytest.mark.parametrize("cell", [45352, "2024-02-30", "03/01/2024", "soon", datetime(2024, 3, 1, 23, 30)])
def test_date_when_it_is_none_or_has_an_hour_then_refused(cell):
    with pytest.raises(CellError) as refused:
        date_of(cell)
    assert refused.value.code == "not_a_date"


def test_text_when_a_phone_came_as_a_float_then_has_no_decimals():
    assert shown(13800005621.0) == "13800005621"


@pytest.mark.parametrize("text", ["a\x00b", "a\x07b", "a\ud800b"])
def test_text_when_it_holds_control_characters_then_refused(text):
    with pytest.raises(CellError) as refused:
        text_of(text)
    assert refused.value.code == "control_characters"


def test_text_when_marked_by_our_error_workbook_then_the_mark_goes():
    assert text_of("'=1+1") == "=1+1"


def test_text_when_it_comes_in_parts_then_is_composed():
    assert text_of(" Café　") == "Café"


@pytest.mark.parametrize(
    ("encoding", "separator"), [("utf-8", ","), ("utf-8-sig", ";"), ("gb18030", "\t"), ("utf-16", ",")]
)
def test_csv_when_encoded_as_offices_do_then_reads_alike(encoding, separator):
    book = read_book(csv_text([line()], separator).encode(encoding), "book.csv")
    cells = dict(zip(book.sheets[0].header, book.sheets[0].rows[0].cells, strict=True))
    assert (book.sheets[0].rows[0].no, cells["客户名称"], cells["产品名称"], cells["销售额"]) == (
        2,
        "林晓",
        "餐椅, 榉木",
        "129.696",
    )


def test_workbook_when_rows_are_empty_then_the_others_keep_their_numbers():
    book = read_book(xlsx({"订单": [["订单 ID"], ["A"], [], ["B"]]}), "book.xlsx")
    assert [(row.no, row.cells[0]) for row in book.sheets[0].rows] == [(2, "A"), (4, "B")]


def test_header_when_a_name_stands_twice_then_both_can_be_told_apart():
    book = read_book(xlsx({"s": [["备注", "备注", None, "数量"], [1, 2, 3, 4]]}), "book.xlsx")
    assert book.sheets[0].header == ("备注", "备注 (2)", "#3", "数量")


def test_columns_when_headers_are_known_then_are_recognised():
    mapped = suggest(read_book(workbook([line()], ["B-2024-1"]), "book.xlsx"))
    assert mapped.main.sheet == "订单"
    assert mapped.main.columns["amount"] == "销售额"
    assert mapped.returns is not None
    assert mapped.returns.columns == {"order_no": "订单 ID", "returned": "退回"}


def test_columns_when_one_is_missing_then_its_field_is_named():
    columns = ["订单 ID", "订单日期", "发货日期", "客户 ID", "客户名称", "细分", "产品 ID", "产品名称", "数量"]
    book = read_book(workbook([line()], columns=columns), "book.xlsx")
    assert missing(book, suggest(book)) == ["Line amount after discount"]


def test_sheet_when_named_wrongly_then_the_sheets_are_named():
    with pytest.raises(DomainError) as refused:
        suggest(read_book(workbook([line()]), "book.xlsx"), sheet="Orders")
    assert (refused.value.reason_code, str(refused.value)) == (
        "sheet_missing",
        "The workbook has no sheet “Orders”. Its sheets are: 订单.",
    )


def archive(parts: dict[str, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return target.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
BAD_FILES = {
    "nothing": (lambda: b"", "file_empty"),
    "blanks": (lambda: b" \r\n ", "file_empty"),
    "no rows": (lambda: xlsx({"s": []}), "file_empty"),
    "half a workbook": (lambda: workbook([line()])[:-400], "file_unreadable"),
    "an archive that is no workbook": (lambda: archive({"a.txt": b"x"}), "file_unreadable"),
    "a page of the web": (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "file_unreadable"),
    "bytes": (lambda: bytes(range(256)) * 40, "file_unreadable"),
    "an old workbook cut off": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000, "file_unreadable"),
    "a password": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "file_protected",
    ),
    "17 MiB": (lambda: b"a" * (17 * 1024 * 1024), "file_too_large"),
    "300 MB in a few": (lambda: archive({SHEET: b" " * (300 * 1024 * 1024)}), "file_too_large"),
    "20 000 parts": (lambda: archive({f"xl/{number}.xml": b"" for number in range(20_000)}), "file_too_large"),
    "a cell far down": (lambda: archive({SHEET: b'<row r="1048576"><c r="A1048576"/></row>'}), "file_too_large"),
    "a cell far right": (lambda: archive({SHEET: b'<c r="XFD1"/>'}), "file_too_large"),
    "an empty rectangle": (lambda: archive({SHEET: b'<c r="GR1"/><c r="A99999"/>'}), "file_too_large"),
    "entities": (lambda: archive({SHEET: b'<!DOCTYPE a [<!ENTITY b "c">]>'}), "file_unreadable"),
    "ragged rows": (lambda: b"a,b\n1,2,3,4\n", "file_unreadable"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_file_when_it_cannot_be_read_then_refused_with_its_code(kind):
    make, code = BAD_FILES[kind]
    data = make()
    with pytest.raises(DomainError) as refused:
        read_book(data, "book.xlsx")
    assert (refused.value.reason_code, refused.value.status) == (code, 422)


@cache
def bomb(part: bytes, times: int) -> bytes:
    """A small workbook whose one sheet is ``part`` over and over again."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(times):
                sheet.write(part)
    return target.getvalue()


def with_false_size(data: bytes) -> bytes:
    """The same workbook; its directory says that the sheet is small."""
    entry = data.rindex(b"PK\x01\x02")
    return data[: entry + 24] + (1000).to_bytes(4, "little") + data[entry + 28 :]


NOTHING = b" " * 1024 * 1024
CELLS = b'<c r="A1" t="s"><v>0</v></c>' * 37_000


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: bomb(NOTHING, 900), "file_too_large"),
        (lambda: with_false_size(bomb(NOTHING, 900)), "file_unreadable"),
        (lambda: bomb(CELLS, 150), "file_too_large"),
    ],
    ids=["900 MiB of nothing", "and a directory that lies", "150 MiB of tiny cells"],
)
def test_workbook_when_it_was_made_to_grow_then_refused_at_once_and_in_no_memory(made, code):
    data = made()
    assert len(data) < 1024 * 1024
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, perf_counter()
    with pytest.raises(DomainError) as refused:
        read_book(data, "orders.xlsx")
    assert refused.value.reason_code == code
    assert perf_counter() - began < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024
