"""API tokens of persons: made, found and ended; never more than the person may do at this moment.

A token is ``zd_`` and 256 random bits. Kept is its SHA-256: a secret of that length needs no slow hash, so a call
costs one indexed statement.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.kernel.context import Actor, Context
from app.kernel.errors import DomainError, NotFoundError, ValidationFailedError
from app.kernel.journal import note
from models.outside import ApiToken
from models.policy import DEFAULTS, PolicyParameter

PREFIX = "zd_"
SHOWN = 6
DAYS = "auth.token_days"
READ = "read"
READING = ("list", "show")
LONGEST_NAME = 80
MOST_TOKENS = 50
USED_EVERY = timedelta(minutes=1)
# Accounts, rights and tokens are a person's own business: no program gets at them, whatever its token says.
CLOSED = frozenset({"MenuApi", "account", "api_token", "role", "saved_list", "sign_in_link", "user"})
_FORM = re.compile(r"zd_[A-Za-z0-9_-]{43}\Z")


class TokenRefusedError(DomainError):
    """The token is unknown, expired or ended, or its person is switched off: which of these is not said."""

    code = "invalid_token"
    status = 401
    default_message = _l("This API token does not open anything: it is unknown, expired or ended. Make a new one.")


class TokensOffError(DomainError):
    """The company wants no API tokens."""

    code = "tokens_off"
    status = 409
    default_message = _l("API tokens are switched off here. Ask your administrator if your work needs one.")


class TooManyTokensError(DomainError):
    """Somebody holds more tokens than anybody can look after."""

    code = "too_many_tokens"
    status = 409
    default_message = _l("You have too many API tokens. End those that are no longer used.")


@dataclass(frozen=True)
class HeldToken:
    """The token of this request. ``user`` is the framework's row; ``is_due`` says that its use is to be written."""

    id: int
    user: Any
    scopes: tuple[str, ...]
    is_due: bool


def digest_of(secret: str) -> str:
    """The mark by which a secret is known."""
    return hashlib.sha256(secret.encode("ascii", "replace")).hexdigest()


def is_open(right: str) -> bool:
    """Whether a token can carry this right at all (``order.confirm``)."""
    return right.partition(".")[0] not in CLOSED


def covers(scopes: Iterable[str], right: str) -> bool:
    """Whether one of the scopes names the right: itself, ``<entity>.read``, or ``read`` for every list and record."""
    entity, _dot, word = right.partition(".")
    wanted = {right} | ({READ, f"{entity}.{READ}"} if word in READING else set())
    return is_open(right) and not wanted.isdisjoint(scopes)


def narrowed(actor: Actor, scopes: Sequence[str]) -> Actor:
    """The person as the token lets him act: what he may now, and of that only what the token names."""
    return replace(actor, permissions=frozenset(right for right in actor.permissions if covers(scopes, right)))


def offered_scopes(actor: Actor) -> list[str]:
    """The scopes that this person can give to a token, in order."""
    rights = [right for right in actor.permissions if is_open(right)]
    found = {f"{right.partition('.')[0]}.{READ}" for right in rights if right.partition(".")[2] in READING}
    found |= {right for right in rights if right.partition(".")[2] not in READING}
    return sorted(found) + ([READ] if found else [])


def longest_life(ctx: Context) -> int:
    """In days; 0 means that there are no tokens."""
    return int(ctx.policy[DAYS])


def check_token(ctx: Context, name: str, scopes: Sequence[str], days: int) -> None:
    """Whether the actor may have such a token.

    Raises:
        TokensOffError, TooManyTokensError: nobody, or he, gets another one.
        ValidationFailedError: no name, no scope, a scope he does not hold, or a life longer than is allowed.
    """
    most = longest_life(ctx)
    if not most:
        raise TokensOffError
    errors: dict[str, list[str]] = {}
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        errors["name"] = [str(_l("Say what the token is for, in at most 80 characters."))]
    if not 0 < days <= most:
        errors["days"] = [str(_l("From 1 to %(most)s days.")) % {"most": most}]
    if not scopes or not set(scopes) <= set(offered_scopes(ctx.actor)):
        errors["scopes"] = [str(_l("Choose at least one thing that you may do yourself."))]
    if errors:
        raise ValidationFailedError(errors)
    if len(living_tokens(ctx, ctx.actor.id)) >= MOST_TOKENS:
        raise TooManyTokensError


