"""Sessions on the server: a cookie or a token opens something only while its row is alive.

The browser holds a random id, the table its hash. The row is read in the statement that loads the user; when somebody
was last seen is written at most once a minute, after the page, in a transaction of its own.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, g, has_request_context, request, url_for
from flask import session as cookie
from flask_appbuilder.security.sqla.models import Role, User
from flask_login import current_user, login_user
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.extensions import db
from app.kernel.context import Context, local_day
from app.kernel.database import impatient
from app.kernel.errors import DomainError
from app.kernel.journal import note
from app.kernel.policy import number_of
from app.kernel.unit_of_work import unit_of_work
from app.security.acting import acting, known
from app.security.delegations import received
from app.security.due import asking, due_of
from app.security.tokens import end_tokens
from models.access import RoleProfile
from models.labels import ParameterChangeState
from models.parameter_change import ParameterChange
from models.policy import DEFAULTS, PolicyParameter
from models.signin import AccountSecurity, DueStep, EndReason, LoginSession, SessionKind

log = logging.getLogger(__name__)

COOKIE_KEY = "zhidan_sid"
CLAIM = "sid"
SEEN_EVERY = timedelta(minutes=1)
# Between the password and the code.
CODE_WITHIN = timedelta(minutes=5)
PATIENCE_MS = 250
BY_PASSWORD = "password"  # noqa: S105 - a word of the vocabulary
ENDS_TOKENS = {EndReason.password, EndReason.second_factor, EndReason.by_hand, EndReason.administrator}
DUE_PAGES = {
    DueStep.code: "SecondFactorView.code",
    DueStep.password: "DueView.password",
    DueStep.second_factor: "DueView.second_factor",
}


def _today() -> Any:
    """A parameter as it stands today: the last approved change whose day has come, else what the table says."""
    changed = (
        sa.select(ParameterChange.new_value)
        .where(ParameterChange.parameter_id == PolicyParameter.id)
        .where(ParameterChange.state.in_((ParameterChangeState.approved, ParameterChangeState.applied)))
        .where(ParameterChange.effective_on <= sa.bindparam("today"))
        .order_by(ParameterChange.effective_on.desc(), ParameterChange.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return sa.func.coalesce(changed, PolicyParameter.value)


def _setting(code: str) -> Any:
    return sa.select(_today()).where(PolicyParameter.code == code).scalar_subquery()


def _owes() -> Any:
    """What a session without a second factor owes since its person stands in for a role that asks for one."""
    given = received(sa.bindparam("user_id", type_=sa.Integer), sa.bindparam("today", type_=sa.Date)).subquery()
    asked = (
        sa.select(sa.literal(1))
        .select_from(given)
        .join(Role, Role.id == given.c.role_id)
        .outerjoin(RoleProfile, RoleProfile.role_id == Role.id)
        .join(PolicyParameter, PolicyParameter.code == asking())
        .where(_today().not_in(("0", "0.0")))
    )
    is_set_up = sa.exists().where(AccountSecurity.user_id == User.id, AccountSecurity.factor_on_at.is_not(None))
    return sa.case(
        (ROW.has_factor | ~sa.exists(asked), sa.null()),
        (is_set_up, DueStep.code.value),
        else_=DueStep.second_factor.value,
    )


ROW = LoginSession.__table__.c
# Asked at every request, so put together once: the user, his session and how long it lives.
LIVE = (
    sa.select(
        User,
        ROW.id,
        ROW.kind,
        ROW.how,
        ROW.due,
        ROW.has_factor,
        ROW.started_at,
        ROW.last_seen_at,
        ROW.ended_at,
        ROW.end_reason,
        _setting("auth.idle_minutes").label("idle_minutes"),
        _setting("auth.session_hours").label("session_hours"),
        _owes().label("owes"),
    )
    .join(LoginSession, ROW.user_id == User.id)
    .where(User.id == sa.bindparam("user_id"), ROW.token_hash == sa.bindparam("token_hash"))
)


@dataclass(frozen=True)
class Found:
    """A session as this request found it. ``is_owing``: it was in, and a delegation that began asks for more."""

    user: User
    id: int
    how: str
    due: DueStep | None
    has_factor: bool
    last_seen_at: datetime
    is_owing: bool = False


def hashed(token: str) -> str:
    """How a session id is kept. It is random and long, so a plain digest is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def _over(row: Any, now: datetime) -> EndReason | None:
    """Why a session is over; None while it lives. It ends up to a minute before the idle time, never after it."""
    if row.ended_at is not None:
        return EndReason(row.end_reason)
    if not row.User.is_active:
        return EndReason.switched_off
    if row.due is DueStep.code and now - row.started_at >= CODE_WITHIN:
        return EndReason.idle
    if now - row.started_at >= timedelta(hours=_amount("auth.session_hours", row.session_hours)):
        return EndReason.age
    if now - row.last_seen_at >= timedelta(minutes=_amount("auth.idle_minutes", row.idle_minutes)):
        return EndReason.idle
    return None


