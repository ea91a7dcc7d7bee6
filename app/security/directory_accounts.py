"""Whose password is checked where: here, or in the company directory; and what the directory's groups give.

An account with a link to the directory has its password there alone. All others keep theirs here, so that an
administrator gets in on the day the directory is away.
"""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_appbuilder.security.manager import is_null_password
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.extensions import db
from app.kernel.context import SYSTEM, Context
from app.kernel.errors import DuplicateError
from app.kernel.journal import note
from app.kernel.unit_of_work import unit_of_work
from app.security.directory import DirectoryDownError, Found, verify
from app.security.entering import SignInRefusedError, fresh_act, refuse
from app.security.links import link, linked_user, subject_of
from config_outside import NEVER_BY_GROUP, Directory
from models.labels import Way
from models.outside import SignInLink

log = logging.getLogger(__name__)
LONGEST_PART = 64
LONGEST_MAIL = 320


class NoAccountError(SignInRefusedError):
    """The directory knows the person, the panel does not."""

    code = "no_account"
    status = 403
    default_message = _l("Your password is right, but you have no account here. Ask an administrator to make one.")


def account_of(session: Session, typed: str) -> tuple[Any, str | None]:
    """The account that somebody means, and who it is in the directory; None where its password is kept here.

    An identity of the directory goes before a user name, and that before the mail address of somebody else. One
    statement, whether there is such an account or not.
    """
    name = typed.strip()
    subject, low = subject_of(Way.ldap, name), name.lower()
    is_linked = SignInLink.subject == subject
    is_named = sa.func.lower(User.username) == low
    statement = (
        sa.select(User, SignInLink.subject)
        .outerjoin(SignInLink, sa.and_(SignInLink.user_id == User.id, SignInLink.way == Way.ldap))
        .where(sa.or_(is_linked, is_named, sa.func.lower(User.email) == low))
        .order_by(sa.case((is_linked, 0), (is_named, 1), else_=2), User.id)
        .limit(1)
    )
    row = session.execute(statement).one_or_none()
    return (row[0], row[1]) if row is not None else (None, None)


def subject_in_directory(session: Session, user_id: int) -> str | None:
    """Who an account is in the directory; None where its password is kept here."""
    return session.scalar(
        sa.select(SignInLink.subject).where(SignInLink.user_id == user_id, SignInLink.way == Way.ldap)
    )


def by_directory(user: Any, subject: str | None, typed: str, password: str) -> tuple[bool, User | None]:
    """Whether the company directory answers for this account, and the person where name and password are right.

    Asks outside of any transaction. The second factor and the count of attempts are the sign-in's own.

    Args:
        user, subject: what ``account_of`` found.

    Raises:
        DirectoryDownError: the account is the directory's, and that does not answer.
        NoAccountError: the directory knows somebody whom the panel does not.
    """
    directory: Directory | None = current_app.config["DIRECTORY"]
    name = typed.strip()
    is_ours = user is not None and subject is None
    if is_ours or not name or is_null_password(password) or (directory is None and subject is None):
        return False, None
    if directory is None or (user is not None and not user.is_active):
        return True, None
    found = _asked(directory, user.id if user is not None else 0, subject or name, password)
    return True, _person_of(directory, found) if found is not None else None


def is_known(user_id: int, subject: str, password: str) -> bool:
    """Whether the directory accepts the password of an account that is linked; nothing of the account changes.

    Raises:
        DirectoryDownError: it does not answer.
    """
    directory: Directory | None = current_app.config["DIRECTORY"]
    if directory is None or is_null_password(password):
        return False
    found = _asked(directory, user_id, subject, password)
    return found is not None and subject_of(Way.ldap, found.name) == subject


def _asked(directory: Directory, user_id: int, name: str, password: str) -> Found | None:
    db.session.rollback()
    try:
        return verify(directory, name, password)
    except DirectoryDownError:
        refuse(Way.ldap.value, "directory_down", user_id)
        raise


def _person_of(directory: Directory, found: Found) -> User:
    """The account of a person of the directory, with the roles of his groups. Raises: NoAccountError."""
    ctx = fresh_act(SYSTEM)
    user = linked_user(ctx.session, Way.ldap, found.name)
    if user is None and not directory.creates:
        refuse(Way.ldap.value, "no_account", subject=found.name)
        raise NoAccountError
    try:
        with unit_of_work(ctx):
            if user is None:
                user = _made(ctx, found)
            if user.active:
                follow_groups(ctx, directory, user, found)
            user_id = user.id
    except DuplicateError:
        refuse(Way.ldap.value, "name_taken", subject=found.name)
        raise NoAccountError from None
    kept = ctx.session.get(User, user_id)
    if kept is None or not kept.is_active:
        raise SignInRefusedError
    return kept


def _made(ctx: Context, found: Found) -> User:
    """An account without roles and without a password of its own."""
    mail = found.mail if 0 < len(found.mail) <= LONGEST_MAIL else f"{found.name}@directory.invalid"
    user = User(
        username=found.name,
        first_name=found.first[:LONGEST_PART],
        last_name=(found.last or found.name)[:LONGEST_PART],
        email=mail,
        active=True,
        password=None,
    )
    ctx.session.add(user)
    ctx.session.flush()
    link(ctx, user.id, Way.ldap, found.name)
    return user


def follow_groups(ctx: Context, directory: Directory, user: User, found: Found) -> None:
    """Gives and takes the roles that groups give; roles that no group gives are left to the administrators.

    Who administers here is left alone: he holds no other role (domain/09 9.4, 13).
    """
    held = {role.name for role in user.roles}
    if not directory.roles or held & NEVER_BY_GROUP:
        return
    wanted = {role for group, role in directory.roles.items() if group in found.groups}
    after = (held - set(directory.roles.values())) | wanted
    if after == held:
        return
    roles = list(ctx.session.scalars(sa.select(Role).where(Role.name.in_(after))))
    if missing := after - {role.name for role in roles}:
        log.warning("ZHIDAN_LDAP_ROLES names roles that do not exist: %s", ", ".join(sorted(missing)))
    names = sorted(role.name for role in roles)
    if set(names) == held:
        return
    user.roles = roles
    ctx.session.flush()
    note(ctx, "user.roles_from_directory", "user", user.id, changes={"roles": [sorted(held), names]})
