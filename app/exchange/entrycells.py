"""A cell of a declared table as its form would send it: numbers exact, words of vocabularies in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.exchange.cells import CellError, number_of, text_of
from app.exchange.fields import CATEGORIES, NO, YES, Field, folded, in_every_language
from models.base import Fixed
from models.labels import LABELS, CustomerKind, ProductCategory

# What people write besides the labels.
ALSO: Final[Mapping[Any, Mapping[str, Any]]] = {
    ProductCategory: {**CATEGORIES, "柜子": ProductCategory.cabinet, "衣柜": ProductCategory.wardrobe},
    CustomerKind: {"个人": CustomerKind.person, "公司": CustomerKind.company, "person": CustomerKind.person},
}
IS_YES, IS_NO = _l("Yes"), _l("No")


class CellReader:
    """Reads the cells of one import; the words of each vocabulary are looked up once."""

    def __init__(self) -> None:
        self._words: dict[Any, dict[str, str]] = {}

    def raw(self, field: Field, cell: Any) -> str | None:
        """The text that a form would send for the cell; None where it is blank. Raises CellError."""
        text = text_of(cell)
        if not text or field.column is None:
            return text or None
        kind: Any = field.column.type
        if isinstance(kind, sa.Enum):
            return self._word(kind.enum_class, text)
        if isinstance(kind, sa.Boolean):
            return _flag(text)
        if isinstance(kind, Fixed | sa.Integer):
            return format(number_of(cell), "f")
        if isinstance(kind, sa.String) and kind.length and len(text) > kind.length:
            raise CellError("too_long", limit=kind.length)
        return text

    def _word(self, vocabulary: Any, text: str) -> str:
        if vocabulary not in self._words:
            self._words[vocabulary] = _names(vocabulary)
        found = self._words[vocabulary].get(folded(text))
        if found is None:
            raise CellError("unknown_word", word=text, known=", ".join(words_of(vocabulary).values()))
        return found


def words_of(vocabulary: Any) -> dict[Any, str]:
    """The words of a vocabulary with their labels in the reader's language."""
    return {word: str(LABELS.get(vocabulary, {}).get(word, word.value)) for word in vocabulary}


def _names(vocabulary: Any) -> dict[str, str]:
    """What a word may be called: itself, or its label in either language."""
    labels = LABELS.get(vocabulary, {})
    found: dict[str, str] = {}
    for word in vocabulary:
        for name in (word.value, *in_every_language(labels.get(word, word.value)).values()):
            found.setdefault(folded(name), str(word.value))
    for name, word in ALSO.get(vocabulary, {}).items():
        found.setdefault(name, word.value)
    return found


def _flag(text: str) -> str:
    asked = folded(text)
    if asked in YES | {"√", "✓"}:
        return "true"
    if asked in NO:
        return "false"
    raise CellError("unknown_word", word=text, known=f"{IS_YES}, {IS_NO}")
