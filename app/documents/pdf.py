"""A paper as PDF, where the extra ``pdf`` is installed (requirements/pdf.in). Without it the browser prints.

The page is set in a program of its own: a thousand rows take seconds and hundreds of megabytes, and only a program can
be ended when its time is up. It is told neither secrets nor the database's address, and reads our static files only.
"""

from __future__ import annotations

import logging
import os
import subprocess  # nosec B404
import sys
from ctypes.util import find_library
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import ClassVar

from flask_babel import lazy_gettext as _l

from app.kernel.errors import DomainError

LONGEST = 55  # seconds for one paper
PATIENCE = 2  # seconds for the one before it: who waits holds a thread of the panel
TYPESET = Path(__file__).with_name("typeset.py")
# No such machine: what the page calls relative to it is looked for among our files, or not at all.
ADDRESS = "http://paper.invalid"
TOLD = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "FONTCONFIG_FILE", "FONTCONFIG_PATH",
        "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "WEASYPRINT_DLL_DIRECTORIES", "SYSTEMROOT")  # fmt: skip
logger = logging.getLogger(__name__)
# One at a time in a process, so that papers never take the machine away from everybody else.
_setting = Lock()


class NoPdfError(DomainError):
    """The server could not set the paper; the browser still can."""

    code = "no_pdf"
    status: ClassVar[int] = 503
    default_message = _l("The server cannot make this PDF now. Print the paper and choose “Save as PDF”.")


@cache
def is_there() -> bool:
    """Whether the extra and its library are installed; asked once in the life of the process."""
    return find_spec("weasyprint") is not None and find_library("pango-1.0") is not None


def pdf_of(page: str, static: str, folder: str, seconds: float = LONGEST) -> bytes:
    """The page as PDF; what it calls under the path ``static`` lies in ``folder``. Raises NoPdfError."""
    command = [sys.executable, "-I", str(TYPESET), folder, f"{ADDRESS}{static}"]
    told = {name: os.environ[name] for name in TOLD if name in os.environ}
    if not _setting.acquire(timeout=PATIENCE):
        raise NoPdfError(_l("The server is making another PDF. Try again in a minute, or print the paper."))
    try:
        done = subprocess.run(  # noqa: S603 # nosec B603
            command, input=page.encode(), capture_output=True, timeout=seconds, check=True, env=told
        )
    except subprocess.TimeoutExpired as error:
        raise NoPdfError(_l("This paper is too long for a PDF by the server. Print it, or choose less.")) from error
    except subprocess.CalledProcessError as error:
        logger.error("A paper was not set: %s", error.stderr.decode(errors="replace")[-2000:])  # noqa: TRY400
        raise NoPdfError from error
    except OSError as error:
        # No memory or no process left for it.
        logger.error("The program that sets papers did not start: %s", error)  # noqa: TRY400
        raise NoPdfError from error
    finally:
        _setting.release()
    return done.stdout
