"""What tables are called in rights, journal and addresses."""

from __future__ import annotations

from functools import cache
from typing import Any


def entity_name(subject: type[Any]) -> str:
    """The word of a table in permissions, journal and URLs: ``OrderLine`` is ``order_line``."""
    return _snake(subject.__name__)


@cache
def _snake(name: str) -> str:
    letters = [f"_{c.lower()}" if c.isupper() else c for c in name]
    return "".join(letters).lstrip("_")
