"""Refused access leaves a trace: a line in the security log, and in the journal so far as nobody floods it.

Refused is what the answer says (401, 403, 404, 405, an expired form, wrong arguments of the API) and what a screen
passes over without a word: arguments that name hidden columns, records out of scope among those that were ticked. The
line says who, from where, what and under which number; no query, no form, no name: only what the program knows itself.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, g, request
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.extensions import db
from app.kernel.context import Context
from app.kernel.database import only_reading
from app.kernel.journal import note
from app.kernel.unit_of_work import unit_of_work
from app.security.actors import current_actor
from models.journal import Journal

log = logging.getLogger("zhidan.security")

ACTION = "access.refused"
STATUSES = frozenset({401, 403, 404, 405})
CODES = frozenset({"form_expired", "invalid_arguments", "unknown_step", "unknown_argument", "out_of_scope"})
# Failed sign-ins are written down as such.
SIGN_IN = frozenset({"TokenApi.login", "LoginView.login"})
MINUTE = timedelta(minutes=1)
# Rows in the journal a minute: of one person, or of one address where nobody is signed in; and of all together.
MOST_OF_ONE = 20
MOST_OF_ALL = 300
MOST_IN_A_REQUEST = 5
LONGEST_PATH = 200


@dataclass(frozen=True)
class Refusal:
    """What was refused: a stable code and the status of the answer."""

    code: str
    status: int


def answered(code: str) -> None:
    """Remembers the code of the answer; whether it was a refusal shows when the response is sent."""
    g.zhidan_answer = code


def tampered(code: str) -> None:
    """Notes what was refused within an answer that is none: an argument, one record of many."""
    noted: list[Refusal] = g.setdefault("zhidan_refusals", [])
    if len(noted) < MOST_IN_A_REQUEST:
        noted.append(Refusal(code, 0))


def init_refusals(app: Flask) -> None:
    """Registers the hook. Call before the other hooks on responses, so that it runs after them."""
    app.after_request(settle)


def settle(response: Response) -> Response:
    """Writes down what the request was refused."""
    found: list[Refusal] = list(g.get("zhidan_refusals", ()))
    code = g.get("zhidan_answer", "")
    if response.status_code in STATUSES or code in CODES:
        found.append(Refusal(code or "refused", response.status_code))
    if found and request.endpoint not in SIGN_IN and "zhidan_now" in g:
        _record(found)
    return response


def _record(found: list[Refusal]) -> None:
    ctx = _context()
    facts = [_facts(refusal) for refusal in found]
    # Addresses that lead nowhere are for the log alone: browsers ask for icons, scanners for everything.
    room = 0
    if request.url_rule is not None:
        # The answer is made: nothing of the request's own transaction is needed, and SQLite has one writer.
        db.session.rollback()
        try:
            room = _write(ctx, facts)
        except SQLAlchemyError:
            log.exception("refused access of request %s could not be journalled", ctx.request_id)
    for place, fact in enumerate(facts):
        log.warning("%s", line(ctx, fact, is_journalled=place < room))


def line(ctx: Context, fact: dict[str, Any], *, is_journalled: bool) -> str:
    """A line of the log as JSON in ASCII: whatever a name or an address contains, it stays one line."""
    who = {
        "event": ACTION,
        "at": ctx.now.isoformat(),
        "request": ctx.request_id,
        "user": ctx.actor.id,
        "address": ctx.address,
        "origin": ctx.origin,
    }
    return json.dumps({**who, **fact, "journalled": is_journalled}, ensure_ascii=True)


def _context() -> Context:
    return Context(
        session=db.session(),
        actor=current_actor(),
        now=g.zhidan_now,
        origin="api" if request.path.startswith("/api/") else "screen",
        request_id=g.get("zhidan_request_id"),
        address=request.remote_addr,
    )


def _facts(refusal: Refusal) -> dict[str, Any]:
    facts: dict[str, Any] = {"code": refusal.code, "method": request.method, "path": request.path[:LONGEST_PATH]}
    if refusal.status:
        facts["status"] = refusal.status
    return facts


def _write(ctx: Context, facts: list[dict[str, Any]]) -> int:
    """Journals as many as there is room for, in a transaction of its own. Returns how many."""
    engine = db.engine
    room = min(len(facts), _room(engine, ctx))
    if room > 0:
        # The request may be one that only reads.
        with only_reading(only=False), Session(engine) as session:
            own = Context(session, ctx.actor, ctx.now, ctx.origin, ctx.request_id, ctx.address)
            with unit_of_work(own):
                for fact in facts[:room]:
                    note(own, ACTION, "access", 0, data=fact)
    return room


def _room(engine: Engine, ctx: Context) -> int:
    """How many more rows this person or address may fill in this minute."""
    statement = (
        sa.select(Journal.actor_id, Journal.address)
        .where(Journal.action == ACTION, Journal.at > ctx.now - MINUTE)
        .limit(MOST_OF_ALL)
    )
    with only_reading(), Session(engine) as session:
        rows = session.execute(statement).all()
    own = (ctx.actor.id, ctx.address)
    mine = [row for row in rows if row.actor_id == own[0] and (own[0] is not None or row.address == own[1])]
    return max(0, min(MOST_OF_ONE - len(mine), MOST_OF_ALL - len(rows)))
