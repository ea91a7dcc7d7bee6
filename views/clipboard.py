"""Tables from a spreadsheet's clipboard: whatever was copied becomes cells, and nothing of it is dropped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _

YES = {"y", "yes", "true", "1", "on", "是", "√", "✓", "v"}
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
NUMBERS = {"number", "money", "percent"}
LONGEST_CELL = 2000


# A quoted cell may hold tabs, line ends and doubled quotes; a quote that nobody closes before a border is a plain sign.
CELL = re.compile(r'"((?:[^"]|"")*)"(?=[\t\n]|\Z)|([^\t\n]*)')


def table_of(text: str) -> list[list[str]]:
    """Rows of cells, without empty rows at the ends and between."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    rows: list[list[str]] = [[]]
    place = 0
    while place <= len(text):
        found = CELL.match(text, place)
        if found is None:  # cannot be: the second half matches nothing, too
            break
        quoted, bare = found.groups()
        rows[-1].append(_clean(bare if quoted is None else quoted.replace('""', '"')))
        place = found.end()
        if text[place : place + 1] == "\n":
            rows.append([])
        place += 1
    return [row for row in rows if any(row)]


def _clean(value: str) -> str:
    """Without invisible control characters; they are in no cell that a person typed."""
    return "".join(sign for sign in value if sign >= " " or sign in "\n\t").strip()[:LONGEST_CELL]


def columns_of(
    table: Sequence[Sequence[str]], heads: Sequence[Mapping[str, Any]], start: str
) -> tuple[list[str | None], int]:
    """Which column each cell belongs to, and how many rows are headings.

    A first row that names columns of the grid decides; without one the cells go on from the column pasted into.
    """
    names = {_folded(str(head["label"])): str(head["key"]) for head in heads}
    names |= {str(head["key"]): str(head["key"]) for head in heads}
    first = [names.get(_folded(value)) for value in table[0]] if table else []
    if sum(key is not None for key in first) >= min(2, len(first)) and any(first):
        return first, 1
    keys = [str(head["key"]) for head in heads]
    place = keys.index(start) if start in keys else 0
    return list(keys[place:]), 0


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().rstrip("*:").strip().lower()


def typed(cell: Mapping[str, Any], text: str) -> str:
    """A pasted text as the box of its column takes it; what cannot be read stays as it is, to be marked there."""
    kind = cell.get("kind")
    plain = unicodedata.normalize("NFKC", text).strip()
    if kind in NUMBERS:
        bare = re.sub(r"[¥￥$%,\s\u00a0元]", "", plain)
        return bare or plain
    if kind in {"select", "multiselect"}:
        for value, label in cell.get("choices") or ():
            if plain.lower() in {str(value).lower(), str(label).lower()}:
                return str(value)
        return text
    if kind == "bool":
        return "y" if plain.lower() in YES else ""
    if kind == "date" and (found := DAY.match(plain)):
        try:
            return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
        except ValueError:
            return text
    return text


def filled(
    table: Sequence[Sequence[str]],
    heads: Sequence[Mapping[str, Any]],
    start: str,
) -> list[dict[str, Any]]:
    """The pasted rows: ``{"values": {key: text}, "over": [text]}``; ``over`` found no column."""
    keys, headings = columns_of(table, heads, start)
    by_key = {str(head["key"]): head for head in heads}
    rows = []
    for row in table[headings:]:
        values: dict[str, str] = {}
        over = []
        for place, text in enumerate(row):
            key = keys[place] if place < len(keys) else None
            if not text:
                continue
            if key is None:
                over.append(text)
            else:
                values[key] = typed(by_key[key], text)
        rows.append({"values": values, "over": over})
    return rows


def unread(cell: Mapping[str, Any], text: str) -> str | None:
    """What to say at a box that cannot hold a pasted text at all; None where it can."""
    if cell.get("kind") == "select" and text not in {str(value) for value, _label in cell.get("choices") or ()}:
        return str(_("“%(text)s” is not in the list: choose a value.", text=text[:60]))
    if cell.get("kind") == "date" and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return str(_("“%(text)s” is not a date.", text=text[:60]))
    return None


__all__ = ["filled", "table_of", "unread"]
