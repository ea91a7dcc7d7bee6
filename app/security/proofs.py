"""Proving who one is with a password: looked at in the same time and refused with the same sentence, whatever is wrong.

Every place that asks for a password comes this way: sign-in by screen and by API, and the forms of the own account.
"""

from __future__ import annotations

import secrets
import string
from typing import Any

import sqlalchemy as sa
from flask import current_app, g
from flask_appbuilder.exceptions import PasswordComplexityValidationError
from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _l
from werkzeug.security import check_password_hash, generate_password_hash

from app.kernel.context import Context
from app.kernel.journal import note
from app.kernel.unit_of_work import unit_of_work
from app.security.acting import acting, known
from app.security.directory_accounts import account_of, by_directory, is_known, subject_in_directory
from app.security.due import security_of
from app.security.entering import SignInRefusedError
from app.security.lockout import Attempt, account_lock, forget_attempts, locked_until, take_attempt
from app.security.passwords import LONGEST, check_password
from app.security.sessions import BY_PASSWORD
from models.labels import Way
from models.signin import PasswordHistory

USED_BEFORE = _l("You have had this password before. Please choose one that is new.")
REFUSED = _l(
    "The user name or the password is not right, or there were too many attempts. Check both; after several wrong"
    " attempts the account is closed for a while, and an administrator can open it."
)
GROUP = 4
GROUPS = 4
# Without signs that look alike on paper.
LETTERS = "".join(sign for sign in string.ascii_letters + string.digits if sign not in "0OoIl1")


def stored_hash(user: User | None) -> str | None:
    """The hash a password is held against; None where nobody can come in."""
    return user.password if user is not None and user.active and user.password else None


def matches(stored: str | None, password: str) -> bool:
    """Whether a password is right; as slow for somebody who does not exist, is switched off or locked."""
    is_short = len(password) <= LONGEST
    against = stored or current_app.config["AUTH_DB_FAKE_PASSWORD_HASH_CHECK"]
    is_right = check_password_hash(against, password if is_short else "-")
    return is_right and is_short and stored is not None


def storable(text: str) -> str:
    """Half a character, as only a program sends it, breaks databases and digests; it is never right."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "?")


def check_credentials(typed: str, password: str, how: str) -> User | None:
    """Who this is, None where something is wrong. Counts the attempt first and writes down a refusal.

    For accounts of the company directory that is asked; ``proved_by`` says afterwards which it was.

    Raises:
        SignInRefusedError: the directory does not answer, or knows somebody who has no account here.
    """
    ctx = acting(known(None))
    typed, password = storable(typed), storable(password)
    with unit_of_work(ctx):
        user, subject = account_of(ctx.session, typed)
        attempt = take_attempt(ctx, account_lock(user.id if user else None, typed))
        stored = stored_hash(user) if attempt.is_open else None
    # Outside of any transaction: the directory is another machine, and hashing is slow on purpose.
    try:
        is_asked, person = by_directory(user, subject, typed, password) if attempt.is_open else (False, None)
    except SignInRefusedError:
        with unit_of_work(ctx):
            forget_attempts(ctx, attempt.lock)
        raise
    g.zhidan_proved_by = Way.ldap.value if is_asked else BY_PASSWORD
    is_right = person is not None if is_asked else matches(stored, password)
    with unit_of_work(ctx):
        if user is None and person is not None:
            # By a name that only the directory knows: the account itself may be shut.
            is_right = locked_until(ctx, account_lock(person.id, typed)) is None
        user = person or user
        _conclude(ctx, user, attempt, is_right=is_right, how=how)
    return user if is_right else None


def proved_by() -> str:
    """What the last check of this request was made by: the password kept here, or the directory."""
    return str(g.get("zhidan_proved_by", BY_PASSWORD))


def check_own_password(user: User, password: str, how: str) -> bool:
    """Whether who is signed in types his own password; wrong ones count like those at the sign-in.

    For accounts of the company directory that is asked: a password that is kept here from before proves nothing.

    Raises:
        SignInRefusedError: the directory does not answer.
    """
    ctx = acting(known(user))
    password, user_id = storable(password), user.id
    with unit_of_work(ctx):
        attempt = take_attempt(ctx, account_lock(user_id, user.username))
        stored = stored_hash(user) if attempt.is_open else None
        subject = subject_in_directory(ctx.session, user_id)
    try:
        is_right = matches(stored, password) if subject is None else False
        if subject is not None and attempt.is_open:
            is_right = is_known(user_id, subject, password)
    except SignInRefusedError:
        with unit_of_work(ctx):
            forget_attempts(ctx, attempt.lock)
        raise
    with unit_of_work(ctx):
        _conclude(ctx, user, attempt, is_right=is_right, how=how)
    return is_right


def _conclude(ctx: Context, user: User | None, attempt: Attempt, *, is_right: bool, how: str) -> None:
    if is_right:
        forget_attempts(ctx, attempt.lock)
        return
    # A name that no account has is not written down: people type passwords into that box.
    data: dict[str, Any] = {"how": how} | ({} if user else {"mark": attempt.lock[:12]})
    user_id = user.id if user else 0
    if not attempt.is_open:
        data["locked"] = True
    count = sa.update(User.__table__).where(User.id == user_id)
    ctx.session.execute(count.values(fail_login_count=sa.func.coalesce(User.fail_login_count, 0) + 1))
    note(ctx, "user.sign_in_refused", "user", user_id, data=data)
    if attempt.is_last:
        note(ctx, "user.locked", "user", user_id, data=data)


def about(user: User) -> tuple[str, ...]:
    """The words that others connect with a person."""
    first, last = user.first_name or "", user.last_name or ""
    mail = (user.email or "").partition("@")[0]
    return (user.username, mail, first, last, f"{last}{first}", f"{first}{last}")


def check_new_password(ctx: Context, user: User, password: str) -> None:
    """Raises PasswordComplexityValidationError for a weak password and for one of the last five."""
    check_password(password, about(user))
    kept = ctx.session.scalars(
        sa.select(PasswordHistory.password_hash).where(PasswordHistory.user_id == user.id).order_by(PasswordHistory.id)
    )
    if any(check_password_hash(old, password) for old in kept.all()):
        raise PasswordComplexityValidationError(str(USED_BEFORE))


def hash_of(password: str) -> str:
    """As the framework keeps passwords: scrypt unless configured otherwise."""
    config = current_app.config
    return generate_password_hash(
        password,
        method=config.get("FAB_PASSWORD_HASH_METHOD", "scrypt"),
        salt_length=config.get("FAB_PASSWORD_HASH_SALT_LENGTH", 16),
    )


def set_password(ctx: Context, user: User, password: str, *, is_own: bool) -> None:
    """Sets a checked password; the sessions end with the flush, which also journals it (``app.security.recording``).

    Who did not choose it himself must change it.
    """
    user.password = hash_of(password)
    ctx.session.flush()
    security_of(ctx, user.id).must_change_password = not is_own
    ctx.session.flush()


def one_time_password() -> str:
    """A random password that meets the rules, in groups that can be read out: about 92 bits."""
    while True:
        groups = ("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
        made = "-".join(groups)
        try:
            check_password(made)
        except PasswordComplexityValidationError:
            continue
        return made
