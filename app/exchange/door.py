"""What an import asks of the screens: which columns a person may write, and writing as his form would.

The web layer implements it with the declared entities, so that an import decides nothing by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from app.kernel.context import Actor, Context


class Door(Protocol):
    """The forms of the declared tables without their pages."""

    def columns(self, model: type[Any]) -> Sequence[str]:
        """The columns of the add form in its order, whoever fills it in."""

    def writable(self, actor: Actor, model: type[Any], record: Any = None) -> frozenset[str]:
        """The columns that the actor may write in a new record, or in this one."""

    def scope(self, actor: Actor, model: type[Any]) -> Any:
        """The clause of the rows that the actor may know of."""

    def may(self, actor: Actor, model: type[Any], word: str, record: Any = None) -> bool:
        """Whether the actor may ``add``, ``edit`` (this record), ``import`` or ``take_back``."""

    def create(self, ctx: Context, model: type[Any], raw: Mapping[str, Any]) -> Any:
        """Makes a record as the add form does, and flushes it. Raises DomainError."""

    def change(self, ctx: Context, model: type[Any], record: Any, raw: Mapping[str, Any], version: int) -> Any:
        """Changes a record of that version as the edit form does, and flushes it. Raises DomainError."""
