"""How the first row of our own exports is known, so that they can be read again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

# No header of anybody's begins like this, in whatever language the rest of the sentence is.
SIGN: Final = "※ 直单 Zhidan · "


def is_mark(cells: Sequence[Any]) -> bool:
    """Whether a row is the mark of an export: its first cell says so, and no other cell says anything."""
    first, *others = cells
    return isinstance(first, str) and first.startswith(SIGN) and not any(_is_said(cell) for cell in others)


def _is_said(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""
