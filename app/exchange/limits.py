"""What a file may be before anything opens it: size, kind, and how large it becomes when unpacked."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from typing import Final

from flask_babel import lazy_gettext as _l

from app.kernel.errors import DomainError

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_UNPACKED: Final = 200 * 1024 * 1024
MAX_PARTS: Final = 1000
MAX_ROWS: Final = 100_000
MAX_COLUMNS: Final = 200
# The reader keeps the rectangle from the first to the last cell in memory, however empty it is.
MAX_CELLS: Final = 5_000_000
CHUNK: Final = 1024 * 1024
# A sheet of 100,000 rows shrinks to a tenth; what shrinks to a hundredth and less was made to grow.
MOST_GROWTH: Final = 100
HARMLESS_SIZE: Final = 4 * 1024 * 1024
TAIL: Final = 64
REFERENCE: Final = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')

ZIP_MAGIC: Final = b"PK\x03\x04"
OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def refusal(code: str, message: object, **data: object) -> DomainError:
    """A file that is not read: status 422, a stable code, a sentence that says what to do."""
    error = DomainError(message, code=code, **data)
    error.status = 422  # type: ignore[misc]
    return error


def too_large() -> DomainError:
    """The file is larger than any table of ours."""
    return refusal(
        "file_too_large",
        _l("The file is too large: at most %(mib)s MiB, %(rows)s rows and %(columns)s columns. Split it into parts."),
        mib=MAX_BYTES // 1024 // 1024,
        rows=MAX_ROWS,
        columns=MAX_COLUMNS,
    )


def broken() -> DomainError:
    """The file is damaged or not what its name says."""
    return refusal(
        "file_unreadable",
        _l("The file cannot be read: it is damaged or not a workbook. Open it, save it as .xlsx, and try again."),
    )


def protected() -> DomainError:
    """The workbook asks for a password."""
    return refusal(
        "file_protected", _l("The workbook is protected by a password. Remove the password, save it, and try again.")
    )


def kind_of(data: bytes) -> str:
    """``xlsx``, ``xls`` or ``csv`` by what the file begins with, not by its name.

    Raises:
        DomainError: ``file_empty``, ``file_too_large``, ``file_protected``.
    """
    if not data.strip():
        raise refusal("file_empty", _l("The file is empty. Choose the workbook with your table."))
    if len(data) > MAX_BYTES:
        raise too_large()
    if data.startswith(ZIP_MAGIC):
        return "xlsx"
    if data.startswith(OLE_MAGIC):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise protected()
        return "xls"
    return "csv"


def check_archive(data: bytes) -> None:
    """Measures an xlsx before it is opened: the directory first, then the parts themselves, which it may belie.

    Raises:
        DomainError: ``file_too_large`` for a bomb, ``file_unreadable`` for a broken archive.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise too_large()
            if any(part.flag_bits & 1 for part in parts):
                raise protected()
            if any(is_swollen(part, part.file_size) for part in parts):
                raise too_large()
            left = MAX_UNPACKED
            for part in parts:
                if part.filename.startswith("xl/") and part.filename.endswith((".xml", ".bin")):
                    left -= _measure(archive, part, left)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise broken() from error


def is_swollen(part: zipfile.ZipInfo, size: int) -> bool:
    """Whether a part has become so much larger than it lies in the file that it holds no table."""
    return size > HARMLESS_SIZE and size > MOST_GROWTH * max(part.compress_size, 1)


def _measure(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    """Unpacks a part piece by piece; returns its size. Document types are refused: a workbook has none."""
    is_sheet = part.filename.startswith("xl/worksheets/")
    size, tail, widest, deepest, cells = 0, b"", 0, 0, 0
    with archive.open(part) as stream:
        while piece := stream.read(CHUNK):
            size += len(piece)
            window = tail + piece
            if size > left or is_swollen(part, size):
                raise too_large()
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                raise broken()
            if is_sheet:
                found = REFERENCE.findall(window)
                cells += len(found)
                for letters, row in set(found):
                    widest, deepest = max(widest, column_number(letters)), max(deepest, int(row))
                # The header row comes on top of the rows that count.
                if deepest > MAX_ROWS + 1 or widest > MAX_COLUMNS or max(widest * deepest, cells) > MAX_CELLS:
                    raise too_large()
            tail = window[-TAIL:]
    return size


def column_number(letters: bytes) -> int:
    """``A`` is 1, ``AA`` is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