def _amount(code: str, stored: str | None) -> float:
    found = number_of(stored)
    return max(1.0, float(DEFAULTS[code] if found is None else found))


def load(user_id: str, token: Any, kind: SessionKind) -> User | None:
    """The user of a live session; nobody for every other cookie or token. One statement."""
    if not isinstance(token, str) or not str(user_id).isdecimal():
        return None
    parameters = {"user_id": int(user_id), "token_hash": hashed(token), "today": local_day(g.zhidan_now)}
    row = db.session.execute(LIVE, parameters).one_or_none()
    if row is None or row.kind != kind:
        return None
    reason = _over(row, g.zhidan_now)
    if reason is not None:
        g.zhidan_session_over = reason
        if row.ended_at is None:
            g.zhidan_session_to_end = row.id, row.User.id, reason
        return None
    due = row.due or (DueStep(row.owes) if row.owes else None)
    found = Found(row.User, row.id, row.how, due, row.has_factor, row.last_seen_at, is_owing=due is not row.due)
    if found.due is not None:
        g.zhidan_session_waiting = found
        return None
    g.zhidan_session = found
    return found.user


def _asked(name: str) -> Any:
    """What loading the user has found; he is loaded when first asked for, which may be now."""
    _ = current_user.is_authenticated
    return g.get(name)


def present() -> Found | None:
    """The session of who is signed in."""
    found: Found | None = _asked("zhidan_session")
    return found


def waiting() -> Found | None:
    """The session of somebody who still has to do something: he is nobody on every page but the one for that."""
    found: Found | None = _asked("zhidan_session_waiting")
    return found


def why_over() -> EndReason | None:
    """Why the session that the cookie names is over."""
    reason: EndReason | None = _asked("zhidan_session_over")
    return reason


def open_session(
    ctx: Context,
    user_id: int,
    how: str,
    *,
    kind: SessionKind = SessionKind.browser,
    due: DueStep | None = None,
    has_factor: bool = False,
) -> str:
    """A new row. Returns the id that the browser or program keeps; it is told once and stored nowhere."""
    token = secrets.token_urlsafe(32)
    agent = request.user_agent.string[:200] if has_request_context() else None
    values = {
        "user_id": user_id,
        "token_hash": hashed(token),
        "kind": kind,
        "how": how[:32],
        "has_factor": has_factor,
        "due": due,
        "started_at": ctx.now,
        "last_seen_at": ctx.now,
        "address": ctx.address,
        "agent": agent,
    }
    ctx.session.execute(sa.insert(LoginSession).values(values))
    return token


def begin_session(user: User, how: str, *, has_factor: bool = False) -> str | None:
    """Signs a person in at this browser, with a new session id; an older session of the browser ends.

    Every way in ends here, so that each asks for the second factor alike. Returns the address of what is due first
    (a code, a new password, setting up the factor), None where the person is in.

    Args:
        how: what he proved himself with: ``password``, ``ldap``, …; at most 32 signs.
        has_factor: whether the second factor was given in this sign-in.
    """
    ctx = acting(known(user))
    with unit_of_work(ctx):
        _end_cookie(ctx, EndReason.replaced)
        due = due_of(ctx, user.id, by_password=how == BY_PASSWORD, has_factor=has_factor)
        token = open_session(ctx, user.id, how, due=due, has_factor=has_factor)
        if due is None:
            signed_in(ctx, user.id, how, has_factor=has_factor)
    return _carry(user, token, due)


def renew_session(user: User, *, has_factor: bool = False) -> str | None:
    """A new id for the session of this browser, after a password or factor was changed. As ``begin_session``.

    Args:
        has_factor: whether a factor was just shown to work; else as the session had it.
    """
    old = present() or waiting()
    if old is None:
        return begin_session(user, BY_PASSWORD, has_factor=has_factor)
    has_factor = has_factor or old.has_factor
    if old.due is not None:
        return begin_session(user, old.how, has_factor=has_factor)
    ctx = acting(known(user))
    with unit_of_work(ctx):
        _end_cookie(ctx, EndReason.replaced)
        token = open_session(ctx, user.id, old.how, has_factor=has_factor)
    return _carry(user, token, None)


