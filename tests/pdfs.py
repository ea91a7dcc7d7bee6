"""What a PDF holds, read without a library: letters that can be copied out of it, fonts within it, pages."""

from __future__ import annotations

import re
import zlib

import pytest

from app.documents import pdf
from tests.databases import unavailable

STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
SPELT = re.compile(rb"<[0-9a-fA-F]{4}>\s*<((?:[0-9a-fA-F]{4})+)>")


@pytest.fixture
def sets_papers() -> None:
    """This machine makes PDF."""
    if not pdf.is_there():
        unavailable("The extra “pdf” or Pango was not found (Debian: apt-get install libpangoft2-1.0-0).")


def plain(made: bytes) -> list[bytes]:
    """The file as it is, and every packed part of it unpacked."""
    found = [made]
    for part in STREAM.findall(made):
        try:
            found.append(zlib.decompress(part))
        except zlib.error:
            continue
    return found


def letters_of(made: bytes) -> set[str]:
    """Every letter that the fonts in the file know by its name: what can be searched and copied."""
    tables = [part for part in plain(made) if b"beginbfchar" in part or b"beginbfrange" in part]
    return {
        letter
        for part in tables
        for code in SPELT.findall(part)
        for letter in bytes.fromhex(code.decode()).decode("utf-16-be")
    }


def fonts_of(made: bytes) -> int:
    """How many fonts lie in the file itself."""
    return sum(len(re.findall(rb"/FontFile[23]?\b", part)) for part in plain(made))


def pages_of(made: bytes) -> int:
    """How many pages it has."""
    return sum(len(re.findall(rb"/Type\s*/Page\b", part)) for part in plain(made))
