"""What a person reads on a page: the text, and what is said by attributes."""

from __future__ import annotations

from html.parser import HTMLParser

UNREAD = {"script", "style", "code", "pre"}
SAID = ("aria-label", "title", "placeholder", "alt", "data-label")


class PageTexts(HTMLParser):
    """Collects the texts."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = 0
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside += tag in UNREAD
        said = dict(attrs)
        self.found += [text for name in SAID if (text := said.get(name))]
        if tag == "input" and said.get("type") in {"submit", "button"}:
            self.found.append(said.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag in UNREAD

    def handle_data(self, data: str) -> None:
        if not self.inside and data.strip():
            self.found.append(" ".join(data.split()))


def texts_of(html: str) -> list[str]:
    """All texts of a page in order."""
    reader = PageTexts()
    reader.feed(html)
    return reader.found
