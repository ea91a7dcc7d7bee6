"""The folder of kept files: named by their content, outside of everything a web server hands out."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from app.kernel.errors import NotFoundError

DIGEST = re.compile(r"[0-9a-f]{64}")
CONTENT, SMALL = "", ".small"


class FileStore:
    """Files by digest. What a person calls a file never becomes a path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, data: bytes, small: bytes | None = None) -> str:
        """Stores a content, and its small picture beside it; returns the digest. The same content lies there once."""
        digest = hashlib.sha256(data).hexdigest()
        for suffix, content in ((CONTENT, data), (SMALL, small)):
            path = self._path(digest, suffix)
            if content is None:
                continue
            if path.exists():
                # As if written now: an orphan of yesterday must not go before its new record is saved.
                path.touch()
                continue
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Whole or not at all, also for who asks for it at this moment.
            draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.draft")
            draft.write_bytes(content)
            draft.replace(path)
        return digest

    def path(self, digest: str, *, is_small: bool = False) -> Path:
        """Where a content lies. Raises NotFoundError."""
        path = self._path(digest, SMALL if is_small else CONTENT)
        if not path.is_file():
            raise NotFoundError
        return path

    def purge(self, needed: Collection[str], before: datetime) -> int:
        """Removes contents that no file needs any more and that were written before a moment. Returns how many."""
        old = [
            path
            for path in (self.folder.glob("??/*") if self.folder.is_dir() else ())
            if path.name.partition(".")[0] not in needed and path.stat().st_mtime < before.timestamp()
        ]
        for path in old:
            path.unlink(missing_ok=True)
        return sum(DIGEST.fullmatch(path.name) is not None for path in old)

    def _path(self, digest: str, suffix: str) -> Path:
        if not DIGEST.fullmatch(digest):
            raise NotFoundError
        return self.folder / digest[:2] / f"{digest}{suffix}"
