"""A program of its own that sets one page as PDF: ``python -I typeset.py FOLDER ADDRESS < page.html > page.pdf``.

Started by ``app.documents.pdf``, which says why it is a program and not a function. It imports nothing of ours and
reads nothing but files in FOLDER, as which addresses that begin with ADDRESS are read, and pictures within the page.
"""

from __future__ import annotations

import mimetypes
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from weasyprint import HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

PICTURE = "data:image/svg+xml"


class OwnFiles(URLFetcher):
    """Whatever else a page asks for is refused, and the page with it: no other machine and no other file is asked."""

    def __init__(self, folder: Path, address: str) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True)
        self.folder = folder.resolve()
        self.address = address

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The file at an address of ours, or the picture that the address is. Raises ValueError."""
        if url.startswith(PICTURE):
            return super().fetch(url, headers)
        name = unquote(url.removeprefix(self.address).partition("?")[0].partition("#")[0])
        path = (self.folder / name).resolve()
        if not url.startswith(self.address) or not path.is_relative_to(self.folder) or not path.is_file():
            raise ValueError(url)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})


def main(folder: str, address: str) -> None:
    """Sets what comes in and writes it out, with its structure for who listens to it."""
    page = HTML(string=sys.stdin.buffer.read().decode(), base_url=address, url_fetcher=OwnFiles(Path(folder), address))
    sys.stdout.buffer.write(page.write_pdf(pdf_tags=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
