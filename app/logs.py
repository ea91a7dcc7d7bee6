"""What is written to logs: one event, one line, whatever a name, an address or an agent contains."""

from __future__ import annotations

import logging
import unicodedata
from typing import Any

# What ends a line or turns its direction, for a terminal or for a program that reads the log.
_ODD = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def one_line(text: str) -> str:
    """Control and direction signs as escapes: nobody writes a second line into a log."""
    if text.isprintable():
        return text
    return "".join(
        sign.encode("unicode_escape").decode("ascii") if unicodedata.category(sign) in _ODD else sign for sign in text
    )


class OneLineRecord(logging.LogRecord):
    """A record whose message is one line. What was logged about an exception stays as it is, indented below."""

    def getMessage(self) -> str:  # noqa: N802 - the library's name
        """The message with its arguments, escaped."""
        return one_line(super().getMessage())


def install() -> None:
    """Makes every logger of the process, the framework's as well, write such records."""
    logging.setLogRecordFactory(_record)


def _record(*args: Any, **options: Any) -> logging.LogRecord:
    return OneLineRecord(*args, **options)
