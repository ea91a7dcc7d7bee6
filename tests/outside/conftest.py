"""Servers of others on this machine: a directory, and three messengers."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.security import messenger_calls
from config_outside import Directory, directory_of, messengers_of
from tests.databases import unavailable
from tests.outside.messenger import Desk, open_desk
from tests.outside.slapd import Slapd, found


@pytest.fixture(scope="session")
def slapd() -> Iterator[Slapd]:
    """The directory, one for the session."""
    program = found()
    if program is None:
        unavailable("OpenLDAP's server was not found (Debian: apt-get install slapd).")
    # Its home is short and closed to others: the path of its socket and lock files is limited.
    folder = Path(tempfile.mkdtemp(prefix="zhidan-ldap-"))
    server = Slapd(folder, str(program))
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def use_directory(app: Flask) -> Iterator[Callable[[dict[str, str]], Directory]]:
    """Lets the panel use a directory as the environment names it, for this test."""

    def use(environ: dict[str, str]) -> Directory:
        made = directory_of(environ, strict=True)
        assert made is not None
        app.config["DIRECTORY"] = made
        return made

    yield use
    app.config["DIRECTORY"] = None


@pytest.fixture
def desk(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The messengers, set up in the panel."""
    monkeypatch.setattr(messenger_calls, "SECONDS", 1)
    messenger_calls.forget()
    with open_desk() as opened:
        app.config["MESSENGERS"] = messengers_of(opened.settings())
        yield opened
    app.config["MESSENGERS"] = {}
    messenger_calls.forget()