def make_token(ctx: Context, name: str, scopes: Sequence[str], days: int) -> tuple[ApiToken, str]:
    """A new token of the actor and its secret, which is told this once and kept nowhere. Raises as ``check_token``."""
    check_token(ctx, name, scopes, days)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user_id=ctx.actor.id,
        name=name,
        prefix=secret[: len(PREFIX) + SHOWN],
        digest=digest_of(secret),
        scopes=sorted(set(scopes)),
        made_at=ctx.now,
        expires_at=ctx.now + timedelta(days=days),
    )
    ctx.session.add(token)
    ctx.session.flush()
    note(ctx, "user.token_made", "user", token.user_id, data=_facts(token))
    return token, secret


def _facts(token: ApiToken) -> dict[str, Any]:
    """What the journal says about a token; nothing of its secret beyond what the screen shows."""
    return {
        "token": token.id,
        "name": token.name,
        "prefix": token.prefix,
        "scopes": token.scopes,
        "expires_at": token.expires_at,
    }


def end_token(ctx: Context, token_id: int, *, of_anybody: bool = False) -> ApiToken:
    """Ends a token of the actor, or with ``of_anybody`` of somebody else. Ended once, it stays as it was.

    Raises:
        NotFoundError: there is none, or it is another person's.
    """
    statement = sa.select(ApiToken).where(ApiToken.id == token_id).with_for_update()
    if not of_anybody:
        statement = statement.where(ApiToken.user_id == ctx.actor.id)
    token = ctx.session.scalars(statement).one_or_none()
    if token is None:
        raise NotFoundError
    if token.ended_at is None:
        token.ended_at, token.ended_by_id = ctx.now, ctx.actor.id
        ctx.session.flush()
        note(ctx, "user.token_ended", "user", token.user_id, data=_facts(token))
    return token


def end_tokens(ctx: Context, user_id: int, why: str) -> int:
    """Ends all tokens of a person; says how many. Core statements: it is called within flushes."""
    table = ApiToken.__table__
    change = sa.update(table).where(table.c.user_id == user_id, table.c.ended_at.is_(None))
    ended = change.values(ended_at=ctx.now, ended_by_id=ctx.actor.id).returning(table.c.id, table.c.name)
    rows = ctx.session.execute(ended).all()
    for token_id, name in rows:
        note(ctx, "user.token_ended", "user", user_id, data={"token": token_id, "name": name, "why": why})
    return len(rows)


def living_tokens(ctx: Context, user_id: int | None) -> Sequence[ApiToken]:
    """The tokens of a person that have neither ended nor expired, newest first."""
    statement = sa.select(ApiToken).where(
        ApiToken.user_id == user_id, ApiToken.ended_at.is_(None), ApiToken.expires_at > ctx.now
    )
    return ctx.session.scalars(statement.order_by(ApiToken.id.desc())).all()


_LIFE = sa.select(PolicyParameter.value).where(PolicyParameter.code == DAYS).scalar_subquery()
# Asked at every call with a token: the person and the longest life come along.
_FIND = (
    sa.select(ApiToken, User, _LIFE)
    .join(User, User.id == ApiToken.user_id)
    .where(ApiToken.digest == sa.bindparam("digest"), ApiToken.ended_at.is_(None), User.active.is_(True))
)


def find_token(session: Session, secret: str, now: datetime) -> HeldToken | None:
    """The token of a secret that opens something at this moment, in one statement.

    A shorter longest life, or 0 for none, takes effect on tokens that exist already.
    """
    if not _FORM.match(secret):
        return None
    row = session.execute(_FIND, {"digest": digest_of(secret)}).one_or_none()
    if row is None:
        return None
    token, user, life = row
    days = _days(life)
    if token.expires_at <= now or token.made_at + timedelta(days=days) <= now:
        return None
    is_due = token.last_used_at is None or now - token.last_used_at >= USED_EVERY
    return HeldToken(token.id, user, tuple(str(scope) for scope in token.scopes), is_due)


def _days(text: str | None) -> int:
    delivered = int(DEFAULTS[DAYS])
    try:
        return int(float(text)) if text else delivered
    except ValueError:
        return delivered


def mark_used(ctx: Context, token_id: int) -> None:
    """Writes down when and from where a token was last used; a row that somebody else is writing is left alone."""
    stale = sa.or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at <= ctx.now - USED_EVERY)
    found = sa.select(ApiToken.id).where(ApiToken.id == token_id, stale).with_for_update(skip_locked=True)
    if ctx.session.scalar(found) is None:
        return
    statement = sa.update(ApiToken).where(ApiToken.id == token_id)
    ctx.session.execute(
        statement.values(last_used_at=ctx.now, last_address=ctx.address),
        execution_options={"synchronize_session": False},
    )
