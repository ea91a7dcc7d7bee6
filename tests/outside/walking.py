"""The way of a browser to a messenger and back, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from models.journal import Journal
from tests.web.person import MESSAGE, Person, field_errors, text_of

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

LABELS = {"wecom": "WeCom", "feishu": "Feishu", "dingtalk": "DingTalk"}
STATE = "This sign-in was not started in this browser, was used already, or took too long. Start again."


def notes(session: Session, action: str) -> Sequence[Journal]:
    """The journal's entries of an act."""
    session.rollback()
    found = session.scalars(sa.select(Journal).where(Journal.action == action).order_by(Journal.id)).all()
    session.expunge_all()
    session.rollback()
    return found


def browser(app: Flask) -> FlaskClient:
    """Somebody who is not signed in."""
    client = app.test_client()
    with client.session_transaction() as held:
        held["locale"] = "en"
    return client


def at_the_messenger(answer: TestResponse) -> str:
    """Follows the way to the messenger's page over the network; the address that the browser is sent back to."""
    assert answer.status_code == 302
    page = requests.get(answer.headers["Location"], allow_redirects=False, timeout=5)
    assert page.status_code == 302
    back = urlsplit(page.headers["Location"])
    assert back.netloc == "localhost"
    return f"{back.path}?{back.query}"


def there_and_back(client: FlaskClient, way: str, **arguments: str) -> TestResponse:
    """A whole sign-in."""
    return client.get(at_the_messenger(client.get(f"/signin/{way}", query_string=arguments)))


def said(client: FlaskClient, answer: TestResponse) -> list[str]:
    """What the person is told after the answer."""
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    return [text_of(found) for found in MESSAGE.findall(page)]


def is_in(client: FlaskClient) -> bool:
    """Whether the browser is signed in."""
    return client.get("/").status_code == 200


def linked(app: Flask, session: Session, way: str, subject: str = "somebody", username: str = "oc_li") -> int:
    """A link made by the administrator on the screen; the person's id."""
    user_id = session.scalars(sa.select(User.id).where(User.username == username)).one()
    session.rollback()
    root = Person(app, session, "ad_root")
    answer = root.post("/ways/new", {"user_id": str(user_id), "way": way, "subject": subject})
    assert answer.status_code == 303, field_errors(answer)
    return user_id
