"""Who a person is elsewhere: linked by himself or by an administrator, never by a likeness of names."""

from __future__ import annotations

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role, User, assoc_user_role
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.kernel.context import Context
from app.kernel.errors import DomainError, NotFoundError, ValidationFailedError
from app.kernel.journal import note
from app.security.departments import ADMIN
from models.labels import Way
from models.outside import SignInLink

LONGEST_SUBJECT = 128


class LinkTakenError(DomainError):
    """One identity opens one account."""

    code = "link_taken"
    status = 409
    default_message = _l("This identity, or this way of this person, is already linked. End the other link first.")


class LastOwnPasswordError(DomainError):
    """With the directory away, nobody could let anybody in."""

    code = "last_own_password"
    status = 409
    default_message = _l("One system administrator keeps a password of his own, for the day the directory is away.")


def subject_of(way: Way, text: str) -> str:
    """An identity as it is compared: the directory does not tell small letters from capitals."""
    return text.strip().lower() if way is Way.ldap else text.strip()


def linked_user(session: Session, way: Way, subject: str) -> User | None:
    """The person of an identity, switched off or not."""
    statement = sa.select(User).join(SignInLink, SignInLink.user_id == User.id)
    return session.scalars(
        statement.where(SignInLink.way == way, SignInLink.subject == subject_of(way, subject))
    ).one_or_none()


def link(ctx: Context, user_id: int, way: Way, subject: str) -> SignInLink:
    """Links an identity with an account.

    Raises:
        ValidationFailedError: no such person, or nothing that can be an identity.
        LinkTakenError: it opens another account, or the account has another one of this way.
        LastOwnPasswordError: no administrator with a password of his own would be left.
    """
    subject = subject_of(way, subject)
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise ValidationFailedError({"subject": [str(_l("The identity as it is written there, in one line."))]})
    if ctx.session.get(User, user_id) is None:
        raise ValidationFailedError({"user_id": [str(_l("There is no such person."))]})
    taken = sa.or_(SignInLink.subject == subject, SignInLink.user_id == user_id)
    if ctx.session.scalar(sa.select(SignInLink.id).where(SignInLink.way == way, taken).limit(1)) is not None:
        raise LinkTakenError
    if way is Way.ldap and _is_last_own_password(ctx.session, user_id):
        raise LastOwnPasswordError
    made = SignInLink(user_id=user_id, way=way, subject=subject, linked_at=ctx.now, linked_by_id=ctx.actor.id)
    ctx.session.add(made)
    ctx.session.flush()
    note(ctx, "user.way_linked", "user", user_id, data={"way": way, "subject": subject})
    return made


def _is_last_own_password(session: Session, user_id: int) -> bool:
    """Whether this is the only active administrator who does not depend on the directory."""
    # One at a time, as in ``accounts.check_account``.
    session.execute(sa.select(Role.id).where(Role.name == ADMIN).with_for_update())
    elsewhere = sa.select(SignInLink.user_id).where(SignInLink.way == Way.ldap)
    statement = (
        sa.select(User.id)
        .join(assoc_user_role, assoc_user_role.c.user_id == User.id)
        .join(Role, Role.id == assoc_user_role.c.role_id)
        .where(Role.name == ADMIN, User.active.is_(True), User.password.is_not(None), User.id.not_in(elsewhere))
    )
    return set(session.scalars(statement)) == {user_id}


def unlink(ctx: Context, link_id: int, *, of_anybody: bool = False) -> SignInLink:
    """Ends a link of the actor, or with ``of_anybody`` of somebody else. Raises: NotFoundError."""
    found = ctx.session.get(SignInLink, link_id)
    if found is None or not (of_anybody or found.user_id == ctx.actor.id):
        raise NotFoundError
    ctx.session.delete(found)
    ctx.session.flush()
    note(ctx, "user.way_unlinked", "user", found.user_id, data={"way": found.way, "subject": found.subject})
    return found
