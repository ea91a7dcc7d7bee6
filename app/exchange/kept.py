"""Files that were made and wait for their download: names that nobody can guess, in a folder only the program reads."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

KEY: Final = re.compile(r"[0-9a-f]{64}")
KEPT_SECONDS: Final = 24 * 60 * 60


class ExportStore:
    """The folder of exports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new_key(self) -> str:
        """A name for a file that is about to be made."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        return secrets.token_hex(32)

    def path(self, key: str) -> Path:
        """Where the file of that name lies. Raises ValueError for what is no such name."""
        if not KEY.fullmatch(key):
            msg = "not the name of a kept file"
            raise ValueError(msg)
        return self.folder / key

    def forget(self, keys: Iterable[str]) -> None:
        """Removes files."""
        for key in keys:
            self.path(key).unlink(missing_ok=True)

    def sweep(self, now: datetime) -> int:
        """Removes every file that is older than a day, drafts of broken-off exports included. Returns how many."""
        gone = 0
        for old in self.folder.iterdir() if self.folder.is_dir() else ():
            with suppress(FileNotFoundError):  # somebody else was faster
                if now.timestamp() - old.stat().st_mtime > KEPT_SECONDS:
                    old.unlink()
                    gone += 1
        return gone
