"""Uploaded files between the dry run and the run: named by their content, kept for a day at most."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from flask_babel import lazy_gettext as _l

from app.exchange.limits import refusal

DIGEST: Final = re.compile(r"[0-9a-f]{64}")
KEPT_SECONDS: Final = 24 * 60 * 60


class Store:
    """A folder of uploaded files. What a person calls a file is kept beside it and never becomes a path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, data: bytes, name: str, now: datetime) -> str:
        """Stores a file, forgets those older than a day, and returns the digest it is found by."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in self.folder.iterdir():
            with suppress(FileNotFoundError):  # somebody else was faster
                if now.timestamp() - old.stat().st_mtime > KEPT_SECONDS:
                    old.unlink()
        digest = hashlib.sha256(data).hexdigest()
        for suffix, content in ((".book", data), (".name", name.encode("utf-8", "replace"))):
            draft = self.folder / f"{digest}{suffix}.draft"
            draft.write_bytes(content)
            draft.replace(self.folder / f"{digest}{suffix}")
        return digest

    def fetch(self, digest: str) -> tuple[bytes, str]:
        """The file and its name. Raises DomainError ``file_gone``."""
        try:
            if not DIGEST.fullmatch(digest):
                raise FileNotFoundError(digest)
            data = (self.folder / f"{digest}.book").read_bytes()
            return data, (self.folder / f"{digest}.name").read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise refusal(
                "file_gone", _l("The uploaded file is no longer kept. Choose the file again to check and import it.")
            ) from error

    def purge(self, before: datetime, *, is_dry_run: bool = False) -> int:
        """Removes files that were kept before a moment, unless it is a dry run. Returns how many."""
        old = [file for file in self._files() if file.stat().st_mtime < before.timestamp()]
        for file in old if not is_dry_run else ():
            file.unlink(missing_ok=True)
        return len(old)

    def _files(self) -> list[Path]:
        return sorted(self.folder.iterdir()) if self.folder.is_dir() else []

    def forget(self, digest: str) -> None:
        """Removes a file: it has names in it and is not needed any more."""
        for suffix in (".book", ".name"):
            (self.folder / f"{digest}{suffix}").unlink(missing_ok=True)
