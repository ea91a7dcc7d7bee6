"""The panel as a role sees it, shown to somebody who may see less: what is shown is what both may see."""

from __future__ import annotations

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy.orm import Session

from app.kernel.context import Actor
from app.kernel.errors import NotFoundError
from app.security.field_policy import lesser_of
from app.security.grants import EVERYBODY
from app.security.powers import TECHNICAL_SUBJECTS
from app.security.rights import rights_of_role
from models.access import RoleProfile


def preview_actor(session: Session, viewer: Actor, code: str) -> Actor:
    """The panel as a role sees it, for who looks at it: never more rows or columns than the viewer may see himself.

    Business records are held back row by row; accounts, links, tokens and the journal have pages without rows of
    their own, so their rights are shared.

    Raises NotFoundError for an unknown role.
    """
    role_id = session.scalar(sa.select(Role.id).where(Role.name == code))
    if role_id is None:
        raise NotFoundError
    rights = rights_of_role(session, code)
    department = session.scalar(sa.select(RoleProfile.department).where(RoleProfile.role_id == role_id))
    own = frozenset(f"{entity}.{word}" for entity, words in EVERYBODY.items() for word in words.split())
    return Actor(
        id=viewer.id,
        name=viewer.name,
        roles=frozenset({code}),
        departments=frozenset({department} if department else ()),
        permissions=frozenset(right for right in rights.permissions - own if _is_shown(right, viewer)),
        fields=lesser_of(rights.fields, viewer.fields),
        scopes=rights.scopes,
        within=viewer,
    )


def _is_shown(right: str, viewer: Actor) -> bool:
    return right.partition(".")[0] not in TECHNICAL_SUBJECTS or viewer.may(right)
