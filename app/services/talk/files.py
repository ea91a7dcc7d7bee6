"""What may be put beside a record: decided by the end of its name and by its content, both must agree."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath

from flask_babel import lazy_gettext as _l

from app.kernel.errors import DomainError

MIB = 1024 * 1024
# A request may be 16 MiB; the rest of the form needs a little.
LARGEST_FILE = 15 * MIB
LARGEST_RECORD = 200 * MIB
MOST_FILES = 200
MOST_PARTS = 2000
CONTROL = bytes(sorted(set(range(32)) - {9, 10, 12, 13, 27}))


class FileRefusedError(DomainError):
    """A file that is not kept, and why."""

    code = "file_refused"
    status = 422


@dataclass(frozen=True)
class Kind:
    """A kind of file: its media type, and whether a content looks like it."""

    media_type: str
    looks: Callable[[bytes], bool]
    is_picture: bool = False


def begins(*starts: bytes) -> Callable[[bytes], bool]:
    """Content that begins with one of these."""
    return lambda data: data.startswith(starts)


def holds_pdf(data: bytes) -> bool:
    """A PDF may have a little before its head."""
    return b"%PDF-" in data[:1024]


def is_webp(data: bytes) -> bool:
    """A RIFF container of the kind WEBP."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def office(folder: str) -> Callable[[bytes], bool]:
    """A document of an office program without macros: its parts lie in a folder of that name. Nothing is unpacked."""

    def looks(data: bytes) -> bool:
        try:
            with zipfile.ZipFile(BytesIO(data)) as found:
                names = found.namelist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            return False
        return (
            len(names) <= MOST_PARTS
            and "[Content_Types].xml" in names
            and any(name.startswith(f"{folder}/") for name in names)
            and not any(name.lower().endswith("vbaproject.bin") for name in names)
        )

    return looks


def is_text(data: bytes) -> bool:
    """Words in UTF-8 or in the Chinese national encoding, without control characters."""
    if data.translate(None, CONTROL) != data:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


_JPEG = Kind("image/jpeg", begins(b"\xff\xd8\xff"), is_picture=True)
_TEXT = Kind("text/plain", is_text)
# Nothing a browser would run: no HTML, no SVG, no macros, no archives.
KINDS: Mapping[str, Kind] = {
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "png": Kind("image/png", begins(b"\x89PNG\r\n\x1a\n"), is_picture=True),
    "webp": Kind("image/webp", is_webp, is_picture=True),
    "pdf": Kind("application/pdf", holds_pdf),
    "docx": Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", office("word")),
    "xlsx": Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", office("xl")),
    "dwg": Kind("application/octet-stream", begins(b"AC10")),
    "dxf": Kind("application/octet-stream", is_text),
    "txt": _TEXT,
    "csv": _TEXT,
}


def kind_of(name: str, data: bytes) -> Kind:
    """What a file is.

    Raises:
        FileRefusedError: it is empty, too large, of a kind that is not kept, or not what its name says.
    """
    if not data:
        raise FileRefusedError(_l("“%(name)s” is empty."), code="file_empty", name=name)
    if len(data) > LARGEST_FILE:
        raise too_large(name)
    kind = KINDS.get(PurePosixPath(name).suffix.lower().removeprefix("."))
    if kind is None:
        raise FileRefusedError(
            _l("“%(name)s” is of a kind that is not kept. Kept are: %(kinds)s."),
            code="file_kind",
            name=name,
            kinds=", ".join(KINDS),
        )
    if not kind.looks(data):
        raise FileRefusedError(
            _l("“%(name)s” is not what its name says. Open it, save it anew in its own kind, and try again."),
            code="file_mismatch",
            name=name,
        )
    return kind


def too_large(name: str) -> FileRefusedError:
    """The file alone is too large."""
    return FileRefusedError(
        _l("“%(name)s” is too large: at most %(mib)s MB a file. Make it smaller, or send it in parts."),
        code="file_too_large",
        name=name,
        mib=LARGEST_FILE // MIB,
    )
