"""PDF made by the server: Chinese is in the file, nothing is fetched for it, and its time ends."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from app.documents import pdf
from app.documents.pdf import ADDRESS, NoPdfError, pdf_of
from tests.pdfs import fonts_of, letters_of, pages_of, sets_papers

__all__ = ["sets_papers"]

pytestmark = pytest.mark.usefixtures("sets_papers")
SHEET = "<html lang='zh'><link rel='stylesheet' href='/static/own.css?v=1'><h1>对账单</h1>{}</html>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Static files, and a secret beside them."""
    static = tmp_path / "static"
    static.mkdir()
    (static / "own.css").write_text("h1 { break-after: page }", encoding="utf-8")
    (tmp_path / "secret.css").write_text("h1 { color: red }", encoding="utf-8")
    return static


@pytest.fixture
def neighbour() -> Iterator[tuple[str, list[str]]]:
    """Another machine of the network, and what it was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_pdf_when_made_then_it_holds_the_chinese_letters_their_fonts_and_our_styles(folder: Path) -> None:
    made = pdf_of(SHEET.format("<p>人民币壹佰元整"), "/static/", str(folder))
    assert made[:5] == b"%PDF-"
    assert set("对账单人民币壹佰元整") - letters_of(made) == set()
    assert fonts_of(made) > 0
    assert pages_of(made) == 2, "the style sheet breaks the page"


def test_pdf_when_the_page_asks_for_what_is_not_ours_then_nobody_is_asked_and_there_is_none(
    folder: Path, neighbour: tuple[str, list[str]]
) -> None:
    from app.documents.typeset import OwnFiles

    machine, asked = neighbour
    files = OwnFiles(folder, f"{ADDRESS}/static/")
    assert files.fetch(f"{ADDRESS}/static/own.css?v=1").read() == b"h1 { break-after: page }"
    foreign = [
        f"{machine}/a.png", "https://example.com/a.png", "ftp://127.0.0.1/a", "file:///etc/passwd",
        f"file://{folder}/own.css", f"{ADDRESS}/order/list/", f"{ADDRESS}/static/../secret.css",
        f"{ADDRESS}/static/%2e%2e/secret.css", f"{ADDRESS}/static//etc/passwd", f"{ADDRESS}/static/", "//paper/own.css",
        f"{ADDRESS}.example.com/static/own.css", "data:text/css,h1{color:red}", "data:text/html,<b>",
    ]  # fmt: skip
    taken = []
    for url in foreign:
        try:
            taken.append((url, files.fetch(url).read()))
        except ValueError:
            continue
    assert taken == []
    for part in (f"<img src='{machine}/img.png'>", f"<style>@import '{machine}/a.css'</style>"):
        with pytest.raises(NoPdfError) as refused:
            pdf_of(SHEET.format(part), "/static/", str(folder))
        assert refused.value.status == 503
    # What a picture within the page asks for is left out of the picture.
    drawn = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><image href='{machine}/b.png' width='9'/></svg>"
    part = f"<img src='data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()}'>"
    assert pages_of(pdf_of(SHEET.format(part), "/static/", str(folder))) == 2
    assert asked == []


def test_pdf_when_its_time_is_up_then_it_says_what_to_do(folder: Path) -> None:
    with pytest.raises(NoPdfError, match="too long for a PDF by the server"):
        pdf_of(SHEET.format(""), "/static/", str(folder), seconds=0.01)


def test_pdf_when_another_is_being_set_or_the_program_does_not_start_then_refused_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "PATIENCE", 0.05)
    with pdf._setting, pytest.raises(NoPdfError, match="another PDF"):
        pdf_of(SHEET, "/static/", str(folder))
    monkeypatch.setattr(pdf.sys, "executable", str(folder / "no-such-program"))
    with pytest.raises(NoPdfError, match="cannot make"):
        pdf_of(SHEET, "/static/", str(folder))
