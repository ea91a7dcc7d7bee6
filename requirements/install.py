"""Makes the virtual environment and installs one lock file into it with plain pip.

Usage: python requirements/install.py runtime|pdf|dev. Standard library only; does nothing when the environment already
holds exactly this lock file. Which package index is asked is the machine's own setting.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)


def main(kind: str) -> int:
    """Bring `.venv` to the state of `requirements/<kind>.txt` and return pip's exit code."""
    lock = ROOT / "requirements" / f"{kind}.txt"
    python = environment_python()
    if not works(python):
        print(f"==> Creating .venv with Python {sys.version.split()[0]}", flush=True)
        venv.create(ENVIRONMENT, with_pip=True, clear=True, symlinks=os.name != "nt")
    stamp = ENVIRONMENT / f"installed-{kind}.sha256"
    checksum = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == checksum:
        return 0
    print(f"==> Installing packages from requirements/{kind}.txt (once, about a minute)", flush=True)
    # A machine that sends packages to the user's folder by default must not do so inside an environment.
    environ = os.environ | {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    # The lock file is complete, so pip resolves nothing: an older pip asks the index for the newest release of a
    # package that is also wanted with an extra, and then refuses it for having no pin.
    command = [str(python), "-m", "pip", "install", "--progress-bar", "off", "--no-deps", "--require-hashes", "-r"]
    command.append(str(lock))
    code = subprocess.run(command, check=False, env=environ).returncode
    if code == 0:
        stamp.write_text(checksum, encoding="ascii")
    return code


def environment_python() -> Path:
    """Return where the environment's interpreter is, or would be."""
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def works(python: Path) -> bool:
    """Tell whether the environment's interpreter starts, is new enough and has pip."""
    if not python.exists():
        return False
    check = f"import pip, sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return subprocess.run([str(python), "-c", check], check=False, capture_output=True).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
