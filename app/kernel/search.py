"""Search texts: what is kept beside a record so that a typed piece of its name is found by an index.

PostgreSQL's trigram index finds three signs anywhere, but two only where a word begins. A Chinese given name has
two. So a search text also holds the two-sign pieces of Chinese words as words of their own: 林晓雯 brings 林晓, 晓雯.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

PIECE = 2


def pieces(text: str) -> list[str]:
    """The two-sign pieces of the Chinese words of a text, each once."""
    return list(dict.fromkeys(a + b for a, b in pairwise(text) if _is_sign(a) and _is_sign(b)))


def search_text(words: Iterable[str | None], name: str, spellings: Iterable[str], *, length: int) -> str:
    """Words, pieces of the name and its spellings in lower case; what is too long loses its end."""
    first = dict.fromkeys(word.lower() for word in words if word)
    last = dict.fromkeys(word.lower() for word in spellings if word)
    # A name that is a piece itself stands here again: only behind a space does the index know it as a word.
    return " ".join([*first, *pieces(name), *(word for word in last if word not in first)])[:length]


def holds(column: Any, text: str) -> sa.ColumnElement[bool]:
    """The condition that a search text holds what was typed; wildcards stand for themselves."""
    typed = text.lower()
    if len(typed) == PIECE and all(_is_sign(sign) for sign in typed):
        typed = f" {typed}"
    condition: sa.ColumnElement[bool] = column.contains(typed, autoescape=True)
    return condition


def _is_sign(character: str) -> bool:
    return not character.isascii() and character.isalpha()
