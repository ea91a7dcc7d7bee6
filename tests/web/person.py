"""A person at a browser without a screen: keeps the session, sends the hidden fields of the page as a browser does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import unescape
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import event

from tests.signed_in import signed_in, token_of

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
MESSAGE = re.compile(r'class="zd-alert__text">(.*?)</div>', re.DOTALL)
FIELD_ERROR = re.compile(r'id="f-(\w+)-error">.*?<span>(.*?)</span>', re.DOTALL)
FORM_ERROR = re.compile(r"data-zd-form-errors>.*?<div>(.*?)</div>", re.DOTALL)
CELL = re.compile(r'<td class="zd-col-\w+ zd-col-first"[^>]*>(.*?)</td>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")


def text_of(html: str) -> str:
    """The words of a piece of a page."""
    return " ".join(unescape(TAG.sub(" ", html)).split())


class Person:
    """One signed-in person; English pages, so that the tests read like the code."""

    def __init__(self, app: Flask, session: Session, username: str) -> None:
        self.app = app
        user_id = session.scalars(sa.select(User.id).where(User.username == username)).one()
        session.rollback()
        self.user_id = user_id
        self.client = signed_in(app, user_id, "en")

    def get(self, url: str) -> TestResponse:
        """A page."""
        return self.client.get(url)

    def page(self, url: str) -> str:
        """The text of a page that must be there."""
        response = self.client.get(url)
        assert response.status_code == 200, f"{url}: {response.status_code}"
        return response.get_data(as_text=True)

    def hidden(self, url: str) -> dict[str, str]:
        """The hidden fields of a page: csrf token, version, idempotency token."""
        return {name: unescape(value) for name, value in HIDDEN.findall(self.page(url))}

    def post(self, url: str, data: Mapping[str, Any], *, page: str | None = None) -> TestResponse:
        """Sends a form with the hidden fields of the page it stands on."""
        return self.client.post(url, data={**self.hidden(page or url), **data})

    def messages(self, response: TestResponse) -> list[str]:
        """What the person is told, on the page itself or on the one it leads to."""
        if response.status_code in {302, 303}:
            response = self.client.get(response.headers["Location"])
        return [text_of(found) for found in MESSAGE.findall(response.get_data(as_text=True))]

    def token(self) -> dict[str, str]:
        """The header of an API call."""
        return {"Authorization": f"Bearer {token_of(self.app, self.user_id)}"}


def field_errors(response: TestResponse) -> dict[str, str]:
    """The errors at the fields of a form."""
    return {name: text_of(found) for name, found in FIELD_ERROR.findall(response.get_data(as_text=True))}


def form_errors(response: TestResponse) -> list[str]:
    """The errors above a form."""
    return [text_of(found) for found in FORM_ERROR.findall(response.get_data(as_text=True))]


def first_cells(html: str) -> list[str]:
    """The first column of a list page."""
    return [text_of(found) for found in CELL.findall(html)]


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The SQL statements of a block; the opening of a transaction is none."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def newest(session: Session, model: type[Any], *where: Any) -> Any:
    """The newest record of a table."""
    return session.scalars(sa.select(model).where(*where).order_by(model.id.desc()).limit(1)).one()
