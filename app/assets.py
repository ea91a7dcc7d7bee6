"""Static files as the browser gets them: past the application, packed, and kept for good by their address.

Every address of a static file carries a mark of its content, so a changed file has a new address and a known one is
never asked for again.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask
from whitenoise import WhiteNoise
from whitenoise.responders import StaticFile

from views.shell import transport_headers

STATIC = Path(__file__).resolve().parent / "static"
DAY = 86_400
FOR_GOOD = "public, max-age=31536000, immutable"
PACKED = frozenset({".css", ".js", ".svg", ".json", ".txt", ".map"})
WORTH_PACKING = 1024  # bytes
MOST_KEPT = 256
# A file opened by itself may run and load nothing: a picture can be a document too.
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


class StaticFiles(WhiteNoise):
    """Packs texts when they are first asked for; what is asked for by its mark is kept for good."""

    @staticmethod
    def serve(static_file: StaticFile, environ: dict[str, Any], start_response: Any) -> Any:
        """One file."""
        response = static_file.get_response(environ["REQUEST_METHOD"], environ)
        headers = dict(response.headers)
        if "v=" in environ.get("QUERY_STRING", "") and "Cache-Control" in headers:
            headers["Cache-Control"] = FOR_GOOD
        body = _packed(response, environ, headers)
        start_response(f"{response.status} {response.status.phrase}", list(headers.items()))
        if body is not None:
            return [body]
        if response.file is None:
            return []
        return environ["wsgi.file_wrapper"](response.file) if "wsgi.file_wrapper" in environ else _pieces(response.file)


def _pieces(file: Any) -> Any:
    with file:
        yield from iter(lambda: file.read(65_536), b"")


def _packed(response: Any, environ: dict[str, Any], headers: dict[str, str]) -> bytes | None:
    """The packed content, with its headers set; None where the file goes out as it is."""
    file = response.file
    path = Path(getattr(file, "name", "")) if file is not None else None
    if path is None or path.suffix not in PACKED or response.status is not HTTPStatus.OK:
        return None
    headers["Vary"] = "Accept-Encoding"
    if "gzip" not in environ.get("HTTP_ACCEPT_ENCODING", ""):
        return None
    stat = path.stat()
    if stat.st_size < WORTH_PACKING:
        return None
    file.close()
    body = _gzipped(path, stat.st_mtime_ns)
    headers |= {"Content-Encoding": "gzip", "Content-Length": str(len(body))}
    return body


@lru_cache(maxsize=MOST_KEPT)
def _gzipped(path: Path, _changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)


@lru_cache(maxsize=MOST_KEPT)
def mark_of(path: Path) -> str | None:
    """A mark of a file's content; None where there is no such file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else None


def add_static(app: Flask) -> None:
    """Serves our static files and the framework's past the application, so that they take no session and no SQL."""
    safe = SAFE_HEADERS | transport_headers(app)
    folders = {"static": STATIC, "appbuilder.static": Path(str(app.blueprints["appbuilder"].static_folder))}

    def headers(found: Any, _path: str, _url: str) -> None:
        for name, value in safe.items():
            found[name] = value

    def mark(endpoint: str, values: dict[str, Any]) -> None:
        folder = folders.get(endpoint)
        if folder is not None and not app.debug and (found := mark_of(folder / values.get("filename", ""))):
            values["v"] = found

    app.url_defaults(mark)
    served = StaticFiles(app.wsgi_app, max_age=DAY, add_headers_function=headers, autorefresh=app.debug)
    served.add_files(str(STATIC), prefix="static/")
    served.add_files(str(folders["appbuilder.static"]), prefix="static/appbuilder/")
    app.wsgi_app = served  # type: ignore[method-assign]


def asset_version() -> str:
    """A mark of all our own files; where the panel is developed, addresses carry this one."""
    mark = hashlib.sha256()
    for path in sorted((STATIC / "zhidan").rglob("*")):
        if path.is_file():
            mark.update(path.read_bytes())
    return mark.hexdigest()[:10]
