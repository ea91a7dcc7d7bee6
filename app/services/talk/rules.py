"""Rules of talk: values in, a verdict out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

LONGEST_TEXT = 4000
EDITABLE_FOR = timedelta(minutes=15)

# What turns the direction of writing, or cannot be seen: a name must not look like another one.
_INVISIBLE = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_NUMBER = re.compile(r"(?<![\w-])[A-Z]{2,4}-\d{8}-\d{4,6}(?![\w-])")


def clean_text(text: str) -> str:
    """A comment as it is kept: lines end alike, nothing invisible steers it, no empty head or tail."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in lines if sign in "\n\t" or _is_shown(sign)).strip()


def clean_name(name: str, longest: int) -> str:
    """The original name of a file without folders and invisible signs; a long one keeps its end: it says the kind."""
    last = re.split(r"[/\\]", name)[-1]
    shown = " ".join("".join(sign for sign in last if _is_shown(sign)).split()).strip(". ")
    stem, dot, kind = shown.rpartition(".")
    if len(shown) > longest and dot:
        shown = f"{stem[: longest - len(kind) - 2]}….{kind}"
    return shown[:longest] or "file"


def _is_shown(sign: str) -> bool:
    return sign not in _INVISIBLE and unicodedata.category(sign) not in {"Cc", "Cs"}


def is_editable(created_at: datetime, now: datetime) -> bool:
    """Whether the author may still put a comment right; later he says something new."""
    return now - created_at <= EDITABLE_FOR


def mentioned(text: str, people: Mapping[str, Sequence[int]]) -> dict[str, Sequence[int]]:
    """Who is called with an @, by the name as written: the longest known name behind each sign counts.

    Args:
        people: name as it may be written → the persons of that name.
    """
    longest = max(map(len, people), default=0)
    found: dict[str, Sequence[int]] = {}
    for at in re.finditer("[@＠]", text):
        rest = text[at.end() : at.end() + longest]
        name = next((rest[:size] for size in range(len(rest), 0, -1) if rest[:size] in people), None)
        if name is not None:
            found[name] = people[name]
    return found


def numbers_in(text: str) -> list[str]:
    """The document numbers that a text names, each once: SO-20261124-0001."""
    return list(dict.fromkeys(_NUMBER.findall(text)))


def pieces(text: str, marks: Sequence[str]) -> list[str]:
    """A text cut at the marks, which are kept as pieces of their own; of two that begin alike the longer wins."""
    if not marks:
        return [text]
    pattern = "|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True))
    return [piece for piece in re.split(f"({pattern})", text) if piece]


def excerpt(text: str, longest: int) -> str:
    """The beginning of a text in one line."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
