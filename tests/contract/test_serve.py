"""The server of the one command holds the browsers of a whole company."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from threading import Thread

import pytest
from waitress.server import create_server

from app.cli.serve import MANNERS

# Thirty people, six connections each.
BROWSERS = 180
ASKED = b"GET / HTTP/1.1\r\nHost: panel\r\n\r\n"


@pytest.fixture
def port() -> Iterator[int]:
    """A page that says nothing, served as the panel is."""

    def page(_environ, start_response):
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]

    server = create_server(page, host="127.0.0.1", port=0, threads=2, **MANNERS)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    yield server.effective_port
    server.close()
    thread.join(5)


def test_server_when_every_browser_keeps_its_connections_then_one_more_is_answered(port: int) -> None:
    held: list[socket.socket] = []
    try:
        for _ in range(BROWSERS):
            held.append(socket.create_connection(("127.0.0.1", port), timeout=10))
            held[-1].sendall(ASKED)
            assert held[-1].recv(100).startswith(b"HTTP/1.1 200")
    finally:
        for connection in held:
            connection.close()
