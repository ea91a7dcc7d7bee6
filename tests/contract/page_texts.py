"""What a person reads on a page: the text, what is said by attributes, and what scripts will say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

UNREAD = {"script", "style", "code", "pre"}
SAID = (
    "aria-label", "aria-description", "aria-valuetext", "title", "placeholder", "alt", "data-label",
    # Asked before a step, offered as a command, named in the list of keys, said by a script later on.
    "data-confirm", "data-confirm-ok", "data-placeholder", "data-zd-command", "data-zd-key-label", "data-text",
    "data-busy", "data-failed", "data-found", "data-here", "data-last", "data-more", "data-none", "data-nowhere",
    "data-partly", "data-short", "data-zd-many", "data-zd-none", "data-zd-one",
)  # fmt: skip
# Texts for scripts lie in blocks of this name; the tour brings its own.
TOUR = "zd-tour"
TECHNICAL = ("/", "#", ".", "[", "zd_")


def leaves(value: Any) -> Iterator[str]:
    """Every text in a structure."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)


class PageTexts(HTMLParser):
    """Collects the texts."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = 0
        self.for_scripts = False
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside += tag in UNREAD
        said = dict(attrs)
        self.for_scripts = tag == "script" and "json" in (said.get("type") or "") and self._holds_texts(said.get("id"))
        self.found += [text for name in SAID if (text := said.get(name))]
        if tag == "input" and said.get("type") in {"submit", "button"}:
            self.found.append(said.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag in UNREAD
        self.for_scripts = False

    def handle_data(self, data: str) -> None:
        if self.for_scripts:
            self.found += [text for text in leaves(json.loads(data)) if text and not text.startswith(TECHNICAL)]
        elif not self.inside and data.strip():
            self.found.append(" ".join(data.split()))

    @staticmethod
    def _holds_texts(name: str | None) -> bool:
        return name is not None and (name == TOUR or name.endswith("texts"))


def texts_of(html: str) -> list[str]:
    """All texts of a page in order."""
    reader = PageTexts()
    reader.feed(html)
    return reader.found
