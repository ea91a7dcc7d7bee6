"""The second factor: six digits from an app that knows the time and a key (RFC 6238), or a recovery code.

The key is encrypted with one derived from the secret of the installation; recovery codes are kept as marks. A code
works once: the step of time it belongs to is stored in the statement that accepts it.
"""

from __future__ import annotations

import base64
import io
import secrets
from datetime import datetime

import pyotp
import segno
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from flask import current_app
from flask_appbuilder.security.sqla.models import User

from app.kernel.context import Context
from app.kernel.journal import note
from app.kernel.unit_of_work import unit_of_work
from app.security.acting import acting, known
from app.security.due import security_of
from app.security.lockout import factor_lock, forget_attempts, keyed, take_attempt
from models.signin import AccountSecurity, RecoveryCode

ISSUER = "Zhidan"
STEP = 30
DIGITS = 6
DRIFT = (-1, 0, 1)
CODES = 10
CODE_SIGNS = 12
CODE_GROUP = 4
OFFER_SECONDS = 900
# Read from paper: no signs that look alike. 12 of 31 are 59 bits.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def _cipher() -> Fernet:
    key = bytes.fromhex(current_app.config["SECOND_FACTOR_KEY"])
    return Fernet(base64.urlsafe_b64encode(key))


def _secret(security: AccountSecurity) -> str | None:
    """The key; None where there is none or where the installation's secret has changed since: fails closed."""
    if security.factor_secret is None:
        return None
    try:
        return _cipher().decrypt(security.factor_secret.encode()).decode()
    except InvalidToken:
        return None


def new_offer(user: User) -> str:
    """A key for a factor that is being set up, sealed for this user: it travels with the form until it is confirmed."""
    return _cipher().encrypt(f"{user.id}:{pyotp.random_base32()}".encode()).decode()


def offered_secret(user: User, offer: str) -> str | None:
    """The key of an offer; None for one that is old, was altered or belongs to somebody else."""
    try:
        owner, _colon, secret = _cipher().decrypt(offer.encode(), ttl=OFFER_SECONDS).decode().partition(":")
    except (InvalidToken, ValueError):
        return None
    return secret if owner == str(user.id) else None


def picture(user: User, secret: str) -> str:
    """The QR code for the app as a data address; the security policy of the pages lets images in by data."""
    address = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER)
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", scale=5, border=3)
    return f"data:image/svg+xml;base64,{base64.b64encode(out.getvalue()).decode()}"


def _step_of(secret: str, typed: str, now: datetime) -> int | None:
    """The step of time a code belongs to; None where it fits neither this one nor its neighbours."""
    present = int(now.timestamp()) // STEP
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP)
    found = None
    for drift in DRIFT:
        if secrets.compare_digest(totp.at((present + drift) * STEP).encode(), typed.encode()):
            found = present + drift
    return found


def _code_fits(ctx: Context, user_id: int, typed: str) -> bool:
    security = security_of(ctx, user_id)
    secret = _secret(security)
    step = _step_of(secret, typed, ctx.now) if secret is not None else None
    if step is None:
        return False
    table = AccountSecurity.__table__
    newer = sa.or_(table.c.factor_step.is_(None), table.c.factor_step < step)
    change = sa.update(table).where(table.c.user_id == user_id, newer).values(factor_step=step)
    fits = ctx.session.execute(change).rowcount == 1  # type: ignore[attr-defined]
    ctx.session.expire(security)
    return bool(fits)


def _recovery_fits(ctx: Context, user_id: int, typed: str) -> bool:
    table = RecoveryCode.__table__
    change = (
        sa.update(table)
        .where(table.c.user_id == user_id, table.c.code_hash == _code_mark(user_id, typed), table.c.used_at.is_(None))
        .values(used_at=ctx.now)
    )
    if ctx.session.execute(change).rowcount != 1:  # type: ignore[attr-defined]
        return False
    note(ctx, "user.recovery_code_used", "user", user_id, data={"left": codes_left(ctx, user_id)})
    return True


def _code_mark(user_id: int, code: str) -> str:
    return keyed(f"recovery:{user_id}:{code}")


def plain_code(typed: str) -> str:
    """What was typed, without the spaces and hyphens that people put in."""
    return "".join(sign for sign in typed.upper() if sign.isalnum())[: CODE_SIGNS + 1]


def check_code(user: User, typed: str, how: str, *, recovery: bool = True) -> bool:
    """Whether a code is right; counts the attempt first. Codes and recovery codes share one lock.

    Args:
        recovery: whether a recovery code will do as well.
    """
    ctx = acting(known(user))
    with unit_of_work(ctx):
        attempt = take_attempt(ctx, factor_lock(user.id))
    code = plain_code(typed)
    with unit_of_work(ctx):
        is_right = attempt.is_open and (
            (code.isdecimal() and len(code) == DIGITS and _code_fits(ctx, user.id, code))
            or (recovery and len(code) == CODE_SIGNS and _recovery_fits(ctx, user.id, code))
        )
        if is_right:
            forget_attempts(ctx, attempt.lock)
            return True
        data = {"how": how, "second_factor": True} | ({} if attempt.is_open else {"locked": True})
        note(ctx, "user.sign_in_refused", "user", user.id, data=data)
        if attempt.is_last:
            note(ctx, "user.locked", "user", user.id, data=data)
    return False


def has_factor(ctx: Context, user_id: int) -> bool:
    """Whether a second factor is asked of this account."""
    return security_of(ctx, user_id).factor_on_at is not None


def switch_on(ctx: Context, user: User, secret: str, typed: str) -> list[str] | None:
    """The factor counts from now on, where a code shows that the app has the key; None where it does not.

    Returns the recovery codes: they are told once.
    """
    code = plain_code(typed)
    step = _step_of(secret, code, ctx.now) if len(code) == DIGITS else None
    if step is None:
        return None
    security = security_of(ctx, user.id)
    security.factor_secret = _cipher().encrypt(secret.encode()).decode()
    security.factor_on_at, security.factor_step = ctx.now, step
    ctx.session.flush()
    note(ctx, "user.second_factor_on", "user", user.id)
    return new_codes(ctx, user.id)


def switch_off(ctx: Context, user_id: int, *, reason: str | None = None) -> None:
    """No second factor any more, and no recovery codes."""
    security = security_of(ctx, user_id)
    security.factor_secret = security.factor_on_at = security.factor_step = None
    ctx.session.flush()
    ctx.session.execute(sa.delete(RecoveryCode.__table__).where(RecoveryCode.user_id == user_id))
    forget_attempts(ctx, factor_lock(user_id))
    note(ctx, "user.second_factor_off", "user", user_id, reason=reason)


def new_codes(ctx: Context, user_id: int) -> list[str]:
    """Ten new recovery codes; the old ones are void."""
    ctx.session.execute(sa.delete(RecoveryCode.__table__).where(RecoveryCode.user_id == user_id))
    plain = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_SIGNS)) for _ in range(CODES)]
    rows = [{"user_id": user_id, "code_hash": _code_mark(user_id, code)} for code in plain]
    ctx.session.execute(sa.insert(RecoveryCode.__table__), rows)
    return ["-".join(code[at : at + CODE_GROUP] for at in range(0, CODE_SIGNS, CODE_GROUP)) for code in plain]


def codes_left(ctx: Context, user_id: int) -> int:
    """How many recovery codes have not been used."""
    statement = sa.select(sa.func.count()).select_from(RecoveryCode)
    return ctx.session.scalar(statement.where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))) or 0