def signed_in(ctx: Context, user_id: int, how: str, *, has_factor: bool, kind: str = "browser") -> None:
    """Writes down that somebody came in."""
    # The framework's columns are naive and of the server's own zone.
    local = ctx.now.astimezone().replace(tzinfo=None)
    count = sa.func.coalesce(User.login_count, 0) + 1
    values = {"login_count": count, "last_login": local, "fail_login_count": 0}
    ctx.session.execute(sa.update(User.__table__).where(User.id == user_id).values(values))
    note(ctx, "user.sign_in", "user", user_id, data={"how": how, "second_factor": has_factor, "kind": kind})


def _carry(user: User, token: str, due: DueStep | None) -> str | None:
    """Puts the new id into the cookie. Nothing else of the old cookie stays, but the language."""
    locale = cookie.get("locale")
    cookie.clear()
    g.pop("csrf_token", None)
    if locale:
        cookie["locale"] = locale
    cookie[COOKIE_KEY] = token
    if due is None:
        login_user(user)
        return None
    cookie["_user_id"] = str(user.id)
    return url_for(DUE_PAGES[due])


def _end_cookie(ctx: Context, reason: EndReason) -> None:
    token = cookie.get(COOKIE_KEY)
    if isinstance(token, str):
        end_where(ctx.session, ROW.token_hash == hashed(token), reason, ctx.now)


def end_where(session: Session, clause: Any, reason: EndReason, now: datetime) -> int:
    """Ends the live sessions that meet a condition; says how many."""
    table = LoginSession.__table__
    change = sa.update(table).where(clause, ROW.ended_at.is_(None)).values(ended_at=now, end_reason=reason)
    return int(session.execute(change).rowcount)  # type: ignore[attr-defined]


def end_session(ctx: Context, user_id: int, session_id: int, reason: EndReason = EndReason.by_hand) -> bool:
    """Ends one session of a user; False where he has no such live one."""
    ended = end_where(ctx.session, sa.and_(ROW.id == session_id, ROW.user_id == user_id), reason, ctx.now)
    if ended:
        note(ctx, "user.session_ended", "user", user_id, data={"why": reason, "session": session_id})
    return bool(ended)


def end_token(ctx: Context, user_id: int, token: str) -> None:
    """Signing out by a program: the session that its token names."""
    if end_where(ctx.session, ROW.token_hash == hashed(token), EndReason.signed_out, ctx.now):
        note(ctx, "user.sign_out", "user", user_id, data={"kind": SessionKind.api})


def end_sessions(session: Session, user_id: int, why: EndReason | str, *, but: int | None = None) -> int:
    """Ends all live sessions of a user, in the given transaction; says how many.

    His API tokens end with them where somebody else may hold his proofs: whoever had those may have made a token.

    Args:
        why: a word of ``EndReason``.
        but: the id of a session that stays.
    """
    reason, ctx = EndReason(why), acting(session=session)
    clause = ROW.user_id == user_id
    ended = end_where(session, clause if but is None else sa.and_(clause, ROW.id != but), reason, ctx.now)
    if ended:
        note(ctx, "user.session_ended", "user", user_id, data={"why": reason, "count": ended})
    if reason in ENDS_TOKENS:
        end_tokens(ctx, user_id, reason)
    return ended


def sign_out() -> None:
    """Ends the session of this browser: the cookie is dead wherever a copy of it lies."""
    found = present() or waiting()
    if found is not None:
        ctx = acting(known(found.user))
        with unit_of_work(ctx):
            _end_cookie(ctx, EndReason.signed_out)
            note(ctx, "user.sign_out", "user", found.user.id, data={"session": found.id})
    locale = cookie.get("locale")
    cookie.clear()
    if locale:
        cookie["locale"] = locale


def init_sessions(app: Flask) -> None:
    """Registers what is written after the page. Call before the database, whose session must be closed by then."""
    app.teardown_appcontext(_after_the_page)


def _after_the_page(_error: BaseException | None) -> None:
    """When somebody was last seen, or that his time was over. Failing is no fault of the page: it is only logged."""
    over, seen = g.pop("zhidan_session_to_end", None), g.get("zhidan_session")
    now = g.get("zhidan_now")
    is_due = seen is not None and now - seen.last_seen_at >= SEEN_EVERY
    if over is None and not is_due:
        return
    try:
        with impatient(PATIENCE_MS), Session(db.engine) as session:
            ctx = Context(session=session, actor=known(None), now=now, request_id=g.get("zhidan_request_id"))
            with unit_of_work(ctx):
                if over is not None:
                    session_id, user_id, reason = over
                    end_session(ctx, user_id, session_id, reason)
                else:
                    later = sa.update(LoginSession.__table__).where(ROW.id == seen.id, ROW.last_seen_at < now)
                    session.execute(later.values(last_seen_at=now))
    except (SQLAlchemyError, DomainError):
        log.warning("request %s: the session could not be marked", g.get("zhidan_request_id"), exc_info=True)
