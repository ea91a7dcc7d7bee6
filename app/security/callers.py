"""Who calls the API: a person by the short-lived token of a login (JWT), or a program by an API token.

The header decides: a session cookie that comes along gives nothing and takes nothing away.
"""

from __future__ import annotations

import logging

from flask import g, request
from flask_jwt_extended import verify_jwt_in_request
from sqlalchemy.orm import Session

from app.extensions import db
from app.kernel.context import SYSTEM, Context
from app.kernel.database import hasty_connection, reading
from app.kernel.unit_of_work import unit_of_work
from app.security.attempts import check_attempts, count_refusal
from app.security.tokens import PREFIX, HeldToken, TokenRefusedError, find_token, mark_used

log = logging.getLogger(__name__)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def verify_caller() -> None:
    """Finds out who calls; from then on ``current_actor`` is that person, narrowed by the token's scopes.

    Raises:
        TokenRefusedError: the API token opens nothing (401).
        TooManyRequests: too many attempts from this address were refused (429).
        JWTExtendedException, PyJWTError: neither kind of token, or a JWT that does not hold; answered with 401.
    """
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip().startswith(PREFIX):
        verify_jwt_in_request()
        return
    check_attempts()
    held = find_token(db.session(), secret.strip(), g.zhidan_now)
    if held is None:
        count_refusal()
        raise TokenRefusedError
    g.zhidan_token, g.user = held, held.user
    # What is done by a token says so in the journal: the number of the request ends with the token's.
    g.zhidan_request_id = f"{g.zhidan_request_id}-t{held.id}"
    if held.is_due:
        _note_use(held)


def _note_use(held: HeldToken) -> None:
    """Its own short transaction, before the call begins its own. Whatever becomes of it, the call goes on."""
    db.session.rollback()
    reading(only=False)
    try:
        with hasty_connection(db.engine) as connection, Session(connection) as session:
            ctx = Context(session, SYSTEM, g.zhidan_now, address=request.remote_addr)
            with unit_of_work(ctx):
                mark_used(ctx, held.id)
    except Exception:
        log.warning("the use of token %s was not written down", held.id, exc_info=True)
    finally:
        reading(only=request.method in SAFE_METHODS)
