"""Somebody who is signed in already: a real session of the server, without the way through the login page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_jwt_extended import create_access_token

from app.kernel.unit_of_work import unit_of_work
from app.security.acting import acting
from app.security.sessions import BY_PASSWORD, CLAIM, COOKIE_KEY, open_session
from models.signin import SessionKind

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient


def session_of(app: Flask, user_id: int, kind: SessionKind = SessionKind.browser) -> str:
    """The id of a new session. Close your own transaction before: SQLite has one writer."""
    with app.app_context(), unit_of_work(acting()) as ctx:
        return open_session(ctx, user_id, BY_PASSWORD, kind=kind)


def signed_in(app: Flask, user_id: int, language: str | None = None) -> FlaskClient:
    """A browser with that person's session."""
    client = app.test_client()
    token = session_of(app, user_id)
    with client.session_transaction() as held:
        held["_user_id"], held["_fresh"], held[COOKIE_KEY] = str(user_id), True, token
        if language is not None:
            held["locale"] = language
    return client


def token_of(app: Flask, user_id: int) -> str:
    """A token of the API with a session of its own."""
    token = session_of(app, user_id, SessionKind.api)
    with app.app_context():
        return create_access_token(identity=str(user_id), additional_claims={CLAIM: token})
