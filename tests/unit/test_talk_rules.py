"""What may be said and attached: names, mentions, kinds of files, pictures without the place where they were taken."""

from __future__ import annotations

import itertools
import struct
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from app.kernel.errors import NotFoundError
from app.services.talk import files, pictures, rules
from app.services.talk.storage import FileStore

if TYPE_CHECKING:
    from pathlib import Path

GPS, ORIENTATION = 0x8825, 0x0112


def jpeg(width: int = 60, height: int = 40, exif: Image.Exif | None = None) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "#a3742c").save(file, "JPEG", exif=exif or Image.Exif())
    return file.getvalue()


def archive(*names: str) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("图纸 v2.pdf", "图纸 v2.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\li\\合同.docx", "合同.docx"),
        ("fdp\u202eexe.jpg", "fdpexe.jpg"),
        ("a\x00b\n.txt", "ab.txt"),
        ("\u202e", "file"),
    ],
)
def test_name_when_cleaned_then_stays_the_persons_own_without_tricks(name: str, kept: str) -> None:
    assert rules.clean_name(name, 200) == kept


def test_name_when_very_long_then_keeps_the_end_that_says_its_kind() -> None:
    kept = rules.clean_name("柜" * 300 + ".pdf", 200)
    assert (len(kept), kept[-5:]) == (200, "….pdf")


def test_mention_when_names_begin_alike_then_the_longest_counts() -> None:
    people = {"王丽": [1], "王丽娜": [2], "Ada Lovelace": [3], "李静": [4, 5]}
    found = rules.mentioned("@王丽娜 看一下，＠李静 和 @Ada Lovelace；mail@example.com", people)
    assert found == {"王丽娜": [2], "李静": [4, 5], "Ada Lovelace": [3]}


def test_pieces_when_a_text_is_cut_then_nothing_of_it_is_lost() -> None:
    text = "见 SO-20261124-0001，@王丽娜"
    assert rules.numbers_in(f"{text} XSO-20261124-00019999") == ["SO-20261124-0001"]
    cut = rules.pieces(text, ["SO-20261124-0001", "@王丽", "@王丽娜"])
    assert cut == ["见 ", "SO-20261124-0001", "，", "@王丽娜"]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.pdf", b"", "file_empty"),
        ("film.mp4", b"\x00\x00\x00\x18ftypmp42", "file_kind"),
        ("page.html", b"<script>alert(1)</script>", "file_kind"),
        ("drawing.svg", b"<svg onload='alert(1)'/>", "file_kind"),
        ("noname", b"text", "file_kind"),
        ("photo.jpg", b"<html><script>alert(1)</script>", "file_mismatch"),
        ("letter.pdf", b"MZ\x90\x00", "file_mismatch"),
        ("book.xlsx", archive("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"), "file_mismatch"),
        ("book.docx", archive("evil.exe"), "file_mismatch"),
        ("list.csv", b"a\x00b", "file_mismatch"),
        ("large.pdf", b"%PDF-" + b"0" * files.LARGEST_FILE, "file_too_large"),
    ],
)
def test_file_when_it_is_not_kept_then_the_reason_is_clear(name: str, data: bytes, code: str) -> None:
    with pytest.raises(files.FileRefusedError) as refused:
        files.kind_of(name, data)
    assert (refused.value.reason_code, refused.value.status) == (code, 422)


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("合同.PDF", b"%PDF-1.7", "application/pdf"),
        ("book.xlsx", archive("[Content_Types].xml", "xl/workbook.xml"), files.KINDS["xlsx"].media_type),
        ("清单.csv", "名称,数量".encode("gb18030"), "text/plain"),
        ("plan.dwg", b"AC1032...", "application/octet-stream"),
        ("photo.jpeg", jpeg(), "image/jpeg"),
    ],
)
def test_file_when_name_and_content_agree_then_it_has_its_kind(name: str, data: bytes, media_type: str) -> None:
    assert files.kind_of(name, data).media_type == media_type


def test_picture_when_cleaned_then_stands_upright_and_says_nothing_of_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif.get_ifd(GPS).update({1: "N", 2: (30.0, 15.0, 0.0)})
    data = jpeg(60, 40, exif)
    assert Image.open(BytesIO(data)).getexif().get_ifd(GPS)
    written, small = pictures.cleaned("p.jpg", data, "image/jpeg")
    with Image.open(BytesIO(written)) as made:
        assert (made.size, dict(made.getexif()), made.getexif().get_ifd(GPS)) == ((40, 60), {}, {})
    assert b"Exif" not in written
    with Image.open(BytesIO(small)) as made:
        assert made.format == "JPEG"


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_picture_when_the_notes_of_the_camera_are_damaged_then_it_is_kept_without_them() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    data = jpeg(60, 40, exif)
    entry = data.index(b"\x01\x12\x00\x03\x00\x00\x00\x01")
    for kind, count in itertools.product((2, 5, 7, 11, 12, 255), (1, 3)):
        damaged = data[: entry + 2] + struct.pack(">HI", kind, count) + data[entry + 8 :]
        written, _small = pictures.cleaned("p.jpg", damaged, "image/jpeg")
        with Image.open(BytesIO(written)) as made:
            assert sorted(made.size) == [40, 60]


def test_picture_when_it_has_very_many_points_then_a_jpeg_is_unpacked_smaller() -> None:
    written, _small = pictures.cleaned("p.jpg", jpeg(6000, 4500), "image/jpeg")
    with Image.open(BytesIO(written)) as made:
        assert made.size == (3000, 2250)
    assert Image.MAX_IMAGE_PIXELS, "the library's own limit holds for everybody else"


@pytest.mark.parametrize(
    ("size", "code"),
    [((5100, 5000), "picture_too_large"), ((14000, 14000), "picture_too_large"), (None, "picture_broken")],
)
def test_picture_when_a_bomb_or_broken_then_refused(size: tuple[int, int] | None, code: str) -> None:
    if size is None:
        data = jpeg()[:200]
    else:
        file = BytesIO()
        Image.new("1", size).save(file, "PNG")
        data = file.getvalue()
    with pytest.raises(files.FileRefusedError) as refused:
        pictures.cleaned("p", data, "image/jpeg" if size is None else "image/png")
    assert refused.value.reason_code == code


def test_store_when_a_content_comes_twice_then_lies_there_once_and_no_name_is_a_path(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    digest = store.keep(b"content", b"small")
    assert store.keep(b"content") == digest
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [digest, f"{digest}.small"]
    assert store.path(digest, is_small=True).read_bytes() == b"small"
    for wrong in ("../secret_key", "0" * 64, digest.upper()):
        with pytest.raises(NotFoundError):
            store.path(wrong)
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert [store.purge({digest}, later), store.purge(set(), later - timedelta(days=1))] == [0, 0]
    assert store.purge(set(), later) == 1
    with pytest.raises(NotFoundError):
        store.path(digest)
