"""The one door behind all ways in from outside: signs somebody in, or says in one sentence why not."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.extensions import db
from app.kernel.context import Actor, Context
from app.kernel.database import reading
from app.kernel.errors import DomainError
from app.kernel.journal import note
from app.kernel.unit_of_work import unit_of_work
from app.security.acting import acting
from app.security.actors import NOBODY
from app.security.attempts import count_refusal
from app.security.sessions import begin_session


class SignInRefusedError(DomainError):
    """Somebody is not let in; the sentence says what to do."""

    code = "sign_in_refused"
    status = 401
    default_message = _l("Invalid login. Please try again.")


def fresh_act(actor: Actor = NOBODY) -> Context:
    """A context that may write, whatever the method of the request: a messenger sends people back by GET.

    What the request has read so far is let go, so that no lock is held while a server outside is asked.
    """
    db.session.rollback()
    reading(only=False)
    return acting(actor)


def enter(user: Any, how: str) -> str | None:
    """Signs a person in. ``how`` is the way, as the journal keeps it: the code of a messenger.

    Returns the address of what is due first (a code of the second factor), None where the person is in.
    """
    fresh_act()
    return begin_session(user, how)


def refuse(how: str, why: str, user_id: int = 0, **data: Any) -> None:
    """Writes down that somebody was not let in, and counts it against the address."""
    count_refusal()
    with unit_of_work(fresh_act()) as ctx:
        note(ctx, "user.sign_in_refused", "user", user_id, data={"how": how, "why": why, **data})
