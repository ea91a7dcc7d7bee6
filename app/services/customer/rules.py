"""Rules of customer files as functions of values: no session, no framework."""

from __future__ import annotations

import re

from pypinyin import Style, lazy_pinyin

from app.kernel import search

SEARCH_LENGTH = 400
# GB 32100-2015: the alphabet and the weights of the unified social credit code.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
USCC_LENGTH = 18


def plain_phone(phone: str | None) -> str | None:
    """A phone number without spaces, dashes and the country code of China."""
    if not phone:
        return None
    digits = re.sub(r"[\s\-()（）]", "", phone)
    return re.sub(r"^(\+86|0086)", "", digits) or None


def check_character(body: str) -> str:
    """The check character of the first 17 characters of a unified social credit code (GB 32100-2015).

    Raises:
        ValueError: a character is not in the alphabet of the standard.
    """
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(body, WEIGHTS, strict=True))
    return ALPHABET[-total % len(ALPHABET)]


def is_uscc(code: str) -> bool:
    """Whether a unified social credit code has the right length, alphabet and check character."""
    if len(code) != USCC_LENGTH or any(character not in ALPHABET for character in code):
        return False
    return check_character(code[:-1]) == code[-1]


def search_text(name: str, code: str, phone: str | None, uscc: str | None = None) -> str:
    """What a customer is found by: name and its pieces, full pinyin, initials, code, phone, credit code."""
    spelled = "".join(lazy_pinyin(name))
    initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
    return search.search_text((name, code, phone), name, (spelled, initials, uscc or ""), length=SEARCH_LENGTH)
